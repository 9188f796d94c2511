//! What a structure in a request must be, before any state is looked at.
//!
//! It knows no library, item or session.

use super::transfers::scheme;
use crate::behaviour::{Behaviour, FileScheme};
use crate::error::{ApiError, ErrorType};
use crate::messages;
use crate::model::{
    AddSpec, ChecksumAlgorithm, ChecksumInfo, ClientToken, ItemModel, LibraryModel, LibraryType,
    SourceType, StorageBacking, StorageBackingType, TransferEndpoint,
};
use crate::received::Algorithm;
use crate::rules::{self, RuleRef};
use crate::session::{AddedFile, Checksum};

const NAME_LIMIT: usize = 80;
const DESCRIPTION_LIMIT: usize = 2000;

fn required(rule: RuleRef, field: &str) -> ApiError {
    ApiError::new(ErrorType::InvalidArgument, rule, messages::FIELD_REQUIRED.with([field]))
}

fn invalid(rule: RuleRef, field: &str, why: &str) -> ApiError {
    ApiError::new(ErrorType::InvalidArgument, rule, messages::FIELD_INVALID.with([field, why]))
}

fn union(tag: &str, value: &str, field: &str, what: &str) -> ApiError {
    let message = messages::UNION_BROKEN.with([tag, value, field, what]);
    ApiError::new(ErrorType::InvalidArgument, rules::UNION, message)
}

/// A field that must be there.
pub(super) fn given<T: Clone>(value: Option<&T>, field: &str) -> Result<T, ApiError> {
    value.cloned().ok_or_else(|| required(rules::WELL_FORMED, field))
}

/// A version that a change names is the current one. What a stale one means differs by operation.
pub(super) fn version(given: Option<&str>, current: u64, stale: ErrorType) -> Result<(), ApiError> {
    let current = current.to_string();
    match given {
        Some(given) if given != current => {
            let message = messages::VERSION_STALE.with([given, &current]);
            Err(ApiError::new(stale, rules::LIBRARY_VERSION, message))
        }
        _ => Ok(()),
    }
}

/// A find that asks for nothing.
pub(super) fn empty_find_spec() -> ApiError {
    let message = messages::FIND_SPEC_EMPTY.with([]);
    ApiError::new(ErrorType::InvalidArgument, rules::FIND_SPEC, message)
}

/// A client token is a UUID.
pub(super) fn client_token(token: &ClientToken) -> Result<(), ApiError> {
    let text = token.as_str();
    let dashes = [8, 13, 18, 23];
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| {
            if dashes.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() }
        });
    if fits {
        Ok(())
    } else {
        Err(invalid(rules::CLIENT_TOKEN_FORM, "client_token", "it is no UUID"))
    }
}

/// Checks what create needs of a library.
pub(super) fn library(spec: &LibraryModel) -> Result<(), ApiError> {
    if spec.name.as_deref().unwrap_or_default().is_empty() {
        return Err(required(rules::LIBRARY_SPEC, "name"));
    }
    if !matches!(spec.r#type, None | Some(LibraryType::Local)) {
        return Err(invalid(rules::LIBRARY_SPEC, "type", "a local library is of type LOCAL"));
    }
    if spec.subscription_info.is_some() {
        let why = "a local library has no subscription";
        return Err(invalid(rules::LIBRARY_SPEC, "subscription_info", why));
    }
    match spec.storage_backings.as_deref().unwrap_or_default() {
        [] => Err(required(rules::LIBRARY_SPEC, "storage_backings")),
        [backing] => storage_backing(backing),
        several => {
            let message = messages::SEVERAL_BACKINGS.with([&several.len().to_string()]);
            Err(ApiError::new(ErrorType::Unsupported, rules::LIBRARY_SPEC, message))
        }
    }?;
    publishing(spec)
}

/// Checks what a change of a library says.
pub(super) fn library_update(spec: &LibraryModel) -> Result<(), ApiError> {
    if spec.name.as_deref() == Some("") {
        return Err(invalid(rules::LIBRARY_SPEC, "name", "it is empty"));
    }
    publishing(spec)
}

fn publishing(spec: &LibraryModel) -> Result<(), ApiError> {
    match &spec.publish_info {
        Some(info) if info.published.is_none() => {
            Err(required(rules::LIBRARY_SPEC, "publish_info.published"))
        }
        Some(info) if info.authentication_method.is_none() => {
            Err(required(rules::LIBRARY_SPEC, "publish_info.authentication_method"))
        }
        Some(info) if info.published == Some(true) => {
            let message = messages::NOT_SIMULATED.with(["A published library"]);
            Err(ApiError::new(ErrorType::Unsupported, rules::PUBLISHING_NOT_SIMULATED, message))
        }
        _ => Ok(()),
    }
}

fn storage_backing(backing: &StorageBacking) -> Result<(), ApiError> {
    let tag = backing.r#type.as_ref().map_or("", StorageBackingType::as_str);
    let forbid = |field, present: bool| {
        if present { Err(union("type", tag, field, "must not be set")) } else { Ok(()) }
    };
    let (datastore, uri) = (backing.datastore_id.as_deref(), backing.storage_uri.as_deref());
    match &backing.r#type {
        None => Err(required(rules::LIBRARY_SPEC, "storage_backings.type")),
        Some(StorageBackingType::Datastore) => {
            forbid("storage_uri", uri.is_some())?;
            match datastore {
                None | Some("") => {
                    Err(required(rules::LIBRARY_SPEC, "storage_backings.datastore_id"))
                }
                Some(_) => Ok(()),
            }
        }
        Some(StorageBackingType::Other) => {
            forbid("datastore_id", datastore.is_some())?;
            match uri {
                None | Some("") => {
                    Err(required(rules::LIBRARY_SPEC, "storage_backings.storage_uri"))
                }
                Some(_) => Ok(()),
            }
        }
        Some(StorageBackingType::Unknown(_)) => Err(invalid(
            rules::LIBRARY_SPEC,
            "storage_backings.type",
            "it is neither DATASTORE nor OTHER",
        )),
    }
}

