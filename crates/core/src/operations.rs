//! The table of operations. Calls, their enum, `Service` and `serve` are all made from its rows.
//!
//! What HTTP has to know of an operation stands in its row; `dialect` has the general rules. Who
//! answers is not known here.

use std::fmt;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::dialect::{self, Dialect, Line, Unsendable, unexpected_field};
use crate::error::{ApiError, ErrorType};
use crate::messages;
use crate::model::{
    AddSpec, ChangeInfo, ChangeSummary, ClientToken, ItemFileInfo, ItemFindSpec, ItemId, ItemModel,
    ItemVersion, LibraryFindSpec, LibraryId, LibraryModel, LoginInfo, LoginToken, SessionFileInfo,
    SessionId, StorageInfo, UpdateSessionModel, ValidationResult,
};
use crate::privileges::{Need, On, Privilege};
use crate::reading::{self, Fields, Fit, Misfit, Path, Problem, Step};
use crate::release::Release;
use crate::rules;
use crate::shape;
use crate::simulator::Context;
use crate::structure::{Field, Form, Wire, Writer};
use crate::wire::{Method, Request};

/// One operation of the API.
pub struct Row {
    /// The service, `com.vmware.content.library.item.update_session`.
    pub service: &'static str,
    /// The operation's name in its service, `keep_alive`.
    pub name: &'static str,
    /// The method on `/api`.
    pub method: Method,
    /// The template of path and query below `/api`. A query key without `=` is a parameter that
    /// must be there.
    pub api: &'static str,
    /// Method and template below `/rest` where they do not follow from the rule.
    pub rest: Option<(Method, &'static str)>,
    /// The parameters, in order.
    pub parameters: &'static [&'static str],
    /// Whether it has no result.
    pub void: bool,
    /// The privileges without which it is refused. Calls that name a session need none: whoever
    /// could create it was asked then.
    pub needs: &'static [Need],
    /// The release that it came with; the oldest one that there is, if it is older.
    pub since: Release,
    read: fn(&Fields<'_>) -> Fit<Call>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (self.service == other.service && self.name == other.name)
    }
}

impl Eq for Row {}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full_name())
    }
}

impl Row {
    /// The name by which programs call it: `library.item.update_session.complete`.
    pub fn full_name(&self) -> String {
        let service = self.service.trim_start_matches("com.vmware.").trim_start_matches("content.");
        format!("{service}.{}", self.name)
    }

    /// What it does, in one sentence.
    pub fn doc(&self) -> &'static str {
        let place = ROWS.iter().position(|row| *row == self);
        place.map_or("", |place| DOCS[place].trim_ascii())
    }

    /// What its parameters look like, in order.
    pub fn fields(&self) -> &'static [shape::Field] {
        let place = ROWS.iter().position(|row| *row == self);
        place.map_or(&[], |place| SHAPES[place])
    }

    /// Whether the call changes something on the server.
    pub fn changes(&self) -> bool {
        !matches!(self.name, "get" | "list" | "find" | "validate")
    }

    /// The vendor's page of it: its method and template again, with parameters in camel case.
    pub fn reference(&self) -> String {
        let mut page =
            "https://developer.broadcom.com/xapis/vsphere-automation-api/latest/api".to_owned();
        let (mut in_name, mut capital) = (false, false);
        for letter in self.api.chars() {
            match letter {
                '{' | '}' => in_name = letter == '{',
                '_' if in_name => capital = true,
                '?' => page += "__",
                letter if std::mem::take(&mut capital) => page.push(letter.to_ascii_uppercase()),
                letter => page.push(letter),
            }
        }
        page + "/" + &self.method.as_str().to_ascii_lowercase()
    }

    /// Whether the call opens an API login: it carries a user and a password and no token.
    pub fn opens_login(&self) -> bool {
        self.service == LOGIN_SERVICE && self.name == "create"
    }
}

const LOGIN_SERVICE: &str = "com.vmware.cis.session";

