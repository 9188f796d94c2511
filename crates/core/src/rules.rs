//! Every rule once: what it says, how we know, and where it stands.
//!
//! A refusal names the rule that made it. This module does not know how a rule is enforced.

use std::fmt;

use serde::{Serialize, Serializer};

/// How a rule is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// The vendor's reference says so.
    Documented,
    /// A real server was seen doing so, in public.
    Observed,
    /// Nobody says; this is the stricter reading.
    Assumed,
}

impl Provenance {
    /// In one word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Assumed => "assumed",
        }
    }
}

/// One rule of the API.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// A short name that stays.
    pub id: &'static str,
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// How it is known.
    pub provenance: Provenance,
    /// Where it stands, or why it is assumed.
    pub source: &'static str,
    /// The issue in which somebody met it in public, as its path on github.com; empty if none is known.
    pub report: &'static str,
}

/// A reference to a rule of this module; two are equal if they name the same rule.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RuleRef(pub &'static Rule);

impl std::ops::Deref for RuleRef {
    type Target = Rule;

    fn deref(&self) -> &Rule {
        self.0
    }
}

impl fmt::Debug for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl Serialize for RuleRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

macro_rules! rules {
    ($($name:ident = $provenance:ident $id:literal: $sentence:literal, $source:literal $(, $report:literal)?;)+) => {
        $(
            #[doc = $sentence]
            pub const $name: RuleRef = RuleRef(&Rule {
                id: $id,
                sentence: $sentence,
                provenance: Provenance::$provenance,
                source: $source,
                report: concat!($($report)?),
            });
        )+

        /// All rules.
        pub const RULES: &[RuleRef] = &[$($name),+];
    };
}

