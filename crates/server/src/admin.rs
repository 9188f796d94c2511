//! The admin path: what a test may do to a world from outside, in any language.
//!
//! It is this server's own and no part of the API. It does not know what is in a world.

mod lines;

use std::collections::BTreeMap;
use std::time::Duration;

use accession_core::behaviour::{Behaviour, NoSuchSetting, SETTINGS};
use accession_core::reading::{self, Fit, Read};
use accession_core::simulator::{Fault, NotASnapshot, Pace, Source};
use accession_core::structure::Wire;
use accession_core::wire::Method;
use hyper::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::answer::{self, Voice};
use crate::body::{Body, Inbound, Unread};
use crate::simulation::Simulation;
use crate::state::{self, SnapshotError};
use crate::worlds::{Misplaced, Place, Worlds};
use lines::{Reads, STATE, Task};

/// Everything here lies under this.
pub(crate) const PREFIX: &str = "/accession";

/// A hundred years at a time.
const MOST_SECONDS: u64 = 100 * 365 * 24 * 60 * 60;

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
    #[error("{0}; GET {PREFIX}/behaviour tells what they mean")]
    Setting(#[from] NoSuchSetting),
    #[error("{0}; send {STATE}")]
    Unusable(#[from] NotASnapshot),
    #[error(
        "the file of --snapshot keeps the world that has no name; GET /worlds/{0}{PREFIX}/state tells what is in this one"
    )]
    Named(String),
    #[error(
        "there is no file to write; start the server with --snapshot FILE, or read {PREFIX}/state"
    )]
    NoFile,
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
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
            Self::Query
            | Self::NotJson { .. }
            | Self::NoObject(_)
            | Self::Misfit { .. }
            | Self::Setting(_)
            | Self::Unusable(_) => StatusCode::BAD_REQUEST,
            Self::Named(_) | Self::NoFile => StatusCode::CONFLICT,
            Self::Snapshot(_) => StatusCode::INTERNAL_SERVER_ERROR,
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
    let line = lines::line(place.path(), method.as_str())?;
    if place.target != place.path() {
        return Err(Refusal::Query);
    }
    let limits = worlds.limits();
    let (given, example) = match line.reads {
        Reads::Nothing => (Vec::new(), ""),
        Reads::Object(example) => (collect(body, limits.body_bytes, limits.body).await?, example),
        Reads::State => (collect(body, limits.state_bytes, limits.body).await?, ""),
    };
    let name = place.world.as_ref();
    Ok(match line.task {
        Task::Describe => answer::json(&lines::description(place)),
        Task::Forget => match name {
            None => return Err(Refusal::Unnamed),
            Some(name) if worlds.forget(name) => answer::done(),
            Some(name) => return Err(Refusal::NoWorld(name.to_string())),
        },
        Task::Worlds => answer::json(&json!({ "worlds": worlds.names() })),
        Task::Clock => answer::json(&clock(&*worlds.get(name)?)),
        Task::Advance => {
            let fields = Fields::read(&given, example)?;
            let seconds = fields.number("advance_seconds", MOST_SECONDS)?;
            let seconds = seconds.ok_or_else(|| fields.lack("advance_seconds"))?;
            let world = worlds.get(name)?;
            let transitions = world.advance(Duration::from_secs(seconds));
            let mut clock = clock(&world);
            clock["transitions"] = json!(transitions);
            answer::json(&clock)
        }
        Task::Seed => answer::json(&json!({ "seed": worlds.get(name)?.seed() })),
        Task::Reset => {
            let seed = Fields::read(&given, example)?.number("seed", u64::MAX)?;
            answer::json(&json!({ "seed": worlds.reset(name, seed)?.seed() }))
        }
        Task::Release => {
            let release = worlds.get(name)?.ask(|simulator, _| simulator.release());
            answer::json(&json!({ "release": release.number() }))
        }
        Task::Behaviour => {
            let behaviour = worlds.get(name)?.ask(|simulator, _| *simulator.behaviour());
            answer::json(&told(&behaviour))
        }
        Task::Behave => {
            let changes = read::<BTreeMap<String, String>>(&given, example)?;
            let behaviour = worlds.get(name)?.ask(|simulator, _| {
                let mut behaviour = *simulator.behaviour();
                changes.iter().try_for_each(|(name, value)| behaviour.set(name, value))?;
                simulator.set_behaviour(behaviour);
                Ok::<_, NoSuchSetting>(behaviour)
            });
            answer::json(&told(&behaviour?))
        }
        Task::Pace => {
            let pace = read::<Pace>(&given, example)?;
            worlds.get(name)?.ask(|simulator, _| simulator.set_pace(pace));
            answer::done()
        }
        Task::Source => {
            let fields = Fields::read(&given, example)?.fields;
            let declared = reading::read_fields(&fields, |fields| {
                fields.note_others(&["uri", "source"]);
                Ok((fields.take::<String>("uri")?, fields.take::<Source>("source")?))
            });
            let (uri, source) = whole(declared, example)?;
            worlds.get(name)?.ask(|simulator, _| simulator.declare_source(uri, source));
            answer::done()
        }
        Task::Faults => {
            let faults = worlds.get(name)?.ask(|simulator, _| simulator.faults().to_vec());
            answer::json(&json!({ "faults": faults }))
        }
        Task::Arm => {
            let fault = read::<Fault>(&given, example)?;
            let armed = worlds.get(name)?.ask(|simulator, _| simulator.arm(fault));
            armed.map_err(|error| Refusal::Misfit { what: error.to_string(), example })?;
            answer::done()
        }
        Task::Disarm => {
            worlds.get(name)?.ask(|simulator, _| simulator.disarm());
            answer::done()
        }
        Task::State => answer::as_json(state::write(&*worlds.get(name)?)),
        Task::Restore => {
            worlds.restore(name, state::read(&given)?)?;
            answer::done()
        }
        Task::Keep => {
            if let Some(name) = name {
                return Err(Refusal::Named(name.to_string()));
            }
            let kept = worlds.keep().await.ok_or(Refusal::NoFile)?;
            answer::json(&json!({ "bytes": kept? }))
        }
    })
}

