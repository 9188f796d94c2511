//! Programs: starting them, waiting for them, and leaving none behind. It does not know what they are for.
//!
//! Every program leads a process group of its own, so that stopping it also stops what it started in turn (cargo's
//! compilers, a test runner's browser). A registry of the living makes Ctrl-C and SIGTERM reach all of them.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};
use crate::gate::spent;

/// How long a program may take to leave by itself once it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How long a question such as `--version` may take; a cold disk and a busy machine included.
const QUESTION: Duration = Duration::from_secs(120);

/// How many of the last lines of a quiet program are shown when it fails.
const TAIL: usize = 60;

struct Living {
    groups: Vec<u32>,
    stopping: bool,
}

static LIVING: Mutex<Living> = Mutex::new(Living { groups: Vec::new(), stopping: false });

fn living() -> MutexGuard<'static, Living> {
    // A list of numbers is as good after a panic as before it.
    LIVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program that runs; dropping it stops it and all it started.
pub(crate) struct Running {
    child: Child,
    ended: Option<ExitStatus>,
}

/// A command that forgets what cargo told this program about its own package.
///
/// `cargo run` describes the package in the environment, and build scripts that watch these variables would rebuild
/// everything whenever a command is started through `cargo xtask` instead of by hand.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(describes_own_package) {
            command.env_remove(name);
        }
    }
    command
}

fn describes_own_package(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Runs a program to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<()> {
    let mut running = Running::start(command)?;
    expect_success(command, running.wait(limit), limit)
}

/// Runs a program and hands back what it printed to standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(command)?;
    let out = running.child.stdout.take().map(collect);
    let err = running.child.stderr.take().map(collect);
    let ended = running.wait(QUESTION);
    let text = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
        let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (out, err) = (text(out), text(err));
    expect_success(command, ended, QUESTION).inspect_err(|_| eprint!("{err}"))?;
    Ok(out)
}

/// Whether a program can be started and succeeds; says nothing either way.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Running::start(command)
        .is_ok_and(|mut running| running.wait(QUESTION).is_some_and(|status| status.success()))
}

/// Runs a talkative program: a line now and then says that it is alive, and its last lines appear when it fails.
pub(crate) fn quietly(label: &str, command: &mut Command, limit: Duration) -> Result<()> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let lines = Arc::new(Mutex::new(VecDeque::new()));
    let mut running = Running::start(command)?;
    let readers = [
        running.child.stdout.take().map(|pipe| keep_lines(pipe, Arc::clone(&lines))),
        running.child.stderr.take().map(|pipe| keep_lines(pipe, Arc::clone(&lines))),
    ];
    let mut beat = Instant::now();
    let ended = running.wait_watching(limit, || {
        if beat.elapsed() > Duration::from_secs(20) {
            beat = Instant::now();
            let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            let now = lines.back().map_or("", |line: &String| line.trim());
            println!("   {label}: {} so far; {now}", spent(started.elapsed()));
        }
    });
    for reader in readers.into_iter().flatten() {
        // A reader that panicked has only lost lines of a log.
        let _ = reader.join();
    }
    expect_success(command, ended, limit).inspect_err(|_| {
        for line in lines.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            eprintln!("   {label}| {line}");
        }
    })
}

fn expect_success(command: &Command, ended: Option<ExitStatus>, limit: Duration) -> Result<()> {
    match ended {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(Failure::Exit { command: spelled(command), status }),
        None => Err(Failure::Slow { command: spelled(command), limit }),
    }
}

/// A command as a person would type it: the program without its directory, then the arguments.
fn spelled(command: &Command) -> String {
    let mut words = vec![name_of(command)];
    words.extend(command.get_args().map(|word| {
        let word = word.to_string_lossy();
        // Inline scripts would fill the screen.
        if word.contains('\n') { "…".to_owned() } else { word.into_owned() }
    }));
    words.join(" ")
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is still worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn keep_lines(
    pipe: impl Read + Send + 'static,
    lines: Arc<Mutex<VecDeque<String>>>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(std::result::Result::ok) {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() == TAIL {
                lines.pop_front();
            }
            lines.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    })
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        lead_a_group(command);
        let mut living = living();
        if living.stopping {
            drop(living);
            wait_for_the_end();
        }
        // Started under the lock: a signal finds either no program or one that it can stop.
        let child = command
            .spawn()
            .map_err(|source| Failure::Start { program: name_of(command), source })?;
        living.groups.push(child.id());
        Ok(Self { child, ended: None })
    }

    /// How the program ended, if it has.
    pub(crate) fn poll(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.ended = Some(status);
        }
        self.ended
    }

    /// Waits for the end; `None` when the limit passed, and the program was stopped.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.wait_watching(limit, || ())
    }

    fn wait_watching(&mut self, limit: Duration, mut watch: impl FnMut()) -> Option<ExitStatus> {
        let started = Instant::now();
        let mut pause = Duration::from_millis(2);
        loop {
            if let Some(status) = self.poll() {
                // What it left behind holds ports, files and our pipes.
                self.stop();
                return Some(status);
            }
            if started.elapsed() > limit {
                self.stop();
                return None;
            }
            watch();
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    /// Stops the program and all it started; harmless when it has ended.
    pub(crate) fn stop(&mut self) {
        let id = self.child.id();
        ask_to_leave(id, self.ended.is_some());
        let asked = Instant::now();
        while (self.poll().is_none() || is_populated(id)) && asked.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(20));
        }
        if self.poll().is_none() || is_populated(id) {
            make_leave(id);
            // It cannot refuse any more; the status no longer interests anybody.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        living().groups.retain(|group| *group != id);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if living().groups.contains(&self.child.id()) {
            self.stop();
        }
    }
}

