//! Measures how fast the simulator is, beside peers that do the same work in the same run.
//!
//! It asserts nothing: it prints numbers, says what each of them is, and puts the aim beside it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what it is for")]

mod client;
mod cycles;
mod empty;
mod numbers;
mod program;
mod scale;

use std::process::ExitCode;

use tokio::runtime::Builder;

const HELP: &str = "\
accession-bench cycles       whole cycles over HTTP: the server that ACCESSION_SERVER names, beside the vcsim
                             that ACCESSION_VCSIM names, if it does, and beside an empty handler
accession-bench scale N…     what an operation costs beside N live sessions, in process, for each N
accession-bench empty BYTES  the empty handler alone, with answers of so many bytes";

/// Why there are no numbers.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}\n\n{HELP}")]
    Usage(String),
    #[error("{variable} is not set; it names the program, and `cargo xtask bench` sets it")]
    Unset { variable: &'static str },
    #[error("failed to {doing}: {source}")]
    Io { doing: String, source: std::io::Error },
    #[error("{program} ended before it said where it listens")]
    Silent { program: String },
    #[error("an answer has no {words}: {answer}")]
    Unexpected { words: String, answer: String },
    #[error("the simulator answered {request} with {answer}")]
    Refused { request: String, answer: String },
    #[error(transparent)]
    Stopped(accession_core::simulator::Stopped),
    #[error(transparent)]
    Client(#[from] client::Failure),
}

impl Failure {
    fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        |source| Self::Io { doing, source }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match command(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn command(words: &[&str]) -> Result<(), Failure> {
    let runtime = Failure::io("start the runtime");
    match words {
        // One thread: the rest of the machine is the server's.
        ["cycles"] => {
            let runtime = Builder::new_current_thread().enable_all().build().map_err(runtime)?;
            runtime.block_on(cycles::compare())
        }
        ["scale", sizes @ ..] if !sizes.is_empty() => {
            let sizes: Result<Vec<usize>, _> = sizes.iter().map(|size| size.parse()).collect();
            scale::compare(&sizes.map_err(|_| usage(words))?)
        }
        // As many threads as our server has.
        ["empty", bytes] => {
            let bytes = bytes.parse().map_err(|_| usage(words))?;
            let runtime = Builder::new_multi_thread().enable_all().build().map_err(runtime)?;
            runtime.block_on(empty::serve(bytes))
        }
        _ => Err(usage(words)),
    }
}

fn usage(words: &[&str]) -> Failure {
    Failure::Usage(format!("there is no command {:?}", words.join(" ")))
}
