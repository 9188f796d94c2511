//! Fuzzing: mutated requests in each of the three spellings, snapshots and runs. Nothing that arrives
//! makes core panic, or take more memory than a small multiple of what arrived.
//!
//! An input that is answered as none before it was becomes a sample itself: the rule and the message
//! of an answer tell how far an input came. That needs neither a nightly compiler nor a second build,
//! as a fuzzer that counts branches would. `kept` are such inputs, once found, for every later run
//! and for the wasm module's; `UPDATE_TRANSCRIPTS=1` finds them anew.

#[path = "../support/mod.rs"]
mod support;

mod mutate;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use accession_core::dialect::Dialect;
use accession_core::jsonrpc;
use accession_core::model::LibraryId;
use accession_core::operations::UpdateSessionComplete;
use accession_core::operations::UpdateSessionList;
use accession_core::reading;
use accession_core::run::{Outcome, Run};
use accession_core::simulator::{Handled, Simulator, Snapshot};
use accession_core::wire::{Headers, Method, Request};
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};

use mutate::{Chance, mutated};
use support::busy::{call_of, world};
use support::{Client, SEED, compare_with_file, rpc};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What an input may take: so many times its length, and what an answer takes whatever was asked.
const TIMES: usize = 32;
const BESIDES: usize = 1 << 18;

/// Memory is counted for the whole program, so there is one target at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Inputs of a target: in the gate all take some twenty seconds, in a soak minutes.
fn inputs(in_the_gate: u64) -> u64 {
    let soak = std::env::var("ACCESSION_SOAK").ok();
    let given = soak.as_ref().and_then(|text| text.parse().ok()).filter(|factor| *factor > 1);
    in_the_gate * if soak.is_some() { given.unwrap_or(10) } else { 1 }
}

/// What an input led to, and the most memory that it took meanwhile.
struct Led {
    to: String,
    peak: usize,
}

/// Does it, and sees how much memory it takes.
fn led(work: impl FnOnce() -> String) -> Led {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let to = work();
    Led { to, peak: MEMORY.peak_usage().saturating_sub(before) }
}

/// Tries so many inputs, and gives the first one for each thing that an input led to.
fn fuzz(
    name: &str,
    mut samples: Vec<Vec<u8>>,
    count: u64,
    target: impl Fn(&[u8]) -> Led,
) -> Vec<Vec<u8>> {
    let mut chance = Chance(SEED);
    if std::env::var_os("ACCESSION_SOAK").is_some() {
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        chance = Chance(now);
    }
    let (mut known, mut found, mut most) = (BTreeSet::new(), Vec::new(), 0);
    let given = samples.clone();
    for number in 0..count {
        // Those that were given come first as they are.
        let input = match usize::try_from(number).ok().and_then(|number| given.get(number)) {
            Some(given) => given.clone(),
            None => mutated(&samples, &mut chance),
        };
        let told = || format!("{name}, input {number}: {}", input.escape_ascii());
        let led = catch_unwind(AssertUnwindSafe(|| target(&input)));
        let Led { to, peak } = led.unwrap_or_else(|_| panic!("it panicked at {}", told()));
        assert!(peak <= TIMES * input.len() + BESIDES, "{peak} bytes of memory for {}", told());
        most = most.max(peak);
        if known.insert(to) {
            samples.push(input.clone());
            found.push(input);
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "fuzz, {name}: {count} inputs led to {} things, with at most {most} bytes of memory",
        known.len()
    );
    found
}

/// What an answer says of how far its request came.
fn kind(request: &Request, handled: &Handled) -> String {
    let Handled { response, rule, transitions, .. } = handled;
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let rule = rule.map(|rule| rule.id);
    let moved: Vec<_> = transitions.iter().map(|it| (it.from, it.to)).collect();
    let mut ids = Vec::new();
    messages(&body, &mut ids);
    let granted = response.is_success().then(|| (request.method, shape(request.path())));
    let mut names = BTreeSet::new();
    if response.is_success() {
        fields(&body, &mut names);
    }
    format!("{} {rule:?} {moved:?} {ids:?} {granted:?} {names:?}", response.status)
}

fn fields<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(inside) => {
            for (name, value) in inside {
                names.insert(name);
                fields(value, names);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| fields(value, names)),
        _ => {}
    }
}

