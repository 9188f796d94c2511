//! The simulator, asked in the reference's words: numbers go in, identifiers and links come out and
//! become numbers again. It holds no rule; what an answer should have been is handed in.

use std::collections::{BTreeMap, BTreeSet};

use accession_core::behaviour::Behaviour;
use accession_core::dialect::Dialect;
use accession_core::error::ApiError;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::received::{Algorithm, Broken, Contents, Needed, Received, Signature};
use accession_core::simulator::{Caller, Context, Fetch, Simulator, Upload};
use accession_core::wire::{Method, Request};

use crate::reference::{
    Action, Answer, Arrival, Content, ItemNo, ItemType, Kind, Millis, Name, SessionNo, Settings,
    Spec, State, Step, User, Validation, Warning, Why, World,
};
use crate::seen::{FileSeen, ItemSeen, Preview, Seen, SessionSeen, SourceSeen, Status};
use crate::support::{BEGIN, Client, ORIGIN, Refused, SEED, basic, refusal};

/// Who calls. The first is the one whose calls an exhaustive search makes.
pub(crate) const USERS: [&str; 2] = ["lab", "guest"];

#[derive(Clone)]
pub(crate) struct Subject {
    client: Client,
    logins: Vec<LoginToken>,
    items: Vec<ItemId>,
    sessions: Vec<SessionId>,
    /// The sessions that were found gone.
    gone: BTreeSet<SessionNo>,
    links: Vec<String>,
    /// With the bytes that it has sent. The handle of an upload that was ended is gone.
    uploads: Vec<(Option<Upload>, u64)>,
    /// The same of what the server fetches.
    fetches: Vec<(Option<Fetch>, u64)>,
    /// How what can be read is read.
    pub(crate) reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// By requests, one of each kind.
    Travels,
    /// By asking the service itself, and of what is gone or can be read in two ways only once. It is
    /// many times as quick.
    Direct,
}

/// What came back, and what should have.
#[derive(Debug)]
pub(crate) struct Disagreement(pub(crate) String);

fn disagree<T>(expected: &impl std::fmt::Debug, told: &impl std::fmt::Debug) -> Agreed<T> {
    Err(Disagreement(format!("the reference answers {expected:?}, the simulator {told:?}")))
}

type Agreed<T> = Result<T, Disagreement>;

impl Subject {
    pub(crate) fn new(dialect: Dialect, items: &[ItemType], settings: Settings) -> Self {
        let simulator = Simulator::new(SEED).with_behaviour(behaviour(settings)).with_fetching();
        let mut client = Client { simulator, ..Client::new(dialect) };
        let mut logins = Vec::new();
        for user in USERS {
            let mut request =
                LoginCreate {}.encode(dialect, ORIGIN).expect("a login can be asked for");
            request.headers.push("Authorization", basic(user, "secret"));
            let handled = client.send(&request);
            let login = crate::support::read_reply::<LoginCreate>(dialect, &handled.response);
            logins.push(login.expect("anybody may log in"));
        }
        client.login = Some(logins[0].clone());
        let library = client.library("library");
        let item = |(number, kind): (usize, &ItemType)| {
            let kind = match kind {
                ItemType::Plain => "iso",
                ItemType::Ovf => "ovf",
            };
            client.item(&library, &format!("item {number}"), kind)
        };
        let items = items.iter().enumerate().map(item).collect();
        Self {
            client,
            logins,
            items,
            sessions: Vec::new(),
            gone: BTreeSet::new(),
            links: Vec::new(),
            uploads: Vec::new(),
            fetches: Vec::new(),
            reading: Reading::Travels,
        }
    }

