//! The tools the commands use: found on PATH where their versions fit, else installed once per user.
//!
//! The cache is keyed by version and shared by all checkouts; the user's own tools are never touched. It does not
//! know what the tools are used for.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result, shown};
use crate::gate::spent;
use crate::project::{Project, WASM_TARGET, cargo_program, executable};
use crate::run;

/// Later versions want a newer compiler than the workspace asks for.
const TRUNK: &str = "0.21.14";
/// Binaryen's `wasm-opt`, as its authors publish it for npm: runs wherever Node does.
const BINARYEN: &str = "132.0.0";
/// Older ones do not know all the features that today's compiler uses.
const WASM_OPT_AT_LEAST: u64 = 116;
/// What makes scripts smaller.
const TERSER: &str = "5.51.4";
/// The first with everything the test runner is asked for.
const NODE_AT_LEAST: u64 = 20;

/// Compiling a tool takes minutes; more than this and something hangs.
const INSTALLATION: Duration = Duration::from_mins(40);

/// The file that says an installation was finished.
const COMPLETE: &str = ".complete";

/// The tools of one run, each looked for once.
pub(crate) struct Tools {
    cache: PathBuf,
    wasm_bindgen_version: OnceCell<String>,
    node: OnceCell<Tool>,
    wasm_target: OnceCell<()>,
    trunk: OnceCell<Tool>,
    wasm_bindgen: OnceCell<Tool>,
    wasm_opt: OnceCell<Tool>,
    terser: OnceCell<Tool>,
}

/// A program that is there.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    pub(crate) path: PathBuf,
    /// Whether it lives in our cache; only then must its directory be put on a child's PATH.
    ours: bool,
}

/// How a tool that is missing comes about.
struct Recipe {
    name: &'static str,
    version: String,
    /// What a person is told to expect.
    takes: &'static str,
}

impl Tools {
    pub(crate) fn open() -> Result<Self> {
        let cache =
            cache(std::env::consts::OS, |name| std::env::var_os(name)).ok_or_else(|| {
                Failure::missing(
                    "a directory to keep tools in",
                    "set ACCESSION_TOOLS to one that can be written to",
                )
            })?;
        let cache =
            std::path::absolute(&cache).map_err(Failure::io(format!("find {}", shown(&cache))))?;
        Ok(Self {
            cache,
            wasm_bindgen_version: OnceCell::new(),
            node: OnceCell::new(),
            wasm_target: OnceCell::new(),
            trunk: OnceCell::new(),
            wasm_bindgen: OnceCell::new(),
            wasm_opt: OnceCell::new(),
            terser: OnceCell::new(),
        })
    }

    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// The standard library for wasm.
    pub(crate) fn wasm_target(&self) -> Result<()> {
        once(&self.wasm_target, || {
            if has_wasm_target() {
                return Ok(());
            }
            println!("   installing the {WASM_TARGET} target with rustup (about 10 seconds)");
            let added = which("rustup").map(|rustup| {
                run::run(run::command(rustup).args(["target", "add", WASM_TARGET]), INSTALLATION)
            });
            match added {
                Some(Ok(())) if has_wasm_target() => Ok(()),
                Some(Err(failure)) => Err(failure),
                _ => Err(Failure::missing(
                    format!("Rust's standard library for {WASM_TARGET}"),
                    "install the toolchain with rustup, or your distribution's package of that target",
                )),
            }
        })
        .copied()
    }

    /// A part of the toolchain that minimal installations leave out.
    pub(crate) fn component(&self, subcommand: &str, component: &str) -> Result<()> {
        if run::succeeds(run::command(cargo_program()).args([subcommand, "--version"])) {
            return Ok(());
        }
        println!("   installing {component} with rustup (about 10 seconds)");
        let rustup = which("rustup").ok_or_else(|| {
            Failure::missing(component, "install your distribution's package of it, or use rustup")
        })?;
        run::run(run::command(rustup).args(["component", "add", component]), INSTALLATION)
    }

    pub(crate) fn node(&self) -> Result<&Tool> {
        once(&self.node, || {
            let remedy = format!(
                "install Node.js {NODE_AT_LEAST} or later, npm included, and put it on PATH"
            );
            let path = which("node").ok_or_else(|| Failure::missing("Node.js", &remedy))?;
            let version = version_of(&path, "--version")?;
            if major(&version) < Some(NODE_AT_LEAST) {
                return Err(Failure::missing(
                    format!("a recent Node.js (found {version})"),
                    &remedy,
                ));
            }
            Ok(Tool::on_path("node", version, path))
        })
    }

