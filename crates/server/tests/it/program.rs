//! The program itself: its arguments, its log, its end, and its memory.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::thread::JoinHandle;

use accession_core::received::Algorithm;
use accession_package::Intake;
use serde_json::json;

use crate::support::{Connection, Directory, PASSWORD, User, ask};

/// The program, until this is dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) first_line: String,
    out: RefCell<BufReader<ChildStdout>>,
    log: Option<JoinHandle<String>>,
}

impl Program {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_accession-server"))
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first_line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut first_line).unwrap();
        let (_, rest) = first_line.split_once("://").unwrap();
        let address = rest.split_whitespace().next().unwrap().parse().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let out = RefCell::new(out);
        Self { child, address, first_line, out, log: Some(log) }
    }

    pub(crate) fn second_line(&self) -> String {
        let mut line = String::new();
        self.out.borrow_mut().read_line(&mut line).unwrap();
        line
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it, and tells what it has logged.
    fn log(mut self) -> String {
        self.child.kill().unwrap();
        self.log.take().unwrap().join().unwrap()
    }

    /// The most memory that it has held at a time, in MiB.
    #[cfg(target_os = "linux")]
    fn peak_memory(&self) -> u64 {
        crate::support::peak_memory(&self.child)
    }

    #[cfg(unix)]
    fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_accession-server")).args(arguments).output().unwrap()
}

#[test]
fn tells_where_it_listens_and_what_it_does() {
    let program = Program::start(&["--seed", "42"]);
    assert!(program.first_line.ends_with(" (simulator, seed 42)\n"), "{}", program.first_line);
    User::new(program.address).whole_session();
    let second = Program::start(&["--vcenter", &program.origin(), "--page", "no-such-directory"]);
    let jobs = format!(" (forwarding to {}, page from no-such-directory)\n", program.origin());
    assert!(second.first_line.ends_with(&jobs), "{}", second.first_line);
    assert_eq!(ask(second.address, "GET", "/", &[], b"").status, 503);
}

#[test]
fn bad_arguments_end_it_with_a_remedy() {
    let refused = run(&["--listen", "here"]);
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("\"here\"") && told.contains("127.0.0.1:8990"), "{told}");
    assert!(refused.stdout.is_empty());

    let first = Program::start(&[]);
    let refused = run(&["--listen", &first.address.to_string()]);
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains(&first.address.to_string()) && told.contains("--listen"), "{told}");

    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8(help.stdout).unwrap().contains("--vcenter URL"));
}

#[test]
fn only_the_given_account_may_log_in() {
    let program = Program::start(&["--user", "me", "--password", PASSWORD]);
    User::new(program.address).whole_session();
    let other = [("Authorization", "Basic bWU6d3Jvbmc=")];
    assert_eq!(ask(program.address, "POST", "/api/session", &other, b"").status, 401);
}

#[test]
fn each_user_may_do_what_the_file_of_users_says() {
    let directory = Directory::new();
    let all = json!({ "user": "me", "password": PASSWORD });
    let some = json!({ "user": "porter", "password": PASSWORD, "privileges": ["System.Read"] });
    directory.write("users.json", json!([all, some]).to_string());
    let file = directory.0.join("users.json");
    let program = Program::start(&["--users", file.to_str().unwrap()]);
    let user = User::new(program.address);
    user.whole_session();
    let basic = [("Authorization", "Basic bWU6d3Jvbmc=")];
    assert_eq!(ask(program.address, "POST", "/api/session", &basic, b"").status, 401);

    let basic = [("Authorization", "Basic cG9ydGVyOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==")];
    let porter = ask(program.address, "POST", "/api/session", &basic, b"").json();
    let headers =
        [("vmware-api-session-id", porter.as_str().unwrap()), ("Content-Type", "application/json")];
    let read = ask(program.address, "GET", "/api/content/library", &headers, b"");
    assert_eq!(read.status, 200);
    let spec = json!({ "library_item_id": user.item }).to_string();
    let refuse = |path: &str, body: &str| {
        let answer = ask(program.address, "POST", path, &headers, body.as_bytes());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        (answer.status, answer.json())
    };
    // As documented, not a word on what is missing.
    let error = json!({
        "error_type": "UNAUTHORIZED",
        "messages": [{
            "id": "vapi.security.authorization.invalid",
            "default_message": "Unable to authorize user",
            "args": [],
        }],
    });
    let session = "/api/content/library/item/update-session";
    assert_eq!(refuse(session, &spec), (403, error.clone()));
    let session = "/rest/com/vmware/content/library/item/update-session";
    let spec = json!({ "create_spec": { "library_item_id": user.item } }).to_string();
    let kind = "com.vmware.vapi.std.errors.unauthorized";
    assert_eq!(refuse(session, &spec), (403, json!({ "type": kind, "value": error })));

    let log = program.log();
    assert_eq!(log.matches(" 403 ").count(), 2, "{log}");
    for untold in [PASSWORD, "UpdateSession", "rivilege"] {
        assert!(!log.contains(untold), "{untold} in {log}");
    }
}

