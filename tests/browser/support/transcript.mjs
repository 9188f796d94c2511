// What a part of the page is to somebody who hears it: roles, names and states, as a text that is kept and reviewed.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Whether what is said now is to be kept instead of compared. */
const keeps = process.env.UPDATE_SNAPSHOTS === '1';
const PLACE = new URL('../snapshots/', import.meta.url);

/** What differs from one run to the next. */
const VOLATILE = [
  [/\b(127\.0\.0\.1|[a-z]+\.test):\d+/g, '$1:PORT'],
  [/(Memory: page )[\d.]+ MB/g, '$1SIZE'],
  [/( reader )[\d.]+ MB/g, '$1SIZE'],
  [/Accession \d+\.\d+\.\d+/g, 'Accession VERSION'],
];

/** What has a name and tests of its own for what is in it: pictures and code. */
const DRAWN = /( (?:img "[^"]+"|region "Code, \w+")): .*/g;

/** The transcript of a part of the page; of its pictures the names only, unless each of their symbols is wanted. */
export async function transcript(part, { symbols = false, volatile = [] } = {}) {
  const told = [(await part.ariaSnapshot()).replace(DRAWN, '$1')];
  if (symbols) {
    // They are read one by one when the picture is walked; the library that asks here does not tell of them.
    const names = await part
      .locator('[role="graphics-symbol"]')
      .evaluateAll((symbols) => symbols.map((symbol) => `- ${symbol.getAttribute('aria-label')}`));
    told.push('walked by keys:', ...names);
  }
  return [...VOLATILE, ...volatile].reduce(
    (text, [what, word]) => text.replace(what, word),
    told.join('\n'),
  );
}

/** Compares a transcript with the one that is kept. */
export function isKept(name, text) {
  const place = new URL(`${name}.txt`, PLACE);
  if (keeps) {
    mkdirSync(PLACE, { recursive: true });
    writeFileSync(place, `${text}\n`);
    return;
  }
  let kept;
  try {
    kept = readFileSync(place, 'utf8');
  } catch {
    kept = '';
  }
  assert.deepEqual(
    `${text}\n`.split('\n'),
    kept.split('\n'),
    `${name} is read aloud otherwise than snapshots/${name}.txt tells; UPDATE_SNAPSHOTS=1 keeps what is said now`,
  );
}
