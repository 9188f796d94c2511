//! The API's errors: their 25 types, the status of each per dialect, and the body.
//!
//! It does not know which operation answers with which error.

use std::fmt;

use serde_json::Value;

use crate::dialect::Dialect;
use crate::model::{LocalizableMessage, wire_enum};
use crate::privileges::Privilege;
use crate::reading::{Fit, Reader};
use crate::rules::RuleRef;
use crate::structure::{self, Field, Form, Wire};

wire_enum! {
    /// What kind of error it is: the last part of `com.vmware.vapi.std.errors.…` in capitals.
    ErrorType {
        /// Nothing to do but to show the message.
        Error = "ERROR",
        /// What is to be created is there.
        AlreadyExists = "ALREADY_EXISTS",
        /// A change of state without effect.
        AlreadyInDesiredState = "ALREADY_IN_DESIRED_STATE",
        /// Stopped on request.
        Canceled = "CANCELED",
        /// Somebody else changed it in between.
        ConcurrentChange = "CONCURRENT_CHANGE",
        /// A feature is in use.
        FeatureInUse = "FEATURE_IN_USE",
        /// An unexpected condition.
        InternalServerError = "INTERNAL_SERVER_ERROR",
        /// A value is not acceptable.
        InvalidArgument = "INVALID_ARGUMENT",
        /// An element is set up so that it cannot be.
        InvalidElementConfiguration = "INVALID_ELEMENT_CONFIGURATION",
        /// The element is of the wrong kind.
        InvalidElementType = "INVALID_ELEMENT_TYPE",
        /// The request is malformed.
        InvalidRequest = "INVALID_REQUEST",
        /// The state forbids it.
        NotAllowedInCurrentState = "NOT_ALLOWED_IN_CURRENT_STATE",
        /// There is no such element.
        NotFound = "NOT_FOUND",
        /// There is no such operation.
        OperationNotFound = "OPERATION_NOT_FOUND",
        /// Something that is needed is busy.
        ResourceBusy = "RESOURCE_BUSY",
        /// Something is in use.
        ResourceInUse = "RESOURCE_IN_USE",
        /// Something cannot be reached.
        ResourceInaccessible = "RESOURCE_INACCESSIBLE",
        /// The service is down or too busy.
        ServiceUnavailable = "SERVICE_UNAVAILABLE",
        /// It took too long; what was begun may go on.
        TimedOut = "TIMED_OUT",
        /// An allocation failed.
        UnableToAllocateResource = "UNABLE_TO_ALLOCATE_RESOURCE",
        /// No or bad credentials.
        Unauthenticated = "UNAUTHENTICATED",
        /// A privilege is missing.
        Unauthorized = "UNAUTHORIZED",
        /// An unknown parameter or field.
        UnexpectedInput = "UNEXPECTED_INPUT",
        /// Not supported here.
        Unsupported = "UNSUPPORTED",
        /// The identity of an endpoint could not be verified.
        UnverifiedPeer = "UNVERIFIED_PEER",
    }
}

impl ErrorType {
    /// The HTTP status that carries this error.
    ///
    /// `/api` is what the vendor's OpenAPI document of 9.1 declares, `/rest` what those of 7.0.3
    /// and 8.0.2 do. INVALID_REQUEST, OPERATION_NOT_FOUND and UNEXPECTED_INPUT are declared
    /// nowhere on `/api`: their statuses are assumed.
    pub const fn status(&self, dialect: Dialect) -> u16 {
        use Dialect::{Api, Rest};
        match (self, dialect) {
            (Self::AlreadyExists | Self::AlreadyInDesiredState | Self::FeatureInUse, _)
            | (Self::InvalidArgument | Self::InvalidElementConfiguration, _)
            | (Self::InvalidElementType | Self::InvalidRequest, _)
            | (Self::NotAllowedInCurrentState | Self::ResourceInUse, _)
            | (Self::UnexpectedInput | Self::Unsupported, _) => 400,
            (Self::Unauthenticated, _) => 401,
            (Self::Unauthorized, _) => 403,
            (Self::NotFound | Self::OperationNotFound, _) => 404,
            (Self::InternalServerError, _) => 500,
            (Self::ServiceUnavailable, _) => 503,

            (Self::Error, Api) => 500,
            (Self::Error, Rest) => 400,
            (Self::ConcurrentChange, Api) => 409,
            (Self::ConcurrentChange, Rest) => 400,
            (Self::ResourceBusy | Self::ResourceInaccessible, Api) => 500,
            (Self::ResourceBusy | Self::ResourceInaccessible, Rest) => 400,
            (Self::UnableToAllocateResource, Api) => 500,
            (Self::UnableToAllocateResource, Rest) => 400,
            (Self::TimedOut, Api) => 500,
            (Self::TimedOut, Rest) => 504,
            (Self::Canceled | Self::UnverifiedPeer, Api) => 400,
            (Self::Canceled | Self::UnverifiedPeer | Self::Unknown(_), Rest) => 500,
            (Self::Unknown(_), Api) => 500,
        }
    }

