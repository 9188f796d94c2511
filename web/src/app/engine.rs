//! The one place where effects happen: it awaits the client, and dispatches what came of it.
//!
//! It decides nothing about what is on screen; the reducer does.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use accession_client::{Client, ClientError, Exchange, Simulated, Source, Transport, UploadLink};
use accession_core::dialect::Dialect;
use accession_core::messages;
use accession_core::model::{
    AddSpec, ItemId, ItemModel, LibraryId, LibraryModel, LibraryType, SessionFileInfo, SessionId,
    SessionState, SourceType, StorageBacking, StorageBackingType, TransferStatus,
    UpdateSessionModel, ValidationResult,
};
use accession_core::operations::{
    ItemCreate, ItemFileList, ItemGet, ItemList, LocalLibraryCreate, LocalLibraryGet,
    LocalLibraryList, LoginGet, Operation, SessionFileAdd, SessionFileList, SessionFileRemove,
    SessionFileValidate, UpdateSessionCancel, UpdateSessionComplete, UpdateSessionCreate,
    UpdateSessionDelete, UpdateSessionFail, UpdateSessionGet, UpdateSessionKeepAlive,
};
use accession_core::rules;
use accession_core::simulator::Simulator;
use accession_core::time::Timestamp;
use futures_channel::oneshot;
use yew::platform::spawn_local;
use yew::{UseReducerDispatcher, UseReducerHandle};

use super::command::{Command, Credentials, NewFile, SignIn};
use crate::format;
use crate::host::Host;
use crate::lab::{
    Action, Connection, Declared, Lab, Outcome, Question, SIMULATED_ORIGIN, SessionCall, Target,
    Upload, Verdict, Waiting,
};

/// So many names are read on arrival; what lies beyond is listed by id.
const NAMES: usize = 50;

/// Progress is told at most this often, in milliseconds.
const PROGRESS_EVERY: i64 = 100;

/// Who logs in to the simulator in the page.
const SIMULATED_USER: &str = "you";

/// Performs what was asked for.
pub(super) struct Engine {
    host: Rc<Host>,
    dispatch: UseReducerDispatcher<Lab>,
    /// The page as it was last drawn.
    lab: RefCell<Option<UseReducerHandle<Lab>>>,
    epoch: Cell<u64>,
    link: RefCell<Option<Link>>,
    simulator: RefCell<Option<Rc<RefCell<Simulator>>>>,
    files: RefCell<Vec<Held>>,
    /// The uploads that run, by number. Dropping one of these ends its upload.
    uploads: RefCell<Vec<(u64, oneshot::Sender<()>)>>,
    next_number: Cell<u64>,
    polling: Cell<bool>,
}

/// What is at hand of a file of a session.
struct Held {
    session: SessionId,
    name: String,
    /// Where its bytes go. It is a key, and stays here.
    link: Option<UploadLink>,
    /// The bytes: a handle of the browser, nothing is read here.
    bytes: Option<NewFile>,
}

/// The server that calls go to, in one epoch.
#[derive(Clone)]
struct Link {
    client: Client,
    epoch: u64,
    /// The exchange that ended last.
    last: Rc<RefCell<Option<Rc<Exchange>>>>,
}

/// A call's result, and the exchange that brought it.
struct Answer<T> {
    result: Result<T, ClientError>,
    exchange: Option<Rc<Exchange>>,
}

impl<T> Answer<T> {
    fn status(&self) -> Option<u16> {
        self.exchange.as_ref().and_then(|exchange| exchange.status())
    }
}

impl Engine {
    pub(super) fn new(host: Rc<Host>, dispatch: UseReducerDispatcher<Lab>) -> Rc<Self> {
        Rc::new(Self {
            host,
            dispatch,
            lab: RefCell::default(),
            epoch: Cell::new(0),
            link: RefCell::default(),
            simulator: RefCell::default(),
            files: RefCell::default(),
            uploads: RefCell::default(),
            next_number: Cell::new(1),
            polling: Cell::new(false),
        })
    }

    /// Takes note of the page as it is drawn.
    pub(super) fn see(&self, lab: UseReducerHandle<Lab>) {
        let busy = lab.is_uploading();
        *self.lab.borrow_mut() = Some(lab);
        self.host.farewell.breaks.set(busy);
    }

    fn lab(&self) -> Option<UseReducerHandle<Lab>> {
        self.lab.borrow().clone()
    }

