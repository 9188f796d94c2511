//! A small HTTP client that can also misbehave, a small server that can, and a user with a session.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use accession_server::{Admin, Config, Job, Limits, Recipe, Running, Target, start};
use serde_json::{Value, json};

/// Nothing here takes longer, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

// -------------------------------------------------------------------------------------------------
// Servers
// -------------------------------------------------------------------------------------------------

pub(crate) fn simulator(limits: Limits) -> Running {
    serve(Config { limits, ..Config::new(Job::Simulate(Recipe::new(7))) })
}

/// A simulator that may be steered.
pub(crate) fn steered(limits: Limits) -> Running {
    let admin = Admin::ThisMachine;
    serve(Config { admin, limits, ..Config::new(Job::Simulate(Recipe::new(7))) })
}

/// The message of a refusal that is the server's own.
pub(crate) fn told(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["error"], "accession-server");
    id(&body["message"])
}

pub(crate) fn gateway(target: &str, limits: Limits) -> Running {
    serve(Config { limits, ..Config::new(forward(target, false)) })
}

pub(crate) fn forward(target: &str, insecure: bool) -> Job {
    Job::Forward(Target { origin: target.parse().unwrap(), insecure })
}

pub(crate) fn serve(config: Config) -> Running {
    start(Config { listen: ([127, 0, 0, 1], 0).into(), log: false, ..config }).unwrap()
}

/// A server that does as it is told, for one connection.
pub(crate) struct Peer {
    pub(crate) origin: String,
    thread: JoinHandle<()>,
}

impl Peer {
    pub(crate) fn new(serve: impl FnOnce(Connection) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            serve(Connection::new(stream));
        });
        Self { origin, thread }
    }

    /// Waits until it has done what it was told, and fails if it failed.
    pub(crate) fn join(self) {
        self.thread.join().unwrap();
    }
}

// -------------------------------------------------------------------------------------------------
// A client
// -------------------------------------------------------------------------------------------------

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// Where a client sends its requests.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    pub(crate) address: SocketAddr,
    /// Whom a client trusts that speaks TLS.
    pub(crate) tls: Option<Arc<rustls::ClientConfig>>,
    /// What its calls have before their paths.
    pub(crate) prefix: &'static str,
    /// The header by which its calls name a world.
    pub(crate) world: Option<&'static str>,
}

impl From<SocketAddr> for Reach {
    fn from(address: SocketAddr) -> Self {
        Self { address, tls: None, prefix: "", world: None }
    }
}

trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

pub(crate) struct Connection {
    reader: BufReader<Box<dyn Stream>>,
    socket: TcpStream,
}

impl Connection {
    pub(crate) fn open(reach: impl Into<Reach>) -> Self {
        let reach = reach.into();
        let socket = TcpStream::connect(reach.address).unwrap();
        let Some(tls) = reach.tls else { return Self::new(socket) };
        let name = rustls::pki_types::ServerName::from(reach.address.ip());
        let session = rustls::ClientConnection::new(tls, name).unwrap();
        let stream = rustls::StreamOwned::new(session, socket.try_clone().unwrap());
        Self::over(Box::new(stream), socket)
    }

    pub(crate) fn new(socket: TcpStream) -> Self {
        Self::over(Box::new(socket.try_clone().unwrap()), socket)
    }

