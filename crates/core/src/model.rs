//! What the calls of the API carry, type by type: structures, unions and enumerations.
//!
//! Names and meanings are those of the vSphere Automation API 9.1. A field that a server may leave
//! out is an `Option`; unset fields do not travel. Each structure is declared under the API's name for
//! it, which JSON-RPC writes and plain JSON does not. Nothing here enforces a rule: `simulator` and
//! `session` do.

use std::borrow::Borrow;
use std::fmt;

use serde_json::Value;

use crate::reading::{Fit, Reader};
use crate::shape::Shape;
use crate::store::Store;
use crate::structure::{Form, Wire};
use crate::text::Text;
use crate::time::Timestamp;
use crate::{structure, through_json};

/// Declares an enumeration whose unknown values are kept as they came: servers newer than this
/// program have more of them. The first value is the default, used where a reply leaves it out.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $wire:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
            /// A value that this program does not know.
            Unknown(String),
        }

        impl $name {
            /// Every known value, in the order of the API.
            pub const KNOWN: &'static [Self] = &[$(Self::$value),+];

            /// The same as they are written on the wire.
            pub const NAMES: &'static [&'static str] = &[$($wire),+];

            /// The value as it is written on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$value => $wire,)+
                    Self::Unknown(text) => text,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::KNOWN[0].clone()
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($wire => Self::$value,)+
                    _ => Self::Unknown(text),
                }
            }
        }

        impl $crate::structure::Wire for $name {
            fn fill(
                &mut self,
                reader: $crate::reading::Reader<'_>,
            ) -> $crate::reading::Fit {
                *self = Self::from(reader.text()?.to_owned());
                Ok(())
            }

            fn write(&self, _: &dyn $crate::structure::Form) -> serde_json::Value {
                serde_json::Value::from(self.as_str())
            }

            fn blank() -> Self {
                Self::default()
            }

            fn shape() -> $crate::shape::Shape {
                $crate::shape::Shape::Enumeration(Self::NAMES)
            }
        }

        $crate::through_json!($name);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use wire_enum;

/// Declares identifiers that are opaque texts and cannot be mistaken for one another.
macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
        pub struct $name(Text);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Text>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The same, to be shared.
            pub fn text(&self) -> &Text {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl Borrow<Text> for $name {
            fn borrow(&self) -> &Text {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<Text> for $name {
            fn from(text: Text) -> Self {
                Self(text)
            }
        }

        impl Wire for $name {
            fn fill(&mut self, reader: Reader<'_>) -> Fit {
                self.0.fill(reader)
            }

            fn write(&self, form: &dyn Form) -> Value {
                self.0.write(form)
            }

            fn blank() -> Self {
                Self::default()
            }

            fn shape() -> Shape {
                Shape::Id(Identifier::$name)
            }
        }

        through_json!($name);
    )+
        /// Which identifier it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Identifier {
            $($(#[$doc])* $name,)+
        }
    };
}

identifiers! {
    /// Names an update session. Some servers make it of two UUIDs with a colon between.
    SessionId;
    /// Names a library item.
    ItemId;
    /// Names a library.
    LibraryId;
    /// A UUID that the client makes, so that a repeated create is recognised as a repeat.
    ClientToken;
    /// Names a version of an item's content.
    ItemVersion;
}

/// The token of an API login: whoever holds it is logged in. Its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct LoginToken(Text);

impl LoginToken {
    /// Takes the text as it is.
    pub fn new(text: impl Into<Text>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the header that carries it and for nothing else.
    pub fn reveal(&self) -> &str {
        self.0.as_str()
    }
}

impl From<Text> for LoginToken {
    fn from(text: Text) -> Self {
        Self(text)
    }
}

impl Borrow<Text> for LoginToken {
    fn borrow(&self) -> &Text {
        &self.0
    }
}

impl Wire for LoginToken {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        self.0.fill(reader)
    }

    fn write(&self, form: &dyn Form) -> Value {
        form.secret(self.reveal())
    }

    fn blank() -> Self {
        Self::default()
    }
}

through_json!(LoginToken);

impl fmt::Debug for LoginToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginToken(••••)")
    }
}

// ---------------------------------------------------------------------------------------------
// API login
// ---------------------------------------------------------------------------------------------

