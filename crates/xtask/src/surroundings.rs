//! What tests need around them: npm packages, a browser, Go, a Python environment. It does not know the tests.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::{Failure, Result, shown};
use crate::project::Project;
use crate::run;
use crate::tools::{Tools, which};

const INSTALLATION: Duration = Duration::from_mins(20);

/// Installs a directory's npm packages when they are not what its lock file says.
pub(crate) fn npm_ci(tools: &Tools, directory: &Path) -> Result<()> {
    let lock_path = directory.join("package-lock.json");
    let lock = std::fs::read_to_string(&lock_path)
        .map_err(Failure::io(format!("read {}", shown(&lock_path))))?;
    if lock.contains("\"resolved\": \"http") {
        return Err(Failure::unreadable(
            shown(&lock_path),
            "it names a registry's host; put omit-lockfile-registry-resolved=true into an .npmrc beside it and rerun \
             npm install --package-lock-only",
        ));
    }
    // A copy of the lock rather than its time: checkouts do not keep times.
    let installed = directory.join("node_modules").join(".installed-from.json");
    if std::fs::read_to_string(&installed).is_ok_and(|before| before == lock) {
        return Ok(());
    }
    println!("   installing npm packages of {} (a few seconds)", shown(directory));
    run::quietly(
        "npm ci",
        run::command(tools.npm()?)
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(directory),
        INSTALLATION,
    )?;
    std::fs::create_dir_all(directory.join("node_modules"))
        .and_then(|()| std::fs::write(&installed, lock))
        .map_err(Failure::io(format!("write {}", shown(&installed))))
}

/// A browser that tests are run in.
struct Browser {
    name: &'static str,
    /// The variable that chooses one.
    variable: &'static str,
    /// What its programs are called where they are on PATH.
    programs: &'static [&'static str],
    /// The packages that bring it, the likelier first.
    packages: &'static [&'static str],
    /// Those that do as well, as people know them.
    kinds: &'static str,
}

const CHROMIUM: Browser = Browser {
    name: "Chromium",
    variable: "ACCESSION_CHROMIUM",
    programs: &[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "microsoft-edge",
        "microsoft-edge-stable",
        "msedge",
    ],
    packages: &["chromium"],
    kinds: "Chromium, Google Chrome or Microsoft Edge",
};

const FIREFOX: Browser = Browser {
    name: "Firefox",
    variable: "ACCESSION_FIREFOX",
    programs: &["firefox-esr", "firefox"],
    packages: &["firefox-esr", "firefox"],
    kinds: "Firefox or Firefox ESR",
};

/// A Chromium or one of its relatives, installed with the system's package manager where there is none.
pub(crate) fn chromium() -> Result<PathBuf> {
    CHROMIUM.find_or_install(&chromium_places())
}

/// A Firefox, likewise.
pub(crate) fn firefox() -> Result<PathBuf> {
    FIREFOX.find_or_install(&firefox_places())
}

impl Browser {
    fn find_or_install(&self, usual_places: &[PathBuf]) -> Result<PathBuf> {
        let Self { name, variable, programs, packages, kinds } = self;
        if let Some(chosen) = std::env::var_os(variable).filter(|value| !value.is_empty()) {
            let chosen = PathBuf::from(chosen);
            return if answers(&chosen) {
                Ok(chosen)
            } else {
                Err(Failure::missing(
                    format!("the browser that {variable} names ({})", shown(&chosen)),
                    format!("point it at one that starts ({kinds}), or unset it"),
                ))
            };
        }
        let find = || {
            let on_path = programs.iter().filter_map(|program| which(program));
            on_path.chain(usual_places.iter().cloned()).find(|path| answers(path))
        };
        if let Some(found) = find() {
            return Ok(found);
        }
        for package in *packages {
            // The next may be there; if none is, what to do is said below.
            if let Err(failure) = install(package, &format!("{name} (about a minute)")) {
                println!("   {failure}");
            }
            if let Some(found) = find() {
                return Ok(found);
            }
        }
        Err(Failure::missing(
            format!("the browser {name}"),
            format!("install {kinds}, or set {variable} to the path of one"),
        ))
    }
}

fn chromium_places() -> Vec<PathBuf> {
    if cfg!(target_os = "macos") {
        return ["Chromium", "Google Chrome", "Microsoft Edge"].map(in_applications).to_vec();
    }
    in_program_files(&[
        ["Chromium", "Application", "chrome.exe"],
        ["Google", "Chrome", "Application\\chrome.exe"],
        ["Microsoft", "Edge", "Application\\msedge.exe"],
    ])
}

fn firefox_places() -> Vec<PathBuf> {
    if cfg!(target_os = "macos") {
        return vec![PathBuf::from("/Applications/Firefox.app/Contents/MacOS/firefox")];
    }
    in_program_files(&[["Mozilla Firefox", "", "firefox.exe"]])
}

