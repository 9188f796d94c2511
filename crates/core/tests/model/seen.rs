//! What clients can read of the reference's world. It decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::reference::{
    File, Item, ItemNo, ItemType, LinkNo, Millis, Name, Pushed, Session, SessionNo, State, Stored,
    Transfer, User, Warning, World, is_kept,
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
    pub(crate) behavior: Vec<(Warning, bool)>,
    pub(crate) files: BTreeMap<String, FileSeen>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Preview {
    Unavailable,
    Preparing,
    Available(Vec<(Warning, bool)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileSeen {
    pub(crate) name: String,
    /// PUSH, and the link in every status; `None` is source NONE, which has no link.
    pub(crate) link: Option<LinkNo>,
    /// Bytes received, known once the file is READY.
    pub(crate) size: Option<u64>,
    /// What was declared; of an untouched file nothing is said.
    pub(crate) sha1: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) status: Status,
    pub(crate) has_error: bool,
    pub(crate) keep_in_storage: bool,
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
                wanted.then_some(no)
            };
            ((user, item), existing().filter_map(of).collect())
        };
        Seen {
            sessions: existing().map(|(no, it)| (no, it.seen(self.items[it.item].kind))).collect(),
            items: self.items.iter().map(Item::seen).collect(),
            lists: keys.map(list).collect(),
        }
    }
}

impl Session {
    fn seen(&self, kind: ItemType) -> SessionSeen {
        SessionSeen {
            item: self.item,
            state: self.state.clone(),
            content_version: self.content_version.to_string(),
            progress: self.progress,
            expires: self.expires,
            preview: (self.state == State::Active).then(|| self.preview(kind)),
            behavior: self.behavior.clone(),
            files: self
                .files
                .iter()
                .map(|(name, file)| ((*name).to_owned(), file.seen(name, kind)))
                .collect(),
        }
    }
}

impl File {
    fn seen(&self, name: &str, kind: ItemType) -> FileSeen {
        match self {
            Self::Pushed(file) => file.seen(name, kind),
            // OPEN-37.
            Self::Untouched(stored) => FileSeen {
                name: name.to_owned(),
                link: None,
                size: Some(stored.size),
                sha1: None,
                bytes: 0,
                status: Status::Ready,
                has_error: false,
                keep_in_storage: is_kept(kind, name),
            },
        }
    }
}

impl Pushed {
    pub(crate) fn seen(&self, name: &str, kind: ItemType) -> FileSeen {
        let (status, size) = match &self.transfer {
            Transfer::Waiting => (Status::Waiting, None),
            Transfer::Transferring(_) => (Status::Transferring, None),
            Transfer::Ready(content) => (Status::Ready, Some(content.size)),
            Transfer::Error => (Status::Error, None),
        };
        FileSeen {
            name: name.to_owned(),
            link: Some(self.link),
            size,
            sha1: self.sha1.map(str::to_owned),
            bytes: self.bytes,
            status,
            has_error: status == Status::Error,
            keep_in_storage: is_kept(kind, name),
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
