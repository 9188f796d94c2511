// The whole life of a session against the simulator in the page, with real files, in a real browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DIALECTS } from './support/api.mjs';
import { launch, open } from './support/browser.mjs';
import { directory, makeFile } from './support/files.mjs';
import { Keyboard } from './support/keyboard.mjs';
import { CALLS, Lab } from './support/lab.mjs';
import { serverWithPage, soak, until } from './support/programs.mjs';

const MB = 1 << 20;
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

let browser, program;
before(async () => {
  [browser, program] = await Promise.all([launch(), serverWithPage()]);
});
after(() => Promise.all([browser?.close(), program?.stop()]));

async function lab(t) {
  const watched = await open(t, browser, `${program.origin}/?seed=7`);
  return new Lab(watched).isSimulated();
}

test('files of any size arrive whole, and memory does not grow with them', async (t) => {
  const files = directory();
  const memories = [];
  for (const size of [1, 5 * MB, 300 * MB, ...(soak ? [5000 * MB] : [])]) {
    const here = await lab(t);
    const file = await makeFile(files, 'image.iso', size);
    await here.newSession();
    await here.add(file, { checksum: file.sha256 });
    await here.fileIs(file.name, 'READY', 60_000 + size / 1000);
    await here.succeeds('complete');
    await here.isIn('DONE');
    const checksum = ['SHA256', file.sha256];
    assert.deepEqual(await here.itemFiles(), [{ name: file.name, size, version: '1', checksum }]);
    const [, reader] = await here.memories();
    memories.push({ page: await here.watched.memories(), reader });
    await here.watched.isClean();
    await here.page.close();
  }
  const [, small, ...large] = memories;
  assert.equal(small.page.length, 1);
  assert.ok(small.reader > 0);
  // Not to the byte: a longer upload is asked about more often, and every answer is in the log.
  const same = (one, other) => assert.ok(Math.abs(one - other) < MB, `${one} is not ${other}`);
  for (const { page, reader } of large) {
    same(page[0], small.page[0]);
    same(reader, small.reader);
  }
});

for (const dialect of DIALECTS) {
  test(`what the rules forbid is refused with its reason, in /${dialect}`, async (t) => {
    const here = await lab(t);
    await here.speak(dialect);
    await here.isSimulated();
    const file = await makeFile(directory(), 'disk-1.vmdk', 1000);
    await here.newSession();
    await here.add(file, { send: false });
    await here.fileIs(file.name, 'WAITING_FOR_TRANSFER');
    await here.isRefused(
      'complete',
      '400 NOT_ALLOWED_IN_CURRENT_STATE',
      'File disk-1.vmdk has transfer errors or has not been fully received yet (status: WAITING).',
    );
    await here.isIn('ACTIVE');

    const declared = 'f'.repeat(64);
    await here.add(file, { checksum: declared });
    await here.fileIs(file.name, 'ERROR');
    await here
      .file(file.name)
      .getByText(`${declared} was declared and ${file.sha256}`)
      .waitFor();
    await here.isRefused('complete', '400 NOT_ALLOWED_IN_CURRENT_STATE', '(status: ERROR)');
    await here.isRefused('validate', '400 NOT_ALLOWED_IN_CURRENT_STATE', '(status: ERROR)');

    await here.add(file, { checksum: file.sha256 });
    await here.fileIs(file.name, 'READY');
    await here.isRefused('delete', '400 NOT_ALLOWED_IN_CURRENT_STATE', 'ACTIVE');
    await here.succeeds('complete', dialect === 'api' ? 204 : 200);
    await here.isRefused('complete', '400 NOT_ALLOWED_IN_CURRENT_STATE', 'DONE');

    await here.openSession(UNKNOWN);
    await here.isIn('Gone');
    await here.isRefused('complete', '404 NOT_FOUND', UNKNOWN);
    await here.watched.isClean();
  });
}

