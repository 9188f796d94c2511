//! The program `accession-server`: reads its arguments, starts the server and stops it when told to, or checks
//! packages.
//!
//! It does not know what the server does.

mod arguments;
mod check;
mod settings;
mod users;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use accession_server::{Server, SnapshotError, StartError};
use tokio::runtime::Builder;

use crate::arguments::{Asked, Start};

fn main() -> ExitCode {
    match arguments::parse(lexopt::Parser::from_env()) {
        Ok(Asked::Tell(text)) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Ok(Asked::Start(start)) => match run(*start) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(&error.to_string());
                ExitCode::FAILURE
            }
        },
        Ok(Asked::Check(check)) => check::run(&check),
        Err(error) => {
            // A shell may have put the name of a file there.
            complain(&format!("{}\nTry {}", check::harmless(&error.to_string()), error.help()));
            ExitCode::from(error.status())
        }
    }
}

/// Why the server cannot begin, or end, as it should.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum Failure {
    Start(#[from] StartError),
    Snapshot(#[from] SnapshotError),
}

fn run(start: Start) -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(StartError::Runtime)?;
    runtime.block_on(serve(start))?;
    // Digests of uploads that were cut off may still be computed.
    runtime.shutdown_timeout(Duration::from_millis(100));
    Ok(())
}

async fn serve(start: Start) -> Result<(), Failure> {
    let server = Server::bind(start.config).await?;
    let address = server.address();
    if !address.ip().is_loopback() {
        let open = match server.thumbprint() {
            Some(_) => "",
            None => ", and nothing it says or hears is encrypted",
        };
        complain(&format!("warning: other machines can reach this server{open}"));
    }
    say(&format!("accession-server listening on {} ({})", server.origin(), start.jobs));
    if let Some(thumbprint) = server.thumbprint() {
        say(&format!("certificate SHA-256 {thumbprint}"));
    }
    Ok(server.run(told_to_stop()).await?)
}

/// Waits for Ctrl-C or a friendly signal. The second one is not waited for.
async fn told_to_stop() {
    interrupted().await;
    complain("stopping, once running requests have been answered; again to stop at once");
    tokio::spawn(async {
        interrupted().await;
        std::process::exit(1);
    });
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

fn say(text: &str) {
    // A closed pipe is no reason not to serve.
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