    /// Lets the simulator do a step, and compares its answer with the reference's.
    pub(crate) fn perform(&mut self, Step { by, action }: &Step, expected: &Answer) -> Agreed<()> {
        self.client.login = Some(self.logins[*by].clone());
        match action {
            Action::Create { item, token, behavior } => {
                let library_item_id = Some(self.item(*item));
                let warning_behavior = Some(behaviors(behavior)).filter(|it| !it.is_empty());
                let create_spec = UpdateSessionModel {
                    library_item_id,
                    warning_behavior,
                    ..UpdateSessionModel::default()
                };
                let client_token = token
                    .map(|token| ClientToken::new(format!("0b3d7c58-52a9-4d1f-8f5d-{token:012}")));
                let told = self.client.call(&UpdateSessionCreate { client_token, create_spec });
                let (Answer::Created(number), Ok(id)) = (expected, &told) else {
                    return self.same(expected, told);
                };
                // A new session has a new id, and a known one its own.
                let known = self.sessions.iter().position(|other| other == id);
                if known.unwrap_or(self.sessions.len()) != *number {
                    return disagree(expected, &(id, known));
                }
                if known.is_none() {
                    self.sessions.push(id.clone());
                }
                Ok(())
            }
            Action::Update { session, behavior } => {
                let update_spec = UpdateSessionModel {
                    warning_behavior: behavior.as_ref().map(behaviors),
                    ..UpdateSessionModel::default()
                };
                let update_session_id = self.id(*session);
                self.void(expected, &UpdateSessionUpdate { update_session_id, update_spec })
            }
            Action::Complete { session } => {
                let update_session_id = self.id(*session);
                self.void(expected, &UpdateSessionComplete { update_session_id })
            }
            Action::KeepAlive { session, progress } => {
                let (update_session_id, client_progress) = (self.id(*session), *progress);
                self.void(expected, &UpdateSessionKeepAlive { update_session_id, client_progress })
            }
            Action::Cancel { session } => {
                let update_session_id = self.id(*session);
                self.void(expected, &UpdateSessionCancel { update_session_id })
            }
            Action::Fail { session, text } => {
                let update_session_id = self.id(*session);
                let client_error_message = (*text).to_owned();
                self.void(expected, &UpdateSessionFail { update_session_id, client_error_message })
            }
            Action::Delete { session } => {
                let update_session_id = self.id(*session);
                self.void(expected, &UpdateSessionDelete { update_session_id })
            }
            Action::Add { session, name, spec } => {
                let (source_type, size, sha1) = match spec {
                    Spec::None => (SourceType::None, None, None),
                    Spec::Push { size, sha1 } => (SourceType::Push, *size, *sha1),
                    Spec::Pull { size, sha1 } => (SourceType::Pull, *size, *sha1),
                };
                let source_endpoint = (source_type == SourceType::Pull).then(|| TransferEndpoint {
                    uri: source(*session, name),
                    ..TransferEndpoint::default()
                });
                let checksum_info = sha1.map(|checksum| ChecksumInfo {
                    algorithm: None,
                    checksum: checksum.to_uppercase(),
                });
                let file_spec = AddSpec {
                    name: (*name).to_owned(),
                    source_type,
                    source_endpoint,
                    size,
                    checksum_info,
                };
                let update_session_id = self.id(*session);
                let told = self.client.call(&SessionFileAdd { update_session_id, file_spec });
                let (Answer::Added(file), Ok(info)) = (expected, &told) else {
                    return self.same(expected, told);
                };
                if let Some(endpoint) = &info.upload_endpoint {
                    self.links.push(endpoint.uri.clone());
                }
                let added = self.file(info)?;
                if added == *file { Ok(()) } else { disagree(file, &added) }
            }
            Action::Remove { session, name } => {
                let (update_session_id, file_name) = (self.id(*session), (*name).to_owned());
                self.void(expected, &SessionFileRemove { update_session_id, file_name })
            }
            Action::Validate { session } => {
                let update_session_id = self.id(*session);
                let told = self.client.call(&SessionFileValidate { update_session_id });
                let (Answer::Validated(findings), Ok(result)) = (expected, &told) else {
                    return self.same(expected, told);
                };
                let invalid = result.invalid_files.iter().map(|file| file.name.clone());
                if result.missing_files.len() != findings.missing.len() {
                    return disagree(findings, result);
                }
                let found = Validation {
                    has_errors: result.has_errors,
                    missing: result.missing_files.iter().cloned().collect(),
                    invalid: invalid.collect(),
                };
                if found == *findings { Ok(()) } else { disagree(findings, &found) }
            }
            Action::Open { link } => {
                let head = Request::new(Method::Put, &*self.links[*link]);
                match (self.client.simulator.open_upload(&head, self.client.now), expected) {
                    (Ok(upload), Answer::Opened(number)) if *number == self.uploads.len() => {
                        self.uploads.push((Some(upload), 0));
                        Ok(())
                    }
                    (Err(handled), Answer::Refused(kinds)) => {
                        self.refused(expected, kinds, refusal(Dialect::Api, &handled.response))
                    }
                    (told, _) => disagree(expected, &told),
                }
            }
            Action::Progress { upload, bytes } => {
                let (handle, sent) = &mut self.uploads[*upload];
                *sent += bytes;
                let handle = handle.as_ref().expect("the upload runs");
                let told = self.client.simulator.progress(handle, *sent, self.client.now);
                match (told, expected) {
                    (Ok(()), Answer::Received) | (Err(_), Answer::Refused(_)) => Ok(()),
                    (told, _) => disagree(expected, &told),
                }
            }
            Action::Close { upload, arrival } => {
                let handle = self.uploads[*upload].0.take().expect("the upload runs");
                let outcome = match arrival {
                    Arrival::Whole(content) => Ok(received(content)),
                    Arrival::Broken => Err(Broken::ConnectionLost),
                };
                let response = self.client.close(handle, outcome).response;
                match expected {
                    Answer::Received if response.status == 200 => Ok(()),
                    Answer::Refused(kinds) if !response.is_success() => {
                        self.refused(expected, kinds, refusal(Dialect::Api, &response))
                    }
                    Answer::Failed(kind) if !response.is_success() => {
                        self.refused(expected, &[*kind], refusal(Dialect::Api, &response))
                    }
                    _ => disagree(expected, &response),
                }
            }
            Action::Fetch { fetch, bytes } => {
                let (handle, fetched) = &mut self.fetches[*fetch];
                *fetched += bytes;
                let handle = handle.as_ref().expect("the fetch runs");
                let told = self.client.simulator.fetch_progress(handle, *fetched, self.client.now);
                match (told, expected) {
                    (Ok(()), Answer::Received) | (Err(_), Answer::Refused(_)) => Ok(()),
                    (told, _) => disagree(expected, &told),
                }
            }
            Action::EndFetch { fetch, arrival } => {
                let handle = self.fetches[*fetch].0.take().expect("the fetch runs");
                let outcome = match arrival {
                    Arrival::Whole(content) => Ok(received(content)),
                    Arrival::Broken => Err("no route to host".to_owned()),
                };
                // Nobody is answered; what came of it is to be read.
                self.client.simulator.close_fetch(&handle, outcome, self.client.now);
                Ok(())
            }
            Action::Wait { millis } => {
                self.client.wait(*millis);
                if self.reading == Reading::Direct {
                    // A request would bring the time along; the service itself has no clock.
                    self.client.simulator.advance(self.client.now);
                }
                Ok(())
            }
        }
    }

