//! Scripts and their outcomes, for people.

use std::fmt::{self, Write};

use crate::reference::{
    Action, Answer, Arrival, Content, ItemType, Kind, Settings, Spec, Step, World,
};
use crate::seen::{Seen, SourceSeen};
use crate::subject::USERS;

/// The steps in words, each with the answer that the reference gives.
pub(crate) fn told<'a>(
    items: &[ItemType],
    settings: Settings,
    prelude: &'a [Step],
    steps: impl IntoIterator<Item = &'a Step>,
) -> String {
    let mut world = World::new(items, settings);
    let mut text = format!("\nItems: {items:?}\n");
    if settings != Settings::default() {
        writeln!(text, "{settings:?}").expect("a text takes all");
    }
    for (number, step) in prelude.iter().chain(steps).enumerate() {
        let answer = world.step(step);
        writeln!(text, "{:3}. {step}: {}", number + 1, outcome(&answer)).expect("a text takes all");
    }
    text
}

fn outcome(answer: &Answer) -> String {
    match answer {
        Answer::Created(session) => format!("session {session}"),
        Answer::Added(file) => match file.source {
            SourceSeen::Push(link) => format!("link {link}"),
            SourceSeen::Pull | SourceSeen::None => "done".to_owned(),
        },
        Answer::Validated(findings) => format!("{findings:?}"),
        Answer::Nothing | Answer::Received | Answer::Passed => "done".to_owned(),
        Answer::Opened(upload) => format!("upload {upload}"),
        Answer::Refused(kinds) if kinds.is_empty() => "for nothing".to_owned(),
        Answer::Refused(kinds) => format!("refused, {kinds:?}"),
        Answer::Failed(kind) => format!("failed, {kind:?}"),
    }
}

/// An answer as the table of operations and states has it: the contract's section 10.3.
pub(crate) fn class(answer: &Answer) -> &'static str {
    match answer {
        Answer::Refused(kinds) => match kinds.first() {
            Some(Kind::InvalidArgument) => "InvalidArgument",
            Some(Kind::InvalidRequest) => "InvalidRequest",
            Some(Kind::NotAllowedInCurrentState) => "NAICS",
            Some(Kind::NotFound) => "NotFound",
            Some(Kind::ResourceBusy) => "ResourceBusy",
            None => "for nothing",
        },
        Answer::Failed(_) => "failed",
        _ => "ok",
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = USERS[self.by];
        match &self.action {
            Action::Create { item, token, behavior } => {
                write!(f, "{user}: create on item {item}")?;
                if let Some(token) = token {
                    write!(f, " with token {token}")?;
                }
                if behavior.is_empty() { Ok(()) } else { write!(f, ", {behavior:?}") }
            }
            Action::Update { session, behavior } => {
                write!(f, "{user}: update session {session}, {behavior:?}")
            }
            Action::Complete { session } => write!(f, "{user}: complete session {session}"),
            Action::KeepAlive { session, progress } => {
                write!(f, "{user}: keep session {session} alive")?;
                progress.map_or(Ok(()), |progress| write!(f, ", progress {progress}"))
            }
            Action::Cancel { session } => write!(f, "{user}: cancel session {session}"),
            Action::Fail { session, text } => {
                write!(f, "{user}: fail session {session}, {text:?}")
            }
            Action::Delete { session } => write!(f, "{user}: delete session {session}"),
            Action::Add { session, name, spec } => {
                write!(f, "{user}: add {name} to session {session}")?;
                let (size, sha1) = match spec {
                    Spec::None => return write!(f, ", source NONE"),
                    Spec::Push { size, sha1 } => (size, sha1),
                    Spec::Pull { size, sha1 } => {
                        write!(f, ", source PULL")?;
                        (size, sha1)
                    }
                };
                size.map_or(Ok(()), |size| write!(f, ", size {size}"))?;
                sha1.map_or(Ok(()), |sha1| write!(f, ", SHA-1 {sha1}"))
            }
            Action::Remove { session, name } => {
                write!(f, "{user}: remove {name} from session {session}")
            }
            Action::Validate { session } => write!(f, "{user}: validate session {session}"),
            Action::Open { link } => write!(f, "send to link {link}"),
            Action::Progress { upload, bytes } => {
                write!(f, "{bytes} bytes more arrive of upload {upload}")
            }
            Action::Close { upload, arrival: Arrival::Broken } => {
                write!(f, "upload {upload} breaks off")
            }
            Action::Close { upload, arrival: Arrival::Whole(content) } => {
                write!(f, "upload {upload} has arrived, {content}")
            }
            Action::Fetch { fetch, bytes } => {
                write!(f, "{bytes} bytes more arrive of fetch {fetch}")
            }
            Action::EndFetch { fetch, arrival: Arrival::Broken } => {
                write!(f, "fetch {fetch} fails")
            }
            Action::EndFetch { fetch, arrival: Arrival::Whole(content) } => {
                write!(f, "fetch {fetch} has arrived, {content}")
            }
            Action::Wait { millis } => write!(f, "wait {millis} ms"),
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, sha1, inside } = self;
        write!(f, "{size} bytes, SHA-1 {sha1}")?;
        if *inside == Default::default() { Ok(()) } else { write!(f, ", {inside:?}") }
    }
}

/// The lines in which the two differ, each below what it is part of.
pub(crate) fn difference(expected: &Seen, seen: &Seen) -> String {
    let (expected, seen) = (lines(expected), lines(seen));
    let mut text = "the reference and the simulator differ:\n".to_owned();
    for line in expected.iter().filter(|line| !seen.contains(line)) {
        writeln!(text, "  expected: {line}").expect("a text takes all");
    }
    for line in seen.iter().filter(|line| !expected.contains(line)) {
        writeln!(text, "  read:     {line}").expect("a text takes all");
    }
    text
}

/// One line for each thing that can be read.
fn lines(seen: &Seen) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, session) in &seen.sessions {
        let mut session = session.clone();
        for (name, file) in session.files.as_mut().map(std::mem::take).into_iter().flatten() {
            lines.push(format!("session {number}, file {name}: {file:?}"));
        }
        lines.push(format!("session {number}: {session:?}"));
    }
    for (number, item) in seen.items.iter().enumerate() {
        lines.push(format!("item {number}: {item:?}"));
    }
    for ((user, item), sessions) in &seen.lists {
        lines.push(format!("list of {} for item {item:?}: {sessions:?}", USERS[*user]));
    }
    lines
}
