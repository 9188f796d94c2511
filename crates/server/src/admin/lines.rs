//! What can be asked for on the admin path.
//!
//! It does not know how it is done.

use accession_core::wire::Method;
use serde_json::{Value, json};

use super::{PREFIX, Refusal};
use crate::worlds::Place;

/// What is sent where a state is read.
pub(super) const STATE: &str = "what GET /accession/state tells";

/// What can be asked for.
pub(super) struct Line {
    method: Method,
    /// Below the prefix.
    path: &'static str,
    pub(super) task: Task,
    does: &'static str,
    pub(super) reads: Reads,
}

/// What a request has in its body.
#[derive(Clone, Copy)]
pub(super) enum Reads {
    Nothing,
    /// JSON such as this.
    Object(&'static str),
    /// The state of a world.
    State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Describe,
    Forget,
    Worlds,
    Clock,
    Advance,
    Seed,
    Reset,
    Release,
    Behaviour,
    Behave,
    Pace,
    Source,
    Faults,
    Arm,
    Disarm,
    State,
    Restore,
    Keep,
}

const LINES: [Line; 18] = [
    Line {
        method: Method::Get,
        path: "",
        task: Task::Describe,
        does: "Tells what can be asked for here.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Delete,
        path: "",
        task: Task::Forget,
        does: "Forgets a world that has a name. Asked for again, it begins anew.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Get,
        path: "/worlds",
        task: Task::Worlds,
        does: "Lists the worlds that have a name.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Get,
        path: "/clock",
        task: Task::Clock,
        does: "Tells the world's time, how far it is ahead, and when something happens next.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Post,
        path: "/clock",
        task: Task::Advance,
        does: "Lets time pass in the world, and tells what happened to sessions meanwhile.",
        reads: Reads::Object(r#"{"advance_seconds": 3600}"#),
    },
    Line {
        method: Method::Get,
        path: "/seed",
        task: Task::Seed,
        does: "Tells the seed that the world began with; null if it began with a state.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Post,
        path: "/reset",
        task: Task::Reset,
        does: "Lets the world begin anew, with this seed or else the server's, at this machine's \
               time, and as the server was started.",
        reads: Reads::Object(r#"{"seed": 7}"#),
    },
    Line {
        method: Method::Get,
        path: "/release",
        task: Task::Release,
        does: "Tells which release of the API the world is of.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Get,
        path: "/behaviour",
        task: Task::Behaviour,
        does: "Tells the world's settings: what each decides, what it is, and what it can be.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Put,
        path: "/behaviour",
        task: Task::Behave,
        does: "Changes the settings that are given, for sessions that begin from now on.",
        reads: Reads::Object(r#"{"expired": "shown"}"#),
    },
    Line {
        method: Method::Put,
        path: "/pace",
        task: Task::Pace,
        does: "Says how long fetching and checking a file takes: so many milliseconds, until a \
               client has looked so many times ({\"looks\": 3}), or no time (\"immediate\").",
        reads: Reads::Object(r#"{"takes": 2000}"#),
    },
    Line {
        method: Method::Put,
        path: "/sources",
        task: Task::Source,
        does: "Makes up a source for PULL, or another one under its URI: what arrives from it, how \
               many milliseconds that takes, which certificate it shows, or why it fails.",
        reads: Reads::Object(
            r#"{"uri": "https://mirror.test/a.iso", "source": {"received": {"size": 4}, "takes": 500}}"#,
        ),
    },
    Line {
        method: Method::Get,
        path: "/faults",
        task: Task::Faults,
        does: "Lists the faults that are armed.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Post,
        path: "/faults",
        task: Task::Arm,
        does: "Arms a fault: on an operation, on upload, fetch or any; its effect; how many times it \
               lets pass first (skip), how many times it happens then (count), and how likely it is \
               each time (probability). Kinds of effect: latency (millis, jitter), bandwidth \
               (bytes_per_second), drop (after), reset, malformed, login_ended, error (error_type), \
               pipe_closed, wrong_checksum, storage_full, adapter_refusal (file), backing_vanished, \
               maintenance.",
        reads: Reads::Object(
            r#"{"on": "library.item.update_session.complete", "effect": {"kind": "error", "error_type": "SERVICE_UNAVAILABLE"}, "skip": 0, "count": 1}"#,
        ),
    },
    Line {
        method: Method::Delete,
        path: "/faults",
        task: Task::Disarm,
        does: "Disarms all faults. What they did stays.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Get,
        path: "/state",
        task: Task::State,
        does: "Tells all that is in the world but its logins, to be taken up again.",
        reads: Reads::Nothing,
    },
    Line {
        method: Method::Put,
        path: "/state",
        task: Task::Restore,
        does: "Puts a state in the place of all that is in the world. Nobody is logged in.",
        reads: Reads::State,
    },
    Line {
        method: Method::Post,
        path: "/snapshot",
        task: Task::Keep,
        does: "Writes the file of --snapshot now; it keeps the world that has no name.",
        reads: Reads::Nothing,
    },
];

/// What a path and a method ask for.
pub(super) fn line(path: &str, method: &str) -> Result<&'static Line, Refusal> {
    let inner = path.strip_prefix(PREFIX).unwrap_or_default();
    let here: Vec<_> = LINES.iter().filter(|line| line.path == inner).collect();
    if here.is_empty() {
        return Err(Refusal::Nothing(path.to_owned()));
    }
    here.iter().copied().find(|line| line.method.as_str() == method).ok_or_else(|| {
        let allow: Vec<_> = here.iter().map(|line| line.method.as_str()).collect();
        Refusal::Method(allow.join(", "))
    })
}

/// Everything that can be asked for.
pub(super) fn description(place: &Place<'_>) -> Value {
    let lines = LINES.map(|line| {
        let mut told = json!({
            "method": line.method.as_str(),
            "path": format!("{PREFIX}{}", line.path),
            "does": line.does,
        });
        match line.reads {
            Reads::Nothing => {}
            Reads::Object(example) => {
                told["body"] = serde_json::from_str(example).unwrap_or_default();
            }
            Reads::State => told["body"] = Value::from(STATE),
        }
        told
    });
    json!({
        "server": concat!("accession-server ", env!("CARGO_PKG_VERSION")),
        "world": place.world.as_ref().map(ToString::to_string),
        "worlds": "A path below /worlds/NAME, or the header accession-world: NAME, is for the \
                   world of that name. It begins when it is first asked for.",
        "requests": lines,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn each_request_is_found_and_its_example_is_json() {
        for line in &LINES {
            let found = super::line(&format!("{PREFIX}{}", line.path), line.method.as_str());
            assert!(found.is_ok_and(|found| found.task == line.task), "{}", line.does);
            if let Reads::Object(example) = line.reads {
                assert!(serde_json::from_str::<Map<String, Value>>(example).is_ok(), "{example}");
            }
        }
    }
}