    /// Takes up what the simulator wants to have fetched by now.
    pub(crate) fn take_up_fetches(&mut self, world: &World) -> Agreed<()> {
        let begun = self.fetches.len();
        self.fetches.resize_with(world.fetches.len(), Default::default);
        while let Some(fetch) = self.client.simulator.poll_fetch() {
            let of = |it: &crate::reference::Fetch| source(it.session, it.name) == fetch.source.uri;
            match world.fetches.iter().rposition(of) {
                Some(number) if number >= begun => self.fetches[number].0 = Some(fetch),
                _ => return disagree(&"no fetch", &fetch),
            }
        }
        let all = self.fetches[begun..].iter().all(|(fetch, _)| fetch.is_some());
        if all { Ok(()) } else { disagree(&&world.fetches[begun..], &"fewer fetches") }
    }

    fn void<O: Operation<Reply = ()>>(&mut self, expected: &Answer, call: &O) -> Agreed<()> {
        let told = self.client.call(call);
        self.same(expected, told)
    }

    fn same<T: std::fmt::Debug>(&self, expected: &Answer, told: Result<T, Refused>) -> Agreed<()> {
        match (expected, told) {
            (Answer::Nothing, Ok(_)) => Ok(()),
            (Answer::Refused(kinds), Err(told)) => self.refused(expected, kinds, told),
            (Answer::Failed(kind), Err(told)) => self.refused(expected, &[*kind], told),
            (_, told) => disagree(expected, &told),
        }
    }

    fn refused(&self, expected: &Answer, kinds: &[Kind], told: Refused) -> Agreed<()> {
        let fits =
            |kind: &Kind| told.kind == type_of(*kind) && told.status == self.status_of(*kind);
        if kinds.iter().any(fits) { Ok(()) } else { disagree(expected, &told) }
    }

    /// The statuses of section 8.2.
    fn status_of(&self, kind: Kind) -> u16 {
        match (kind, self.client.dialect) {
            (Kind::NotFound, _) => 404,
            (Kind::ResourceBusy, Dialect::Api) => 500,
            _ => 400,
        }
    }

    /// Numbers that were never given out stand for unknown ids.
    fn id(&self, session: SessionNo) -> SessionId {
        self.sessions.get(session).cloned().unwrap_or_else(|| SessionId::new("unknown"))
    }

