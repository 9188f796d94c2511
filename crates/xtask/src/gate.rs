//! The gate: all that must hold before a change may land, in parts that are run, timed and summed up one by one.
//!
//! It does not know how anything is built; a part asks for what it needs and says what it ran.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::artifacts::Artifacts;
use crate::failure::{Failure, Result};
use crate::project::{FOR_WASM, Project, WASM_ONLY, WASM_TARGET};
use crate::run;
use crate::sizes;
use crate::surroundings;
use crate::tools::Tools;

/// A part of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Fmt,
    Clippy,
    Rust,
    Build,
    Wasm,
    Go,
    Python,
    Code,
    Browser,
    Firefox,
    Live,
    Scale,
}

/// In the order they are run: what is quick to say no comes first.
const PARTS: [Part; 10] = [
    Part::Fmt,
    Part::Clippy,
    Part::Rust,
    Part::Build,
    Part::Wasm,
    Part::Go,
    Part::Python,
    Part::Code,
    Part::Browser,
    Part::Live,
];

/// The parts that do more when `ACCESSION_SOAK` is set, a second browser, and one that takes memory by the gigabyte.
const SOAKING: [Part; 6] =
    [Part::Rust, Part::Wasm, Part::Browser, Part::Firefox, Part::Live, Part::Scale];

/// How thorough a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    Gate,
    Soak,
}

/// How a part went.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// Not run, or not all of it, for a reason that is no fault: a language without its toolchain.
    Skipped(String),
    Failed,
}

struct Report {
    part: &'static str,
    outcome: Outcome,
    took: Duration,
}

struct Gate<'a> {
    project: &'a Project,
    tools: &'a Tools,
    artifacts: Artifacts<'a>,
    depth: Depth,
}

/// Runs the named parts, or all of them, to the end and says how each went.
pub(crate) fn gate(project: &Project, tools: &Tools, depth: Depth, names: &[String]) -> Result<()> {
    let parts = chosen(project, depth, names)?;
    let gate = Gate { project, tools, artifacts: Artifacts::new(project, tools), depth };
    let started = Instant::now();
    let mut reports = Vec::new();
    for part in parts {
        reports.push(gate.report(part));
    }
    print!("{}", summary(depth.name(), &reports, started.elapsed()));
    if reports.iter().any(|report| report.outcome == Outcome::Failed) {
        return Err(Failure::Gate);
    }
    Ok(())
}

impl Depth {
    fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Soak => "soak",
        }
    }
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Rust => "rust",
            Self::Build => "build",
            Self::Wasm => "wasm",
            Self::Go => "go",
            Self::Python => "python",
            Self::Code => "code",
            Self::Browser => "browser",
            Self::Firefox => "firefox",
            Self::Live => "live",
            Self::Scale => "scale",
        }
    }
}

fn chosen(project: &Project, depth: Depth, names: &[String]) -> Result<Vec<Part>> {
    let known = match depth {
        Depth::Gate => PARTS.as_slice(),
        Depth::Soak => SOAKING.as_slice(),
    };
    if let Some(unknown) = names.iter().find(|name| !known.iter().any(|part| part.name() == *name))
    {
        let known: Vec<_> = known.iter().map(|part| part.name()).collect();
        return Err(Failure::Usage(format!(
            "there is no part {unknown}; the parts are {}",
            known.join(", ")
        )));
    }
    let wanted = |part: &Part| {
        if names.is_empty() {
            // Python tests count from the day there are any.
            *part != Part::Python || surroundings::python_tests(project).is_some()
        } else {
            names.iter().any(|name| part.name() == name)
        }
    };
    Ok(known.iter().copied().filter(wanted).collect())
}