/// A call of an operation: its parameters, and what comes back.
pub trait Operation: Sized {
    /// What comes back.
    type Reply: Wire;
    /// Its row in the table.
    const ROW: &'static Row;

    /// Reads its parameters.
    fn read(fields: &Fields<'_>) -> Fit<Self>;

    /// Writes its parameters.
    fn write(&self, writer: &mut Writer<'_>);

    /// Its parameters, named as the row names them. Unset ones are left out.
    fn parameters(&self, form: &dyn Form) -> Map<String, Value> {
        let mut writer = Writer::new(form);
        self.write(&mut writer);
        writer.into_fields()
    }

    /// Writes the call as a request to the server at `origin` (no trailing slash).
    fn encode(&self, dialect: Dialect, origin: &str) -> Result<Request, Unsendable> {
        encode(Self::ROW, dialect, origin, self.parameters(dialect.form()))
    }
}

macro_rules! method {
    (GET) => {
        Method::Get
    };
    (POST) => {
        Method::Post
    };
    (PATCH) => {
        Method::Patch
    };
    (DELETE) => {
        Method::Delete
    };
}

macro_rules! rest_line {
    () => {
        None
    };
    ($method:ident $template:literal) => {
        Some((method!($method), $template))
    };
}

macro_rules! operations {
    ($($service:literal {$(
        $(#[doc = $doc:literal])+
        $name:ident: $function:ident($call:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty),* $(,)? }) -> $reply:ty =
            $method:ident $api:literal
            $(, rest $rest_method:ident $rest:literal)?
            $(, needs $($privilege:ident on $object:ident) and +)?
            $(, since $release:ident)?;
    )+})+) => {
        $($(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, PartialEq)]
            pub struct $call {
                $($(#[doc = $field_doc])+ pub $field: $type,)*
            }

            impl $call {
                const FIELDS: &'static [Field] =
                    &[$(Field { name: stringify!($field), required: true }),*];
            }

            impl Operation for $call {
                type Reply = $reply;
                const ROW: &'static Row = &Row {
                    service: $service,
                    name: stringify!($name),
                    method: method!($method),
                    api: $api,
                    rest: rest_line!($($rest_method $rest)?),
                    parameters: &[$(stringify!($field)),*],
                    void: size_of::<$reply>() == 0,
                    since: [$(Release::$release,)? Release::V8_0][0],
                    read: |fields| $call::read(fields).map(Call::$call),
                    needs: &[$($(
                        Need { privilege: Privilege::$privilege, on: On::$object },
                    )+)?],
                };

                fn read(fields: &Fields<'_>) -> Fit<Self> {
                    let mut call = Self { $($field: Wire::blank(),)* };
                    fields.note_all_but(Self::FIELDS);
                    let Self { $($field),* } = &mut call;
                    fields.fill(Self::FIELDS, &mut [$($field),*])?;
                    Ok(call)
                }

                fn write(&self, writer: &mut Writer<'_>) {
                    writer.put_all(Self::FIELDS, &[$(&self.$field),*]);
                }
            }
        )+)+

        $($(
            impl From<$call> for Call {
                fn from(call: $call) -> Self {
                    Self::$call(call)
                }
            }
        )+)+

        /// Every row of the table.
        pub const ROWS: &[&Row] = &[$($($call::ROW),+),+];

        /// What each of them does, in the same order: apart, so that only programs that tell it carry it.
        const DOCS: &[&str] = &[$($(concat!($($doc),+)),+),+];

        /// What the parameters of each of them look like, apart for the same reason.
        const SHAPES: &[&[shape::Field]] = &[$($(&[
            $(shape::Field::of::<$type>(stringify!($field), concat!($($field_doc),+), true)),*
        ]),+),+];

        /// A call of any operation.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "each variant is the call that it names")]
        pub enum Call {
            $($($call($call),)+)+
        }

        impl Call {
            /// Its row in the table.
            pub fn row(&self) -> &'static Row {
                match self {
                    $($(Self::$call(_) => $call::ROW,)+)+
                }
            }

            /// Its parameters, named as the row names them.
            pub fn parameters(&self, form: &dyn Form) -> Map<String, Value> {
                match self {
                    $($(Self::$call(call) => call.parameters(form),)+)+
                }
            }

            /// Writes the call as a request to the server at `origin`.
            pub fn encode(&self, dialect: Dialect, origin: &str) -> Result<Request, Unsendable> {
                match self {
                    $($(Self::$call(call) => call.encode(dialect, origin),)+)+
                }
            }
        }

