//! What the contract says of update sessions, in its section 10, as plain data and one function.
//!
//! The contract is this project's restatement of the vendor's published API. The reference was
//! written from it and from nothing else: it shares no type with the simulator and knows neither
//! HTTP nor identifiers; items, sessions, links and uploads are numbers in the order in which they
//! came. `T3` and `OPEN-22` are the contract's names of a transition and of a point that it leaves
//! open; beside each open point stands the reading that is taken here, which is the one that the
//! contract suggests to a simulator. Where the simulator has a setting, [`Settings`] has the other
//! reading too.
//!
//! Covered: the states (10.1); the transitions T1 to T10 (10.2); every operation in every state (10.3);
//! expiration (10.4); progress (10.5); visibility and versions (10.6); the preview (10.7); a file's
//! transfer status (10.8); sources PUSH, PULL and NONE (10.9); manifest and certificate before the
//! descriptor, and not kept (10.10).
//!
//! Not covered: archives (OPEN-29), whom to trust at a source, work of the server's that takes time
//! after the bytes are there, reads as activity (OPEN-22: whoever compares what can be read reads all
//! the time), privileges, libraries that are subscribed or in maintenance (OPEN-32), deleted items
//! (OPEN-33).

use std::collections::{BTreeMap, BTreeSet};

use crate::seen::{FileSeen, Preview};

pub(crate) type Millis = u64;
pub(crate) type User = usize;
pub(crate) type ItemNo = usize;
pub(crate) type SessionNo = usize;
pub(crate) type LinkNo = usize;
pub(crate) type UploadNo = usize;
pub(crate) type FetchNo = usize;
pub(crate) type Token = usize;
pub(crate) type Name = &'static str;
/// SHA-1 in lower-case hex, the only digest that a file here declares.
pub(crate) type Digest = &'static str;

/// What the contract lets a server choose. The default of each is the suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Settings {
    /// How long a session lives without activity (10.4: five minutes).
    pub(crate) time_out: Millis,
    /// How long an ended session is kept if nobody deletes it (T10 leaves the length open).
    pub(crate) kept: Millis,
    /// OPEN-3: whether list has the sessions that have ended.
    pub(crate) lists_ended: bool,
    /// OPEN-4: whether update leaves the behaviors of other types as they were.
    pub(crate) merges_behavior: bool,
    /// OPEN-5: whether a complete against a warning brings the session to ERROR.
    pub(crate) warning_fails: bool,
    /// OPEN-6: whether a progress out of range is refused; else the nearest is taken.
    pub(crate) refuses_progress: bool,
    /// OPEN-8: whether the files of an ended session can be read.
    pub(crate) files_of_ended: bool,
    /// OPEN-10: whether adding with source NONE makes a file untouched; else it is refused.
    pub(crate) none_restores: bool,
    /// OPEN-11: whether a READY file takes another upload.
    pub(crate) upload_again: bool,
    /// OPEN-21: whether a wrong size or checksum brings the session to ERROR, and not only the file.
    pub(crate) mismatch_fails: bool,
    /// OPEN-22: whether a session that expires is seen in ERROR before it is gone.
    pub(crate) shows_expired: bool,
    /// OPEN-23: whether an ended session blocks the next one until it is deleted.
    pub(crate) ended_blocks: bool,
    /// OPEN-28: whether `.OVF` is as good as `.ovf`.
    pub(crate) any_case: bool,
    /// OPEN-36: whether a fetch starts at complete; else it does at add.
    pub(crate) fetches_late: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_out: 5 * 60_000,
            kept: 24 * 3_600_000,
            lists_ended: true,
            merges_behavior: false,
            warning_fails: true,
            refuses_progress: true,
            files_of_ended: true,
            none_restores: false,
            upload_again: true,
            mismatch_fails: false,
            shows_expired: false,
            ended_blocks: false,
            any_case: true,
            fetches_late: false,
        }
    }
}

