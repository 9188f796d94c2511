//! `accession-server check`: will these packages be accepted?
//!
//! It knows files and a terminal, and nothing of what makes a package good.

mod progress;
mod source;
mod text;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use accession_package::certificate::Roots;
use accession_package::inspection::Circumstances;
use accession_package::report::{Report, Verdict};

use progress::Progress;
use source::Package;
pub(crate) use text::harmless;

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
a directory is searched for its descriptor. - reads standard input. Files that
stand beside a descriptor and are named with it are parts of its package.

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
    let roots = match roots(check) {
        Ok(roots) => roots,
        Err(failure) => return failed(&failure.to_string()),
    };
    let circumstances = Circumstances { now: accession_server::now(), roots };
    let packages = source::packages(&check.files);
    let mut out = Telling::new(check.json, packages.len());
    let (mut worst, mut failure) = (Verdict::Fine, None);
    for package in packages {
        let mut progress = Progress::new(!check.quiet && io::stderr().is_terminal());
        match package.and_then(|package| inspect(&package, &circumstances, &mut progress)) {
            Ok(report) => {
                worst = worst.max(report.verdict);
                out.tell(report);
            }
            // The others can be checked all the same.
            Err(error) => failure = Some(failed(&error.to_string())),
        }
    }
    if let Err(error) = out.finish() {
        failure = Some(failed(&format!("failed to write the report: {error}")));
    }
    failure.unwrap_or(match worst {
        Verdict::Blocked => ExitCode::from(2),
        Verdict::Warnings => ExitCode::from(1),
        Verdict::Fine => ExitCode::SUCCESS,
    })
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

/// The reports on their way to standard output.
struct Telling {
    /// As JSON they are told together, and one alone is no list.
    json: Option<Vec<Report>>,
    alone: bool,
    told: usize,
    written: io::Result<()>,
}

impl Telling {
    fn new(json: bool, packages: usize) -> Self {
        Self { json: json.then(Vec::new), alone: packages == 1, told: 0, written: Ok(()) }
    }

    fn tell(&mut self, report: Report) {
        match &mut self.json {
            Some(reports) => reports.push(report),
            None => {
                let gap = if self.told > 0 { "\n" } else { "" };
                let text = text::of(&report.outline());
                self.write(&format!("{gap}{text}"));
            }
        }
        self.told += 1;
    }

    fn write(&mut self, text: &str) {
        if self.written.is_ok() {
            let mut out = io::stdout().lock();
            self.written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }

    fn finish(mut self) -> io::Result<()> {
        let json = match self.json.take().as_deref() {
            Some([only]) if self.alone => Some(serde_json::to_string_pretty(only)?),
            // What there is to say of the only one was a failure.
            Some([]) if self.alone => None,
            Some(reports) => Some(serde_json::to_string_pretty(reports)?),
            None => None,
        };
        if let Some(json) = json {
            self.write(&(text::harmless_json(&json) + "\n"));
        }
        match self.written {
            // Whoever reads has heard enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }
}

fn failed(text: &str) -> ExitCode {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(text));
    ExitCode::from(FAILED)
}