fn in_applications(name: &str) -> PathBuf {
    PathBuf::from(format!("/Applications/{name}.app/Contents/MacOS/{name}"))
}

/// Where Windows keeps programs.
fn in_program_files(programs: &[[&str; 3]]) -> Vec<PathBuf> {
    if !cfg!(windows) {
        return Vec::new();
    }
    let bases = ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"];
    let bases = bases.into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    bases
        .flat_map(|base| {
            programs
                .iter()
                .map(move |program| program.iter().fold(base.clone(), |path, step| path.join(step)))
        })
        .collect()
}

/// Whether a browser really starts: some systems put a mere pointer to another package on PATH.
fn answers(browser: &Path) -> bool {
    // On Windows it would open a window instead of naming its version.
    browser.is_file() && (cfg!(windows) || run::succeeds(run::command(browser).arg("--version")))
}

/// jq, which the scripts for curl read answers with, installed likewise.
pub(crate) fn jq() -> Result<()> {
    if which("jq").is_some() { Ok(()) } else { install("jq", "jq (a few seconds)") }
}

/// Installs a package with the first of the system's package managers that is there; does nothing where only a person
/// could.
fn install(package: &str, what: &str) -> Result<()> {
    // Each step of each manager; the package's name ends the last one.
    const MANAGERS: [(&str, bool, &[&[&str]]); 6] = [
        ("apt-get", true, &[&["update"], &["install", "-y", "--no-install-recommends"]]),
        ("dnf", true, &[&["install", "-y"]]),
        ("zypper", true, &[&["--non-interactive", "install"]]),
        ("pacman", true, &[&["-Sy", "--noconfirm"]]),
        ("apk", true, &[&["add"]]),
        ("brew", false, &[&["install"]]),
    ];
    let Some((manager, privileged, steps)) =
        MANAGERS.into_iter().find(|(name, ..)| which(name).is_some())
    else {
        return Ok(());
    };
    let prefix: &[&str] = if !privileged || is_root() {
        &[]
    } else if run::succeeds(run::command("sudo").args(["-n", "true"])) {
        &["sudo", "-n"]
    } else {
        // Only a person can answer for the password; the caller says what to install.
        return Ok(());
    };
    println!("   installing {what} with {manager}");
    for (number, step) in steps.iter().enumerate() {
        let last = (number + 1 == steps.len()).then_some(&package);
        let mut words = prefix.iter().chain([&manager]).chain(*step).chain(last);
        let program = words.next().copied().unwrap_or(manager);
        let mut command = run::command(program);
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive");
        run::quietly(manager, &mut command, INSTALLATION)?;
    }
    Ok(())
}

fn is_root() -> bool {
    run::capture(run::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Go, where somebody has it; its tests are of a peer that we do not install a compiler for.
pub(crate) fn go() -> Option<PathBuf> {
    which("go")
}

/// Those of the programs that are not here.
pub(crate) fn lacking(programs: &[&'static str]) -> Vec<&'static str> {
    programs.iter().copied().filter(|program| which(program).is_none()).collect()
}

/// Where the Python tests are, once there are any.
pub(crate) fn python_tests(project: &Project) -> Option<PathBuf> {
    let directory = project.root.join("tests").join("python");
    directory.join("requirements.txt").is_file().then_some(directory)
}

/// A Python with what the tests' requirements name, in an environment of its own; `None` without a Python to make it.
pub(crate) fn python_env(tools: &Tools, tests: &Path) -> Result<Option<PathBuf>> {
    let Some(python) = ["python3", "python"].into_iter().find_map(which) else {
        return Ok(None);
    };
    let requirements = tests.join("requirements.txt");
    let wanted = std::fs::read(&requirements)
        .map_err(Failure::io(format!("read {}", shown(&requirements))))?;
    let version = crate::tools::version_of(&python, "--version")?;
    let key = format!("python-{version}-{:016x}", fingerprint(&wanted));
    let environment = tools.install(&key, "about 20 seconds", |directory| {
        let venv = ["-m", "venv"];
        run::quietly("venv", run::command(&python).args(venv).arg(directory), INSTALLATION)?;
        let mut pip = run::command(python_in(directory));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "-r"]);
        run::quietly("pip", pip.arg(&requirements), INSTALLATION)
    })?;
    Ok(Some(python_in(&environment)))
}

fn python_in(environment: &Path) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts").join("python.exe")
    } else {
        environment.join("bin").join("python")
    }
}

/// FNV-1a: tells one list of requirements from another, and stays the same from one compiler to the next.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_the_published_one() {
        assert_eq!(fingerprint(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
