//! What a package was found to be.
//!
//! It does not know how that is found out.

use accession_core::keyed::Few;
use accession_core::model::{
    PreviewInfo, PreviewState, PreviewWarningInfo, ValidationError, ValidationResult, WarningType,
};
use accession_core::received::Algorithm;
use serde::Serialize;

use crate::archive::ArchiveReport;
use crate::certificate::{self, CertificateReport};
use crate::descriptor::Descriptor;
use crate::disk::DiskReport;
use crate::findings::{Finding, Severity};
use crate::image::ImageReport;
use crate::judge;
use crate::manifest::Manifest;

/// What a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An OVF package in one tar archive.
    Ova,
    /// An OVF package as a set of files.
    Ovf,
    /// An ISO 9660 image.
    Iso,
    /// A virtual disk without a descriptor.
    Disk,
    /// Anything else; a library takes it as it is.
    Other,
}

/// What is to be expected of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing was found that speaks against it.
    Fine,
    /// It may be refused, or needs a decision.
    Warnings,
    /// It will be refused, or fail.
    Blocked,
}

/// What a file is to the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The OVF descriptor.
    Descriptor,
    /// The list of digests.
    Manifest,
    /// The signature of the manifest.
    Certificate,
    /// A virtual disk.
    Disk,
    /// An ISO image.
    Image,
    /// Any other file.
    Other,
}

/// How a file's digest compares with the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// It is the one of the manifest.
    Matches,
    /// It is another one.
    Differs,
    /// The manifest has it by an algorithm that is not computed.
    Unchecked,
    /// The manifest does not list the file.
    No,
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What it is to the package.
    pub role: Role,
    /// How many bytes of it went by.
    pub size: u64,
    /// How many there should be, where the archive or the file system says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_size: Option<u64>,
    /// The digests that the manifest asks for, in lower-case hex.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub digests: Few<Algorithm, String>,
    /// How they compare; none if there is no manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<Listed>,
    /// What the disk was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<DiskReport>,
    /// What the image was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageReport>,
}

impl Member {
    /// Whether all of it went by.
    pub fn is_whole(&self) -> bool {
        self.declared_size.is_none_or(|declared| declared == self.size)
    }
}

/// What a package was found to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The name of the archive, the image or the descriptor.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// How many bytes all its files have, or the archive.
    pub size: u64,
    /// What is to be expected.
    pub verdict: Verdict,
    /// The gravest first.
    pub findings: Vec<Finding>,
    /// How many more findings there were, of checks that hit very often.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// The files, in the order in which they came.
    pub members: Vec<Member>,
    /// How many more there were; so many are not kept.
    #[serde(skip_serializing_if = "is_zero")]
    pub members_left_out: u64,
    /// The archive, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchiveReport>,
    /// The descriptor, if one could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<Descriptor>,
    /// The manifest, if one could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Manifest>,
    /// The certificate, if one could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateReport>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Report {
    /// What validate is expected to answer once all files of the package are in a session.
    pub fn validation(&self) -> ValidationResult {
        let blocks = |finding: &&Finding| finding.check.severity == Severity::Blocks;
        let (missing, invalid): (Vec<_>, Vec<_>) = self
            .findings
            .iter()
            .filter(blocks)
            // A file whose name differs in case is missing, too.
            .partition(|finding| [judge::MISSING, judge::NAME_CASE].contains(&finding.check));
        let missing_files: Vec<_> =
            missing.iter().filter_map(|finding| finding.args.first().cloned()).collect();
        let invalid_files: Vec<_> = invalid
            .iter()
            .map(|finding| ValidationError {
                name: finding.member.clone().unwrap_or_else(|| self.name.clone()),
                error_message: finding.message(),
            })
            .collect();
        let has_errors = !missing_files.is_empty() || !invalid_files.is_empty();
        ValidationResult { has_errors, missing_files, invalid_files }
    }

    /// What a session's preview is expected to show once the metadata files have arrived.
    pub fn preview(&self) -> PreviewInfo {
        let state = match (&self.descriptor, self.kind) {
            (Some(_), _) => PreviewState::Available,
            (None, Kind::Ova | Kind::Ovf) => PreviewState::Unavailable,
            _ => PreviewState::NotApplicable,
        };
        let Some(certificate) = self.certificate.as_ref().filter(|_| self.descriptor.is_some())
        else {
            let warnings = (state == PreviewState::Available).then(Vec::new);
            return PreviewInfo { state, warnings, ..PreviewInfo::default() };
        };
        PreviewInfo {
            state,
            certificate_info: Some(certificate.info()),
            warnings: Some(self.preview_warnings(certificate)),
            cert_chain: Some(certificate.cert_chain.clone()),
        }
    }

    fn preview_warnings(&self, certificate: &CertificateReport) -> Vec<PreviewWarningInfo> {
        let info = |r#type: &WarningType| {
            let checks = certificate::checks_of(r#type);
            let finding = self.findings.iter().find(|finding| checks.contains(&finding.check));
            let message = finding.map(Finding::message).unwrap_or_default();
            PreviewWarningInfo { r#type: r#type.clone(), message, ignored: false }
        };
        certificate.warnings.iter().map(info).collect()
    }
}