impl Gate<'_> {
    fn report(&self, part: Part) -> Report {
        let name = part.name();
        println!("\n== {name}");
        let started = Instant::now();
        let outcome = self.run(part).unwrap_or_else(|failure| {
            run::stay_silent_when_stopping();
            println!("   {failure}");
            Outcome::Failed
        });
        let took = started.elapsed();
        println!("== {name} {} in {}", outcome.word(), spent(took));
        Report { part: name, outcome, took }
    }

    fn run(&self, part: Part) -> Result<Outcome> {
        match part {
            Part::Fmt => self.fmt(),
            Part::Clippy => self.clippy(),
            Part::Rust => self.rust(),
            Part::Build => self.build(),
            Part::Wasm => self.wasm(),
            Part::Go => return self.go(),
            Part::Python => return self.python(),
            Part::Code => return self.code(),
            Part::Browser => self.browser(Kind::Simulated),
            Part::Firefox => self.browser(Kind::Firefox),
            Part::Live => self.browser(Kind::Live),
            Part::Scale => self.scale(),
        }
        .map(|()| Outcome::Passed)
    }

    fn fmt(&self) -> Result<()> {
        self.tools.component("fmt", "rustfmt")?;
        self.command(self.project.cargo("fmt").args(["--all", "--check"]))
    }

    fn clippy(&self) -> Result<()> {
        self.tools.component("clippy", "clippy")?;
        self.tools.wasm_target()?;
        let mut native = self.project.cargo("clippy");
        native.args(["--locked", "--workspace", "--all-targets"]);
        native.args(WASM_ONLY.iter().flat_map(|name| ["--exclude", name]));
        self.command(native.args(["--", "-D", "warnings"]))?;
        let mut wasm = self.project.cargo("clippy");
        wasm.args(["--locked", "--target", WASM_TARGET]);
        wasm.args(FOR_WASM.iter().flat_map(|name| ["--package", name]));
        self.command(wasm.args(["--", "-D", "warnings"]))
    }

    fn rust(&self) -> Result<()> {
        let mut test = self.project.cargo("test");
        // One failing crate must not hide what the others have to say.
        test.args(["--locked", "--workspace", "--no-fail-fast"]);
        self.command(test.args(WASM_ONLY.iter().flat_map(|name| ["--exclude", name])))
    }

    fn build(&self) -> Result<()> {
        // One that fails must not hide the other.
        let page = self.artifacts.page();
        let headless = self.artifacts.headless();
        if let (Err(_), Err(second)) = (&page, &headless) {
            println!("   {second}");
        }
        sizes::check(self.tools, Some(&page?), Some(&headless?))
    }

    fn wasm(&self) -> Result<()> {
        let mut tests = Vec::new();
        for krate in ["wasm", "inspector"] {
            let directory = format!("crates/{krate}/tests");
            let found = self.project.files(&directory, ".mjs");
            if found.is_empty() {
                return Err(Failure::nothing(format!("{directory} has no *.mjs")));
            }
            tests.extend(found);
        }
        let package = self.artifacts.headless()?;
        let inspector = self.artifacts.inspector()?;
        let digests = self.artifacts.digests()?;
        let directory = self.project.root.join("crates").join("wasm").join("tests");
        if directory.join("package-lock.json").is_file() {
            surroundings::npm_ci(self.tools, &directory)?;
        }
        self.node_test(&tests, |node| {
            node.env("ACCESSION_NPM", package)
                .env("ACCESSION_INSPECTOR", inspector)
                .env("ACCESSION_DIGESTS", digests);
        })
    }

    fn go(&self) -> Result<Outcome> {
        let Some(go) = surroundings::go() else {
            return Ok(Outcome::Skipped("no Go toolchain".to_owned()));
        };
        let directory = self.project.root.join("tests").join("vcsim");
        if !directory.join("go.mod").is_file() {
            return Err(Failure::nothing("tests/vcsim has no go.mod"));
        }
        self.artifacts.vcsim()?;
        let server = self.artifacts.tested_server()?;
        let mut test = run::command(go);
        // Its answers come from programs, which Go cannot see change.
        test.args(["test", "-count=1", "./..."]).env("ACCESSION_SERVER", server);
        self.command(test.current_dir(directory))?;
        Ok(Outcome::Passed)
    }

    fn python(&self) -> Result<Outcome> {
        let Some(directory) = surroundings::python_tests(self.project) else {
            return Err(Failure::nothing("tests/python has no requirements.txt"));
        };
        let Some(python) = surroundings::python_env(self.tools, &directory)? else {
            return Ok(Outcome::Skipped("no Python".to_owned()));
        };
        let server = self.artifacts.tested_server()?;
        let mut pytest = run::command(python);
        pytest
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
            .arg(&directory)
            .env("ACCESSION_SERVER", server);
        self.command(&mut pytest)?;
        Ok(Outcome::Passed)
    }

    /// The scripts that the page writes, executed. What cannot be executed here is told, and keeps the part from passing.
    fn code(&self) -> Result<Outcome> {
        let tests = self.project.files("tests/code", ".test.mjs");
        if tests.is_empty() {
            return Err(Failure::nothing("tests/code has no *.test.mjs"));
        }
        let server = self.artifacts.tested_server()?;
        let scripts = self.artifacts.scripts()?;
        let python = match surroundings::python_tests(self.project) {
            Some(directory) => surroundings::python_env(self.tools, &directory)?,
            None => None,
        };
        // Without it the part is told to be lacking something; why it could not be had is only said.
        if let Err(failure) = surroundings::jq() {
            println!("   {failure}");
        }
        let lacking = surroundings::lacking(&["sh", "curl", "jq", "sha256sum"]);
        self.node_test(&tests, |node| {
            node.env("ACCESSION_SERVER", server)
                .env("ACCESSION_SCRIPTS", scripts)
                .env_remove("ACCESSION_PYTHON")
                .env_remove("ACCESSION_SHELL");
            if let Some(python) = &python {
                node.env("ACCESSION_PYTHON", python);
            }
            if lacking.is_empty() {
                node.env("ACCESSION_SHELL", "sh");
            }
        })?;
        let python = python.is_none().then_some("Python");
        let missing: Vec<_> = lacking.into_iter().chain(python).collect();
        if missing.is_empty() {
            return Ok(Outcome::Passed);
        }
        Ok(Outcome::Skipped(format!("in part: no {}", missing.join(", no "))))
    }

    /// The tests that need a browser and a server, those of a kind.
    fn browser(&self, kind: Kind) -> Result<()> {
        let mut tests = self.project.files("tests/browser", ".test.mjs");
        tests.retain(|path| {
            path.file_name().is_some_and(|name| Kind::of(&name.to_string_lossy()) == kind)
        });
        if tests.is_empty() {
            return Err(Failure::nothing(format!("tests/browser has no {}", kind.pattern())));
        }
        let (variable, browser) = match kind {
            Kind::Firefox => ("ACCESSION_FIREFOX", surroundings::firefox()?),
            Kind::Simulated | Kind::Live => ("ACCESSION_CHROMIUM", surroundings::chromium()?),
        };
        let dist = self.artifacts.page()?;
        let server = self.artifacts.tested_server()?;
        let vcsim = self.artifacts.vcsim()?;
        surroundings::npm_ci(self.tools, &self.project.root.join("tests").join("browser"))?;
        self.node_test(&tests, |node| {
            node.env(variable, browser)
                .env("ACCESSION_DIST", dist)
                .env("ACCESSION_SERVER", server)
                .env_remove("ACCESSION_VCSIM");
            if std::env::var_os("ACCESSION_SHOTS").is_none_or(|value| value.is_empty()) {
                node.env("ACCESSION_SHOTS", self.project.target.join("views"));
            }
            if let Some(vcsim) = vcsim {
                node.env("ACCESSION_VCSIM", vcsim);
            }
        })
    }

    /// What an operation costs beside a million live sessions.
    fn scale(&self) -> Result<()> {
        let sizes = ["100", "10000", "100000", "1000000"];
        self.command(run::command(self.artifacts.meter()?).arg("scale").args(sizes))
    }

    fn node_test(&self, tests: &[PathBuf], surround: impl FnOnce(&mut Command)) -> Result<()> {
        let mut node = run::command(&self.tools.node()?.path);
        // Less than the whole may take, so that a test that hangs is named.
        let timeout = format!("--test-timeout={}", (self.limit() / 2).as_millis());
        // One file at a time: what they measure and time would disturb each other.
        node.args(["--test", "--test-reporter=spec", "--test-concurrency=1", &timeout]);
        node.args(tests.iter().map(|test| test.strip_prefix(&self.project.root).unwrap_or(test)));
        node.current_dir(&self.project.root);
        surround(&mut node);
        self.command(&mut node)
    }

    fn command(&self, command: &mut Command) -> Result<()> {
        if self.depth == Depth::Soak {
            command.env("ACCESSION_SOAK", "1");
        }
        run::run(command, self.limit())
    }

    /// What a single program may take before it is taken for hung.
    fn limit(&self) -> Duration {
        match self.depth {
            Depth::Gate => Duration::from_mins(20),
            Depth::Soak => Duration::from_hours(4),
        }
    }
}

