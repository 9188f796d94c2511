// Without a network, after the page was there once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { directory } from './support/files.mjs';
import { Lab } from './support/lab.mjs';
import { archive, keep, packageFiles } from './support/package.mjs';
import { serverWithPage, until } from './support/programs.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

test('the page and all that is loaded on demand are there without a server', async (t) => {
  const program = await serverWithPage();
  t.after(program.stop);
  const watched = await open(t, browser, `${program.origin}/?seed=7`, { keeps: true });
  const here = await new Lab(watched).isSimulated();
  const { page } = here;
  const kept = await until('all of it is kept', () => page.evaluate(filesKept));
  assert.ok(kept.includes(`${program.origin}/`));
  assert.ok(kept.every((url) => url.startsWith(program.origin)));
  // Nobody else's answers are in it, and nothing that comes after a path.
  assert.ok(!kept.some((url) => url.includes('?') || /\/(api|rest)\b/.test(url)));

  await program.stop();
  await page.reload();
  await here.isSimulated();
  await here.newSession();
  await page.keyboard.press('Control+k');
  await here.dialog.getByRole('heading', { name: 'Commands' }).waitFor();
  await page.keyboard.press('Escape');
  const file = await keep(directory(), 'good.ova', archive(packageFiles('good')));
  await here.guide.getByRole('button', { name: 'Check a package' }).click();
  await here.session.getByLabel('Choose a package').setInputFiles(file.path);
  const fine = 'Nothing was found that speaks against an import.';
  await here.session.getByRole('heading', { level: 1, name: fine }).waitFor();
  await here.watched.isClean();
});

test('calls to a server are neither kept nor answered from what is kept', async (t) => {
  const program = await serverWithPage('--seed', '7');
  t.after(program.stop);
  const watched = await open(t, browser, `${program.origin}/?seed=7`, { keeps: true });
  const here = await new Lab(watched).isSimulated();
  const { page } = here;
  const kept = await until('all of it is kept', () => page.evaluate(filesKept));
  // From now on the page has its files from the service worker.
  await page.reload();
  await here.isSimulated();
  assert.ok(await page.evaluate(() => navigator.serviceWorker.controller !== null));
  const status = () => page.evaluate(() => fetch('/api/session').then(({ status }) => status, String));
  assert.equal(await status(), 401);
  await program.stop();
  assert.match(await status(), /TypeError/);
  assert.deepEqual(await page.evaluate(filesKept), kept);
});

/** Runs in the page: what is kept once a service worker is in place. */
async function filesKept() {
  if (!(await navigator.serviceWorker.getRegistration())?.active) return undefined;
  const names = await caches.keys();
  const each = async (name) => (await caches.open(name)).keys();
  const requests = await Promise.all(names.map(each));
  return requests.flat().map(({ url }) => url);
}
