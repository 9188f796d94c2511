//! The admin path: what a test may do to a world from outside, in any language.
//!
//! It is this server's own and no part of the API. It does not know what is in a world.

use std::time::Duration;

use accession_core::wire::Method;
use hyper::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::answer::{self, Voice};
use crate::body::{Body, Inbound, Unread};
use crate::simulation::Simulation;
use crate::worlds::{Misplaced, Place, Worlds};

/// Everything here lies under this.
pub(crate) const PREFIX: &str = "/accession";

/// A hundred years at a time.
const MOST_SECONDS: u64 = 100 * 365 * 24 * 60 * 60;

/// What can be asked for.
struct Line {
    method: Method,
    /// Below the prefix.
    path: &'static str,
    task: Task,
    does: &'static str,
    /// A body, where one is read.
    example: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Describe,
    Forget,
    Worlds,
    Clock,
    Advance,
    Seed,
    Reset,
}

const LINES: [Line; 7] = [
    Line {
        method: Method::Get,
        path: "",
        task: Task::Describe,
        does: "Tells what can be asked for here.",
        example: None,
    },
    Line {
        method: Method::Delete,
        path: "",
        task: Task::Forget,
        does: "Forgets a world that has a name. Asked for again, it begins anew.",
        example: None,
    },
    Line {
        method: Method::Get,
        path: "/worlds",
        task: Task::Worlds,
        does: "Lists the worlds that have a name.",
        example: None,
    },
    Line {
        method: Method::Get,
        path: "/clock",
        task: Task::Clock,
        does: "Tells the world's time, how far it is ahead, and when something happens next.",
        example: None,
    },
    Line {
        method: Method::Post,
        path: "/clock",
        task: Task::Advance,
        does: "Lets time pass in the world, and tells what happened to sessions meanwhile.",
        example: Some(r#"{"advance_seconds": 3600}"#),
    },
    Line {
        method: Method::Get,
        path: "/seed",
        task: Task::Seed,
        does: "Tells the seed that the world began with.",
        example: None,
    },
    Line {
        method: Method::Post,
        path: "/reset",
        task: Task::Reset,
        does: "Lets the world begin anew, with this seed or else the server's, at this machine's time.",
        example: Some(r#"{"seed": 7}"#),
    },
];

/// Why something cannot be done.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("there is nothing at {0}; GET {PREFIX} tells what there is")]
    Nothing(String),
    #[error("this method is not used here; those that are: {0}")]
    Method(String),
    #[error(
        "only a world that has a name can be forgotten; POST {PREFIX}/reset lets this one begin anew"
    )]
    Unnamed,
    #[error("there is no world {0}; GET {PREFIX}/worlds lists those that there are")]
    NoWorld(String),
    #[error("nothing here has a query; leave out the ? and what follows it")]
    Query,
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    #[error("the rest of the request did not arrive in time")]
    Late,
    #[error("the body is not JSON: {error}; send {example}")]
    NotJson { error: serde_json::Error, example: &'static str },
    #[error("the body is no JSON object; send {0}")]
    NoObject(&'static str),
    #[error("{what}; send {example}")]
    Misfit { what: String, example: &'static str },
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Nothing(_) | Self::NoWorld(_) => StatusCode::NOT_FOUND,
            Self::Method(_) | Self::Unnamed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Late => StatusCode::REQUEST_TIMEOUT,
            Self::Query | Self::NotJson { .. } | Self::NoObject(_) | Self::Misfit { .. } => {
                StatusCode::BAD_REQUEST
            }
            Self::Misplaced(misplaced) => misplaced.status(),
        }
    }

    fn answer(&self) -> Response<Body> {
        let refused = answer::own(Voice::Server, self.status(), &self.to_string());
        // Not everything has been read of all of them.
        answer::closing(match self {
            Self::Method(allow) => answer::allowing(refused, allow),
            Self::Unnamed => answer::allowing(refused, Method::Get.as_str()),
            _ => refused,
        })
    }
}

/// Whether a path inside a world is one of these.
pub(crate) fn is_for(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) async fn answer(
    worlds: &Worlds,
    place: &Place<'_>,
    method: &hyper::Method,
    body: Inbound,
) -> Response<Body> {
    done(worlds, place, method, body).await.unwrap_or_else(|refusal| refusal.answer())
}