structure! {
    /// What an API login is, without its token (`com.vmware.cis.session.info`).
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct LoginInfo = "com.vmware.cis.session.info" {
        /// Who logged in.
        pub user: String,
        /// When.
        pub created_time: Timestamp,
        /// When a call last used the login.
        pub last_accessed_time: Timestamp,
    }
}

// ---------------------------------------------------------------------------------------------
// Messages
// ---------------------------------------------------------------------------------------------

structure! {
    /// A message that can be translated: a key, its arguments, and the English text made of them.
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct LocalizableMessage = "com.vmware.vapi.std.localizable_message" {
        /// Key into a message catalogue.
        pub id: String,
        /// The English text, arguments substituted.
        pub default_message: String,
        /// Positional arguments.
        pub args: Vec<String>,
        /// Named arguments; a map on `/api`, a list of keys and values on `/rest`.
        pub params: Option<Store<Text, LocalizationParam>>,
        /// The text in the language that the request asked for.
        pub localized: Option<String>,
    }
}

wire_enum! {
    /// How a date and time is written, in the sense of Unicode CLDR.
    DateTimeFormat {
        /// The default: date and time, short.
        ShortDateTime = "SHORT_DATE_TIME",
        /// Date and time, medium.
        MedDateTime = "MED_DATE_TIME",
        /// Date and time, long.
        LongDateTime = "LONG_DATE_TIME",
        /// Date and time, in full.
        FullDateTime = "FULL_DATE_TIME",
        /// Date only, short.
        ShortDate = "SHORT_DATE",
        /// Date only, medium.
        MedDate = "MED_DATE",
        /// Date only, long.
        LongDate = "LONG_DATE",
        /// Date only, in full.
        FullDate = "FULL_DATE",
        /// Time only, short.
        ShortTime = "SHORT_TIME",
        /// Time only, medium.
        MedTime = "MED_TIME",
        /// Time only, long.
        LongTime = "LONG_TIME",
        /// Time only, in full.
        FullTime = "FULL_TIME",
    }
}

structure! {
    /// A named argument of a message. One of `s`, `dt`, `i`, `d` and `l` is meant to be set.
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct LocalizationParam = "com.vmware.vapi.std.localization_param" {
        /// A text.
        pub s: Option<String>,
        /// A date and time; `format` tells how it is written.
        pub dt: Option<Timestamp>,
        /// A whole number.
        pub i: Option<i64>,
        /// A number with a fraction; `precision` tells how many digits of it are written.
        pub d: Option<f64>,
        /// Another message: a boolean, an enumeration, a plural form.
        pub l: Option<Box<NestedLocalizableMessage>>,
        /// Only with `dt`.
        pub format: Option<DateTimeFormat>,
        /// Only with `d`.
        pub precision: Option<i64>,
    }
}

structure! {
    /// A message inside a message.
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct NestedLocalizableMessage = "com.vmware.vapi.std.nested_localizable_message" {
        /// Key into a message catalogue.
        pub id: String,
        /// Named arguments.
        pub params: Option<Store<Text, LocalizationParam>>,
    }
}

// ---------------------------------------------------------------------------------------------
// Libraries
// ---------------------------------------------------------------------------------------------

wire_enum! {
    /// Whether a library has its own content or follows another's.
    LibraryType {
        /// Has its own content.
        Local = "LOCAL",
        /// Follows a published library.
        Subscribed = "SUBSCRIBED",
    }
}

wire_enum! {
    /// Where a library keeps its files; the tag of [`StorageBacking`].
    StorageBackingType {
        /// A datastore of the vCenter.
        Datastore = "DATASTORE",
        /// A remote file system.
        Other = "OTHER",
    }
}

structure! {
    /// Where a library keeps its files.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct StorageBacking = "com.vmware.content.library.storage_backing" {
        /// Which of the two fields below may be set.
        pub r#type: Option<StorageBackingType>,
        /// The datastore; only with DATASTORE.
        pub datastore_id: Option<String>,
        /// The location; only with OTHER.
        pub storage_uri: Option<String>,
    }
}