/// A content library with its items and update sessions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    /// Since the beginning.
    pub(crate) now: Millis,
    pub(crate) items: Vec<Item>,
    /// Every session that ever was; `None` is gone.
    pub(crate) sessions: Vec<Option<Session>>,
    /// Every upload link that was ever handed out.
    pub(crate) links: Vec<Link>,
    /// Every upload that was ever let in.
    pub(crate) uploads: Vec<Upload>,
    /// Every fetch that the server ever began.
    pub(crate) fetches: Vec<Fetch>,
    /// The session that a create with a client token made.
    pub(crate) tokens: BTreeMap<(User, Token), SessionNo>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ItemType {
    /// No type adapter has an opinion of its files.
    Plain,
    Ovf,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Item {
    pub(crate) kind: ItemType,
    /// A decimal counter from 1 (OPEN-24).
    pub(crate) content_version: u64,
    pub(crate) modified: Millis,
    pub(crate) files: BTreeMap<Name, Stored>,
}

/// A file of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stored {
    pub(crate) size: u64,
    pub(crate) sha1: Digest,
    /// A decimal counter from 1 (OPEN-24).
    pub(crate) version: u64,
}

/// What the bytes of a file are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Content {
    pub(crate) size: u64,
    pub(crate) sha1: Digest,
    pub(crate) inside: Inside,
}

/// What the type adapter finds in a file of an item of type OVF.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Inside {
    /// The files that a descriptor asks for.
    pub(crate) needs: Vec<Name>,
    /// The warnings that a certificate raises, in the order of the API.
    pub(crate) warnings: Vec<Warning>,
    /// It cannot be used, whatever else is there.
    pub(crate) invalid: bool,
    /// The storage cannot take it, although all of it arrived (T6).
    pub(crate) unwritable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Warning {
    SelfSigned,
    Expired,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Session {
    pub(crate) item: ItemNo,
    pub(crate) creator: User,
    pub(crate) state: State,
    /// The item's content version at creation (T1).
    pub(crate) content_version: u64,
    pub(crate) progress: i64,
    /// It is not gone before this, and gone at it (OPEN-22), unless the server works for it.
    pub(crate) expires: Millis,
    /// The item's files as the session sees them.
    pub(crate) files: BTreeMap<Name, File>,
    pub(crate) behavior: BTreeMap<Warning, bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    Active,
    /// Complete was accepted, and the server still fetches. Clients are told that it is ACTIVE.
    Completing,
    Done,
    Error(Why),
    Canceled,
}

/// Whose the error message is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Why {
    /// The text of fail. It is the message and its only argument (OPEN-7).
    Client(String),
    Server,
}

/// A file as a session sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum File {
    Untouched(Stored),
    Added(Added),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Added {
    pub(crate) source: Source,
    pub(crate) size: Option<u64>,
    pub(crate) sha1: Option<Digest>,
    pub(crate) bytes: u64,
    pub(crate) transfer: Transfer,
}

/// Where the bytes of an added file come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Source {
    Push(LinkNo),
    Pull,
}

/// VALIDATING is never seen: a file is checked before the upload is answered, since clients complete
/// right after that answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Transfer {
    Waiting,
    /// By this upload, or this fetch.
    Transferring(usize),
    Ready(Content),
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Link {
    pub(crate) session: SessionNo,
    pub(crate) name: Name,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Upload {
    pub(crate) link: LinkNo,
    /// Whether the client has ended it.
    pub(crate) closed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fetch {
    pub(crate) session: SessionNo,
    pub(crate) name: Name,
    /// Whether the source has told its end.
    pub(crate) closed: bool,
}

// ---------------------------------------------------------------------------------------------
// What may happen, and the answer
// ---------------------------------------------------------------------------------------------

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) by: User,
    pub(crate) action: Action,
}

