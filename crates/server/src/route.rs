//! Which of this server's parts answers a request.
//!
//! It does not know what any of them answers.

use std::time::Duration;

use accession_core::dialect::PREFIXES;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};

use crate::admin;
use crate::admission::Admission;
use crate::answer::{self, Voice};
use crate::body::{Body, Inbound, Outbound};
use crate::gateway::Gateway;
use crate::log::Entry;
use crate::origin::Origin;
use crate::page::Page;
use crate::patience::Busy;
use crate::simulation::METHODS;
use crate::worlds::{Misplaced, Place, Worlds};

/// Everything that answers.
pub(crate) struct Routes {
    pub(crate) admission: Admission,
    pub(crate) calls: Calls,
    pub(crate) page: Option<Page>,
    /// Whether there is the admin path, and requests may name worlds.
    pub(crate) admin: bool,
    pub(crate) upload_idle: Duration,
    pub(crate) log: bool,
}

/// Who answers the calls.
pub(crate) enum Calls {
    Simulate(Box<Worlds>),
    Forward(Gateway),
}

/// What a request is for.
enum Part<'a> {
    Page(&'a Page),
    Live(&'a Gateway),
    Simulator(&'a Worlds, Place<'a>),
    Admin(&'a Worlds, Place<'a>),
    Misplaced(Misplaced),
    Nothing,
}

impl Routes {
    /// Takes a request whose head is here.
    pub(crate) fn enter(&self, request: &Request<Incoming>, busy: &Busy) -> Entry {
        busy.set(true);
        Entry::begin(self.log, request.method(), request.uri().path())
    }

    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        entry: Entry,
        busy: Busy,
    ) -> Response<Outbound> {
        let (head, body) = request.into_parts();
        let body = Inbound::new(body, self.upload_idle, entry.clone());
        let part = self.part(&head);
        let for_page = matches!(part, Part::Page(_));
        let mut response = match self.admission.admit(&head.uri, &head.headers, part.is_guarded()) {
            Err(refused) => {
                answer::closing(answer::own(part.voice(), refused.status(), &refused.to_string()))
            }
            Ok(origin) => {
                let told = self.admission.cors.preflight(&head, METHODS);
                match told.filter(|_| !for_page) {
                    Some(told) => return sent(told, entry, busy),
                    None => part.answer(&head, &origin, body).await,
                }
            }
        };
        if !for_page {
            self.admission.cors.open(&head.headers, response.headers_mut());
        }
        sent(response, entry, busy)
    }

    fn part<'a>(&'a self, head: &'a Parts) -> Part<'a> {
        let path = head.uri.path();
        let worlds = match &self.calls {
            Calls::Forward(gateway) if is_call(path) => return Part::Live(gateway),
            Calls::Forward(_) => return self.page.as_ref().map_or(Part::Nothing, Part::Page),
            Calls::Simulate(worlds) => worlds,
        };
        let place = if self.admin { Place::of(head) } else { Ok(Place::only(head)) };
        match (place, &self.page) {
            (Err(misplaced), _) => Part::Misplaced(misplaced),
            (Ok(place), _) if self.admin && admin::is_for(place.path()) => {
                Part::Admin(worlds, place)
            }
            // The page is in no world.
            (Ok(place), Some(page)) if !is_call(place.path()) && place.path() == path => {
                Part::Page(page)
            }
            (Ok(place), _) => Part::Simulator(worlds, place),
        }
    }

    /// Says in plain HTTP that TLS is spoken here.
    pub(crate) fn refuse_plain(entry: Entry, busy: Busy) -> Response<Outbound> {
        let message = "this server speaks TLS here; use https:// instead of http://";
        let refusal = answer::own(Voice::Server, StatusCode::BAD_REQUEST, message);
        sent(answer::closing(refusal), entry, busy)
    }
}

impl Part<'_> {
    /// Whether a page from elsewhere must not make a browser send requests to it.
    fn is_guarded(&self) -> bool {
        match self {
            Self::Live(_) | Self::Admin(..) | Self::Misplaced(_) => true,
            // There is nothing to protect, but each new name costs a place.
            Self::Simulator(_, place) => place.world.is_some(),
            Self::Page(_) | Self::Nothing => false,
        }
    }

    fn voice(&self) -> Voice {
        if matches!(self, Self::Live(_)) { Voice::Gateway } else { Voice::Server }
    }

    async fn answer(self, head: &Parts, origin: &Origin, body: Inbound) -> Response<Body> {
        match self {
            Self::Page(page) => page.answer(&head.method, head.uri.path(), &head.headers).await,
            Self::Live(gateway) => gateway.forward(head, origin, body).await,
            Self::Simulator(worlds, place) => match worlds.get(place.world.as_ref()) {
                Ok(world) => world.answer(head, place.target, origin, body).await,
                Err(misplaced) => misplaced_answer(&misplaced),
            },
            Self::Admin(worlds, place) => admin::answer(worlds, &place, &head.method, body).await,
            Self::Misplaced(misplaced) => misplaced_answer(&misplaced),
            Self::Nothing => nothing_here(),
        }
    }
}

fn misplaced_answer(misplaced: &Misplaced) -> Response<Body> {
    answer::closing(answer::own(Voice::Server, misplaced.status(), &misplaced.to_string()))
}

fn sent(response: Response<Body>, entry: Entry, busy: Busy) -> Response<Outbound> {
    entry.answered(response.status());
    response.map(|body| Outbound::new(body, entry, busy))
}

/// Whether a path belongs to the API. One with dots in it may lead anywhere.
fn is_call(path: &str) -> bool {
    let under = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    PREFIXES.into_iter().any(under) && !path.split('/').any(is_dots)
}

fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

fn nothing_here() -> Response<Body> {
    let message = format!("only what lies under {} is forwarded", PREFIXES.join(", "));
    answer::own(Voice::Gateway, StatusCode::NOT_FOUND, &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_lie_under_a_prefix() {
        for prefix in PREFIXES {
            assert!(is_call(prefix));
            assert!(is_call(&format!("{prefix}/a/b..c/.d")));
            for path in ["/../x", "/a/%2E./x", "/a/%2e%2E", "/."] {
                assert!(!is_call(&format!("{prefix}{path}")), "{prefix}{path}");
            }
            assert!(!is_call(&format!("{prefix}x/a")));
        }
        assert!(!is_call("/") && !is_call("*") && !is_call(""));
    }
}