    fn number(&self) -> u64 {
        self.next_number.replace(self.next_number.get() + 1)
    }

    pub(super) fn perform(self: &Rc<Self>, command: Command) {
        let Some(lab) = self.lab() else { return };
        let session = lab.session.as_ref().map(|session| session.id.clone());
        let link = self.link.borrow().clone();
        match (command, link, session) {
            (Command::Just(action), _, _) => self.dispatch.dispatch(*action),
            (Command::Copy(text), _, _) => (self.host.copy)(&text),
            (Command::UseSimulator, _, _) => self.use_simulator(lab.dialect),
            (Command::Speak(dialect), _, _) => self.use_simulator(dialect),
            (Command::StartOver, _, _) => {
                *self.simulator.borrow_mut() = None;
                self.use_simulator(lab.dialect);
            }
            (Command::UseLive, _, _) => self.leave(&self.host.address.clone(), lab.dialect),
            (Command::SignIn(sign_in), _, _) => self.sign_in(sign_in),
            (Command::Disconnect, Some(link), _) => self.disconnect(link),
            (Command::LoadLibraries, Some(link), _) => {
                self.spawn(|engine| async move { engine.load_libraries(&link).await });
            }
            (Command::ChooseLibrary(library), link, _) => {
                self.dispatch.dispatch(Action::LibraryChosen(library.clone()));
                if let (Some(link), Some(library)) = (link, library) {
                    self.spawn(|engine| async move { engine.load_items(&link, library).await });
                }
            }
            (Command::CreateLibrary { name, datastore }, Some(link), _) => {
                self.spawn(|engine| async move {
                    engine.create_library(&link, name, datastore).await;
                });
            }
            (Command::CreateItem { name, kind }, Some(link), _) => {
                let Some(library) = lab.library.clone() else { return };
                self.spawn(
                    |engine| async move { engine.create_item(&link, library, name, kind).await },
                );
            }
            (Command::CreateSession(item), Some(link), _) => {
                self.spawn(|engine| async move { engine.create_session(&link, item).await });
            }
            (Command::OpenSession(id), Some(link), _) => {
                self.spawn(|engine| async move { engine.open_session(&link, id).await });
            }
            (Command::Refresh, Some(link), Some(id)) => {
                self.spawn(|engine| async move { engine.refresh(&link, &id).await });
            }
            (Command::AddFiles { files, send }, Some(link), Some(id)) => {
                self.spawn(|engine| async move { engine.add_files(&link, &id, files, send).await });
            }
            (Command::SendFile(name), Some(link), Some(id)) => {
                self.spawn(|engine| async move { engine.send_file(&link, &id, &name).await });
            }
            (Command::SendAgain(name), Some(link), Some(id)) => {
                let Some(file) = self.held(&id, &name, |held| held.bytes.take()) else { return };
                self.spawn(|engine| async move {
                    engine.add_files(&link, &id, vec![file], true).await;
                });
            }
            (Command::StopUpload(upload), _, _) => {
                self.uploads.borrow_mut().retain(|(number, _)| *number != upload);
            }
            (Command::RemoveFile(name), Some(link), Some(id)) => {
                self.spawn(|engine| async move { engine.remove_file(&link, &id, name).await });
            }
            (Command::Call(call), Some(link), Some(id)) => {
                if call == SessionCall::Fail || (call.is_final() && lab.target.asks_first()) {
                    self.ask(Some(Question { call, session: id }));
                } else {
                    self.spawn(|engine| async move {
                        engine.session_call(&link, &id, call, String::new()).await;
                    });
                }
            }
            (Command::Confirm(call, text), Some(link), _) => {
                // What was asked about, not what is on screen by now.
                let Some(question) = lab.question.clone() else { return };
                self.ask(None);
                if question.call == call {
                    self.spawn(|engine| async move {
                        engine.session_call(&link, &question.session, call, text).await;
                    });
                }
            }
            // Without a server or a session there is nobody to call.
            _ => {}
        }
    }

    fn ask(&self, question: Option<Question>) {
        self.dispatch.dispatch(Action::Asked(question));
    }

