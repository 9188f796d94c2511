//! What the type of an item makes of a session's files: which are missing, which cannot be used, what
//! the preview shows, and what the item keeps.
//!
//! Only the type OVF has opinions, and only of files that somebody looked into. It does not know how
//! that is done, nor what follows from its judgement; `session` does.

use std::collections::BTreeSet;

use crate::behaviour::WrongContent;
use crate::file::Status;
use crate::keyed;
use crate::messages;
use crate::model::{
    LocalizableMessage, PreviewInfo, PreviewState, PreviewWarningInfo, ValidationError,
    ValidationResult, WarningBehavior, WarningType,
};
use crate::received::{Algorithm, Contents, ListedDigest, Received, Signature};
use crate::session::{Session, SessionFile, Transfer};

/// What there is to say against the files of a session.
pub(crate) fn validate(session: &Session) -> ValidationResult {
    let (mut missing_files, mut invalid_files) = (Vec::new(), Vec::new());
    // Missing files are a set, however often they are asked for.
    let mut known = BTreeSet::new();
    for (transfer, contents) in looked_into(session) {
        let needs = contents.needs.iter().filter(|_| speaks_as(session, transfer, "ovf"));
        let needed = needs.map(|needed| &needed.name);
        let absent = needed.filter(|name| session.file(name).is_none());
        let missing = absent.chain(&contents.missing);
        missing_files.extend(missing.filter(|name| known.insert(*name)).cloned());
        let name = &transfer.file.name;
        invalid_files.extend(
            contents.invalid.iter().map(|message| ValidationError {
                name: name.clone(),
                error_message: message.clone(),
            }),
        );
        let listed = contents.listed.iter().filter(|_| speaks_as(session, transfer, "mf"));
        for listed in listed.filter(|listed| differs(session, listed)) {
            invalid_files.push(ValidationError {
                name: listed.name.clone(),
                error_message: messages::MANIFEST_MISMATCH.with([&listed.name]),
            });
        }
    }
    for name in &session.refused {
        invalid_files.push(ValidationError {
            name: name.clone(),
            error_message: messages::ADAPTER_REFUSAL.with([name]),
        });
    }
    let has_errors = !missing_files.is_empty() || !invalid_files.is_empty();
    ValidationResult { has_errors, missing_files, invalid_files }
}

/// Why the transfer of a file to the storage breaks, if one does.
pub(crate) fn breaks(session: &Session) -> Option<LocalizableMessage> {
    let mut broken =
        session.transfers().filter_map(|transfer| Some((transfer, transfer.error.as_ref()?)));
    if let Some((transfer, error)) = broken.find(|(transfer, error)| ends(session, transfer, error))
    {
        // What is recorded of a fetch that failed has the item's name for it around the reason.
        return Some(if transfer.is_pull() {
            messages::IMPORT_FAILED.with([session.item.as_str(), &error.default_message])
        } else {
            error.clone()
        });
    }
    those_that_speak_as(session, "ovf").find_map(|contents| {
        // Only of files that arrived in this session: the item's own may be about to be replaced.
        let wrong = contents.needs.iter().find(|needed| {
            let found = pushed(session, &needed.name).map(|received| received.size);
            needed.size.is_some_and(|wanted| found.is_some_and(|found| found != wanted))
        });
        Some(pipe_closed(session, &wrong?.name))
    })
}

/// Whether what went wrong with a file ends its session.
fn ends(session: &Session, transfer: &Transfer, error: &LocalizableMessage) -> bool {
    let wrong = [messages::SIZE_MISMATCH.id, messages::CHECKSUM_MISMATCH.id];
    if wrong.contains(&error.id.as_str()) {
        return session.behaviour.wrong_content == WrongContent::FailsSession;
    }
    let storage = [messages::PIPE_CLOSED.id, messages::STORAGE_FULL.id];
    transfer.is_pull() || storage.contains(&error.id.as_str())
}

/// What is said of a file of which the storage did not take all bytes.
pub(crate) fn pipe_closed(session: &Session, name: &str) -> LocalizableMessage {
    messages::PIPE_CLOSED.with([name, &format!("{}/{name}", session.folder)])
}

/// The digests that the manifest of a session asks for of a file.
pub(crate) fn asked_for(session: &Session, name: &str) -> BTreeSet<Algorithm> {
    let listed = those_that_speak_as(session, "mf").flat_map(|contents| &contents.listed);
    keyed::set(listed.filter(|listed| listed.name == name).map(|listed| listed.algorithm))
}

