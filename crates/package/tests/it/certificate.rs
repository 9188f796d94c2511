//! Certificate files: who signed, whether the signature is right, and what a vCenter will warn of.

use accession_core::model::WarningType;
use accession_core::time::Timestamp;
use accession_package::certificate::{
    CHECKS, CertificateFile, CertificateReport, MOST_BYTES, Roots, Signature, Trust,
};
use accession_package::findings::{Findings, Place};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::BasicConstraints;

use crate::sign::{Key, Signer, block, pem, with_sha1};

const NAME: &str = "package.mf";
const MANIFEST: &[u8] = b"SHA256(package.ovf)= 00\nSHA256(disk.vmdk)= 11\n";

type Found = Vec<(&'static str, Option<Place>)>;

fn at(year: u32) -> Timestamp {
    format!("{year}-06-01T00:00:00Z").parse().unwrap()
}

fn roots(signer: &Signer) -> Roots {
    Roots::read([signer.root().as_slice()])
}

/// Reads and judges a file. A finding tells its id and where it is.
fn judge(
    file: &[u8],
    manifest: Option<&[u8]>,
    now: Timestamp,
    roots: &Roots,
) -> (Option<CertificateReport>, Found) {
    let mut findings = Findings::default();
    let mut notes = findings.of("package.cert");
    let read = CertificateFile::read(file, &mut notes);
    let manifest = manifest.map(|bytes| (NAME, bytes));
    let report = read.map(|file| file.judge(manifest, now, roots, &mut notes));
    let (findings, left_out) = findings.finish();
    assert_eq!(left_out, 0);
    for finding in &findings {
        assert_eq!(finding.member.as_deref(), Some("package.cert"));
        assert!(!finding.found().contains('{') && !finding.remedy().contains("{0}"));
    }
    let found = findings.iter().map(|finding| (finding.check.id(), finding.place)).collect();
    (report, found)
}

/// What is found in a file in 2026, with the root of `Signer::issued` trusted.
fn found(file: &str) -> Found {
    let (_, found) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &roots(&Signer::issued()));
    found
}

fn line(number: u64) -> Option<Place> {
    Some(Place::Line(number))
}

#[test]
fn a_package_signed_under_a_trusted_root_has_nothing_to_complain_of() {
    let signer = Signer::issued();
    let file = signer.file(NAME, MANIFEST);
    let (report, found) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &roots(&signer));
    let report = report.unwrap();
    assert_eq!(found, []);
    assert_eq!((&report.signature, report.trust), (&Signature::Valid, Trust::Trusted));
    assert_eq!(report.warnings, []);
    assert_eq!(report.signer.subject, "/C=US/O=Example, Inc./CN=signer");
    assert_eq!(report.signer.issuer, "/C=US/O=Example, Inc./CN=intermediate");
    assert_eq!(report.signer.key, "RSA 2048");
    assert_eq!(report.signer.signature_algorithm, "RSA with SHA256");
    assert_eq!(report.signer.not_before.to_string(), "2020-01-01T00:00:00.000Z");
    assert_eq!(report.signer.not_after.to_string(), "2040-01-01T00:00:00.000Z");
    assert_eq!((report.signer.sha1.len(), report.signer.sha256.len()), (59, 95));
    let chain: Vec<_> = report.chain.iter().map(|above| above.subject.as_str()).collect();
    assert_eq!(chain, ["/C=US/O=Example, Inc./CN=intermediate", "/C=US/O=Example, Inc./CN=root"]);
    assert_eq!(report.cert_chain.len(), 3);
    assert_eq!(report.x509, pem(&signer.certificates()[0]));
    assert_eq!(
        (report.manifest.as_deref(), report.digest.as_deref()),
        (Some(NAME), Some("SHA256"))
    );
    let info = report.info();
    assert_eq!((info.subject, info.issuer), (report.signer.subject, report.signer.issuer));
    assert_eq!((info.x509, info.self_signed), (report.x509, false));
}

