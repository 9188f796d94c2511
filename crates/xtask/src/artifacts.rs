//! What is built from the checkout: the page, the wasm modules, the server, and the foreign peer. Each is built at
//! most once per run, however many parts ask for it.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::failure::{Failure, Result, shown};
use crate::glue;
use crate::project::{Project, WASM_ONLY, WASM_TARGET, executable};
use crate::release;
use crate::run;
use crate::surroundings;
use crate::tools::Tools;

const BUILD: Duration = Duration::from_mins(30);

/// What Rust's compiler uses of WebAssembly, and `wasm-opt` must therefore let pass.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What makes a function with one caller stay one: merged into it, the module gets smaller, and larger once it is
/// compressed. And what loads and stores say of alignment no engine needs. `index.html` says the same for the page.
const WASM_FOR_BROTLI: [&str; 3] = ["--dealign", "--one-caller-inline-max-function-size", "0"];

/// A wasm module: its crate, the name of its files, and whether it is compiled for SIMD, without which it then does
/// not load.
struct Module {
    krate: &'static str,
    name: &'static str,
    has_simd: bool,
}

const HEADLESS: Module = Module { krate: "accession-wasm", name: "accession", has_simd: false };

const INSPECTOR: Module =
    Module { krate: "accession-inspector", name: "accession-inspector", has_simd: false };

const DIGESTS: Module =
    Module { krate: "accession-digests", name: "accession-digests", has_simd: true };

/// What has been built in this run, and what failed to.
pub(crate) struct Artifacts<'a> {
    project: &'a Project,
    tools: &'a Tools,
    fetched: Once<()>,
    page: Once<PathBuf>,
    headless: Once<PathBuf>,
    inspector: Once<PathBuf>,
    digests: Once<PathBuf>,
    server: Once<PathBuf>,
    tested_server: Once<PathBuf>,
    meter: Once<PathBuf>,
    vcsim: Once<Option<PathBuf>>,
}

impl<'a> Artifacts<'a> {
    pub(crate) fn new(project: &'a Project, tools: &'a Tools) -> Self {
        Self {
            project,
            tools,
            fetched: Once::new("fetching the crates"),
            page: Once::new("building the page"),
            headless: Once::new("building the headless module"),
            inspector: Once::new("building the inspector for Node"),
            digests: Once::new("building the digests for Node"),
            server: Once::new("building the server"),
            tested_server: Once::new("building the server for the tests"),
            meter: Once::new("building the program that measures"),
            vcsim: Once::new("building the foreign peer"),
        }
    }

    /// The release page, in `dist/`.
    pub(crate) fn page(&self) -> Result<PathBuf> {
        self.page.get(|| {
            // Left-overs of crates that are no longer linked would be copied into the page again.
            let snippets =
                self.project.target.join("wasm-bindgen").join("release").join("snippets");
            remove(&snippets)?;
            let mut trunk = self.trunk("build", &self.project.dist(), true)?;
            run::run(trunk.arg("--locked"), BUILD)?;
            glue::shrink(&self.project.dist())?;
            self.add_simd(&self.project.dist().join("inspector"))?;
            glue::minify(self.tools, &self.project.dist())?;
            let worker = self.project.root.join("web").join("js").join("offline.js");
            release::finish(self.tools, &worker, &self.project.dist())?;
            Ok(self.project.dist())
        })
    }

    /// Replaces the digests that trunk has built by those with SIMD: trunk cannot give one crate flags of its own.
    fn add_simd(&self, directory: &Path) -> Result<()> {
        let built = self.project.target.join("digests-web");
        self.build_module(&DIGESTS, "web", &built)?;
        for file in [format!("{}.js", DIGESTS.name), format!("{}_bg.wasm", DIGESTS.name)] {
            let target = directory.join(&file);
            std::fs::copy(built.join(&file), &target)
                .map_err(Failure::io(format!("replace {}", shown(&target))))?;
        }
        Ok(())
    }

