// Makes an OVA as large as is wanted.

import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const SECTOR = 512;
const GRAIN = 128;
const TABLE = 512;

/**
 * Writes a good OVA of about so many bytes: a descriptor, a stream-optimized disk of full grains,
 * and a manifest by SHA-256.
 */
export function writeOva(path, bytes) {
  const tables = Math.ceil(bytes / (GRAIN * SECTOR * TABLE));
  const grains = tables * TABLE;
  const capacity = grains * GRAIN;
  const directory = 21;
  const overhead = directory + Math.ceil((tables * 4) / SECTOR) + tables * 4;
  const size = (overhead + capacity + 1) * SECTOR;
  const ovf = Buffer.from(descriptor(size, capacity * SECTOR));
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

  const file = openSync(path, 'w');
  const write = (bytes) => writeSync(file, bytes);
  write(header('vm.ovf', ovf.length));
  write(filled(ovf));
  write(header('disk.vmdk', size));
  const digest = createHash('sha256');
  for (const piece of disk({ tables, grains, capacity, directory, overhead })) {
    digest.update(piece);
    write(piece);
  }
  const lines = [
    `SHA256(vm.ovf)= ${sha256(ovf)}\n`,
    `SHA256(disk.vmdk)= ${digest.digest('hex')}\n`,
  ];
  const manifest = Buffer.from(lines.join(''));
  write(header('vm.mf', manifest.length));
  write(filled(manifest));
  write(Buffer.alloc(2 * SECTOR));
  closeSync(file);
}

/** The disk in pieces, its tables in front and its grains as long as those before compression. */
function* disk({ tables, grains, capacity, directory, overhead }) {
  const front = Buffer.alloc(overhead * SECTOR);
  front.write('KDMV');
  [3, 0x30001].forEach((value, at) => front.writeUInt32LE(value, 4 + 4 * at));
  [capacity, GRAIN, 1, 20].forEach((value, at) => front.writeBigUInt64LE(BigInt(value), 12 + 8 * at));
  front.writeUInt32LE(TABLE, 44);
  [0, directory, overhead].forEach((value, at) => front.writeBigUInt64LE(BigInt(value), 48 + 8 * at));
  front.write('\n \r\n\x01', 73);
  front.write(
    `# Disk DescriptorFile\nversion=1\nCID=6b53244c\nparentCID=ffffffff\ncreateType="streamOptimized"\n\n` +
      `RW ${capacity} SPARSE "disk"\n\nddb.adapterType = "lsilogic"\n`,
    SECTOR,
  );
  const firstTable = directory + Math.ceil((tables * 4) / SECTOR);
  for (let at = 0; at < tables; at += 1) {
    front.writeUInt32LE(firstTable + at * 4, directory * SECTOR + at * 4);
  }
  for (let at = 0; at < grains; at += 1) {
    front.writeUInt32LE(overhead + at * GRAIN, firstTable * SECTOR + at * 4);
  }
  yield front;

  const table = Buffer.alloc(TABLE * GRAIN * SECTOR, 'accession ');
  for (let first = 0; first < grains; first += TABLE) {
    for (let at = 0; at < TABLE; at += 1) {
      const marker = at * GRAIN * SECTOR;
      table.writeBigUInt64LE(BigInt((first + at) * GRAIN), marker);
      table.writeUInt32LE(GRAIN * SECTOR - 12, marker + 8);
      table.write('\x78\x01', marker + 12);
    }
    yield table;
  }
  yield Buffer.alloc(SECTOR);
}

function descriptor(size, capacity) {
  const cim = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData';
  const format = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';
  const ovf = 'http://schemas.dmtf.org/ovf/envelope/1';
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="${ovf}" xmlns:ovf="${ovf}" xmlns:vssd="${cim}">
  <References>
    <File ovf:href="disk.vmdk" ovf:id="file" ovf:size="${size}"/>
  </References>
  <DiskSection>
    <Info>Virtual disk information</Info>
    <Disk ovf:capacity="${capacity}" ovf:diskId="disk" ovf:fileRef="file" ovf:format="${format}"/>
  </DiskSection>
  <VirtualSystem ovf:id="vm">
    <Info>A virtual machine</Info>
    <Name>vm</Name>
    <VirtualHardwareSection>
      <Info>Virtual hardware requirements</Info>
      <System>
        <vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType>
      </System>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}

/** The header of a member of a tar archive. */
function header(name, size) {
  const block = Buffer.alloc(SECTOR);
  block.write(name);
  block.write('0000644', 100);
  block.write('0000000', 108);
  block.write('0000000', 116);
  block.write(size.toString(8).padStart(11, '0'), 124);
  block.write('00000000000\x00        0', 136);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((sum, byte) => sum + byte);
  block.write(`${sum.toString(8).padStart(6, '0')}\x00 `, 148);
  return block;
}

function filled(bytes) {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & (SECTOR - 1))]);
}
