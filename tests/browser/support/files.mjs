// Real files of any size with random content, and their digests computed by other code than ours.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHUNK = 4 << 20;

/** A directory for the tests' files; it goes when they end. */
export function directory() {
  const path = mkdtempSync(join(tmpdir(), 'accession-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Makes a file of so many random bytes. */
export async function makeFile(directory, name, size) {
  const path = join(directory, name);
  const [sha1, sha256] = ['sha1', 'sha256'].map((algorithm) => createHash(algorithm));
  const file = await open(path, 'w');
  try {
    for (let left = size; left > 0; left -= Math.min(left, CHUNK)) {
      const bytes = randomBytes(Math.min(left, CHUNK));
      sha1.update(bytes);
      sha256.update(bytes);
      await file.write(bytes);
    }
  } finally {
    await file.close();
  }
  return { name, path, size, sha1: sha1.digest('hex'), sha256: sha256.digest('hex') };
}