    /// Trunk, ready to build or to watch the page, with all that it needs in place.
    pub(crate) fn trunk(&self, subcommand: &str, dist: &Path, release: bool) -> Result<Command> {
        if !self.project.root.join("index.html").is_file() {
            return Err(Failure::nothing("there is no index.html, so no page to build"));
        }
        self.fetched()?;
        let mut trunk = run::command(&self.tools.trunk()?.path);
        trunk
            // Offline, or trunk would rather download tools of its own than use ours.
            .args([subcommand, "--offline", "true", "--skip-version-check", "--dist"])
            .arg(dist)
            .args(release.then_some("--release"))
            .env("PATH", self.tools.path_for_trunk(self.project)?)
            .current_dir(&self.project.root);
        if release {
            set_flags(&mut trunk, None);
        }
        // The convention is any value, but trunk takes only a boolean.
        if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            trunk.env("NO_COLOR", "true");
        } else {
            trunk.env_remove("NO_COLOR");
        }
        Ok(trunk)
    }

    /// The npm package of the headless module, in the target directory.
    pub(crate) fn headless(&self) -> Result<PathBuf> {
        self.headless.get(|| self.build_headless())
    }

    fn build_headless(&self) -> Result<PathBuf> {
        let package = self.project.npm();
        self.build_module(&HEADLESS, "web", &package)?;
        let handwritten = self.project.root.join("crates").join("wasm").join("npm");
        if handwritten.is_dir() {
            copy_directory(&handwritten, &package)?;
        }
        Ok(package)
    }

    /// The module of the page's worker with a wrapping that Node can load, in the target directory.
    pub(crate) fn inspector(&self) -> Result<PathBuf> {
        self.inspector.get(|| self.build_for_node(&INSPECTOR, "inspector"))
    }

    /// The same of the digests with SIMD.
    pub(crate) fn digests(&self) -> Result<PathBuf> {
        self.digests.get(|| self.build_for_node(&DIGESTS, "digests"))
    }

    fn build_for_node(&self, module: &Module, directory: &str) -> Result<PathBuf> {
        let directory = self.project.target.join(directory);
        self.build_module(module, "nodejs", &directory)?;
        // Its name tells Node how to load it, whatever a package.json further up says.
        let wrapping = directory.join(format!("{}.cjs", module.name));
        std::fs::rename(directory.join(format!("{}.js", module.name)), &wrapping)
            .map_err(Failure::io(format!("write {}", shown(&wrapping))))?;
        Ok(wrapping)
    }

    /// Makes a directory with the wasm of a crate, as small as it gets, and its wrapping for a platform.
    fn build_module(&self, module: &Module, platform: &str, to: &Path) -> Result<()> {
        let Module { krate, name, has_simd } = *module;
        self.tools.wasm_target()?;
        let bindgen = self.tools.wasm_bindgen(self.project)?;
        let optimizer = self.tools.wasm_opt()?;
        let mut build = self.project.cargo("rustc");
        build.args(["--locked", "--release", "--target", WASM_TARGET]);
        // The crate type is not in every manifest: a second one there would switch LTO off.
        build.args(["--package", krate, "--lib", "--crate-type", "cdylib"]);
        let mut target = self.project.target.clone();
        if has_simd {
            // A directory of its own: with other flags in the same one, each build would undo the other's.
            target.push("simd");
            build.arg("--target-dir").arg(&target);
        }
        set_flags(&mut build, has_simd.then_some("-Ctarget-feature=+simd128"));
        run::run(&mut build, BUILD)?;
        let release = target.join(WASM_TARGET).join("release");
        remove(to)?;
        run::run(
            run::command(&bindgen.path)
                .args(["--target", platform, "--out-name", name, "--out-dir"])
                .arg(to)
                .arg(release.join(format!("{}.wasm", krate.replace('-', "_")))),
            BUILD,
        )?;
        let module = to.join(format!("{name}_bg.wasm"));
        let small = to.join("small.wasm");
        run::run(
            run::command(&optimizer.path)
                .arg("-Oz")
                .args(WASM_FOR_BROTLI)
                .args(WASM_FEATURES)
                .args(has_simd.then_some("--enable-simd"))
                .arg(&module)
                .arg("--output")
                .arg(&small),
            BUILD,
        )?;
        std::fs::rename(&small, &module).map_err(Failure::io(format!("replace {}", shown(&module))))
    }

    /// The server as people run it.
    pub(crate) fn server(&self) -> Result<PathBuf> {
        self.server.get(|| self.build_for_speed("accession-server"))
    }

    /// The program that measures it.
    pub(crate) fn meter(&self) -> Result<PathBuf> {
        self.meter.get(|| self.build_for_speed("accession-bench"))
    }

    fn build_for_speed(&self, package: &str) -> Result<PathBuf> {
        let build = ["--locked", "--profile", "server", "--package", package];
        run::run(self.project.cargo("build").args(build), BUILD)?;
        Ok(self.project.target.join("server").join(executable(package)))
    }

    /// The same server as the Rust tests have built it, so that the gate compiles it only once.
    pub(crate) fn tested_server(&self) -> Result<PathBuf> {
        self.tested_server.get(|| {
            let mut build = self.project.cargo("test");
            build.args(["--locked", "--workspace", "--no-run", "--quiet"]);
            build.args(WASM_ONLY.iter().flat_map(|name| ["--exclude", name]));
            run::run(&mut build, BUILD)?;
            Ok(self.project.target.join("debug").join(executable("accession-server")))
        })
    }

    /// The scripts that the page makes of recorded runs, in the target directory, with a list of them.
    pub(crate) fn scripts(&self) -> Result<PathBuf> {
        self.tested_server()?;
        let directory = self.project.target.join("scripts");
        remove(&directory)?;
        let examples = self.project.target.join("debug").join("examples");
        run::run(run::command(examples.join(executable("scripts"))).arg(&directory), BUILD)?;
        Ok(directory)
    }

    /// A real server written by others, compiled where Go is; `None` where it is not, or before there is a program.
    pub(crate) fn vcsim(&self) -> Result<Option<PathBuf>> {
        self.vcsim.get(|| {
            let source = self.project.root.join("tests").join("vcsim");
            let (Some(go), true) = (surroundings::go(), source.join("go.mod").is_file()) else {
                return Ok(None);
            };
            let program = self.project.target.join("vcsim").join(executable("vcsim"));
            let mut build = run::command(go);
            build.args([
                OsStr::new("build"),
                OsStr::new("-o"),
                program.as_os_str(),
                OsStr::new("."),
            ]);
            run::run(build.current_dir(source), BUILD)?;
            Ok(Some(program))
        })
    }

    /// Downloads the crates for the page and its host, since trunk then builds offline.
    fn fetched(&self) -> Result<()> {
        self.fetched.get(|| {
            self.tools.wasm_target()?;
            let compiler = run::capture(run::command("rustc").arg("-vV"))?;
            let host = compiler
                .lines()
                .find_map(|line| line.strip_prefix("host: "))
                .ok_or_else(|| Failure::unreadable("rustc -vV", "it names no host"))?;
            let fetch = ["--locked", "--target", WASM_TARGET, "--target", host];
            run::run(self.project.cargo("fetch").args(fetch), BUILD)
        })
    }
}