/// Checks what create needs of an item, the library aside.
pub(super) fn item(spec: &ItemModel) -> Result<(), ApiError> {
    if spec.name.as_deref().unwrap_or_default().is_empty() {
        return Err(required(rules::ITEM_SPEC, "name"));
    }
    item_update(spec)
}

/// Checks what a change of an item says.
pub(super) fn item_update(spec: &ItemModel) -> Result<(), ApiError> {
    if spec.name.as_deref() == Some("") {
        return Err(invalid(rules::ITEM_SPEC, "name", "it is empty"));
    }
    for (field, text, limit) in
        [("name", &spec.name, NAME_LIMIT), ("description", &spec.description, DESCRIPTION_LIMIT)]
    {
        if text.as_deref().unwrap_or_default().chars().count() > limit {
            let why = format!("it has more than {limit} characters");
            return Err(invalid(rules::ITEM_SPEC, field, &why));
        }
    }
    Ok(())
}

/// Checks what add needs of a file.
pub(super) fn added_file(spec: AddSpec, behaviour: &Behaviour) -> Result<AddedFile, ApiError> {
    file_name(&spec.name)?;
    let tag = spec.source_type.as_str();
    match (&spec.source_type, &spec.source_endpoint) {
        (SourceType::Push, None) => {}
        (SourceType::Pull, Some(endpoint)) => source(endpoint, behaviour)?,
        (SourceType::Pull, None) => {
            return Err(union("source_type", tag, "source_endpoint", "must be set"));
        }
        (_, Some(_)) => {
            return Err(union("source_type", tag, "source_endpoint", "must not be set"));
        }
        (SourceType::None | SourceType::Unknown(_), None) => {
            let why = format!("{tag} is neither PUSH nor PULL");
            return Err(invalid(rules::FILE_SOURCE, "source_type", &why));
        }
    }
    let declared_size = spec.size.map(|size| {
        u64::try_from(size).map_err(|_| invalid(rules::FILE_SPEC, "size", "it is negative"))
    });
    Ok(AddedFile {
        name: spec.name,
        link: None,
        source: spec.source_endpoint,
        declared_size: declared_size.transpose()?,
        declared_checksum: spec.checksum_info.map(checksum).transpose()?,
    })
}

fn source(endpoint: &TransferEndpoint, behaviour: &Behaviour) -> Result<(), ApiError> {
    let scheme = scheme(&endpoint.uri);
    let known = match scheme.as_str() {
        "http" | "https" | "ds" => true,
        "file" => behaviour.file_scheme == FileScheme::Accepted,
        _ => false,
    };
    let rest = endpoint.uri.get(scheme.len() + 1..).unwrap_or_default();
    if !known || !rest.starts_with("//") || rest.contains(char::is_whitespace) {
        let why = "it is no URI of the schemes that the server fetches from";
        return Err(invalid(rules::SOURCE_URI, "source_endpoint.uri", why));
    }
    for (field, value) in [
        ("source_endpoint.ssl_certificate_thumbprint", &endpoint.ssl_certificate_thumbprint),
        ("source_endpoint.ssl_certificate", &endpoint.ssl_certificate),
    ] {
        if value.is_some() && scheme != "https" {
            return Err(invalid(rules::SOURCE_URI, field, "it is for https alone"));
        }
    }
    Ok(())
}

/// A name that could not travel in a path, or would leave the item's folder, is refused.
pub(super) fn file_name(name: &str) -> Result<(), ApiError> {
    let why = match name {
        "" => return Err(required(rules::FILE_NAME, "name")),
        "." | ".." => "it means a folder",
        _ if name.contains(['/', '\\']) => "it holds a slash or backslash",
        _ if name.chars().any(char::is_control) => "it holds a control character",
        _ if name.len() > 255 => "it is longer than 255 bytes",
        _ => return Ok(()),
    };
    Err(invalid(rules::FILE_NAME, "name", why))
}

fn checksum(info: ChecksumInfo) -> Result<Checksum, ApiError> {
    let algorithm = match info.algorithm.unwrap_or_default() {
        ChecksumAlgorithm::Md5 => Algorithm::Md5,
        ChecksumAlgorithm::Sha1 => Algorithm::Sha1,
        ChecksumAlgorithm::Sha256 => Algorithm::Sha256,
        ChecksumAlgorithm::Sha512 => Algorithm::Sha512,
        ChecksumAlgorithm::Unknown(name) => {
            let why = format!("{name} is none of SHA1, MD5, SHA256, SHA512");
            return Err(invalid(rules::FILE_SPEC, "checksum_info.algorithm", &why));
        }
    };
    let hex = info.checksum.to_ascii_lowercase();
    let digits = algorithm.hex_digits();
    if hex.len() == digits && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Checksum { algorithm, hex });
    }
    let why = format!("it is not {digits} hex digits");
    Err(invalid(rules::FILE_SPEC, "checksum_info.checksum", &why))
}
