//! The OVF descriptor: which files and disks a package has, and what it asks of its host.
//!
//! It reads the descriptor alone and does not know which files really came with it. The format is
//! DMTF DSP0243.

mod xml;

use std::borrow::Cow;
use std::collections::BTreeSet;

use accession_core::keyed;

use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::findings::{Notes, Place, checks};
use crate::text::short;
use xml::Element;

checks! {
    ENCODING_UNKNOWN = Warns "descriptor.encoding-unknown":
        "The descriptor names the encoding {0}, which is not known here.",
        why "A server that does not know the encoding either cannot parse the descriptor. No such \
             refusal is recorded.",
        remedy "Save the descriptor as UTF-8, and say encoding=\"UTF-8\" in its first line.",
        Assumed "no public report; XML only obliges a reader to know UTF-8 and UTF-16";
    ENCODING_MISMATCH = Warns "descriptor.encoding-mismatch":
        "The descriptor names the encoding {0}, but its bytes are in another one.",
        why "A strict parser stops at the first line. No such refusal is recorded.",
        remedy "Save the descriptor as UTF-8, and say encoding=\"UTF-8\" in its first line.",
        Assumed "no public report; XML 1.0 calls it a fatal error";
    BAD_TEXT = Blocks "descriptor.bad-text":
        "The byte at offset {0} is not a character in the encoding of the descriptor.",
        why "The descriptor cannot be parsed, so the item cannot be completed.",
        remedy "Save the descriptor as UTF-8, then make its line in the manifest again.",
        Documented "XML 1.0 calls it a fatal error; ParseIssue PARSE_ERROR in the vSphere \
                    Automation reference";
    MALFORMED = Blocks "descriptor.malformed":
        "The descriptor is not well-formed XML: {0}.",
        why "vCenter stops with PARSE_ERROR when it parses the descriptor.",
        remedy "Run `xmllint --noout` on the descriptor and repair it, then make its line in the \
                manifest again.",
        Documented "ParseIssue PARSE_ERROR in the vSphere Automation reference";
    UNDECLARED_PREFIX = Blocks "descriptor.undeclared-prefix":
        "The namespace prefix {0} is used but not declared.",
        why "vCenter stops with PARSE_ERROR, \"Undeclared namespace prefix\", when it parses the \
             descriptor.",
        remedy "Declare the prefix on the Envelope element, for example \
                xmlns:vmw=\"http://www.vmware.com/schema/ovf\" for vmw.",
        Observed "https://github.com/home-assistant/operating-system/issues/660";
    DOCTYPE = Warns "descriptor.doctype":
        "The descriptor has a document type declaration; what it declares is not expanded here.",
        why "Servers commonly refuse such declarations for safety. No such refusal is recorded.",
        remedy "Take the DOCTYPE out, and write its entities as plain text.",
        Assumed "no public report";
    TOO_COMPLEX = Warns "descriptor.too-complex":
        "The descriptor has too many or too deeply nested elements to be read here.",
        why "Whether the server reads it is not recorded; what it says could not be checked.",
        remedy "Check that this is the descriptor that was meant.",
        Assumed "a limit of this program";
    NO_ENVELOPE = Blocks "descriptor.no-envelope":
        "The root element is {0}, not Envelope, so this is not an OVF descriptor.",
        why "The item has no descriptor that could be parsed.",
        remedy "Add the .ovf file of the package. A .vmx or .vbox file is turned into one with \
                ovftool or an export.",
        Documented "DSP0243: the root element is Envelope";
    NAMESPACE = Warns "descriptor.namespace":
        "The Envelope is in {0}, not in an OVF namespace.",
        why "A parser that follows the standard does not find the elements of OVF in it. No such \
             refusal is recorded.",
        remedy "Say xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" on the Envelope element.",
        Assumed "no public report; DSP0243 asks for the namespace";
    VERSION_0_9 = Warns "descriptor.version-0.9":
        "The descriptor is in OVF 0.9, a draft before the standard.",
        why "Whether a content library still reads it is not recorded.",
        remedy "Convert it with ovftool: ovftool old.ovf new.ovf.",
        Assumed "no public report of an upload of OVF 0.9";
    VERSION_2 = Warns "descriptor.version-2":
        "The descriptor is in OVF 2, which VMware products do not read in full.",
        why "VMware Workstation refuses its elements with \"Unsupported element 'StorageItem'\" and \
             the like. What a content library does is not recorded.",
        remedy "Export again as OVF 1.0: VBoxManage export --ovf10.",
        Assumed "Workstation: https://github.com/BlackArch/blackarch/issues/1937; no public report \
                 of a content library";
    NO_REFERENCES = Warns "descriptor.no-references":
        "The descriptor has no References element.",
        why "The standard asks for it, even if it is empty; vCenter reports ELEMENT_REQUIRED for \
             what is missing.",
        remedy "Add a References element with one File for each file of the package.",
        Documented "DSP0243; ParseIssue in the vSphere Automation reference";
    NO_SYSTEM = Warns "descriptor.no-system":
        "The descriptor describes no virtual system.",
        why "There is nothing to deploy; vCenter reports ELEMENT_REQUIRED for what is missing.",
        remedy "Export the virtual machine again.",
        Documented "DSP0243; ParseIssue in the vSphere Automation reference";
    MISSING_ATTRIBUTE = Warns "descriptor.missing-attribute":
        "{0} has no {1}.",
        why "The standard asks for it; vCenter reports ATTRIBUTE_REQUIRED.",
        remedy "Add the attribute {1}, or export the package again with ovftool.",
        Documented "DSP0243; ParseIssue in the vSphere Automation reference";
    BAD_NUMBER = Warns "descriptor.bad-number":
        "The {1} of {0} is {2}, which is not a whole number.",
        why "vCenter reports VALUE_ILLEGAL for a value that is not a number or is out of range.",
        remedy "Write the {1} as a plain number, or export the package again with ovftool.",
        Documented "DSP0243; ParseIssue in the vSphere Automation reference";
    BAD_UNITS = Warns "descriptor.bad-units":
        "The units {1} of the capacity of {0} are not known.",
        why "The size of the disk is not known, so it may not be possible to deploy it. No such \
             refusal is recorded.",
        remedy "Write ovf:capacityAllocationUnits as \"byte * 2^30\", or as another power of two.",
        Assumed "no public report; DSP0243 refers to the units of DSP0004";
    DUPLICATE_ID = Warns "descriptor.duplicate-id":
        "{0} appears more than once.",
        why "What refers to it is ambiguous; the standard forbids it.",
        remedy "Give each one an id of its own.",
        Documented "DSP0243: ids are unique in the package";
    DUPLICATE_HREF = Warns "descriptor.duplicate-href":
        "More than one File refers to {0}.",
        why "The standard forbids it. What a content library does is not recorded.",
        remedy "Keep one File element, and let each Disk refer to its id.",
        Documented "DSP0243: two File elements shall not refer to the same file";
    NO_SIZE = Informs "descriptor.no-size":
        "The descriptor does not say how long {0} is.",
        why "It need not; but then a file that was cut short is not noticed by its size.",
        remedy "Add ovf:size with the length of the file in bytes, if you can.",
        Documented "DSP0243: ovf:size is optional";
    UNKNOWN_FILE = Warns "descriptor.unknown-file":
        "{0} refers to the file {1}, which is not among the References.",
        why "vCenter reports VALUE_ILLEGAL for such a reference when the package is deployed. No \
             upload that failed by it is recorded.",
        remedy "Correct the reference, or add the File element.",
        Documented "DSP0243; ParseIssue in the vSphere Automation reference";
    UNKNOWN_PARENT = Warns "descriptor.unknown-parent":
        "Disk {0} has the parent {1}, which is neither a disk nor a file of the package.",
        why "The disk holds only differences, and what they are made to is missing.",
        remedy "Export the virtual machine again without snapshots.",
        Documented "DSP0243: ovf:parentRef names a Disk of the package";
    FORMAT_UNKNOWN = Warns "descriptor.format-unknown":
        "Disk {0} has the format {1}, which is not a VMDK format.",
        why "ESXi refuses it when the package is deployed: \"Not supported value for attribute \
             format of element Disk\". No upload that failed by it is recorded.",
        remedy "If the file is a stream-optimized VMDK, write the format \
                http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized; if not, \
                convert it with vmdk-convert or ovftool.",
        Observed "https://github.com/ilbers/isar/issues/106";
    FORMAT_OTHER = Informs "descriptor.format-other":
        "Disk {0} is said to be a VMDK of the kind {1}, not stream-optimized.",
        why "Packages for vSphere hold stream-optimized disks; another kind may fail while it is \
             transferred. What counts is the disk file itself.",
        remedy "Convert the package with ovftool, which writes stream-optimized disks.",
        Assumed "no public report about the word in the descriptor alone";
    HREF_URL = Warns "descriptor.href-url":
        "File {0} is to be fetched from {1}, outside of the package.",
        why "An update session takes the files that are added to it. That a server fetches a file \
             by itself is not recorded.",
        remedy "Download the file, put it beside the descriptor, and write its plain name as \
                ovf:href.",
        Assumed "no public report; DSP0243 allows http and https";
    HREF_OUTSIDE = Warns "descriptor.href-outside":
        "File {0} has the path {1}, which leads out of the folder of the descriptor.",
        why "A file of an update session has a name, not a path. No such upload is recorded.",
        remedy "Put the file beside the descriptor, and write its plain name as ovf:href.",
        Assumed "no public report; DSP0243 asks for a path below the descriptor";
    HREF_FOLDER = Informs "descriptor.href-folder":
        "File {0} has the path {1}, in a folder.",
        why "The file must be added to the update session under this very name. No such upload is \
             recorded.",
        remedy "If it is refused, put the file beside the descriptor, and write its plain name as \
                ovf:href.",
        Assumed "no public report";
    HREF_ENCODED = Informs "descriptor.href-encoded":
        "File {0} is written {1} in the descriptor, which stands for the name {2}.",
        why "The server decodes the name before it looks for the file, if it follows the standard.",
        remedy "Add the file under the name {2}. A name without spaces and signs avoids the \
                question.",
        Assumed "DSP0243 refers to RFC 3986; no public report of such an upload";
    COMPRESSED = Warns "descriptor.compressed":
        "File {0} is compressed with {1}.",
        why "vSphere 6.5 answered \"OVF package with compressed disks is currently not supported \
             for OVF import\".",
        remedy "Unpack the file and take ovf:compression out, or convert with ovftool without \
                --compress. A stream-optimized VMDK is compressed by itself.",
        Observed "https://github.com/EMCECS/ECS-CommunityEdition/issues/329";
    CHUNKED = Warns "descriptor.chunked":
        "File {0} is cut into parts of {1} bytes.",
        why "Each part must be added to the update session as a file of its own, named with nine \
             digits. No such upload is recorded.",
        remedy "Join the parts with cat and take ovf:chunkSize out, or convert with ovftool \
                without --chunkSize.",
        Assumed "DSP0243 defines the parts; no public report of an upload of them";
    REQUIRED_SECTION = Warns "descriptor.required-section":
        "The element {0} is not part of the standard and is not marked ovf:required=\"false\".",
        why "A server that does not know it must refuse the package; vCenter reports \
             SECTION_UNKNOWN. No upload that failed by it is recorded.",
        remedy "Mark it ovf:required=\"false\" if the package works without it.",
        Documented "DSP0243; ParseIssue in the vSphere Automation reference";
    NO_HARDWARE = Warns "descriptor.no-hardware":
        "The virtual system {0} has no VirtualHardwareSection.",
        why "It cannot be deployed: \"Missing child element 'VirtualHardwareSection'\". No upload \
             that failed by it is recorded.",
        remedy "Export the virtual machine again, as OVF 1.0.",
        Observed "https://github.com/dirkhh/adsb-feeder-image/issues/67";
    FOREIGN_HARDWARE = Warns "descriptor.foreign-hardware":
        "The virtual system {0} is made for the hardware family {1}, not for a vmx family.",
        why "It can be uploaded, but not deployed: \"Unsupported hardware family '{1}'\". No upload \
             that failed by it is recorded.",
        remedy "Write a family that your hosts know as vssd:VirtualSystemType, such as vmx-13, and \
                make the manifest again; or convert with ovftool --lax.",
        Observed "https://github.com/owncloud-archive/vm/issues/53";
    ODD_HARDWARE = Warns "descriptor.odd-hardware":
        "The hardware family {1} of the virtual system {0} is not written with two digits.",
        why "It can be uploaded, but ESXi answers \"Unsupported hardware family\" on deployment.",
        remedy "Write vmx-07 instead of vmx-7, and make the manifest again.",
        Observed "https://github.com/inverse-inc/packetfence/issues/2306";
    NEW_HARDWARE = Informs "descriptor.new-hardware":
        "The virtual system {0} is made for the hardware family {1}: {2}.",
        why "It can be uploaded, but an older host answers \"Unsupported hardware family '{1}'\" on \
             deployment.",
        remedy "Check the versions of your hosts. If they are older, export with an older \
                compatibility.",
        Observed "https://github.com/librenms/packer-builds/issues/36";
}

