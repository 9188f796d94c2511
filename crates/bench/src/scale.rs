//! What an operation costs while many sessions live: the simulator alone, in this process, with few of
//! them and with many, in turn.
//!
//! A call is timed from its request to its answer. Each is for another session than the one before, so
//! that with many of them little of what it needs is in a cache.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use accession_core::received::Received;
use accession_core::simulator::{Simulator, Upload};
use accession_core::time::Timestamp;
use accession_core::wire::{Method, Request, Response};

use crate::Failure;
use crate::client::text_after;
use crate::numbers::{Spread, known};
use crate::program::own_memory;

/// Calls of each kind in a round, each for another session.
const CALLS: usize = 100;
const ROUNDS: usize = 50;
const ITEMS_OF_A_LIBRARY: usize = 100;
/// From one session to the next call's: a prime, so that all have their turn.
const STRIDE: usize = 7919;
/// The sessions begin within so much time, so that none expires before the last one is there.
const BEGINNING: Duration = Duration::from_secs(100);

const SERVER: &str = "http://127.0.0.1:8990/api";
const ITEMS: &str = "/content/library/item";
const SESSIONS: &str = "/content/library/item/update-session";
const FILE: &str = r#"{"name":"image.iso","source_type":"PUSH","size":1024}"#;

/// Measures with each number of sessions, and prints how the numbers compare.
pub(crate) fn compare(sizes: &[usize]) -> Result<(), Failure> {
    let mut worlds = sizes.iter().map(|size| World::new(*size)).collect::<Result<Vec<_>, _>>()?;
    // Expiry comes first, while no two sessions have had their last call at one instant.
    for work in [World::expiry, World::round] {
        for _ in 0..ROUNDS {
            worlds.iter_mut().try_for_each(work)?;
        }
    }
    report(&worlds);
    Ok(())
}

/// A simulator with live sessions, each on an item of its own and with a file that has arrived.
struct World {
    simulator: Simulator,
    now: Timestamp,
    token: String,
    items: Vec<String>,
    /// The session on each item.
    sessions: Vec<String>,
    /// Which item a session is on; only until the rounds begin in which sessions are replaced.
    places: BTreeMap<String, usize>,
    /// The place of the last call.
    last: usize,
    /// Microseconds by what was done.
    times: BTreeMap<&'static str, Vec<f64>>,
    /// Resident bytes for each of them.
    per_item: Option<f64>,
    per_session: Option<f64>,
}