/// A number that does not exist stands for an unknown or removed id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Create {
        item: ItemNo,
        token: Option<Token>,
        behavior: BTreeMap<Warning, bool>,
    },
    Update {
        session: SessionNo,
        behavior: Option<BTreeMap<Warning, bool>>,
    },
    Complete {
        session: SessionNo,
    },
    KeepAlive {
        session: SessionNo,
        progress: Option<i64>,
    },
    Cancel {
        session: SessionNo,
    },
    Fail {
        session: SessionNo,
        text: &'static str,
    },
    Delete {
        session: SessionNo,
    },
    Add {
        session: SessionNo,
        name: Name,
        spec: Spec,
    },
    Remove {
        session: SessionNo,
        name: Name,
    },
    Validate {
        session: SessionNo,
    },
    /// Begins to send bytes to a link.
    Open {
        link: LinkNo,
    },
    /// So many more bytes arrive.
    Progress {
        upload: UploadNo,
        bytes: u64,
    },
    Close {
        upload: UploadNo,
        arrival: Arrival,
    },
    /// So many more bytes are fetched.
    Fetch {
        fetch: FetchNo,
        bytes: u64,
    },
    EndFetch {
        fetch: FetchNo,
        arrival: Arrival,
    },
    Wait {
        millis: Millis,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spec {
    None,
    Push { size: Option<i64>, sha1: Option<Digest> },
    Pull { size: Option<i64>, sha1: Option<Digest> },
}

/// How an upload or a fetch ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrival {
    Whole(Content),
    Broken,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Created(SessionNo),
    Added(FileSeen),
    Validated(Validation),
    /// Success without a result.
    Nothing,
    Opened(UploadNo),
    /// An upload's success. It says that the bytes came, not that they are what was declared: that
    /// is for the file's status to say.
    Received,
    /// The call changed nothing, or what the server did was for nothing. Where two rules refuse it, the contract does not say which is first.
    Refused(Vec<Kind>),
    /// The answer is an error, and something changed all the same: the session is in ERROR (T4), or
    /// the file whose upload broke off is.
    Failed(Kind),
    /// Time went by.
    Passed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    InvalidArgument,
    InvalidRequest,
    NotAllowedInCurrentState,
    NotFound,
    ResourceBusy,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Validation {
    pub(crate) has_errors: bool,
    pub(crate) missing: BTreeSet<String>,
    pub(crate) invalid: BTreeSet<String>,
}

/// A call's answer, or the reasons for which it is refused.
type Judged = Result<Answer, Vec<Kind>>;

impl World {
    pub(crate) fn new(items: &[ItemType], settings: Settings) -> Self {
        let item = |kind: &ItemType| Item {
            kind: *kind,
            content_version: 1,
            modified: 0,
            files: BTreeMap::new(),
        };
        Self {
            settings,
            now: 0,
            items: items.iter().map(item).collect(),
            sessions: Vec::new(),
            links: Vec::new(),
            uploads: Vec::new(),
            fetches: Vec::new(),
            tokens: BTreeMap::new(),
        }
    }

    pub(crate) fn session(&self, number: SessionNo) -> Option<&Session> {
        self.sessions.get(number)?.as_ref()
    }

    /// Lets one thing happen. Who asks makes a difference to create and list only (OPEN-31).
    pub(crate) fn step(&mut self, Step { by, action }: &Step) -> Answer {
        let judged = match action {
            Action::Create { item, token, behavior } => self.create(*item, *by, *token, behavior),
            Action::Update { session, behavior } => self.update(*session, behavior.as_ref()),
            Action::Complete { session } => self.complete(*session),
            Action::KeepAlive { session, progress } => self.keep_alive(*session, *progress),
            Action::Cancel { session } => self.end(*session, State::Canceled),
            Action::Fail { session, text } => {
                self.end(*session, State::Error(Why::Client((*text).to_owned())))
            }
            Action::Delete { session } => self.delete(*session),
            Action::Add { session, name, spec } => self.add(*session, name, spec),
            Action::Remove { session, name } => self.remove(*session, name),
            Action::Validate { session } => self.validate(*session),
            Action::Open { link } => self.open(*link),
            Action::Progress { upload, bytes } => self.progress(*upload, *bytes),
            Action::Close { upload, arrival } => self.close(*upload, arrival),
            Action::Fetch { fetch, bytes } => self.fetch(*fetch, *bytes),
            Action::EndFetch { fetch, arrival } => self.end_fetch(*fetch, arrival),
            Action::Wait { millis } => self.wait(*millis),
        };
        judged.unwrap_or_else(Answer::Refused)
    }

    /// T8 and T10. At its instant a session is gone at once (OPEN-22).
    fn wait(&mut self, millis: Millis) -> Judged {
        self.now += millis;
        let (now, Settings { shows_expired, kept, .. }) = (self.now, self.settings);
        for slot in &mut self.sessions {
            let Some(session) = slot else { continue };
            if session.is_worked_for() {
                continue;
            }
            if session.expires <= now && session.state.is_active() && shows_expired {
                session.state = State::Error(Why::Server);
                session.expires += kept;
            }
            if session.expires <= now {
                *slot = None;
            }
        }
        Ok(Answer::Passed)
    }

    /// T1.
    fn create(
        &mut self,
        item: ItemNo,
        creator: User,
        token: Option<Token>,
        behavior: &BTreeMap<Warning, bool>,
    ) -> Judged {
        // A repeat answers with the first session while there is one, and is looked for before
        // anything else is judged; the scope of a token is its user and the operation (OPEN-2).
        let first = token.and_then(|token| self.tokens.get(&(creator, token)).copied());
        if let Some(first) = first.filter(|first| self.session(*first).is_some()) {
            return Ok(Answer::Created(first));
        }
        let on = self.items.get(item).ok_or(vec![Kind::NotFound])?;
        // Only an ACTIVE session stands in the way (OPEN-23).
        let blocks = |it: &Session| it.state.is_active() || self.settings.ended_blocks;
        if self.sessions.iter().flatten().any(|it| it.item == item && blocks(it)) {
            return Err(vec![Kind::ResourceBusy]);
        }
        let untouched = |(name, file): (&Name, &Stored)| (*name, File::Untouched(file.clone()));
        let number = self.sessions.len();
        self.sessions.push(Some(Session {
            item,
            creator,
            state: State::Active,
            content_version: on.content_version,
            progress: 0,
            expires: self.now + self.settings.time_out,
            files: on.files.iter().map(untouched).collect(),
            behavior: behavior.clone(),
        }));
        if let Some(token) = token {
            self.tokens.insert((creator, token), number);
        }
        Ok(Answer::Created(number))
    }

    /// The session, if its state allows the call and there is no other reason against it. What is
    /// accepted is activity (OPEN-22). Of several reasons the contract does not say which counts.
    fn accept(
        &mut self,
        session: SessionNo,
        allowed: fn(&State) -> bool,
        other: Vec<Kind>,
    ) -> Result<&mut Session, Vec<Kind>> {
        let until = self.now + self.settings.time_out;
        let (own, session) = match self.sessions.get_mut(session).and_then(Option::as_mut) {
            None => (Some(Kind::NotFound), None),
            Some(it) if !allowed(&it.state) => (Some(Kind::NotAllowedInCurrentState), None),
            Some(it) => (None, Some(it)),
        };
        let reasons: Vec<Kind> = own.into_iter().chain(other).collect();
        let session = session.filter(|_| reasons.is_empty()).ok_or(reasons)?;
        session.expires = until;
        Ok(session)
    }

    /// Once complete was accepted there is nothing left to change (OPEN-36).
    fn update(&mut self, session: SessionNo, behavior: Option<&BTreeMap<Warning, bool>>) -> Judged {
        let merges = self.settings.merges_behavior;
        let session = self.accept(session, State::is_open, vec![])?;
        if let Some(behavior) = behavior {
            // Replaced as a whole (OPEN-4).
            if !merges {
                session.behavior.clear();
            }
            session.behavior.extend(behavior);
        }
        Ok(Answer::Nothing)
    }

    fn keep_alive(&mut self, session: SessionNo, progress: Option<i64>) -> Judged {
        // Outside of 0 to 100 it is refused, and a lower one is accepted and ignored (OPEN-6).
        let in_range = progress.is_none_or(|progress| (0..=100).contains(&progress));
        let wrong = !in_range && self.settings.refuses_progress;
        let why = reason(wrong, Kind::InvalidArgument);
        let session = self.accept(session, State::is_active, why)?;
        let progress = progress.unwrap_or_default().clamp(0, 100);
        session.progress = session.progress.max(progress);
        Ok(Answer::Nothing)
    }

    /// T5 and T7. The files stay as the session last saw them. Its transfers stop: its links are
    /// good no longer.
    fn end(&mut self, session: SessionNo, state: State) -> Judged {
        let until = self.now + self.settings.kept;
        let session = self.accept(session, State::is_active, vec![])?;
        session.state = state;
        session.expires = until;
        Ok(Answer::Nothing)
    }

    /// T9.
    fn delete(&mut self, session: SessionNo) -> Judged {
        let it = self.session(session).ok_or(vec![Kind::NotFound])?;
        if it.state.is_active() {
            return Err(vec![Kind::NotAllowedInCurrentState]);
        }
        self.sessions[session] = None;
        Ok(Answer::Nothing)
    }

    /// T2, T3 and T4.
    fn complete(&mut self, number: SessionNo) -> Judged {
        let session = self.session(number).ok_or(vec![Kind::NotFound])?;
        let adapter = self.adapter(number);
        if session.state != State::Active || !session.all_sent() {
            return Err(vec![Kind::NotAllowedInCurrentState]);
        }
        if session.findings(adapter).has_errors {
            return Err(vec![Kind::NotAllowedInCurrentState]);
        }
        if session.warnings(adapter).values().any(|ignored| !ignored) {
            if !self.settings.warning_fails {
                return Err(vec![Kind::NotAllowedInCurrentState]);
            }
            // Both the error and the state ERROR (OPEN-5).
            self.end(number, State::Error(Why::Server))?;
            return Ok(Answer::Failed(Kind::NotAllowedInCurrentState));
        }
        if session.is_fetching() {
            // What is there was judged; what is fetched will be, at its end.
            self.accept(number, State::is_open, vec![])?.state = State::Completing;
            self.begin_fetches(number);
            return Ok(Answer::Nothing);
        }
        self.publish(number)
    }

    /// T2: what the session did becomes visible.
    fn publish(&mut self, number: SessionNo) -> Judged {
        let adapter = self.adapter(number);
        self.end(number, State::Done)?;
        let session = self.sessions[number].as_ref().expect("it has just ended");
        let item = &mut self.items[session.item];
        let before = std::mem::take(&mut item.files);
        for (name, file) in session.files.iter().filter(|(name, _)| adapter.keeps(name)) {
            let stored = match file {
                File::Untouched(stored) => stored.clone(),
                File::Added(Added { transfer: Transfer::Ready(content), .. }) => {
                    let version = before.get(name).map_or(0, |old| old.version) + 1;
                    Stored { size: content.size, sha1: content.sha1, version }
                }
                File::Added(_) => unreachable!("everything was received"),
            };
            item.files.insert(name, stored);
        }
        item.content_version += 1;
        item.modified = self.now;
        Ok(Answer::Nothing)
    }

    /// Refused once the session has ended (OPEN-8), or is to (OPEN-36).
    fn add(&mut self, session: SessionNo, name: Name, spec: &Spec) -> Judged {
        let adapter = self.adapter(session);
        let (source, size, sha1) = match spec {
            Spec::None => return self.restore(session, name),
            Spec::Push { size, sha1 } => (Source::Push(self.links.len()), size, *sha1),
            Spec::Pull { size, sha1 } => (Source::Pull, size, *sha1),
        };
        let late = self.session(session).is_some_and(|it| !adapter.may_join(name, &it.files));
        let mut reasons = reason(matches!(size, Some(..0)), Kind::InvalidArgument);
        reasons.extend(reason(late, Kind::NotAllowedInCurrentState));
        let it = self.accept(session, State::is_open, reasons)?;
        let size = size.map(i64::unsigned_abs);
        let file = Added { source, size, sha1, bytes: 0, transfer: Transfer::Waiting };
        let seen = file.seen(name, adapter);
        it.files.insert(name, File::Added(file));
        match source {
            Source::Push(_) => self.links.push(Link { session, name }),
            // OPEN-36: the fetch starts at add. The answer shows the file before that.
            Source::Pull if !self.settings.fetches_late => self.begin_fetches(session),
            Source::Pull => {}
        }
        Ok(Answer::Added(seen))
    }

    /// OPEN-10: NONE is no source of an added file. The other reading is that the item's own file of
    /// that name is as it was.
    fn restore(&mut self, session: SessionNo, name: Name) -> Judged {
        let adapter = self.adapter(session);
        let item = self.session(session).map(|it| &self.items[it.item]);
        let own = item.and_then(|item| item.files.get(name)).cloned();
        let own = own.filter(|_| self.settings.none_restores);
        let it =
            self.accept(session, State::is_open, reason(own.is_none(), Kind::InvalidArgument))?;
        let file = File::Untouched(own.expect("else there is a reason"));
        let seen = file.seen(name, adapter);
        it.files.insert(name, file);
        Ok(Answer::Added(seen))
    }

    /// Refused once the session has ended (OPEN-8), or is to (OPEN-36). A file that only the session
    /// has is dropped (OPEN-10).
    fn remove(&mut self, session: SessionNo, name: Name) -> Judged {
        let lacks = self.session(session).is_some_and(|it| !it.files.contains_key(name));
        let why = reason(lacks, Kind::InvalidArgument);
        self.accept(session, State::is_open, why)?.files.remove(name);
        Ok(Answer::Nothing)
    }

    /// Looks, and is no activity (OPEN-22).
    fn validate(&self, session: SessionNo) -> Judged {
        let it = self.session(session).ok_or(vec![Kind::NotFound])?;
        if it.state != State::Active || !it.all_sent() {
            return Err(vec![Kind::NotAllowedInCurrentState]);
        }
        Ok(Answer::Validated(it.findings(self.adapter(session))))
    }

    pub(crate) fn adapter(&self, session: SessionNo) -> Adapter {
        let kind = self.session(session).map_or(ItemType::Plain, |it| self.items[it.item].kind);
        Adapter { kind, any_case: self.settings.any_case }
    }

    // -----------------------------------------------------------------------------------------
    // Uploads (OPEN-11)
    // -----------------------------------------------------------------------------------------

    pub(crate) fn is_good(&self, link: LinkNo) -> bool {
        self.clone().target(link).is_ok()
    }

    /// The session and the file of a link that is good: until its file is added again or removed,
    /// or the session ends. An unknown link is not found, like an unknown id.
    fn target(&self, link: LinkNo) -> Result<(SessionNo, Name), Vec<Kind>> {
        let unknown = || vec![Kind::NotFound];
        let Link { session, name } = *self.links.get(link).ok_or_else(unknown)?;
        let it = self.session(session).filter(|it| it.state.is_active()).ok_or_else(unknown)?;
        match it.files.get(name) {
            Some(File::Added(file)) if file.source == Source::Push(link) => Ok((session, name)),
            _ => Err(unknown()),
        }
    }

    /// The file that an upload is filling.
    fn running(&self, upload: UploadNo) -> Result<(SessionNo, Name), Vec<Kind>> {
        let (session, name) = self.target(self.uploads[upload].link)?;
        let it = self.session(session).expect("its link is good");
        match &it.files[name] {
            File::Added(file) if file.transfer == Transfer::Transferring(upload) => {
                Ok((session, name))
            }
            _ => Err(vec![Kind::NotFound]),
        }
    }

    /// A file that is there, and until when its session lives.
    fn file(&mut self, (session, name): (SessionNo, Name)) -> (&mut Added, &mut Millis) {
        let session = self.sessions[session].as_mut().expect("it was just looked up");
        match session.files.get_mut(name) {
            Some(File::Added(file)) => (file, &mut session.expires),
            _ => unreachable!("it was just looked up"),
        }
    }

    fn open(&mut self, link: LinkNo) -> Judged {
        let target = self.target(link)?;
        let (upload, until) = (self.uploads.len(), self.now + self.settings.time_out);
        let is_open = self.session(target.0).is_some_and(|it| it.state.is_open());
        let again = self.settings.upload_again;
        let (file, expires) = self.file(target);
        let expected = match file.transfer {
            Transfer::Waiting => true,
            // A later upload replaces an earlier one (OPEN-11).
            Transfer::Ready(_) => again,
            // One at a time; after an error the file is to be added again (OPEN-11, OPEN-21).
            Transfer::Transferring(_) | Transfer::Error => false,
        };
        if !expected || !is_open {
            return Err(vec![Kind::NotAllowedInCurrentState]);
        }
        file.transfer = Transfer::Transferring(upload);
        file.bytes = 0;
        // A change that was accepted is activity (OPEN-22).
        *expires = until;
        self.uploads.push(Upload { link, closed: false });
        Ok(Answer::Opened(upload))
    }

    fn progress(&mut self, upload: UploadNo, bytes: u64) -> Judged {
        let target = self.running(upload)?;
        self.count(target, bytes)
    }

    /// Bytes that arrive are activity (OPEN-22).
    fn count(&mut self, target: (SessionNo, Name), bytes: u64) -> Judged {
        let until = self.now + self.settings.time_out;
        let (file, expires) = self.file(target);
        file.bytes += bytes;
        *expires = until;
        Ok(Answer::Received)
    }

    fn close(&mut self, upload: UploadNo, arrival: &Arrival) -> Judged {
        self.uploads[upload].closed = true;
        let target = self.running(upload)?;
        match arrival {
            Arrival::Whole(content) => self.arrive(target, content),
            // It brings nothing and is refused, so it is no activity (OPEN-22).
            Arrival::Broken => {
                self.file(target).0.transfer = Transfer::Error;
                Ok(Answer::Failed(Kind::InvalidRequest))
            }
        }
    }

    /// All bytes of a file are there.
    fn arrive(&mut self, target: (SessionNo, Name), content: &Content) -> Judged {
        self.count(target, 0)?;
        let adapter = self.adapter(target.0);
        let (file, _) = self.file(target);
        file.bytes = content.size;
        let right = file.size.is_none_or(|size| size == content.size)
            && file.sha1.is_none_or(|sha1| sha1 == content.sha1);
        // T6: the storage does not take what is right.
        let lost = right && adapter.kind == ItemType::Ovf && content.inside.unwritable;
        let ready = right && !lost;
        file.transfer = if ready { Transfer::Ready(content.clone()) } else { Transfer::Error };
        // A failure of the server's is the session's, at once; a wrong size or checksum is the
        // file's (OPEN-21). Neither shows in the answer of an upload.
        if lost || !right && self.settings.mismatch_fails {
            self.end(target.0, State::Error(Why::Server))?;
        }
        self.settle(target.0)?;
        Ok(Answer::Received)
    }

    // -----------------------------------------------------------------------------------------
    // Fetches (10.9, OPEN-36)
    // -----------------------------------------------------------------------------------------

    /// The server begins to fetch what waits for it. What it does is seen as it is of an upload.
    fn begin_fetches(&mut self, session: SessionNo) {
        let it = self.sessions[session].as_mut().expect("a file was added to it");
        for (name, file) in &mut it.files {
            if let File::Added(file) = file
                && (file.source, &file.transfer) == (Source::Pull, &Transfer::Waiting)
            {
                file.transfer = Transfer::Transferring(self.fetches.len());
                self.fetches.push(Fetch { session, name, closed: false });
            }
        }
    }

    /// The file that a fetch is filling. If there is none, it is for nothing.
    fn fetched(&self, fetch: FetchNo) -> Result<(SessionNo, Name), Vec<Kind>> {
        let Fetch { session, name, .. } = self.fetches[fetch];
        let it = self.session(session).filter(|it| it.state.is_active()).ok_or(vec![])?;
        match it.files.get(name) {
            Some(File::Added(file))
                if (file.source, &file.transfer)
                    == (Source::Pull, &Transfer::Transferring(fetch)) =>
            {
                Ok((session, name))
            }
            _ => Err(vec![]),
        }
    }

    pub(crate) fn is_fetched(&self, fetch: FetchNo) -> bool {
        self.fetched(fetch).is_ok()
    }

    fn fetch(&mut self, fetch: FetchNo, bytes: u64) -> Judged {
        let target = self.fetched(fetch)?;
        self.count(target, bytes)
    }

    fn end_fetch(&mut self, fetch: FetchNo, arrival: &Arrival) -> Judged {
        self.fetches[fetch].closed = true;
        let target = self.fetched(fetch)?;
        match arrival {
            Arrival::Whole(content) => self.arrive(target, content),
            // T6.
            Arrival::Broken => {
                self.file(target).0.transfer = Transfer::Error;
                self.end(target.0, State::Error(Why::Server))?;
                Ok(Answer::Received)
            }
        }
    }

    /// T2 with PULL: the last file that a completing session waits for completes it. Nobody is there
    /// to be refused, so what would be a reason to refuse fails it (T6).
    fn settle(&mut self, session: SessionNo) -> Judged {
        let adapter = self.adapter(session);
        let Some(it) = self.session(session) else { return Ok(Answer::Nothing) };
        if it.state != State::Completing || it.is_fetching() {
            return Ok(Answer::Nothing);
        }
        let warned = it.warnings(adapter).values().any(|ignored| !ignored);
        if warned || !it.all_sent() || it.findings(adapter).has_errors {
            return self.end(session, State::Error(Why::Server));
        }
        self.publish(session)
    }
}

fn reason(applies: bool, kind: Kind) -> Vec<Kind> {
    if applies { vec![kind] } else { vec![] }
}

impl State {
    /// Whether files may change.
    pub(crate) fn is_open(&self) -> bool {
        *self == Self::Active
    }

    /// Whether clients are told that it is ACTIVE.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self, Self::Active | Self::Completing)
    }
}

