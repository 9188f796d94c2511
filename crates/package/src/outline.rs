//! A report as a person reads it: sentences, labelled lines and tables, in one order for the
//! terminal, the page and Markdown. It does not know how they are drawn.

use accession_core::rules::Provenance;
use serde::Serialize;

use crate::findings::{Finding, Severity};
use crate::report::{Kind, Listed, Member, Report, Role, Verdict};

/// A report in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outline {
    /// The name of the package.
    pub name: String,
    /// What is to be expected.
    pub verdict: Verdict,
    /// The same in a sentence.
    pub sentence: &'static str,
    /// What the package is, in a few words each.
    pub facts: Vec<String>,
    /// The gravest first.
    pub findings: Vec<Told>,
    /// Files, disks and whatever else there is to list.
    pub tables: Vec<Table>,
}

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// What it means.
    pub severity: Severity,
    /// What was found.
    pub found: String,
    /// Where, why, the known answer, what to do, and how it is known.
    pub lines: Vec<(&'static str, String)>,
}

/// A table; every row has a cell for each column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What is listed.
    pub caption: &'static str,
    /// The heads of the columns.
    pub columns: &'static [&'static str],
    /// The cells.
    pub rows: Vec<Vec<String>>,
}

impl Report {
    /// The report in words.
    pub fn outline(&self) -> Outline {
        let name = if self.name.is_empty() { "standard input" } else { &self.name };
        let tables = [files(self), disks(self), images(self), systems(self), certificate(self)];
        Outline {
            name: name.to_owned(),
            verdict: self.verdict,
            sentence: match self.verdict {
                Verdict::Fine => "Nothing was found that speaks against an import.",
                Verdict::Warnings => "It may be refused, or needs a decision.",
                Verdict::Blocked => "Expect an import to fail.",
            },
            facts: facts(self),
            findings: self.findings.iter().map(told).collect(),
            tables: tables.into_iter().filter(|table| !table.rows.is_empty()).collect(),
        }
    }

    /// The report as Markdown. What came from a file cannot make markup of it.
    pub fn markdown(&self) -> String {
        let outline = self.outline();
        let mut text = format!("# {}\n\n**{}**", marked(&outline.name), outline.sentence);
        let facts: Vec<_> = outline.facts.iter().map(|fact| marked(fact)).collect();
        text += &format!(" {}.\n", facts.join(", "));
        for told in &outline.findings {
            text += &format!("\n## {}: {}\n\n", told.severity.name(), marked(&told.found));
            for (label, line) in &told.lines {
                text += &format!("- {label}: {}\n", marked(line));
            }
        }
        for table in &outline.tables {
            text += &format!("\n## {}\n\n", table.caption);
            text += &row(table.columns.iter().map(|column| (*column).to_owned()));
            text += &row(table.columns.iter().map(|_| "---".to_owned()));
            for cells in &table.rows {
                text += &row(cells.iter().map(|cell| marked(cell)));
            }
        }
        text
    }
}

fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<_> = cells.collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Text that Markdown leaves as it is, on one line.
fn marked(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' | '~' => {
                marked.push('\\');
                marked.push(c);
            }
            c if c.is_control() => marked.push(' '),
            c => marked.push(c),
        }
    }
    marked
}

fn facts(report: &Report) -> Vec<String> {
    let kind = match report.kind {
        Kind::Ova => "OVA",
        Kind::Ovf => "OVF package",
        Kind::Iso => "ISO image",
        Kind::Disk => "virtual disk",
        Kind::Other => "file of a kind that is not looked into",
    };
    let count = report.members.len() as u64 + report.members_left_out;
    let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
    let mut facts = vec![kind.to_owned(), bytes(report.size), files];
    if let Some(descriptor) = &report.descriptor {
        let product = descriptor.products.iter().find_map(|product| {
            let name = product.name.clone()?;
            Some(match &product.version {
                Some(version) => format!("{name} {version}"),
                None => name,
            })
        });
        let system = || {
            let name = descriptor.systems.iter().find_map(|system| system.name.as_ref())?;
            Some(format!("virtual machine “{name}”"))
        };
        facts.extend(product.or_else(system));
    }
    facts.retain(|fact| !fact.is_empty());
    if report.left_out > 0 {
        facts.push(format!("{} more findings of the same kinds", report.left_out));
    }
    facts
}