/// The ids of the messages in an answer, in whatever spelling.
fn messages(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let (Some(id), Some(_)) = (fields.get("id"), fields.get("default_message")) {
                ids.push(id.to_string());
            }
            fields.values().for_each(|value| messages(value, ids));
        }
        Value::Array(values) => values.iter().for_each(|value| messages(value, ids)),
        _ => {}
    }
}

/// A path without the ids in it.
fn shape(path: &str) -> String {
    let word = |segment: &str| segment.chars().all(|it| it.is_ascii_lowercase() || it == '-');
    path.split('/').map(|segment| if word(segment) { segment } else { "*" }).collect()
}

// ---------------------------------------------------------------------------------------------
// Requests
// ---------------------------------------------------------------------------------------------

/// A request as bytes: its line, its headers, an empty line, its body.
fn written(request: &Request) -> Vec<u8> {
    let mut text = format!("{} {}\n", request.method, request.url);
    for (name, value) in request.headers.iter() {
        text += &format!("{name}: {value}\n");
    }
    [text.as_bytes(), b"\n", &request.body].concat()
}

/// Whatever bytes there are, they are some request.
fn request(bytes: &[u8]) -> Request {
    let split = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..split]);
    let mut lines = head.split('\n');
    let (method, url) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or_default();
    let headers: Headers = lines.filter_map(|line| line.split_once(": ")).collect();
    let body = bytes.get(split + 2..).unwrap_or_default().to_vec();
    let method = method.parse().unwrap_or(Method::Post);
    Request { method, url: url.to_owned(), headers, body }
}

fn answered(client: &Client, bytes: &[u8]) -> Led {
    let (mut simulator, request) = (client.simulator.clone(), request(bytes));
    led(|| {
        let handled = if jsonrpc::is_for(&request) {
            jsonrpc::handle(&mut simulator, &request, client.now)
        } else if Simulator::is_upload(request.path()) {
            match simulator.open_upload(&request, client.now) {
                Ok(_) => return "an upload".to_owned(),
                Err(refused) => refused,
            }
        } else {
            simulator.handle(&request, client.now)
        };
        kind(&request, &handled)
    })
}

/// Inputs that were found before, as texts.
fn kept(name: &str) -> Vec<Vec<u8>> {
    let file = format!("{}/tests/fuzz/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let texts: Vec<String> = serde_json::from_str(&text).unwrap_or_default();
    texts.into_iter().map(String::into_bytes).collect()
}

/// Keeps what was found, if that is asked for. What is long or no text is found by itself next time.
fn keep(name: &str, found: Vec<Vec<u8>>) {
    if support::updating() {
        let short = found.into_iter().filter(|input| input.len() < 700);
        let texts: Vec<_> = short.filter_map(|input| String::from_utf8(input).ok()).collect();
        let json = serde_json::to_string_pretty(&texts).expect("texts");
        compare_with_file(&format!("fuzz/{name}.json"), &(json + "\n"));
    }
}

#[test]
fn requests() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let spelled = |name: &str, dialect: Dialect, seeds: Vec<Request>| {
        let world = world(dialect);
        let upload = Request::new(Method::Put, world.link.as_str());
        let mut samples: Vec<_> = seeds.iter().chain([&upload]).map(written).collect();
        samples.extend(kept(name));
        let target = |bytes: &[u8]| answered(&world.client, bytes);
        keep(name, fuzz(name, samples, inputs(32_000), target));
    };
    for (name, dialect) in [("api", Dialect::Api), ("rest", Dialect::Rest)] {
        spelled(name, dialect, world(dialect).good.clone());
    }
    let world = world(Dialect::Api);
    let calls = world.good.iter().map(call_of);
    let login = world.client.login.as_ref();
    let seeds = calls.flat_map(|call| [true, false].map(|wrapped| rpc(&call, wrapped, login)));
    spelled("json-rpc", Dialect::Api, seeds.collect());
}

// ---------------------------------------------------------------------------------------------
// What is kept of simulators
// ---------------------------------------------------------------------------------------------

#[test]
fn snapshots() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let good = world(Dialect::Api).client.simulator.snapshot().to_json().into_bytes();
    fuzz("snapshots", vec![good], inputs(16_000), |bytes| {
        let mut restored = None;
        let mut led = led(|| match Snapshot::from_json(bytes).and_then(Simulator::restore) {
            Ok(simulator) => {
                restored = Some(simulator);
                "restored".to_owned()
            }
            // The place and the rule, without what differs from input to input.
            Err(refused) => {
                let text = refused.to_string();
                text.chars().filter(|it| it.is_ascii_lowercase() || *it == ' ').collect()
            }
        });
        if let Some(simulator) = restored {
            led.to = lives(simulator);
        }
        led
    });
}