/// What a session shows of its metadata files.
pub(crate) fn preview(session: &Session) -> PreviewInfo {
    let describes = |t: &Transfer| is(session, t, "ovf") || is(session, t, "ova");
    // What is AVAILABLE can be reviewed, so manifest and certificate have to be there too.
    let is_metadata = |t: &Transfer| describes(t) || !session.keeps(&t.file.name);
    let transfers = || session.transfers().filter(|_| session.is_ovf);
    let state = if !transfers().any(|t| describes(t) && t.status != Status::Error) {
        let completing = session.is_completing();
        if completing { PreviewState::NotApplicable } else { PreviewState::Unavailable }
    } else if transfers().any(|t| is_metadata(t) && t.status != Status::Ready) {
        PreviewState::Preparing
    } else {
        PreviewState::Available
    };
    if state != PreviewState::Available {
        return PreviewInfo { state, ..PreviewInfo::default() };
    }
    let signature = signature(session);
    let warnings = signature.into_iter().flat_map(|signature| {
        signature.warnings.iter().map(|warning| PreviewWarningInfo {
            r#type: warning.clone(),
            message: warn(warning, signature),
            ignored: is_ignored(session, warning),
        })
    });
    PreviewInfo {
        state,
        certificate_info: signature.map(|signature| signature.certificate.clone()),
        warnings: Some(warnings.collect()),
        cert_chain: signature.map(|signature| signature.chain.clone()),
    }
}

/// The warnings that stand in the way of completion.
pub(crate) fn unignored_warnings(session: &Session) -> impl Iterator<Item = &WarningType> {
    let warnings = signature(session).into_iter().flat_map(|signature| &signature.warnings);
    warnings.filter(|warning| !is_ignored(session, warning))
}

/// The files that arrived and that somebody looked into, of an item whose type has opinions.
fn looked_into(session: &Session) -> impl Iterator<Item = (&Transfer, &Contents)> {
    session.transfers().filter(|_| session.is_ovf).filter_map(|transfer| {
        let received = transfer.received.as_ref()?;
        Some((transfer, received.contents.as_deref()?))
    })
}

fn signature(session: &Session) -> Option<&Signature> {
    those_that_speak_as(session, "cert").find_map(|contents| contents.signature.as_ref())
}

/// Whether a file is of this kind, or has one in it: an archive can be all of them. Whoever looks into
/// files may know more of them by their names than the settings do.
fn speaks_as(session: &Session, transfer: &Transfer, extension: &str) -> bool {
    is(session, transfer, extension) || is(session, transfer, "ova")
}

fn those_that_speak_as<'a>(
    session: &'a Session,
    extension: &'static str,
) -> impl Iterator<Item = &'a Contents> {
    let speaking = move |(transfer, _): &(&Transfer, _)| speaks_as(session, transfer, extension);
    looked_into(session).filter(speaking).map(|(_, contents)| contents)
}

fn is(session: &Session, transfer: &Transfer, extension: &str) -> bool {
    session.has_extension(&transfer.file.name, extension)
}

fn pushed<'a>(session: &'a Session, name: &str) -> Option<&'a Received> {
    let SessionFile::Added(transfer) = session.file(name)? else { return None };
    transfer.received.as_ref()
}

fn differs(session: &Session, listed: &ListedDigest) -> bool {
    let digest =
        pushed(session, &listed.name).and_then(|received| received.digests.get(&listed.algorithm));
    digest.is_some_and(|digest| !digest.eq_ignore_ascii_case(&listed.digest))
}

fn is_ignored(session: &Session, warning: &WarningType) -> bool {
    let mut behaviors = session.warning_behavior.iter().flatten();
    // A later entry of the same type wins.
    let last = behaviors.rfind(|behavior| behavior.r#type == *warning);
    last.is_some_and(|WarningBehavior { ignored, .. }| *ignored)
}

fn warn(warning: &WarningType, signature: &Signature) -> LocalizableMessage {
    let (subject, issuer) = (&signature.certificate.subject, &signature.certificate.issuer);
    match warning {
        WarningType::SelfSignedCertificate => messages::WARN_SELF_SIGNED.with([subject]),
        WarningType::ExpiredCertificate => messages::WARN_EXPIRED.with([subject]),
        WarningType::NotYetValidCertificate => messages::WARN_NOT_YET_VALID.with([subject]),
        WarningType::UntrustedCertificate => messages::WARN_UNTRUSTED.with([subject, issuer]),
        other => messages::WARN_OTHER.with([subject, other.as_str()]),
    }
}
