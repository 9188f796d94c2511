// Every view of the page as it is seen, heard and checked: on screens of all widths, in both colour schemes. Pictures
// are for people to look at; what is said is compared with what somebody has read and found good.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { isAccessible } from './support/accessibility.mjs';
import { launch, open } from './support/browser.mjs';
import { directory } from './support/files.mjs';
import { freePort, server, serverWithPage, soak } from './support/programs.mjs';
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

/** A name that leads to this machine, and that the page takes for another one. */
const NAME = 'vcenter.test';
const USER = 'administrator@vsphere.local';
const PASSWORD = 'a secret of the views';

let browser, program, behind, gateway;
before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  const port = await freePort();
  behind = await server('--seed', '7', '--user', USER, '--password', PASSWORD);
  [browser, program, gateway] = await Promise.all([
    launch(`--host-resolver-rules=MAP ${NAME} 127.0.0.1`),
    serverWithPage(),
    serverWithPage(
      ...['--vcenter', behind.origin, '--listen', `127.0.0.1:${port}`],
      ...['--public-url', `http://${NAME}:${port}`],
    ),
  ]);
  gateway.address = `http://${NAME}:${port}`;
});
after(() => Promise.all([browser?.close(), program?.stop(), gateway?.stop(), behind?.stop()]));

for (const { name, views, live } of STORIES) {
  test(`every view of ${name}`, async (t) => {
    const settings = live ? {} : { now: NOW };
    const url = live ? gateway.address : `${program.origin}/?seed=7`;
    const here = new Viewed(await open(t, browser, url, { timezoneId: 'UTC', ...settings }));
    const given = { ...filesIn(directory()), password: PASSWORD };
    for (const view of views) {
      let reached = false;
      await t.test(view.name, async () => {
        await look(here, LOOKS[0]);
        await view.reach(here, given);
        reached = true;
        const problems = await problemsOf(async () =>
          isKept(view.name, await transcript(view.part(here), view.volatile)),
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

/** Takes a picture of a view, and gives what is wrong with how it looks. */
async function seen(here, { name, pane = 'Session', at, modal }, how) {
  await look(here, how);
  if (!modal) await here.show(pane);
  await here.turn(at?.(here));
  const { width, scheme, forced, large } = how;
  const kind = [width, scheme, forced && 'forced', large && 'large'].filter(Boolean).join('-');
  await here.page.screenshot({ path: join(SHOTS, `${name}-${kind}.png`), fullPage: !modal });
  // Where panes are shown one at a time, the session's heading and landmark are on one of their own.
  const alone = !(await here.session.isVisible());
  const except = alone ? ['landmark-one-main', 'page-has-heading-one'] : [];
  const what = `${name}, ${kind}`;
  return [
    ...(await problemsOf(() => isAccessible(here.page, what, except))),
    ...(await here.beyond()).map((place) => `${what}: ${place}`),
  ];
}

/** Looks at the page in another way. */
async function look({ page }, { width, scheme, forced, large }) {
  await page.setViewportSize({ width, height: HEIGHTS[width] });
  const forcedColors = forced ? 'active' : 'none';
  // Nothing is to be seen halfway.
  await page.emulateMedia({ colorScheme: scheme, forcedColors, reducedMotion: 'reduce' });
  // As if it were set in the browser: what is not told in its unit does not follow.
  await page.evaluate((size) => {
    document.documentElement.style.fontSize = size;
  }, large ? '200%' : '');
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