/// The namespaces of OVF.
const SPACES: [(&str, Version); 4] = [
    ("http://schemas.dmtf.org/ovf/envelope/1", Version::One),
    ("http://schemas.dmtf.org/ovf/1/envelope", Version::One),
    ("http://schemas.dmtf.org/ovf/envelope/2", Version::Two),
    ("http://www.vmware.com/schema/ovf/1/envelope", Version::ZeroNine),
];

/// VMware's own additions, which vCenter knows.
const VMWARE: &str = "http://www.vmware.com/schema/ovf";

/// The sections of OVF 1 and 2.
const SECTIONS: [&str; 18] = [
    "AnnotationSection",
    "BootDeviceSection",
    "DeploymentOptionSection",
    "DiskSection",
    "EncryptionSection",
    "EnvironmentFilesSection",
    "EulaSection",
    "InstallSection",
    "NetworkSection",
    "OperatingSystemSection",
    "PlacementGroupSection",
    "PlacementSection",
    "ProductSection",
    "ResourceAllocationSection",
    "ScaleOutSection",
    "SharedDiskSection",
    "StartupSection",
    "VirtualHardwareSection",
];

/// What an OVF descriptor says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Descriptor {
    /// The version of the standard.
    pub version: Version,
    /// The files of the package, in the order of the descriptor.
    pub files: Vec<FileRef>,
    /// The virtual disks.
    pub disks: Vec<DiskEntry>,
    /// The virtual systems and collections at the top; usually it is one.
    pub systems: Vec<System>,
    /// The products, of the package and of all its systems.
    pub products: Vec<Product>,
    /// The names of the networks that are to be mapped on deployment.
    pub networks: Vec<String>,
    /// The sizes or variants that can be chosen on deployment.
    pub deployment_options: Vec<DeploymentOption>,
    /// How many license agreements are to be accepted.
    pub eulas: u32,
    /// How the systems can get their addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_assignment: Option<IpAssignment>,
}

