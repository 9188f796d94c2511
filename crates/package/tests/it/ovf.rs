//! Builds descriptors and manifests as ovftool writes them.

use accession_core::received::Algorithm;
use accession_package::Intake;
use accession_package::descriptor::Descriptor;
use accession_package::findings::Findings;
use accession_package::manifest::Manifest;

/// A descriptor of one virtual machine.
pub(crate) struct Ovf {
    name: String,
    hardware: String,
    files: String,
    disks: String,
    extra: String,
}

impl Ovf {
    /// A machine without files and disks.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            hardware: "vmx-13".to_owned(),
            files: String::new(),
            disks: String::new(),
            extra: String::new(),
        }
    }

    /// Made for another hardware family.
    #[must_use]
    pub(crate) fn hardware(mut self, family: &str) -> Self {
        family.clone_into(&mut self.hardware);
        self
    }

    /// With a file, and its size if that is told.
    #[must_use]
    pub(crate) fn file(mut self, id: &str, href: &str, size: Option<u64>) -> Self {
        let size = size.map_or_else(String::new, |size| format!(" ovf:size=\"{size}\""));
        let file = format!("    <File ovf:href=\"{href}\" ovf:id=\"{id}\"{size}/>\n");
        self.files.push_str(&file);
        self
    }

    /// With a file that is cut into parts of so many bytes.
    #[must_use]
    pub(crate) fn chunked(self, id: &str, href: &str, size: Option<u64>, chunk: u64) -> Self {
        self.file(id, &format!("{href}\" ovf:chunkSize=\"{chunk}"), size)
    }

    /// With a stream-optimized disk in that file, of so many bytes.
    #[must_use]
    pub(crate) fn disk(mut self, id: &str, file: &str, capacity: u64) -> Self {
        let format = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";
        let disk = format!(
            "    <Disk ovf:capacity=\"{capacity}\" ovf:diskId=\"{id}\" ovf:fileRef=\"{file}\" \
             ovf:format=\"{format}\"/>\n"
        );
        self.disks.push_str(&disk);
        self
    }

    /// With more elements of the envelope, as they are.
    #[must_use]
    pub(crate) fn extra(mut self, xml: &str) -> Self {
        self.extra.push_str(xml);
        self
    }

    /// The descriptor.
    pub(crate) fn xml(&self) -> Vec<u8> {
        let Self { name, hardware, files, disks, extra } = self;
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:vmw="http://www.vmware.com/schema/ovf" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
{files}  </References>
  <DiskSection>
    <Info>Virtual disk information</Info>
{disks}  </DiskSection>
{extra}  <VirtualSystem ovf:id="{name}">
    <Info>A virtual machine</Info>
    <Name>{name}</Name>
    <VirtualHardwareSection>
      <Info>Virtual hardware requirements</Info>
      <System>
        <vssd:VirtualSystemType>{hardware}</vssd:VirtualSystemType>
      </System>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
"#
        )
        .into_bytes()
    }
}

/// The manifest of these files.
pub(crate) fn manifest(algorithm: Algorithm, files: &[(&str, &[u8])]) -> Vec<u8> {
    let spelled = format!("{algorithm:?}").to_uppercase();
    let mut text = String::new();
    for (name, bytes) in files {
        let mut intake = Intake::new([algorithm]);
        intake.write(bytes);
        let digest = &intake.finish().digests[&algorithm];
        text.push_str(&format!("{spelled}({name})= {digest}\n"));
    }
    text.into_bytes()
}

#[test]
fn what_is_built_has_no_finding() {
    let ovf = Ovf::new("vm")
        .hardware("vmx-14")
        .file("file1", "vm-disk1.vmdk", Some(3))
        .disk("vmdisk1", "file1", 1 << 30)
        .extra(
            "  <NetworkSection><Info>Networks</Info><Network ovf:name=\"VM\"/></NetworkSection>\n",
        )
        .xml();
    let mut findings = Findings::default();
    let descriptor = Descriptor::read(&ovf, &mut findings.of("vm.ovf")).unwrap();
    assert_eq!(
        (&*descriptor.files[0].name(), descriptor.files[0].size),
        ("vm-disk1.vmdk", Some(3))
    );
    assert_eq!(descriptor.disks[0].capacity_bytes, Some(1 << 30));
    let files: [(&str, &[u8]); 2] = [("vm.ovf", &ovf), ("vm-disk1.vmdk", b"abc")];
    let text = manifest(Algorithm::Sha256, &files);
    let manifest = Manifest::read(&text, &mut findings.of("vm.mf")).unwrap();
    assert_eq!(manifest.entries.len(), 2);
    assert_eq!(findings.finish(), (vec![], 0));
}
