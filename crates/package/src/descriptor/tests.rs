use super::*;
use crate::findings::Findings;

/// A good descriptor, in the manner of ovftool.
const GOOD: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:href="vm-disk1.vmdk" ovf:id="file1" ovf:size="68096"/>
    <File ovf:href="vm-file1.nvram" ovf:id="file2" ovf:size="8684"/>
  </References>
  <DiskSection>
    <Info>The disks</Info>
    <Disk ovf:capacity="16" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized" ovf:populatedSize="0"/>
    <Disk ovf:capacity="${size}" ovf:capacityAllocationUnits="MegaBytes" ovf:diskId="vmdisk2"/>
  </DiskSection>
  <NetworkSection>
    <Info>The networks</Info>
    <Network ovf:name="VM Network"/>
  </NetworkSection>
  <DeploymentOptionSection>
    <Info>The sizes</Info>
    <Configuration ovf:id="small"><Label>Small</Label></Configuration>
    <Configuration ovf:default="true" ovf:id="large"><Label>Large &amp; fast</Label></Configuration>
  </DeploymentOptionSection>
  <vmw:IpAssignmentSection ovf:required="false" vmw:protocols="IPv4,IPv6" vmw:schemes="dhcp,ovfenv"/>
  <VirtualSystem ovf:id="vm">
    <Info>A virtual machine</Info>
    <Name>A machine</Name>
    <OperatingSystemSection ovf:id="101" vmw:osType="other4xLinux64Guest">
      <Info>The kind of guest</Info>
      <Description><![CDATA[Linux <64-bit>]]></Description>
    </OperatingSystemSection>
    <ProductSection ovf:class="net" ovf:instance="0">
      <Info>The product</Info>
      <Product>Appliance</Product>
      <Vendor>Vendor</Vendor>
      <Version>1.2</Version>
      <FullVersion>1.2 build 3</FullVersion>
      <Property ovf:key="ip" ovf:type="string" ovf:userConfigurable="true"/>
      <Property ovf:key="secret" ovf:password="true" ovf:type="string"/>
    </ProductSection>
    <EulaSection><Info>The terms</Info><License>None</License></EulaSection>
    <VirtualHardwareSection>
      <Info>The hardware</Info>
      <System>
        <vssd:VirtualSystemType>vmx-04 vmx-13</vssd:VirtualSystemType>
      </System>
      <Item><rasd:InstanceID>1</rasd:InstanceID></Item>
    </VirtualHardwareSection>
    <other:PrivateSection xmlns:other="urn:other" ovf:required="false"/>
  </VirtualSystem>
</Envelope>
"##;

