// The check of an OVA, with the digests that its manifest asks for, beside openssl's digest of the
// same file: what has to be computed in any case.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import { writeOva } from './support/ova.mjs';
import { median } from './support/times.mjs';

const ROUNDS = 3;
const SIZE = 2e9;

if (spawnSync('openssl', ['version']).status !== 0) {
  console.log('check: nothing to compare with (no openssl)');
  process.exit(0);
}

const directory = mkdtempSync(join(tmpdir(), 'accession-bench-'));
try {
  const ova = join(directory, 'vm.ova');
  writeOva(ova, SIZE);
  const commands = [
    [process.env.ACCESSION_SERVER, 'check', ova],
    ['openssl', 'dgst', '-sha256', ova],
  ];
  const times = commands.map(() => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, [program, ...words]] of commands.entries()) {
      const began = performance.now();
      const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
      // The first round brings the file into memory.
      if (round > 0) times[index].push(performance.now() - began);
      if (status !== 0) throw new Error(`${program}: ${status}\n${stdout}${stderr}`);
    }
  }
  const [mine, other] = times.map(median);
  const ratio = (mine / other).toFixed(2);
  console.log(
    `check of an OVA of ${SIZE / 1e9} GB: ours ${seconds(mine)}, ` +
      `openssl dgst -sha256 ${seconds(other)}, ${ratio} times as long`,
  );
} finally {
  rmSync(directory, { recursive: true });
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