/// What is restored can be used, and written and read again.
fn lives(simulator: Simulator) -> String {
    let json = simulator.snapshot().to_json();
    let again = Snapshot::from_json(json.as_bytes()).and_then(Simulator::restore);
    assert_eq!(again.map(|again| again.snapshot().to_json()), Ok(json));
    let mut client = Client { simulator, ..Client::new(Dialect::Api) };
    client.now = client.simulator.now();
    let handled = client.send(&client.request(&accession_core::operations::LoginCreate {}));
    if handled.response.is_success() {
        let token: String = serde_json::from_slice(&handled.response.body).expect("a token");
        client.login = Some(accession_core::model::LoginToken::new(token));
        let list = client.call(&UpdateSessionList { library_item_id: None }).unwrap_or_default();
        for update_session_id in list {
            let _ = client.call(&UpdateSessionComplete { update_session_id });
        }
    }
    for _ in 0..16 {
        let Some(due) = client.simulator.poll_timeout() else { break };
        client.simulator.advance(due);
    }
    client.simulator.snapshot().to_json();
    "it lives".to_owned()
}

/// A run that does a little of everything.
fn run() -> Value {
    let mut run = json!({
        "version": 1, "seed": "7", "release": "9.1", "behaviour": {"expired": "shown"}, "dialect": "api",
        "entries": [],
    });
    let begun: Run = reading::read(&run).expect("a run").value;
    let mut replay = begun.begin().expect("a good run");
    let mut now = 1_772_355_600_000_i64;
    let mut does = |deed: Value| {
        now += 700;
        let at = accession_core::time::Timestamp::from_millis(now).to_string();
        let entry = json!({"at": at, "deed": deed});
        let outcome = replay.step(&reading::read(&entry).expect("an entry").value);
        run["entries"].as_array_mut().expect("a list").push(entry);
        match outcome {
            Outcome::Answered(answered) => {
                let body = answered.handled.expect("it was heard").response.body;
                serde_json::from_slice::<Value>(&body).unwrap_or_default()
            }
            _ => Value::Null,
        }
    };
    does(json!({"kind": "log_in", "user": "me"}));
    let call = |operation: &str, parameters: Value| json!({"kind": "call", "operation": operation, "parameters": parameters});
    let library = support::library_spec("lab");
    let library = does(call("local_library.create", json!({"create_spec": library})));
    let library = LibraryId::new(library.as_str().expect("an id"));
    let item = support::item_spec(&library, "a", "ovf");
    let item = does(call("library.item.create", json!({"create_spec": item})));
    let create = json!({"create_spec": {"library_item_id": item}});
    let session = does(call("library.item.update_session.create", create));
    let file = json!({"name": "a.iso", "source_type": "PUSH", "size": 4});
    let add = json!({"update_session_id": session, "file_spec": file});
    does(call("library.item.updatesession.file.add", add));
    does(json!({"kind": "open_upload", "session": session, "file": "a.iso"}));
    does(json!({"kind": "close_upload", "file": "a.iso", "received": {"size": 4}}));
    let complete = json!({"update_session_id": session});
    does(call("library.item.update_session.complete", complete));
    run
}

#[test]
fn runs() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    fuzz("runs", vec![run().to_string().into_bytes()], inputs(16_000), |bytes| {
        led(|| {
            let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
                return "no JSON".to_owned();
            };
            let run = match reading::read::<Run>(&value) {
                Ok(run) => run.value,
                Err(misfit) => return misfit.path.to_string(),
            };
            let Ok((_, outcomes)) = run.replay() else { return "not begun".to_owned() };
            let mut led_to = BTreeMap::<&str, usize>::new();
            for outcome in &outcomes {
                *led_to
                    .entry(match outcome {
                        Outcome::Answered(answered) => {
                            let rule = answered.handled.as_ref().and_then(|handled| handled.rule);
                            rule.map_or("granted", |rule| rule.id)
                        }
                        Outcome::Impossible(_) => "impossible",
                        _ => "done",
                    })
                    .or_default() += 1;
            }
            format!("{:?}", led_to.keys())
        })
    });
}
