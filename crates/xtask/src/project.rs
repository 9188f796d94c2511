//! The checkout: where things are, which crates are for what, and how cargo is called on them. It builds nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Result, shown};
use crate::run;

/// Crates that only make sense as wasm modules; everything else is linted and tested natively.
pub(crate) const WASM_ONLY: [&str; 3] =
    ["accession-wasm", "accession-inspector", "accession-digests"];

/// Crates that end up in a wasm module and are linted for that target.
pub(crate) const FOR_WASM: [&str; 6] = [
    "accession-web",
    "accession-wasm",
    "accession-inspector",
    "accession-digests",
    "accession-scribe",
    "accession-client",
];

pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// One checkout of the project.
pub(crate) struct Project {
    /// The directory of the workspace.
    pub(crate) root: PathBuf,
    /// Cargo's target directory, wherever the environment or a configuration puts it.
    pub(crate) target: PathBuf,
}

impl Project {
    pub(crate) fn find() -> Result<Self> {
        let root = root()?;
        let metadata = run::capture(
            run::command(cargo_program())
                .args(["metadata", "--no-deps", "--format-version", "1"])
                .current_dir(&root),
        )?;
        let target = json_text(&metadata, "target_directory").ok_or_else(|| {
            Failure::unreadable("cargo's metadata", "it names no target directory")
        })?;
        Ok(Self { root, target: PathBuf::from(target) })
    }

    /// Cargo, called on this workspace.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut command = run::command(cargo_program());
        command.arg(subcommand).current_dir(&self.root);
        command
    }

    /// The release page.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The headless npm package.
    pub(crate) fn npm(&self) -> PathBuf {
        self.target.join("npm")
    }

    /// The version of a dependency that the lock file settled on.
    pub(crate) fn locked_version(&self, package: &str) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&path)
            .map_err(Failure::io(format!("read {}", shown(&path))))?;
        locked_version(&lock, package).ok_or_else(|| {
            Failure::unreadable("Cargo.lock", format!("no crate depends on {package} yet"))
        })
    }

    /// The files of one directory with a given ending, in order; none when there is no such directory.
    pub(crate) fn files(&self, directory: &str, ending: &str) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.root.join(directory))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_file() && path.to_string_lossy().ends_with(ending))
            .collect();
        files.sort();
        files
    }
}

/// A program's file name on this system.
pub(crate) fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// The cargo that runs us, so that a `+toolchain` on the command line holds for all of it.
pub(crate) fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn root() -> Result<PathBuf> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = std::env::current_dir().map_err(Failure::io("find the current directory"))?;
    own.iter()
        .chain([&here])
        .flat_map(|start| start.ancestors())
        .find(|directory| is_root(directory))
        .map(Path::to_owned)
        .ok_or_else(|| {
            Failure::missing("the workspace", "run this inside a checkout of the project")
        })
}

fn is_root(directory: &Path) -> bool {
    directory.join("Cargo.lock").is_file() && directory.join("crates").join("xtask").is_dir()
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.next()?;
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

/// The first text of a given name in a JSON document; enough for the one field we ask cargo for.
fn json_text(json: &str, field: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{field}\":\""))?;
    let mut text = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            // Paths only ever escape the backslash and the quote.
            '\\' => text.push(characters.next()?),
            character => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "\
[[package]]
name = \"wasm-bindgen-futures\"
version = \"0.4.50\"

[[package]]
name = \"wasm-bindgen\"
version = \"0.2.130\"
source = \"registry\"
";

    #[test]
    fn the_lock_file_is_read_by_exact_name() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(LOCK, "wasm-bindgen-futures").as_deref(), Some("0.4.50"));
        assert_eq!(locked_version(LOCK, "wasm"), None);
    }

    #[test]
    fn paths_in_json_lose_their_escapes() {
        let json = r#"{"packages":[],"target_directory":"C:\\work \"x\"\\target","version":1}"#;
        assert_eq!(json_text(json, "target_directory").as_deref(), Some("C:\\work \"x\"\\target"));
        assert_eq!(json_text(json, "missing"), None);
        assert_eq!(json_text("{\"a\":\"cut", "a"), None);
    }

    #[test]
    fn the_workspace_is_found_from_inside() {
        let root = root().expect("the tests run inside the checkout");
        assert!(root.join("crates/xtask/src/project.rs").is_file());
    }
}