fn told(finding: &Finding) -> Told {
    let place = finding.place.map(|place| place.to_string());
    let places: Vec<_> = finding.member.clone().into_iter().chain(place).collect();
    let check = finding.check;
    let provenance = match check.provenance {
        Provenance::Documented => "documented",
        Provenance::Observed => "observed",
        Provenance::Assumed => "assumed",
    };
    let mut lines = Vec::new();
    if !places.is_empty() {
        lines.push(("In", places.join(", ")));
    }
    lines.push(("Why it matters", finding.why()));
    lines.extend(check.answer.map(|answer| ("Known answer", answer.to_owned())));
    lines.push(("What to do", finding.remedy()));
    lines.push(("Source", format!("{provenance}: {}", check.source)));
    Told { severity: check.severity, found: finding.found(), lines }
}

fn files(report: &Report) -> Table {
    let row = |member: &Member| {
        let role = match member.role {
            Role::Descriptor => "descriptor",
            Role::Manifest => "manifest",
            Role::Certificate => "certificate",
            Role::Disk => "disk",
            Role::Image => "image",
            Role::Other => "",
        };
        let digests = member.digests.iter();
        let digests: Vec<_> = digests.map(|(by, hex)| format!("{} {hex}", by.name())).collect();
        let listed = member.listed.map_or("", |listed| match listed {
            Listed::Matches => "matches",
            Listed::Differs => "differs",
            Listed::Unchecked => "not checked",
            Listed::No if matches!(member.role, Role::Manifest | Role::Certificate) => "",
            Listed::No => "not listed",
        });
        let cells = [&member.name, role, &bytes(member.size), listed, &digests.join(", ")];
        cells.map(str::to_owned).to_vec()
    };
    let columns = &["File", "Part", "Size", "Manifest", "Digest"];
    Table { caption: "Files", columns, rows: report.members.iter().map(row).collect() }
}

fn disks(report: &Report) -> Table {
    let disks =
        report.members.iter().filter_map(|member| Some((&member.name, member.disk.as_ref()?)));
    let rows = disks.map(|(name, disk)| {
        let capacity = disk.capacity_bytes.map(bytes).unwrap_or_default();
        let writer = disk.created_by.unwrap_or_default();
        [name, disk.kind.name(), &capacity, writer].map(str::to_owned).to_vec()
    });
    let columns = &["Disk", "Format", "For the guest", "Written by"];
    Table { caption: "Disks", columns, rows: rows.collect() }
}

fn images(report: &Report) -> Table {
    let images =
        report.members.iter().filter_map(|member| Some((&member.name, member.image.as_ref()?)));
    let rows =
        images.map(|(name, image)| vec![name.clone(), image.volume_id.clone().unwrap_or_default()]);
    Table { caption: "Images", columns: &["Image", "Volume"], rows: rows.collect() }
}

fn systems(report: &Report) -> Table {
    let systems = report.descriptor.iter().flat_map(|descriptor| &descriptor.systems);
    let rows = systems.map(|system| {
        let name = system.name.clone().unwrap_or_else(|| system.id.clone());
        let os = system.operating_system.as_ref().and_then(|os| os.description.clone());
        vec![name, system.hardware.join(", "), os.unwrap_or_default()]
    });
    let columns = &["System", "Hardware", "Guest"];
    Table { caption: "Virtual systems", columns, rows: rows.collect() }
}

fn certificate(report: &Report) -> Table {
    let rows = report.certificate.iter().flat_map(|certificate| {
        [
            ("Subject", certificate.signer.subject.clone()),
            ("Issuer", certificate.signer.issuer.clone()),
            ("Valid from", certificate.signer.not_before.to_string()),
            ("Valid until", certificate.signer.not_after.to_string()),
            ("SHA-256", certificate.signer.sha256.clone()),
        ]
        .map(|(label, value)| vec![label.to_owned(), value])
    });
    Table { caption: "Certificate", columns: &["Field", "Value"], rows: rows.collect() }
}

/// A number of bytes: `5.2 MB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];
    match UNITS.into_iter().find(|(_, unit)| count >= *unit) {
        Some((name, unit)) => format!("{}.{} {name}", count / unit, count % unit / (unit / 10)),
        None => format!("{count} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_thousands() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(5_242_880), "5.2 MB");
        assert_eq!(bytes(u64::MAX), "18446744.0 TB");
    }

    #[test]
    fn a_name_makes_no_markup() {
        assert_eq!(marked("a|b<img>\n# [x](y)"), "a\\|b\\<img\\> \\# \\[x\\](y)");
    }
}