/// A version of the OVF standard, told by the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Version {
    /// A draft.
    #[serde(rename = "0.9")]
    ZeroNine,
    /// 1.0 or 1.1.
    #[serde(rename = "1")]
    One,
    /// 2.0 or 2.1.
    #[serde(rename = "2")]
    Two,
    /// The namespace is not known.
    #[serde(rename = "unknown")]
    Unknown,
}

/// More parts than this are no package but a mistake in `chunkSize`.
const MOST_PARTS: u64 = 10_000;
/// A file that is cut into parts has no longer name than this, in bytes.
const LONGEST_PART: usize = 1024;

/// A file that the package refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileRef {
    /// What a disk refers to it by; empty if there is none.
    pub id: String,
    /// Where it is, as it is written; empty if there is none.
    pub href: String,
    /// Its length in bytes, as it is in the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// How it is compressed, unless it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// The length in bytes of each of its parts but the last, if it is cut into parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunk_size: Option<u64>,
    /// The line of the descriptor.
    pub line: u64,
}

impl FileRef {
    /// The name of the file: its href with `%20` and the like decoded, without a leading `./`. Of a
    /// file in parts it is what their names begin with.
    pub fn name(&self) -> Cow<'_, str> {
        let path = self.href.strip_prefix("./").unwrap_or(&self.href);
        percent_decode_str(path).decode_utf8().unwrap_or(Cow::Borrowed(path))
    }

    /// Whether the file is fetched from elsewhere, so that it is not in the package.
    pub fn is_url(&self) -> bool {
        let scheme = self.href.split_once("://").map_or("", |(scheme, _)| scheme);
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        !scheme.is_empty() && scheme.chars().all(part)
    }

    /// How many parts the file is cut into; none if it is whole, or if its length is not known.
    pub fn parts(&self) -> Option<u64> {
        Some(self.size?.div_ceil(self.chunk_size?).max(1))
    }

    /// The name of a part, counted from 0.
    pub fn part(&self, index: u64) -> String {
        format!("{}.{index:09}", self.name())
    }

    /// The names that the file has in the package and how long each should be: one, or one for each
    /// part. None if the file is elsewhere, or if its parts cannot be told.
    pub fn members(&self) -> Option<impl Iterator<Item = (String, Option<u64>)> + '_> {
        if self.href.is_empty() || self.is_url() {
            return None;
        }
        let parts = match self.chunk_size {
            None => None,
            Some(_) => Some(self.parts().filter(|parts| *parts <= MOST_PARTS)?),
        };
        Some((0..parts.unwrap_or(1)).map(move |index| match (parts, self.size, self.chunk_size) {
            (Some(parts), Some(size), Some(chunk)) => {
                let left = size.saturating_sub(chunk.saturating_mul(index));
                (self.part(index), Some(if index + 1 < parts { chunk } else { left }))
            }
            _ => (self.name().into_owned(), self.size),
        }))
    }
}