structure! {
    /// How a local library is published to others.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct PublishInfo = "com.vmware.content.library.publish_info" {
        /// `BASIC` or `NONE`.
        pub authentication_method: Option<String>,
        /// Whether others can subscribe.
        pub published: Option<bool>,
        /// Where they would; made by the server.
        pub publish_url: Option<String>,
        /// If it is given, it is `vcsp`.
        pub user_name: Option<String>,
        /// The new password. Never part of a result.
        pub password: Option<String>,
        /// The old password. Never part of a result.
        pub current_password: Option<String>,
        /// Whether the library keeps its metadata as JSON in its storage.
        pub persist_json_enabled: Option<bool>,
    }
}

structure! {
    /// Whether publishing to remote servers is made faster.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct OptimizationInfo = "com.vmware.content.library.optimization_info" {
        /// Used by create only.
        pub optimize_remote_publishing: Option<bool>,
    }
}

wire_enum! {
    /// Whether a library works (since 9.0.0.0).
    LibraryState {
        /// It does.
        Active = "ACTIVE",
        /// Changes of its content are not allowed.
        Maintenance = "MAINTENANCE",
    }
}

structure! {
    /// Whether a library is in maintenance (since 9.0.0.0).
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct StateInfo = "com.vmware.content.library.state_info" {
        /// ACTIVE at creation.
        pub state: Option<LibraryState>,
        /// Why (since 9.1.0.0).
        pub message: Option<LocalizableMessage>,
    }
}

structure! {
    /// Settings of a library (since 9.1.0.0).
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct ConfigurationInfo = "com.vmware.content.library.configuration_info" {
        /// Whether the library's usages count for each item.
        pub apply_library_usage_to_items: Option<bool>,
    }
}

structure! {
    /// A library (`com.vmware.content.library_model`).
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct LibraryModel = "com.vmware.content.library_model" {
        /// Given by the server.
        pub id: Option<LibraryId>,
        /// Required for create; need not be unique.
        pub name: Option<String>,
        /// Empty if create leaves it out.
        pub description: Option<String>,
        /// Given by the server; clients may send LOCAL all the same.
        pub r#type: Option<LibraryType>,
        /// Required for create, exactly one.
        pub storage_backings: Option<Vec<StorageBacking>>,
        /// Optimistic lock, raised by changes of the properties.
        pub version: Option<String>,
        /// When it was created.
        pub creation_time: Option<Timestamp>,
        /// When its properties last changed; changes of items do not count.
        pub last_modified_time: Option<Timestamp>,
        /// Subscribed libraries only.
        pub last_sync_time: Option<Timestamp>,
        /// How it is published.
        pub publish_info: Option<PublishInfo>,
        /// Subscribed libraries only; kept as it came.
        pub subscription_info: Option<Value>,
        /// How publishing is made faster.
        pub optimization_info: Option<OptimizationInfo>,
        /// The vCenter that owns it.
        pub server_guid: Option<String>,
        /// Makes the library secure (since 7.0.3.0).
        pub security_policy_id: Option<String>,
        /// Removes the policy; update only (since 7.0.3.0).
        pub unset_security_policy_id: Option<bool>,
        /// Whether it is in maintenance (since 9.0.0.0).
        pub state_info: Option<StateInfo>,
        /// Its settings (since 9.1.0.0).
        pub configuration_info: Option<ConfigurationInfo>,
    }
}

structure! {
    /// What a library must be to be found (`com.vmware.content.library.find_spec`): all that is given.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct LibraryFindSpec = "com.vmware.content.library.find_spec" {
        /// Case does not matter.
        pub name: Option<String>,
        /// Whether it has its own content.
        pub r#type: Option<LibraryType>,
        /// Where it keeps its files (since 9.0.0.0).
        pub storage_backing: Option<StorageBacking>,
    }
}

// ---------------------------------------------------------------------------------------------
// Items and their files
// ---------------------------------------------------------------------------------------------