        /// The one who answers. Each operation is a method.
        pub trait Service {
            $($(
                $(#[doc = $doc])+
                fn $function(&mut self, context: &Context, call: $call) -> Result<$reply, ApiError>;
            )+)+
        }

        /// Asks the service, and gives its result back as JSON; `None` from a void operation.
        pub fn serve(
            service: &mut impl Service,
            context: &Context,
            call: Call,
            form: &dyn Form,
        ) -> Result<Option<Value>, ApiError> {
            match call {
                $($(Call::$call(call) => {
                    let reply = service.$function(context, call)?;
                    Ok((!$call::ROW.void).then(|| reply.write(form)))
                })+)+
            }
        }
    };
}

operations! {
    "com.vmware.cis.session" {
        /// Logs in with a user name and a password and answers with the token of the login.
        create: login_create(LoginCreate {}) -> LoginToken = POST "/session";
        /// Tells whose login the token is.
        get: login_get(LoginGet {}) -> LoginInfo = GET "/session";
        /// Logs out.
        delete: login_delete(LoginDelete {}) -> () = DELETE "/session",
            rest DELETE "/com/vmware/cis/session";
    }
    "com.vmware.content.local_library" {
        /// Creates a library with content of its own.
        create: local_library_create(LocalLibraryCreate {
            /// Makes a repeat of the call recognisable.
            client_token: Option<ClientToken>,
            /// Name, description and one storage backing.
            create_spec: LibraryModel,
        }) -> LibraryId = POST "/content/local-library",
            needs CreateLocalLibrary on Method and AllocateSpace on Datastore;
        /// Reads a library with content of its own.
        get: local_library_get(LocalLibraryGet {
            /// Which.
            library_id: LibraryId,
        }) -> LibraryModel = GET "/content/local-library/{library_id}",
            needs Read on Library;
        /// Lists the ids of the libraries with content of their own.
        list: local_library_list(LocalLibraryList {}) -> Vec<LibraryId> =
            GET "/content/local-library",
            needs Read on Method;
        /// Changes the given properties of a library with content of its own.
        update: local_library_update(LocalLibraryUpdate {
            /// Which.
            library_id: LibraryId,
            /// The new values; a version makes sure that they are based on the current ones.
            update_spec: LibraryModel,
        }) -> () = PATCH "/content/local-library/{library_id}",
            needs UpdateLocalLibrary on Library;
        /// Deletes a library with its items.
        delete: local_library_delete(LocalLibraryDelete {
            /// Which.
            library_id: LibraryId,
        }) -> () = DELETE "/content/local-library/{library_id}",
            needs DeleteLocalLibrary on Library;
        /// Deletes a library with its items, whoever says that it is in use (since 9.1.0.0).
        force_delete: local_library_force_delete(LocalLibraryForceDelete {
            /// Which.
            library_id: LibraryId,
        }) -> () = POST "/content/local-library/{library_id}?action=force-delete",
            needs DeleteLocalLibrary on Library,
            since V9_1;
    }
    "com.vmware.content.library" {
        /// Reads a library of any type.
        get: library_get(LibraryGet {
            /// Which.
            library_id: LibraryId,
        }) -> LibraryModel = GET "/content/library/{library_id}",
            needs Read on Library;
        /// Lists the ids of all libraries.
        list: library_list(LibraryList {}) -> Vec<LibraryId> = GET "/content/library",
            needs Read on Method;
        /// Lists the ids of the libraries that are as described.
        find: library_find(LibraryFind {
            /// All of it has to fit.
            spec: LibraryFindSpec,
        }) -> Vec<LibraryId> = POST "/content/library?action=find",
            needs Read on Method;
        /// Changes the given ones of the properties that all libraries have.
        update: library_update(LibraryUpdate {
            /// Which.
            library_id: LibraryId,
            /// The new values; a version makes sure that they are based on the current ones.
            update_spec: LibraryModel,
        }) -> () = PATCH "/content/library/{library_id}",
            needs UpdateLibrary on Library;
    }
    "com.vmware.content.library.item" {
        /// Creates an item without files.
        create: item_create(ItemCreate {
            /// Makes a repeat of the call recognisable.
            client_token: Option<ClientToken>,
            /// Library, name, description and type.
            create_spec: ItemModel,
        }) -> ItemId = POST "/content/library/item",
            needs AddLibraryItem on Library;
        /// Reads an item.
        get: item_get(ItemGet {
            /// Which.
            library_item_id: ItemId,
        }) -> ItemModel = GET "/content/library/item/{library_item_id}",
            needs Read on Item;
        /// Lists the ids of a library's items.
        list: item_list(ItemList {
            /// Of which library.
            library_id: LibraryId,
        }) -> Vec<ItemId> = GET "/content/library/item?library_id",
            needs Read on Library;
        /// Lists the ids of the items that are as described.
        find: item_find(ItemFind {
            /// All of it has to fit.
            spec: ItemFindSpec,
        }) -> Vec<ItemId> = POST "/content/library/item?action=find",
            needs Read on Method;
        /// Changes the given properties of an item.
        update: item_update(ItemUpdate {
            /// Which.
            library_item_id: ItemId,
            /// The new values; a version makes sure that they are based on the current ones.
            update_spec: ItemModel,
        }) -> () = PATCH "/content/library/item/{library_item_id}",
            needs UpdateLibraryItem on Item;
        /// Deletes an item with its files.
        delete: item_delete(ItemDelete {
            /// Which.
            library_item_id: ItemId,
        }) -> () = DELETE "/content/library/item/{library_item_id}",
            needs DeleteLibraryItem on Item;
        /// Creates an item with the files of another one.
        copy: item_copy(ItemCopy {
            /// Makes a repeat of the call recognisable.
            client_token: Option<ClientToken>,
            /// Whose files.
            source_library_item_id: ItemId,
            /// Library, name, description and type of the new item.
            destination_create_spec: ItemModel,
        }) -> ItemId = POST "/content/library/item/{source_library_item_id}?action=copy",
            needs Read on Item and AddLibraryItem on Library;
    }
    "com.vmware.content.library.item.file" {
        /// Reads a file of an item.
        get: item_file_get(ItemFileGet {
            /// Of which item.
            library_item_id: ItemId,
            /// Which file.
            name: String,
        }) -> ItemFileInfo = GET "/content/library/item/{library_item_id}/file?name",
            needs Read on Item;
        /// Lists the files of an item.
        list: item_file_list(ItemFileList {
            /// Of which item.
            library_item_id: ItemId,
        }) -> Vec<ItemFileInfo> = GET "/content/library/item/{library_item_id}/file",
            needs Read on Item;
    }
    "com.vmware.content.library.item.storage" {
        /// Tells where a file of an item lies: one entry for each storage backing.
        get: item_storage_get(ItemStorageGet {
            /// Of which item.
            library_item_id: ItemId,
            /// Which file.
            file_name: String,
        }) -> Vec<StorageInfo> = GET "/content/library/item/{library_item_id}/storage?file_name",
            needs ReadStorage on Item;
        /// Tells where the files of an item lie.
        list: item_storage_list(ItemStorageList {
            /// Of which item.
            library_item_id: ItemId,
        }) -> Vec<StorageInfo> = GET "/content/library/item/{library_item_id}/storage",
            needs ReadStorage on Item;
    }
    "com.vmware.content.library.item.changes" {
        /// Lists the changes of an item's content, oldest first.
        list: item_changes_list(ItemChangesList {
            /// Of which item.
            library_item: ItemId,
        }) -> Vec<ChangeSummary> = GET "/content/library/item/{library_item}/changes",
            rest GET "/content/library/item/{library_item}/changes",
            needs Read on Item;
        /// Reads one change of an item's content.
        get: item_changes_get(ItemChangesGet {
            /// Of which item.
            library_item: ItemId,
            /// The content version that it made.
            version: ItemVersion,
        }) -> ChangeInfo = GET "/content/library/item/{library_item}/changes/{version}",
            rest GET "/content/library/item/{library_item}/changes/{version}",
            needs Read on Item;
    }
    "com.vmware.content.library.item.update_session" {
        /// Opens a session in which an item's files can be changed.
        create: update_session_create(UpdateSessionCreate {
            /// Makes a repeat of the call recognisable.
            client_token: Option<ClientToken>,
            /// The item, and which warnings to ignore.
            create_spec: UpdateSessionModel,
        }) -> SessionId = POST "/content/library/item/update-session",
            needs UpdateSession on Item;
        /// Reads a session.
        get: update_session_get(UpdateSessionGet {
            /// Which.
            update_session_id: SessionId,
        }) -> UpdateSessionModel = GET "/content/library/item/update-session/{update_session_id}";
        /// Lists the sessions that the caller created.
        list: update_session_list(UpdateSessionList {
            /// Only those of this item.
            library_item_id: Option<ItemId>,
        }) -> Vec<SessionId> = GET "/content/library/item/update-session",
            needs UpdateSession on ItemIfNamed;
        /// Changes which warnings are ignored.
        update: update_session_update(UpdateSessionUpdate {
            /// Which.
            update_session_id: SessionId,
            /// The new warning behavior.
            update_spec: UpdateSessionModel,
        }) -> () = PATCH "/content/library/item/update-session/{update_session_id}";
        /// Ends the editing, and makes what the session did visible.
        complete: update_session_complete(UpdateSessionComplete {
            /// Which.
            update_session_id: SessionId,
        }) -> () = POST "/content/library/item/update-session/{update_session_id}?action=complete";
        /// Keeps the session from expiring, and may tell the client's progress.
        keep_alive: update_session_keep_alive(UpdateSessionKeepAlive {
            /// Which.
            update_session_id: SessionId,
            /// 0 to 100.
            client_progress: Option<i64>,
        }) -> () = POST "/content/library/item/update-session/{update_session_id}?action=keep-alive";
        /// Ends the session and drops what it did.
        cancel: update_session_cancel(UpdateSessionCancel {
            /// Which.
            update_session_id: SessionId,
        }) -> () = POST "/content/library/item/update-session/{update_session_id}?action=cancel";
        /// Ends the session with an error of the client's.
        fail: update_session_fail(UpdateSessionFail {
            /// Which.
            update_session_id: SessionId,
            /// What went wrong, in the client's words.
            client_error_message: String,
        }) -> () = POST "/content/library/item/update-session/{update_session_id}?action=fail";
        /// Removes an ended session.
        delete: update_session_delete(UpdateSessionDelete {
            /// Which.
            update_session_id: SessionId,
        }) -> () = DELETE "/content/library/item/update-session/{update_session_id}";
    }
    "com.vmware.content.library.item.updatesession.file" {
        /// Adds a file to a session, or replaces one, and answers with its upload link.
        add: session_file_add(SessionFileAdd {
            /// To which session.
            update_session_id: SessionId,
            /// Name, source, and what to check on arrival.
            file_spec: AddSpec,
        }) -> SessionFileInfo = POST "/content/library/item/update-session/{update_session_id}/file";
        /// Reads a file of a session.
        get: session_file_get(SessionFileGet {
            /// Of which session.
            update_session_id: SessionId,
            /// Which file.
            file_name: String,
        }) -> SessionFileInfo =
            GET "/content/library/item/update-session/{update_session_id}/file/{file_name}";
        /// Lists the files as the session sees them.
        list: session_file_list(SessionFileList {
            /// Of which session.
            update_session_id: SessionId,
        }) -> Vec<SessionFileInfo> =
            GET "/content/library/item/update-session/{update_session_id}/file";
        /// Marks a file for removal.
        remove: session_file_remove(SessionFileRemove {
            /// Of which session.
            update_session_id: SessionId,
            /// Which file.
            file_name: String,
        }) -> () =
            DELETE "/content/library/item/update-session/{update_session_id}/file/{file_name}";
        /// Checks the files without ending the session.
        validate: session_file_validate(SessionFileValidate {
            /// Of which session.
            update_session_id: SessionId,
        }) -> ValidationResult =
            POST "/content/library/item/update-session/{update_session_id}/file?action=validate";
    }
}