#[test]
fn the_report_is_plain_json() {
    let signer = Signer { key: Key::Ec, ..Signer::default() };
    let file = signer.file(NAME, MANIFEST);
    let (report, _) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &Roots::default());
    let json = serde_json::to_value(report.unwrap()).unwrap();
    assert_eq!(json["signature"]["unchecked"]["algorithm"], "ECDSA P-256");
    assert_eq!(json["trust"], "self_signed");
    assert_eq!(json["warnings"][0], "SELF_SIGNED_CERTIFICATE");
    assert_eq!(json["signer"]["not_after"], "2040-01-01T00:00:00.000Z");
}

#[test]
fn a_self_signed_certificate_raises_its_warning_unless_it_is_trusted_itself() {
    let signer = Signer::default();
    let file = signer.file(NAME, MANIFEST);
    for trusted in [Roots::default(), roots(&Signer::issued())] {
        let (report, found) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &trusted);
        let report = report.unwrap();
        assert_eq!(found, [("certificate.self-signed", line(2))]);
        assert_eq!((report.signature, report.trust), (Signature::Valid, Trust::SelfSigned));
        assert_eq!(report.warnings, [WarningType::SelfSignedCertificate]);
        assert!(report.signer.self_signed);
    }
    let (report, found) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &roots(&signer));
    assert_eq!((found, report.unwrap().trust), (vec![], Trust::Trusted));
}

#[test]
fn the_time_that_is_handed_in_decides() {
    let signer = Signer { years: (2024, 2028), ..Signer::issued() };
    let file = signer.file(NAME, MANIFEST);
    for (year, id, warning) in [
        (2023, "certificate.not-yet-valid", WarningType::NotYetValidCertificate),
        (2029, "certificate.expired", WarningType::ExpiredCertificate),
    ] {
        let (report, found) = judge(file.as_bytes(), Some(MANIFEST), at(year), &roots(&signer));
        let report = report.unwrap();
        assert_eq!(found, [(id, line(2))]);
        assert_eq!((report.trust, report.warnings), (Trust::Trusted, vec![warning]));
    }
}

#[test]
fn an_unknown_authority_is_untrusted_only_if_others_are_trusted() {
    let signer = Signer { authorities: &["theirs"], ..Signer::default() };
    let ends = [signer.file(NAME, MANIFEST), signer.file(NAME, MANIFEST) + &pem(&signer.root())];
    for file in &ends {
        let (report, found) =
            judge(file.as_bytes(), Some(MANIFEST), at(2026), &roots(&Signer::issued()));
        let report = report.unwrap();
        assert_eq!(found, [("certificate.untrusted", line(2))]);
        assert_eq!(report.trust, Trust::Untrusted);
        assert_eq!(report.warnings, [WarningType::UntrustedCertificate]);
        let (report, found) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &Roots::default());
        let report = report.unwrap();
        assert_eq!(found, [("certificate.trust-unknown", line(2))]);
        assert_eq!((report.trust, report.warnings), (Trust::Unknown, vec![]));
    }
}

#[test]
fn an_authority_must_have_signed_be_one_and_be_in_its_time() {
    let good = Signer::issued();
    let out_of_time = Signer { authority_years: (2020, 2025), ..good.clone() };
    let none = Signer { authorities_say_so: false, ..good.clone() };
    // Another certificate with the name of the intermediate, but with the signer's key.
    let other = Signer { name: "intermediate", ..Signer::default() };
    let forged =
        good.line(NAME, MANIFEST) + &pem(&good.certificates()[0]) + &pem(&other.certificates()[0]);
    for file in [out_of_time.file(NAME, MANIFEST), none.file(NAME, MANIFEST), forged] {
        let (report, found) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &roots(&good));
        let report = report.unwrap();
        assert_eq!(found, [("certificate.chain", line(2))]);
        assert_eq!((report.signature, report.trust), (Signature::Valid, Trust::Untrusted));
        assert_eq!(report.warnings, [WarningType::UntrustedCertificate]);
    }
}

#[test]
fn a_way_to_a_root_is_found_past_certificates_that_lead_nowhere() {
    let good = Signer::issued();
    let [signer, intermediate, _] = good.certificates().try_into().unwrap();
    let lost = Signer { authorities: &["intermediate", "gone"], ..good.clone() };
    let file =
        [good.line(NAME, MANIFEST), pem(&signer), pem(&lost.certificates()[1]), pem(&intermediate)];
    let (report, found) = judge(file.concat().as_bytes(), Some(MANIFEST), at(2026), &roots(&good));
    assert_eq!((found, report.unwrap().trust), (vec![], Trust::Trusted));
}