async fn collect(body: Inbound, bytes: u64, time: Duration) -> Result<Vec<u8>, Refusal> {
    body.collect(bytes, time).await.map_err(|unread| match unread {
        Unread::TooLarge => Refusal::TooLarge(bytes),
        Unread::Late => Refusal::Late,
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

/// All settings, each with what it is.
fn told(behaviour: &Behaviour) -> Value {
    let settings = SETTINGS.iter().map(|setting| {
        let meanings =
            setting.values.iter().map(|(value, means)| json!({ "value": value, "means": means }));
        json!({
            "name": setting.name,
            "value": behaviour.get(setting.name),
            "decides": setting.sentence,
            "known": setting.source,
            "values": meanings.collect::<Vec<_>>(),
        })
    });
    json!({ "settings": settings.collect::<Vec<_>>() })
}

/// Reads a body that core knows the form of.
fn read<T: Wire>(body: &[u8], example: &'static str) -> Result<T, Refusal> {
    let value = serde_json::from_slice::<Value>(body)
        .map_err(|error| Refusal::NotJson { error, example })?;
    whole(reading::read(&value), example)
}

/// What was read, if there was nothing else.
fn whole<T>(read: Fit<Read<T>>, example: &'static str) -> Result<T, Refusal> {
    let misfit = |path: &reading::Path, why: &str| {
        let place = path.to_string();
        let place = if place.is_empty() { "the body" } else { cut(&place) };
        Refusal::Misfit { what: format!("{place}: {}", cut(why)), example }
    };
    let read = read.map_err(|error| misfit(&error.path, &error.problem.to_string()))?;
    match read.unknown.first() {
        Some(path) => Err(misfit(path, "there is no such field")),
        None => Ok(read.value),
    }
}

/// As much of a text as is of use in a message.
fn cut(text: &str) -> &str {
    const LENGTH: usize = 200;
    text.char_indices().nth(LENGTH).map_or(text, |(end, _)| &text[..end])
}

/// The fields of a body.
struct Fields {
    fields: Map<String, Value>,
    example: &'static str,
}

impl Fields {
    /// Reads a body; none is as good as an empty object.
    fn read(body: &[u8], example: &'static str) -> Result<Self, Refusal> {
        if body.trim_ascii().is_empty() {
            return Ok(Self { fields: Map::new(), example });
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self { fields, example }),
            Ok(_) => Err(Refusal::NoObject(example)),
            Err(error) => Err(Refusal::NotJson { error, example }),
        }
    }

    fn lack(&self, name: &str) -> Refusal {
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
}
