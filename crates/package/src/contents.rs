//! A report as core takes it in: what an item's type will make of the file.
//!
//! It does not know what the simulator does with it.

use accession_core::messages;
use accession_core::received::{Contents, ListedDigest, Member, Needed, Signature};

use crate::findings::{Finding, Severity};
use crate::judge;
use crate::report::{Kind, Report};

impl Report {
    /// What a content library will find in the file, if it looks into files of this kind. It is meant
    /// for one file: of several, each has contents of its own.
    pub fn contents(&self) -> Option<Contents> {
        let is_archive = match self.kind {
            Kind::Ova => true,
            Kind::Ovf | Kind::Disk => false,
            Kind::Iso | Kind::Other => return None,
        };
        let mut contents = Contents {
            needs: if is_archive { Vec::new() } else { self.needs() },
            members: is_archive.then(|| self.stored()),
            listed: if is_archive { Vec::new() } else { self.listed() },
            signature: self.signature(),
            ..Contents::default()
        };
        for finding in self.blocking() {
            // What one file of a package says of the others is judged when all of them are there.
            if !is_archive && judge::CHECKS.contains(&finding.check) {
                continue;
            }
            let subject = || finding.member.clone().unwrap_or_else(|| self.name.clone());
            if finding.check.answer == Some(messages::INVALID_STATE_REASON.id) {
                contents.unwritable.get_or_insert_with(subject);
            } else if finding.check.answer == Some(messages::MISSING_OR_INVALID.id) {
                contents.missing.extend(finding.args.first().cloned());
            } else {
                contents.invalid.push(finding.message());
            }
        }
        Some(contents)
    }

    fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.check.severity == Severity::Blocks)
    }

    fn needs(&self) -> Vec<Needed> {
        let files = self.descriptor.iter().flat_map(|descriptor| &descriptor.files);
        let members = files.filter_map(|file| file.members()).flatten();
        members.map(|(name, size)| Needed { name, size }).collect()
    }

    fn stored(&self) -> Vec<Member> {
        let whole = self.members.iter().filter(|member| member.is_whole());
        let stored = whole.map(|member| Member {
            name: member.name.clone(),
            size: member.size,
            digests: member.digests.clone(),
        });
        stored.collect()
    }

    fn listed(&self) -> Vec<ListedDigest> {
        let entries = self.manifest.iter().flat_map(|manifest| &manifest.entries);
        let listed = entries.filter_map(|entry| {
            let algorithm = entry.algorithm.filter(|_| !entry.digest.is_empty())?;
            let (name, digest) = (entry.name.clone(), entry.digest.clone());
            Some(ListedDigest { name, algorithm, digest })
        });
        listed.collect()
    }

    fn signature(&self) -> Option<Signature> {
        let found = self.certificate.as_ref()?;
        let (certificate, chain) = (found.info(), found.cert_chain.clone());
        Some(Signature { certificate, chain, warnings: found.warnings.clone() })
    }
}