    fn item(&self, item: ItemNo) -> ItemId {
        self.items.get(item).cloned().unwrap_or_else(|| ItemId::new("unknown"))
    }

    // -----------------------------------------------------------------------------------------
    // Reading
    // -----------------------------------------------------------------------------------------

    fn read<O: Operation>(
        &mut self,
        by: User,
        call: O,
        method: fn(&mut Simulator, &Context, O) -> Result<O::Reply, ApiError>,
    ) -> Result<O::Reply, String> {
        if self.reading == Reading::Travels {
            self.client.login = Some(self.logins[by].clone());
            return self.client.call(&call).map_err(|refused| refused.kind);
        }
        let context = Context {
            now: self.client.now,
            caller: Caller { user: USERS[by].to_owned(), login: self.logins[by].clone() },
            // As links have it.
            origin: format!("{ORIGIN}:443"),
        };
        let reply = method(&mut self.client.simulator, &context, call);
        reply.map_err(|error| error.error_type.unwrap_or_default().to_string())
    }

    /// Everything that clients can read.
    pub(crate) fn seen(&mut self) -> Agreed<Seen> {
        let mut seen = Seen::default();
        let quick = self.reading == Reading::Direct;
        for (number, update_session_id) in self.sessions.clone().into_iter().enumerate() {
            if quick && self.gone.contains(&number) {
                continue;
            }
            let get = UpdateSessionGet { update_session_id: update_session_id.clone() };
            let model = self.read(0, get, Service::update_session_get);
            let list = SessionFileList { update_session_id: update_session_id.clone() };
            let files = self.read(0, list, Service::session_file_list);
            match (model, files) {
                (Ok(model), Ok(files)) => {
                    let session = self.session(&update_session_id, model, Some(&files))?;
                    if !quick {
                        self.one_by_one(&update_session_id, &files)?;
                    }
                    seen.sessions.insert(number, session);
                }
                (Ok(model), Err(kind)) if kind == type_of(Kind::NotAllowedInCurrentState) => {
                    seen.sessions.insert(number, self.session(&update_session_id, model, None)?);
                }
                (Err(one), Err(other)) if one == "NOT_FOUND" && other == one => {
                    self.gone.insert(number);
                }
                (model, files) => {
                    return disagree(&"the same of a session and of its files", &(model, files));
                }
            }
        }
        for library_item_id in self.items.clone() {
            let get = ItemGet { library_item_id: library_item_id.clone() };
            let item = self.read(0, get, Service::item_get);
            let files = self.read(0, ItemFileList { library_item_id }, Service::item_file_list);
            let (Ok(item), Ok(files)) = (item, files) else {
                return disagree(&"an item", &"none");
            };
            seen.items.push(item_seen(item, files)?);
        }
        for user in 0..USERS.len() {
            for item in [None].into_iter().chain((0..self.items.len()).map(Some)) {
                let library_item_id = item.map(|item| self.item(item));
                let list = UpdateSessionList { library_item_id };
                let Ok(ids) = self.read(user, list, Service::update_session_list) else {
                    return disagree(&"a list", &"none");
                };
                let number = |id: &SessionId| self.sessions.iter().position(|it| it == id);
                let numbers: Option<BTreeSet<_>> = ids.iter().map(number).collect();
                match numbers {
                    Some(numbers) if numbers.len() == ids.len() => {
                        seen.lists.insert((user, item), numbers);
                    }
                    _ => return disagree(&"each session once", &ids),
                }
            }
        }
        Ok(seen)
    }

    /// Asked for alone, a file is what it is in the list (OPEN-9), and one that is not in the list
    /// is refused.
    fn one_by_one(&mut self, session: &SessionId, files: &[SessionFileInfo]) -> Agreed<()> {
        let get = |file_name: &str| SessionFileGet {
            update_session_id: session.clone(),
            file_name: file_name.to_owned(),
        };
        for file in files {
            let told = self.read(0, get(&file.name), Service::session_file_get);
            if told.as_ref() != Ok(file) {
                return disagree(file, &told);
            }
        }
        match self.read(0, get("nowhere"), Service::session_file_get) {
            Err(kind) if kind == "INVALID_ARGUMENT" => Ok(()),
            told => disagree(&Kind::InvalidArgument, &told),
        }
    }