#[test]
fn a_password_that_is_misplaced_in_the_file_of_users_is_not_repeated() {
    let directory = Directory::new();
    let file = directory.0.join("users.json");
    for content in [
        json!({ "me": PASSWORD }).to_string(),
        json!([{ "user": "me", "password": PASSWORD, "privileges": PASSWORD }]).to_string(),
        format!("[{{\"user\": \"me\", \"password\": {PASSWORD}}}]"),
    ] {
        directory.write("users.json", content);
        let refused = run(&["--users", file.to_str().unwrap()]);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0));
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(told.contains("users.json") && told.contains("write [{\"user\""), "{told}");
        assert!(!told.contains(PASSWORD), "{told}");
    }
}

#[test]
fn the_log_has_a_line_per_request_and_no_secret() {
    let simulator = Program::start(&[]);
    let gateway = Program::start(&["--vcenter", &simulator.origin()]);
    let user = User::new(gateway.address);
    let added = user.added("a%20b.iso", 3);
    assert_eq!(user.upload("PUT", &added, b"abc").status, 200);
    let link = added.path().split('/').nth(3).unwrap().to_owned();
    let broken_link = format!("/cls/data/{link}");
    assert_eq!(ask(gateway.address, "PUT", &broken_link, &[], b"").status, 404);
    ask(gateway.address, "GET", "/api/session?password=correct-horse-battery", &[], b"");
    assert_eq!(user.complete(&added.session).status, 204);

    for log in [gateway.log(), simulator.log()] {
        for secret in [&user.token, &link, PASSWORD, "bWU6Y29ycmVj", "vmware-api-session-id"] {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
        let upload = log.lines().find(|line| line.contains(" PUT ")).unwrap();
        let [time, method, path, status, received, sent, took, unit] =
            upload.split(' ').collect::<Vec<_>>().try_into().unwrap();
        assert!(time.parse::<accession_core::time::Timestamp>().is_ok(), "{upload}");
        assert_eq!((method, path, status), ("PUT", "/cls/data/••••/a%2520b.iso", "200"));
        assert_eq!((received, sent, unit), ("in=3", "out=0", "ms"));
        assert!(took.parse::<u64>().is_ok());
        assert!(log.contains(" PUT /cls/data/•••• 404 "), "{log}");
        assert!(log.contains(" GET /api/session "), "{log}");
        let complete =
            format!(" POST /api/content/library/item/update-session/{} 204 ", added.session);
        assert_eq!(log.lines().filter(|line| line.contains(&complete)).count(), 1, "{log}");
    }
}

#[test]
fn it_warns_where_others_can_reach_it() {
    let program = Program::start(&["--listen", "0.0.0.0:0"]);
    assert!(program.log().starts_with("warning: other machines can reach this server"));
    assert_eq!(Program::start(&[]).log(), "");
}

#[test]
fn quiet_means_no_line() {
    let program = Program::start(&["--quiet"]);
    User::new(program.address).whole_session();
    assert_eq!(program.log(), "");
}

#[cfg(unix)]
#[test]
fn it_ends_when_running_requests_have_been_answered() {
    let mut program = Program::start(&[]);
    let user = User::new(program.address);
    let added = user.added("a.iso", 6);
    let mut idle = Connection::open(program.address);
    assert_eq!(idle.ask("GET", "/api/session", &[], b"").status, 401);
    let mut connection = Connection::open(program.address);
    connection.head("PUT", added.path(), &[("Content-Length", "6")]);
    connection.send("abc");
    crate::support::wait_until("the transfer", || user.status(&added) == "TRANSFERRING");
    program.terminate();
    idle.wait_for_end();
    connection.send("def");
    assert_eq!(connection.answer(true).status, 200);
    connection.wait_for_end();
    assert!(program.child.wait().unwrap().success());
    assert!(std::net::TcpStream::connect(program.address).is_err());
}

#[cfg(unix)]
#[test]
fn what_was_in_it_is_there_when_it_starts_again() {
    let directory = Directory::new();
    let file = directory.0.join("lab.json");
    let file = file.to_str().unwrap();
    let mut program = Program::start(&["--seed", "7", "--snapshot", file]);
    let told = format!(" (simulator, seed 7, kept in {file})\n");
    assert!(program.first_line.ends_with(&told), "{}", program.first_line);
    let user = User::new(program.address);
    let added = user.added("a.iso", 6);
    let mut connection = Connection::open(program.address);
    connection.head("PUT", added.path(), &[("Content-Length", "6")]);
    connection.send("abc");
    crate::support::wait_until("the transfer", || user.status(&added) == "TRANSFERRING");
    program.terminate();
    // What still runs is in it, too.
    connection.send("def");
    assert_eq!(connection.answer(true).status, 200);
    assert!(program.child.wait().unwrap().success());

    let mut program = Program::start(&["--snapshot", file]);
    let user = User::new(program.address);
    assert_eq!(user.status(&added), "READY");
    assert_eq!(user.complete(&added.session).status, 204);
    std::fs::remove_dir_all(&directory.0).unwrap();
    program.terminate();
    assert_eq!(program.child.wait().unwrap().code(), Some(1));
    let log = program.log.take().unwrap().join().unwrap();
    assert!(log.contains("failed to write") && log.contains(file), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_an_upload() {
    const PIECE: usize = 1 << 20;
    let pieces = 2 << 10;
    let piece: Vec<u8> = (0..PIECE).map(|at| ((at * 31) >> 3) as u8).collect();
    let mut intake = Intake::new([Algorithm::Sha256]);
    (0..pieces).for_each(|_| intake.write(&piece));
    let received = intake.finish();
    let checksum = &received.digests[&Algorithm::Sha256];
    let spec = json!({
        "size": received.size,
        "checksum_info": { "algorithm": "SHA256", "checksum": checksum },
    });

    let simulator = Program::start(&["--quiet"]);
    let gateway = Program::start(&["--quiet", "--vcenter", &simulator.origin()]);
    for program in [&simulator, &gateway] {
        let user = User::new(program.address);
        let added = user.add(&user.session(), "large.iso", &spec);
        let mut connection = Connection::open(program.address);
        let length = received.size.to_string();
        connection.head("PUT", added.path(), &[("Content-Length", &length)]);
        (0..pieces).for_each(|_| connection.send(&piece));
        assert_eq!(connection.answer(true).status, 200);
        assert_eq!(user.status(&added), "READY");
        assert_eq!(user.complete(&added.session).status, 204);
        let listed = user.item_files();
        assert_eq!(listed[0]["size"], received.size);
    }
    for (name, program) in [("simulator", &simulator), ("gateway", &gateway)] {
        let peak = program.peak_memory();
        assert!(peak < 64, "the {name} held {peak} MiB");
    }
}