#[test]
fn a_manifest_that_was_changed_blocks() {
    let signer = Signer::issued();
    let file = signer.file(NAME, MANIFEST);
    let changed = [MANIFEST, b"\n"].concat();
    let (report, found) = judge(file.as_bytes(), Some(&changed), at(2026), &roots(&signer));
    assert_eq!(found, [("certificate.signature-mismatch", line(1))]);
    assert_eq!(report.unwrap().signature, Signature::Invalid);
}

#[test]
fn changed_line_ends_of_the_manifest_are_told_from_other_changes() {
    let signer = Signer::issued();
    let crlf = String::from_utf8_lossy(MANIFEST).replace('\n', "\r\n").into_bytes();
    for (signed, found_now) in [(MANIFEST, crlf.as_slice()), (&crlf, MANIFEST)] {
        let file = signer.file(NAME, signed);
        let (report, found) = judge(file.as_bytes(), Some(found_now), at(2026), &roots(&signer));
        assert_eq!(found, [("certificate.line-endings", line(1))]);
        assert_eq!(report.unwrap().signature, Signature::Invalid);
        let (_, found) = judge(file.as_bytes(), Some(signed), at(2026), &roots(&signer));
        assert_eq!(found, []);
    }
}

#[test]
fn line_ends_comments_and_a_byte_order_mark_in_the_file_do_no_harm() {
    let signer = Signer::issued();
    let file = signer.file(NAME, MANIFEST);
    let comment = "subject=C = US, CN = signer\nissuer=CN = x (SHA256)\n\n-----BEGIN";
    let commented = file.replacen("-----BEGIN", comment, 1);
    for file in [
        file.replace('\n', "\r\n"),
        format!("\u{feff}{file}"),
        commented,
        file.trim_end().to_owned(),
        file.replacen("= ", "=", 1),
        file.replace("CERTIFICATE-----", "X509 CERTIFICATE-----"),
    ] {
        assert_eq!(found(&file), []);
    }
}

#[test]
fn an_upper_case_signature_is_read() {
    let signer = Signer::issued();
    let signature = signer.line(NAME, MANIFEST);
    let (head, digits) = signature.split_at("SHA256(package.mf)= ".len());
    let file = head.to_owned() + &digits.to_uppercase() + &pem(&signer.certificates()[0]);
    let file = file + &pem(&signer.certificates()[1]);
    assert_eq!(found(&file), []);
}

#[test]
fn odd_spellings_are_read_and_noted() {
    let file = Signer::issued().file(NAME, MANIFEST);
    for begin in [
        "SHA256 (package.mf)= ",
        "SHA2-256(package.mf)= ",
        "RSA-SHA2-256(package.mf)= ",
        "sha256(package.mf)= ",
        "SHA256(package.mf) = ",
    ] {
        let file = file.replacen("SHA256(package.mf)= ", begin, 1);
        assert_eq!(found(&file), [("certificate.signature-spelling", line(1))], "{begin}");
    }
}

#[test]
fn the_spelling_of_openssl_is_worth_knowing() {
    let file = Signer::issued().file(NAME, MANIFEST).replacen("SHA256", "RSA-SHA256", 1);
    assert_eq!(found(&file), [("certificate.openssl-spelling", line(1))]);
}

#[test]
fn a_signature_of_another_file_is_noted() {
    let signer = Signer::issued();
    let file = signer.file("other (1).mf", MANIFEST);
    assert_eq!(found(&file), [("certificate.other-manifest", line(1))]);
    let both = signer.line("other.mf", b"other") + &signer.file(NAME, MANIFEST);
    assert_eq!(found(&both), []);
}