    fn session(
        &self,
        id: &SessionId,
        model: UpdateSessionModel,
        files: Option<&[SessionFileInfo]>,
    ) -> Agreed<SessionSeen> {
        let item = self.items.iter().position(|item| Some(item) == model.library_item_id.as_ref());
        let (Some(item), Some(expires), Some(progress), Some(content_version)) = (
            item,
            model.expiration_time,
            model.client_progress,
            model.library_item_content_version.clone(),
        ) else {
            return disagree(&"every field of a session", &model);
        };
        let state = match (model.state.clone().unwrap_or_default(), &model.error_message) {
            (SessionState::Active, None) => State::Active,
            (SessionState::Done, None) => State::Done,
            (SessionState::Canceled, None) => State::Canceled,
            (SessionState::Error, Some(message)) => State::Error(why(message)),
            _ => return disagree(&"a message with ERROR and with nothing else", &model),
        };
        if model.id.as_ref().is_some_and(|told| told != id) {
            return disagree(id, &model);
        }
        let mut seen = BTreeMap::new();
        for file in files.into_iter().flatten() {
            if seen.insert(file.name.clone(), self.file(file)?).is_some() {
                return disagree(&"each file once", &files);
            }
        }
        Ok(SessionSeen {
            item,
            state,
            content_version,
            progress,
            expires: millis(expires),
            preview: model.preview_info.map(preview).transpose()?,
            behavior: model.warning_behavior.iter().flatten().map(behavior).collect(),
            files: files.map(|_| seen),
        })
    }

    fn file(&self, info: &SessionFileInfo) -> Agreed<FileSeen> {
        let from = match (&info.source_type, &info.upload_endpoint, &info.source_endpoint) {
            (SourceType::None, None, None) => SourceSeen::None,
            (SourceType::Push, Some(endpoint), None) => {
                match self.links.iter().position(|link| *link == endpoint.uri) {
                    Some(number) => SourceSeen::Push(number),
                    None => return disagree(&"a link that was handed out", info),
                }
            }
            (SourceType::Pull, None, Some(endpoint)) if endpoint.uri.ends_with(&info.name) => {
                SourceSeen::Pull
            }
            _ => return disagree(&"the endpoint of the source", &info),
        };
        let status = match info.status {
            TransferStatus::WaitingForTransfer => Status::Waiting,
            TransferStatus::Transferring => Status::Transferring,
            TransferStatus::Ready => Status::Ready,
            TransferStatus::Error => Status::Error,
            TransferStatus::Validating | TransferStatus::Unknown(_) => {
                return disagree(&"another status", &info);
            }
        };
        let declared = info.checksum_info.as_ref().filter(|_| from != SourceSeen::None);
        let sha1 = declared.map(sha1).transpose()?;
        Ok(FileSeen {
            name: info.name.clone(),
            source: from,
            size: info.size.map(i64::unsigned_abs),
            sha1,
            bytes: info.bytes_transferred.unsigned_abs(),
            status,
            has_error: info.error_message.is_some(),
            keep_in_storage: info.keep_in_storage.unwrap_or(true),
        })
    }
}

fn item_seen(item: ItemModel, files: Vec<ItemFileInfo>) -> Agreed<ItemSeen> {
    let mut seen = BTreeMap::new();
    for file in &files {
        let sha1 = file.checksum_info.as_ref().map(sha1).transpose()?;
        let known = (file.size.unsigned_abs(), sha1, file.version.clone());
        if seen.insert(file.name.clone(), known).is_some() || !file.cached {
            return disagree(&"each file once, and on disk", &files);
        }
    }
    let (Some(content_version), Some(modified), Some(size), Some(version), Some(metadata), true) = (
        item.content_version.clone(),
        item.last_modified_time,
        item.size,
        item.version.clone(),
        item.metadata_version.clone(),
        item.cached.unwrap_or(false),
    ) else {
        return disagree(&"every field of an item", &item);
    };
    Ok(ItemSeen {
        content_version,
        modified: millis(modified),
        size: size.unsigned_abs(),
        files: seen,
        metadata: (version, metadata),
    })
}

/// Where the server is told to fetch a file of a session.
fn source(session: SessionNo, name: Name) -> String {
    format!("https://files.lab.test/{session}/{name}")
}

