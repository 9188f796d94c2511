//! The files of a package on a disk or on standard input, read once and in a good order.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use accession_package::descriptor::Descriptor;
use accession_package::findings::Findings;
use accession_package::inspection::{Circumstances, Inspection, Plan, Survey, arrange};
use accession_package::report::Report;

use super::Failure;
use super::progress::Progress;

/// Standard input.
const STDIN: &str = "-";
/// What its file is called in a report. It has no ending, so its bytes tell what it is.
const STDIN_NAME: &str = "standard input";
/// How many bytes are read at once.
const BUFFER: usize = 1 << 20;
/// How many buffers are read ahead while others are being looked at.
const AHEAD: usize = 4;
/// The longest descriptor that is looked into for the names of further files.
const DESCRIPTOR_LIMIT: u64 = 8 << 20;

/// The files of one package, in the order in which they are read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Package {
    files: Vec<PathBuf>,
}

/// Finds out which files belong together. The packages have the order in which they are given.
pub(super) fn packages(given: &[PathBuf]) -> Vec<Result<Package, Failure>> {
    let found = given.iter().map(|path| {
        if path.is_dir() && !is_stdin(path) { descriptor_in(path) } else { Ok(path.clone()) }
    });
    let found: Vec<_> = found.collect();
    let files: Vec<_> = found.iter().flatten().cloned().collect();
    let package = |path: PathBuf| {
        if is_descriptor(&path) {
            beside(&path, &joined(&path, &files))
        } else {
            Ok(Package { files: vec![path] })
        }
    };
    let mut packages: Vec<_> = found.into_iter().map(|found| found.and_then(package)).collect();
    // What is a part of a package is none itself.
    let parts: BTreeSet<_> = packages
        .iter()
        .flatten()
        .filter(|package| package.files.len() > 1)
        .flat_map(|package| package.files.iter().map(|path| place(path)))
        .collect();
    let is_part = |package: &Package| matches!(package.files.as_slice(), [only] if parts.contains(&place(only)));
    packages.retain(|package| !package.as_ref().is_ok_and(is_part));
    packages
}

/// The given files that were meant to go with this descriptor: those beside it, if no other
/// descriptor could claim them.
fn joined(descriptor: &Path, files: &[PathBuf]) -> Vec<PathBuf> {
    let beside = || files.iter().filter(|path| folder(path) == folder(descriptor));
    if beside().any(|path| is_descriptor(path) && path != descriptor) {
        return Vec::new();
    }
    let can_stand_alone =
        |path: &Path| ["ova", "iso"].iter().any(|own| has_extension(path, own)) || is_stdin(path);
    beside().filter(|path| !can_stand_alone(path)).cloned().collect()
}

fn descriptor_in(directory: &Path) -> Result<PathBuf, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(Failure::read(directory))? {
        let path = entry.map_err(Failure::read(directory))?.path();
        // macOS leaves a file `._NAME` beside NAME.
        if is_descriptor(&path) && !name(&path).starts_with('.') {
            found.push(path);
        }
    }
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::NoDescriptor(directory.to_owned())),
        _ => Err(Failure::SeveralDescriptors(directory.to_owned())),
    }
}

/// The descriptor, its manifest and certificate, the files that it names, and those that were given
/// with it. A link in its folder is followed: whoever put it there could have put the file there.
fn beside(descriptor: &Path, given: &[PathBuf]) -> Result<Package, Failure> {
    let mut files = vec![descriptor.to_owned()];
    files.extend(["mf", "cert"].map(|extension| descriptor.with_extension(extension)));
    let named = named(descriptor)?;
    files.extend(named.iter().map(|name| descriptor.with_file_name(name)));
    files.retain(|path| path.is_file());
    files.extend_from_slice(given);
    let mut seen = BTreeSet::new();
    files.retain(|path| seen.insert(place(path)));
    let names: Vec<_> = files.iter().map(|path| name(path)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let files = arrange(&names).into_iter().map(|index| files[index].clone()).collect();
    Ok(Package { files })
}

/// The names in a descriptor that can stand for files beside it.
fn named(descriptor: &Path) -> Result<Vec<String>, Failure> {
    let mut bytes = Vec::new();
    let file = File::open(descriptor).map_err(Failure::read(descriptor))?;
    file.take(DESCRIPTOR_LIMIT).read_to_end(&mut bytes).map_err(Failure::read(descriptor))?;
    // What is wrong with it is found by the inspection.
    let mut findings = Findings::default();
    let read = Descriptor::read(&bytes, &mut findings.of(""));
    let names = read.iter().flat_map(Descriptor::members).map(|(_, name, _)| name);
    Ok(names.filter(|name| is_plain(name)).collect())
}

/// Whether a name stays in its folder.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(std::path::Component::Normal(_)), None))
}

