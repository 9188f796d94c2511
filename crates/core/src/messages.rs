//! The catalogue of messages: ids and texts that real servers are known to send, and our own.
//!
//! Ids under `accession.` are ours: no recording shows what a real server says there. It does not
//! know when a message is sent.

use serde_json::Value;

use crate::model::LocalizableMessage;
use crate::wire::Request;

/// A message with places `{0}`, `{1}` … for its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Key into the catalogue.
    pub id: &'static str,
    /// The English text.
    pub template: &'static str,
}

impl Message {
    /// Fills in the arguments.
    pub fn with<const N: usize>(&self, args: [&str; N]) -> LocalizableMessage {
        self.filled(&args)
    }

    fn filled(&self, args: &[&str]) -> LocalizableMessage {
        LocalizableMessage {
            id: self.id.to_owned(),
            default_message: render(self.template, args),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..LocalizableMessage::default()
        }
    }
}

/// Replaces `{n}` by the n-th argument, in one pass, so that a brace inside an argument stays what it is.
pub fn render(template: &str, args: &[&str]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let argument = after.split_once('}').and_then(|(index, tail)| {
            let index: usize = index.parse().ok()?;
            Some((*args.get(index)?, tail))
        });
        match argument {
            Some((argument, tail)) => {
                text.push_str(argument);
                rest = tail;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// A language that messages can be told in.
#[derive(Debug)]
pub struct Locale {
    /// Its tag, such as `en`.
    pub tag: &'static str,
    /// The template of a message in this language, by the message's id.
    template: fn(&str) -> Option<&'static str>,
}

/// The languages that there are. Another one is another entry, with a catalogue of its own.
pub const LOCALES: &[Locale] = &[Locale { tag: "en", template: english }];

fn english(id: &str) -> Option<&'static str> {
    CATALOGUE.iter().find(|message| message.id == id).map(|message| message.template)
}

impl Locale {
    /// The one that a request asks for, if it asks and there is one.
    pub fn of(request: &Request) -> Option<&'static Self> {
        request.headers.get("accept-language").and_then(Self::accepted)
    }

    /// The one that fits an `Accept-Language` header best, if one does.
    pub fn accepted(header: &str) -> Option<&'static Self> {
        let mut best: Option<(u32, &Self)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
            let fits = |locale: &&Self| {
                let language = tag.split('-').next().unwrap_or_default();
                tag == "*" || language.eq_ignore_ascii_case(locale.tag)
            };
            let found = LOCALES.iter().find(fits).filter(|_| weight > 0);
            // Among equals, the first one wins.
            if let Some(locale) = found.filter(|_| best.is_none_or(|(most, _)| weight > most)) {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }

    /// Tells every message in a result or an error in this language, beside the English that is there.
    /// `written` says how the optional text is written there.
    pub fn localize(&self, body: &mut Value, written: impl Fn(String) -> Value + Copy) {
        match body {
            Value::Array(values) => {
                values.iter_mut().for_each(|value| self.localize(value, written));
            }
            Value::Object(fields) => {
                let text = |name| fields.get(name).and_then(Value::as_str);
                let template = text("default_message").and(text("id")).and_then(self.template);
                let args = fields.get("args").and_then(Value::as_array);
                if let (Some(template), Some(args)) = (template, args) {
                    let args: Vec<_> = args.iter().filter_map(Value::as_str).collect();
                    let localized = written(render(template, &args));
                    fields.insert("localized".to_owned(), localized);
                }
                fields.values_mut().for_each(|value| self.localize(value, written));
            }
            _ => {}
        }
    }
}

/// A weight such as `0.8`, in thousandths; what is none counts as none.
fn thousandths(weight: &str) -> u32 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = fraction.chars().chain("000".chars()).take(3);
    let fraction = digits.fold(0, |sum, digit| sum * 10 + digit.to_digit(10).unwrap_or(0));
    if whole == "1" { 1000 } else { fraction }
}

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $template:literal;)+) => {
        $($(#[$doc])* pub const $name: Message = Message { id: $id, template: $template };)+

        /// Every message of the catalogue.
        pub const CATALOGUE: &[Message] = &[$($name),+];
    };
}

messages! {
    // Recorded on real servers, by the content library.

    /// A pushed file is not READY at complete or validate.
    FILE_NOT_RECEIVED = "com.vmware.vdcs.cls-main.update_session_file_not_received",
        "File {0} has transfer errors or has not been fully received yet (status: {1}).";
    /// A call needs an ACTIVE session, and there is a reason why it is not.
    INVALID_STATE_REASON =
        "com.vmware.vdcs.cls-main.update_session_invalid_state_for_operation_reason",
        "The operation {0} can not be invoked when the import session is in the {1} state. Reason: {2}";
    /// An item of this name is there already.
    DUPLICATE_ITEM_NAME = "com.vmware.vdcs.cls-main.duplicate_item_name_unsupported_in_library",
        "Operation is not supported since a library item with the name {0} exists in the library '{1}' (ID: {2}).";

    /// At complete: files that the descriptor names are not there, or cannot be used.
    MISSING_OR_INVALID = "com.vmware.vdcs.cls-main.session_has_missing_or_invalid_files",
        "Session has missing file(s): {0} or invalid file(s): {1}.";
    /// An update session on an item that holds a virtual machine. The text is recorded, its id is not.
    ITEM_IS_TEMPLATE = "accession.update_session_on_vm_template",
        "Update session creation is not supported for library item '{0}' (ID: {1}) because it contains a virtual machine template.";
    /// The place of a library's files is gone.
    BACKING_LOST = "com.vmware.vdcs.cls-main.invalid_library_backing_does_not_exist",
        "Cannot find the storage backing of library {0} (ID: {1}). This error may occur due to restore of a deleted library.";
    /// A file differs from its manifest.
    MANIFEST_MISMATCH = "com.vmware.ovfs.ovfs-main.ovfs.invalid_manifest_checksum_mismatch",
        "The checksum(s) from the provided manifest file do not match the content of file(s): {0}";

    // Recorded on real servers, around the operations.

    /// No or no valid API login.
    AUTHENTICATION_REQUIRED = "com.vmware.vapi.endpoint.method.authentication.required",
        "Authentication required.";
    /// No such path on `/api`.
    PATH_NOT_FOUND = "com.vmware.vapi.rest.httpNotFound", "Not found.";
    /// No such path on `/rest`.
    OPERATIONS_FOR_URL_NOT_FOUND = "com.vmware.vapi.rest.operationsForUrlNotFound",
        "Unable to find operations for URL: {0}.";
    /// A query parameter that the operation does not have.
    UNSUPPORTED_PROPERTY = "com.vmware.vapi.rest.unsupported_property",
        "Unsupported property with name: {0}.";
    /// A field that the structure does not have.
    UNEXPECTED_FIELD = "vapi.data.structure.field.unexpected",
        "Found unexpected fields {0} in structure '{1}'.";
    /// No such service, where the service travels by name.
    SERVICE_NOT_FOUND = "vapi.method.input.invalid.interface", "Cannot find service '{0}'.";

    // From the runtime's published catalogue.

    /// No such operation in a service, where both travel by name.
    OPERATION_NOT_FOUND = "vapi.method.input.invalid.method", "Invalid method '{0}'";
    /// A privilege is missing. On purpose, it is not said which.
    UNAUTHORIZED = "vapi.security.authorization.invalid", "Unable to authorize user";

    /// A required field is not there.
    MISSING_FIELD = "vapi.data.structure.field.missing",
        "Field '{0}' missing from structure '{1}'";
    /// The body is of a type that is not JSON.
    UNSUPPORTED_MEDIA_TYPE = "com.vmware.vapi.rest.unsupported_media_type",
        "Unsupported media type.";
    /// The body is not JSON.
    BODY_PARSE_ERROR = "vapi.protocol.server.rest.param.body_parse_error",
        "Error when parsing request body, '{0}'";

    // Our own: what a real server says here is not recorded.

    /// A call needs an ACTIVE session.
    INVALID_STATE = "accession.update_session_invalid_state_for_operation",
        "The operation {0} cannot be invoked when the update session is in the {1} state.";
    /// The session is completing: its changes can no longer be edited.
    COMPLETING = "accession.update_session_completing",
        "The operation {0} cannot be invoked while the update session is completing.";
    /// Delete of an ACTIVE session.
    ACTIVE_SESSION_NOT_DELETABLE = "accession.update_session_active",
        "An update session in the {0} state cannot be deleted. Complete, cancel or fail it first.";
    /// Create on an item that has an ACTIVE session.
    ITEM_BUSY = "accession.item_has_active_update_session",
        "Library item {0} already has an active update session.";
    /// No such update session.
    SESSION_NOT_FOUND = "accession.update_session_not_found",
        "The update session {0} does not exist. It may have been deleted or have expired.";
    /// No such library.
    LIBRARY_NOT_FOUND = "accession.library_not_found", "The library {0} does not exist.";
    /// A library that gets its content from elsewhere.
    LIBRARY_NOT_LOCAL = "accession.library_not_local",
        "The library {0} is no local library: its content comes from the library that it is subscribed to.";
    /// Content cannot be changed now.
    LIBRARY_IN_MAINTENANCE = "accession.library_in_maintenance",
        "The content of library {0} cannot be changed while the library is in maintenance.";
    /// A property was changed in between.
    VERSION_STALE = "accession.version_stale",
        "The version {0} is not the current one, which is {1}. Read the properties again and repeat the change.";
    /// A find that asks for nothing.
    FIND_SPEC_EMPTY = "accession.find_spec_empty", "A find needs at least one property to look for.";
    /// An item whose content comes from elsewhere.
    ITEM_SUBSCRIBED = "accession.item_subscribed",
        "The library item {0} belongs to a subscribed library; it can only be changed where it comes from.";
    /// No such file in an item; a NotFound, other than in a session.
    ITEM_FILE_NOT_FOUND = "accession.item_file_not_found", "The library item has no file named {0}.";
    /// No such change of an item.
    CHANGE_NOT_FOUND = "accession.change_not_found",
        "The library item has no change that made the version {0}.";
    /// No such item.
    ITEM_NOT_FOUND = "accession.item_not_found", "The library item {0} does not exist.";
    /// No such file in a session; an InvalidArgument, as documented.
    SESSION_FILE_NOT_FOUND = "accession.update_session_file_not_found",
        "The update session has no file named {0}.";
    /// A manifest or certificate that comes after the descriptor.
    AFTER_DESCRIPTOR = "accession.file_after_descriptor",
        "File {0} must be added before the OVF descriptor.";
    /// What the client said when it failed the session.
    CLIENT_ERROR = "accession.update_session_failed_by_client", "{0}";
    /// The received length differs from the declared one.
    SIZE_MISMATCH = "accession.file_size_mismatch",
        "File {0}: {1} bytes were declared and {2} were received.";
    /// A received digest differs from the declared one.
    CHECKSUM_MISMATCH = "accession.file_checksum_mismatch",
        "File {0}: the {1} checksum {2} was declared and {3} was computed.";
    /// All bytes of a file arrived, and the storage did not take all of them. The text is recorded, its
    /// id is not.
    PIPE_CLOSED = "accession.file_transfer_failed",
        "Error transferring file {0} to {1}. Reason: IO error during transfer of {1}: Pipe closed";
    /// A file cannot be fetched.
    FETCH_FAILED = "accession.file_fetch_failed", "File {0} cannot be fetched from {1}: {2}.";
    /// What a session says of a file that could not be fetched. The text is recorded, its id is not.
    IMPORT_FAILED = "accession.import_failed",
        "The import of library item {0} has failed. Reason: {1}";
    /// What is left of a session that expired, where anything is.
    EXPIRED = "accession.update_session_expired", "The update session has expired.";
    /// A fault that somebody asked for.
    FAULT = "accession.fault", "This simulator was asked to answer with {0}.";
    /// The storage has no room for a file that arrived.
    STORAGE_FULL = "accession.storage_full",
        "Error transferring file {0} to {1}. Reason: No space left on device";
    /// The adapter of an item's type refuses a file.
    ADAPTER_REFUSAL = "accession.adapter_refusal",
        "File {0} is refused by the adapter of the item's type.";
    /// A warning of the preview that nobody said to ignore.
    WARNING_NOT_IGNORED = "accession.preview_warning_not_ignored",
        "The warning {0} was raised and is not ignored.";
    /// A self-signed signer.
    WARN_SELF_SIGNED = "accession.preview_self_signed_certificate",
        "The certificate of {0} is self-signed.";
    /// An expired certificate.
    WARN_EXPIRED = "accession.preview_expired_certificate", "The certificate of {0} has expired.";
    /// A certificate that begins later.
    WARN_NOT_YET_VALID = "accession.preview_not_yet_valid_certificate",
        "The certificate of {0} is not valid yet.";
    /// An issuer that nobody vouches for.
    WARN_UNTRUSTED = "accession.preview_untrusted_certificate",
        "The certificate of {0} is not trusted: its issuer {1} is not known.";
    /// A warning of a type that is not known.
    WARN_OTHER = "accession.preview_warning", "The certificate of {0} raised the warning {1}.";
    /// The upload ended early.
    UPLOAD_BROKEN = "accession.file_upload_interrupted",
        "File {0}: the transfer was interrupted after {1} bytes: {2}. Add the file again.";
    /// A required field of a structure is not there, or empty.
    FIELD_REQUIRED = "accession.field_required", "The field {0} is required.";
    /// A field has a value that is not allowed.
    FIELD_INVALID = "accession.field_invalid", "The field {0} is not valid: {1}.";
    /// A value has the wrong type.
    TYPE_MISMATCH = "accession.type_mismatch", "The value of {0} does not fit: {1}.";
    /// A union has a field that its tag forbids, or lacks one that it needs.
    UNION_BROKEN = "accession.union_broken", "With {0} {1}, the field {2} {3}.";
    /// A library with several backings.
    SEVERAL_BACKINGS = "accession.several_storage_backings",
        "A library with {0} storage backings is not supported; give exactly one.";
    /// Something that a real server does and this one does not.
    NOT_SIMULATED = "accession.not_simulated", "{0} is not simulated here.";
    /// The upload link is not known, or no longer.
    UPLOAD_LINK_UNKNOWN = "accession.upload_link_unknown",
        "This upload link is not valid. It may belong to a session that has ended, or to an earlier add of the file.";
    /// Two uploads of one file at a time.
    UPLOAD_RUNNING = "accession.upload_running", "Another upload of file {0} is running.";
    /// Upload of a file whose status does not allow it.
    UPLOAD_NOT_EXPECTED = "accession.upload_not_expected",
        "File {0} does not expect an upload in status {1}. Add it again first.";
    /// An upload of a part of a file.
    RANGE_NOT_SUPPORTED = "accession.upload_range_not_supported",
        "An upload is the whole file in one request; the header {0} is not supported.";
    /// A method that an upload link does not have.
    UPLOAD_METHOD = "accession.upload_method",
        "An upload link takes PUT or POST, not {0}.";
    /// The answer to an upload that ended early.
    UPLOAD_INCOMPLETE = "accession.upload_incomplete",
        "The upload of file {0} ended before its last byte. Add the file again.";
    /// The request is larger than the host accepts.
    BODY_TOO_LARGE = "accession.body_too_large",
        "The body is larger than the {0} bytes that are accepted here.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn renders_arguments_once() {
        let message = FILE_NOT_RECEIVED.with(["{1}.ova", "WAITING"]);
        assert_eq!(
            message.default_message,
            "File {1}.ova has transfer errors or has not been fully received yet (status: WAITING)."
        );
        assert_eq!(message.args, ["{1}.ova", "WAITING"]);
        assert_eq!(render("{ {x} {7} {0", &["a"]), "{ {x} {7} {0");
    }

    #[test]
    fn the_best_language_is_taken() {
        let tag = |header| Locale::accepted(header).map(|locale| locale.tag);
        for header in ["en", "EN-us", "de, en;q=0.5", "*", "de;q=1, *;q=0.1", "en;q=1.000"] {
            assert_eq!(tag(header), Some("en"), "{header}");
        }
        for header in ["", "de", "en;q=0", "en;q=0.000", "english", ";q=1"] {
            assert_eq!(tag(header), None, "{header}");
        }
        assert_eq!(["1", "0.8", "0.25", "0", "x"].map(thousandths), [1000, 800, 250, 0, 0]);
    }

    #[test]
    fn every_message_in_a_body_is_told() {
        let known = serde_json::json!(FILE_NOT_RECEIVED.with(["a.ova", "WAITING"]));
        let unknown = serde_json::json!({"id": "x", "default_message": "X", "args": []});
        let mut body = serde_json::json!({"deep": [{"messages": [known, unknown]}], "id": "y"});
        Locale::accepted("en").expect("there is English").localize(&mut body, Value::from);
        let messages = &body["deep"][0]["messages"];
        assert_eq!(messages[0]["localized"], messages[0]["default_message"]);
        assert_eq!(messages[1].get("localized"), None);
        assert_eq!(body.get("localized"), None);
    }

    #[test]
    fn ids_are_unique_and_ours_are_marked() {
        let ids: BTreeSet<_> = CATALOGUE.iter().map(|message| message.id).collect();
        assert_eq!(ids.len(), CATALOGUE.len());
        for id in ids {
            let known = ["com.vmware.", "vapi.", "accession."];
            assert!(known.iter().any(|prefix| id.starts_with(prefix)), "{id}");
        }
    }
}