#[test]
fn a_signature_needs_a_manifest_and_a_line() {
    let signer = Signer::issued();
    let file = signer.file(NAME, MANIFEST);
    let (report, found_without) = judge(file.as_bytes(), None, at(2026), &roots(&signer));
    assert_eq!(found_without, [("certificate.no-manifest", None)]);
    assert_eq!(report.unwrap().signature, Signature::Missing);
    let (_, certificates) = file.split_once('\n').unwrap();
    assert_eq!(found(certificates), [("certificate.no-signature", None)]);
}

#[test]
fn a_line_that_is_not_hexadecimal_is_noted() {
    let file = Signer::issued().file(NAME, MANIFEST);
    let (signature, certificates) = file.split_once('\n').unwrap();
    let cut = &signature[..signature.len() - 1];
    for bad in [cut, "SHA256(package.mf)= aGVsbG8=", "SHA256(package.mf)=", "SHA1(a.mf)=00)"] {
        let file = format!("{bad}\n{certificates}");
        assert_eq!(found(&file), [("certificate.signature-unreadable", line(1))], "{bad}");
    }
}

#[test]
fn what_is_not_checked_is_neither_right_nor_wrong() {
    let ec = Signer { key: Key::Ec, ..Signer::issued() };
    let file = ec.file(NAME, MANIFEST);
    let (report, found_ec) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &roots(&ec));
    let report = report.unwrap();
    assert_eq!(found_ec, [("certificate.unchecked", line(1))]);
    assert_eq!(report.signature, Signature::Unchecked { algorithm: "ECDSA P-256".to_owned() });
    assert_eq!(report.trust, Trust::Trusted);

    let file = Signer::issued().file(NAME, MANIFEST).replacen("SHA256", "MD5", 1);
    assert_eq!(found(&file), [("certificate.unchecked", line(1))]);
}

#[test]
fn an_authority_with_an_unchecked_signature_leaves_trust_open() {
    let good = Signer::issued();
    // RSA with SHA-256 becomes RSA with MD5, which is not checked.
    const SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    let mut signer = good.certificates()[0].clone();
    while let Some(at) = signer.windows(SHA256.len()).position(|window| window == SHA256) {
        signer[at + SHA256.len() - 1] = 4;
    }
    let file = good.line(NAME, MANIFEST) + &pem(&signer) + &pem(&good.certificates()[1]);
    let (report, found) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &roots(&good));
    let report = report.unwrap();
    assert_eq!(found, [("certificate.unchecked-issuer", line(2))]);
    assert_eq!((report.trust, report.warnings), (Trust::Unknown, vec![]));
    assert_eq!(report.signer.signature_algorithm, "RSA with MD5");
    assert_eq!(report.chain.len(), 2);
}

#[test]
fn certificates_signed_with_sha1_are_checked_too() {
    let signer = Signer::default();
    let file = signer.line(NAME, MANIFEST) + &pem(&with_sha1(&signer.certificates()[0]));
    let (report, found) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &Roots::default());
    let report = report.unwrap();
    assert_eq!(found, [("certificate.self-signed", line(2))]);
    assert_eq!(report.signer.signature_algorithm, "RSA with SHA1");
}

#[test]
fn weak_digests_and_keys_are_worth_knowing() {
    let sha1 = Signer { digest: "SHA1", ..Signer::issued() };
    let manifest = b"SHA1(package.ovf)= 00\n";
    let file = sha1.file(NAME, manifest);
    let (report, found_sha1) = judge(file.as_bytes(), Some(manifest), at(2026), &roots(&sha1));
    assert_eq!(found_sha1, [("certificate.weak-digest", line(1))]);
    assert_eq!(report.unwrap().signature, Signature::Valid);

    let weak = Signer { key: Key::WeakRsa, ..Signer::issued() };
    assert_eq!(found(&weak.file(NAME, MANIFEST)), [("certificate.weak-key", line(2))]);

    let sha512 = Signer { digest: "SHA512", ..Signer::issued() };
    assert_eq!(found(&sha512.file(NAME, MANIFEST)), [("certificate.digest-differs", line(1))]);
}