    pub(crate) fn npm(&self) -> Result<PathBuf> {
        self.node()?;
        which("npm")
            .ok_or_else(|| Failure::missing("npm", "install it beside Node.js and put it on PATH"))
    }

    pub(crate) fn trunk(&self) -> Result<&Tool> {
        once(&self.trunk, || {
            let recipe = Recipe {
                name: "trunk",
                version: TRUNK.to_owned(),
                takes: "about 5 minutes, once per user",
            };
            let fits = |version: &str| version == TRUNK;
            self.found(&recipe, "trunk", fits)
                .map_or_else(|| self.cargo_install(&recipe, "trunk", "trunk", true), Ok)
        })
    }

    /// The bindings' generator, which must be of the very version that the crates were compiled against.
    pub(crate) fn wasm_bindgen(&self, project: &Project) -> Result<&Tool> {
        once(&self.wasm_bindgen, || {
            let wanted =
                once(&self.wasm_bindgen_version, || project.locked_version("wasm-bindgen"))?;
            let recipe = Recipe {
                name: "wasm-bindgen-cli",
                version: wanted.clone(),
                takes: "about 2 minutes, once per user and version",
            };
            // Its published lock file names versions that are gone, so it resolves its own.
            self.found(&recipe, "wasm-bindgen", |version| version == wanted).map_or_else(
                || self.cargo_install(&recipe, "wasm-bindgen", "wasm-bindgen-cli", false),
                Ok,
            )
        })
    }

    pub(crate) fn wasm_opt(&self) -> Result<&Tool> {
        once(&self.wasm_opt, || {
            let recipe = Recipe {
                name: "binaryen",
                version: BINARYEN.to_owned(),
                takes: "about 10 seconds",
            };
            self.found(&recipe, "wasm-opt", |version| major(version) >= Some(WASM_OPT_AT_LEAST))
                .map_or_else(|| self.npm_install(&recipe, "wasm-opt"), Ok)
        })
    }

    pub(crate) fn terser(&self) -> Result<&Tool> {
        once(&self.terser, || {
            let recipe =
                Recipe { name: "terser", version: TERSER.to_owned(), takes: "about 10 seconds" };
            let fits = |version: &str| version == TERSER;
            self.found(&recipe, "terser", fits)
                .map_or_else(|| self.npm_install(&recipe, "terser"), Ok)
        })
    }

    /// A PATH on which trunk finds what it calls, ours first.
    pub(crate) fn path_for_trunk(&self, project: &Project) -> Result<OsString> {
        let ours = [self.wasm_bindgen(project)?, self.wasm_opt()?];
        let ours = ours
            .into_iter()
            .filter(|tool| tool.ours)
            .filter_map(|tool| tool.path.parent())
            .map(Path::to_owned);
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(ours.chain(std::env::split_paths(&path)))
            .map_err(|error| Failure::unreadable("the tool cache's path", error.to_string()))
    }

    /// Runs `build` on an empty directory of the cache unless that was done before, by whomever.
    ///
    /// A lock keeps two runs apart, and a mark that is set last tells a finished installation from an interrupted one.
    pub(crate) fn install(
        &self,
        key: &str,
        takes: &str,
        build: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let directory = self.cache.join(key);
        let complete = directory.join(COMPLETE);
        if complete.exists() {
            return Ok(directory);
        }
        std::fs::create_dir_all(&self.cache)
            .map_err(Failure::io(format!("create {}", shown(&self.cache))))?;
        let _lock = lock(&self.cache.join(format!("{key}.lock")), key)?;
        // Whoever held the lock may have done the work.
        if complete.exists() {
            return Ok(directory);
        }
        if directory.exists() {
            std::fs::remove_dir_all(&directory)
                .map_err(Failure::io(format!("clear {}", shown(&directory))))?;
        }
        std::fs::create_dir_all(&directory)
            .map_err(Failure::io(format!("create {}", shown(&directory))))?;
        println!("   installing {key} ({takes})");
        let started = Instant::now();
        build(&directory)?;
        File::create(&complete)
            .map_err(Failure::io(format!("mark {} as complete", shown(&directory))))?;
        println!("   installed {key} in {}", spent(started.elapsed()));
        Ok(directory)
    }

