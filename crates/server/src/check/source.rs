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

/// Finds out which files belong together.
pub(super) fn packages(given: &[PathBuf]) -> Result<Vec<Package>, Failure> {
    let mut files = Vec::new();
    for path in given {
        files.push(if path.is_dir() { descriptor_in(path)? } else { path.clone() });
    }
    // What stands beside a descriptor that is named too is read as a part of its package.
    let folders: BTreeSet<PathBuf> =
        files.iter().filter(|path| has_extension(path, "ovf")).map(|path| folder(path)).collect();
    let is_part = |path: &Path| {
        folders.contains(&folder(path))
            && !["ovf", "ova", "iso"].iter().any(|own| has_extension(path, own))
    };
    let mut packages = Vec::new();
    for path in &files {
        if has_extension(path, "ovf") {
            let parts = files.iter().filter(|part| is_part(part) && folder(part) == folder(path));
            packages.push(Package { files: beside(path, parts)? });
        } else if !is_part(path) {
            packages.push(Package { files: vec![path.clone()] });
        }
    }
    Ok(packages)
}

fn descriptor_in(directory: &Path) -> Result<PathBuf, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(Failure::read(directory))? {
        let path = entry.map_err(Failure::read(directory))?.path();
        if has_extension(&path, "ovf") {
            found.push(path);
        }
    }
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::NoDescriptor(directory.to_owned())),
        _ => Err(Failure::SeveralDescriptors(directory.to_owned())),
    }
}

/// The descriptor, its manifest and certificate, and the files that it names.
fn beside<'a>(
    descriptor: &Path,
    parts: impl Iterator<Item = &'a PathBuf>,
) -> Result<Vec<PathBuf>, Failure> {
    let mut files = vec![descriptor.to_owned()];
    files.extend(["mf", "cert"].map(|extension| descriptor.with_extension(extension)));
    let folder = folder(descriptor);
    files.extend(named(descriptor)?.iter().map(|name| folder.join(name)));
    files.retain(|path| path.is_file());
    files.extend(parts.cloned());
    let mut seen = BTreeSet::new();
    files.retain(|path| seen.insert(path.clone()));
    let names: Vec<_> = files.iter().map(|path| name(path)).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    Ok(arrange(&names).into_iter().map(|index| files[index].clone()).collect())
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
            let name = name(path);
            inspection.begin(&name, size(path));
            progress.of(&name);
            if path.as_os_str() == STDIN {
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
            [only] if only.as_os_str() == STDIN => None,
            // What cannot be surveyed is read all the same, with more digests.
            [only] if has_extension(only, "ova") => survey(only).ok(),
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
                let mut buffer = emptied.try_recv().unwrap_or_else(|_| vec![0; BUFFER]);
                buffer.resize(BUFFER, 0);
                let result = match source.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(read) => {
                        buffer.truncate(read);
                        Ok(buffer)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let ends = result.is_err();
                if full.send(result).is_err() || ends {
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
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len())
}

/// A file's name as a descriptor would have it; none for standard input.
fn name(path: &Path) -> String {
    match path.file_name() {
        Some(name) if path.as_os_str() != STDIN => name.to_string_lossy().into_owned(),
        _ => String::new(),
    }
}

fn folder(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
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
