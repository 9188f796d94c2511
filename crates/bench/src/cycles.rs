//! Whole cycles over HTTP: our server beside vcsim and beside an empty handler, by the same client,
//! in turn, in one run.
//!
//! All of it is in `/rest`, which is all that vcsim has.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::client::{self, Connection, text_after};
use crate::empty;
use crate::numbers::{Spread, known, percentile};
use crate::program::{Memory, Program};

/// As many clients at a time, each with an item of its own.
const CONNECTIONS: usize = 16;
const CYCLES: usize = 250;
const ROUNDS: usize = 9;
const REQUESTS: usize = 7;
/// What is uploaded in each cycle.
const UPLOAD: &[u8] = &[b'x'; 1024];

const ITEMS: &str = "/rest/com/vmware/content/library/item";
const JSON: &str = "application/json";
const TOKEN: &str = "vmware-api-session-id";
/// `user` and the password of our vcsim; our server takes any.
const AUTHORIZATION: &str = "Basic dXNlcjpwYXNzLW9mLXZjc2lt";

/// One of those that are compared.
struct Peer {
    name: &'static str,
    program: Program,
    clients: Vec<Client>,
    rounds: Vec<Round>,
    processor: Option<Duration>,
}

/// One connection, logged in, and the item that it changes.
struct Client {
    connection: Connection,
    item: String,
    /// How long each request of a round took, in nanoseconds.
    times: Vec<u32>,
    /// Bytes of all bodies of a round.
    answered: usize,
}

struct Round {
    per_second: f64,
    p50: f64,
    p99: f64,
}

pub(crate) async fn compare() -> Result<(), Failure> {
    let server = path("ACCESSION_SERVER").ok_or(Failure::Unset { variable: "ACCESSION_SERVER" })?;
    let mut ours =
        Peer::start("ours", &server, &["--listen", "127.0.0.1:0", "--quiet"], "datastore-1")
            .await?;
    // Every peer has a round for warming up; that of ours tells how long its answers are.
    ours.round().await?;
    let answered: usize = ours.clients.iter().map(|client| client.answered).sum();
    // It cannot be shorter than what the client looks for in it.
    let length =
        (answered / (CONNECTIONS * CYCLES * REQUESTS)).max(empty::ANSWER.len()).to_string();
    let own = std::env::current_exe().map_err(Failure::io("find this program"))?;
    let mut base = Peer::start("empty", &own, &["empty", &length], "").await?;
    base.round().await?;
    let mut peers = vec![ours, base];
    if let Some(program) = path("ACCESSION_VCSIM") {
        let mut program = Program::start(&program, &["--listen", "127.0.0.1:0"])?;
        let datastore = program.fact("datastore ")?;
        let mut vcsim = Peer::of("vcsim", program, &datastore).await?;
        vcsim.round().await?;
        peers.push(vcsim);
    }
    for peer in &mut peers {
        peer.rounds.clear();
        peer.processor = peer.program.processor_time();
    }
    for _ in 0..ROUNDS {
        for peer in &mut peers {
            peer.round().await?;
        }
    }
    report(&peers, &length);
    Ok(())
}

fn path(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

impl Peer {
    async fn start(
        name: &'static str,
        program: &Path,
        arguments: &[&str],
        datastore: &str,
    ) -> Result<Self, Failure> {
        Self::of(name, Program::start(program, arguments)?, datastore).await
    }

    async fn of(name: &'static str, program: Program, datastore: &str) -> Result<Self, Failure> {
        let mut clients = Vec::new();
        for number in 0..CONNECTIONS {
            clients.push(Client::new(&program.authority, datastore, number).await?);
        }
        Ok(Self { name, program, clients, rounds: Vec::new(), processor: None })
    }

    async fn round(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        let running: Vec<_> = std::mem::take(&mut self.clients)
            .into_iter()
            .map(|client| tokio::spawn(client.cycles()))
            .collect();
        for client in running {
            let client =
                client.await.map_err(|lost| Failure::io("wait for a client")(lost.into()))?;
            self.clients.push(client?);
        }
        let took = began.elapsed();
        let mut times: Vec<u32> =
            self.clients.iter().flat_map(|client| client.times.iter().copied()).collect();
        times.sort_unstable();
        let milliseconds = |percent| f64::from(percentile(&times, percent)) / 1e6;
        self.rounds.push(Round {
            per_second: (CONNECTIONS * CYCLES) as f64 / took.as_secs_f64(),
            p50: milliseconds(50),
            p99: milliseconds(99),
        });
        Ok(())
    }

    fn spread(&self, of: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(of).collect())
    }

    /// Microseconds of processors for each request.
    fn processor_per_request(&self) -> Option<f64> {
        let spent = self.program.processor_time()?.checked_sub(self.processor?)?;
        let requests = self.rounds.len() * CONNECTIONS * CYCLES * REQUESTS;
        Some(spent.as_secs_f64() * 1e6 / requests as f64)
    }
}