impl World {
    fn new(size: usize) -> Result<Self, Failure> {
        if size < CALLS || size.is_multiple_of(STRIDE) {
            let why = format!("{size} sessions cannot be measured; say at least {CALLS}");
            return Err(Failure::Usage(why));
        }
        let mut world = Self {
            simulator: Simulator::new(7),
            now: Timestamp::from_millis(1_700_000_000_000),
            token: String::new(),
            items: Vec::with_capacity(size),
            // Their room is no part of what is measured.
            sessions: vec!["x".repeat(73); size],
            places: BTreeMap::new(),
            last: 0,
            times: BTreeMap::new(),
            per_item: None,
            per_session: None,
        };
        world.token = world.log_in()?;
        let empty = own_memory();
        let mut library = String::new();
        for number in 0..size {
            if number.is_multiple_of(ITEMS_OF_A_LIBRARY) {
                library = world.new_library(number / ITEMS_OF_A_LIBRARY)?;
            }
            let spec = format!(r#"{{"name":"item {number}","library_id":"{library}"}}"#);
            let (item, _) = world.call(Method::Post, ITEMS, &spec)?;
            world.items.push(id(&item));
        }
        let with_items = own_memory();
        let began = world.now;
        for place in 0..size {
            world.now = began + BEGINNING.mul_f64(place as f64 / size as f64);
            world.begin(place)?;
        }
        let full = own_memory();
        let each = |more: Option<u64>, less: Option<u64>| {
            Some(more?.saturating_sub(less?) as f64 / size as f64)
        };
        world.per_item = each(with_items, empty);
        world.per_session = each(full, with_items);
        let placed = world.sessions.iter().enumerate();
        world.places = placed.map(|(place, session)| (session.clone(), place)).collect();
        Ok(world)
    }

    fn log_in(&mut self) -> Result<String, Failure> {
        let mut request = Request::new(Method::Post, format!("{SERVER}/session"));
        request.headers.push("Authorization", "Basic dXNlcjpwYXNzd29yZA==");
        succeeded(&request, self.simulator.handle(&request, self.now).response)
            .map(|text| id(&text))
    }

    fn new_library(&mut self, number: usize) -> Result<String, Failure> {
        let backing = r#"[{"type":"DATASTORE","datastore_id":"datastore-1"}]"#;
        let spec =
            format!(r#"{{"name":"library {number}","type":"LOCAL","storage_backings":{backing}}}"#);
        self.call(Method::Post, "/content/local-library", &spec).map(|(library, _)| id(&library))
    }

    /// Begins a session on an item, with a file that arrives.
    fn begin(&mut self, place: usize) -> Result<(), Failure> {
        self.create(place)?;
        let (added, _) = self.add(place)?;
        let (upload, _) = self.open(&added)?;
        self.close(upload);
        Ok(())
    }

    fn create(&mut self, place: usize) -> Result<Duration, Failure> {
        let spec = format!(r#"{{"library_item_id":"{}"}}"#, self.items[place]);
        let (session, took) = self.call(Method::Post, SESSIONS, &spec)?;
        self.sessions[place].clone_from(&id(&session));
        Ok(took)
    }

    fn add(&mut self, place: usize) -> Result<(String, Duration), Failure> {
        let files = format!("{SESSIONS}/{}/file", self.sessions[place]);
        self.call(Method::Post, &files, FILE)
    }

    /// Opens the upload of a file that was added.
    fn open(&mut self, added: &str) -> Result<(Upload, Duration), Failure> {
        let link = text_after(added, r#""uri":""#).unwrap_or_default();
        let request = Request::new(Method::Put, link);
        let began = Instant::now();
        let opened = self.simulator.open_upload(&request, self.now);
        let took = began.elapsed();
        match opened {
            Ok(upload) => Ok((upload, took)),
            Err(refused) => Err(refused_call(&request, refused.response)),
        }
    }

    fn close(&mut self, upload: Upload) -> Duration {
        let received = Received {
            size: 1024,
            digests: upload
                .wants()
                .digests
                .iter()
                .map(|wanted| (*wanted, "0".repeat(40)))
                .collect(),
            ..Received::default()
        };
        let began = Instant::now();
        self.simulator.close_upload(upload, Ok(received), self.now);
        began.elapsed()
    }

    /// Sends a request and gives the answer's body.
    fn call(
        &mut self,
        method: Method,
        target: &str,
        body: &str,
    ) -> Result<(String, Duration), Failure> {
        let request = self.request(method, target, body);
        let began = Instant::now();
        let handled = self.simulator.handle(&request, self.now);
        let took = began.elapsed();
        Ok((succeeded(&request, handled.response)?, took))
    }

    fn request(&self, method: Method, target: &str, body: &str) -> Request {
        let mut request = Request::new(method, format!("{SERVER}{target}"));
        request.headers.push("vmware-api-session-id", self.token.as_str());
        request.headers.push("Content-Type", "application/json");
        request.body = body.as_bytes().to_vec();
        request
    }

    fn note(&mut self, what: &'static str, took: Duration) {
        self.times.entry(what).or_default().push(took.as_secs_f64() * 1e6);
    }

    fn round(&mut self) -> Result<(), Failure> {
        let size = self.items.len();
        let first = self.last;
        self.last += CALLS * STRIDE;
        let places = (1..=CALLS).map(|call| (first + call * STRIDE) % size);
        let places: Vec<_> = places.collect();
        for place in &places {
            let target = format!("{SESSIONS}/{}", self.sessions[*place]);
            let (_, took) = self.call(Method::Get, &target, "")?;
            self.note("get", took);
        }
        for place in &places {
            let target = format!("{SESSIONS}?library_item_id={}", self.items[*place]);
            let (_, took) = self.call(Method::Get, &target, "")?;
            self.note("list of an item", took);
        }
        for place in &places {
            let target = format!("{SESSIONS}/{}?action=keep-alive", self.sessions[*place]);
            let (_, took) = self.call(Method::Post, &target, r#"{"client_progress":7}"#)?;
            self.note("keep-alive", took);
        }
        self.uploads(&places)?;
        for place in &places {
            let session = format!("{SESSIONS}/{}", self.sessions[*place]);
            let (_, took) = self.call(Method::Post, &format!("{session}?action=complete"), "")?;
            let created = self.create(*place)?;
            self.note("complete and create", took + created);
            let (_, took) = self.call(Method::Delete, &session, "")?;
            self.note("delete", took);
            let (added, _) = self.add(*place)?;
            let (upload, _) = self.open(&added)?;
            self.close(upload);
        }
        Ok(())
    }

    /// Sends the file of each session again, all at the same time.
    fn uploads(&mut self, places: &[usize]) -> Result<(), Failure> {
        let mut added = Vec::new();
        for place in places {
            let (info, took) = self.add(*place)?;
            self.note("add", took);
            added.push(info);
        }
        let mut uploads = Vec::new();
        for info in added {
            let (upload, took) = self.open(&info)?;
            self.note("upload begins", took);
            uploads.push(upload);
        }
        for upload in &uploads {
            let began = Instant::now();
            let told = self.simulator.progress(upload, 512, self.now);
            let took = began.elapsed();
            told.map_err(Failure::Stopped)?;
            self.note("progress", took);
        }
        for upload in uploads {
            let took = self.close(upload);
            self.note("upload ends", took);
        }
        Ok(())
    }

    /// Makes calls in each of which a session expires, as it does in a server without timers, and begins
    /// others in their place.
    fn expiry(&mut self) -> Result<(), Failure> {
        for _ in 0..CALLS {
            let Some(due) = self.simulator.poll_timeout() else { break };
            self.now = self.now.max(due);
            let request = self.request(Method::Get, "/session", "");
            let began = Instant::now();
            let handled = self.simulator.handle(&request, self.now);
            let took = began.elapsed();
            succeeded(&request, handled.response)?;
            // Beside a million, more than one expires within a millisecond.
            let expired = u32::try_from(handled.transitions.len()).unwrap_or(1).max(1);
            self.note("a session expires", took / expired);
            for transition in handled.transitions {
                if let Some(place) = self.places.remove(transition.session.as_str()) {
                    self.begin(place)?;
                    self.places.insert(self.sessions[place].clone(), place);
                }
            }
        }
        Ok(())
    }
}

fn succeeded(request: &Request, response: Response) -> Result<String, Failure> {
    if response.is_success() {
        Ok(String::from_utf8_lossy(&response.body).into_owned())
    } else {
        Err(refused_call(request, response))
    }
}

fn refused_call(request: &Request, response: Response) -> Failure {
    Failure::Refused {
        request: format!("{} {}", request.method, request.url),
        answer: format!("{} {}", response.status, String::from_utf8_lossy(&response.body)),
    }
}

/// An id that is a whole answer.
fn id(answer: &str) -> String {
    answer.trim_matches('"').to_owned()
}

fn report(worlds: &[World]) {
    println!(
        "cost of an operation beside so many live sessions, each on an item of its own, in process: the median of \
         {} calls, in microseconds (aim: the last at most 2 times the first)",
        ROUNDS * CALLS,
    );
    let row = |name: &str, cells: Vec<String>| {
        let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>8}")).collect();
        println!("  {name:20}{}", cells.join(" "));
    };
    let sizes = worlds.iter().map(|world| world.items.len().to_string());
    row("", sizes.chain(["ratio".to_owned()]).collect());
    let names = worlds.first().map(|world| world.times.keys()).into_iter().flatten();
    for name in names {
        let median = |world: &World| {
            world.times.get(name).map_or(f64::NAN, |times| Spread::of(times.clone()).median)
        };
        let medians: Vec<f64> = worlds.iter().map(median).collect();
        let ratio = medians[medians.len() - 1] / medians[0];
        row(name, medians.iter().chain([&ratio]).map(|number| format!("{number:.2}")).collect());
    }
    for world in worlds {
        println!(
            "  resident memory beside {}: {} for each session with its file, {} for each item",
            world.items.len(),
            known(world.per_session, 0, "bytes"),
            known(world.per_item, 0, "bytes"),
        );
    }
}
