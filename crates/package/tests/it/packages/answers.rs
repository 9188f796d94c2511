//! What a report expects validate and the preview of a session to answer.

use accession_core::model::{PreviewState, WarningType};

use super::*;

fn report(name: &str) -> Report {
    inspect(&table::case(name).files)
}

#[test]
fn a_missing_file_is_named_by_validate() {
    for (name, wanted) in [
        ("a file that is missing", "vm-disk1.vmdk"),
        ("a name that differs in case", "vm-disk1.vmdk"),
        ("a part that is missing", "vm.bin.000000001"),
    ] {
        let validation = report(name).validation();
        assert!(validation.has_errors);
        assert_eq!(
            (validation.missing_files, validation.invalid_files),
            (vec![wanted.to_owned()], vec![])
        );
    }
}

#[test]
fn a_wrong_size_makes_the_file_invalid() {
    let validation = report("a size that is too large").validation();
    assert!(validation.has_errors && validation.missing_files.is_empty());
    let [invalid] = validation.invalid_files.as_slice() else { panic!("{validation:?}") };
    assert_eq!(invalid.name, "vm-disk1.vmdk");
    assert_eq!(invalid.error_message.id, "accession.package.package.size-differs");
    assert!(invalid.error_message.default_message.contains("vm-disk1.vmdk"));
    assert_eq!(invalid.error_message.args.len(), 3);
}

#[test]
fn what_is_about_the_whole_makes_the_package_invalid() {
    let validation = report("a web page as an archive").validation();
    let names: Vec<_> = validation.invalid_files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["vm.ova"]);
}

#[test]
fn validate_has_no_errors_where_nothing_blocks() {
    for case in table::cases() {
        let report = inspect(&case.files);
        let validation = report.validation();
        assert_eq!(validation.has_errors, report.verdict == Verdict::Blocked, "{}", case.name);
        let told = validation.missing_files.len() + validation.invalid_files.len();
        assert_eq!(validation.has_errors, told > 0, "{}", case.name);
    }
}

#[test]
fn each_warning_of_the_preview_has_its_message() {
    for (name, r#type, id) in [
        (
            "a certificate that vouches for itself",
            WarningType::SelfSignedCertificate,
            "self-signed",
        ),
        ("a certificate that has expired", WarningType::ExpiredCertificate, "expired"),
        (
            "a certificate that is not valid yet",
            WarningType::NotYetValidCertificate,
            "not-yet-valid",
        ),
        ("a certificate that nobody vouches for", WarningType::UntrustedCertificate, "untrusted"),
        ("a certificate of no authority", WarningType::UntrustedCertificate, "chain"),
    ] {
        let report = report(name);
        let preview = report.preview();
        assert_eq!(preview.state, PreviewState::Available, "{name}");
        let warnings = preview.warnings.unwrap();
        let [warning] = warnings.as_slice() else { panic!("{name}: {warnings:?}") };
        assert_eq!((&warning.r#type, warning.ignored), (&r#type, false));
        assert_eq!(warning.message.id, format!("accession.package.certificate.{id}"));
        assert!(warning.message.default_message.contains("CN=signer"), "{warning:?}");
        let certificate = preview.certificate_info.unwrap();
        assert_eq!(certificate.self_signed, r#type == WarningType::SelfSignedCertificate);
        assert!(certificate.subject.contains("CN=signer"));
        assert!(certificate.x509.starts_with("-----BEGIN CERTIFICATE-----\n"));
        assert!(!preview.cert_chain.unwrap().is_empty());
    }
}

#[test]
fn a_trusted_signature_raises_no_warning() {
    let preview = report("a package that a trusted authority vouches for").preview();
    assert_eq!((preview.state, preview.warnings), (PreviewState::Available, Some(vec![])));
    let certificate = preview.certificate_info.unwrap();
    assert!(certificate.issuer.contains("CN=intermediate") && !certificate.self_signed);
    // The signer, the intermediate authority, the root.
    assert_eq!(preview.cert_chain.map(|chain| chain.len()), Some(3));
}

#[test]
fn a_package_that_is_not_signed_has_a_preview_without_a_certificate() {
    let report = report("an archive without a manifest");
    assert!(!report.validation().has_errors);
    let preview = report.preview();
    assert_eq!((preview.state, preview.warnings), (PreviewState::Available, Some(vec![])));
    assert_eq!((preview.certificate_info, preview.cert_chain), (None, None));
}

#[test]
fn there_is_no_preview_without_a_descriptor() {
    for (name, state) in [
        ("an image", PreviewState::NotApplicable),
        ("a disk alone", PreviewState::NotApplicable),
        ("any other file", PreviewState::NotApplicable),
        ("no descriptor", PreviewState::Unavailable),
        ("a descriptor that is no XML", PreviewState::Unavailable),
        ("an archive in gzip", PreviewState::Unavailable),
    ] {
        let preview = report(name).preview();
        assert_eq!((preview.state, preview.warnings), (state, None), "{name}");
        assert_eq!((preview.certificate_info, preview.cert_chain), (None, None), "{name}");
    }
}