structure! {
    /// A library item (`com.vmware.content.library.item_model`).
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct ItemModel = "com.vmware.content.library.item_model" {
        /// Given by the server.
        pub id: Option<ItemId>,
        /// Required for create.
        pub library_id: Option<LibraryId>,
        /// The version of the file list; raised once by each completed update session.
        pub content_version: Option<String>,
        /// When it was created.
        pub creation_time: Option<Timestamp>,
        /// At most 2000 characters; empty if create leaves it out.
        pub description: Option<String>,
        /// When its properties or files last changed.
        pub last_modified_time: Option<Timestamp>,
        /// Items of subscribed libraries only.
        pub last_sync_time: Option<Timestamp>,
        /// Raised by changes of the properties only.
        pub metadata_version: Option<String>,
        /// Required for create; 1 to 80 characters, unique in the library.
        pub name: Option<String>,
        /// Whether all files are on disk.
        pub cached: Option<bool>,
        /// The storage that its files use, in bytes.
        pub size: Option<i64>,
        /// `ovf`, `iso` or anything else; absent means generic.
        pub r#type: Option<String>,
        /// Optimistic lock on the properties; file content does not raise it.
        pub version: Option<String>,
        /// The item this one was made from.
        pub source_id: Option<ItemId>,
        /// Whether it obeys the library's security policy (since 7.0.3.0).
        pub security_compliance: Option<bool>,
        /// What is known of its certificate (since 7.0.3.0).
        pub certificate_verification_info: Option<CertificateVerificationInfo>,
    }
}

wire_enum! {
    /// What became of the check of an item's certificate (since 7.0.3.0).
    CertificateVerificationStatus {
        /// There was none.
        NotAvailable = "NOT_AVAILABLE",
        /// The certificate is good.
        Verified = "VERIFIED",
        /// The content was made inside.
        Internal = "INTERNAL",
        /// The certificate is not good.
        VerificationFailure = "VERIFICATION_FAILURE",
        /// It is being checked.
        VerificationInProgress = "VERIFICATION_IN_PROGRESS",
        /// Nobody vouches for it.
        Untrusted = "UNTRUSTED",
    }
}

structure! {
    /// What is known of an item's certificate (since 7.0.3.0).
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct CertificateVerificationInfo =
        "com.vmware.content.library.item.certificate_verification_info"
    {
        /// What became of the check.
        pub status: CertificateVerificationStatus,
        /// The certificate and those above it, in base64.
        pub cert_chain: Option<Vec<String>>,
    }
}

structure! {
    /// What an item must be to be found (`com.vmware.content.library.item.find_spec`): all that is given.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct ItemFindSpec = "com.vmware.content.library.item.find_spec" {
        /// Case does not matter.
        pub name: Option<String>,
        /// Its library.
        pub library_id: Option<LibraryId>,
        /// The item that it was made from.
        pub source_id: Option<ItemId>,
        /// Case does not matter.
        pub r#type: Option<String>,
        /// Whether all files are on disk.
        pub cached: Option<bool>,
    }
}

wire_enum! {
    /// A digest that the API can check.
    ChecksumAlgorithm {
        /// The default where none is named.
        Sha1 = "SHA1",
        /// MD5.
        Md5 = "MD5",
        /// Since 6.8.
        Sha256 = "SHA256",
        /// Since 6.8.
        Sha512 = "SHA512",
    }
}

structure! {
    /// A digest of a file.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct ChecksumInfo = "com.vmware.content.library.item.file.checksum_info" {
        /// SHA1 if absent.
        pub algorithm: Option<ChecksumAlgorithm>,
        /// In hex.
        pub checksum: String,
    }
}

structure! {
    /// A file of an item (`com.vmware.content.library.item.file.info`).
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct ItemFileInfo = "com.vmware.content.library.item.file.info" {
        /// Absent where the server did not compute one.
        pub checksum_info: Option<ChecksumInfo>,
        /// Unique in the item.
        pub name: String,
        /// The storage it uses, in bytes.
        pub size: i64,
        /// Whether it is on disk.
        pub cached: bool,
        /// Raised by each upload of this file.
        pub version: String,
        /// Where its bytes can be read (since 9.0.0.0).
        pub file_download_endpoint: Option<String>,
    }
}

structure! {
    /// A file of an item, and where it lies (`com.vmware.content.library.item.storage.info`).
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct StorageInfo = "com.vmware.content.library.item.storage.info" {
        /// Absent where the server did not compute one.
        pub checksum_info: Option<ChecksumInfo>,
        /// Unique in the item.
        pub name: String,
        /// The storage it uses, in bytes.
        pub size: i64,
        /// Whether it is on disk.
        pub cached: bool,
        /// Raised by each upload of this file.
        pub version: String,
        /// Where its bytes can be read (since 9.0.0.0).
        pub file_download_endpoint: Option<String>,
        /// The library's place for files.
        pub storage_backing: StorageBacking,
        /// The files there.
        pub storage_uris: Vec<String>,
    }
}