/// A step that is done once; who asks again after a failure is told so, instead of waiting for the same end.
struct Once<T> {
    name: &'static str,
    done: OnceCell<Option<T>>,
}

impl<T: Clone> Once<T> {
    fn new(name: &'static str) -> Self {
        Self { name, done: OnceCell::new() }
    }

    fn get(&self, make: impl FnOnce() -> Result<T>) -> Result<T> {
        if let Some(done) = self.done.get() {
            return done.clone().ok_or_else(|| Failure::Earlier { what: self.name.to_owned() });
        }
        let made = make();
        self.done.get_or_init(|| made.as_ref().ok().cloned());
        made
    }
}

/// Sets the compiler's flags of a release: the user's own, one that keeps out of the product where this machine has its
/// crates, and perhaps one more.
fn set_flags(build: &mut Command, more: Option<&str>) {
    let given = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut flags: Vec<_> = given.split_whitespace().map(str::to_owned).collect();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    if let Some(home) = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))) {
        let crates = home.join("registry").join("src");
        flags.push(format!("--remap-path-prefix={}=crates", crates.display()));
    }
    flags.extend(more.map(str::to_owned));
    if !flags.is_empty() {
        // Separated by what no path has in it, unlike `RUSTFLAGS`.
        build.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    }
}

fn remove(directory: &Path) -> Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::io(format!("remove {}", shown(directory)))(error))
        }
        _ => Ok(()),
    }
}

fn copy_directory(from: &Path, to: &Path) -> Result<()> {
    let doing = || format!("copy {} to {}", shown(from), shown(to));
    std::fs::create_dir_all(to).map_err(Failure::io(doing()))?;
    for entry in std::fs::read_dir(from).map_err(Failure::io(doing()))? {
        let entry = entry.map_err(Failure::io(doing()))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target).map_err(Failure::io(doing()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_done_once_and_its_failure_remembered() {
        let step = Once::new("counting");
        assert_eq!(step.get(|| Ok(1)).expect("it succeeds"), 1);
        assert_eq!(step.get(|| Ok(2)).expect("it is remembered"), 1);
        let step: Once<i32> = Once::new("counting");
        assert!(matches!(step.get(|| Err(Failure::Gate)), Err(Failure::Gate)));
        assert!(matches!(step.get(|| Ok(2)), Err(Failure::Earlier { .. })));
    }
}