    /// The canonical name, `com.vmware.vapi.std.errors.not_found`.
    pub fn canonical_name(&self) -> String {
        format!("{CANONICAL_PREFIX}{}", self.as_str().to_ascii_lowercase())
    }

    /// The type that a canonical name means; unknown ones are kept.
    pub fn from_canonical_name(name: &str) -> Self {
        Self::from(name.strip_prefix(CANONICAL_PREFIX).unwrap_or(name).to_ascii_uppercase())
    }
}

const CANONICAL_PREFIX: &str = "com.vmware.vapi.std.errors.";

/// The API said no.
///
/// On the wire it is the error structure of the API; the rule that made it stays here.
#[derive(Debug, Clone, PartialEq, Default, thiserror::Error)]
#[error("{}", self.summary())]
pub struct ApiError {
    /// What kind of error it is; absent from older servers.
    pub error_type: Option<ErrorType>,
    /// What went wrong: first as the operation that was called sees it, then what caused that.
    pub messages: Vec<LocalizableMessage>,
    /// More for programs. Boxed, since it is seldom there and every result has a place for an error.
    pub data: Option<Box<Value>>,
    /// How to authenticate; only on UNAUTHENTICATED and UNAUTHORIZED.
    pub challenge: Option<String>,
    /// The rule that made the simulator refuse.
    pub rule: Option<RuleRef>,
    /// The privilege that the caller lacks, if that is why.
    pub lacks: Option<Privilege>,
    /// A status other than the type's own, where HTTP itself is at fault (413, 415).
    pub http_status: Option<u16>,
}

impl ApiError {
    /// An error with one message, made by `rule`.
    pub fn new(error_type: ErrorType, rule: RuleRef, message: LocalizableMessage) -> Self {
        Self {
            error_type: Some(error_type),
            messages: vec![message],
            rule: Some(rule),
            ..Self::default()
        }
    }

    /// The status to answer with.
    pub fn status(&self, dialect: Dialect) -> u16 {
        let by_type = || self.error_type.as_ref().unwrap_or(&ErrorType::Error).status(dialect);
        self.http_status.unwrap_or_else(by_type)
    }

    /// Those that travel.
    const FIELDS: &[Field] = &[
        Field { name: "error_type", required: false },
        Field { name: "messages", required: false },
        Field { name: "data", required: false },
        Field { name: "challenge", required: false },
    ];

    fn summary(&self) -> String {
        let kind = self.error_type.as_ref().map_or("an error without a type", ErrorType::as_str);
        match self.messages.first() {
            Some(message) => format!("{kind}: {}", message.default_message),
            None => kind.to_owned(),
        }
    }
}

impl Wire for ApiError {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let Self { error_type, messages, data, challenge, .. } = self;
        reader.structure(Self::FIELDS, &mut [error_type, messages, data, challenge])
    }

    /// The structure is named after the type.
    fn write(&self, form: &dyn Form) -> Value {
        let Self { error_type, messages, data, challenge, .. } = self;
        let name = error_type.as_ref().unwrap_or(&ErrorType::Error).canonical_name();
        structure::write(form, &name, Self::FIELDS, &[error_type, messages, data, challenge])
    }

    fn blank() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_dialects_differ_where_documented() {
        let differing: Vec<_> = ErrorType::KNOWN
            .iter()
            .filter(|kind| kind.status(Dialect::Api) != kind.status(Dialect::Rest))
            .map(|k| (k.as_str(), k.status(Dialect::Api), k.status(Dialect::Rest)))
            .collect();
        assert_eq!(
            differing,
            [
                ("ERROR", 500, 400),
                ("CANCELED", 400, 500),
                ("CONCURRENT_CHANGE", 409, 400),
                ("RESOURCE_BUSY", 500, 400),
                ("RESOURCE_INACCESSIBLE", 500, 400),
                ("TIMED_OUT", 500, 504),
                ("UNABLE_TO_ALLOCATE_RESOURCE", 500, 400),
                ("UNVERIFIED_PEER", 400, 500),
            ]
        );
        assert_eq!(ErrorType::KNOWN.len(), 25);
    }

    #[test]
    fn canonical_names_go_both_ways() {
        for kind in ErrorType::KNOWN {
            assert_eq!(&ErrorType::from_canonical_name(&kind.canonical_name()), kind);
        }
    }
}
