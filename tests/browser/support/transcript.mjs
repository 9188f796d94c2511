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
];

/** The transcript of a part of the page. */
export async function transcript(part, volatile = []) {
  // Where pictures are walked, their symbols are read one by one; the library that asks here tells of none.
  const pictures = await part.locator('[role="graphics-document"]').evaluateAll((pictures) =>
    pictures
      .filter((picture) => picture.checkVisibility())
      .map((picture) => {
        const symbols = [...picture.querySelectorAll('[role="graphics-symbol"]')];
        const names = symbols.map((symbol) => `- ${symbol.getAttribute('aria-label')}`);
        return [`${picture.getAttribute('aria-label')}, walked by keys:`, ...names].join('\n');
      }),
  );
  const text = [await part.ariaSnapshot(), ...pictures].join('\n\n');
  return [...VOLATILE, ...volatile].reduce((text, [what, word]) => text.replace(what, word), text);
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
