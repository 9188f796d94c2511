//! The page on a port of this machine: a server, a simulator behind it, and trunk rebuilding the page as it changes.
//!
//! It does not know what the programs say to each other; it starts them, waits until they answer, and stops all of
//! them when one ends.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::artifacts::Artifacts;
use crate::failure::{Failure, Result};
use crate::project::Project;
use crate::run::{self, Running};
use crate::tools::Tools;

/// Where the simulator listens when nobody else does.
const SIMULATOR: u16 = 8990;

/// How long a started server may take until it answers.
const ANSWER: Duration = Duration::from_secs(20);

/// What `serve` was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) vcenter: Option<String>,
    pub(crate) insecure: bool,
    pub(crate) port: u16,
    pub(crate) release: bool,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self { vcenter: None, insecure: false, port: 8080, release: false };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let (name, joined) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), None),
            };
            let mut value = || {
                let value = joined.clone().or_else(|| rest.next().cloned());
                value.ok_or_else(|| Failure::Usage(format!("{name} needs a value")))
            };
            match name {
                "--vcenter" => options.vcenter = Some(value()?),
                "--port" => options.port = port(&value()?)?,
                "--insecure" => options.insecure = true,
                "--release" => options.release = true,
                _ => return Err(Failure::Usage(format!("serve does not know {argument}"))),
            }
        }
        if options.insecure && options.vcenter.is_none() {
            return Err(Failure::Usage("--insecure goes with --vcenter URL".to_owned()));
        }
        Ok(options)
    }
}

fn port(text: &str) -> Result<u16> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(Failure::Usage(format!("{text} is no port; it is a number from 1 to 65535"))),
    }
}

/// A program that must not end before we do.
struct Program {
    name: &'static str,
    running: Running,
}

/// Serves until something ends; Ctrl-C never returns here.
pub(crate) fn serve(project: &Project, tools: &Tools, options: &Options) -> Result<()> {
    if !is_free(options.port) {
        return Err(Failure::PortTaken { port: options.port });
    }
    let artifacts = Artifacts::new(project, tools);
    // Two directories, so that a page made for watching is never mistaken for the one that was measured and tested.
    let page = if options.release { project.dist() } else { project.target.join("page") };
    std::fs::create_dir_all(&page).map_err(Failure::io("create the page's directory"))?;
    // Looked at before trunk begins: from then on, a build may just be put in place.
    let last_build = built(&page);
    let mut trunk = artifacts.trunk("watch", &page, options.release)?;
    println!("   building the server");
    let server = artifacts.server()?;

    let mut programs = vec![Program::start("trunk", &mut trunk)?];
    let vcenter = match &options.vcenter {
        Some(url) => url.clone(),
        None => start_simulator(&server, &mut programs)?,
    };
    if last_build.is_some() {
        println!("   serving the last build until trunk has finished a new one");
    } else {
        println!("   waiting for the first build of the page");
        wait_until(&mut programs, None, "the page", || is_built(&page))?;
    }
    let address = loopback(options.port);
    programs.push(Program::start(
        "the server",
        run::command(&server)
            .args(["--listen", &address.to_string(), "--page"])
            .arg(&page)
            .args(["--vcenter", &vcenter])
            .args(options.insecure.then_some("--insecure")),
    )?);
    wait_until(&mut programs, Some(ANSWER), "the page", || answers(address, "HTTP/1.1 200"))?;
    announce(address, &vcenter);
    if last_build.is_some() {
        // Trunk has a lot to say meanwhile, and the address would scroll away.
        wait_until(&mut programs, None, "", || is_built(&page) && built(&page) != last_build)?;
        announce(address, &vcenter);
    }
    wait_until(&mut programs, None, "", || false)
}

fn announce(address: SocketAddr, vcenter: &str) {
    println!("\n   Accession is at http://{address}/  (live calls go to {vcenter})");
    println!(
        "   Changes are rebuilt as you save; reload the page to see them. Ctrl-C stops everything.\n"
    );
}

fn start_simulator(server: &Path, programs: &mut Vec<Program>) -> Result<String> {
    let address = loopback(if is_free(SIMULATOR) { SIMULATOR } else { free_port()? });
    let mut simulator = run::command(server);
    programs
        .push(Program::start("the simulator", simulator.args(["--listen", &address.to_string()]))?);
    wait_until(programs, Some(ANSWER), "the simulator", || answers(address, "HTTP/1.1 "))?;
    Ok(format!("http://{address}"))
}

impl Program {
    fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let running = Running::start(command)?;
        Ok(Self { name, running })
    }
}

/// Waits for something while the programs run; an end of any of them is the end of waiting.
fn wait_until(
    programs: &mut [Program],
    limit: Option<Duration>,
    what: &str,
    is_there: impl Fn() -> bool,
) -> Result<()> {
    let started = Instant::now();
    while !is_there() {
        for program in &mut *programs {
            if let Some(status) = program.running.poll() {
                let what = program.name.to_owned();
                return Err(Failure::Ended { what, status });
            }
        }
        if limit.is_some_and(|limit| started.elapsed() > limit) {
            let why = format!("it did not answer within {} seconds", ANSWER.as_secs());
            return Err(Failure::unreadable(what, why));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// When the page was built last.
fn built(page: &Path) -> Option<SystemTime> {
    page.join("index.html").metadata().and_then(|file| file.modified()).ok()
}

/// Whether a build is there and not just being put in place.
fn is_built(page: &Path) -> bool {
    page.join("index.html").is_file() && !page.join(".stage").exists()
}

fn answers(address: SocketAddr, expected: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let patience = Duration::from_secs(2);
        let mut stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut start = vec![0; expected.len()];
        stream.read_exact(&mut start)?;
        Ok(start == expected.as_bytes())
    };
    ask().unwrap_or(false)
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Whether nobody listens there. Both questions, since some systems let a second listener take over an address.
fn is_free(port: u16) -> bool {
    let address = loopback(port);
    TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_err()
        && TcpListener::bind(address).is_ok()
}

fn free_port() -> Result<u16> {
    TcpListener::bind(loopback(0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(Failure::io("find a free port"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words)
    }

    #[test]
    fn options_have_defaults_and_two_spellings() {
        let options = parse("").expect("all are optional");
        assert_eq!((options.port, options.vcenter, options.release), (8080, None, false));
        let spaced = parse("--vcenter https://vc --insecure --port 9000").expect("all are known");
        let joined = parse("--vcenter=https://vc --insecure --port=9000").expect("all are known");
        assert_eq!(spaced, joined);
        assert_eq!((spaced.port, spaced.insecure), (9000, true));
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for line in ["--port", "--port 0", "--port many", "--insecure", "--fast"] {
            assert!(matches!(parse(line), Err(Failure::Usage(_))), "{line}");
        }
    }

    #[test]
    fn a_port_with_a_listener_is_not_free() {
        let listener = TcpListener::bind(loopback(0)).expect("some port is free");
        let port = listener.local_addr().expect("it is bound").port();
        assert!(!is_free(port));
        drop(listener);
        assert!(is_free(port));
    }

    #[test]
    fn a_page_being_put_in_place_is_not_built() {
        let page = std::env::temp_dir().join(format!("accession-page-{}", std::process::id()));
        std::fs::create_dir_all(page.join(".stage"))
            .expect("the temporary directory can be written");
        std::fs::write(page.join("index.html"), "")
            .expect("the temporary directory can be written");
        assert!(!is_built(&page));
        std::fs::remove_dir(page.join(".stage")).expect("it was just made");
        assert!(is_built(&page));
        std::fs::remove_dir_all(page).expect("it was just made");
    }
}
