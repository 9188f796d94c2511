use super::*;
use crate::findings::Findings;

const OVF: &str = "4aacc96f73bc1e0912414b80a576f62fa8d22386a2c34c489e88ee42ec71de9b";
const DISK: &str = "4a218c15a1e8aed26cb0a2a533562e85a9f28956a6666181d0c9bb7ba58b5b06";
const SHORT: &str = "344a536fab6782622b6beb923798e84134bd4cbd";

/// What follows the first line, and what is found then.
type Case<'a> = (&'a str, &'a [(&'static str, Option<u64>)]);

type Found = Vec<(&'static str, Option<u64>)>;

fn read(bytes: &[u8]) -> (Option<Manifest>, Found) {
    let mut findings = Findings::default();
    let manifest = Manifest::read(bytes, &mut findings.of("vm.mf"));
    let (findings, left_out) = findings.finish();
    assert_eq!(left_out, 0);
    let place = |finding: &crate::findings::Finding| {
        assert_eq!(finding.member.as_deref(), Some("vm.mf"));
        let line = finding.place.map(|place| match place {
            Place::Line(line) => line,
            Place::Offset(_) => panic!("{finding:?}"),
        });
        (finding.check.id().strip_prefix("manifest.").unwrap(), line)
    };
    (manifest, findings.iter().map(place).collect())
}

fn entry(name: &str, algorithm: Algorithm, digest: &str, line: u64) -> Entry {
    let (name, digest) = (name.to_owned(), digest.to_owned());
    Entry { name, algorithm: Some(algorithm), digest, line }
}

#[test]
fn good_manifests_are_read_without_a_finding() {
    let expected = [
        entry("vm (1).ovf", Algorithm::Sha256, OVF, 1),
        entry("a=b.vmdk", Algorithm::Sha256, DISK, 2),
    ];
    let upper = DISK.to_ascii_uppercase();
    for text in [
        format!("SHA256(vm (1).ovf)= {OVF}\nSHA256(a=b.vmdk)= {DISK}\n"),
        format!("SHA256(vm (1).ovf)= {OVF}\r\nSHA256(a=b.vmdk)= {DISK}\r\n"),
        format!("SHA256(vm (1).ovf)={OVF}\nSHA256(a=b.vmdk)= {upper}"),
    ] {
        let (manifest, found) = read(text.as_bytes());
        assert_eq!(found, []);
        let manifest = manifest.unwrap();
        assert_eq!(manifest.entries, expected);
        assert_eq!(manifest.algorithms(), BTreeSet::from([Algorithm::Sha256]));
    }
    let long = "ab".repeat(64);
    let (manifest, found) = read(format!("SHA512(vm.ovf)= {long}").as_bytes());
    assert_eq!(found, []);
    assert_eq!(manifest.unwrap().entries, [entry("vm.ovf", Algorithm::Sha512, &long, 1)]);
}

#[test]
fn every_check_hits_where_it_should_and_nowhere_else() {
    let good = format!("SHA256(vm.ovf)= {OVF}\n");
    let mut hit = BTreeSet::new();
    let mut check = |bytes: &[u8], expected: &[(&'static str, Option<u64>)]| {
        let (manifest, found) = read(bytes);
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(bytes));
        hit.extend(expected.iter().map(|(id, _)| *id));
        manifest
    };
    assert_eq!(check(b"SHA256(a)= \0", &[("not-text", None)]), None);
    let marked = [b"\xEF\xBB\xBF", good.as_bytes()].concat();
    check(&marked, &[("encoding", Some(1))]);
    let wide: Vec<_> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = check(&[b"\xFF\xFE", wide.as_slice()].concat(), &[("encoding", Some(1))]);
    assert_eq!(wide.unwrap().entries, [entry("vm.ovf", Algorithm::Sha256, OVF, 1)]);
    let old = [b"SHA256(Gr\xFC\xDFe.ovf)= ", OVF.as_bytes()].concat();
    let old = check(&old, &[("encoding", Some(1))]);
    assert_eq!(old.unwrap().entries, [entry("Grüße.ovf", Algorithm::Sha256, OVF, 1)]);
    check(b"", &[("empty", None)]);
    check(b"\n", &[("blank-line", Some(1)), ("empty", None)]);
    check(b"<html>", &[("bad-line", Some(1)), ("empty", None)]);
    let many: String = (0..=LINES).map(|n| format!("SHA256({n})= {OVF}\n")).collect();
    check(many.as_bytes(), &[("too-long", Some(LINES as u64))]);

    let cases: &[Case<'_>] = &[
        ("\n\n", &[("blank-line", Some(2))]),
        ("-----BEGIN CERTIFICATE-----\n", &[("bad-line", Some(2))]),
        (&format!("SHA256(a.vmdk) {DISK}"), &[("bad-line", Some(2))]),
        (&format!("SHA256()= {DISK}"), &[("bad-line", Some(2))]),
        (&format!("{DISK}  a.vmdk\n{DISK} *b.vmdk"), &[("sum-format", Some(2))]),
        (
            &format!("SHA256 (a.vmdk) = {DISK}\nSHA256 (b.vmdk)= {DISK}"),
            &[("spaced-algorithm", Some(2))],
        ),
        (
            &format!("SHA2-256(a.vmdk)= {DISK}\nSHA2-256(b.vmdk)= {DISK}"),
            &[("algorithm-spelling", Some(2))],
        ),
        (&format!("SHA-256(a.vmdk)= {DISK}"), &[("algorithm-spelling", Some(2))]),
        (&format!("sha256(a.vmdk)= {DISK}"), &[("lower-case", Some(2))]),
        (&format!("SHA256(a.vmdk) = {DISK}\nSHA256(b.vmdk) = {DISK}"), &[("spacing", Some(2))]),
        (&format!(" SHA256(a.vmdk)= {DISK}"), &[("spacing", Some(2))]),
        ("SHA384(a.vmdk)= 00", &[("unknown-algorithm", Some(2))]),
        (&format!("SHA1(a.vmdk)= {SHORT}"), &[("mixed-algorithms", None)]),
        (&format!("SHA256(a.vmdk)= {SHORT}"), &[("bad-digest", Some(2))]),
        (&format!("SHA256(a.vmdk)= {}", "x".repeat(64)), &[("bad-digest", Some(2))]),
        ("SHA256(a.vmdk)=", &[("bad-digest", Some(2))]),
        (&good, &[("repeated", Some(2))]),
        (&format!("SHA256(vm.ovf)= {DISK}"), &[("contradiction", Some(2))]),
        (&format!("SHA256(./a.vmdk)= {DISK}"), &[("path", Some(2))]),
    ];
    for (line, expected) in cases {
        check(format!("{good}{line}").as_bytes(), expected);
    }
    check(format!("SHA1(vm.ovf)= {SHORT}\n").as_bytes(), &[("sha1", None)]);
    let md5 = "0".repeat(32);
    check(format!("MD5(vm.ovf)= {md5}\n").as_bytes(), &[("unknown-algorithm", Some(1))]);
    let id = |check: &&crate::findings::Check| check.id().strip_prefix("manifest.").unwrap();
    assert_eq!(hit, CHECKS.iter().map(id).collect());
}

#[test]
fn odd_spellings_are_read_all_the_same() {
    let text = format!("SHA2-256 (./a (1).vmdk) = {DISK}\n{OVF} *b c.vmdk\nSHA384(d)= 0\n");
    let (manifest, _) = read(text.as_bytes());
    let expected = [
        entry("a (1).vmdk", Algorithm::Sha256, DISK, 1),
        entry("b c.vmdk", Algorithm::Sha256, OVF, 2),
        Entry { name: "d".to_owned(), algorithm: None, digest: "0".to_owned(), line: 3 },
    ];
    assert_eq!(manifest.unwrap().entries, expected);
}

#[test]
fn the_remedies_are_commands_as_they_are_meant() {
    let mut findings = Findings::default();
    let text = format!("SHA2-256 (a.vmdk)= {DISK}");
    Manifest::read(text.as_bytes(), &mut findings.of("vm.mf"));
    let (findings, _) = findings.finish();
    let remedies: Vec<_> = findings.iter().map(|finding| finding.remedy()).collect();
    assert!(remedies[0].contains(r"sed -i 's/^\([^ ]*\) (\(.*\)) *= */\1(\2)= /' name.mf"));
    assert!(remedies[1].contains("sed -i 's/^SHA2-256/SHA256/' name.mf"));
}

#[test]
fn a_truncated_manifest_is_told_unless_it_ends_with_a_line() {
    let text = format!("SHA256(vm.ovf)= {OVF}\nSHA256(a.vmdk)= {DISK}\n");
    let line = text.len() / 2 - 1;
    for length in 0..text.len() {
        let (_, found) = read(&text.as_bytes()[..length]);
        let whole = found.is_empty();
        let line_ends = text[length..].starts_with('\n') || text[..length].ends_with('\n');
        assert_eq!(whole, line_ends && length > 0, "{length} {line} {found:?}");
    }
}

#[test]
fn no_bytes_break_it() {
    let soak = crate::soak_factor();
    let good = format!("SHA256(vm.ovf)= {OVF}\nSHA1 (a (1).vmdk) = {SHORT}\n");
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..3000 * soak {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            let to = (at + random(20)).min(bytes.len());
            match random(3) {
                0 => bytes[at] = b"()= \n\r\t\xC3\0a/"[random(11)],
                1 => drop(bytes.drain(at..to)),
                _ => {
                    let copy = bytes[at..to].to_vec();
                    drop(bytes.splice(at..at, copy));
                }
            }
        }
        let mut findings = Findings::default();
        let manifest = Manifest::read(&bytes, &mut findings.of("vm.mf"));
        assert!(manifest.is_some() || !findings.finish().0.is_empty());
        let noise: Vec<u8> = (0..random(100)).map(|_| u8::try_from(random(256)).unwrap()).collect();
        Manifest::read(&noise, &mut Findings::default().of("vm.mf"));
    }
}