/// A virtual disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiskEntry {
    /// What the hardware refers to it by; empty if there is none.
    pub id: String,
    /// The id of its file; none if the disk is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_ref: Option<String>,
    /// The id of the disk that it only has the differences to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_ref: Option<String>,
    /// Its capacity, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
    /// Its capacity in bytes; none if it depends on a property.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_bytes: Option<u64>,
    /// The URI of its format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// How many bytes of it are in use, roughly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub populated_size: Option<u64>,
    /// The line of the descriptor.
    pub line: u64,
}

/// A virtual system, or a collection of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct System {
    /// Its id.
    pub id: String,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is a collection (a vApp).
    pub collection: bool,
    /// The hardware families that it can run on.
    pub hardware: Vec<String>,
    /// Its operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operating_system: Option<OperatingSystem>,
    /// What a collection holds.
    pub systems: Vec<System>,
    /// The line of the descriptor.
    pub line: u64,
}

/// An operating system, in the words of the descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatingSystem {
    /// A number of the CIM standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// VMware's name for it, such as `ubuntu64Guest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_type: Option<String>,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A product, with what can be set on deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Product {
    /// What the keys of its properties begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What the keys of its properties end with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Its version in short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its version in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_version: Option<String>,
    /// What can be set.
    pub properties: Vec<Property>,
}

