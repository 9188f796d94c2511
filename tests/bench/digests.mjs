// Digests of the inspector's wasm modules and of hash-wasm's, on the same bytes in the same process.
//
// A ratio above 1 means that ours is faster. SHA-256 and SHA-512 have a module with SIMD; where an engine has no SIMD,
// the inspector computes them itself. It is measured too: its SHA-512 is a little slower than hash-wasm's. The other
// code that sha2 has for it (`--cfg sha2_backend_soft="compact"`) is a third faster than hash-wasm's, but comes with a
// SHA-256 that is a third slower.

import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';

import { createMD5, createSHA1, createSHA256, createSHA512 } from 'hash-wasm';

import { median } from './support/times.mjs';

// Many short ones, each compared for itself: what else a machine does then slows both alike.
const ROUNDS = 33;
// What the page's worker writes at once.
const PIECE = 256 << 10;
const BYTES = Buffer.alloc(16 << 20, 'accession ');

const require = createRequire(import.meta.url);
const { Intake, digestWith } = require(process.env.ACCESSION_INSPECTOR);
const simd = require(process.env.ACCESSION_DIGESTS);

const ours = (digests) => (algorithm) => {
  const intake = new Intake(algorithm);
  digestWith(digests);
  return {
    write: (piece) => intake.write(piece),
    finish: () => JSON.parse(intake.finish()).digests[algorithm],
  };
};
const peers = { MD5: createMD5, SHA1: createSHA1, SHA256: createSHA256, SHA512: createSHA512 };
const theirs = async (algorithm) => {
  const hasher = await peers[algorithm]();
  return { write: (piece) => hasher.update(piece), finish: () => hasher.digest() };
};

for (const algorithm of Object.keys(peers)) {
  const hashers = [ours(simd), theirs];
  if (algorithm.toLowerCase() in simd) hashers.push(ours(undefined));
  const times = hashers.map(() => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    const digests = new Set();
    for (const [index, begin] of hashers.entries()) {
      const hasher = await begin(algorithm);
      const began = performance.now();
      for (let at = 0; at < BYTES.length; at += PIECE) hasher.write(BYTES.subarray(at, at + PIECE));
      digests.add(hasher.finish());
      // The first round is for warming up.
      if (round > 0) times[index].push(performance.now() - began);
    }
    if (digests.size > 1) throw new Error(`${algorithm}: ${[...digests].join(' is not ')}`);
  }
  const [mine, other, plain] = times;
  const beside = (ours) => {
    const ratio = median(other.map((time, round) => time / ours[round]));
    return `${rate(median(ours))}, ratio ${ratio.toFixed(2)}`;
  };
  const without = plain ? `; without SIMD ${beside(plain)}` : '';
  console.log(`${algorithm} in wasm: hash-wasm ${rate(median(other))}, ours ${beside(mine)}${without}`);
}

function rate(milliseconds) {
  return `${(BYTES.length / 1000 / milliseconds).toFixed(0)} MB/s`;
}