rules! {
    // Around the operations.
    PATH_BEFORE_LOGIN = Observed "request.path-before-login":
        "An unknown path is refused before the login is looked at.",
        "recorded on vCenter 9.1.1: 404 for an unknown path and 401 for a known one, both without a login";
    OPERATION_EXISTS = Observed "request.operation-exists":
        "A service or an operation that the server does not have is refused by name.",
        "recorded over JSON-RPC: OPERATION_NOT_FOUND, vapi.method.input.invalid.interface";
    LOGIN_REQUIRED = Documented "login.required":
        "Every call but log-in needs the token of an API login.",
        "vSphere Automation API 9.1, session authentication";
    LOGIN_ENDS = Documented "login.ends":
        "An API login ends after a time without a call, and after a time in all.",
        "com.vmware.cis.session; how long they are is not documented, and articles of the vendor's name 30 minutes, 120 for 8.0";
    CREDENTIALS = Documented "login.credentials":
        "Log-in needs a user name and password that the server accepts.",
        "com.vmware.cis.session create: Unauthenticated";
    PRIVILEGES = Documented "login.privileges":
        "A call needs the privileges of its operation. Those on libraries are given globally.",
        "the reference of each operation; that a role on a datacenter does not count was reported several times";
    KNOWN_QUERY = Observed "request.known-query":
        "A query parameter that the operation does not have is refused.",
        "recorded on /api: INVALID_ARGUMENT, unsupported property",
        "ansible-collections/vmware.vmware_rest/issues/478";
    KNOWN_FIELDS = Documented "request.known-fields":
        "A field that the structure does not have is refused.",
        "com.vmware.vapi.std.errors.UnexpectedInput; its status on /api is assumed";
    WELL_FORMED = Documented "request.well-formed":
        "A request must be JSON of the documented types, with every required field.",
        "com.vmware.vapi.std.errors.InvalidArgument and InvalidRequest";
    UNION = Documented "request.union":
        "The tag of a union says which of its fields must and must not be set.",
        "com.vmware.vapi.std.errors.InvalidArgument, description";
    BODY_LIMIT = Assumed "request.body-limit":
        "A call's body has a limit; the bytes of files travel elsewhere.",
        "a limit of this host, not of the API";

    FAULT = Assumed "fault":
        "Somebody asked this simulator for what went wrong here.",
        "a fault of this simulator's, not of the API";

    // Libraries and items.
    LIBRARY_EXISTS = Documented "library.exists":
        "The library that is named must exist.", "NotFound of the operations that name a library";
    LIBRARY_SPEC = Documented "library.spec":
        "A library needs a name and exactly one storage backing.",
        "com.vmware.content.local_library create: InvalidArgument, Unsupported";
    PUBLISHING_NOT_SIMULATED = Assumed "library.publishing-not-simulated":
        "This simulator does not publish libraries.", "a limit of this simulator, not of the API";
    LIBRARY_LOCAL = Documented "library.local":
        "An operation on local libraries takes no subscribed library.",
        "com.vmware.content.local_library: InvalidElementType";
    LIBRARY_NOT_IN_MAINTENANCE = Assumed "library.not-in-maintenance":
        "The content of a library in maintenance is not changed.",
        "library_model, state_info (since 9.0.0.0): operations that alter content are restricted; which error they answer is assumed";
    LIBRARY_BACKING = Observed "library.backing":
        "Content needs the storage that the library is on.",
        "recorded: NOT_ALLOWED_IN_CURRENT_STATE, invalid_library_backing_does_not_exist",
        "aws/eks-anywhere/issues/1488";
    LIBRARY_VERSION = Documented "library.version":
        "A change that names a version needs the current one.",
        "com.vmware.content.local_library update: ConcurrentChange; com.vmware.content.library update and item update: InvalidArgument";
    FIND_SPEC = Documented "find.spec":
        "A find asks for at least one property.",
        "com.vmware.content.library find and com.vmware.content.library.item find: InvalidArgument";
    ITEM_EXISTS = Documented "item.exists":
        "The item that is named must exist.", "NotFound of the operations that name an item";
    ITEM_SPEC = Documented "item.spec":
        "An item's name has 1 to 80 characters and its description at most 2000.",
        "com.vmware.content.library.item create: InvalidArgument";
    ITEM_LOCAL = Documented "item.local":
        "An item of a subscribed library is changed where it comes from.",
        "create, update, delete and copy of items, create of update sessions: InvalidElementType";
    ITEM_NOT_TEMPLATE = Observed "item.not-template":
        "An item that holds a virtual machine template takes no update session.",
        "recorded text of session create; which error type carries it is assumed",
        "hashicorp/packer/issues/12622";
    ITEM_FILE_EXISTS = Documented "item.file-exists":
        "The file that is named must be in the item.",
        "com.vmware.content.library.item.file get and item.storage get: NotFound";
    CHANGE_EXISTS = Documented "item.change-exists":
        "The version that is named must have been made by a change of the item's content.",
        "com.vmware.content.library.item.changes get: NotFound";
    ITEM_NAME_UNIQUE = Observed "item.name-unique":
        "A library has no two items of the same name.",
        "recorded: ALREADY_EXISTS, duplicate_item_name_unsupported_in_library; the field text says otherwise",
        "vmware/govmomi/issues/2958";
    CLIENT_TOKEN_FORM = Documented "client-token.form":
        "A client token is a UUID.", "create operations: InvalidArgument";
    CLIENT_TOKEN_REPLAY = Documented "client-token.replay":
        "A create that is repeated with the same client token answers with the first one's id.",
        "create operations, client_token; scope (user and operation) and lifetime are assumed";

    // Update sessions.
    SESSION_EXISTS = Documented "session.exists":
        "The update session that is named must exist; an expired one is gone.",
        "NotFound of the update session operations; that an expired session vanishes at once is assumed";
    ONE_ACTIVE = Documented "session.one-active":
        "An item has at most one active update session.",
        "com.vmware.content.library.item.update_session create: ResourceBusy";
    ACTIVE_ONLY = Documented "session.active-only":
        "Update, complete, keep-alive, cancel, fail and validate need an ACTIVE session.",
        "NotAllowedInCurrentState of the update session operations";
    EDIT_ACTIVE_ONLY = Assumed "session.edit-active-only":
        "Files can be added and removed only while the session is ACTIVE.",
        "no guard is documented for add and remove; this is the stricter reading";
    EDIT_BEFORE_COMPLETE = Assumed "session.edit-before-complete":
        "Once complete was accepted, the session's files can no longer change.",
        "not documented; this is the stricter reading";
    DELETE_ENDED_ONLY = Documented "session.delete-ended-only":
        "An ACTIVE update session cannot be deleted.",
        "com.vmware.content.library.item.update_session delete: NotAllowedInCurrentState";
    FILES_RECEIVED = Documented "session.files-received":
        "Complete and validate need every pushed file to be received correctly.",
        "NotAllowedInCurrentState of complete and validate; the message is recorded";
    PROGRESS_RANGE = Assumed "session.progress-range":
        "A client progress is between 0 and 100.",
        "the maximum is documented, the refusal is assumed";
    FAIL_MESSAGE = Documented "session.fail-message":
        "Fail needs the client's error message.",
        "com.vmware.content.library.item.update_session fail, client_error_message";
    EXPIRY = Documented "session.expiry":
        "A session without activity for five minutes expires.",
        "keep_alive operation; that accepted changes and received bytes are activity is assumed";

    // Files of a session.
    FILE_NAME = Assumed "file.name":
        "A file name has 1 to 255 bytes, is not `.` or `..`, and holds no slash, backslash or control character.",
        "only emptiness is documented; the rest could not travel in a path";
    FILE_EXISTS = Documented "file.exists":
        "The file that is named must be in the session.",
        "com.vmware.content.library.item.updatesession.file get and remove: InvalidArgument";
    FILE_SPEC = Documented "file.spec":
        "A size is not negative, and a checksum is hex of its algorithm's length.",
        "com.vmware.content.library.item.updatesession.file add: InvalidArgument; the text form is assumed";
    FILE_SOURCE = Assumed "file.source":
        "A file is added with source type PUSH or PULL.",
        "what NONE would do in an added file is not described";
    SOURCE_URI = Documented "file.source-uri":
        "A source is an http, https, ds or file URI; a certificate or thumbprint is for https alone.",
        "com.vmware.content.library.item.transfer_endpoint; that a stray certificate is refused is assumed";
    SOURCE_FETCHED = Observed "file.source-fetched":
        "A file that the server cannot fetch puts its session in ERROR.",
        "recorded: after a PULL the calls succeed and the failure is in the session's error_message",
        "aws/eks-anywhere/issues/1319";
    MANIFEST_BEFORE_DESCRIPTOR = Documented "file.manifest-before-descriptor":
        "In an item of type OVF, manifest and certificate are added before the descriptor.",
        "com.vmware.content.library.item.updatesession.file add, since 6.8; that they are known by extension is assumed";
    SIZE_CHECKED = Documented "file.size-checked":
        "A declared size is compared with what arrived.",
        "add_spec, size; that the file and not the session fails is assumed";
    CHECKSUM_CHECKED = Documented "file.checksum-checked":
        "A declared checksum is compared with what arrived.",
        "add_spec, checksum_info; that the file and not the session fails is assumed";

    // What an item's type makes of its files.
    FILES_PRESENT = Observed "adapter.files-present":
        "Complete needs every file that the OVF descriptor names, and none that cannot be used.",
        "recorded: session_has_missing_or_invalid_files; which findings make a file invalid is assumed",
        "ansible-collections/vmware.vmware/issues/257";
    STORAGE_TAKES_ALL = Observed "adapter.storage-takes-all":
        "A disk whose stream ends before its file does, or that is not as long as the descriptor says, breaks its transfer.",
        "recorded many times: the upload succeeds, then the session is in ERROR with Pipe closed",
        "siderolabs/talos/issues/7651";
    WARNINGS_IGNORED = Documented "adapter.warnings-ignored":
        "Complete needs every warning of the preview to be ignored by the warning behavior.",
        "com.vmware.content.library.item.update_session_model, warning_behavior";

    // Uploads.
    UPLOAD_LINK = Assumed "upload.link":
        "An upload link works until its file is added again or removed, or the session ends.",
        "its lifetime is not documented";
    UPLOAD_METHOD = Observed "upload.method":
        "The bytes of a file are sent with PUT or POST.",
        "PUT is documented; the vendor's own samples send POST and work";
    UPLOAD_WHOLE = Assumed "upload.whole":
        "An upload is the whole file in one request.",
        "nobody has reported a server that takes ranges on such a link";
    UPLOAD_ONE_AT_A_TIME = Assumed "upload.one-at-a-time":
        "A file has at most one running upload.", "not documented; this is the stricter reading";
    UPLOAD_AFTER_ERROR = Assumed "upload.after-error":
        "A file in ERROR must be added again before it is sent again.",
        "the documented way to send a file again is to add it again";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_rule_has_its_own_id_and_one_sentence() {
        let ids: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        for rule in RULES {
            assert!(rule.sentence.ends_with('.') && !rule.source.is_empty(), "{}", rule.id);
            let is_issue =
                matches!(rule.report.split('/').collect::<Vec<_>>()[..], [_, _, "issues", _]);
            assert!(is_issue || rule.report.is_empty(), "{}", rule.report);
            assert!(!is_issue || rule.provenance == Provenance::Observed, "{}", rule.id);
        }
    }
}
