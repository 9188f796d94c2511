//! `accession-server check`: will these packages be accepted?
//!
//! It knows files and a terminal, and nothing of what makes a package good.

mod progress;
mod source;
mod text;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use accession_core::time::Timestamp;
use accession_package::certificate::Roots;
use accession_package::inspection::Circumstances;
use accession_package::report::{Report, Verdict};

use progress::Progress;
use source::Package;

/// What to check, and how to tell.
#[derive(Debug, Default)]
pub(crate) struct Check {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    /// A file of PEM certificates that are trusted.
    pub(crate) roots: Option<PathBuf>,
}

pub(crate) const HELP: &str = "\
Tells whether a vCenter content library will accept a package, before a byte
of it is uploaded.

Usage: accession-server check [OPTIONS] FILE...

FILE is an OVA, an ISO image, or an OVF descriptor whose files are beside it;
a directory is searched for its descriptor. - reads standard input.

  --json         the report as JSON; of several packages as an array
  --roots FILE   trust the PEM certificates in FILE, and no others
  --quiet        no progress

Exit status: 0 nothing found, 1 warnings, 2 it will be refused, 3 a file could
not be read or the command was wrong.";

/// A file could not be read, or the command was wrong.
pub(crate) const FAILED: u8 = 3;

/// Why a package could not be checked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("failed to read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} has no .ovf file; name the OVA or the descriptor", .0.display())]
    NoDescriptor(PathBuf),
    #[error("{} has several .ovf files; name the one that is meant", .0.display())]
    SeveralDescriptors(PathBuf),
    #[error("--roots {}: no certificate in PEM form is in it", .0.display())]
    NoRoots(PathBuf),
}

impl Failure {
    fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }
}

/// Checks, and tells.
pub(crate) fn run(check: &Check) -> ExitCode {
    match reports(check) {
        Ok(reports) => match tell(check, &reports) {
            // Whoever reads has heard enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => status(&reports),
            Err(error) => failed(&format!("failed to write the report: {error}")),
            Ok(()) => status(&reports),
        },
        Err(failure) => failed(&failure.to_string()),
    }
}

fn reports(check: &Check) -> Result<Vec<Report>, Failure> {
    let circumstances = Circumstances { now: now(), roots: roots(check)? };
    let mut reports = Vec::new();
    for package in source::packages(&check.files)? {
        let mut progress = Progress::new(!check.quiet && io::stderr().is_terminal());
        reports.push(inspect(&package, &circumstances, &mut progress)?);
    }
    Ok(reports)
}

fn inspect(
    package: &Package,
    circumstances: &Circumstances,
    progress: &mut Progress,
) -> Result<Report, Failure> {
    let result = package.inspect(circumstances.clone(), progress);
    progress.clear();
    result
}

fn roots(check: &Check) -> Result<Roots, Failure> {
    let Some(path) = &check.roots else { return Ok(Roots::default()) };
    let pem = std::fs::read(path).map_err(Failure::read(path))?;
    let roots = Roots::of_pem(&pem);
    if roots.is_empty() { Err(Failure::NoRoots(path.clone())) } else { Ok(roots) }
}

fn tell(check: &Check, reports: &[Report]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if check.json {
        match reports {
            [only] => serde_json::to_writer_pretty(&mut out, only)?,
            several => serde_json::to_writer_pretty(&mut out, several)?,
        }
        writeln!(out)?;
    } else {
        for (index, report) in reports.iter().enumerate() {
            let gap = if index > 0 { "\n" } else { "" };
            write!(out, "{gap}{}", text::of(&report.outline()))?;
        }
    }
    out.flush()
}

fn status(reports: &[Report]) -> ExitCode {
    match reports.iter().map(|report| report.verdict).max() {
        Some(Verdict::Blocked) => ExitCode::from(2),
        Some(Verdict::Warnings) => ExitCode::from(1),
        Some(Verdict::Fine) | None => ExitCode::SUCCESS,
    }
}

fn failed(text: &str) -> ExitCode {
    let _ = writeln!(io::stderr().lock(), "{}", text::harmless(text));
    ExitCode::from(FAILED)
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