test('a session ends in each of its ways', async (t) => {
  const here = await lab(t);
  const id = await here.newSession();
  await here.succeeds('keep_alive');
  await here.succeeds('validate', 200);
  await here.succeeds('cancel');
  await here.isIn('CANCELED');
  await here.succeeds('delete');
  await here.isIn('Gone');

  await here.newSession();
  assert.notEqual(await here.sessionId(), id);
  await here.call('fail');
  await here.dialog.getByLabel('Error message').fill('the disk is gone');
  await here.dialog.getByRole('button', { name: CALLS.fail }).click();
  await here.saw('fail', 'succeeded', '204');
  await here.isIn('ERROR');
  await here.session.getByText('It failed: the disk is gone').waitFor();
  await here.watched.isClean();
});

test('a dropped file is as good as a picked one', async (t) => {
  const here = await lab(t);
  await here.newSession();
  const files = await here.page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['dropped'], 'dropped.iso'));
    return transfer;
  });
  const place = here.session.getByText('or drop them here');
  await place.dispatchEvent('dragover', { dataTransfer: files });
  await place.dispatchEvent('drop', { dataTransfer: files });
  await here.session.getByRole('button', { name: 'Add files' }).click();
  await here.fileIs('dropped.iso', 'READY');
  await here.watched.isClean();
});

test('the whole way goes by keyboard, and the focus is seen at every stop', async (t) => {
  const here = await lab(t);
  const file = await makeFile(directory(), 'keys.iso', 1000);
  // Asked for early: it takes the browser a moment to begin to tell of it.
  const chooser = here.page.waitForEvent('filechooser');
  const keyboard = new Keyboard(here.page);
  const press = async (name, key = 'Enter', way = 'Tab') => {
    await keyboard.to(here.page.getByRole('button', { name, exact: true }), way);
    await keyboard.use(key);
  };
  await keyboard.go('Tab');
  await keyboard.use('Enter');
  // The driver hears a moment later where the page is.
  await until('the first stop skips to the session', () => here.page.url().endsWith('session'));
  await press('Create a session', 'Space');
  await here.isIn('ACTIVE');
  // That button is gone, and the focus with it is not.
  const heading = here.session.getByRole('heading', { level: 1 });
  await until('the new session has the focus', () =>
    heading.evaluate((element) => element === document.activeElement),
  );

  // What is possible is looked up in the picture, which is one stop and walked by arrows.
  await keyboard.to(here.session.getByRole('tab', { name: 'Diagram' }));
  await keyboard.go('Tab');
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await keyboard.go(key);
  await keyboard.use('Enter');
  await here.session.getByRole('button', { name: 'Send cancel' }).waitFor();

  await keyboard.to(here.session.getByLabel('Choose files'));
  await keyboard.use('Enter');
  await (await chooser).setFiles(file.path);
  await keyboard.to(here.session.getByLabel('Declared checksum'));
  for (let choice = ''; choice !== 'SHA256'; ) {
    await keyboard.go('ArrowDown');
    choice = await here.session.getByLabel('Declared checksum').inputValue();
  }
  await keyboard.to(here.session.getByLabel('Checksum in hex'));
  await here.page.keyboard.type(file.sha256);
  await keyboard.to(here.session.getByLabel('Send the bytes right away'));
  await keyboard.use('Space');
  await press('Add files');
  await here.fileIs(file.name, 'WAITING_FOR_TRANSFER');
  await press('Complete update session', 'Space', 'Shift+Tab');
  await here.saw('complete', 'refused', '400');
  await press(`Send bytes of ${file.name}`);
  await here.fileIs(file.name, 'READY');
  await press('Complete update session', 'Enter', 'Shift+Tab');
  await here.isIn('DONE');
  const [stored] = await here.itemFiles();
  assert.deepEqual(stored.checksum, ['SHA256', file.sha256]);
  await here.watched.isClean();
});

test('a reload forgets everything', async (t) => {
  const here = await lab(t);
  const file = await makeFile(directory(), 'forgotten.iso', 1000);
  const id = await here.newSession();
  await here.add(file);
  await here.fileIs(file.name, 'READY');
  await here.page.reload();
  await here.isSimulated();
  assert.equal(await here.sessionId(), '');
  await here.openSession(id);
  await here.isIn('Gone');
  assert.deepEqual(await here.watched.stored(), {});
  await here.watched.isClean();
});