    /// A tool on PATH, if its version fits.
    fn found(
        &self,
        recipe: &Recipe,
        program: &'static str,
        fits: impl Fn(&str) -> bool,
    ) -> Option<Tool> {
        let path = which(program)?;
        // Something of that name that does not answer is none of ours.
        let version = version_of(&path, "--version").ok()?;
        if fits(&version) {
            return Some(Tool::on_path(program, version, path));
        }
        println!("   {program} {version} on PATH does not fit; using {} instead", recipe.version);
        None
    }

    fn cargo_install(
        &self,
        recipe: &Recipe,
        program: &'static str,
        package: &str,
        locked: bool,
    ) -> Result<Tool> {
        let directory = self.install(&recipe.key(), recipe.takes, |directory| {
            let scratch = directory.join("target");
            let mut cargo = run::command(cargo_program());
            cargo
                .args(["install", package, "--version", &recipe.version, "--root"])
                .arg(directory)
                .args(if locked { &["--locked"][..] } else { &[] })
                .current_dir(directory)
                .env("CARGO_TARGET_DIR", &scratch)
                // Tools run for a moment and compile for minutes: the cheapest code that is not slow.
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
                .env_remove("CARGO_BUILD_TARGET");
            run::quietly(recipe.name, &mut cargo, INSTALLATION)?;
            std::fs::remove_dir_all(&scratch)
                .map_err(Failure::io(format!("remove {}", shown(&scratch))))
        })?;
        Tool::ours(program, recipe, directory.join("bin").join(executable(program)))
    }

    fn npm_install(&self, recipe: &Recipe, program: &'static str) -> Result<Tool> {
        let npm = self.npm()?;
        let directory = self.install(&recipe.key(), recipe.takes, |directory| {
            let package = format!("{}@{}", recipe.name, recipe.version);
            let mut npm = run::command(npm);
            npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
                .arg(directory)
                .arg(package)
                .current_dir(directory);
            run::quietly(recipe.name, &mut npm, INSTALLATION)
        })?;
        let script = if cfg!(windows) { format!("{program}.cmd") } else { program.to_owned() };
        Tool::ours(program, recipe, directory.join("node_modules").join(".bin").join(script))
    }
}

impl Tool {
    fn on_path(name: &'static str, version: String, path: PathBuf) -> Self {
        Self { name, version, path, ours: false }
    }

    fn ours(name: &'static str, recipe: &Recipe, path: PathBuf) -> Result<Self> {
        if !path.is_file() {
            return Err(Failure::unreadable(
                format!("the installation of {}", recipe.key()),
                format!("there is no {}; remove its directory and try again", shown(&path)),
            ));
        }
        Ok(Self { name, version: recipe.version.clone(), path, ours: true })
    }
}