/// Something that can be set on deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Property {
    /// Its key within the product.
    pub key: String,
    /// Whether the person who deploys is asked for it.
    pub user_configurable: bool,
    /// Whether it is a secret.
    pub password: bool,
}

/// A size or variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeploymentOption {
    /// Its id.
    pub id: String,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether it is taken if none is chosen.
    pub default: bool,
}

/// How systems can get their addresses, in the words of the descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IpAssignment {
    /// `dhcp`, `ovfenv` or both.
    pub schemes: String,
    /// `IPv4`, `IPv6` or both.
    pub protocols: String,
}

impl Descriptor {
    /// Reads a descriptor. None is read from what is not OVF or cannot be parsed; then a finding
    /// says why.
    pub fn read(bytes: &[u8], notes: &mut Notes<'_>) -> Option<Self> {
        let document = xml::parse(bytes, &SPACES.map(|(space, _)| space), notes)?;
        let root = document.root;
        if root.name != "Envelope" {
            notes.add(NO_ENVELOPE, root.place(), [&short(&root.name)]);
            return None;
        }
        let namespace = document.namespace.as_deref();
        let known = SPACES.iter().find(|(space, _)| namespace == Some(space));
        let version = known.map_or(Version::Unknown, |(_, version)| *version);
        match version {
            Version::One => {}
            Version::Two => notes.add(VERSION_2, root.place(), []),
            Version::ZeroNine => notes.add(VERSION_0_9, root.place(), []),
            Version::Unknown => {
                let found = namespace.map_or_else(|| "no namespace".to_owned(), short);
                notes.add(NAMESPACE, root.place(), [&found]);
            }
        }
        let mut descriptor = Self {
            version,
            files: Vec::new(),
            disks: Vec::new(),
            systems: Vec::new(),
            products: Vec::new(),
            networks: Vec::new(),
            deployment_options: Vec::new(),
            eulas: 0,
            ip_assignment: None,
        };
        descriptor.systems = descriptor.content(&root, notes);
        if root.child("References").is_none() {
            notes.add(NO_REFERENCES, root.place(), []);
        }
        if descriptor.systems.is_empty() {
            notes.add(NO_SYSTEM, root.place(), []);
        }
        descriptor.check_files(notes);
        descriptor.check_disks(notes);
        Some(descriptor)
    }

