//! What the contract says of update sessions, in its section 10, as plain data and one function.
//!
//! The contract is this project's restatement of the vendor's published API. The reference was
//! written from it and from nothing else: it shares no type with the simulator and knows neither
//! HTTP nor identifiers; items, sessions, links and uploads are numbers in the order in which they
//! came. `T3` and `OPEN-22` are the contract's names of a transition and of a point that it leaves
//! open; beside each open point stands the reading that is taken here, which is the one that the
//! contract suggests to a simulator.
//!
//! Covered: the states (10.1); the transitions T1 to T10, of T6 the storage that does not take a file
//! (10.2); every operation in every state (10.3); expiration (10.4); progress (10.5); visibility and
//! versions (10.6); the preview (10.7); a file's transfer status (10.8); sources PUSH and NONE (10.9);
//! manifest and certificate before the descriptor, and not kept (10.10).
//!
//! Not covered yet: files that the server fetches, and with them the time between an accepted
//! complete and DONE (T2 with PULL, OPEN-36): [`State`] gets a fifth value whose wire form is ACTIVE,
//! [`File`] a third kind, and [`World::wait`] a second thing that is due. Archives (OPEN-29),
//! privileges, subscribed libraries, libraries in maintenance (OPEN-32), deleted items (OPEN-33).
//! A reading that becomes a setting of the simulator becomes a field of [`Settings`].

use std::collections::{BTreeMap, BTreeSet};

use crate::seen::{FileSeen, Preview};

pub(crate) type Millis = u64;
pub(crate) type User = usize;
pub(crate) type ItemNo = usize;
pub(crate) type SessionNo = usize;
pub(crate) type LinkNo = usize;
pub(crate) type UploadNo = usize;
pub(crate) type Token = usize;
pub(crate) type Name = &'static str;
/// SHA-1 in lower-case hex, the only digest that a file here declares.
pub(crate) type Digest = &'static str;

/// What the contract lets a server choose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Settings {
    /// How long a session lives without activity (10.4: five minutes).
    pub(crate) time_out: Millis,
    /// How long an ended session is kept if nobody deletes it (T10 leaves the length open).
    pub(crate) kept: Millis,
}