#[test]
fn the_signer_is_found_in_any_order() {
    let good = Signer::issued();
    let [signer, intermediate, _] = good.certificates().try_into().unwrap();
    let file = good.line(NAME, MANIFEST) + &pem(&intermediate) + &pem(&signer);
    let begin = 3 + u64::try_from(pem(&intermediate).lines().count()).unwrap() - 1;
    let (report, found) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &roots(&good));
    let report = report.unwrap();
    assert_eq!(found, [("certificate.order", line(begin))]);
    assert_eq!(report.signer.subject, "/C=US/O=Example, Inc./CN=signer");
    assert_eq!((report.signature, report.trust), (Signature::Valid, Trust::Trusted));
}

#[test]
fn a_private_key_is_told_and_not_shown() {
    const SECRET: &[u8] = b"a secret that nobody may see";
    let file = Signer::issued().file(NAME, MANIFEST);
    let lines = u64::try_from(file.lines().count()).unwrap();
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let key = block(label, SECRET);
        let with_key = file.clone() + &key;
        assert_eq!(found(&with_key), [("certificate.private-key", line(lines + 1))]);
        let mut findings = Findings::default();
        let mut notes = findings.of("package.cert");
        let read = CertificateFile::read(with_key.as_bytes(), &mut notes).unwrap();
        let report = read.judge(None, at(2026), &Roots::default(), &mut notes);
        let told = format!("{report:?}{read:?}{:?}", findings.finish());
        assert!(!told.contains(key.lines().nth(1).unwrap()));
        let cut = &with_key[..with_key.len() - 5];
        let expected = [
            ("certificate.private-key", line(lines + 1)),
            ("certificate.pem-damaged", line(lines + 1)),
        ];
        assert_eq!(found(cut), expected);
    }
}

#[test]
fn other_blocks_are_told_and_left_alone() {
    let file = Signer::issued().file(NAME, MANIFEST);
    let lines = u64::try_from(file.lines().count()).unwrap();
    let file = file + &block("PKCS7", b"signed once more");
    assert_eq!(found(&file), [("certificate.other-block", line(lines + 1))]);
}

#[test]
fn damage_is_told_with_its_line() {
    let signer = Signer::default();
    let file = signer.file(NAME, MANIFEST);
    let lines: Vec<_> = file.lines().collect();
    let none = ("certificate.none", None);
    let damaged = |at: u64| ("certificate.pem-damaged", line(at));

    let odd = file.replacen(lines[4], "not base64!", 1);
    assert_eq!(found(&odd), [damaged(5), none]);
    let mut short = lines.clone();
    short[3] = &short[3][3..];
    assert_eq!(found(&short.join("\n")), [damaged(2), none]);
    assert_eq!(found(&lines[..lines.len() - 1].join("\n")), [damaged(2), none]);
    let headless = [&lines[..1], &lines[2..]].concat();
    assert_eq!(
        found(&headless.join("\n")),
        [damaged(u64::try_from(lines.len()).unwrap() - 1), none]
    );
    let not_one = signer.line(NAME, MANIFEST) + &pem(b"not a certificate");
    assert_eq!(found(&not_one), [("certificate.unreadable", line(2)), none]);
    assert_eq!(found(""), [none]);
}

#[test]
fn size_and_number_are_bounded() {
    let signer = Signer::issued();
    let file = signer.file(NAME, MANIFEST);
    let large = file.clone() + &" ".repeat(MOST_BYTES);
    assert_eq!(found(&large), [("certificate.too-large", None)]);
    let many = file.clone() + &pem(&signer.certificates()[1]).repeat(31);
    let last = many.lines().count() - pem(&signer.certificates()[1]).lines().count() + 1;
    assert_eq!(found(&many), [("certificate.too-many", line(u64::try_from(last).unwrap()))]);
}

#[test]
fn a_file_cut_anywhere_is_never_taken_for_whole() {
    let signer = Signer { key: Key::Ec, ..Signer::default() };
    let file = signer.file(NAME, MANIFEST);
    let (_, whole) = judge(file.as_bytes(), Some(MANIFEST), at(2026), &Roots::default());
    // Only the last line end may be missing.
    for end in 0..file.len() - 1 {
        let (report, found) =
            judge(&file.as_bytes()[..end], Some(MANIFEST), at(2026), &Roots::default());
        assert_eq!(report, None);
        assert_ne!(found, whole);
        assert!(found.contains(&("certificate.none", None)));
    }
}

