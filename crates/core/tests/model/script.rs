//! Scripts and their outcomes, for people.

use std::fmt::{self, Write};

use crate::reference::{Action, Answer, Arrival, ItemType, Kind, Spec, Step, World};
use crate::seen::Seen;
use crate::subject::USERS;

/// The steps in words, each with the answer that the reference gives.
pub(crate) fn told<'a>(
    items: &[ItemType],
    prelude: &'a [Step],
    steps: impl IntoIterator<Item = &'a Step>,
) -> String {
    let mut world = World::new(items);
    let mut text = format!("\nItems: {items:?}\n");
    for (number, step) in prelude.iter().chain(steps).enumerate() {
        let answer = world.step(step);
        writeln!(text, "{:3}. {step}: {}", number + 1, outcome(&answer)).expect("a text takes all");
    }
    text
}

fn outcome(answer: &Answer) -> String {
    match answer {
        Answer::Created(session) => format!("session {session}"),
        Answer::Added(file) => format!("link {}", file.link.unwrap_or_default()),
        Answer::Validated(findings) => format!("{findings:?}"),
        Answer::Nothing | Answer::Received | Answer::Passed => "done".to_owned(),
        Answer::Opened(upload) => format!("upload {upload}"),
        Answer::Refused(kinds) => format!("refused, {kinds:?}"),
        Answer::Failed(kind) => format!("failed, {kind:?}"),
    }
}

/// An answer as the table of operations and states has it: the contract's section 10.3.
pub(crate) fn class(answer: &Answer) -> &'static str {
    match answer {
        Answer::Refused(kinds) => match kinds[0] {
            Kind::InvalidArgument => "InvalidArgument",
            Kind::InvalidRequest => "InvalidRequest",
            Kind::NotAllowedInCurrentState => "NAICS",
            Kind::NotFound => "NotFound",
            Kind::ResourceBusy => "ResourceBusy",
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
                match spec {
                    Spec::None => write!(f, ", source NONE"),
                    Spec::Push { size: None, sha1: None } => Ok(()),
                    Spec::Push { size, sha1 } => write!(f, ", size {size:?}, SHA-1 {sha1:?}"),
                }
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
                let (size, sha1, inside) = (content.size, content.sha1, &content.inside);
                write!(f, "upload {upload} has arrived, {size} bytes, SHA-1 {sha1}")?;
                if *inside == Default::default() { Ok(()) } else { write!(f, ", {inside:?}") }
            }
            Action::Wait { millis } => write!(f, "wait {millis} ms"),
        }
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
        for (name, file) in std::mem::take(&mut session.files) {
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
