//! A session as a client sees it from outside, for what is to be said of a live one before a call is made.
//!
//! What a server does not tell is left as the rules would have it; it does not know where its facts come from.

use super::{AddedFile, Checksum, Phase, Session, SessionFile, StoredFile, Transfer};
use crate::behaviour::Behaviour;
use crate::file::Status;
use crate::model::{
    ChecksumAlgorithm, ChecksumInfo, SessionFileInfo, SessionState, SourceType, TransferStatus,
    UpdateSessionModel, WarningBehavior,
};
use crate::received::{Algorithm, Contents, Received, Signature};
use crate::time::Timestamp;

/// What is known of a session and its files from answers to reads, and of complete from having called it.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// What the server says of the session.
    pub model: &'a UpdateSessionModel,
    /// What it says of its files.
    pub files: &'a [SessionFileInfo],
    /// Whether complete was accepted.
    pub completing: bool,
    /// When it said so.
    pub at: Timestamp,
}

impl Session {
    /// The session that would look like this. `None` for one without an id, or in a state that the
    /// rules do not know.
    pub fn observed(observed: Observed<'_>) -> Option<Self> {
        let Observed { model, files, completing, at } = observed;
        let phase = match model.state.as_ref()? {
            SessionState::Active if completing => Phase::Completing,
            SessionState::Active => Phase::Open,
            SessionState::Done => Phase::Done,
            SessionState::Error => Phase::Failed,
            SessionState::Canceled => Phase::Canceled,
            SessionState::Unknown(_) => return None,
        };
        let warnings = model.preview_info.as_ref().and_then(|preview| preview.warnings.as_ref());
        let mut warning_behavior = model.warning_behavior.clone().unwrap_or_default();
        warning_behavior.extend(warnings.into_iter().flatten().map(|warning| WarningBehavior {
            r#type: warning.r#type.clone(),
            ignored: warning.ignored,
        }));
        let mut session = Self {
            id: model.id.clone()?,
            serial: 0,
            item: model.library_item_id.clone().unwrap_or_default(),
            // Only the adapter of that type has a preview with something in it.
            is_ovf: warnings.is_some(),
            folder: String::new(),
            behaviour: Behaviour::default(),
            refused: Vec::new(),
            owner: String::new(),
            content_version: 0,
            client_progress: model.client_progress.unwrap_or_default(),
            warning_behavior: Some(warning_behavior),
            error: model.error_message.clone(),
            phase,
            expires: model.expiration_time.unwrap_or(at + super::IDLE_LIMIT),
            files: files.iter().map(|file| (file.name.clone(), seen(file))).collect(),
        };
        session.carry(model);
        Some(session)
    }