/// What a browser's tests are about, which their file's name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Simulated,
    Live,
    Firefox,
}

impl Kind {
    fn of(name: &str) -> Self {
        if name.starts_with("live") {
            Self::Live
        } else if name.starts_with("firefox") {
            Self::Firefox
        } else {
            Self::Simulated
        }
    }

    /// How the files of its tests are called.
    fn pattern(self) -> &'static str {
        match self {
            Self::Simulated => "*.test.mjs",
            Self::Live => "live*.test.mjs",
            Self::Firefox => "firefox*.test.mjs",
        }
    }
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped(_) => "skipped",
            Self::Failed => "FAILED",
        }
    }
}

/// The times of all parts, and last a line that programs can read as well as people.
fn summary(name: &str, reports: &[Report], took: Duration) -> String {
    let mut text = String::from("\n");
    for Report { part, outcome, took } in reports {
        let reason = match outcome {
            Outcome::Skipped(reason) => format!("  ({reason})"),
            _ => String::new(),
        };
        text.push_str(&format!("   {part:8} {:8} {:>8}{reason}\n", outcome.word(), spent(*took)));
    }
    let count = |wanted: fn(&Outcome) -> bool| {
        reports.iter().filter(|report| wanted(&report.outcome)).count()
    };
    let passed = count(|outcome| *outcome == Outcome::Passed);
    let failed = count(|outcome| *outcome == Outcome::Failed);
    let skipped = count(|outcome| matches!(outcome, Outcome::Skipped(_)));
    text.push_str(&format!("   {:8} {:8} {:>8}\n", "in all", "", spent(took)));
    text.push_str(&format!("{name}: {passed} passed, {failed} failed"));
    if skipped > 0 {
        text.push_str(&format!(", {skipped} skipped"));
    }
    text.push('\n');
    text
}