impl Session {
    fn added(&self) -> impl Iterator<Item = (Name, &Added)> {
        self.files.iter().filter_map(|(name, file)| match file {
            File::Added(file) => Some((*name, file)),
            File::Untouched(_) => None,
        })
    }

    /// Whether everything that the client sends was received, and nothing else has failed.
    fn all_sent(&self) -> bool {
        self.added().all(|(_, file)| match file.source {
            Source::Push(_) => matches!(file.transfer, Transfer::Ready(_)),
            Source::Pull => file.transfer != Transfer::Error,
        })
    }

    /// Whether the server is fetching something for it. That is activity for as long as it takes.
    pub(crate) fn is_worked_for(&self) -> bool {
        let runs = |file: &Added| matches!(file.transfer, Transfer::Transferring(_));
        self.state.is_active()
            && self.added().any(|(_, file)| file.source == Source::Pull && runs(file))
    }

    /// Whether the server has something left to fetch.
    fn is_fetching(&self) -> bool {
        let left = |file: &Added| !matches!(file.transfer, Transfer::Ready(_) | Transfer::Error);
        self.added().any(|(_, file)| file.source == Source::Pull && left(file))
    }

    /// What the type adapter looks into: files that arrived in this session, of an item of its type.
    fn contents(&self, adapter: Adapter) -> impl Iterator<Item = (Name, &Content)> {
        let looked_into = self.added().filter(move |_| adapter.kind == ItemType::Ovf);
        looked_into.filter_map(|(name, file)| match &file.transfer {
            Transfer::Ready(content) => Some((name, content)),
            _ => None,
        })
    }