impl Package {
    /// Reads all of it, once.
    pub(super) fn inspect(
        &self,
        circumstances: Circumstances,
        progress: &mut Progress,
    ) -> Result<Report, Failure> {
        let mut inspection = Inspection::new(circumstances);
        if let Some(plan) = self.plan() {
            inspection = inspection.with_plan(plan);
        }
        let sizes = self.files.iter().map(|path| size(path));
        progress.begin(sizes.sum::<Option<u64>>());
        for path in &self.files {
            let name = if is_stdin(path) { STDIN_NAME.to_owned() } else { name(path) };
            inspection.begin(&name, size(path));
            progress.of(&name);
            if is_stdin(path) {
                read(io::stdin(), |bytes| take(&mut inspection, progress, bytes))
            } else {
                File::open(path)
                    .and_then(|file| read(file, |bytes| take(&mut inspection, progress, bytes)))
            }
            .map_err(Failure::read(path))?;
        }
        Ok(inspection.finish())
    }

    /// Which digests are needed, where that can be found out before the disks are read.
    fn plan(&self) -> Option<Plan> {
        match self.files.as_slice() {
            // A stream can be read only once. What cannot be surveyed is read all the same. Both
            // only means more digests.
            [only] if only.is_file() && !is_stdin(only) => survey(only).ok(),
            [_] => None,
            files if files.iter().any(|path| has_extension(path, "mf")) => None,
            _ => Some(Plan::default()),
        }
    }
}

fn take(inspection: &mut Inspection, progress: &mut Progress, bytes: &[u8]) {
    inspection.write(bytes);
    progress.went_by(bytes.len());
}

/// Jumps from member to member of an archive.
fn survey(path: &Path) -> io::Result<Plan> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let (mut survey, mut at, mut buffer) = (Survey::new(), 0, vec![0; 64 * 1024]);
    while !survey.is_done() && at < length {
        let skip = survey.skippable();
        if skip > 0 {
            at += skip;
            survey.skip(skip);
            file.seek(SeekFrom::Start(at))?;
            continue;
        }
        // Only headers and manifests are read; what follows a header is mostly passed over.
        let wanted = if survey.is_collecting() { buffer.len() } else { 512 };
        let read = file.read(&mut buffer[..wanted])?;
        if read == 0 {
            break;
        }
        survey.write(&buffer[..read]);
        at += read as u64;
    }
    Ok(survey.finish())
}

/// Reads ahead in a thread of its own, so that the disk works while digests are computed.
fn read(mut source: impl Read + Send, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let (full, filled): (SyncSender<io::Result<Vec<u8>>>, Receiver<_>) = sync_channel(AHEAD);
    let (empty, emptied) = channel::<Vec<u8>>();
    thread::scope(|scope| {
        scope.spawn(move || {
            loop {
                let mut buffer = emptied.try_recv().unwrap_or_else(|_| Vec::with_capacity(BUFFER));
                buffer.clear();
                // A pipe gives little at a time.
                let result = source.by_ref().take(BUFFER as u64).read_to_end(&mut buffer);
                let ends = !matches!(result, Ok(read) if read > 0);
                if full.send(result.map(|_| buffer)).is_err() || ends {
                    return;
                }
            }
        });
        for buffer in filled {
            let buffer = buffer?;
            take(&buffer);
            // A reader that has ended needs no more buffers.
            let _ = empty.send(buffer);
        }
        Ok(())
    })
}

fn size(path: &Path) -> Option<u64> {
    // A file of that name is another one.
    let metadata = fs::metadata(path).ok().filter(|_| !is_stdin(path))?;
    metadata.is_file().then_some(metadata.len())
}

/// A file's name as a descriptor would have it; none for standard input.
fn name(path: &Path) -> String {
    match path.file_name() {
        Some(name) if !is_stdin(path) => name.to_string_lossy().into_owned(),
        _ => String::new(),
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// Whether it names the files beside it. A pipe is read only once, and not for their names.
fn is_descriptor(path: &Path) -> bool {
    has_extension(path, "ovf") && path.is_file()
}

/// What tells a file from the others, however its path is written.
fn place(path: &Path) -> (PathBuf, String) {
    (folder(path), name(path))
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        parent => parent.map(Path::to_owned).unwrap_or_default(),
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_their_folder_are_not_followed() {
        for (name, plain) in [
            ("disk.vmdk", true),
            ("a b.iso", true),
            ("../disk.vmdk", false),
            ("/etc/passwd", false),
            ("sub/disk.vmdk", false),
            (".", false),
            ("", false),
        ] {
            assert_eq!(is_plain(name), plain, "{name}");
        }
    }

    #[test]
    fn all_bytes_arrive_once_and_in_order() {
        let bytes: Vec<u8> = (0..3 * BUFFER + 17).map(|at| (at % 251) as u8).collect();
        let mut arrived = Vec::new();
        read(bytes.as_slice(), |bytes| arrived.extend_from_slice(bytes)).unwrap();
        assert!(arrived == bytes);
    }
}