/// A time as people say it.
pub(crate) fn spent(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1}s", time.as_secs_f64()),
        seconds @ 10..60 => format!("{seconds}s"),
        seconds => format!("{}m{:02}s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(part: &'static str, outcome: Outcome, seconds: u64) -> Report {
        Report { part, outcome, took: Duration::from_secs(seconds) }
    }

    #[test]
    fn times_are_short() {
        assert_eq!(spent(Duration::from_millis(340)), "0.3s");
        assert_eq!(spent(Duration::from_secs(59)), "59s");
        assert_eq!(spent(Duration::from_secs(492)), "8m12s");
    }

    #[test]
    fn the_summary_names_what_was_skipped_and_ends_with_the_count() {
        let reports = [
            report("fmt", Outcome::Passed, 2),
            report("go", Outcome::Skipped("no Go toolchain".to_owned()), 0),
            report("live", Outcome::Failed, 75),
        ];
        let expected = "
   fmt      passed       2.0s
   go       skipped      0.0s  (no Go toolchain)
   live     FAILED      1m15s
   in all               1m17s
gate: 1 passed, 1 failed, 1 skipped
";
        assert_eq!(summary("gate", &reports, Duration::from_secs(77)), expected);
    }

    #[test]
    fn parts_are_run_in_their_order_and_unknown_ones_named() {
        let project = Project { root: PathBuf::from("nowhere"), target: PathBuf::from("nowhere") };
        let names = ["rust".to_owned(), "fmt".to_owned()];
        let parts = chosen(&project, Depth::Gate, &names).expect("both exist");
        assert_eq!(parts, [Part::Fmt, Part::Rust]);
        let failure =
            chosen(&project, Depth::Gate, &["rest".to_owned()]).expect_err("there is none");
        assert!(failure.to_string().contains("fmt, clippy, rust"), "{failure}");
        let all = chosen(&project, Depth::Gate, &[]).expect("all exist");
        assert!(!all.contains(&Part::Python));
    }

    #[test]
    fn the_kind_of_a_test_is_told_by_its_name() {
        assert_eq!(Kind::of("live-vcsim.test.mjs"), Kind::Live);
        assert_eq!(Kind::of("firefox.test.mjs"), Kind::Firefox);
        assert_eq!(Kind::of("deliver.test.mjs"), Kind::Simulated);
    }
}