    /// What a preview warns of belongs to what was found in a file; which one is not told.
    fn carry(&mut self, model: &UpdateSessionModel) {
        let Some(preview) = &model.preview_info else { return };
        let warnings = preview.warnings.iter().flatten();
        let signature = Signature {
            certificate: preview.certificate_info.clone().unwrap_or_default(),
            chain: Vec::new(),
            warnings: warnings.map(|warning| warning.r#type.clone()).collect(),
        };
        let received = self.files.iter_mut().find_map(|(_, file)| match file {
            SessionFile::Added(transfer) => transfer.received.as_mut(),
            SessionFile::Untouched(_) | SessionFile::Removed => None,
        });
        if let Some(received) = received {
            let contents = Contents { signature: Some(signature), ..Contents::default() };
            received.contents = Some(Box::new(contents));
        }
    }
}

fn seen(file: &SessionFileInfo) -> SessionFile {
    let size = file.size.and_then(|size| u64::try_from(size).ok());
    let checksum = file.checksum_info.as_ref().and_then(known);
    if file.source_type == SourceType::None {
        return SessionFile::Untouched(StoredFile {
            size: size.unwrap_or_default(),
            checksum,
            version: 1,
        });
    }
    let status = match file.status {
        TransferStatus::Transferring => Status::Transferring,
        TransferStatus::Validating => Status::Validating,
        TransferStatus::Ready => Status::Ready,
        TransferStatus::Error => Status::Error,
        // Of one that is new nothing is known but that it is not there.
        TransferStatus::WaitingForTransfer | TransferStatus::Unknown(_) => Status::Waiting,
    };
    let bytes = u64::try_from(file.bytes_transferred).unwrap_or_default();
    let received = Received { size: size.unwrap_or(bytes), ..Received::default() };
    let pull = file.source_type == SourceType::Pull;
    let source = pull.then(|| file.source_endpoint.clone().unwrap_or_default());
    SessionFile::Added(Box::new(Transfer {
        file: AddedFile {
            name: file.name.clone(),
            link: None,
            source,
            declared_size: None,
            declared_checksum: checksum,
        },
        status,
        bytes,
        received: (status == Status::Ready).then_some(received),
        error: file.error_message.clone(),
        work: None,
        upload: None,
    }))
}

fn known(info: &ChecksumInfo) -> Option<Checksum> {
    let algorithm = match info.algorithm.as_ref()? {
        ChecksumAlgorithm::Md5 => Algorithm::Md5,
        ChecksumAlgorithm::Sha1 => Algorithm::Sha1,
        ChecksumAlgorithm::Sha256 => Algorithm::Sha256,
        ChecksumAlgorithm::Sha512 => Algorithm::Sha512,
        ChecksumAlgorithm::Unknown(_) => return None,
    };
    Some(Checksum { algorithm, hex: info.checksum.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PreviewInfo, PreviewState, PreviewWarningInfo, SessionId, WarningType};
    use crate::session::{Event, Rejected};

    fn model(state: SessionState) -> UpdateSessionModel {
        UpdateSessionModel {
            id: Some(SessionId::new("s")),
            state: Some(state),
            ..UpdateSessionModel::default()
        }
    }

    fn file(name: &str, status: TransferStatus) -> SessionFileInfo {
        SessionFileInfo {
            name: name.to_owned(),
            source_type: SourceType::Push,
            status,
            ..SessionFileInfo::default()
        }
    }

    fn observed(model: &UpdateSessionModel, files: &[SessionFileInfo]) -> Session {
        let (completing, at) = (false, Timestamp::default());
        Session::observed(Observed { model, files, completing, at }).expect("its state is known")
    }

    #[test]
    fn a_late_file_stands_in_the_way() {
        let files = [
            file("here.iso", TransferStatus::Ready),
            file("late.iso", TransferStatus::WaitingForTransfer),
        ];
        let session = observed(&model(SessionState::Active), &files);
        assert_eq!(
            session.unmet(&Event::Complete),
            [Rejected::FileNotReceived { name: "late.iso".to_owned(), status: Status::Waiting }]
        );
    }

    #[test]
    fn a_warning_stands_in_the_way_until_it_is_ignored() {
        let mut model = model(SessionState::Active);
        let warning = |ignored| PreviewWarningInfo {
            r#type: WarningType::SelfSignedCertificate,
            message: crate::messages::WARN_SELF_SIGNED.with(["CN=test"]),
            ignored,
        };
        let preview = |ignored| PreviewInfo {
            state: PreviewState::Available,
            warnings: Some(vec![warning(ignored)]),
            ..PreviewInfo::default()
        };
        let files = [file("a.ova", TransferStatus::Ready)];
        model.preview_info = Some(preview(false));
        assert_eq!(
            observed(&model, &files).unmet(&Event::Complete),
            [Rejected::Warned(WarningType::SelfSignedCertificate)]
        );
        model.preview_info = Some(preview(true));
        assert_eq!(observed(&model, &files).unmet(&Event::Complete), []);
    }

    #[test]
    fn a_session_that_ended_allows_delete_only() {
        let session = observed(&model(SessionState::Done), &[]);
        assert_eq!(session.unmet(&Event::Delete), []);
        assert_eq!(session.unmet(&Event::KeepAlive(None)).len(), 1);
    }
}
