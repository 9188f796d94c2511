//! What must hold at every step, whatever the reference says. Each invariant looks at what clients
//! read before and after it, and at nothing else.

use std::collections::BTreeSet;

use crate::reference::{Action, Answer, ItemNo, Millis, SessionNo, State, Why};
use crate::seen::{FileSeen, Seen, SessionSeen, SourceSeen, Status};

/// One step, as clients see it.
pub(crate) struct Seam<'a> {
    pub(crate) action: &'a Action,
    pub(crate) answer: &'a Answer,
    pub(crate) before: &'a Seen,
    pub(crate) after: &'a Seen,
    /// The instant after it.
    pub(crate) now: Millis,
}

/// The first invariant that a step breaks.
pub(crate) fn broken(seam: &Seam<'_>) -> Option<&'static str> {
    ALL.iter().find(|(_, holds)| !holds(seam)).map(|(sentence, _)| *sentence)
}

type Invariant = (&'static str, fn(&Seam<'_>) -> bool);

const ALL: &[Invariant] = &[
    ("nothing is visible before DONE", |it| {
        it.items().all(|item| it.done(item) > 0 || it.before.items[item] == it.after.items[item])
    }),
    ("DONE only with every file READY", |it| {
        it.newly_done().all(|no| {
            let before = it.before.sessions[&no].files.iter().flatten();
            // The last fetch may have ended in this very step.
            let comes = |file: &FileSeen| {
                file.source == SourceSeen::Pull && file.status == Status::Transferring
            };
            before.map(|(_, file)| file).all(|file| file.status == Status::Ready || comes(file))
                && it.after.sessions[&no]
                    .files
                    .iter()
                    .flatten()
                    .all(|(_, file)| file.status == Status::Ready)
        })
    }),
    ("what was READY in the session is what the item has", |it| {
        it.newly_done().all(|no| {
            let session = &it.after.sessions[&no];
            let Some(files) = &session.files else { return true };
            let kept = files.values().filter(|file| file.keep_in_storage);
            let kept: BTreeSet<_> = kept.map(|file| (&file.name, file.size)).collect();
            let stored = &it.after.items[session.item].files;
            kept == stored.iter().map(|(name, (size, ..))| (name, Some(*size))).collect()
        })
    }),
    ("one active session per item", |it| {
        let active = |item: ItemNo| {
            let on = it.after.sessions.values().filter(|session| session.item == item);
            on.filter(|session| session.state == State::Active).count()
        };
        it.items().all(|item| active(item) <= 1)
    }),
    ("content_version rises by one with each DONE, and with nothing else", |it| {
        it.items().all(|item| it.content_version(item) == Some(it.done(item)))
    }),
    ("an ended session stays as it is until it is gone", |it| {
        it.before.sessions.iter().all(|(no, session)| {
            let after = it.after.sessions.get(no);
            session.state == State::Active || after.is_none_or(|after| after == session)
        })
    }),
    ("what is gone stays gone", |it| {
        let created = match it.answer {
            Answer::Created(no) => Some(*no),
            _ => None,
        };
        it.after
            .sessions
            .keys()
            .all(|no| it.before.sessions.contains_key(no) || created == Some(*no))
    }),
    (
        "a session is gone by delete once it has ended, or by its expiration_time and never early",
        |it| {
            let mut gone =
                it.before.sessions.iter().filter(|(no, _)| !it.after.sessions.contains_key(no));
            gone.all(|(no, session)| match it.action {
                Action::Delete { session: deleted } => {
                    deleted == no && session.state != State::Active
                }
                Action::Wait { .. } => session.expires <= it.now,
                _ => false,
            })
        },
    ),
    ("no session is there after its expiration_time", |it| {
        it.after.sessions.values().all(|session| session.expires > it.now)
    }),
    ("a promise to live is not taken back while a session is active", |it| {
        it.after.sessions.iter().all(|(no, after)| {
            it.before.sessions.get(no).is_none_or(|before| before.expires <= after.expires)
        })
    }),
    ("a refused call changes nothing", |it| {
        !matches!(it.answer, Answer::Refused(_)) || it.before == it.after
    }),
    ("a look changes nothing", |it| {
        !matches!(it.answer, Answer::Validated(_)) || it.before == it.after
    }),
    ("time alone changes nothing but who is there", |it| {
        let Action::Wait { .. } = it.action else { return true };
        let same = |no: &SessionNo, after: &SessionSeen| {
            it.before.sessions.get(no).is_some_and(|before| {
                // What the server works for is promised more and more time.
                let expires = if is_fetching(after) { after.expires } else { before.expires };
                let same = *after == SessionSeen { expires, ..before.clone() };
                // Where it is shown that a session has expired, it is in ERROR first.
                same || before.expires <= it.now && after.state == State::Error(Why::Server)
            })
        };
        it.before.items == it.after.items
            && it.after.sessions.iter().all(|(no, after)| same(no, after))
    }),
    ("a call of one session leaves the others alone", |it| {
        let of: Option<SessionNo> = match it.action {
            Action::Update { session, .. }
            | Action::Complete { session }
            | Action::KeepAlive { session, .. }
            | Action::Cancel { session }
            | Action::Fail { session, .. }
            | Action::Delete { session }
            | Action::Add { session, .. }
            | Action::Remove { session, .. }
            | Action::Validate { session } => Some(*session),
            Action::Create { .. } => None,
            // Whose a link is, the reference knows; that time passes is looked at above.
            Action::Open { .. }
            | Action::Progress { .. }
            | Action::Close { .. }
            | Action::Fetch { .. }
            | Action::EndFetch { .. }
            | Action::Wait { .. } => return true,
        };
        it.before
            .sessions
            .iter()
            .all(|(no, before)| of == Some(*no) || it.after.sessions.get(no) == Some(before))
    }),
];

impl Seam<'_> {
    fn items(&self) -> std::ops::Range<ItemNo> {
        0..self.before.items.len()
    }

    /// The sessions that this step brought to DONE.
    fn newly_done(&self) -> impl Iterator<Item = SessionNo> {
        let is_done = |seen: &Seen, no: &SessionNo| {
            seen.sessions.get(no).is_some_and(|session| session.state == State::Done)
        };
        let numbers = self.after.sessions.keys().copied();
        numbers.filter(move |no| is_done(self.after, no) && !is_done(self.before, no))
    }

    fn done(&self, item: ItemNo) -> u64 {
        let on = |no: &SessionNo| self.after.sessions[no].item == item;
        self.newly_done().filter(on).count() as u64
    }

    /// By how much it rose.
    fn content_version(&self, item: ItemNo) -> Option<u64> {
        let version = |seen: &Seen| seen.items[item].content_version.parse::<u64>().ok();
        version(self.after)?.checked_sub(version(self.before)?)
    }
}

fn is_fetching(session: &SessionSeen) -> bool {
    let mut files = session.files.iter().flatten().map(|(_, file)| file);
    files.any(|file| file.source == SourceSeen::Pull && file.status == Status::Transferring)
}