structure! {
    /// One change of an item's content, in short (`com.vmware.content.library.item.changes.summary`).
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct ChangeSummary = "com.vmware.content.library.item.changes.summary" {
        /// The content version that it made.
        pub version: ItemVersion,
        /// When.
        pub time: Timestamp,
        /// Who.
        pub user: Option<String>,
        /// At most 80 characters, and one line, of the message.
        pub short_message: Option<String>,
    }
}

structure! {
    /// One change of an item's content (`com.vmware.content.library.item.changes.info`).
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct ChangeInfo = "com.vmware.content.library.item.changes.info" {
        /// When.
        pub time: Timestamp,
        /// Who.
        pub user: Option<String>,
        /// Why, in the words of the one who changed it.
        pub message: Option<String>,
    }
}

// ---------------------------------------------------------------------------------------------
// Update sessions
// ---------------------------------------------------------------------------------------------

wire_enum! {
    /// What the API tells of an update session's life.
    SessionState {
        /// Files may be added and sent.
        Active = "ACTIVE",
        /// All that the session did is visible.
        Done = "DONE",
        /// Something failed; the error message tells what.
        Error = "ERROR",
        /// A client cancelled it.
        Canceled = "CANCELED",
    }
}

wire_enum! {
    /// How far the server is with looking into a session's metadata files.
    PreviewState {
        /// Nothing to look at yet.
        Unavailable = "UNAVAILABLE",
        /// They are being uploaded.
        Preparing = "PREPARING",
        /// Certificate and warnings can be read.
        Available = "AVAILABLE",
        /// The session has none, and is completing.
        NotApplicable = "NOT_APPLICABLE",
    }
}

wire_enum! {
    /// What may be doubtful about a signed package.
    WarningType {
        /// Signed by itself.
        SelfSignedCertificate = "SELF_SIGNED_CERTIFICATE",
        /// Its time is over.
        ExpiredCertificate = "EXPIRED_CERTIFICATE",
        /// Its time has not begun.
        NotYetValidCertificate = "NOT_YET_VALID_CERTIFICATE",
        /// No trusted authority vouches for it.
        UntrustedCertificate = "UNTRUSTED_CERTIFICATE",
    }
}

structure! {
    /// Whether a warning of this type keeps the session from completing.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct WarningBehavior =
        "com.vmware.content.library.item.updatesession.warning_behavior"
    {
        /// The warning.
        pub r#type: WarningType,
        /// Whether it is ignored.
        pub ignored: bool,
    }
}

structure! {
    /// A certificate as the preview shows it.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    lenient pub struct CertificateInfo =
        "com.vmware.content.library.item.updatesession.certificate_info"
    {
        /// Who vouches.
        pub issuer: String,
        /// For whom.
        pub subject: String,
        /// Whether both are the same.
        pub self_signed: bool,
        /// The certificate itself.
        pub x509: String,
    }
}

structure! {
    /// A warning that the preview raised.
    #[derive(Debug, Clone, PartialEq)]
    strict pub struct PreviewWarningInfo =
        "com.vmware.content.library.item.updatesession.preview_warning_info"
    {
        /// Which.
        pub r#type: WarningType,
        /// In words.
        pub message: LocalizableMessage,
        /// Whether complete will ignore it.
        pub ignored: bool,
    }
}

structure! {
    /// What the server found in a session's metadata files before completion.
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct PreviewInfo = "com.vmware.content.library.item.updatesession.preview_info" {
        /// How far it is; says which of the fields may be set.
        pub state: PreviewState,
        /// Only when AVAILABLE, and only for signed content.
        pub certificate_info: Option<CertificateInfo>,
        /// Set exactly when AVAILABLE.
        pub warnings: Option<Vec<PreviewWarningInfo>>,
        /// The chain in base64, for signed content (since 7.0.3.0).
        pub cert_chain: Option<Vec<String>>,
    }
}

