//! Files of a session, and their bytes on the way.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use accession_client::{ClientError, Exchange, Source, TransportError, UploadLink};
use accession_core::messages;
use accession_core::model::{AddSpec, SessionFileInfo, SessionId, SourceType, TransferStatus};
use accession_core::operations::{SessionFileAdd, SessionFileRemove, UpdateSessionGet};
use accession_core::rules;
use accession_core::time::Timestamp;
use futures_channel::oneshot;

use super::{Answer, Engine, Held, Link};
use crate::app::command::{Bytes, NewFile};
use crate::format;
use crate::lab::{Action, Declared, Outcome, Progress, Upload, Verdict};
use crate::words::{Said, say};

/// Progress is told at most this often, in milliseconds.
const PROGRESS_EVERY: i64 = 100;

impl Engine {
    pub(super) async fn add_files(
        &self,
        link: &Link,
        id: &SessionId,
        files: Vec<NewFile>,
        send: bool,
    ) {
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
            self.tell(link, Some(id), "add", &answer, |_| {
                say("The session expects the bytes of {0}.", &[&name])
            });
            let Ok(info) = answer.result else { continue };
            // Under the name that was sent: a lenient reply may lack it.
            self.keep_link(id, &name, &info);
            let size = file.size.map(format::size);
            let declared = Declared { size, checksum: file.checksum.clone() };
            let action = Action::FileAdded(link.epoch, id.clone(), name.clone(), declared);
            self.dispatch.emit(action);
            self.held(id, &name, |held| held.bytes = Some(file));
            added.push(name);
        }
        self.refresh(link, id).await;
        if send {
            for name in added {
                self.send_file(link, id, &name).await;
            }
        }
    }

    pub(super) async fn send_file(&self, link: &Link, id: &SessionId, name: &str) {
        let (target, file) = self.held(id, name, |held| {
            (held.link.clone(), held.bytes.as_ref().map(|file| file.bytes.clone()))
        });
        let no_bytes = file.is_none();
        let (Some(target), Some(file)) = (target, file) else {
            let mut outcome = Outcome::done("upload", None, "");
            outcome.verdict = Verdict::Failed;
            outcome.said = say("{0} was not sent.", &[&upload_of(name)]);
            outcome.because = vec![if no_bytes {
                "The page no longer has the file's bytes.".into()
            } else {
                "The server gave no upload link that can be followed.".into()
            }];
            outcome.next = vec!["Add the file again.".into()];
            return self.came_to(link, Some(id), outcome);
        };
        let source = match file {
            Bytes::File(file) => (self.host.source)(file),
            Bytes::MadeUp(received) => Source::Virtual(received),
        };
        let result = self.upload(link, id, name, &target, source).await;
        let exchange = link.last.borrow_mut().take();
        let files = self.load_files(link, id).await;
        let file = files.iter().find(|file| file.name == name);
        let answer = Answer { result, exchange };
        let call = upload_of(name);
        match &answer.result {
            Err(error) => {
                self.failed(link, Some(id), &call, error, answer.exchange());
            }
            Ok(()) => {
                let status = answer.exchange().and_then(Exchange::status);
                let mut outcome =
                    Outcome::done(&call, status, "The bytes arrived and were accepted.");
                match file.map(|file| (&file.status, &file.error_message)) {
                    Some((TransferStatus::Ready, _)) | None => {}
                    Some((TransferStatus::Error, message)) => {
                        outcome.verdict = Verdict::Refused;
                        outcome.said = say("{0} arrived, and was not accepted.", &[&call]);
                        let message = message.as_ref();
                        outcome.because = message
                            .map(|m| Said::quoted(m.default_message.clone()))
                            .into_iter()
                            .collect();
                        outcome.next = vec!["Add the file again to send it again.".into()];
                        outcome.rule = message.and_then(|m| match m.id.as_str() {
                            id if id == messages::CHECKSUM_MISMATCH.id => {
                                Some(rules::CHECKSUM_CHECKED)
                            }
                            id if id == messages::SIZE_MISMATCH.id => Some(rules::SIZE_CHECKED),
                            _ => None,
                        });
                    }
                    Some((status, _)) => {
                        outcome.because = vec![
                            say("The bytes arrived; the file is {0}.", &[status.as_str()]).into(),
                        ];
                    }
                }
                self.came_to(link, Some(id), outcome.with_notes(answer.exchange()));
            }
        }
        let get = UpdateSessionGet { update_session_id: id.clone() };
        let result = self.call(link, get).await.result;
        self.dispatch.emit(Action::SessionRead(link.epoch, id.clone(), result));
    }

    pub(super) async fn upload(
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
            progress: Progress::new(total, now),
        };
        self.dispatch.emit(Action::UploadBegan(link.epoch, upload));
        let progress =
            self.progress(total, move |now, sent| Action::UploadMoved(number, now, sent));
        let result = unless(stopped, link.client.upload(target, source, progress)).await;
        self.uploads.borrow_mut().retain(|(other, _)| *other != number);
        self.dispatch.emit(Action::UploadEnded(number));
        result.unwrap_or(Err(TransportError::Aborted.into()))
    }

    /// Tells how far something is, at times.
    pub(super) fn progress(
        &self,
        total: u64,
        action: impl Fn(Timestamp, u64) -> Action + 'static,
    ) -> impl Fn(u64) + 'static {
        let (dispatch, clock) = (self.dispatch.clone(), self.host.clock);
        let told = Cell::new(Timestamp::default());
        move |moved| {
            let now = clock();
            if moved >= total || now.as_millis() - told.get().as_millis() >= PROGRESS_EVERY {
                told.set(now);
                dispatch.emit(action(now, moved));
            }
        }
    }

    pub(super) async fn remove_file(&self, link: &Link, id: &SessionId, name: String) {
        let remove = SessionFileRemove { update_session_id: id.clone(), file_name: name.clone() };
        let answer = self.call(link, remove).await;
        self.tell(link, Some(id), "remove", &answer, |()| {
            say("The item loses {0} when the session completes.", &[&name])
        });
        self.refresh(link, id).await;
    }

    pub(super) fn keep_link(&self, id: &SessionId, name: &str, file: &SessionFileInfo) {
        if let Some(link) = UploadLink::of(file) {
            self.held(id, name, |held| held.link = Some(link));
        }
    }

    /// Looks at what is at hand of a file.
    pub(super) fn held<T>(
        &self,
        id: &SessionId,
        name: &str,
        look: impl FnOnce(&mut Held) -> T,
    ) -> T {
        let mut files = self.files.borrow_mut();
        let known = files.iter().position(|held| held.session == *id && held.name == name);
        let place = known.unwrap_or_else(|| {
            let (session, name) = (id.clone(), name.to_owned());
            files.push(Held { session, name, link: None, bytes: None });
            files.len() - 1
        });
        look(&mut files[place])
    }
}

/// What the sending of a file's bytes is called.
fn upload_of(name: &str) -> String {
    say("upload of {0}", &[name])
}

/// The future's output, unless it is stopped first; then it is dropped.
pub(super) async fn unless<T>(
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