    fn over(stream: Box<dyn Stream>, socket: TcpStream) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { reader: BufReader::new(stream), socket }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes.as_ref())?;
        self.reader.get_mut().flush()
    }

    pub(crate) fn second_handle(&self) -> TcpStream {
        self.socket.try_clone().unwrap()
    }

    pub(crate) fn stop_sending(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// Sends a head. Whoever calls says how the body is framed.
    pub(crate) fn head(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) {
        let mut text = format!("{method} {target} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            text += "Host: localhost\r\n";
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        self.send(text + "\r\n");
    }

    /// Sends a request and reads its answer.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let length = body.len().to_string();
        let mut all = headers.to_vec();
        if !body.is_empty() || method != "GET" {
            all.push(("Content-Length", &length));
        }
        self.head(method, target, &all);
        self.send(body);
        self.answer(method != "HEAD")
    }

    pub(crate) fn answer(&mut self, has_body: bool) -> Answer {
        let (first, headers) = self.message();
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {first:?}"));
        let mut answer = Answer { status, headers, body: Vec::new() };
        if has_body && !matches!(status, 100..=199 | 204 | 304) {
            answer.body = self.body(&answer.headers);
        }
        answer
    }

    /// The first line and the fields of a request or of an answer.
    pub(crate) fn message(&mut self) -> (String, Vec<(String, String)>) {
        let first = self.line();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        (first, headers)
    }

    fn body(&mut self, headers: &[(String, String)]) -> Vec<u8> {
        let field = |name: &str| headers.iter().find(|(other, _)| other == name);
        if field("transfer-encoding").is_some() {
            let mut body = Vec::new();
            loop {
                let size = usize::from_str_radix(&self.line(), 16).unwrap();
                body.extend(self.bytes(size));
                assert_eq!(self.line(), "");
                if size == 0 {
                    return body;
                }
            }
        }
        let length = field("content-length").map(|(_, value)| value.parse().unwrap());
        match length {
            Some(length) => self.bytes(length),
            None => self.rest(),
        }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.reader.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Everything up to the end of the connection.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.reader.read_to_end(&mut rest).unwrap();
        rest
    }

    /// Everything up to the end of the connection, however it ends.
    pub(crate) fn rest_until_cut(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        if let Err(error) = self.reader.read_to_end(&mut rest) {
            assert!(!timed_out(&error), "the connection is still open");
        }
        rest
    }

    /// Waits until the other side has closed the connection, whichever way.
    pub(crate) fn wait_for_end(&mut self) {
        self.rest_until_cut();
    }
}