    /// The names of the files in the package, each with the index of its [`FileRef`] and how long it
    /// should be, as far as they can be told.
    pub fn members(&self) -> impl Iterator<Item = (usize, String, Option<u64>)> + '_ {
        // All parts together are bounded too: a short text could ask for any number of them.
        let mut left = MOST_PARTS;
        let told = self.files.iter().enumerate().filter_map(move |(at, file)| {
            if file.chunk_size.is_some() {
                let parts = file.parts().filter(|_| file.href.len() <= LONGEST_PART)?;
                left = left.checked_sub(parts)?;
            }
            Some(file.members()?.map(move |(name, size)| (at, name, size)))
        });
        told.flatten()
    }

    /// Reads what an envelope, a system or a collection holds, and returns the systems in it.
    fn content(&mut self, holder: &Element, notes: &mut Notes<'_>) -> Vec<System> {
        let mut systems = Vec::new();
        for element in &holder.children {
            if !element.space.is_empty() {
                self.addition(element, notes);
                continue;
            }
            match kind(element) {
                "References" => {
                    let files = named(element, "File");
                    self.files.extend(files.map(|file| file_ref(file, notes)));
                }
                "DiskSection" => {
                    let disks = named(element, "Disk");
                    self.disks.extend(disks.map(|disk| disk_entry(disk, notes)));
                }
                "NetworkSection" => {
                    let networks = named(element, "Network").filter_map(|one| one.own("name"));
                    self.networks.extend(networks.map(short));
                }
                "DeploymentOptionSection" => {
                    let options = named(element, "Configuration");
                    self.deployment_options.extend(options.map(|option| DeploymentOption {
                        id: text(option.own("id")).unwrap_or_default(),
                        label: text(option.child_text("Label")),
                        default: flag(option.own("default")),
                    }));
                }
                "ProductSection" => self.products.push(product(element)),
                "EulaSection" => self.eulas = self.eulas.saturating_add(1),
                "VirtualSystem" => systems.push(self.system(element, false, notes)),
                "VirtualSystemCollection" => systems.push(self.system(element, true, notes)),
                name if name.ends_with("Section") && !SECTIONS.contains(&name) => {
                    self.addition(element, notes);
                }
                _ => {}
            }
        }
        systems
    }

    fn system(&mut self, element: &Element, collection: bool, notes: &mut Notes<'_>) -> System {
        let id = text(element.own("id")).unwrap_or_default();
        if id.is_empty() {
            let what = format!("The {}", kind(element));
            notes.add(MISSING_ATTRIBUTE, element.place(), [&what, &"ovf:id"]);
        }
        let hardware = if collection { Vec::new() } else { hardware(element, &id, notes) };
        let operating_system = sections(element, "OperatingSystemSection").next();
        System {
            name: text(element.child_text("Name")),
            collection,
            hardware,
            operating_system: operating_system.map(|section| OperatingSystem {
                id: text(section.own("id")),
                os_type: text(section.any("osType")),
                description: text(section.child_text("Description")),
            }),
            systems: self.content(element, notes),
            line: element.line,
            id,
        }
    }

    /// An element that is not of OVF itself.
    fn addition(&mut self, element: &Element, notes: &mut Notes<'_>) {
        if &*element.space == VMWARE {
            if element.name == "IpAssignmentSection" {
                self.ip_assignment = Some(IpAssignment {
                    schemes: text(element.any("schemes")).unwrap_or_default(),
                    protocols: text(element.any("protocols")).unwrap_or_default(),
                });
            }
            return;
        }
        let optional = element.own("required").is_some_and(|required| !flag(Some(required)));
        if !optional && element.name.ends_with("Section") {
            notes.add(REQUIRED_SECTION, element.place(), [&short(&element.name)]);
        }
    }

    fn check_files(&self, notes: &mut Notes<'_>) {
        let mut ids = BTreeSet::new();
        let mut names = BTreeSet::new();
        for file in &self.files {
            let place = Some(Place::Line(file.line));
            if !file.id.is_empty() && !ids.insert(&file.id) {
                notes.add(DUPLICATE_ID, place, [&format!("File id {}", short(&file.id))]);
            }
            if !file.href.is_empty() && !names.insert(file.name()) {
                notes.add(DUPLICATE_HREF, place, [&short(&file.href)]);
            }
        }
    }

    fn check_disks(&self, notes: &mut Notes<'_>) {
        let files = keyed::set(self.files.iter().map(|file| file.id.as_str()));
        let disks = keyed::set(self.disks.iter().map(|disk| disk.id.as_str()));
        let mut ids = BTreeSet::new();
        for disk in &self.disks {
            let place = Some(Place::Line(disk.line));
            if !disk.id.is_empty() && !ids.insert(&disk.id) {
                notes.add(DUPLICATE_ID, place, [&format!("Disk id {}", short(&disk.id))]);
            }
            if let Some(file) = disk.file_ref.as_deref()
                && !files.contains(file)
            {
                let what = format!("Disk {}", short(&disk.id));
                notes.add(UNKNOWN_FILE, place, [&what, &short(file)]);
            }
            // OVF 0.9 named the file of the parent.
            if let Some(parent) = disk.parent_ref.as_deref()
                && !disks.contains(parent)
                && !files.contains(parent)
            {
                notes.add(UNKNOWN_PARENT, place, [&short(&disk.id), &short(parent)]);
            }
        }
    }
}

/// What an element is. OVF 0.9 has it in its type.
fn kind(element: &Element) -> &str {
    match element.name.as_str() {
        name @ ("Section" | "Content") => element.any("type").map_or(name, |given| {
            let local = given.rsplit_once(':').map_or(given, |(_, local)| local);
            local.strip_suffix("_Type").unwrap_or(local)
        }),
        name => name,
    }
}

