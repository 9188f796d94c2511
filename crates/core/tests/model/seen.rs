//! What clients can read of the reference's world. It decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::reference::{
    Adapter, Added, File, Item, ItemNo, LinkNo, Millis, Name, Session, SessionNo, Source, State,
    Stored, Transfer, User, Warning, World,
};

/// Everything that clients can read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    pub(crate) sessions: BTreeMap<SessionNo, SessionSeen>,
    pub(crate) items: Vec<ItemSeen>,
    /// The sessions that list names, by who asks and of which item.
    pub(crate) lists: BTreeMap<(User, Option<ItemNo>), BTreeSet<SessionNo>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionSeen {
    pub(crate) item: ItemNo,
    pub(crate) state: State,
    pub(crate) content_version: String,
    pub(crate) progress: i64,
    pub(crate) expires: Millis,
    /// While ACTIVE, and from the beginning on.
    pub(crate) preview: Option<Preview>,
    pub(crate) behavior: BTreeMap<Warning, bool>,
    /// `None` if they cannot be read.
    pub(crate) files: Option<BTreeMap<String, FileSeen>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Preview {
    Unavailable,
    Preparing,
    Available(BTreeMap<Warning, bool>),
    NotApplicable,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileSeen {
    pub(crate) name: String,
    pub(crate) source: SourceSeen,
    /// Bytes received, known once the file is READY.
    pub(crate) size: Option<u64>,
    /// What was declared; of an untouched file nothing is said.
    pub(crate) sha1: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) status: Status,
    pub(crate) has_error: bool,
    pub(crate) keep_in_storage: bool,
}

/// The link is there in every status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceSeen {
    None,
    Push(LinkNo),
    Pull,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Waiting,
    Transferring,
    Ready,
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ItemSeen {
    pub(crate) content_version: String,
    pub(crate) modified: Millis,
    /// The sum of its files.
    pub(crate) size: u64,
    /// By name: size, SHA-1 and version.
    pub(crate) files: BTreeMap<String, (u64, Option<String>, String)>,
    /// `version` and `metadata_version`, which completing does not touch.
    pub(crate) metadata: (String, String),
}

impl World {
    /// What `users` users can read.
    pub(crate) fn seen(&self, users: usize) -> Seen {
        let existing = || {
            self.sessions.iter().enumerate().filter_map(|(no, it)| it.as_ref().map(|it| (no, it)))
        };
        let filters = || [None].into_iter().chain((0..self.items.len()).map(Some));
        let keys = (0..users).flat_map(|user| filters().map(move |item| (user, item)));
        let list = |(user, item): (User, Option<ItemNo>)| {
            // All that still exist, ended ones too (OPEN-3), of the user who asks.
            let of = |(no, it): (SessionNo, &Session)| {
                let wanted = it.creator == user && item.is_none_or(|item| it.item == item);
                let listed = it.state.is_active() || self.settings.lists_ended;
                (wanted && listed).then_some(no)
            };
            ((user, item), existing().filter_map(of).collect())
        };
        Seen {
            sessions: existing().map(|(no, it)| (no, self.seen_session(no, it))).collect(),
            items: self.items.iter().map(Item::seen).collect(),
            lists: keys.map(list).collect(),
        }
    }

    fn seen_session(&self, number: SessionNo, session: &Session) -> SessionSeen {
        let adapter = self.adapter(number);
        let is_active = session.state.is_active();
        let file = |(name, file): (&Name, &File)| ((*name).to_owned(), file.seen(name, adapter));
        SessionSeen {
            item: session.item,
            state: if is_active { State::Active } else { session.state.clone() },
            content_version: session.content_version.to_string(),
            progress: session.progress,
            expires: if session.is_worked_for() {
                session.expires.max(self.now + self.settings.time_out)
            } else {
                session.expires
            },
            preview: is_active.then(|| session.preview(adapter)),
            behavior: session.behavior.clone(),
            files: (is_active || self.settings.files_of_ended)
                .then(|| session.files.iter().map(file).collect()),
        }
    }
}

impl File {
    pub(crate) fn seen(&self, name: &str, adapter: Adapter) -> FileSeen {
        match self {
            Self::Added(file) => file.seen(name, adapter),
            // OPEN-37.
            Self::Untouched(stored) => FileSeen {
                name: name.to_owned(),
                source: SourceSeen::None,
                size: Some(stored.size),
                sha1: None,
                bytes: 0,
                status: Status::Ready,
                has_error: false,
                keep_in_storage: adapter.keeps(name),
            },
        }
    }
}

impl Added {
    pub(crate) fn seen(&self, name: &str, adapter: Adapter) -> FileSeen {
        let (status, size) = match &self.transfer {
            Transfer::Waiting => (Status::Waiting, None),
            Transfer::Transferring(_) => (Status::Transferring, None),
            Transfer::Ready(content) => (Status::Ready, Some(content.size)),
            Transfer::Error => (Status::Error, None),
        };
        FileSeen {
            name: name.to_owned(),
            source: match self.source {
                Source::Push(link) => SourceSeen::Push(link),
                Source::Pull => SourceSeen::Pull,
            },
            size,
            sha1: self.sha1.map(str::to_owned),
            bytes: self.bytes,
            status,
            has_error: status == Status::Error,
            keep_in_storage: adapter.keeps(name),
        }
    }
}

impl Item {
    fn seen(&self) -> ItemSeen {
        let file = |(name, stored): (&Name, &Stored)| {
            let Stored { size, sha1, version } = stored;
            ((*name).to_owned(), (*size, Some((*sha1).to_owned()), version.to_string()))
        };
        ItemSeen {
            content_version: self.content_version.to_string(),
            modified: self.modified,
            size: self.files.values().map(|stored| stored.size).sum(),
            files: self.files.iter().map(file).collect(),
            metadata: ("1".to_owned(), "1".to_owned()),
        }
    }
}