fn timed_out(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// One request on its own connection.
pub(crate) fn ask(
    reach: impl Into<Reach>,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    Connection::open(reach).ask(method, target, headers, body)
}

/// Asks until it is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

// -------------------------------------------------------------------------------------------------
// A user
// -------------------------------------------------------------------------------------------------

pub(crate) const PASSWORD: &str = "correct-horse-battery";
const SESSIONS: &str = "/api/content/library/item/update-session";

/// Somebody who has logged in and has an item.
pub(crate) struct User {
    pub(crate) reach: Reach,
    pub(crate) token: String,
    pub(crate) item: String,
}

/// A file that has been added to a session.
pub(crate) struct Added {
    pub(crate) session: String,
    pub(crate) name: String,
    /// Where the answer says that the bytes go.
    pub(crate) link: String,
}

impl Added {
    /// The path of the link.
    pub(crate) fn path(&self) -> &str {
        let (_, rest) = self.link.split_once("://").unwrap();
        &rest[rest.find('/').unwrap()..]
    }
}

impl User {
    pub(crate) fn new(reach: impl Into<Reach>) -> Self {
        Self::with_item(reach, "iso")
    }

    /// One with an item of this type.
    pub(crate) fn with_item(reach: impl Into<Reach>, kind: &str) -> Self {
        let reach = reach.into();
        // `me` and the password, as HTTP Basic has it.
        let basic = "Basic bWU6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5";
        let mut user = Self { reach, token: String::new(), item: String::new() };
        let answer = user.ask("POST", "/api/session", &[("Authorization", basic)], b"");
        assert_eq!(answer.status, 201, "{answer:?}");
        user.token = answer.json().as_str().unwrap().to_owned();
        let backing = json!({ "type": "DATASTORE", "datastore_id": "datastore-1" });
        let library = json!({ "name": unique("library"), "storage_backings": [backing] });
        let library = user.post("/api/content/local-library", &library);
        let item = json!({ "name": unique("item"), "library_id": library, "type": kind });
        user.item = id(&user.post("/api/content/library/item", &item));
        user
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let headers =
            [("vmware-api-session-id", self.token.as_str()), ("Content-Type", "application/json")];
        let body = body.map(Value::to_string).unwrap_or_default();
        let shown = if body.is_empty() { &headers[..1] } else { &headers };
        self.ask(method, path, shown, body.as_bytes())
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let path = format!("{}{path}", self.reach.prefix);
        let mut headers = headers.to_vec();
        headers.extend(self.reach.world.map(|name| ("accession-world", name)));
        ask(self.reach.clone(), method, &path, &headers, body)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.call("POST", path, Some(body));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    pub(crate) fn session(&self) -> String {
        id(&self.post(SESSIONS, &json!({ "library_item_id": self.item })))
    }

    pub(crate) fn add(&self, session: &str, name: &str, more: &Value) -> Added {
        let mut spec = json!({ "name": name, "source_type": "PUSH" });
        for (name, value) in more.as_object().unwrap() {
            spec[name] = value.clone();
        }
        let info = self.post(&format!("{SESSIONS}/{session}/file"), &spec);
        let link = info["upload_endpoint"]["uri"].as_str().unwrap().to_owned();
        Added { session: session.to_owned(), name: name.to_owned(), link }
    }

    /// Adds a file that the server fetches.
    pub(crate) fn pull(&self, session: &str, name: &str, endpoint: &Value, more: &Value) -> Added {
        let mut spec = json!({ "name": name, "source_type": "PULL", "source_endpoint": endpoint });
        for (name, value) in more.as_object().unwrap() {
            spec[name] = value.clone();
        }
        self.post(&format!("{SESSIONS}/{session}/file"), &spec);
        Added { session: session.to_owned(), name: name.to_owned(), link: String::new() }
    }

    /// A session of its own with one file of this size.
    pub(crate) fn added(&self, name: &str, size: usize) -> Added {
        self.add(&self.session(), name, &json!({ "size": size }))
    }

    pub(crate) fn upload(&self, method: &str, added: &Added, bytes: &[u8]) -> Answer {
        ask(self.reach.clone(), method, added.path(), &[], bytes)
    }

    pub(crate) fn file(&self, added: &Added) -> Value {
        let path = format!("{SESSIONS}/{}/file/{}", added.session, added.name);
        self.call("GET", &path, None).json()
    }

    pub(crate) fn status(&self, added: &Added) -> String {
        id(&self.file(added)["status"])
    }

    pub(crate) fn complete(&self, session: &str) -> Answer {
        self.call("POST", &format!("{SESSIONS}/{session}?action=complete"), None)
    }

    pub(crate) fn cancel(&self, session: &str) -> Answer {
        self.call("POST", &format!("{SESSIONS}/{session}?action=cancel"), None)
    }

    /// Why a session is in ERROR, once it is.
    pub(crate) fn failure(&self, session: &str) -> String {
        wait_until("the failure", || self.state(session) == "ERROR");
        let info = self.call("GET", &format!("{SESSIONS}/{session}"), None).json();
        id(&info["error_message"]["default_message"])
    }

    pub(crate) fn state(&self, session: &str) -> String {
        id(&self.call("GET", &format!("{SESSIONS}/{session}"), None).json()["state"])
    }

    pub(crate) fn item_files(&self) -> Value {
        self.call("GET", &format!("/api/content/library/item/{}/file", self.item), None).json()
    }

    /// A whole session, to show that the server still does its work.
    pub(crate) fn whole_session(&self) {
        let added = self.added("whole.iso", 3);
        assert_eq!(self.upload("PUT", &added, b"abc").status, 200);
        assert_eq!(self.complete(&added.session).status, 204);
        assert_eq!(self.state(&added.session), "DONE");
    }
}

pub(crate) fn id(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn unique(what: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{what} {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The most memory that a program has held at a time, in MiB.
#[cfg(target_os = "linux")]
pub(crate) fn peak_memory(program: &std::process::Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// A directory that goes away with its test.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let name = unique("accession").replace(' ', format!("-{}-", std::process::id()).as_str());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), content).unwrap();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A directory left behind fails no test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
