// The scenarios in a real browser: each opens at its end, and one is carried to what it promises by clicks.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { isAccessible } from './support/accessibility.mjs';
import { launch, open } from './support/browser.mjs';
import { directory, makeFile } from './support/files.mjs';
import { Lab } from './support/lab.mjs';
import { serverWithPage } from './support/programs.mjs';

const IMAGE = 'ubuntu.iso';
const [DESCRIPTOR, DISK] = ['appliance.ovf', 'disk.vmdk'];

// Where each ends: the session's state, if its id is known there, and its files with their statuses.
const ENDS = {
  'Nothing left but to complete': ['ACTIVE', { [IMAGE]: 'READY' }],
  'Complete before the bytes': ['ACTIVE', { [IMAGE]: 'WAITING_FOR_TRANSFER' }],
  'The answer to create got lost': [null, {}],
  'One session per item': ['ACTIVE', { [IMAGE]: 'READY' }],
  'Complete, and complete again': ['DONE', { [IMAGE]: 'READY' }],
  'Cancel, fail, delete': ['ACTIVE', {}],
  'The item of a failed attempt': ['ERROR', { [DESCRIPTOR]: 'ERROR' }],
  'The service is not there': ['ACTIVE', { [IMAGE]: 'READY' }],
  'A library in maintenance': ['ACTIVE', { [IMAGE]: 'READY' }],
  'The storage of a library is gone': ['ACTIVE', {}],
  'Forty seconds left': ['ACTIVE', { [IMAGE]: 'READY' }],
  'Five minutes were over': ['Gone', {}],
  '401 at 99 %': ['ACTIVE', { [IMAGE]: 'READY' }],
  'The wrong bytes': ['ACTIVE', { [IMAGE]: 'ERROR' }],
  'Cut at 4 GB': ['ACTIVE', { [IMAGE]: 'ERROR' }],
  'Cancel in flight': ['ACTIVE', { [IMAGE]: 'TRANSFERRING' }],
  'No space left': ['ERROR', { [IMAGE]: 'ERROR' }],
  'Stuck at 1 %': ['ACTIVE', { [IMAGE]: 'WAITING_FOR_TRANSFER' }],
  'Complete returns before the end': ['ACTIVE', { [IMAGE]: 'TRANSFERRING' }],
  'A certificate nobody vouches for': ['ERROR', { [IMAGE]: 'ERROR' }],
  'A file that nobody sent': ['ACTIVE', { [DESCRIPTOR]: 'READY', [DISK]: 'READY' }],
  'The manifest came too late': ['ACTIVE', { [DESCRIPTOR]: 'READY' }],
  'A warning to be ignored': ['ACTIVE', { 'appliance.cert': 'READY', [DISK]: 'READY' }],
  'Pipe closed: the disk ends early': ['ERROR', { [DESCRIPTOR]: 'READY', [DISK]: 'ERROR' }],
  'Pipe closed: a wrong ovf:size': ['ERROR', { [DESCRIPTOR]: 'READY', [DISK]: 'READY' }],
};

let browser, program;
before(async () => {
  [browser, program] = await Promise.all([launch(), serverWithPage()]);
});
after(() => Promise.all([browser?.close(), program?.stop()]));

class Scenarios extends Lab {
  constructor(watched) {
    super(watched);
    this.sheet = this.page.getByRole('dialog', { name: 'Scenarios' });
  }

  async openSheet() {
    const header = this.page.getByRole('banner');
    await header.getByRole('button', { name: 'Scenarios' }).click();
    await this.sheet.waitFor();
  }

  async openScenario(title) {
    await this.openSheet();
    await this.sheet.getByRole('button', { name: `Open ${title}`, exact: true }).click();
    await this.sheet.waitFor({ state: 'hidden' });
  }
}

async function scenarios(t) {
  const watched = await open(t, browser, `${program.origin}/?seed=8`);
  return new Scenarios(watched).isSimulated();
}

test('each opens where it becomes interesting', async (t) => {
  const here = await scenarios(t);
  await here.openSheet();
  const names = here.sheet.getByRole('button', { name: /^Open / });
  const labels = await names.evaluateAll((buttons) => buttons.map(({ ariaLabel }) => ariaLabel));
  assert.deepEqual(labels, Object.keys(ENDS).map((title) => `Open ${title}`));
  await here.page.keyboard.press('Escape');
  for (const [title, [state, files]] of Object.entries(ENDS)) {
    await t.test(title, async () => {
      await here.openScenario(title);
      if (state) await here.isIn(state);
      else await here.session.getByRole('heading', { name: 'No update session yet' }).waitFor();
      for (const [name, status] of Object.entries(files)) await here.fileIs(name, status);
      await here.page.getByTestId('opened').getByText(/^Try: /).waitFor();
    });
  }
  await here.watched.isClean();
});

test('the sheet is found, searched, and accessible', async (t) => {
  const here = await scenarios(t);
  await here.session.getByRole('button', { name: 'Open a scenario' }).click();
  await here.sheet.waitFor();
  await isAccessible(here.page, 'all scenarios');
  await here.page.setViewportSize({ width: 320, height: 640 });
  const beyond = await here.sheet.evaluate((sheet) => sheet.scrollWidth - sheet.clientWidth);
  assert.ok(beyond <= 0, `the sheet is ${beyond} px too wide for a screen of 320`);
  await isAccessible(here.page, 'all scenarios, narrow');
  await here.page.setViewportSize({ width: 1280, height: 800 });
  await here.page.keyboard.type('pipe closed');
  await here.sheet.getByText('2 scenarios.').waitFor();
  assert.equal(await here.sheet.getByRole('article').count(), 2);
  const links = here.sheet.getByRole('link');
  for (const link of await links.all()) {
    assert.match(await link.getAttribute('href'), /^https:\/\/github\.com\//);
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
    assert.equal(await link.getAttribute('target'), '_blank');
  }
  assert.equal(await links.count(), 3);
  await here.page.keyboard.type(' nowhere');
  await here.sheet.getByText('None has all these words.').waitFor();
  await isAccessible(here.page, 'no scenario');
  await here.watched.isClean();
});

test('what a scenario promises comes of it', async (t) => {
  const here = await scenarios(t);
  await here.openScenario('Stuck at 1 %');
  await here.succeeds('complete');
  await here.fileIs(IMAGE, 'TRANSFERRING');
  await here.page.getByRole('button', { name: 'To next event' }).click();
  await here.isIn('DONE');
  assert.deepEqual(
    (await here.itemFiles()).map(({ name, size }) => [name, size]),
    [[IMAGE, 2_100_000_000]],
  );

  // Bytes of this computer go on where those of the run, which are nowhere, end.
  await here.openScenario('Complete before the bytes');
  await here.isRefused('complete', '400', 'WAITING');
  await here.add(await makeFile(directory(), IMAGE, 1000));
  await here.fileIs(IMAGE, 'READY');
  await here.succeeds('complete');
  await here.isIn('DONE');

  // The login has ended, the session has not.
  await here.openScenario('401 at 99 %');
  await here.isRefused('complete', '401');
  await here.guide.getByRole('button', { name: 'Log in again' }).click();
  await here.fileIs(IMAGE, 'READY');
  await here.succeeds('complete');
  await here.isIn('DONE');
  await here.watched.isClean();
});