    /// What the type adapter finds: the files that a descriptor names and the session lacks, and
    /// those that cannot be used.
    fn findings(&self, adapter: Adapter) -> Validation {
        // Whatever else was found in a file: only a descriptor needs others.
        let descriptors =
            self.contents(adapter).filter(|(name, _)| adapter.part(name) == Part::Descriptor);
        let needs = descriptors.flat_map(|(_, content)| &content.inside.needs);
        let missing: BTreeSet<_> = needs
            .filter(|name| !self.files.contains_key(*name))
            .map(|name| (*name).to_owned())
            .collect();
        let invalid: BTreeSet<_> = self
            .contents(adapter)
            .filter(|(_, content)| content.inside.invalid)
            .map(|(name, _)| name.to_owned())
            .collect();
        let has_errors = !missing.is_empty() || !invalid.is_empty();
        Validation { has_errors, missing, invalid }
    }

    /// 10.7, made anew from the files whenever it is asked for (OPEN-25).
    pub(crate) fn preview(&self, adapter: Adapter) -> Preview {
        let metadata = || {
            let parts = self.added().map(|(name, file)| (adapter.part(name), file));
            parts.filter(|(part, _)| *part != Part::Other)
        };
        // A descriptor in ERROR is as good as none: it has to be added again.
        let usable = |file: &Added| file.transfer != Transfer::Error;
        if !metadata().any(|(part, file)| part == Part::Descriptor && usable(file)) {
            let completing = self.state == State::Completing;
            return if completing { Preview::NotApplicable } else { Preview::Unavailable };
        }
        let received = |file: &Added| matches!(file.transfer, Transfer::Ready(_));
        if metadata().any(|(_, file)| !received(file)) {
            return Preview::Preparing;
        }
        Preview::Available(self.warnings(adapter))
    }

