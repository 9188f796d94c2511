//! Files that are written whole or not at all.
//!
//! It does not know what is in them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Writes a file. Whoever reads it, at whatever moment, finds the old content or the new one.
pub(crate) fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    let target = target(file)?;
    let beside = Beside::new(&target)?;
    (&beside.file).write_all(content)?;
    beside.file.sync_all()?;
    fs::rename(&beside.path, &target)?;
    // The name is safe on the disk only when its directory is. Not every system can do that.
    let _ = File::open(directory(&target)).and_then(|directory| directory.sync_all());
    Ok(())
}

/// Fails if a file could not be written, and leaves it as it is.
pub(crate) fn try_write(file: &Path) -> io::Result<()> {
    Beside::new(&target(file)?).map(drop)
}

/// Where a file is. A link to it stays a link.
fn target(file: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(file.to_owned()),
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        found => found,
    }
}

fn directory(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file in the same directory, since a rename from elsewhere may be a copy. It goes away
/// unless it is renamed.
struct Beside {
    path: PathBuf,
    file: File,
}

impl Beside {
    fn new(target: &Path) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut beside = OsString::from(".");
        beside.push(name);
        beside.push(format!(".{process}-{number}"));
        let path = directory(target).join(beside);
        let file = File::create_new(&path)?;
        Ok(Self { path, file })
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It is not there any more if all went well.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory that goes away with its test.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("accession-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<OsString> {
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name()).collect()
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            // A directory left behind fails no test.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let directory = Directory::new("replaced");
        let file = directory.0.join("a.json");
        try_write(&file).unwrap();
        assert!(directory.names().is_empty(), "only tried");
        for content in ["first", "second, which is longer", ""] {
            write(&file, content.as_bytes()).unwrap();
            try_write(&file).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
            assert_eq!(directory.names(), ["a.json"]);
        }
    }

    #[test]
    fn what_cannot_be_written_is_left_alone() {
        let directory = Directory::new("refused");
        let inside = directory.0.join("folder/a.json");
        for file in [inside.as_path(), directory.0.as_path(), Path::new("/"), Path::new("..")] {
            assert!(try_write(file).is_err() && write(file, b"x").is_err(), "{file:?}");
        }
        assert!(directory.names().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let directory = Directory::new("linked");
        let (file, link) = (directory.0.join("a.json"), directory.0.join("link"));
        write(&file, b"first").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, b"second").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "second");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