/// The settings, in the words of the simulator.
fn behaviour(settings: Settings) -> Behaviour {
    let Settings { lists_ended, merges_behavior, warning_fails, refuses_progress, .. } = settings;
    let Settings { files_of_ended, none_restores, upload_again, mismatch_fails, .. } = settings;
    let Settings { shows_expired, ended_blocks, any_case, fetches_late, .. } = settings;
    let one = |given: bool, yes, no| if given { yes } else { no };
    let mut behaviour = Behaviour::default();
    for (name, value) in [
        ("finished_sessions", one(lists_ended, "listed", "unlisted")),
        ("warning_behavior_update", one(merges_behavior, "merged", "replaced")),
        ("unignored_warning", one(warning_fails, "fails", "refused")),
        ("progress_violation", one(refuses_progress, "refused", "ignored")),
        ("files_of_ended", one(files_of_ended, "readable", "refused")),
        ("source_none", one(none_restores, "restores", "refused")),
        ("upload_again", one(upload_again, "replaces", "refused")),
        ("wrong_content", one(mismatch_fails, "fails_session", "fails_file")),
        ("expired", one(shows_expired, "shown", "gone")),
        ("next_session", one(ended_blocks, "after_deleted", "after_active")),
        ("extensions", one(any_case, "any_case", "lower_case")),
        ("pull_start", one(fetches_late, "at_complete", "at_add")),
    ] {
        behaviour.set(name, value).expect("there is such a setting");
    }
    behaviour
}

fn millis(instant: accession_core::time::Timestamp) -> Millis {
    u64::try_from(instant.since(BEGIN).as_millis()).expect("a short time")
}

/// The text of fail is its message's only argument and all of it (OPEN-7).
fn why(message: &LocalizableMessage) -> Why {
    match message.args.as_slice() {
        [text] if *text == message.default_message => Why::Client(text.clone()),
        _ => Why::Server,
    }
}

fn preview(info: PreviewInfo) -> Agreed<Preview> {
    match (&info.state, &info.warnings) {
        (PreviewState::Unavailable, None) => Ok(Preview::Unavailable),
        (PreviewState::Preparing, None) => Ok(Preview::Preparing),
        (PreviewState::NotApplicable, None) => Ok(Preview::NotApplicable),
        (PreviewState::Available, Some(warnings)) => {
            let warnings = warnings
                .iter()
                .map(|it| WarningBehavior { r#type: it.r#type.clone(), ignored: it.ignored });
            Ok(Preview::Available(warnings.map(|it| behavior(&it)).collect()))
        }
        _ => disagree(&"warnings with AVAILABLE and with nothing else", &info),
    }
}

fn behavior(told: &WarningBehavior) -> (Warning, bool) {
    let warning = match told.r#type {
        WarningType::SelfSignedCertificate => Warning::SelfSigned,
        _ => Warning::Expired,
    };
    (warning, told.ignored)
}

fn behaviors(behavior: &BTreeMap<Warning, bool>) -> Vec<WarningBehavior> {
    let told = |(warning, ignored): (&Warning, &bool)| WarningBehavior {
        r#type: type_of_warning(*warning),
        ignored: *ignored,
    };
    behavior.iter().map(told).collect()
}

fn type_of_warning(warning: Warning) -> WarningType {
    match warning {
        Warning::SelfSigned => WarningType::SelfSignedCertificate,
        Warning::Expired => WarningType::ExpiredCertificate,
    }
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::InvalidArgument => "INVALID_ARGUMENT",
        Kind::InvalidRequest => "INVALID_REQUEST",
        Kind::NotAllowedInCurrentState => "NOT_ALLOWED_IN_CURRENT_STATE",
        Kind::NotFound => "NOT_FOUND",
        Kind::ResourceBusy => "RESOURCE_BUSY",
    }
}

/// The case of the digits says nothing (OPEN-15).
fn sha1(info: &ChecksumInfo) -> Agreed<String> {
    match info.algorithm {
        None | Some(ChecksumAlgorithm::Sha1) => Ok(info.checksum.to_lowercase()),
        _ => disagree(&ChecksumAlgorithm::Sha1, info),
    }
}

fn received(Content { size, sha1, inside }: &Content) -> Received {
    let signature = Signature {
        certificate: CertificateInfo::default(),
        chain: vec![],
        warnings: inside.warnings.iter().map(|it| type_of_warning(*it)).collect(),
    };
    let contents = Contents {
        needs: inside
            .needs
            .iter()
            .map(|name| Needed { name: (*name).to_owned(), size: None })
            .collect(),
        invalid: inside.invalid.then(LocalizableMessage::default).into_iter().collect(),
        unwritable: inside.unwritable.then(|| "disk".to_owned()),
        signature: (!inside.warnings.is_empty()).then_some(signature),
        ..Contents::default()
    };
    Received {
        size: *size,
        digests: [(Algorithm::Sha1, (*sha1).to_owned())].into(),
        contents: (*inside != Default::default()).then(|| Box::new(contents)),
    }
}
