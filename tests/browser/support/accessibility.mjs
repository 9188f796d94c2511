// An automated check of accessibility. What it finds is not all there is, and what it finds must not be there.

import assert from 'node:assert/strict';

import axe from 'axe-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Checks what the page shows now, by all rules except those that cannot hold there. */
export async function isAccessible(page, what, except = []) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const options = {
    runOnly: { type: 'tag', values: RULES },
    rules: Object.fromEntries(except.map((rule) => [rule, { enabled: false }])),
  };
  const found = await page.evaluate(async (options) => {
    const { violations } = await window.axe.run(document, options);
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
    );
  }, options);
  assert.deepEqual(found, [], `${what}: ${found.length} accessibility problems`);
}