impl Recipe {
    fn key(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

/// Where a program is, looked up as the system would.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let endings = endings(std::env::var("PATHEXT").ok());
    std::env::split_paths(&path)
        .flat_map(|directory| {
            endings.iter().map(move |ending| directory.join(format!("{program}{ending}")))
        })
        .find(|path| is_program(path))
}

#[cfg(windows)]
fn endings(pathext: Option<String>) -> Vec<String> {
    let listed = pathext.unwrap_or_else(|| ".COM;.EXE;.BAT;.CMD".to_owned());
    listed.split(';').map(str::to_lowercase).collect()
}

#[cfg(not(windows))]
fn endings(_: Option<String>) -> Vec<String> {
    vec![String::new()]
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The version that a program says it has.
pub(crate) fn version_of(program: &Path, question: &str) -> Result<String> {
    let answer = run::capture(run::command(program).arg(question))?;
    version_in(&answer)
        .map(str::to_owned)
        .ok_or_else(|| Failure::unreadable(format!("{}'s version", shown(program)), answer.trim()))
}

/// The first thing in a text that looks like a version: `v20.1.2` and `(version_132)` hold one, `wasm32` does not.
fn version_in(text: &str) -> Option<&str> {
    text.split_whitespace()
        .map(|word| word.strip_prefix("go").unwrap_or(word))
        .map(|word| word.strip_prefix('v').unwrap_or(word))
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

fn major(version: &str) -> Option<u64> {
    let digits = version.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn has_wasm_target() -> bool {
    let mut rustc: Command =
        run::command(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    run::capture(rustc.args(["--print", "target-libdir", "--target", WASM_TARGET]))
        .is_ok_and(|directory| Path::new(directory.trim()).is_dir())
}

fn lock(path: &Path, key: &str) -> Result<File> {
    let file = File::create(path).map_err(Failure::io(format!("create {}", shown(path))))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            println!("   another run is installing {key}; waiting for it")
        }
        Err(TryLockError::Error(error)) => {
            return Err(Failure::io(format!("lock {}", shown(path)))(error));
        }
    }
    file.lock().map_err(Failure::io(format!("lock {}", shown(path))))?;
    Ok(file)
}

/// What `OnceCell::get_or_try_init` will be once it is stable.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(made) = cell.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

/// The per-user directory for tools, by each system's custom.
fn cache(os: &str, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let directory =
        |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let ours = |base: PathBuf| base.join("accession").join("tools");
    if let Some(chosen) = directory("ACCESSION_TOOLS") {
        return Some(chosen);
    }
    let home = || directory("HOME");
    match os {
        "windows" => directory("LOCALAPPDATA").map(ours),
        "macos" => home().map(|home| ours(home.join("Library").join("Caches"))),
        _ => directory("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| home().map(|home| home.join(".cache")))
            .map(ours),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_with(os: &str, variables: &[(&str, &str)]) -> Option<PathBuf> {
        cache(os, |wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn versions_are_read_as_the_tools_print_them() {
        assert_eq!(version_in("trunk 0.21.14\n"), Some("0.21.14"));
        assert_eq!(version_in("v20.20.2"), Some("20.20.2"));
        assert_eq!(version_in("wasm-opt version 132 (version_132)"), Some("132"));
        assert_eq!(version_in("wasm-bindgen 0.2.130 (abc)"), Some("0.2.130"));
        assert_eq!(version_in("go version go1.26.8 linux/amd64"), Some("1.26.8"));
        assert_eq!(version_in("no version here"), None);
    }

    #[test]
    fn majors_compare_as_numbers() {
        assert_eq!(major("132"), Some(132));
        assert!(major("9.1") < Some(NODE_AT_LEAST));
        assert!(major("unknown") < Some(1));
    }

    #[test]
    fn the_cache_is_where_each_system_keeps_such_things() {
        let home = [("HOME", "/home/somebody")];
        let expected = Path::new("/home/somebody/.cache/accession/tools");
        assert_eq!(cache_with("linux", &home).as_deref(), Some(expected));
        let expected = Path::new("/home/somebody/Library/Caches/accession/tools");
        assert_eq!(cache_with("macos", &home).as_deref(), Some(expected));
        let local = [("LOCALAPPDATA", "local")];
        assert_eq!(
            cache_with("windows", &local),
            Some(Path::new("local").join("accession").join("tools"))
        );
        assert_eq!(cache_with("linux", &[]), None);
    }

    #[test]
    fn what_the_user_chose_wins() {
        let set = [
            ("ACCESSION_TOOLS", "/tools"),
            ("HOME", "/home/somebody"),
            ("XDG_CACHE_HOME", "/cache"),
        ];
        assert_eq!(cache_with("linux", &set).as_deref(), Some(Path::new("/tools")));
        let set = [("ACCESSION_TOOLS", ""), ("XDG_CACHE_HOME", "/cache")];
        #[cfg(unix)]
        assert_eq!(cache_with("linux", &set).as_deref(), Some(Path::new("/cache/accession/tools")));
        let set = [("HOME", "/home/somebody"), ("XDG_CACHE_HOME", "relative")];
        let expected = Path::new("/home/somebody/.cache/accession/tools");
        assert_eq!(cache_with("linux", &set).as_deref(), Some(expected));
    }

    #[test]
    fn an_installation_happens_once_and_an_interrupted_one_again() {
        let scratch = std::env::temp_dir().join(format!("accession-tools-{}", std::process::id()));
        let tools = Tools {
            cache: scratch.clone(),
            ..Tools::open().expect("the environment names a home")
        };
        let failed = tools.install("thing-1", "no time", |directory| {
            std::fs::write(directory.join("half"), "").map_err(Failure::io("write"))?;
            Err(Failure::Gate)
        });
        assert!(failed.is_err());
        let directory = tools
            .install("thing-1", "no time", |directory| {
                assert!(!directory.join("half").exists());
                std::fs::write(directory.join("whole"), "").map_err(Failure::io("write"))
            })
            .expect("it succeeds now");
        assert!(directory.join("whole").is_file());
        tools.install("thing-1", "no time", |_| unreachable!("it is there")).expect("it is found");
        std::fs::remove_dir_all(scratch).expect("it was just written");
    }
}