async fn done(
    worlds: &Worlds,
    place: &Place<'_>,
    method: &hyper::Method,
    body: Inbound,
) -> Result<Response<Body>, Refusal> {
    let line = line(place.path(), method.as_str())?;
    if place.target != place.path() {
        return Err(Refusal::Query);
    }
    let given = match line.example {
        Some(example) => Given::read(worlds, body, example).await?,
        None => Given::default(),
    };
    let name = place.world.as_ref();
    Ok(match line.task {
        Task::Describe => answer::json(&description(place)),
        Task::Forget => match name {
            None => return Err(Refusal::Unnamed),
            Some(name) if worlds.forget(name) => answer::done(),
            Some(name) => return Err(Refusal::NoWorld(name.to_string())),
        },
        Task::Worlds => answer::json(&json!({ "worlds": worlds.names() })),
        Task::Clock => answer::json(&clock(&*worlds.get(name)?)),
        Task::Advance => {
            let seconds = given.number("advance_seconds", MOST_SECONDS)?;
            let seconds = seconds.ok_or_else(|| given.lacks("advance_seconds"))?;
            let world = worlds.get(name)?;
            let transitions = world.advance(Duration::from_secs(seconds));
            let mut clock = clock(&world);
            clock["transitions"] = json!(transitions);
            answer::json(&clock)
        }
        Task::Seed => answer::json(&json!({ "seed": worlds.get(name)?.seed() })),
        Task::Reset => {
            let seed = given.number("seed", u64::MAX)?;
            answer::json(&json!({ "seed": worlds.reset(name, seed)?.seed() }))
        }
    })
}

fn line(path: &str, method: &str) -> Result<&'static Line, Refusal> {
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

fn description(place: &Place<'_>) -> Value {
    let lines = LINES.map(|line| {
        let mut told = json!({
            "method": line.method.as_str(),
            "path": format!("{PREFIX}{}", line.path),
            "does": line.does,
        });
        if let Some(example) = line.example {
            told["body"] = serde_json::from_str(example).unwrap_or_default();
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

fn clock(world: &Simulation) -> Value {
    let clock = world.clock();
    json!({
        "now": clock.now,
        "ahead_seconds": clock.ahead.as_secs(),
        "next_event": clock.next,
    })
}

/// What a request has in its body.
#[derive(Default)]
struct Given {
    fields: Map<String, Value>,
    example: &'static str,
}

impl Given {
    /// Reads a body; none is as good as an empty object.
    async fn read(worlds: &Worlds, body: Inbound, example: &'static str) -> Result<Self, Refusal> {
        let limits = worlds.limits();
        let bytes = body.collect(limits.body_bytes, limits.body).await;
        let bytes = bytes.map_err(|unread| match unread {
            Unread::TooLarge => Refusal::TooLarge(limits.body_bytes),
            Unread::Late => Refusal::Late,
        })?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self { fields: Map::new(), example });
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self { fields, example }),
            Ok(_) => Err(Refusal::NoObject(example)),
            Err(error) => Err(Refusal::NotJson { error, example }),
        }
    }

    fn lacks(&self, name: &str) -> Refusal {
        Refusal::Misfit { what: format!("{name} is missing"), example: self.example }
    }

    /// Reads the one field that there may be, a whole number.
    fn number(&self, name: &str, most: u64) -> Result<Option<u64>, Refusal> {
        let misfit = |what| Refusal::Misfit { what, example: self.example };
        if let Some(other) = self.fields.keys().find(|other| *other != name) {
            return Err(misfit(format!("there is no field {:?}", short(other))));
        }
        let Some(value) = self.fields.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let number = value.as_u64().filter(|number| *number <= most);
        let what = || {
            let value = value.to_string();
            misfit(format!("{name} is {}, and no whole number from 0 to {most}", short(&value)))
        };
        number.map(Some).ok_or_else(what)
    }
}

/// What was sent, if it is short enough to be said again.
fn short(text: &str) -> &str {
    const LENGTH: usize = 40;
    if text.len() > LENGTH { "…" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_here_lies_under_the_prefix() {
        for (path, lies_here) in [
            ("/accession", true),
            ("/accession/clock", true),
            ("/accession/nothing", true),
            ("/accessionx", false),
            ("/api/accession", false),
            ("", false),
        ] {
            assert_eq!(is_for(path), lies_here, "{path}");
        }
    }

    #[test]
    fn each_request_is_found_and_its_example_is_json() {
        for line in &LINES {
            let found = super::line(&format!("{PREFIX}{}", line.path), line.method.as_str());
            assert!(found.is_ok_and(|found| found.task == line.task), "{}", line.does);
            let example = line.example.map(serde_json::from_str::<Map<String, Value>>);
            assert!(example.is_none_or(|example| example.is_ok()), "{}", line.does);
        }
    }
}