/// Every row as a dialect spells it.
pub fn lines(dialect: Dialect) -> &'static [Line] {
    static LINES: [OnceLock<Vec<Line>>; 2] = [OnceLock::new(), OnceLock::new()];
    LINES[dialect as usize].get_or_init(|| ROWS.iter().map(|row| Line::of(row, dialect)).collect())
}

/// A row as a dialect spells it.
pub fn line(row: &Row, dialect: Dialect) -> &'static Line {
    lines(dialect).iter().find(|line| line.row == row).expect("every row has a line")
}

/// The row of log-in.
pub const LOG_IN: &Row = LoginCreate::ROW;

/// The row that programs call by this name.
pub fn row_named(full_name: &str) -> Option<&'static Row> {
    ROWS.iter().copied().find(|row| row.full_name() == full_name)
}

/// Writes a call, given as a row and its parameters, as a request to the server at `origin`.
pub fn encode(
    row: &Row,
    dialect: Dialect,
    origin: &str,
    parameters: Map<String, Value>,
) -> Result<Request, Unsendable> {
    dialect::encode(lines(dialect), line(row, dialect), origin, parameters)
}

impl Call {
    /// Reads the parameters of a row into its call, strictly: an unknown field, a missing one and a
    /// wrong type are refused by name.
    pub fn decode(row: &Row, parameters: &Map<String, Value>) -> Result<Self, ApiError> {
        let read =
            reading::read_fields(parameters, row.read).map_err(|misfit| refuse_misfit(&misfit))?;
        match read.unknown.into_iter().next() {
            Some(path) => Err(unknown_field(path)),
            None => Ok(read.value),
        }
    }

