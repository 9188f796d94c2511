// An automated check of every main state, in both themes, on a wide and on a narrow screen.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { isAccessible } from './support/accessibility.mjs';
import { launch, open } from './support/browser.mjs';
import { directory, makeFile } from './support/files.mjs';
import { Lab } from './support/lab.mjs';
import { serverWithPage } from './support/programs.mjs';

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
const NARROWEST = { width: 320, height: 640 };

let browser, program;
before(async () => {
  program = await serverWithPage();
  browser = await launch();
});
after(() => Promise.all([browser?.close(), program?.stop()]));

for (const colorScheme of ['light', 'dark']) {
  test(`every main state is accessible, ${colorScheme}`, async (t) => {
    const watched = await open(t, browser, `${program.origin}/?seed=7`, { colorScheme });
    const here = await new Lab(watched).isSimulated();
    const file = await makeFile(directory(), 'image.iso', 1000);

    await check(here, 'before there is a session');
    await here.newSession();
    await here.add(file, { checksum: 'f'.repeat(64) });
    await here.fileIs(file.name, 'ERROR');
    await here.isRefused('complete', '400');
    await here.lines().last().click();
    await here.detail(await here.lines().last().getAttribute('data-entry')).waitFor();
    await here.session.getByLabel('Choose files').setInputFiles(file.path);
    await here.session.getByLabel('Declared checksum').selectOption('SHA256');
    await check(here, 'a file in ERROR and a refused call');

    await here.call('fail');
    await here.dialog.waitFor();
    await check(here, 'a question', false);
    await here.page.keyboard.press('Escape');

    await here.add(file);
    await here.fileIs(file.name, 'READY');
    await here.call('complete');
    await here.isIn('DONE');
    await here.itemFiles();
    await check(here, 'a session that is DONE');

    await here.openSession('no-such-session');
    await here.isIn('Gone');
    await check(here, 'a session that is gone', false);

    await here.guide.getByRole('radio', { name: 'LIVE' }).check();
    await here.guide.getByRole('button', { name: 'Sign in' }).waitFor();
    await check(here, 'signing in');
    await here.trySignIn({ password: 'any' });
    await here.guide.getByRole('button', { name: 'Disconnect' }).waitFor();
    await check(here, 'signed in');
    await watched.isClean();
  });
}

/** Checks what is shown, on a wide screen and, tab by tab, on a narrow one. */
async function check(here, what, tabs = true) {
  const { page } = here;
  await isAccessible(page, what);
  await page.setViewportSize(NARROW);
  const panes = tabs ? ['Guide', 'Explain', 'Log', 'Session'] : [];
  if (!tabs) await isAccessible(page, `${what}, narrow`);
  for (const pane of panes) {
    await page.getByRole('navigation').getByRole('button', { name: pane, exact: true }).click();
    // The session's heading and landmark are on a tab of their own there.
    const except = pane === 'Session' ? [] : ['landmark-one-main', 'page-has-heading-one'];
    await isAccessible(page, `${what}, narrow, ${pane}`, except);
    await page.setViewportSize(NARROWEST);
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(beyond <= 0, `${what}: ${pane} is ${beyond} px too wide for a screen of 320`);
    await page.setViewportSize(NARROW);
  }
  await page.setViewportSize(WIDE);
}