/// Makes Ctrl-C and SIGTERM stop every program before this one ends.
pub(crate) fn stop_all_on_signal() -> Result<()> {
    ctrlc::set_handler(|| {
        let groups = {
            let mut living = living();
            living.stopping = true;
            living.groups.clone()
        };
        for group in &groups {
            ask_to_leave(*group, false);
        }
        let asked = Instant::now();
        // The threads that wait for the programs still do, and so collect their remains.
        while asked.elapsed() < GRACE && groups.iter().any(|group| is_populated(*group)) {
            thread::sleep(Duration::from_millis(20));
        }
        for group in groups {
            make_leave(group);
        }
        std::process::exit(130);
    })
    .map_err(|error| Failure::unreadable("the handling of Ctrl-C", error.to_string()))
}

/// Called before a failure is reported: while a signal stops everything, failures are only its echo.
pub(crate) fn stay_silent_when_stopping() {
    let stopping = living().stopping;
    if stopping {
        wait_for_the_end();
    }
}

fn wait_for_the_end() -> ! {
    loop {
        thread::sleep(GRACE);
    }
}

#[cfg(unix)]
fn lead_a_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(unix)]
fn signal(group: u32, signal: Option<nix::sys::signal::Signal>) -> bool {
    i32::try_from(group).is_ok_and(|group| {
        nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), signal).is_ok()
    })
}

#[cfg(unix)]
fn ask_to_leave(group: u32, _leader_has_left: bool) {
    signal(group, Some(nix::sys::signal::Signal::SIGTERM));
}

#[cfg(unix)]
fn is_populated(group: u32) -> bool {
    signal(group, None)
}

#[cfg(unix)]
fn make_leave(group: u32) {
    signal(group, Some(nix::sys::signal::Signal::SIGKILL));
}

#[cfg(windows)]
fn lead_a_group(_: &mut Command) {
    // Ctrl-C reaches every program of the console by itself, and `taskkill /T` follows the tree.
}

#[cfg(windows)]
fn ask_to_leave(group: u32, leader_has_left: bool) {
    // Without a leader there is no tree left to follow, and its number may belong to somebody else by now.
    if !leader_has_left {
        let _ = Command::new("taskkill")
            .args(["/T", "/F", "/PID", &group.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

#[cfg(windows)]
fn is_populated(_: u32) -> bool {
    false
}

#[cfg(windows)]
fn make_leave(_: u32) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_package_is_forgotten_and_settings_stay() {
        assert!(describes_own_package("CARGO_PKG_NAME"));
        assert!(describes_own_package("CARGO_MANIFEST_DIR"));
        assert!(!describes_own_package("CARGO_TARGET_DIR"));
        assert!(!describes_own_package("CARGO_HOME"));
    }

    #[test]
    fn commands_are_spelled_without_directories_and_scripts() {
        let mut command = Command::new(Path::new("some").join("npm.cmd"));
        command.args(["ci", "a\nb"]);
        assert_eq!(spelled(&command), "npm ci …");
    }

    #[test]
    fn what_a_program_prints_is_handed_back() {
        let version = capture(command("rustc").arg("--version")).expect("rustc compiled this");
        assert!(version.starts_with("rustc "), "{version}");
    }

    #[test]
    fn a_program_that_is_not_there_names_itself() {
        let failure =
            run(&mut command("no-such-program"), QUESTION).expect_err("it does not exist");
        assert!(failure.to_string().contains("no-such-program"), "{failure}");
    }

    #[cfg(unix)]
    #[test]
    fn a_slow_program_is_stopped_with_what_it_started() {
        let mut nested = command("sh");
        nested.args(["-c", "sleep 60 & sleep 60"]);
        let mut running = Running::start(&mut nested).expect("a shell is on every unix");
        let id = running.child.id();
        assert_eq!(running.wait(Duration::from_millis(50)), None);
        assert!(!is_populated(id));
        assert!(!living().groups.contains(&id));
    }
}