    /// Where the parameters of a row are not what they should be, if that is so.
    pub fn misfit(row: &Row, parameters: &Map<String, Value>) -> Option<Path> {
        match reading::read_fields(parameters, row.read) {
            Ok(read) => read.unknown.into_iter().next(),
            Err(misfit) => {
                let Misfit { mut path, problem } = *misfit;
                if let Problem::Missing(field) = problem {
                    path.0.push(Step::Field(field.to_owned()));
                }
                Some(path)
            }
        }
    }
}

fn refuse_misfit(misfit: &Misfit) -> ApiError {
    let message = match &misfit.problem {
        Problem::Missing(field) => {
            messages::MISSING_FIELD.with([field, &structure_name(&misfit.path)])
        }
        Problem::Mismatch(why) => messages::TYPE_MISMATCH.with([&misfit.path.to_string(), why]),
    };
    ApiError::new(ErrorType::InvalidArgument, rules::WELL_FORMED, message)
}

fn unknown_field(mut path: Path) -> ApiError {
    let field = match path.0.pop() {
        Some(Step::Field(name)) => name,
        Some(Step::Element(_)) | None => String::new(),
    };
    unexpected_field(&field, &structure_name(&path))
}

/// The runtime's word for the parameters as a whole; below them, the path to the structure.
fn structure_name(path: &Path) -> String {
    if path.0.is_empty() { "operation-input".to_owned() } else { path.to_string() }
}