/// What to change in the good descriptor to what, and what is found then.
type Case<'a> = (&'a str, &'a str, &'a [(&'static str, u64)]);

type Found = Vec<(&'static str, u64)>;

fn read(bytes: &[u8]) -> (Option<Descriptor>, Found) {
    let mut findings = Findings::default();
    let descriptor = Descriptor::read(bytes, &mut findings.of("vm.ovf"));
    let (findings, left_out) = findings.finish();
    assert_eq!(left_out, 0);
    let line = |finding: &crate::findings::Finding| {
        assert_eq!(finding.member.as_deref(), Some("vm.ovf"));
        assert!(!finding.found().contains("{0}") && !finding.why().contains("{1}"));
        let Some(Place::Line(line)) = finding.place else { panic!("{finding:?}") };
        (finding.check.id(), line)
    };
    (descriptor, findings.iter().map(line).collect())
}

fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

#[test]
fn a_good_descriptor_is_read_without_a_finding() {
    let (descriptor, found) = read(GOOD.as_bytes());
    assert_eq!(found, []);
    let descriptor = descriptor.unwrap();
    assert_eq!(descriptor.version, Version::One);
    let [disk, nvram] = descriptor.files.as_slice() else { panic!() };
    assert_eq!(
        (&*disk.name(), disk.size, disk.parts(), disk.line),
        ("vm-disk1.vmdk", Some(68096), None, 4)
    );
    assert_eq!((&*nvram.name(), nvram.compression.as_deref()), ("vm-file1.nvram", None));
    let [first, second] = descriptor.disks.as_slice() else { panic!() };
    assert_eq!((first.capacity_bytes, first.file_ref.as_deref()), (Some(16 << 30), Some("file1")));
    assert_eq!((first.populated_size, first.line), (Some(0), 9));
    assert_eq!((second.capacity.as_deref(), second.capacity_bytes), (Some("${size}"), None));
    let [system] = descriptor.systems.as_slice() else { panic!() };
    assert_eq!((system.id.as_str(), system.name.as_deref()), ("vm", Some("A machine")));
    assert_eq!(
        (system.collection, system.hardware.as_slice()),
        (false, &["vmx-04".to_owned(), "vmx-13".to_owned()][..])
    );
    let guest = system.operating_system.as_ref().unwrap();
    assert_eq!(guest.os_type.as_deref(), Some("other4xLinux64Guest"));
    assert_eq!(guest.description.as_deref(), Some("Linux <64-bit>"));
    let [product] = descriptor.products.as_slice() else { panic!() };
    assert_eq!(product.full_version.as_deref(), Some("1.2 build 3"));
    assert_eq!((product.class.as_deref(), product.instance.as_deref()), (Some("net"), Some("0")));
    let property = |key: &str, user_configurable, password| Property {
        key: key.to_owned(),
        user_configurable,
        password,
    };
    assert_eq!(product.properties, [property("ip", true, false), property("secret", false, true)]);
    assert_eq!(descriptor.networks, ["VM Network"]);
    let option = |id: &str, label: &str, default| DeploymentOption {
        id: id.to_owned(),
        label: Some(label.to_owned()),
        default,
    };
    assert_eq!(
        descriptor.deployment_options,
        [option("small", "Small", false), option("large", "Large & fast", true)]
    );
    assert_eq!(descriptor.eulas, 1);
    let addresses = descriptor.ip_assignment.unwrap();
    assert_eq!(
        (addresses.schemes.as_str(), addresses.protocols.as_str()),
        ("dhcp,ovfenv", "IPv4,IPv6")
    );
}

#[test]
fn every_check_hits_where_it_should_and_nowhere_else() {
    let too_deep = "<a>".repeat(100);
    let cases: &[Case<'_>] = &[
        ("encoding=\"UTF-8\"", "encoding=\"EBCDIC-CP-DK\"", &[("descriptor.encoding-unknown", 1)]),
        ("encoding=\"UTF-8\"", "encoding='utf-16'", &[("descriptor.encoding-mismatch", 1)]),
        ("A machine", "A \u{1}", &[("descriptor.malformed", 24)]),
        ("</References>", "</Reference>", &[("descriptor.malformed", 6)]),
        ("<Info>The disks", "<Info>The & disks", &[("descriptor.malformed", 8)]),
        ("<Info>The disks", "<Info>The &nbsp; disks", &[("descriptor.malformed", 8)]),
        ("ovf:id=\"vm\"", "ovf:id=\"&vm;\"", &[("descriptor.malformed", 22)]),
        ("ovf:id=\"vm\"", "ovf:id=\"vm\" ovf:id=\"vm\"", &[("descriptor.malformed", 22)]),
        ("<?xml", "\n<?xml", &[("descriptor.malformed", 2)]),
        ("</Envelope>", "</Envelope><Envelope/>", &[("descriptor.malformed", 48)]),
        ("</Envelope>", "</Envelope>}", &[("descriptor.malformed", 48)]),
        ("</Envelope>", "", &[("descriptor.malformed", 49)]),
        (
            " xmlns:vmw=\"http://www.vmware.com/schema/ovf\"",
            "",
            &[("descriptor.undeclared-prefix", 21)],
        ),
        (
            "<Envelope",
            "<!DOCTYPE Envelope [<!ENTITY a \"b\">]>\n<Envelope",
            &[("descriptor.doctype", 2)],
        ),
        ("<Info>The disks", &too_deep, &[("descriptor.too-complex", 8)]),
        (
            "xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"",
            "xmlns=\"urn:another\"",
            &[("descriptor.namespace", 2)],
        ),
        ("xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"", "", &[("descriptor.namespace", 2)]),
        ("ovf:href=\"vm-disk1.vmdk\"", "", &[("descriptor.missing-attribute", 4)]),
        ("ovf:id=\"file2\"", "", &[("descriptor.missing-attribute", 5)]),
        ("ovf:diskId=\"vmdisk2\"", "", &[("descriptor.missing-attribute", 10)]),
        ("ovf:capacity=\"16\"", "", &[("descriptor.missing-attribute", 9)]),
        (
            "ovf:format=\"http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized\"",
            "",
            &[("descriptor.missing-attribute", 9)],
        ),
        (
            "<VirtualSystem ovf:id=\"vm\">",
            "<VirtualSystem>",
            &[("descriptor.missing-attribute", 22)],
        ),
        ("ovf:size=\"68096\"", "ovf:size=\"-1\"", &[("descriptor.bad-number", 4)]),
        ("ovf:size=\"68096\"", "ovf:size=\"\"", &[("descriptor.bad-number", 4)]),
        ("ovf:capacity=\"16\"", "ovf:capacity=\"16 GB\"", &[("descriptor.bad-number", 9)]),
        ("byte * 2^30", "furlong", &[("descriptor.bad-units", 9)]),
        ("ovf:id=\"file2\"", "ovf:id=\"file1\"", &[("descriptor.duplicate-id", 5)]),
        ("ovf:diskId=\"vmdisk2\"", "ovf:diskId=\"vmdisk1\"", &[("descriptor.duplicate-id", 10)]),
        (
            "ovf:href=\"vm-file1.nvram\"",
            "ovf:href=\"vm-disk1.vmdk\"",
            &[("descriptor.duplicate-href", 5)],
        ),
        ("ovf:size=\"68096\"", "", &[("descriptor.no-size", 4)]),
        ("ovf:fileRef=\"file1\"", "ovf:fileRef=\"file3\"", &[("descriptor.unknown-file", 9)]),
        (
            "ovf:fileRef=\"file1\"",
            "ovf:fileRef=\"file1\" ovf:parentRef=\"base\"",
            &[("descriptor.unknown-parent", 9)],
        ),
        ("vmdk.html#streamOptimized", "vmdk.html#", &[("descriptor.format-unknown", 9)]),
        (
            "vmdk.html#streamOptimized",
            "vmdk.html#monolithicFlat",
            &[("descriptor.format-other", 9)],
        ),
        ("vm-disk1.vmdk", "https://example.com/vm-disk1.vmdk", &[("descriptor.href-url", 4)]),
        ("vm-disk1.vmdk", "../vm-disk1.vmdk", &[("descriptor.href-outside", 4)]),
        ("vm-disk1.vmdk", "C:\\vm-disk1.vmdk", &[("descriptor.href-outside", 4)]),
        ("vm-disk1.vmdk", "disks/vm-disk1.vmdk", &[("descriptor.href-folder", 4)]),
        ("vm-disk1.vmdk", "vm%20disk1.vmdk", &[("descriptor.href-encoded", 4)]),
        (
            "ovf:size=\"68096\"",
            "ovf:size=\"68096\" ovf:compression=\"gzip\"",
            &[("descriptor.compressed", 4)],
        ),
        (
            "ovf:size=\"68096\"",
            "ovf:size=\"68096\" ovf:chunkSize=\"1000\"",
            &[("descriptor.chunked", 4)],
        ),
        (
            " ovf:required=\"false\"/>\n  </Virt",
            "/>\n  </Virt",
            &[("descriptor.required-section", 46)],
        ),
        ("<EulaSection>", "<FooSection/><EulaSection>", &[("descriptor.required-section", 38)]),
        ("vmx-04 vmx-13", "virtualbox-2.2", &[("descriptor.foreign-hardware", 42)]),
        ("vmx-04 vmx-13", "vmx-7", &[("descriptor.odd-hardware", 42)]),
        ("vmx-04 vmx-13", "vmx-20", &[("descriptor.new-hardware", 42)]),
    ];
    let mut hit = BTreeSet::new();
    let mut check = |xml: &str, expected: &[(&'static str, u64)]| {
        let (_, found) = read(xml.as_bytes());
        assert_eq!(found, expected, "{xml}");
        hit.extend(expected.iter().map(|(id, _)| *id));
    };
    for (from, to, expected) in cases {
        check(&changed(from, to), expected);
    }
    check("", &[("descriptor.malformed", 1)]);
    check("PK", &[("descriptor.malformed", 1)]);
    check("<html></html>", &[("descriptor.no-envelope", 1)]);
    let one = "http://schemas.dmtf.org/ovf/envelope/1";
    check(
        &GOOD.replace(one, "http://schemas.dmtf.org/ovf/envelope/2"),
        &[("descriptor.version-2", 2)],
    );
    let old = GOOD.replace(one, "http://www.vmware.com/schema/ovf/1/envelope");
    check(&old, &[("descriptor.version-0.9", 2)]);
    check(
        &format!("<Envelope xmlns=\"{one}\"/>"),
        &[("descriptor.no-references", 1), ("descriptor.no-system", 1)],
    );
    let (head, rest) = GOOD.split_once("<VirtualHardwareSection>").unwrap();
    let (_, tail) = rest.split_once("</VirtualHardwareSection>").unwrap();
    check(&format!("{head}{tail}"), &[("descriptor.no-hardware", 22)]);
    let (_, found) =
        read(&changed("A machine", "A m\u{e4}chine").chars().map(|c| c as u8).collect::<Vec<_>>());
    assert_eq!(found, [("descriptor.bad-text", 24)]);
    hit.insert("descriptor.bad-text");
    let all: BTreeSet<_> = CHECKS.iter().map(|check| check.id()).collect();
    assert_eq!(hit, all);
}

#[test]
fn a_descriptor_reads_the_same_in_every_encoding() {
    let plain = changed("A machine", "Gr\u{fc}\u{df}e");
    let (expected, _) = read(plain.as_bytes());
    let named = |name: &str| plain.replace("UTF-8", name);
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let single = |text: &str| text.chars().map(|c| c as u8).collect::<Vec<_>>();
    for bytes in [
        [b"\xEF\xBB\xBF", plain.as_bytes()].concat(),
        [b"\xFF\xFE", little(&named("UTF-16")).as_slice()].concat(),
        [b"\xFE\xFF", big(&named("utf-16")).as_slice()].concat(),
        little(&named("UTF-16LE")),
        big(&named("UTF-16BE")),
        little(&plain.replace(" encoding=\"UTF-8\"", "")),
        single(&named("ISO-8859-1")),
        single(&named("windows-1252")),
        plain.replace(" encoding=\"UTF-8\"", "").into_bytes(),
        plain.replace("\n", "\r\n").into_bytes(),
    ] {
        let (descriptor, found) = read(&bytes);
        assert_eq!(found, []);
        assert_eq!(descriptor, expected);
    }
    let (descriptor, found) = read(&little(&plain));
    assert_eq!((descriptor, found), (expected, vec![("descriptor.encoding-mismatch", 1)]));
}

#[test]
fn prefixes_make_no_difference() {
    let (expected, _) = read(GOOD.as_bytes());
    let prefixed = ["Envelope", "References", "File", "DiskSection", "Disk", "VirtualSystem"];
    let mut xml = GOOD.replacen("xmlns:ovf", "xmlns:o", 1).replace(" ovf:", " o:");
    for name in prefixed {
        xml = xml.replace(&format!("<{name} "), &format!("<o:{name} "));
        xml = xml.replace(&format!("<{name}>"), &format!("<o:{name}>"));
        xml = xml.replace(&format!("</{name}>"), &format!("</o:{name}>"));
    }
    assert_eq!(read(xml.as_bytes()), (expected.clone(), vec![]));
    let bare = GOOD.replace(" ovf:", " ");
    assert_eq!(read(bare.as_bytes()), (expected, vec![]));
}

#[test]
fn collections_hold_systems() {
    let (head, rest) = GOOD.split_once("<VirtualSystem ovf:id=\"vm\">").unwrap();
    let (system, tail) = rest.split_once("</VirtualSystem>").unwrap();
    let system = |id: &str| format!("<VirtualSystem ovf:id=\"{id}\">{system}</VirtualSystem>");
    let (a, b) = (system("a"), system("b"));
    let inner = format!("<VirtualSystemCollection ovf:id=\"inner\">{b}</VirtualSystemCollection>");
    let xml = format!(
        "{head}<VirtualSystemCollection ovf:id=\"outer\">{a}{inner}</VirtualSystemCollection>{tail}"
    );
    let (descriptor, found) = read(xml.as_bytes());
    assert_eq!(found, []);
    let descriptor = descriptor.unwrap();
    let [outer] = descriptor.systems.as_slice() else { panic!() };
    let [first, inner] = outer.systems.as_slice() else { panic!() };
    assert!(outer.collection && !first.collection && inner.collection);
    assert_eq!((first.id.as_str(), inner.systems[0].id.as_str()), ("a", "b"));
    assert_eq!(descriptor.products.len(), 2);
}

#[test]
fn the_draft_has_its_sections_in_types() {
    let xml = r#"<ovf:Envelope xmlns:ovf="http://www.vmware.com/schema/ovf/1/envelope"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <References><File ovf:id="file1" ovf:href="a.vmdk" ovf:size="1"/></References>
      <Section xsi:type="ovf:DiskSection_Type"><Disk ovf:diskId="d" ovf:fileRef="file1"
        ovf:capacity="1" ovf:format="http://www.vmware.com/specifications/vmdk.html#sparse"/></Section>
      <Content ovf:id="vm" xsi:type="ovf:VirtualSystem_Type">
        <Section xsi:type="ovf:VirtualHardwareSection_Type"><System>
          <vssd:VirtualSystemType xmlns:vssd="urn:vssd">vmx-4, vmx-04</vssd:VirtualSystemType>
        </System></Section></Content></ovf:Envelope>"#;
    let (descriptor, found) = read(xml.as_bytes());
    assert_eq!(found, [("descriptor.version-0.9", 1)]);
    let descriptor = descriptor.unwrap();
    assert_eq!((descriptor.files.len(), descriptor.disks.len()), (1, 1));
    assert_eq!(descriptor.systems[0].hardware, ["vmx-4", "vmx-04"]);
}

#[test]
fn names_and_parts_are_told() {
    let file = |href: &str, size, chunk_size| FileRef {
        id: String::new(),
        href: href.to_owned(),
        size,
        compression: None,
        chunk_size,
        line: 1,
    };
    let name = |href: &str| file(href, None, None).name().into_owned();
    assert_eq!(name("a%20b%25.vmdk"), "a b%.vmdk");
    assert_eq!(name("100%.vmdk"), "100%.vmdk");
    assert_eq!(name("./a.vmdk"), "a.vmdk");
    assert_eq!(name("%FF.vmdk"), "%FF.vmdk");
    let chunked = file("a.vmdk", Some(5_500), Some(2_000));
    assert_eq!((chunked.parts(), chunked.part(2).as_str()), (Some(3), "a.vmdk.000000002"));
    assert_eq!(file("a.vmdk", Some(0), Some(2_000)).parts(), Some(1));
    assert_eq!(file("a.vmdk", None, Some(2_000)).parts(), None);
    assert!(file("http://host/a", None, None).is_url());
    assert!(!file("a:b.vmdk", None, None).is_url());
}

#[test]
fn units_are_multiplied() {
    let expected = [
        ("byte", Some(1)),
        ("byte * 2^20", Some(1 << 20)),
        ("byte*2^40", Some(1 << 40)),
        ("byte * 10^3", Some(1000)),
        ("GigaBytes", Some(1 << 30)),
        ("byte * 512", Some(512)),
        ("byte * 2^64", None),
        ("byte * 2^-1", None),
        ("bit", None),
    ];
    for (units, bytes) in expected {
        assert_eq!(multiplier(units), bytes, "{units}");
    }
}

#[test]
fn nothing_is_expanded_and_nothing_grows_without_bound() {
    let laughs = changed(
        "<Envelope",
        "<!DOCTYPE Envelope [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>\n<Envelope",
    );
    let (descriptor, found) = read(laughs.replace("A machine", "&b; &lt;&#x41;&gt;").as_bytes());
    assert_eq!(found, [("descriptor.doctype", 2)]);
    assert_eq!(descriptor.unwrap().systems[0].name.as_deref(), Some("&b; <A>"));
    let many = changed("<Info>The disks</Info>", &"<a/>".repeat(200_000));
    assert_eq!(read(many.as_bytes()).1, [("descriptor.too-complex", 8)]);
    let attributes: String = (0..1000).map(|n| format!(" a{n}=\"\"")).collect();
    let wide = changed("<Info>The disks", &format!("<Info{attributes}>The disks"));
    assert_eq!(read(wide.as_bytes()).1, [("descriptor.too-complex", 8)]);
    let long = changed("A machine", &"x".repeat(100_000));
    let name = read(long.as_bytes()).0.unwrap().systems.remove(0).name.unwrap();
    assert_eq!(name.chars().count(), 201);
}

#[test]
fn a_truncated_descriptor_is_told_at_every_byte() {
    let whole = changed("A machine", "Gr\u{fc}\u{df}e");
    let end = whole.trim_end().len();
    for length in 0..end {
        let (descriptor, found) = read(&whole.as_bytes()[..length]);
        assert_eq!(descriptor, None);
        let [(id, line)] = found.as_slice() else { panic!("{found:?}") };
        let expected = if whole.is_char_boundary(length) { "malformed" } else { "bad-text" };
        assert_eq!(id.strip_prefix("descriptor."), Some(expected));
        let last = 1 + whole.as_bytes()[..length].iter().filter(|byte| **byte == b'\n').count();
        assert!(*line <= last as u64, "{length}: {line} of {last}");
    }
    assert_eq!(read(&whole.as_bytes()[..end]).1, []);
}

#[test]
fn no_bytes_break_it() {
    let soak = crate::soak_factor();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let pieces: &[&[u8]] = &[
        b"<",
        b">",
        b"\"",
        b"&",
        b"&#0;",
        b"</",
        b"/>",
        b"<!--",
        b"<![CDATA[",
        b"<?",
        b"\0",
        b"\xFF\xFE",
        b"xmlns:ovf=\"\"",
        b"18446744073709551616",
        b"%zz",
        b"\xC3",
    ];
    for case in 0..1000 * soak {
        let mut bytes = GOOD.as_bytes().to_vec();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            let to = (at + random(30)).min(bytes.len());
            match random(4) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => drop(bytes.drain(at..to)),
                2 => drop(bytes.splice(at..at, pieces[random(pieces.len())].iter().copied())),
                _ => {
                    let copy = bytes[at..to].to_vec();
                    let into = random(bytes.len());
                    drop(bytes.splice(into..into, copy));
                }
            }
        }
        let mut findings = Findings::default();
        let descriptor = Descriptor::read(&bytes, &mut findings.of("vm.ovf"));
        let (findings, _) = findings.finish();
        assert!(descriptor.is_some() || !findings.is_empty(), "case {case}");
        let noise: Vec<u8> = (0..random(200)).map(|_| u8::try_from(random(256)).unwrap()).collect();
        assert_eq!(Descriptor::read(&noise, &mut Findings::default().of("vm.ovf")), None);
    }
}
