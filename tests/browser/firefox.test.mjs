// The page in Firefox: that it starts there, and that what browsers differ in works: files, workers, modules, dialogs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchFirefox, open } from './support/browser.mjs';
import { directory, makeFile } from './support/files.mjs';
import { Lab } from './support/lab.mjs';
import { archive, keep, packageFiles } from './support/package.mjs';
import { serverWithPage } from './support/programs.mjs';

let browser, program, files;
before(async () => {
  files = directory();
  [browser, program] = await Promise.all([launchFirefox(), serverWithPage()]);
});
after(() => Promise.all([browser?.close(), program?.stop()]));

async function lab(t) {
  return new Lab(await open(t, browser, `${program.origin}/?seed=7`)).isSimulated();
}

test('a session goes from its creation to DONE', async (t) => {
  const here = await lab(t);
  const file = await makeFile(files, 'image.iso', 5 << 20);
  await here.newSession();
  await here.add(file, { checksum: file.sha256, send: false });
  await here.isRefused('complete', '400', 'image.iso');
  await here.file(file.name).getByRole('button', { name: 'Send bytes' }).click();
  await here.fileIs(file.name, 'READY');
  await here.succeeds('complete');
  await here.isIn('DONE');
  const [stored] = await here.itemFiles();
  assert.deepEqual(stored.checksum, ['SHA256', file.sha256]);
  await here.watched.isClean();
});

test('sheets open and close, and pictures and code are there', async (t) => {
  const here = await lab(t);
  await here.page.getByRole('button', { name: 'Keys', exact: true }).click();
  await here.dialog.getByRole('heading', { name: 'Keys' }).waitFor();
  await here.page.keyboard.press('Escape');
  await here.dialog.waitFor({ state: 'hidden' });
  await here.newSession();
  for (const name of ['Sequence', 'Table', 'Diagram']) {
    await here.session.getByRole('tab', { name, exact: true }).click();
    await here.session.getByRole('tabpanel', { name }).waitFor();
  }
  await here.explain.getByRole('button', { name: 'Code', exact: true }).click();
  const code = here.explain.getByRole('region', { name: 'Code, curl' });
  await code.getByText('It needs curl').waitFor();
  await here.watched.isClean();
});

test('a package is checked', async (t) => {
  const here = await lab(t);
  const ova = await keep(files, 'fine.ova', archive(packageFiles('fine', { grains: 80 })));
  await here.guide.getByRole('button', { name: 'Check a package' }).click();
  await here.session.getByLabel('Choose a package').setInputFiles(ova.path);
  const verdict = 'Nothing was found that speaks against an import.';
  await here.session.getByRole('heading', { level: 1, name: verdict }).waitFor();
  const listed = here.session.getByRole('table', { name: 'Files' });
  assert.equal(await listed.getByText('matches').count(), 2);
  await here.watched.isClean();
});
