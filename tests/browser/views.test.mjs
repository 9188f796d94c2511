// Every view of the page as it is seen, heard and checked: on screens of all widths, in both colour schemes. Pictures
// are for people to look at; what is said is compared with what somebody has read and found good.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { isAccessible } from './support/accessibility.mjs';
import { open } from './support/browser.mjs';
import { directory } from './support/files.mjs';
import { soak } from './support/programs.mjs';
import { stage } from './support/stage.mjs';
import { isKept, transcript } from './support/transcript.mjs';
import { STORIES, Viewed, filesIn } from './support/views.mjs';

const HEIGHTS = { 320: 640, 768: 1024, 1280: 800, 1920: 1080 };
const SCHEMES = ['light', 'dark'];

/** How views are looked at. The first is the one that is listened to, too. */
const LOOKS = soak
  ? [
      ...[1280, 320, 768, 1920].flatMap((width) => SCHEMES.map((scheme) => ({ width, scheme }))),
      ...[1280, 320].map((width) => ({ width, scheme: 'light', forced: true })),
      ...[1280, 768].map((width) => ({ width, scheme: 'light', large: true })),
    ]
  : [
      { width: 1280, scheme: 'light' },
      { width: 320, scheme: 'dark' },
    ];

/** Where pictures go. */
const SHOTS =
  process.env.ACCESSION_SHOTS || fileURLToPath(new URL('../../target/views', import.meta.url));

/** The instant at which the page's clock stands. */
const NOW = new Date('2026-01-15T10:00:00Z');

const PASSWORD = 'a secret of the views';

let staged;
before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  staged = await stage(PASSWORD);
});
after(() => staged?.close());

for (const { name, views, live } of STORIES) {
  test(`every view of ${name}`, async (t) => {
    const settings = live ? {} : { now: NOW };
    const url = staged.address(live);
    const here = new Viewed(await open(t, staged.browser, url, { timezoneId: 'UTC', ...settings }));
    here.preferences = await here.page.context().newCDPSession(here.page);
    const given = { ...filesIn(directory()), password: PASSWORD };
    for (const view of views) {
      let reached = false;
      await t.test(view.name, async () => {
        await look(here, LOOKS[0]);
        await view.reach(here, given);
        reached = true;
        const problems = await problemsOf(async () =>
          isKept(view.name, await transcript(view.part(here), view)),
        );
        for (const how of LOOKS) problems.push(...(await seen(here, view, how)));
        await look(here, LOOKS[0]);
        problems.push(...(await problemsOf(() => here.watched.isClean())));
        await view.leave?.(here, given);
        assert.ok(problems.length === 0, problems.join('\n'));
      });
      // The next view is reached from this one.
      if (!reached) break;
    }
  });
}

test('one look at a stuck session tells what is legal now, and why complete is not', async (t) => {
  const settings = { now: NOW, timezoneId: 'UTC', colorScheme: 'light', reducedMotion: 'reduce' };
  const watched = await open(t, staged.browser, staged.address(), settings);
  const here = await new Viewed(watched).isSimulated();
  await here.newSession();
  await here.add(await filesIn(directory()).plain('disk-1.vmdk'), { send: false });
  await here.isRefused('complete', '400 NOT_ALLOWED_IN_CURRENT_STATE');
  await here.turn();
  await here.page.screenshot({ path: join(SHOTS, 'newcomer.png') });

  const title = here.session.getByRole('heading', { level: 1 }).locator('..');
  await here.sees(title.getByText('ACTIVE', { exact: true }));
  const picture = here.session.locator('[role="graphics-document"]');
  const label = (text) => picture.locator('text').getByText(text, { exact: true });
  await here.sees(label('disk-1.vmdk').or(label('disk-1.vmdk has')).first());
  for (const call of ['keep_alive', 'add', 'upload', 'remove', 'fail', 'cancel']) {
    const symbol = picture.locator(`[role="graphics-symbol"][aria-label^="${call}, call"]`);
    assert.match(await symbol.getAttribute('aria-label'), /: will succeed/);
    await here.sees(symbol.getByText(call, { exact: true }));
  }
  const complete = picture.locator('[aria-label^="complete, call from ACTIVE to DONE"]');
  await here.sees(complete.getByText('complete', { exact: true }));
  const words = 'File disk-1.vmdk has transfer errors or has not been fully received yet';
  await here.sees(here.explain.getByText('complete was refused.'));
  await here.sees(here.explain.getByText(words));
  await here.sees(here.explain.getByText('Send the bytes of disk-1.vmdk'));
});

/** Keeps a picture of a view, and gives what is wrong with how it looks. */
async function seen(here, { name, pane = 'Session', at, modal }, how) {
  await look(here, how);
  if (!modal) await here.show(pane);
  await here.turn(at?.(here));
  const { width, scheme, forced, large } = how;
  const kind = [width, scheme, forced && 'forced', large && 'large'].filter(Boolean).join('-');
  await shoot(here, `${name}-${kind}.png`, how);
  // Taking a picture of more than is on the screen would take the size of text back.
  const size = await here.page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
  assert.equal(size, large ? '32px' : '16px');
  // Where panes are shown one at a time, the session's heading and landmark are on one of their own.
  const alone = !(await here.session.isVisible());
  const except = alone ? ['landmark-one-main', 'page-has-heading-one'] : [];
  const what = `${name}, ${kind}`;
  return [
    ...(await problemsOf(() => isAccessible(here.page, what, except))),
    ...(await here.beyond()).map((place) => `${what}: ${place}`),
    ...(await here.covered(modal ? undefined : pane)).map((control) => `${what}: ${control}`),
  ];
}

/** Takes a picture, of all of it where the whole page scrolls. */
async function shoot({ page }, name, { width }) {
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  if (whole > HEIGHTS[width]) await page.setViewportSize({ width, height: whole });
  await page.screenshot({ path: join(SHOTS, name) });
  await page.setViewportSize({ width, height: HEIGHTS[width] });
}

/** Looks at the page in another way. */
async function look({ page, preferences }, { width, scheme, forced, large }) {
  await page.setViewportSize({ width, height: HEIGHTS[width] });
  const forcedColors = forced ? 'active' : 'none';
  // Nothing is to be seen halfway.
  await page.emulateMedia({ colorScheme: scheme, forcedColors, reducedMotion: 'reduce' });
  // As a person sets it in the browser; widths that are told in its unit follow.
  const times = large ? 2 : 1;
  const fontSizes = { standard: 16 * times, fixed: 13 * times };
  await preferences.send('Page.setFontSizes', { fontSizes });
}

/** What a check throws, as a list, so that one problem does not hide the next. */
async function problemsOf(check) {
  try {
    await check();
    return [];
  } catch (error) {
    return [error.message];
  }
}