    fn spawn<F: Future<Output = ()> + 'static>(self: &Rc<Self>, task: impl FnOnce(Rc<Self>) -> F) {
        spawn_local(task(self.clone()));
    }

    // -----------------------------------------------------------------------------------------
    // Targets
    // -----------------------------------------------------------------------------------------

    pub(super) fn use_simulator(self: &Rc<Self>, dialect: Dialect) {
        let is_new = self.simulator.borrow().is_none();
        let simulator = self
            .simulator
            .borrow_mut()
            .get_or_insert_with(|| Rc::new(RefCell::new(Simulator::new(self.host.seed))))
            .clone();
        let transport = Transport::Simulated(Simulated::new(simulator, self.host.reader.clone()));
        let link = self.turn_to(Target::Simulated, dialect, transport);
        self.spawn(|engine| async move {
            let _ = link.client.log_in(SIMULATED_USER, "simulated").await;
            let user = Some(SIMULATED_USER.to_owned());
            engine.connected(&link, Connection::Open { user });
            if is_new {
                engine.furnish(&link).await;
            }
            engine.load_libraries(&link).await;
        });
    }

    /// Puts a library and an item into a new simulator, by the calls that anybody would send.
    async fn furnish(&self, link: &Link) {
        let spec = library_spec("Lab library".to_owned(), "datastore-11".to_owned());
        let create = LocalLibraryCreate { client_token: None, create_spec: spec };
        let Ok(library) = link.client.call(&create).await else { return };
        let spec = item_spec(library, "ubuntu-iso".to_owned(), "iso".to_owned());
        let _ = link.client.call(&ItemCreate { client_token: None, create_spec: spec }).await;
    }

    /// Leaves whatever server calls went to; the next one has to be signed in to.
    fn leave(self: &Rc<Self>, origin: &str, dialect: Dialect) {
        self.abandon();
        self.epoch.set(self.epoch.get() + 1);
        let target = Target::Live { origin: origin.to_owned() };
        self.dispatch.dispatch(Action::Targeted(target, dialect));
    }

    fn turn_to(self: &Rc<Self>, target: Target, dialect: Dialect, transport: Transport) -> Link {
        self.abandon();
        self.epoch.set(self.epoch.get() + 1);
        let last = Rc::new(RefCell::new(None));
        let observer = {
            let (last, dispatch) = (last.clone(), self.dispatch.clone());
            move |exchange: Rc<Exchange>| {
                *last.borrow_mut() = Some(exchange.clone());
                dispatch.dispatch(Action::Recorded(exchange));
            }
        };
        let client = Client::new(transport, dialect, target.origin(), self.host.clock, observer);
        self.dispatch.dispatch(Action::Ticked((self.host.clock)()));
        self.dispatch.dispatch(Action::Targeted(target, dialect));
        let link = Link { client, epoch: self.epoch.get(), last };
        *self.link.borrow_mut() = Some(link.clone());
        link
    }

    /// Ends everything that belongs to the server that calls went to.
    fn abandon(&self) {
        self.uploads.borrow_mut().clear();
        self.files.borrow_mut().clear();
        let link = self.link.borrow_mut().take();
        // The simulator's own login is nobody's concern.
        let leaves_login =
            |link: &Link| link.client.is_logged_in() && link.client.origin() != SIMULATED_ORIGIN;
        if let Some(link) = link.filter(leaves_login) {
            spawn_local(async move {
                // Nobody is left to hear of a failure.
                let _ = link.client.log_out().await;
            });
        }
    }

    /// Leaves no API login behind when the page goes away.
    pub(super) fn say_goodbye(&self) {
        let is_live = self.lab().is_some_and(|lab| lab.target.is_live());
        if is_live {
            self.abandon();
        }
    }

    fn sign_in(self: &Rc<Self>, sign_in: SignIn) {
        let SignIn { origin, dialect, credentials } = sign_in;
        let target = Target::Live { origin };
        let link = self.turn_to(target, dialect, self.host.network.clone());
        self.connected(&link, Connection::Opening);
        self.spawn(|engine| async move {
            let (call, user, result) = match credentials {
                Credentials::Password { user, password } => {
                    let result = link.client.log_in(&user, &password).await;
                    ("log in", Some(user), result)
                }
                Credentials::Token(token) => {
                    link.client.adopt(token);
                    let result = link.client.call(&LoginGet {}).await;
                    let user = result.as_ref().ok().map(|info| info.user.clone());
                    ("read the API login", user, result.map(|_| ()))
                }
            };
            let exchange = link.last.borrow_mut().take();
            let status = exchange.as_ref().and_then(|exchange| exchange.status());
            match result {
                Ok(()) => {
                    engine.connected(&link, Connection::Open { user });
                    let because = "The token is kept in this page's memory and nowhere else.";
                    engine.came_to(&link, None, Outcome::done(call, status, because));
                    engine.load_libraries(&link).await;
                }
                Err(error) => {
                    link.client.forget();
                    let answer = Answer { result: Err::<(), _>(error.clone()), exchange };
                    engine.failed(&link, None, call, &error, &answer);
                    engine.connected(&link, Connection::Failed(error));
                }
            }
        });
    }

    fn disconnect(self: &Rc<Self>, link: Link) {
        self.spawn(|engine| async move {
            let _ = link.client.log_out().await;
            if link.epoch == engine.epoch.get() {
                let origin = link.client.origin().to_owned();
                engine.leave(&origin, link.client.dialect());
            }
        });
    }

    fn connected(&self, link: &Link, connection: Connection) {
        self.dispatch.dispatch(Action::Connected(link.epoch, connection));
    }

    // -----------------------------------------------------------------------------------------
    // Calls
    // -----------------------------------------------------------------------------------------

    async fn call<O: Operation>(&self, link: &Link, operation: O) -> Answer<O::Reply> {
        let waiting = Waiting { id: self.number(), call: O::ROW.name.to_owned() };
        let id = waiting.id;
        self.dispatch.dispatch(Action::Sent(link.epoch, waiting));
        let result = link.client.call(&operation).await;
        let exchange = link.last.borrow_mut().take();
        self.dispatch.dispatch(Action::Returned(link.epoch, id));
        Answer { result, exchange }
    }

    fn came_to(&self, link: &Link, session: Option<&SessionId>, outcome: Outcome) {
        self.dispatch.dispatch(Action::CameTo(link.epoch, session.cloned(), outcome));
    }

    fn failed<T>(
        &self,
        link: &Link,
        session: Option<&SessionId>,
        call: &str,
        error: &ClientError,
        answer: &Answer<T>,
    ) {
        let Some(lab) = self.lab() else { return };
        let rule = answer.exchange.as_ref().and_then(|exchange| exchange.rule);
        // The page may not have been drawn since calls began to go there.
        let origin = link.client.origin();
        let target = match origin {
            SIMULATED_ORIGIN => Target::Simulated,
            origin => Target::Live { origin: origin.to_owned() },
        };
        let outcome = Outcome::of_error(call, error, rule, &target, &lab.page);
        self.came_to(link, session, outcome.with_notes(answer.exchange.as_deref()));
    }

    fn succeeded<T>(
        &self,
        link: &Link,
        session: Option<&SessionId>,
        call: &str,
        because: impl Into<String>,
        answer: &Answer<T>,
    ) {
        let outcome = Outcome::done(call, answer.status(), because);
        self.came_to(link, session, outcome.with_notes(answer.exchange.as_deref()));
    }

    async fn load_libraries(&self, link: &Link) {
        self.dispatch.dispatch(Action::LibrariesAsked(link.epoch));
        let result = self.call(link, LocalLibraryList {}).await.result;
        let ids = result.clone().unwrap_or_default();
        self.dispatch.dispatch(Action::Libraries(link.epoch, result));
        if let [only] = ids.as_slice() {
            self.dispatch.dispatch(Action::LibraryChosen(Some(only.clone())));
        }
        for id in ids.iter().take(NAMES) {
            let get = LocalLibraryGet { library_id: id.clone() };
            if let Ok(model) = link.client.call(&get).await {
                self.dispatch.dispatch(Action::LibraryRead(link.epoch, id.clone(), model));
            }
        }
        if let [only] = ids.as_slice() {
            self.load_items(link, only.clone()).await;
        }
    }

    async fn load_items(&self, link: &Link, library: LibraryId) {
        let result = self.call(link, ItemList { library_id: library.clone() }).await.result;
        let ids = result.clone().unwrap_or_default();
        self.dispatch.dispatch(Action::Items(link.epoch, library, result));
        if let [only] = ids.as_slice() {
            self.dispatch.dispatch(Action::ItemChosen(Some(only.clone())));
        }
        for id in ids.into_iter().take(NAMES) {
            self.read_item(link, id).await;
        }
    }

    async fn read_item(&self, link: &Link, id: ItemId) {
        let get = ItemGet { library_item_id: id.clone() };
        if let Ok(model) = link.client.call(&get).await {
            self.dispatch.dispatch(Action::ItemRead(link.epoch, id, model));
        }
    }

    async fn create_library(&self, link: &Link, name: String, datastore: String) {
        let create_spec = library_spec(name.clone(), datastore);
        let create = LocalLibraryCreate { client_token: None, create_spec };
        let answer = self.call(link, create).await;
        match &answer.result {
            Ok(id) => {
                let because = format!("The library {name} has the id {id}.");
                self.succeeded(link, None, "create library", because, &answer);
                self.load_libraries(link).await;
                self.dispatch.dispatch(Action::LibraryChosen(Some(id.clone())));
                self.load_items(link, id.clone()).await;
            }
            Err(error) => self.failed(link, None, "create library", error, &answer),
        }
    }

    async fn create_item(&self, link: &Link, library: LibraryId, name: String, kind: String) {
        let create_spec = item_spec(library.clone(), name.clone(), kind);
        let answer = self.call(link, ItemCreate { client_token: None, create_spec }).await;
        match &answer.result {
            Ok(id) => {
                let because = format!("The item {name} has the id {id} and no files yet.");
                self.succeeded(link, None, "create item", because, &answer);
                self.load_items(link, library).await;
                self.dispatch.dispatch(Action::ItemChosen(Some(id.clone())));
            }
            Err(error) => self.failed(link, None, "create item", error, &answer),
        }
    }

    async fn create_session(&self, link: &Link, item: ItemId) {
        let create_spec =
            UpdateSessionModel { library_item_id: Some(item), ..UpdateSessionModel::default() };
        let answer = self.call(link, UpdateSessionCreate { client_token: None, create_spec }).await;
        match &answer.result {
            Ok(id) => {
                self.dispatch.dispatch(Action::SessionOpened(link.epoch, id.clone()));
                self.dispatch.dispatch(Action::Showed(crate::lab::Pane::Session));
                let because =
                    "The item's files can now be changed; nobody sees it before complete.";
                self.succeeded(link, None, "create", because, &answer);
                self.refresh(link, id).await;
            }
            Err(error) => self.failed(link, None, "create", error, &answer),
        }
    }

    async fn open_session(&self, link: &Link, id: SessionId) {
        self.dispatch.dispatch(Action::SessionOpened(link.epoch, id.clone()));
        self.dispatch.dispatch(Action::Showed(crate::lab::Pane::Session));
        let answer = self.call(link, UpdateSessionGet { update_session_id: id.clone() }).await;
        match &answer.result {
            Ok(model) => {
                let state = model.state.clone().unwrap_or_default();
                let because = format!("The server knows this session; it is {state}.");
                self.succeeded(link, Some(&id), "get", because, &answer);
            }
            Err(error) => self.failed(link, Some(&id), "get", error, &answer),
        }
        self.take_session(link, &id, answer.result).await;
    }

    // -----------------------------------------------------------------------------------------
    // Sessions
    // -----------------------------------------------------------------------------------------

    /// Reads the session and its files again.
    async fn refresh(&self, link: &Link, id: &SessionId) {
        let get = UpdateSessionGet { update_session_id: id.clone() };
        let result = self.call(link, get).await.result;
        self.take_session(link, id, result).await;
    }

    async fn take_session(
        &self,
        link: &Link,
        id: &SessionId,
        result: Result<UpdateSessionModel, ClientError>,
    ) {
        let read = result.clone();
        self.dispatch.dispatch(Action::SessionRead(link.epoch, id.clone(), result));
        let Ok(model) = read else { return };
        self.load_files(link, id).await;
        let Some(item) = model.library_item_id else { return };
        if model.state == Some(SessionState::Done) {
            let list = ItemFileList { library_item_id: item.clone() };
            let files = self.call(link, list).await.result;
            self.dispatch.dispatch(Action::ItemFilesRead(link.epoch, id.clone(), files));
            self.read_item(link, item).await;
        } else if self.lab().is_some_and(|lab| {
            lab.session.as_ref().is_none_or(|session| session.id != *id || session.item.is_none())
        }) {
            self.read_item(link, item).await;
        }
    }

    async fn load_files(&self, link: &Link, id: &SessionId) -> Vec<SessionFileInfo> {
        let list = SessionFileList { update_session_id: id.clone() };
        let result = self.call(link, list).await.result;
        let files = result.clone().unwrap_or_default();
        for file in &files {
            self.keep_link(id, file);
        }
        self.dispatch.dispatch(Action::FilesRead(link.epoch, id.clone(), result));
        files
    }

    fn keep_link(&self, id: &SessionId, file: &SessionFileInfo) {
        if let Some(link) = UploadLink::of(file) {
            self.held(id, &file.name, |held| held.link = Some(link));
        }
    }

    /// Looks at what is at hand of a file.
    fn held<T>(&self, id: &SessionId, name: &str, look: impl FnOnce(&mut Held) -> T) -> T {
        let mut files = self.files.borrow_mut();
        let known = files.iter().position(|held| held.session == *id && held.name == name);
        let place = known.unwrap_or_else(|| {
            let (session, name) = (id.clone(), name.to_owned());
            files.push(Held { session, name, link: None, bytes: None });
            files.len() - 1
        });
        look(&mut files[place])
    }

    async fn session_call(&self, link: &Link, id: &SessionId, call: SessionCall, text: String) {
        let update_session_id = id.clone();
        let answer = match call {
            SessionCall::Validate => {
                let answer = self.call(link, SessionFileValidate { update_session_id }).await;
                self.report_validation(link, id, answer);
                return self.refresh(link, id).await;
            }
            SessionCall::KeepAlive => {
                let client_progress = self.progress_of(id);
                self.call(link, UpdateSessionKeepAlive { update_session_id, client_progress }).await
            }
            SessionCall::Complete => {
                self.call(link, UpdateSessionComplete { update_session_id }).await
            }
            SessionCall::Cancel => self.call(link, UpdateSessionCancel { update_session_id }).await,
            SessionCall::Fail => {
                let client_error_message = text;
                self.call(link, UpdateSessionFail { update_session_id, client_error_message }).await
            }
            SessionCall::Delete => self.call(link, UpdateSessionDelete { update_session_id }).await,
        };
        match &answer.result {
            Ok(()) => self.succeeded(link, Some(id), call.name(), call.effect(), &answer),
            Err(error) => self.failed(link, Some(id), call.name(), error, &answer),
        }
        self.refresh(link, id).await;
    }

    fn report_validation(&self, link: &Link, id: &SessionId, answer: Answer<ValidationResult>) {
        let result = match &answer.result {
            Err(error) => return self.failed(link, Some(id), "validate", error, &answer),
            Ok(result) => result,
        };
        let mut outcome =
            Outcome::done("validate", answer.status(), "The server found nothing wrong.");
        let missing = result.missing_files.iter().map(|name| format!("{name} is missing."));
        let invalid = result
            .invalid_files
            .iter()
            .map(|file| format!("{}: {}", file.name, file.error_message.default_message));
        let found: Vec<String> = missing.chain(invalid).collect();
        if result.has_errors || !found.is_empty() {
            outcome.verdict = Verdict::Refused;
            outcome.said = "validate found errors.".to_owned();
            outcome.because = found;
        }
        self.came_to(link, Some(id), outcome.with_notes(answer.exchange.as_deref()));
    }

    /// The share of all bytes that this page has sent or is to send, in percent.
    fn progress_of(&self, id: &SessionId) -> Option<i64> {
        let lab = self.lab()?;
        let session = lab.session.as_ref().filter(|session| session.id == *id)?;
        let (mut sent, mut total) = (0, 0);
        for file in session.files.ready()? {
            let size = session.declared(&file.name).and_then(|declared| declared.size);
            let arrived = format::size(file.bytes_transferred);
            let uploaded = lab.upload_of(&file.name).map_or(0, |upload| upload.sent);
            sent += arrived.max(uploaded);
            total += size.unwrap_or(arrived).max(arrived);
        }
        (total > 0).then(|| i64::try_from(format::percent(sent, total)).unwrap_or(100))
    }

    /// While an upload runs, nothing else tells the server that the client is still there.
    pub(super) fn keep_alive(self: &Rc<Self>) {
        let (Some(link), Some(lab)) = (self.link.borrow().clone(), self.lab()) else { return };
        let Some(id) = lab.session.as_ref().map(|session| session.id.clone()) else { return };
        let client_progress = self.progress_of(&id);
        self.spawn(|engine| async move {
            let update_session_id = id.clone();
            let operation = UpdateSessionKeepAlive { update_session_id, client_progress };
            let answer = engine.call(&link, operation).await;
            if let Err(error) = &answer.result {
                engine.failed(&link, Some(&id), "automatic keep_alive", error, &answer);
            }
        });
    }

    /// Reads the session on screen again, quietly.
    pub(super) fn poll(self: &Rc<Self>) {
        let (Some(link), Some(lab)) = (self.link.borrow().clone(), self.lab()) else { return };
        let Some(id) = lab.session.as_ref().map(|session| session.id.clone()) else { return };
        if self.polling.replace(true) {
            return;
        }
        self.spawn(|engine| async move {
            let get = UpdateSessionGet { update_session_id: id.clone() };
            let result = link.client.call(&get).await;
            engine.take_session(&link, &id, result).await;
            engine.polling.set(false);
        });
    }

    /// Lets time pass.
    pub(super) fn tick(self: &Rc<Self>) {
        let now = (self.host.clock)();
        self.dispatch.dispatch(Action::Ticked(now));
        let Some(simulator) = self.simulator.borrow().clone() else { return };
        let is_due = simulator.borrow().poll_timeout().is_some_and(|at| at <= now);
        if !is_due {
            return;
        }
        let events = simulator.borrow_mut().advance(now);
        let touched: Vec<SessionId> = events.iter().map(|event| event.session.clone()).collect();
        self.dispatch.dispatch(Action::Happened(events));
        let (Some(link), Some(lab)) = (self.link.borrow().clone(), self.lab()) else { return };
        let on_screen = lab.session.as_ref().filter(|_| !lab.target.is_live());
        if let Some(session) = on_screen.filter(|session| touched.contains(&session.id)) {
            let id = session.id.clone();
            self.spawn(|engine| async move { engine.refresh(&link, &id).await });
        }
    }

    // -----------------------------------------------------------------------------------------
    // Files
    // -----------------------------------------------------------------------------------------

    async fn add_files(&self, link: &Link, id: &SessionId, files: Vec<NewFile>, send: bool) {
        let mut added = Vec::new();
        for file in files {
            let name = file.name.clone();
            let file_spec = AddSpec {
                name: name.clone(),
                source_type: SourceType::Push,
                source_endpoint: None,
                size: file.size,
                checksum_info: file.checksum.clone(),
            };
            let add = SessionFileAdd { update_session_id: id.clone(), file_spec };
            let answer = self.call(link, add).await;
            match &answer.result {
                Ok(info) => {
                    // Under the name that was sent: a lenient reply may lack it.
                    let info = SessionFileInfo { name: name.clone(), ..info.clone() };
                    self.keep_link(id, &info);
                    let size = file.size.map(format::size);
                    let declared = Declared { size, checksum: file.checksum.clone() };
                    let action = Action::FileAdded(link.epoch, id.clone(), name.clone(), declared);
                    self.dispatch.dispatch(action);
                    self.held(id, &name, |held| held.bytes = Some(file));
                    let because = format!("The session expects the bytes of {name}.");
                    self.succeeded(link, Some(id), "add", because, &answer);
                    added.push(name);
                }
                Err(error) => self.failed(link, Some(id), "add", error, &answer),
            }
        }
        self.refresh(link, id).await;
        if send {
            for name in added {
                self.send_file(link, id, &name).await;
            }
        }
    }

    async fn send_file(&self, link: &Link, id: &SessionId, name: &str) {
        let (target, file) = self.held(id, name, |held| {
            (held.link.clone(), held.bytes.as_ref().map(|bytes| bytes.file.clone()))
        });
        let no_bytes = file.is_none();
        let (Some(target), Some(file)) = (target, file) else {
            let mut outcome = Outcome::done("upload", None, "");
            outcome.verdict = Verdict::Failed;
            outcome.said = format!("upload of {name} was not sent.");
            outcome.because = vec![if no_bytes {
                "The page no longer has the file's bytes.".to_owned()
            } else {
                "The server gave no upload link that can be followed.".to_owned()
            }];
            outcome.next = vec!["Add the file again.".to_owned()];
            return self.came_to(link, Some(id), outcome);
        };
        let result = self.upload(link, id, name, &target, (self.host.source)(file)).await;
        let exchange = link.last.borrow_mut().take();
        let files = self.load_files(link, id).await;
        let file = files.iter().find(|file| file.name == name);
        let answer = Answer { result, exchange };
        match &answer.result {
            Err(error) => {
                self.failed(link, Some(id), &format!("upload of {name}"), error, &answer);
            }
            Ok(()) => {
                let mut outcome = Outcome::done(
                    &format!("upload of {name}"),
                    answer.status(),
                    "The bytes arrived and were accepted.",
                );
                match file.map(|file| (&file.status, &file.error_message)) {
                    Some((TransferStatus::Ready, _)) | None => {}
                    Some((TransferStatus::Error, message)) => {
                        outcome.verdict = Verdict::Refused;
                        outcome.said = format!("upload of {name} arrived, and was not accepted.");
                        let message = message.as_ref();
                        outcome.because =
                            message.map(|m| m.default_message.clone()).into_iter().collect();
                        outcome.next = vec!["Add the file again to send it again.".to_owned()];
                        outcome.rule = message.and_then(|m| match m.id.as_str() {
                            id if id == messages::CHECKSUM_MISMATCH.id => {
                                Some(rules::CHECKSUM_CHECKED)
                            }
                            id if id == messages::SIZE_MISMATCH.id => Some(rules::SIZE_CHECKED),
                            _ => None,
                        });
                    }
                    Some((status, _)) => {
                        outcome.because = vec![format!("The bytes arrived; the file is {status}.")];
                    }
                }
                self.came_to(link, Some(id), outcome.with_notes(answer.exchange.as_deref()));
            }
        }
        let get = UpdateSessionGet { update_session_id: id.clone() };
        let result = self.call(link, get).await.result;
        self.dispatch.dispatch(Action::SessionRead(link.epoch, id.clone(), result));
    }

    async fn upload(
        &self,
        link: &Link,
        id: &SessionId,
        name: &str,
        target: &UploadLink,
        source: Source,
    ) -> Result<(), ClientError> {
        let (number, now) = (self.number(), (self.host.clock)());
        let total = source.size();
        let (stop, stopped) = oneshot::channel();
        self.uploads.borrow_mut().push((number, stop));
        let upload = Upload {
            id: number,
            session: id.clone(),
            file: name.to_owned(),
            total,
            sent: 0,
            mark: (now, 0),
            rate: None,
        };
        self.dispatch.dispatch(Action::UploadBegan(link.epoch, upload));
        let progress = {
            let (dispatch, clock) = (self.dispatch.clone(), self.host.clock);
            let told = Cell::new(Timestamp::default());
            move |sent| {
                let now = clock();
                if sent >= total || now.as_millis() - told.get().as_millis() >= PROGRESS_EVERY {
                    told.set(now);
                    dispatch.dispatch(Action::UploadMoved(number, now, sent));
                }
            }
        };
        let result = unless(stopped, link.client.upload(target, source, progress)).await;
        self.uploads.borrow_mut().retain(|(other, _)| *other != number);
        self.dispatch.dispatch(Action::UploadEnded(number));
        result.unwrap_or(Err(accession_client::TransportError::Aborted.into()))
    }

    async fn remove_file(&self, link: &Link, id: &SessionId, name: String) {
        let remove = SessionFileRemove { update_session_id: id.clone(), file_name: name.clone() };
        let answer = self.call(link, remove).await;
        match &answer.result {
            Ok(()) => {
                let because = format!("The item loses {name} when the session completes.");
                self.succeeded(link, Some(id), "remove", because, &answer);
            }
            Err(error) => self.failed(link, Some(id), "remove", error, &answer),
        }
        self.refresh(link, id).await;
    }
}

/// The future's output, unless it is stopped first; then it is dropped.
async fn unless<T>(
    mut stopped: oneshot::Receiver<()>,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = Box::pin(future);
    poll_fn(|context| {
        if Pin::new(&mut stopped).poll(context).is_ready() {
            return Poll::Ready(None);
        }
        future.as_mut().poll(context).map(Some)
    })
    .await
}

fn library_spec(name: String, datastore: String) -> LibraryModel {
    let backing = StorageBacking {
        r#type: Some(StorageBackingType::Datastore),
        datastore_id: Some(datastore),
        storage_uri: None,
    };
    LibraryModel {
        name: Some(name),
        r#type: Some(LibraryType::Local),
        storage_backings: Some(vec![backing]),
        ..LibraryModel::default()
    }
}

fn item_spec(library: LibraryId, name: String, kind: String) -> ItemModel {
    ItemModel {
        library_id: Some(library),
        name: Some(name),
        r#type: Some(kind).filter(|kind| !kind.is_empty()),
        ..ItemModel::default()
    }
}
