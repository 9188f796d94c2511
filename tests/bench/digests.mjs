// Digests of the inspector's wasm module and of hash-wasm's, on the same bytes in the same process.
//
// A ratio above 1 means that ours is faster.

import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';

import { createMD5, createSHA1, createSHA256, createSHA512 } from 'hash-wasm';

import { median } from './support/times.mjs';

const ROUNDS = 9;
// What the page's worker writes at once.
const PIECE = 256 << 10;
const BYTES = Buffer.alloc(64 << 20, 'accession ');

const { Intake } = createRequire(import.meta.url)(process.env.ACCESSION_INSPECTOR);

const ours = (algorithm) => () => {
  const intake = new Intake(JSON.stringify([algorithm]));
  return {
    write: (piece) => intake.write(piece),
    finish: () => JSON.parse(intake.finish()).digests[algorithm],
  };
};
const theirs = (create) => async () => {
  const hasher = await create();
  return { write: (piece) => hasher.update(piece), finish: () => hasher.digest() };
};

const peers = { MD5: createMD5, SHA1: createSHA1, SHA256: createSHA256, SHA512: createSHA512 };

for (const [algorithm, create] of Object.entries(peers)) {
  const hashers = [ours(algorithm), theirs(create)];
  const times = hashers.map(() => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    const digests = [];
    for (const [index, begin] of hashers.entries()) {
      const hasher = await begin();
      const began = performance.now();
      for (let at = 0; at < BYTES.length; at += PIECE) hasher.write(BYTES.subarray(at, at + PIECE));
      digests.push(hasher.finish());
      // The first round is for warming up.
      if (round > 0) times[index].push(performance.now() - began);
    }
    if (digests[0] !== digests[1]) throw new Error(`${algorithm}: ${digests.join(' is not ')}`);
  }
  const [mine, other] = times.map(median);
  const ratio = (other / mine).toFixed(2);
  console.log(`${algorithm} in wasm: ours ${rate(mine)}, hash-wasm ${rate(other)}, ratio ${ratio}`);
}

function rate(milliseconds) {
  return `${(BYTES.length / 1000 / milliseconds).toFixed(0)} MB/s`;
}
