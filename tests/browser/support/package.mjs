// Packages as a content library takes them, made on the spot: a descriptor, a disk, a manifest, an archive, an image.
// Written from the published formats, by other hands than our readers.

import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

const SECTOR = 512;
const GRAIN = 128 * SECTOR;
const ENTRIES = 512;

/** A stream-optimized disk (VMDK 1.1) for as many grains, each of which holds the same bytes. */
export function disk(grains = 1, content = Buffer.alloc(GRAIN, 'grain')) {
  const capacity = grains * 128;
  const text = `# Disk DescriptorFile\nversion=1\nCID=6b53244c\nparentCID=ffffffff\ncreateType="streamOptimized"\n\n# Extent description\nRDONLY ${capacity} SPARSE "disk.vmdk"\n\n# The Disk Data Base\n#DDB\n\nddb.adapterType = "lsilogic"\nddb.virtualHWVersion = "11"\n`;
  const header = (directory) => {
    const bytes = Buffer.alloc(SECTOR);
    bytes.write('KDMV');
    bytes.writeUInt32LE(3, 4);
    bytes.writeUInt32LE(0x30001, 8);
    [capacity, 128, 1, 2].forEach((number, at) => bytes.writeBigUInt64LE(BigInt(number), 12 + 8 * at));
    bytes.writeUInt32LE(ENTRIES, 44);
    bytes.writeBigUInt64LE(0n, 48);
    bytes.writeBigUInt64LE(directory, 56);
    bytes.writeBigUInt64LE(128n, 64);
    bytes.write('\n \r\n', 73);
    bytes.writeUInt16LE(1, 77);
    return bytes;
  };
  const front = Buffer.alloc(128 * SECTOR);
  header(0xffffffffffffffffn).copy(front);
  front.write(text, SECTOR);
  const pieces = [front];
  let here = 128;
  const put = (bytes) => {
    const at = here;
    pieces.push(bytes, Buffer.alloc((SECTOR - (bytes.length % SECTOR)) % SECTOR));
    here += Math.ceil(bytes.length / SECTOR);
    return at;
  };
  const mark = (sectors, type) => {
    const bytes = Buffer.alloc(SECTOR);
    bytes.writeBigUInt64LE(BigInt(sectors));
    bytes.writeUInt32LE(type, 12);
    return put(bytes);
  };
  const compressed = deflateSync(content, { level: 0 });
  const directory = [];
  for (let first = 0; first < grains; first += ENTRIES) {
    const table = Buffer.alloc(4 * ENTRIES);
    for (let grain = first; grain < Math.min(first + ENTRIES, grains); grain += 1) {
      const bytes = Buffer.alloc(12 + compressed.length);
      bytes.writeBigUInt64LE(BigInt(grain * 128));
      bytes.writeUInt32LE(compressed.length, 8);
      compressed.copy(bytes, 12);
      table.writeUInt32LE(put(bytes), 4 * (grain - first));
    }
    mark(table.length / SECTOR, 1);
    directory.push(put(table));
  }
  const places = Buffer.alloc(Math.ceil((4 * directory.length) / SECTOR) * SECTOR);
  directory.forEach((place, at) => places.writeUInt32LE(place, 4 * at));
  mark(places.length / SECTOR, 2);
  const at = put(places);
  mark(1, 3);
  put(header(BigInt(at)));
  mark(0, 0);
  return { bytes: Buffer.concat(pieces), capacity: capacity * SECTOR };
}

/** A descriptor of one machine with one disk in a file of so many bytes. */
export function descriptor(name, { href, size, capacity }) {
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:href="${href}" ovf:id="file1" ovf:size="${size}"/>
  </References>
  <DiskSection>
    <Info>Virtual disk information</Info>
    <Disk ovf:capacity="${capacity}" ovf:diskId="disk1" ovf:fileRef="file1" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <VirtualSystem ovf:id="${name}">
    <Info>A virtual machine</Info>
    <Name>${name}</Name>
    <VirtualHardwareSection>
      <Info>Virtual hardware requirements</Info>
      <System>
        <vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType>
      </System>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`);
}

/** The files of a package in the order in which they belong into an archive. */
export function packageFiles(name, { grains = 1, size = (real) => real, algorithm = 'sha256' } = {}) {
  const { bytes, capacity } = disk(grains);
  const href = `${name}-disk1.vmdk`;
  const ovf = descriptor(name, { href, size: size(bytes.length), capacity });
  const digest = (bytes) => createHash(algorithm).update(bytes).digest('hex');
  const lines = [
    [`${name}.ovf`, ovf],
    [href, bytes],
  ].map(([name, bytes]) => `${algorithm.toUpperCase()}(${name})= ${digest(bytes)}\n`);
  return [
    { name: `${name}.ovf`, bytes: ovf },
    { name: `${name}.mf`, bytes: Buffer.from(lines.join('')) },
    { name: href, bytes },
  ];
}

/** An archive (USTAR) of files. */
export function archive(files) {
  const pieces = files.flatMap(({ name, bytes }) => [
    member(name, bytes.length),
    bytes,
    Buffer.alloc((SECTOR - (bytes.length % SECTOR)) % SECTOR),
  ]);
  return Buffer.concat([...pieces, Buffer.alloc(2 * SECTOR)]);
}

/** The header of a member of an archive. */
export function member(name, size) {
  const header = Buffer.alloc(SECTOR);
  header.write(name);
  const octal = (number, at, length) => header.write(number.toString(8).padStart(length - 1, '0'), at);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (size < 8 ** 11) {
    octal(size, 124, 12);
  } else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  octal(1700000000, 136, 12);
  header.write('        0', 148);
  header.write('ustar\0' + '00', 257);
  octal(header.reduce((sum, byte) => sum + byte, 0), 148, 7);
  header[155] = 0x20;
  return header;
}

/** An image (ISO 9660) of a volume without files. */
export function image(name, sectors = 200) {
  const bytes = Buffer.alloc(sectors * 2048);
  const at = 16 * 2048;
  bytes.write('\x01CD001\x01', at, 'latin1');
  for (const [from, length] of [[8, 32], [40, 32], [318, 128], [446, 128], [574, 128]]) {
    bytes.fill(' ', at + from, at + from + length);
  }
  bytes.write('LINUX', at + 8);
  bytes.write(name, at + 40);
  bytes.writeUInt32LE(sectors, at + 80);
  bytes.writeUInt32BE(sectors, at + 84);
  bytes.write('\x00\x08\x08\x00', at + 128, 'latin1');
  bytes.write('2024050112345600', at + 813);
  bytes.write('\xffCD001\x01', at + 2048, 'latin1');
  return bytes;
}

/** Puts a file into a directory. */
export async function keep(directory, name, bytes) {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return { name, path, size: bytes.length };
}

/** A file that begins with these bytes and is as large as that, with nothing on the disk in between. */
export async function sparse(directory, name, bytes, size) {
  const path = join(directory, name);
  const file = await open(path, 'w');
  await file.write(bytes);
  await file.truncate(size);
  await file.close();
  return { name, path, size };
}
