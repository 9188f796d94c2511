// The code that the page writes of a run: it is there when somebody asks for it, and not before.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { isAccessible } from './support/accessibility.mjs';
import { launch, open } from './support/browser.mjs';
import { Lab } from './support/lab.mjs';
import { serverWithPage } from './support/programs.mjs';

let browser, program;
before(async () => {
  [browser, program] = await Promise.all([launch(), serverWithPage()]);
});
after(() => Promise.all([browser?.close(), program?.stop()]));

test('code of a call and of the run, in each language', async (t) => {
  const watched = await open(t, browser, `${program.origin}/?seed=7`);
  const here = await new Lab(watched).isSimulated();
  const loaded = [];
  here.page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  await here.newSession();
  await here.succeeds('keep_alive');
  assert.deepEqual(loaded.filter((path) => path.includes('scribe')), []);

  await here.explain.getByRole('button', { name: 'Code', exact: true }).click();
  const code = (language) => here.explain.getByRole('region', { name: `Code, ${language}` });
  await code('curl').getByText('action=keep-alive').waitFor();
  assert.ok(loaded.some((path) => path.endsWith('accession-scribe_bg.wasm')));
  for (const [language, word] of [
    ['fetch', 'It runs in Node 20 or newer'],
    ['Python', 'It needs Python 3.9 or newer'],
    ['curl', 'It needs curl 7.76 or newer'],
  ]) {
    await here.explain.getByLabel('Language').selectOption(language);
    await code(language).getByText(word).waitFor();
  }
  await here.explain.getByLabel('Code for').selectOption('the whole run');
  const run = code('curl').getByText('VCENTER_PASSWORD').first();
  await run.waitFor();
  const text = await code('curl').textContent();
  assert.ok(text.includes('keep-alive') && text.includes('update-session'));
  assert.ok(!text.includes('simulated'), 'no password is in it');
  await isAccessible(here.page, 'the code of a run');
  await watched.isClean();
});
