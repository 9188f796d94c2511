// The simulator's clock and the ways back and forth in a run, by hand in a real browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { isAccessible } from './support/accessibility.mjs';
import { launch, open } from './support/browser.mjs';
import { directory, makeFile } from './support/files.mjs';
import { Lab } from './support/lab.mjs';
import { sparse } from './support/package.mjs';
import { serverWithPage } from './support/programs.mjs';

let browser, program;
before(async () => {
  [browser, program] = await Promise.all([launch(), serverWithPage()]);
});
after(() => Promise.all([browser?.close(), program?.stop()]));

async function lab(t) {
  const watched = await open(t, browser, `${program.origin}/?seed=7`);
  const here = await new Lab(watched).isSimulated();
  here.button = (name) => here.page.getByRole('button', { name, exact: true });
  here.slider = here.page.getByRole('slider', { name: 'Timeline' });
  here.tells = async (text) => assert.equal(await here.slider.getAttribute('aria-valuetext'), text);
  return here;
}

test('a session expires when the clock is there, and not before', async (t) => {
  const here = await lab(t);
  await here.newSession();
  await here.button('Pause').click();
  const face = here.page.locator('.acc-clock-face');
  const stood = await face.textContent();
  await here.page.waitForTimeout(1200);
  assert.equal(await face.textContent(), stood);
  for (let minute = 0; minute < 4; minute += 1) await here.button('+1 min').click();
  await here.isIn('ACTIVE');
  await here.session.getByText('unless kept alive').waitFor();
  await here.button('To expiry').click();
  await here.isIn('Gone');
  await here.tells('event 5 of 5, expire');
  await here.button('Undo').click();
  await here.isIn('ACTIVE');
  await here.succeeds('keep_alive');
  await here.watched.isClean();
});

test('every view goes back to the entry that is chosen', async (t) => {
  const here = await lab(t);
  const file = await makeFile(directory(), 'disk-1.vmdk', 1000);
  await here.newSession();
  await here.add(file, { send: false });
  await here.isRefused('complete', '400 NOT_ALLOWED_IN_CURRENT_STATE', 'WAITING');
  await here.button('Send bytes of disk-1.vmdk').click();
  await here.fileIs(file.name, 'READY');
  await here.succeeds('complete');
  await here.isIn('DONE');
  await here.tells('call 8 of 8, complete');

  await here.slider.focus();
  await here.page.keyboard.press('ArrowLeft');
  await here.page.keyboard.press('ArrowLeft');
  await here.tells('call 6 of 8, complete, refused 400');
  await here.isIn('ACTIVE');
  await here.fileIs(file.name, 'WAITING_FOR_TRANSFER');
  await here.page.getByText('You see the session as it was after call 6 of 8,').waitFor();
  await here.explain.getByText('Send the bytes of disk-1.vmdk').waitFor();
  await isAccessible(here.page, 'a past entry');
  await here.button('Back to the latest').click();
  await here.isIn('DONE');
  await here.watched.isClean();
});

test('what is done elsewhere in time is a branch, and nothing is lost', async (t) => {
  const here = await lab(t);
  await here.newSession();
  await here.succeeds('cancel');
  await here.isIn('CANCELED');
  await here.page.keyboard.press('Control+z');
  await here.isIn('ACTIVE');
  await here.page.keyboard.press('Control+Shift+z');
  await here.isIn('CANCELED');
  // In a field the keys are the field's.
  await here.guide.getByLabel('Update session id').fill('abc');
  await here.page.keyboard.press('Control+z');
  await here.isIn('CANCELED');
  await here.slider.focus();
  await here.page.keyboard.press('[');
  await here.isIn('ACTIVE');
  await here.page.keyboard.press(']');
  await here.isIn('CANCELED');
  await here.button('Previous').click();
  await here.succeeds('complete');
  await here.isIn('DONE');
  await here.button('Branch a').click();
  await here.isIn('CANCELED');
  await here.page.getByRole('button', { name: /^Branch b, from a after/ }).click();
  await here.isIn('DONE');
  await isAccessible(here.page, 'two branches');
  await here.watched.isClean();
});

test('an upload to a simulator that the run has left is no part of the run', async (t) => {
  const here = await lab(t);
  const files = directory();
  await here.newSession();
  // Longer than the test lasts.
  const long = await sparse(files, 'long.iso', Buffer.alloc(1), 60_000 * (1 << 20));
  await here.add(long);
  await here.fileIs(long.name, 'TRANSFERRING');
  await here.button('Undo').click();
  await here.file(long.name).waitFor({ state: 'detached' });
  const short = await makeFile(files, 'short.iso', 1000);
  await here.add(short);
  await here.fileIs(short.name, 'READY');
  await here.succeeds('complete');
  await here.isIn('DONE');
  assert.equal(await here.lines('PUT').count(), 1);
  // Done again up to the end, it is the same.
  await here.button('Undo').click();
  await here.isIn('ACTIVE');
  await here.fileIs(short.name, 'READY');
  await here.button('Redo').click();
  await here.isIn('DONE');
  await here.watched.isClean();
});