impl Client {
    async fn new(authority: &str, datastore: &str, number: usize) -> Result<Self, Failure> {
        let mut connection = Connection::open(authority).await?;
        let mut log_in = Connection::open(authority).await?;
        log_in.add_field("Authorization", AUTHORIZATION);
        let token = value(log_in.call("POST", "/rest/com/vmware/cis/session", None).await?)?;
        connection.add_field(TOKEN, &token);
        let library = format!(
            r#"{{"create_spec":{{"name":"library {number}","type":"LOCAL","storage_backings":[{{"type":"DATASTORE","datastore_id":"{datastore}"}}]}}}}"#
        );
        let library = Some((JSON, library.as_bytes()));
        let library = connection.call("POST", "/rest/com/vmware/content/local-library", library);
        let library = value(library.await?)?;
        let item = format!(r#"{{"create_spec":{{"name":"item","library_id":"{library}"}}}}"#);
        let item = value(connection.call("POST", ITEMS, Some((JSON, item.as_bytes()))).await?)?;
        Ok(Self { connection, item, times: Vec::new(), answered: 0 })
    }

    async fn cycles(mut self) -> Result<Self, Failure> {
        self.times.clear();
        self.answered = 0;
        for _ in 0..CYCLES {
            self.cycle().await?;
        }
        Ok(self)
    }

    async fn cycle(&mut self) -> Result<(), Failure> {
        let spec = format!(r#"{{"create_spec":{{"library_item_id":"{}"}}}}"#, self.item);
        let sessions = format!("{ITEMS}/update-session");
        let id = value(self.timed("POST", &sessions, Some((JSON, spec.as_bytes()))).await?)?;
        let session = format!("{sessions}/id:{id}");
        let files = format!("{ITEMS}/updatesession/file/id:{id}?~action=");
        let spec = r#"{"file_spec":{"name":"image.iso","source_type":"PUSH","size":1024}}"#;
        let add = format!("{files}add");
        let added = self.timed("POST", &add, Some((JSON, spec.as_bytes()))).await?;
        // vcsim names a host of its own choice.
        let link = found(added, r#""uri":"http://"#)?;
        let link = &link[link.find('/').unwrap_or(link.len())..];
        self.timed("PUT", link, Some(("application/octet-stream", UPLOAD))).await?;
        self.timed("GET", &session, None).await?;
        self.timed("POST", &format!("{files}validate"), None).await?;
        self.timed("POST", &format!("{session}?~action=complete"), None).await?;
        self.timed("DELETE", &session, None).await?;
        Ok(())
    }

    async fn timed(
        &mut self,
        method: &str,
        target: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<&str, client::Failure> {
        let began = Instant::now();
        let answer = self.connection.call(method, target, body).await?;
        self.times.push(u32::try_from(began.elapsed().as_nanos()).unwrap_or(u32::MAX));
        self.answered += answer.len();
        Ok(answer)
    }
}

fn value(answer: &str) -> Result<String, Failure> {
    found(answer, r#""value":""#)
}

fn found(answer: &str, words: &str) -> Result<String, Failure> {
    let text = text_after(answer, words).map(str::to_owned);
    text.ok_or_else(|| Failure::Unexpected { words: words.to_owned(), answer: answer.to_owned() })
}

fn report(peers: &[Peer], length: &str) {
    println!(
        "whole cycles over HTTP, in /rest: create, add, PUT of {} bytes, get, validate, complete, delete; {CONNECTIONS} \
         connections, {ROUNDS} rounds of {} cycles in turn; the median of the rounds (least to most)",
        UPLOAD.len(),
        CONNECTIONS * CYCLES,
    );
    println!(
        "empty is a handler in the same framework that answers every request with the same {length} bytes"
    );
    for peer in peers {
        let (cycles, p50) = (peer.spread(|round| round.per_second), peer.spread(|round| round.p50));
        let p99 = peer.spread(|round| round.p99);
        println!("  {:6} {cycles} cycles/s; of a request p50 {p50} ms, p99 {p99} ms", peer.name);
        let processor = known(peer.processor_per_request(), 1, "µs");
        let memory = peer.program.memory();
        let resident = known(memory.map(|memory| megabytes(memory.resident)), 1, "MB");
        let peak = known(memory.map(|memory| megabytes(memory.peak)), 1, "MB");
        println!(
            "         processors {processor} for each request; resident {resident}, at most {peak}"
        );
    }
    let ours = &peers[0];
    for (other, aim) in [("vcsim", "3.3"), ("empty", "0.8")] {
        let Some(other) = peers.iter().find(|peer| peer.name == other) else {
            println!("there is no {other} to compare with");
            continue;
        };
        let ratio = |of: fn(&Round) -> f64| ours.spread(of).median / other.spread(of).median;
        let cycles = ratio(|round| round.per_second);
        let p99 = ratio(|round| round.p99);
        let memory = |peer: &Peer| peer.program.memory();
        let memory = memory(ours).zip(memory(other)).map(|(ours, other): (Memory, Memory)| {
            format!(
                ", resident memory {:.2}, peak {:.2}",
                ours.resident as f64 / other.resident as f64,
                ours.peak as f64 / other.peak as f64
            )
        });
        let processor = ours.processor_per_request().zip(other.processor_per_request());
        let processor = processor.map(|(ours, other)| format!(", processors {:.2}", ours / other));
        println!(
            "ours to {}: cycles {cycles:.2} (aim {aim}), p99 {p99:.2}{}{}",
            other.name,
            memory.unwrap_or_default(),
            processor.unwrap_or_default(),
        );
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