impl Default for Settings {
    fn default() -> Self {
        Self { time_out: 5 * 60_000, kept: 24 * 3_600_000 }
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
    /// It is not gone before this, and gone at it (OPEN-22).
    pub(crate) expires: Millis,
    /// The item's files as the session sees them.
    pub(crate) files: BTreeMap<Name, File>,
    pub(crate) behavior: Vec<(Warning, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    Active,
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
    Pushed(Pushed),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Pushed {
    pub(crate) size: Option<u64>,
    pub(crate) sha1: Option<Digest>,
    pub(crate) link: LinkNo,
    pub(crate) bytes: u64,
    pub(crate) transfer: Transfer,
}

/// VALIDATING is never seen: a file is checked before the upload is answered, since clients complete
/// right after that answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Transfer {
    Waiting,
    Transferring(UploadNo),
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
        behavior: Vec<(Warning, bool)>,
    },
    Update {
        session: SessionNo,
        behavior: Option<Vec<(Warning, bool)>>,
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
    Wait {
        millis: Millis,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spec {
    None,
    Push { size: Option<i64>, sha1: Option<Digest> },
}

/// How an upload ends.
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
    /// The call changed nothing. Where two rules refuse it, the contract does not say which is first.
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
    pub(crate) fn new(items: &[ItemType]) -> Self {
        let item = |kind: &ItemType| Item {
            kind: *kind,
            content_version: 1,
            modified: 0,
            files: BTreeMap::new(),
        };
        Self {
            settings: Settings::default(),
            now: 0,
            items: items.iter().map(item).collect(),
            sessions: Vec::new(),
            links: Vec::new(),
            uploads: Vec::new(),
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
            Action::Wait { millis } => self.wait(*millis),
        };
        judged.unwrap_or_else(Answer::Refused)
    }

    /// T8 and T10. At its instant a session is gone at once (OPEN-22).
    fn wait(&mut self, millis: Millis) -> Judged {
        self.now += millis;
        for session in &mut self.sessions {
            if session.as_ref().is_some_and(|it| it.expires <= self.now) {
                *session = None;
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
        behavior: &[(Warning, bool)],
    ) -> Judged {
        // A repeat answers with the first session while there is one, and is looked for before
        // anything else is judged; the scope of a token is its user and the operation (OPEN-2).
        let first = token.and_then(|token| self.tokens.get(&(creator, token)).copied());
        if let Some(first) = first.filter(|first| self.session(*first).is_some()) {
            return Ok(Answer::Created(first));
        }
        let on = self.items.get(item).ok_or(vec![Kind::NotFound])?;
        // Only an ACTIVE session stands in the way (OPEN-23).
        if self.sessions.iter().flatten().any(|it| it.item == item && it.state == State::Active) {
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
            behavior: behavior.to_vec(),
        }));
        if let Some(token) = token {
            self.tokens.insert((creator, token), number);
        }
        Ok(Answer::Created(number))
    }

    /// The session, if it is ACTIVE and there is no other reason against the call either. What is
    /// accepted is activity (OPEN-22). Of several reasons the contract does not say which counts.
    fn active(&mut self, session: SessionNo, other: Vec<Kind>) -> Result<&mut Session, Vec<Kind>> {
        let until = self.now + self.settings.time_out;
        let (own, session) = match self.sessions.get_mut(session).and_then(Option::as_mut) {
            None => (Some(Kind::NotFound), None),
            Some(it) if it.state != State::Active => (Some(Kind::NotAllowedInCurrentState), None),
            Some(it) => (None, Some(it)),
        };
        let reasons: Vec<Kind> = own.into_iter().chain(other).collect();
        let session = session.filter(|_| reasons.is_empty()).ok_or(reasons)?;
        session.expires = until;
        Ok(session)
    }

    fn update(&mut self, session: SessionNo, behavior: Option<&Vec<(Warning, bool)>>) -> Judged {
        let session = self.active(session, vec![])?;
        // Replaced as a whole (OPEN-4).
        session.behavior = behavior.unwrap_or(&session.behavior).clone();
        Ok(Answer::Nothing)
    }

    fn keep_alive(&mut self, session: SessionNo, progress: Option<i64>) -> Judged {
        // Outside of 0 to 100 it is refused, and a lower one is accepted and ignored (OPEN-6).
        let in_range = progress.is_none_or(|progress| (0..=100).contains(&progress));
        let session = self.active(session, reason(!in_range, Kind::InvalidArgument))?;
        session.progress = session.progress.max(progress.unwrap_or_default());
        Ok(Answer::Nothing)
    }

    /// T5 and T7. The files stay as the session last saw them. Its transfers stop: its links are
    /// good no longer.
    fn end(&mut self, session: SessionNo, state: State) -> Judged {
        let until = self.now + self.settings.kept;
        let session = self.active(session, vec![])?;
        session.state = state;
        session.expires = until;
        Ok(Answer::Nothing)
    }

    /// T9.
    fn delete(&mut self, session: SessionNo) -> Judged {
        let it = self.session(session).ok_or(vec![Kind::NotFound])?;
        if it.state == State::Active {
            return Err(vec![Kind::NotAllowedInCurrentState]);
        }
        self.sessions[session] = None;
        Ok(Answer::Nothing)
    }

    /// T2, T3 and T4.
    fn complete(&mut self, number: SessionNo) -> Judged {
        let session = self.session(number).ok_or(vec![Kind::NotFound])?;
        let (item, kind) = (session.item, self.items[session.item].kind);
        let ready = session.all_received() && !session.findings(kind).has_errors;
        if session.state != State::Active || !ready {
            return Err(vec![Kind::NotAllowedInCurrentState]);
        }
        if session.warnings(kind).iter().any(|(_, ignored)| !ignored) {
            // Both the error and the state ERROR (OPEN-5).
            self.end(number, State::Error(Why::Server))?;
            return Ok(Answer::Failed(Kind::NotAllowedInCurrentState));
        }
        let files = session.files.clone();
        self.end(number, State::Done)?;
        let item = &mut self.items[item];
        let before = std::mem::take(&mut item.files);
        for (name, file) in files.into_iter().filter(|(name, _)| is_kept(kind, name)) {
            let stored = match file {
                File::Untouched(stored) => stored,
                File::Pushed(Pushed { transfer: Transfer::Ready(content), .. }) => {
                    let version = before.get(name).map_or(0, |old| old.version) + 1;
                    Stored { size: content.size, sha1: content.sha1, version }
                }
                File::Pushed(_) => unreachable!("everything was received"),
            };
            item.files.insert(name, stored);
        }
        item.content_version += 1;
        item.modified = self.now;
        Ok(Answer::Nothing)
    }

    /// Refused once the session has ended (OPEN-8).
    fn add(&mut self, session: SessionNo, name: Name, spec: &Spec) -> Judged {
        let link = self.links.len();
        let kind = self.kind_of(session);
        // OPEN-10: NONE is no source of an added file.
        let pushed = match spec {
            Spec::None | Spec::Push { size: Some(..0), .. } => None,
            Spec::Push { size, sha1 } => Some((size.map(i64::unsigned_abs), *sha1)),
        };
        let late = kind == ItemType::Ovf
            && self.session(session).is_some_and(|it| !Part::of(name).may_join(&it.files));
        let mut reasons = reason(pushed.is_none(), Kind::InvalidArgument);
        reasons.extend(reason(late, Kind::NotAllowedInCurrentState));
        let it = self.active(session, reasons)?;
        let (size, sha1) = pushed.expect("else there is a reason");
        let file = Pushed { size, sha1, link, bytes: 0, transfer: Transfer::Waiting };
        let seen = file.seen(name, kind);
        it.files.insert(name, File::Pushed(file));
        self.links.push(Link { session, name });
        Ok(Answer::Added(seen))
    }

    /// Refused once the session has ended (OPEN-8). A file that only the session has is dropped
    /// (OPEN-10).
    fn remove(&mut self, session: SessionNo, name: Name) -> Judged {
        let lacks = self.session(session).is_some_and(|it| !it.files.contains_key(name));
        let it = self.active(session, reason(lacks, Kind::InvalidArgument))?;
        it.files.remove(name);
        Ok(Answer::Nothing)
    }

    /// Looks, and is no activity (OPEN-22).
    fn validate(&self, session: SessionNo) -> Judged {
        let it = self.session(session).ok_or(vec![Kind::NotFound])?;
        if it.state != State::Active || !it.all_received() {
            return Err(vec![Kind::NotAllowedInCurrentState]);
        }
        Ok(Answer::Validated(it.findings(self.kind_of(session))))
    }

    fn kind_of(&self, session: SessionNo) -> ItemType {
        self.session(session).map_or(ItemType::Plain, |it| self.items[it.item].kind)
    }

    // -----------------------------------------------------------------------------------------
    // Uploads (OPEN-11)
    // -----------------------------------------------------------------------------------------

    pub(crate) fn is_good(&self, link: LinkNo) -> bool {
        self.clone().target(link).is_ok()
    }

    /// The session and the file of a link that is good: until its file is added again or removed,
    /// or the session ends. An unknown link is not found, like an unknown id.
    fn target(&mut self, link: LinkNo) -> Result<(&mut Pushed, &mut Millis), Vec<Kind>> {
        let unknown = || vec![Kind::NotFound];
        let Link { session, name } = *self.links.get(link).ok_or_else(unknown)?;
        let session = self.sessions[session].as_mut().ok_or_else(unknown)?;
        match session.files.get_mut(name) {
            Some(File::Pushed(file)) if session.state == State::Active && file.link == link => {
                Ok((file, &mut session.expires))
            }
            _ => Err(unknown()),
        }
    }

    fn open(&mut self, link: LinkNo) -> Judged {
        let upload = self.uploads.len();
        let until = self.now + self.settings.time_out;
        let (file, expires) = self.target(link)?;
        match file.transfer {
            // A later upload replaces an earlier one (OPEN-11).
            Transfer::Waiting | Transfer::Ready(_) => {
                file.transfer = Transfer::Transferring(upload);
                file.bytes = 0;
                // A change that was accepted is activity (OPEN-22).
                *expires = until;
                self.uploads.push(Upload { link, closed: false });
                Ok(Answer::Opened(upload))
            }
            // One at a time; after an error the file is to be added again (OPEN-11, OPEN-21).
            Transfer::Transferring(_) | Transfer::Error => {
                Err(vec![Kind::NotAllowedInCurrentState])
            }
        }
    }

    /// The file that an upload is filling, and until when its session lives.
    fn running(&mut self, upload: UploadNo) -> Result<(&mut Pushed, &mut Millis), Vec<Kind>> {
        let (file, expires) = self.target(self.uploads[upload].link)?;
        if file.transfer != Transfer::Transferring(upload) {
            return Err(vec![Kind::NotFound]);
        }
        Ok((file, expires))
    }

    /// Bytes that arrive are activity (OPEN-22).
    fn progress(&mut self, upload: UploadNo, bytes: u64) -> Judged {
        let until = self.now + self.settings.time_out;
        let (file, expires) = self.running(upload)?;
        file.bytes += bytes;
        *expires = until;
        Ok(Answer::Received)
    }

    fn close(&mut self, upload: UploadNo, arrival: &Arrival) -> Judged {
        let until = self.now + self.settings.time_out;
        self.uploads[upload].closed = true;
        let session = self.links[self.uploads[upload].link].session;
        let kind = self.kind_of(session);
        let (file, expires) = self.running(upload)?;
        // One that breaks off brings nothing and is refused, so it is no activity (OPEN-22).
        let Arrival::Whole(content) = arrival else {
            file.transfer = Transfer::Error;
            return Ok(Answer::Failed(Kind::InvalidRequest));
        };
        *expires = until;
        file.bytes = content.size;
        // A wrong size or checksum is the file's error, not the session's (OPEN-21).
        let right = file.size.is_none_or(|size| size == content.size)
            && file.sha1.is_none_or(|sha1| sha1 == content.sha1);
        // T6: what is right and the storage does not take is the file's error and the session's, at
        // once (OPEN-21), and does not show in the answer.
        let lost = right && kind == ItemType::Ovf && content.inside.unwritable;
        let ready = right && !lost;
        file.transfer = if ready { Transfer::Ready(content.clone()) } else { Transfer::Error };
        if lost {
            self.end(session, State::Error(Why::Server))?;
        }
        Ok(Answer::Received)
    }
}

fn reason(applies: bool, kind: Kind) -> Vec<Kind> {
    if applies { vec![kind] } else { vec![] }
}

impl Session {
    fn all_received(&self) -> bool {
        self.files.values().all(|file| match file {
            File::Untouched(_) => true,
            File::Pushed(file) => matches!(file.transfer, Transfer::Ready(_)),
        })
    }

    /// What the type adapter looks into: files that arrived in this session.
    fn contents(&self) -> impl Iterator<Item = (Name, &Content)> {
        self.files.iter().filter_map(|(name, file)| match file {
            File::Pushed(Pushed { transfer: Transfer::Ready(content), .. }) => {
                Some((*name, content))
            }
            File::Pushed(_) | File::Untouched(_) => None,
        })
    }

    /// What the type adapter finds: the files that a descriptor names and the session lacks, and
    /// those that cannot be used.
    fn findings(&self, kind: ItemType) -> Validation {
        let looks = kind == ItemType::Ovf;
        let contents = || self.contents().filter(|_| looks);
        let needs = contents().flat_map(|(_, content)| &content.inside.needs);
        let missing: BTreeSet<_> = needs
            .filter(|name| !self.files.contains_key(*name))
            .map(|name| (*name).to_owned())
            .collect();
        let invalid: BTreeSet<_> = contents()
            .filter(|(_, content)| content.inside.invalid)
            .map(|(name, _)| name.to_owned())
            .collect();
        let has_errors = !missing.is_empty() || !invalid.is_empty();
        Validation { has_errors, missing, invalid }
    }

    /// 10.7, made anew from the files whenever it is asked for (OPEN-25).
    pub(crate) fn preview(&self, kind: ItemType) -> Preview {
        let pushed = || {
            self.files.iter().filter_map(|(name, file)| match file {
                File::Pushed(file) if kind == ItemType::Ovf => Some((Part::of(name), file)),
                _ => None,
            })
        };
        // One in ERROR is as good as none: it has to be added again.
        let usable = |file: &Pushed| file.transfer != Transfer::Error;
        if !pushed().any(|(part, file)| part == Part::Descriptor && usable(file)) {
            return Preview::Unavailable;
        }
        let received = |file: &Pushed| matches!(file.transfer, Transfer::Ready(_));
        if pushed().any(|(part, file)| part != Part::Other && !received(file)) {
            return Preview::Preparing;
        }
        Preview::Available(self.warnings(kind))
    }

    /// The warnings that are raised, and whether each is ignored.
    fn warnings(&self, kind: ItemType) -> Vec<(Warning, bool)> {
        let raised: BTreeSet<Warning> = self
            .contents()
            .filter(|(name, _)| kind == ItemType::Ovf && Part::of(name) == Part::Certificate)
            .flat_map(|(_, content)| content.inside.warnings.iter().copied())
            .collect();
        let ignored = |warning| self.behavior.contains(&(warning, true));
        raised.into_iter().map(|warning| (warning, ignored(warning))).collect()
    }
}

/// What a file of an item of type OVF is, by its extension whatever its case (OPEN-28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Descriptor,
    Manifest,
    Certificate,
    Other,
}

impl Part {
    fn of(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, end)| end.to_lowercase()).as_deref() {
            Some("ovf") => Self::Descriptor,
            Some("mf") => Self::Manifest,
            Some("cert") => Self::Certificate,
            _ => Self::Other,
        }
    }

    /// Manifest and certificate are added before the descriptor. One that the item already had was
    /// not added by this session.
    fn may_join(self, files: &BTreeMap<Name, File>) -> bool {
        let added = |(name, file): (&Name, &File)| {
            Self::of(name) == Self::Descriptor && matches!(file, File::Pushed(_))
        };
        !matches!(self, Self::Manifest | Self::Certificate) || !files.iter().any(added)
    }
}

/// Whether an item keeps a file of this name.
pub(crate) fn is_kept(kind: ItemType, name: &str) -> bool {
    kind == ItemType::Plain || !matches!(Part::of(name), Part::Manifest | Part::Certificate)
}
