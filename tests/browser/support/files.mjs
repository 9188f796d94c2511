// Real files of any size with random content, and their digests computed by other code than ours.

import { createHash, randomBytes } from 'node:crypto';
import { open, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHUNK = 4 << 20;

/** A directory for the test's files; it goes when the test ends. */
export async function directory(t) {
  const path = await mkdtemp(join(tmpdir(), 'accession-'));
  t.after(() => rm(path, { recursive: true, force: true }));
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