fn named<'e>(holder: &'e Element, name: &'e str) -> impl Iterator<Item = &'e Element> {
    holder.children.iter().filter(move |child| child.space.is_empty() && child.name == name)
}

fn sections<'e>(holder: &'e Element, name: &'e str) -> impl Iterator<Item = &'e Element> {
    holder.children.iter().filter(move |child| child.space.is_empty() && kind(child) == name)
}

fn text(value: Option<&str>) -> Option<String> {
    value.map(str::trim).filter(|value| !value.is_empty()).map(short)
}

fn flag(value: Option<&str>) -> bool {
    value.is_some_and(|value| matches!(value.trim(), "true" | "1"))
}

/// An attribute that must be there.
fn required(element: &Element, name: &str, what: &str, notes: &mut Notes<'_>) -> String {
    let value = element.own(name).unwrap_or_default().trim();
    if value.is_empty() {
        notes.add(MISSING_ATTRIBUTE, element.place(), [&what, &format!("ovf:{name}")]);
    }
    value.to_owned()
}

/// An attribute that is a number, if it is there.
fn number(element: &Element, name: &str, what: &str, notes: &mut Notes<'_>) -> Option<u64> {
    let value = element.own(name)?.trim();
    let number = value.parse().ok();
    if number.is_none() {
        let place = element.place();
        notes.add(
            BAD_NUMBER,
            place,
            [&what, &format!("ovf:{name}"), &format!("\"{}\"", short(value))],
        );
    }
    number
}

fn file_ref(element: &Element, notes: &mut Notes<'_>) -> FileRef {
    let place = element.place();
    let told = |name| element.own(name).map(str::trim).filter(|value| !value.is_empty());
    let what = format!("File {}", short(told("href").or(told("id")).unwrap_or("without a name")));
    let id = required(element, "id", &what, notes);
    let href = required(element, "href", &what, notes);
    let compression = told("compression").filter(|kind| *kind != "identity").map(short);
    let chunk_size = number(element, "chunkSize", &what, notes).filter(|size| *size > 0);
    let size = number(element, "size", &what, notes);
    let file = FileRef { id, href, size, compression, chunk_size, line: element.line };
    if file.href.is_empty() {
        return file;
    }
    let (id, href) = (short(&file.id), short(&file.href));
    if file.is_url() {
        notes.add(HREF_URL, place, [&id, &href]);
        return file;
    }
    if element.own("size").is_none() {
        notes.add(NO_SIZE, place, [&href]);
    }
    let name = file.name();
    let drive = name.as_bytes().get(1) == Some(&b':');
    if drive || name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..") {
        notes.add(HREF_OUTSIDE, place, [&id, &href]);
    } else if file.href.contains(['/', '\\']) {
        notes.add(HREF_FOLDER, place, [&id, &href]);
    }
    if file.href.contains('%') && !file.href.ends_with(&*name) {
        notes.add(HREF_ENCODED, place, [&id, &href, &short(&name)]);
    }
    if let Some(compression) = &file.compression {
        notes.add(COMPRESSED, place, [&href, compression]);
    }
    if let Some(chunk_size) = file.chunk_size {
        notes.add(CHUNKED, place, [&href, &chunk_size]);
    }
    file
}

fn disk_entry(element: &Element, notes: &mut Notes<'_>) -> DiskEntry {
    let told = |name| element.own(name).map(str::trim).filter(|value| !value.is_empty());
    let what = format!("Disk {}", short(told("diskId").unwrap_or("without an id")));
    let id = required(element, "diskId", &what, notes);
    let capacity = required(element, "capacity", &what, notes);
    // A property that is filled in on deployment.
    let fixed = !capacity.is_empty() && !capacity.contains("${");
    let amount = if fixed { number(element, "capacity", &what, notes) } else { None };
    let units = told("capacityAllocationUnits").unwrap_or("byte");
    let unit = multiplier(units);
    if unit.is_none() {
        notes.add(BAD_UNITS, element.place(), [&what, &short(units)]);
    }
    let disk = DiskEntry {
        file_ref: told("fileRef").map(str::to_owned),
        parent_ref: told("parentRef").map(str::to_owned),
        capacity: text(Some(&capacity)),
        capacity_bytes: amount.zip(unit).and_then(|(amount, unit)| amount.checked_mul(unit)),
        format: text(told("format")),
        populated_size: number(element, "populatedSize", &what, notes),
        line: element.line,
        id,
    };
    // An empty disk has no format, though some tools write one.
    if disk.file_ref.is_some() {
        check_format(&disk, &what, notes);
    }
    disk
}

