//! `accession-server check`: what it says, where it says it, how it ends, and how much it takes.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::packages::{self, Disk, archive, descriptor, header, iso, manifest, ova, package};
use crate::support::Directory;

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_accession-server"));
    program.arg("check").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// How a check ended, and what it said.
#[derive(Debug)]
struct Checked {
    status: i32,
    out: String,
    err: String,
}

impl Checked {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let status = output.status.code().expect("no signal ended it");
        Self { status, out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    fn good(self) -> Self {
        assert_eq!((self.status, self.err.as_str()), (0, ""), "{self:?}");
        self
    }

    /// The report, of one package.
    #[track_caller]
    fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The ids of what was found, in one package.
    #[track_caller]
    fn found(&self) -> Vec<String> {
        let report = self.report();
        let findings = report["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
    }
}

fn check(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Checked {
    Checked::of(program().args(arguments).output().unwrap())
}

/// Checks what stands in a folder, which is the current one.
fn check_in(folder: &Directory, arguments: &[&str]) -> Checked {
    Checked::of(program().args(arguments).current_dir(&folder.0).output().unwrap())
}

/// Checks standard input.
fn check_input(bytes: &[u8], arguments: &[&str]) -> Checked {
    let mut child = program().args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    Checked::of(child.wait_with_output().unwrap())
}

/// A folder with the files of a good package.
fn folder() -> Directory {
    let folder = Directory::new();
    for (name, bytes) in package() {
        folder.write(name, bytes);
    }
    folder
}

fn names(report: &Value) -> Vec<&str> {
    let members = report["members"].as_array().unwrap();
    members.iter().map(|member| member["name"].as_str().unwrap()).collect()
}

const GOOD: &str = "\
vm.ova: Nothing was found that speaks against an import.
  OVA, 214.5 KB, 3 files, virtual machine “vm”

  Files
    vm.ovf     descriptor  890 B     matches  SHA256 4b67f2d62e6a1eaf32287475aff7c37d8e24ca4716dc7139e6a920416ec2db8c
    vm.mf      manifest    165 B
    disk.vmdk  disk        210.4 KB  matches  SHA256 a3986c323086cbf8df8f74a7657498cad06a33ed35bf782825e0f7c27091c42b

  Disks
    disk.vmdk  stream-optimized VMDK  196.6 KB  open-vmdk

  Virtual systems
    vm  vmx-13
";

const BLOCKED: &str = "\
vm.ova: Expect an import to fail.
  OVA, 2.5 KB, 1 file, virtual machine “vm”

  Blocks   disk.vmdk is named by the descriptor and is not in the package.
           In              vm.ovf, line 4
           Why it matters  Complete is refused: every file that the descriptor names has to be
                           in the session.
           Known answer    com.vmware.vdcs.cls-main.session_has_missing_or_invalid_files
           What to do      Add disk.vmdk, or take its File element out of the descriptor.
           Source          observed: recorded with an .nvram file that was never added

  Files
    vm.ovf  descriptor  886 B

  Virtual systems
    vm  vmx-13
";

#[test]
fn a_good_package_is_told_in_a_few_lines() {
    let folder = Directory::new();
    folder.write("vm.ova", ova());
    assert_eq!(check_in(&folder, &["vm.ova"]).good().out, GOOD);
}

#[test]
fn a_bad_package_is_told_with_reasons_and_remedies() {
    let folder = Directory::new();
    let ovf = descriptor(&[("disk.vmdk", 5)], 1 << 20);
    folder.write("vm.ova", archive(&[("vm.ovf", &ovf)]));
    let checked = check_in(&folder, &["vm.ova"]);
    assert_eq!((checked.status, checked.err.as_str()), (2, ""));
    assert_eq!(checked.out, BLOCKED);
}

#[test]
fn the_status_is_that_of_the_worst_package() {
    let folder = folder();
    let [(_, ovf), _, (_, disk)] = package();
    // The manifest leaves a file out, about which a library may complain.
    let partial = manifest(&[("vm.ovf", &ovf)]);
    let unsure = [("vm.ovf", ovf.as_slice()), ("vm.mf", &partial), ("disk.vmdk", &disk)];
    folder.write("good.ova", ova());
    folder.write("unsure.ova", archive(&unsure));
    folder.write("bad.ova", archive(&[("disk.vmdk", &disk)]));
    for (status, files) in [
        (0, &["good.ova", "good.ova"] as &[&str]),
        (1, &["unsure.ova", "good.ova"]),
        (2, &["unsure.ova", "bad.ova", "good.ova"]),
        // The others are told all the same.
        (3, &["unsure.ova", "missing.ova", "good.ova"]),
        (3, &["missing.ova", "bad.ova"]),
    ] {
        let checked = check_in(&folder, files);
        assert_eq!(checked.status, status, "{checked:?}");
        let told = files.iter().filter(|file| **file != "missing.ova");
        let heads = told.map(|file| checked.out.find(&format!("{file}: ")).unwrap());
        assert!(heads.is_sorted(), "{checked:?}");
        assert_eq!(checked.err.contains("missing.ova"), status == 3, "{checked:?}");
    }
}

#[test]
fn json_is_one_report_or_a_list_of_them() {
    let folder = folder();
    folder.write("vm.ova", ova());
    let one = check_in(&folder, &["--json", "vm.ova"]).good().report();
    assert_eq!(
        (&one["name"], &one["kind"], &one["verdict"]),
        (&"vm.ova".into(), &"ova".into(), &"fine".into())
    );
    let two = check_in(&folder, &["vm.ova", "vm.ovf", "--json"]).good().report();
    let kinds: Vec<_> = two.as_array().unwrap().iter().map(|report| &report["kind"]).collect();
    assert_eq!(kinds, ["ova", "ovf"]);
    assert_eq!(two[0], one);
    // A list stays one if something cannot be told; one failure alone is no report.
    let checked = check_in(&folder, &["--json", "vm.ova", "missing.ova"]);
    assert_eq!((checked.status, checked.report().as_array().unwrap().len()), (3, 1));
    let checked = check_in(&folder, &["--json", "missing.ova"]);
    assert_eq!((checked.status, checked.out.as_str()), (3, ""));
}

#[test]
fn standard_input_is_known_by_its_bytes() {
    for (bytes, kind) in [(ova(), "ova"), (iso(), "iso"), (Disk::small().bytes(), "disk")] {
        let checked = check_input(&bytes, &["--json", "-"]).good();
        assert_eq!(checked.report()["kind"], kind);
        assert_eq!(checked.report()["size"], bytes.len());
        assert!(check_input(&bytes, &["-"]).good().out.starts_with("standard input: "));
    }
    let report = check_input(&ova(), &["--json", "-"]).report();
    assert_eq!(report["members"][2]["listed"], "matches");
    // The manifest may as well come last.
    let [ovf, list, disk] = package();
    let late = [ovf, disk, list];
    let late = archive(&late.each_ref().map(|(name, bytes)| (*name, bytes.as_slice())));
    let report = check_input(&late, &["--json", "-"]).good().report();
    assert_eq!(
        (&report["members"][1]["name"], &report["members"][1]["listed"]),
        (&"disk.vmdk".into(), &"matches".into())
    );
    let empty = check_input(b"", &["-"]);
    assert_eq!(empty.status, 1);
    assert!(empty.out.contains("  In              standard input\n"), "{empty:?}");
}

#[test]
fn a_descriptor_brings_the_files_beside_it() {
    let folder = folder();
    folder.write("._vm.ovf", "macOS");
    folder.write("other.txt", "not named");
    let path = folder.0.join("vm.ovf");
    let by_path = check([OsStr::new("--json"), path.as_os_str()]).good();
    let here = check_in(&folder, &["--json", "vm.ovf"]).good();
    let directory = check([OsStr::new("--json"), folder.0.as_os_str()]).good();
    for checked in [&by_path, &here, &directory] {
        let report = checked.report();
        assert_eq!((&report["kind"], &report["name"]), (&"ovf".into(), &"vm.ovf".into()));
        assert_eq!(names(&report), ["vm.mf", "vm.ovf", "disk.vmdk"]);
        assert_eq!(report["members"][2]["listed"], "matches");
    }
}

#[test]
fn what_a_shell_makes_of_a_star_is_one_package() {
    let folder = folder();
    let all = ["--json", "disk.vmdk", "./vm.mf", "vm.ovf"];
    let checked = check_in(&folder, &all).good();
    assert_eq!(names(&checked.report()), ["vm.mf", "vm.ovf", "disk.vmdk"]);
    // One that is not named goes with the only descriptor; an archive and standard input do not.
    folder.write("notes.txt", "hello");
    folder.write("vm.ova", ova());
    let checked = check_in(&folder, &["--json", "disk.vmdk", "notes.txt", "vm.mf", "vm.ovf"]);
    assert_eq!(names(&checked.report()), ["vm.mf", "vm.ovf", "disk.vmdk", "notes.txt"]);
    folder.write("-", "a file of that name is another one");
    let checked = check_in(&folder, &["--json", "vm.mf", "vm.ova", "vm.ovf", "-"]);
    assert_eq!(checked.report()[2]["size"], 0);
    let kinds: Vec<_> =
        checked.report().as_array().unwrap().iter().map(|report| report["kind"].clone()).collect();
    assert_eq!(kinds, ["ova", "ovf", "other"]);
}

#[test]
fn of_two_packages_in_a_folder_each_keeps_its_own_files() {
    let folder = folder();
    let [(_, ovf), (_, _), (_, disk)] = package();
    let ovf = String::from_utf8(ovf).unwrap().replace("disk.vmdk", "second.vmdk").into_bytes();
    folder.write("second.mf", manifest(&[("second.ovf", &ovf), ("second.vmdk", &disk)]));
    folder.write("second.ovf", &ovf);
    folder.write("second.vmdk", &disk);
    let all = ["--json", "disk.vmdk", "second.mf", "second.ovf", "second.vmdk", "vm.mf", "vm.ovf"];
    let report = check_in(&folder, &all).good().report();
    assert_eq!(names(&report[0]), ["second.mf", "second.ovf", "second.vmdk"]);
    assert_eq!(names(&report[1]), ["vm.mf", "vm.ovf", "disk.vmdk"]);
    let several = check([&folder.0]);
    assert_eq!(several.status, 3);
    assert!(several.err.contains("several .ovf files"), "{several:?}");
}

#[test]
fn a_descriptor_names_nothing_outside_its_folder() {
    let outer = Directory::new();
    outer.write("secret", "do not read this");
    let inner = outer.0.join("inner");
    std::fs::create_dir(&inner).unwrap();
    let absolute = outer.0.join("secret").display().to_string();
    for href in ["../secret", "..%2Fsecret", "%2e%2e/secret", &absolute, "/etc/passwd", ".", ".."] {
        let ovf = descriptor(&[(href, 16)], 1 << 20);
        std::fs::write(inner.join("vm.ovf"), ovf).unwrap();
        let checked = check([OsStr::new("--json"), inner.as_os_str()]);
        assert_eq!((checked.status, checked.err.as_str()), (2, ""), "{checked:?}");
        assert_eq!(names(&checked.report()), ["vm.ovf"], "{href}");
    }
}

/// Who put it there could as well have copied the file.
#[cfg(unix)]
#[test]
fn a_link_in_the_folder_is_followed_to_a_file_and_to_nothing_else() {
    let outer = Directory::new();
    let [(_, ovf), (_, list), (_, disk)] = package();
    outer.write("elsewhere", &disk);
    let inner = outer.0.join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("vm.ovf"), &ovf).unwrap();
    std::fs::write(inner.join("vm.mf"), &list).unwrap();
    let link = inner.join("disk.vmdk");
    std::os::unix::fs::symlink("../elsewhere", &link).unwrap();
    check([&inner]).good();
    for device in ["/dev/zero", "/dev/tty", "nowhere", ".."] {
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(device, &link).unwrap();
        let checked = check([OsStr::new("--json"), inner.as_os_str()]);
        assert!(checked.found().contains(&"package.file-missing".to_owned()), "{checked:?}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_name() {
    let folder = Directory::new();
    let no_descriptor = check([&folder.0]);
    assert_eq!((no_descriptor.status, no_descriptor.out.as_str()), (3, ""));
    assert!(no_descriptor.err.contains("has no .ovf file"), "{no_descriptor:?}");
    for missing in ["missing.ova", "missing.ovf", "missing/vm.iso"] {
        let checked = check_in(&folder, &[missing]);
        assert_eq!((checked.status, checked.out.as_str()), (3, ""));
        assert!(checked.err.starts_with(&format!("failed to read {missing}: ")), "{checked:?}");
    }
    for (empty, status) in [("empty.ova", 2), ("empty.ovf", 2), ("empty.iso", 1), ("empty", 1)] {
        folder.write(empty, "");
        let checked = check_in(&folder, &[empty]);
        assert_eq!((checked.status, checked.err.as_str()), (status, ""), "{checked:?}");
    }
}

/// The memory of a process can be opened, and where it begins there is nothing to read.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_while_it_is_read_is_no_report() {
    let checked = check(["/proc/self/mem"]);
    assert_eq!((checked.status, checked.out.as_str()), (3, ""));
    assert!(checked.err.starts_with("failed to read /proc/self/mem: "), "{checked:?}");
}

/// A certificate as people pass it on (RFC 7468).
fn pem(der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for bytes in der.chunks(3) {
        let all =
            (0..3).fold(0, |all, at| all << 8 | u32::from(bytes.get(at).copied().unwrap_or(0)));
        let digits = (0..4).map(|at| char::from(DIGITS[(all >> (18 - 6 * at) & 63) as usize]));
        text.extend(digits.take(bytes.len() + 1));
    }
    text.push_str(["", "==", "="][der.len() % 3]);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[test]
fn roots_are_read_first() {
    let folder = Directory::new();
    folder.write("vm.ova", ova());
    folder.write("empty.pem", "no certificate");
    let root = rcgen::generate_simple_self_signed(["root".to_owned()]).unwrap();
    folder.write("root.pem", pem(root.cert.der()));
    check_in(&folder, &["--roots", "root.pem", "vm.ova"]).good();
    for (roots, told) in [
        ("empty.pem", "--roots empty.pem: no certificate in PEM form is in it"),
        ("missing.pem", "failed to read missing.pem: "),
    ] {
        let checked = check_in(&folder, &["--roots", roots, "vm.ova"]);
        assert_eq!((checked.status, checked.out.as_str()), (3, ""));
        assert!(checked.err.starts_with(told), "{checked:?}");
    }
}

#[test]
fn bad_arguments_end_it_with_a_remedy() {
    let help = check(["--help"]).good();
    assert!(help.out.contains("Exit status: 0 ") && help.out.contains("--roots FILE"));
    assert!(help.out.lines().all(|line| line.chars().count() <= 80));
    for (arguments, told) in [
        (&[] as &[&str], "no file to check"),
        (&["--jsn", "vm.ova"], "--jsn"),
        (&["vm.ova", "--roots"], "--roots"),
        (&["--json=1", "vm.ova"], "--json"),
        // A shell may find a file of that name.
        (&["--\x1b[2J\u{202e}"], "--\\u{1b}[2J\\u{202e}"),
    ] {
        let checked = check(arguments);
        assert_eq!((checked.status, checked.out.as_str()), (3, ""), "{arguments:?}");
        assert!(checked.err.contains(told), "{checked:?}");
        assert!(checked.err.ends_with("\nTry accession-server check --help\n"), "{checked:?}");
        harmless(&checked.err);
    }
}

#[test]
fn nothing_but_reports_is_said_where_nobody_watches() {
    let folder = Directory::new();
    folder.write("vm.ova", ova());
    let loud = check_in(&folder, &["vm.ova"]).good();
    assert_eq!(check_in(&folder, &["--quiet", "vm.ova"]).good().out, loud.out);
}

#[cfg(unix)]
#[test]
fn whoever_stops_listening_changes_nothing() {
    let folder = Directory::new();
    let [_, _, (_, disk)] = package();
    folder.write("bad.ova", archive(&[("disk.vmdk", &disk)]));
    folder.write("vm.ova", ova());
    for (arguments, status) in [
        (&["vm.ova", "bad.ova"] as &[&str], 2),
        (&["--json", "vm.ova", "bad.ova"], 2),
        (&["vm.ova"], 0),
    ] {
        let mut child = program().args(arguments).current_dir(&folder.0).spawn().unwrap();
        drop(child.stdout.take());
        let checked = Checked::of(child.wait_with_output().unwrap());
        assert_eq!((checked.status, checked.err.as_str()), (status, ""), "{checked:?}");
    }
}

/// Asserts that a terminal only shows it.
#[track_caller]
fn harmless(text: &str) {
    let bad = |c: &char| {
        let turns = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        c.is_control() && *c != '\n' || turns.contains(*c)
    };
    assert_eq!(text.chars().find(bad), None, "{text:?}");
}

#[test]
fn no_name_can_command_the_terminal() {
    const EVIL: &str = "a\x1b[2J\u{9b}31m\x07\u{202e}\u{61c}b\r\x7f";
    let folder = Directory::new();
    let href = EVIL.replace('\x1b', "%1b").replace('\x07', "%07").replace('\r', "%0d");
    let ovf = descriptor(&[(&href, 3)], 1 << 20);
    let list = manifest(&[(EVIL, b"abc"), ("vm.ovf", &ovf)]);
    let members: [(&str, &[u8]); 4] =
        [("vm.ovf", &ovf), ("vm.mf", &list), (EVIL, b"xyz"), ("c\x1b]0;title\x07.vmdk", b"KDMV")];
    folder.write("vm.ova", archive(&members));
    #[cfg(unix)]
    folder.write(&format!("{EVIL}.ova"), archive(&members));
    let evil = format!("{EVIL}.ova");
    for arguments in [
        &["vm.ova"] as &[&str],
        &["--json", "vm.ova"],
        &[&evil],
        &["--json", &evil],
        &[EVIL],
        &["--roots", EVIL, "vm.ova"],
    ] {
        let checked = check_in(&folder, arguments);
        harmless(&checked.out);
        harmless(&checked.err);
        assert!(checked.out.contains("1b") || checked.err.contains("1b"), "{checked:?}");
    }
    // In JSON they are what they were, once it is read.
    let report = check_in(&folder, &["--json", "vm.ova"]).report();
    assert!(names(&report).contains(&EVIL), "{report}");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_as_a_stream() {
    let folder = Directory::new();
    for (name, bytes, kind) in [
        ("vm.ova", ova(), "ova"),
        ("pipe", ova(), "ova"),
        ("dvd.iso", iso(), "iso"),
        ("vm.ovf", package()[0].1.clone(), "ovf"),
    ] {
        let pipe = folder.0.join(name);
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let child = program().arg("--json").arg(&pipe).spawn().unwrap();
        File::options().write(true).open(&pipe).unwrap().write_all(&bytes).unwrap();
        let report = Checked::of(child.wait_with_output().unwrap()).report();
        assert_eq!((&report["kind"], &report["size"]), (&kind.into(), &bytes.len().into()));
        if kind == "ova" {
            assert_eq!(report["members"][2]["listed"], "matches");
        }
    }
}

#[test]
fn an_archive_is_one_under_any_name() {
    let folder = Directory::new();
    let mut bytes = ova();
    folder.write("package.tar", &bytes);
    let report = check_in(&folder, &["--json", "package.tar"]).good().report();
    assert_eq!(
        (&report["kind"], &report["members"][2]["listed"]),
        (&"ova".into(), &"matches".into())
    );
    // A bit of the disk.
    let at = bytes.len() - 4096;
    bytes[at] ^= 1;
    folder.write("package.tar", &bytes);
    let checked = check_in(&folder, &["--json", "package.tar"]);
    assert_eq!(checked.found(), ["package.digest-differs"]);
}

/// 6 GB, or 30 GB where there is time, which are never on a disk: the file is mostly a hole.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_a_package() {
    let gigabytes = if std::env::var_os("ACCESSION_SOAK").is_some() { 30 } else { 6 };
    let grain = packages::LARGE_GRAIN;
    let disk = Disk { grains: gigabytes * 1_000_000_000 / (grain * packages::SECTOR) + 1, grain };
    let folder = Directory::new();
    let ovf = descriptor(&[("disk.vmdk", disk.size())], disk.capacity());
    let mut file = File::create(folder.0.join("vm.ova")).unwrap();
    let mut front = archive(&[("vm.ovf", &ovf)]);
    front.truncate(front.len() - 1024);
    file.write_all(&front).unwrap();
    file.write_all(&header("disk.vmdk", disk.size())).unwrap();
    disk.write(&mut file);
    file.write_all(&[0; 1024]).unwrap();
    drop(file);
    let pipe = folder.0.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());

    // Once it has told of the first package it waits for the second.
    let mut child = program().arg(folder.0.join("vm.ova")).arg(&pipe).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    let peak = crate::support::peak_memory(&child);
    File::options().write(true).open(&pipe).unwrap().write_all(&ova()).unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    let checked = Checked::of(child.wait_with_output().unwrap());
    assert_eq!((checked.status, checked.err.as_str()), (0, ""), "{first}{rest}{checked:?}");
    assert_eq!(first, "vm.ova: Nothing was found that speaks against an import.\n");
    assert!(rest.contains(&format!("OVA, {gigabytes}.0 GB, 2 files")), "{rest}");
    assert!(peak < 64, "it held {peak} MiB");
}