structure! {
    /// An update session (`com.vmware.content.library.item.update_session_model`).
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct UpdateSessionModel = "com.vmware.content.library.item.update_session_model" {
        /// Given by the server.
        pub id: Option<SessionId>,
        /// The item whose files change. Required for create.
        pub library_item_id: Option<ItemId>,
        /// The item's content version when the session was created.
        pub library_item_content_version: Option<String>,
        /// Why the session is in ERROR.
        pub error_message: Option<LocalizableMessage>,
        /// What the client said of its progress, 0 to 100.
        pub client_progress: Option<i64>,
        /// Where the session is in its life.
        pub state: Option<SessionState>,
        /// The session does not expire before this.
        pub expiration_time: Option<Timestamp>,
        /// Only while ACTIVE.
        pub preview_info: Option<PreviewInfo>,
        /// Which warnings are ignored. The one field that update changes.
        pub warning_behavior: Option<Vec<WarningBehavior>>,
    }
}

wire_enum! {
    /// Where a file's bytes come from.
    SourceType {
        /// From nowhere: the file is untouched.
        None = "NONE",
        /// The client sends them.
        Push = "PUSH",
        /// The server fetches them.
        Pull = "PULL",
    }
}

wire_enum! {
    /// How far the transfer of a file is.
    TransferStatus {
        /// Declared, no bytes yet.
        WaitingForTransfer = "WAITING_FOR_TRANSFER",
        /// Bytes flow.
        Transferring = "TRANSFERRING",
        /// All bytes are there and are being checked.
        Validating = "VALIDATING",
        /// Accepted.
        Ready = "READY",
        /// Transfer or checks failed; the error message tells why.
        Error = "ERROR",
    }
}

structure! {
    /// Where bytes are sent to or fetched from.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    strict pub struct TransferEndpoint = "com.vmware.content.library.item.transfer_endpoint" {
        /// `http`, `https`, `ds` or `file`. An upload link is a secret of its own: it needs no login.
        pub uri: String,
        /// SHA-256 (up to 8.0: SHA-1) of the certificate that an HTTPS source must show.
        pub ssl_certificate_thumbprint: Option<String>,
        /// The certificate itself in PEM; with it, the thumbprint does not count (since 9.0.0.0).
        pub ssl_certificate: Option<String>,
    }
}

structure! {
    /// What a client says of a file that it adds (`…item.updatesession.file.add_spec`).
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct AddSpec = "com.vmware.content.library.item.updatesession.file.add_spec" {
        /// Replaces the file of this name, if there is one.
        pub name: String,
        /// Where its bytes will come from.
        pub source_type: SourceType,
        /// Set exactly for PULL.
        pub source_endpoint: Option<TransferEndpoint>,
        /// In bytes. Without it, any length will do.
        pub size: Option<i64>,
        /// Without it, any content will do.
        pub checksum_info: Option<ChecksumInfo>,
    }
}

structure! {
    /// A file of a session (`com.vmware.content.library.item.updatesession.file.info`).
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct SessionFileInfo = "com.vmware.content.library.item.updatesession.file.info" {
        /// Unique in the session.
        pub name: String,
        /// Where its bytes come from; says which endpoint is set.
        pub source_type: SourceType,
        /// Bytes received; set once the file is READY.
        pub size: Option<i64>,
        /// What was declared.
        pub checksum_info: Option<ChecksumInfo>,
        /// Set exactly for PULL.
        pub source_endpoint: Option<TransferEndpoint>,
        /// Set exactly for PUSH, in every status.
        pub upload_endpoint: Option<TransferEndpoint>,
        /// Bytes that have arrived so far.
        pub bytes_transferred: i64,
        /// How far the transfer is.
        pub status: TransferStatus,
        /// Why the status is ERROR.
        pub error_message: Option<LocalizableMessage>,
        /// Whether the item keeps the file; absent means it does (since 6.8).
        pub keep_in_storage: Option<bool>,
    }
}

structure! {
    /// A file that validation refused.
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct ValidationError =
        "com.vmware.content.library.item.updatesession.file.validation_error"
    {
        /// Which.
        pub name: String,
        /// Why.
        pub error_message: LocalizableMessage,
    }
}

structure! {
    /// What validation found.
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct ValidationResult =
        "com.vmware.content.library.item.updatesession.file.validation_result"
    {
        /// Whether either list has an entry.
        pub has_errors: bool,
        /// Files that are needed and were never added.
        pub missing_files: Vec<String>,
        /// Files that are there and cannot be used.
        pub invalid_files: Vec<ValidationError>,
    }
}