fn check_format(disk: &DiskEntry, what: &str, notes: &mut Notes<'_>) {
    let place = Some(Place::Line(disk.line));
    let id = short(&disk.id);
    let Some(format) = &disk.format else {
        notes.add(MISSING_ATTRIBUTE, place, [&what, &"ovf:format"]);
        return;
    };
    let kind = format.split_once("vmdk.html#").map_or("", |(_, kind)| kind);
    // Before OVF 1.0 was final, the stream-optimized kind was called sparse or compressed.
    let usual = ["streamOptimized", "sparse", "compressed"];
    if kind.is_empty() {
        notes.add(FORMAT_UNKNOWN, place, [&id, format]);
    } else if !usual.iter().any(|usual| kind.eq_ignore_ascii_case(usual)) {
        notes.add(FORMAT_OTHER, place, [&id, &kind]);
    }
}

/// How many bytes a unit is, in the spellings of DSP0004 and of older tools.
fn multiplier(units: &str) -> Option<u64> {
    let plain: String = units.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.to_ascii_lowercase();
    match plain.as_str() {
        "byte" | "bytes" => Some(1),
        "kilobyte" | "kilobytes" | "kb" => Some(1 << 10),
        "megabyte" | "megabytes" | "mb" => Some(1 << 20),
        "gigabyte" | "gigabytes" | "gb" => Some(1 << 30),
        "terabyte" | "terabytes" | "tb" => Some(1 << 40),
        _ => {
            let factor = plain.strip_prefix("byte*").or(plain.strip_prefix("bytes*"))?;
            match factor.split_once('^') {
                Some((base, power)) => base.parse::<u64>().ok()?.checked_pow(power.parse().ok()?),
                None => factor.parse().ok(),
            }
        }
    }
}

fn product(element: &Element) -> Product {
    let property = |property: &Element| Property {
        key: text(property.own("key")).unwrap_or_default(),
        user_configurable: flag(property.own("userConfigurable")),
        password: flag(property.own("password")),
    };
    Product {
        class: text(element.own("class")),
        instance: text(element.own("instance")),
        name: text(element.child_text("Product")),
        vendor: text(element.child_text("Vendor")),
        version: text(element.child_text("Version")),
        full_version: text(element.child_text("FullVersion")),
        properties: named(element, "Property").map(property).collect(),
    }
}

/// The hardware families that a system can run on.
fn hardware(system: &Element, id: &str, notes: &mut Notes<'_>) -> Vec<String> {
    let mut families = Vec::new();
    let mut place = None;
    for section in sections(system, "VirtualHardwareSection") {
        let types = section.child("System").and_then(|system| system.child("VirtualSystemType"));
        if let Some(types) = types {
            place = types.place();
            let split = types.text.split(|c: char| c == ',' || c.is_whitespace());
            families.extend(split.filter(|family| !family.is_empty()).map(short));
        }
    }
    if sections(system, "VirtualHardwareSection").next().is_none() {
        notes.add(NO_HARDWARE, system.place(), [&id]);
    }
    let version = |family: &String| family.strip_prefix("vmx-").map(str::to_owned);
    let versions: Vec<_> = families.iter().filter_map(version).collect();
    let known = |version: &String| version.len() == 2 && version.parse::<u8>().is_ok();
    // One family that the host knows is enough.
    let Some(oldest) = versions.iter().filter(|version| known(version)).min() else {
        match (versions.first(), families.first()) {
            (Some(odd), _) => notes.add(ODD_HARDWARE, place, [&id, &format!("vmx-{odd}")]),
            (None, Some(family)) => notes.add(FOREIGN_HARDWARE, place, [&id, family]),
            (None, None) => {}
        }
        return families;
    };
    if let Some(hosts) = hosts(oldest) {
        notes.add(NEW_HARDWARE, place, [&id, &format!("vmx-{oldest}"), &hosts]);
    }
    families
}

/// Which hosts are needed for a hardware family that not every host since 7.0 knows, after
/// `Hardware.Version` in the vSphere Automation reference.
fn hosts(version: &str) -> Option<&'static str> {
    Some(match version.parse().unwrap_or(u8::MAX) {
        0..=17 => return None,
        18 => "ESXi 7.0 Update 1 or later",
        19 => "ESXi 7.0 Update 2 or later",
        20 => "ESXi 8.0 or later",
        21 => "ESXi 8.0 Update 2 or later",
        22 => "ESX 9.0 or later",
        23.. => "a version that is not known here",
    })
}

#[cfg(test)]
mod tests;