    /// The warnings that are raised, and whether each is ignored.
    fn warnings(&self, adapter: Adapter) -> BTreeMap<Warning, bool> {
        self.contents(adapter)
            .filter(|(name, _)| adapter.part(name) == Part::Certificate)
            .flat_map(|(_, content)| content.inside.warnings.iter().copied())
            .map(|warning| (warning, self.behavior.get(&warning) == Some(&true)))
            .collect()
    }
}

/// What the type of an item makes of its files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Adapter {
    kind: ItemType,
    any_case: bool,
}

/// What a file of an item of type OVF is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Descriptor,
    Manifest,
    Certificate,
    Other,
}

impl Adapter {
    /// By its extension, whatever its case (OPEN-28).
    fn part(self, name: &str) -> Part {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let lower = if self.any_case { extension.to_lowercase() } else { extension.to_owned() };
        match (self.kind, lower.as_str()) {
            (ItemType::Ovf, "ovf") => Part::Descriptor,
            (ItemType::Ovf, "mf") => Part::Manifest,
            (ItemType::Ovf, "cert") => Part::Certificate,
            _ => Part::Other,
        }
    }

    /// Manifest and certificate are added before the descriptor. One that the item already had was
    /// not added by this session.
    fn may_join(self, name: &str, files: &BTreeMap<Name, File>) -> bool {
        let added = |(name, file): (&Name, &File)| {
            self.part(name) == Part::Descriptor && matches!(file, File::Added(_))
        };
        self.keeps(name) || !files.iter().any(added)
    }

    /// Whether an item keeps a file of this name.
    pub(crate) fn keeps(self, name: &str) -> bool {
        !matches!(self.part(name), Part::Manifest | Part::Certificate)
    }
}