/// The same cases in every run, unless `ACCESSION_SOAK` asks for new ones and more.
fn cases() -> ProptestConfig {
    let factor = crate::soak_factor();
    let rng_seed = if factor > 1 { RngSeed::Random } else { RngSeed::Fixed(7) };
    let cases = 1000 * u32::try_from(factor).unwrap();
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

fn judge_anything(file: &[u8], manifest: &[u8], roots: &Roots) {
    let mut findings = Findings::default();
    let mut notes = findings.of("package.cert");
    if let Some(read) = CertificateFile::read(file, &mut notes) {
        let _ = read.judge(Some((NAME, manifest)), at(2026), roots, &mut notes);
    }
}

#[test]
fn nothing_makes_it_panic() {
    let issued = Signer::issued();
    let (file, certificates, roots) =
        (issued.file(NAME, MANIFEST), issued.certificates(), roots(&issued));
    let line = issued.line(NAME, MANIFEST);
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6);
    let bytes = prop::collection::vec(any::<u8>(), 0..500);
    TestRunner::new(cases())
        .run(&(changes, bytes), |(changes, bytes)| {
            let (mut text, mut der) = (file.clone().into_bytes(), certificates[0].clone());
            for (index, byte) in changes {
                *index.get_mut(&mut text) = byte;
                *index.get_mut(&mut der) = byte;
            }
            judge_anything(&text, MANIFEST, &roots);
            let mutated = line.clone() + &pem(&der) + &pem(&certificates[1]);
            judge_anything(mutated.as_bytes(), &bytes, &Roots::read([der.as_slice()]));
            judge_anything(&bytes, &bytes, &roots);
            judge_anything(pem(&bytes).as_bytes(), &bytes, &roots);
            Ok(())
        })
        .unwrap();
}

/// Another reader, which knows all that can be in a certificate, reads no more and nothing else.
#[test]
fn what_the_x509_cert_crate_reads_is_read() {
    let certificates = [Signer::issued(), Signer { key: Key::Ec, ..Signer::default() }]
        .map(|signer| signer.certificates()[0].clone());
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    TestRunner::new(cases())
        .run(&(0..certificates.len(), changes), |(which, changes)| {
            let mut der = certificates[which].clone();
            for (index, byte) in changes {
                *index.get_mut(&mut der) = byte;
            }
            let Ok(expected) = x509_cert::Certificate::from_der(&der) else { return Ok(()) };
            let expected = expected.tbs_certificate();
            if expected.get_extension::<BasicConstraints>().is_err() {
                return Ok(());
            }
            let mut findings = Findings::default();
            let mut notes = findings.of("package.cert");
            let read = CertificateFile::read(pem(&der).as_bytes(), &mut notes).unwrap();
            let signer = read.judge(None, at(2026), &Roots::default(), &mut notes).signer;
            let serial = signer.serial.split(':').map(|byte| u8::from_str_radix(byte, 16).unwrap());
            prop_assert_eq!(serial.collect::<Vec<_>>(), expected.serial_number().as_bytes());
            let validity = expected.validity();
            for (seen, time) in
                [(signer.not_before, validity.not_before), (signer.not_after, validity.not_after)]
            {
                let expected = time.to_unix_duration().as_millis();
                prop_assert_eq!(seen.as_millis() as u128, expected);
            }
            for (seen, name) in
                [(signer.subject, expected.subject()), (signer.issuer, expected.issuer())]
            {
                for part in name.iter().map(|part| &part.value) {
                    let is_plain = matches!(part.tag(), Tag::Utf8String | Tag::PrintableString)
                        && part.value().iter().all(|byte| (b' '..=b'~').contains(byte));
                    let value = str::from_utf8(part.value()).unwrap_or_default();
                    prop_assert!(!is_plain || seen.contains(value), "{:?} in {:?}", value, seen);
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn every_check_has_its_own_name() {
    let mut ids: Vec<_> = CHECKS.iter().map(|check| check.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CHECKS.len());
    assert!(ids.iter().all(|id| id.starts_with("certificate.")));
}
