// The digests of the inspector, with the module that has SIMD and without it, beside Node's own.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const [inspector, digests] = ['ACCESSION_INSPECTOR', 'ACCESSION_DIGESTS'].map((variable) => {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} is not set; \`cargo xtask test wasm\` sets it`);
  return { path, ...createRequire(import.meta.url)(path) };
});

const ALGORITHMS = { MD5: 'md5', SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' };
// No two blocks are alike, and the last is not whole.
const BYTES = Buffer.from(Uint32Array.from({ length: 100_003 }, (_, at) => Math.imul(at, 0x9e3779b1)).buffer);

/** The module with SIMD, and how many bytes it was given. */
function counted() {
  const given = { sha256: 0, sha512: 0 };
  const counting = (name) => (state, bytes) => {
    given[name] += bytes.length;
    return digests[name](state, bytes);
  };
  return { given, module: { sha256: counting('sha256'), sha512: counting('sha512') } };
}

/** The digests of the bytes, written in pieces of these lengths in turn. */
function digest(module, lengths, bytes = BYTES) {
  inspector.digestWith(module);
  const intake = new inspector.Intake(Object.keys(ALGORITHMS).join());
  for (let at = 0, turn = 0; at < bytes.length; at += lengths[turn++ % lengths.length]) {
    intake.write(bytes.subarray(at, at + lengths[turn % lengths.length]));
  }
  return JSON.parse(intake.finish()).digests;
}

const expected = Object.fromEntries(
  Object.entries(ALGORITHMS).map(([name, theirs]) => [name, createHash(theirs).update(BYTES).digest('hex')]),
);

const features = ({ path }) => {
  const module = new WebAssembly.Module(readFileSync(path.replace(/\.cjs$/, '_bg.wasm')));
  const sections = WebAssembly.Module.customSections(module, 'target_features');
  return Buffer.concat(sections.map((section) => Buffer.from(section))).toString('latin1');
};

test('only the digests need an engine with SIMD', () => {
  assert.match(features(digests), /simd128/);
  assert.match(features(inspector), /bulk-memory/);
  assert.doesNotMatch(features(inspector), /simd128/);
});

for (const lengths of [[1 << 18], [4096], [5000, 1, 4095, 63, 70_001], [127, 128, 129]]) {
  test(`with and without SIMD digests are the same, in pieces of ${lengths}`, () => {
    const { given, module } = counted();
    assert.deepEqual(digest(module, lengths), expected);
    const isLong = lengths.some((length) => length >= 4096);
    assert.equal(given.sha256 > 0 && given.sha512 > 0, isLong);
    if (lengths.length === 1) assert.ok(given.sha512 > BYTES.length - 4096);
    const before = { ...given };
    assert.deepEqual(digest(undefined, lengths), expected);
    assert.deepEqual(given, before);
  });
}

test('the module with SIMD may come while a file is read, and go', () => {
  const { given, module } = counted();
  const intake = new inspector.Intake(Object.keys(ALGORITHMS).join());
  const third = 130_000;
  for (const [turn, digests] of [undefined, module, undefined].entries()) {
    inspector.digestWith(digests);
    intake.write(BYTES.subarray(turn * third, turn < 2 ? (turn + 1) * third : undefined));
  }
  assert.deepEqual(JSON.parse(intake.finish()).digests, expected);
  assert.deepEqual(given, { sha256: third, sha512: third });
});

test('what is no state is left alone', () => {
  for (const update of [digests.sha256, digests.sha512]) {
    for (const length of [0, 1, 64, 300]) {
      const state = new Uint8Array(length).fill(0xff);
      assert.equal(update(state, BYTES), false);
      assert.ok(state.every((byte) => byte === 0xff));
    }
  }
});
