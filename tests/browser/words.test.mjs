// Every view of the page in a language that nobody speaks: nothing is said in English but what is nobody's language,
// nothing is put together of words that no message has, and longer words find their place.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { open } from './support/browser.mjs';
import { directory } from './support/files.mjs';
import { stage } from './support/stage.mjs';
import { STORIES, Viewed, closed, filesIn } from './support/views.mjs';
import { MESSAGES, asked, catalogue, changed, strays } from './support/words.mjs';

const SIZES = [
  { width: 1280, height: 800 },
  { width: 320, height: 640 },
];
const NOW = new Date('2026-01-15T10:00:00Z');
/** Names of two words that views give to things. */
const NAMES = ['precious item'];
const PASSWORD = 'a secret of the words';

let staged;
before(async () => (staged = await stage(PASSWORD)));
after(() => staged?.close());

/** Runs in the page, and gives its element what an embedding page would write there. */
function embedded() {
  new MutationObserver((_, observer) => {
    const element = document.getElementById('accession');
    if (!element) return;
    element.dataset.words = 'words.json';
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
}

/** Opens the page, whose element names these words. */
async function speaking(t, words, live) {
  const prepare = async (context) => {
    await context.route('**/words.json', (route) => route.fulfill(words));
    await context.addInitScript(embedded);
  };
  return open(t, staged.browser, staged.address(live), { timezoneId: 'UTC', prepare, ...(!live && { now: NOW }) });
}

/** What those views do not show. */
const MORE = [
  {
    name: 'sheet-conditions',
    modal: true,
    reach: async (here) => {
      await here.isSimulated();
      await here.newSession();
      await here.session.getByRole('button', { name: 'Conditions', exact: true }).click();
      await here.dialog.getByLabel('What goes wrong').selectOption('latency');
      await here.dialog.getByLabel('Milliseconds').fill('500');
      await here.dialog.getByLabel('How many go well').fill('2');
      await here.dialog.getByRole('button', { name: 'Arm the fault' }).click();
      await here.dialog.getByRole('button', { name: 'Disarm all' }).waitFor();
      await here.dialog.getByLabel('Milliseconds').fill('soon');
      await here.dialog.getByLabel('Checks and fetches').selectOption('takes');
      await here.dialog.getByRole('button', { name: 'Set the pace' }).click();
      await here.dialog.getByText('Now: it takes').waitFor();
    },
    leave: (here) => closed(here),
  },
  {
    name: 'sheet-run',
    modal: true,
    reach: async (here) => {
      await here.page.getByRole('button', { name: 'Save, share, open' }).click();
      await here.dialog.getByRole('button', { name: 'Copy a link' }).click();
      await here.dialog.getByText('The link is on the clipboard').waitFor();
    },
    leave: (here) => closed(here),
  },
  {
    name: 'commands-found',
    modal: true,
    reach: async (here) => {
      await here.page.keyboard.press('Control+k');
      // In the page's own language.
      await here.dialog.getByRole('textbox').fill(changed('Theme Dark'));
      await here.dialog.getByRole('button', { name: 'Theme: Dark' }).waitFor();
    },
    leave: (here) => closed(here),
  },
];

for (const { name, views, live } of [...STORIES, { name: 'what else there is', views: MORE }]) {
  test(`every view of ${name} speaks as its catalogue does`, async (t) => {
    const words = { json: catalogue() };
    const watched = await speaking(t, words, live);
    const here = new Viewed(Object.assign(watched, { page: asked(watched.page) }));
    const given = { ...filesIn(directory()), password: PASSWORD };
    for (const view of views) {
      let reached = false;
      await t.test(view.name, async () => {
        await here.page.setViewportSize(SIZES[0]);
        await view.reach(here, given);
        reached = true;
        const problems = [];
        for (const size of SIZES) {
          await here.page.setViewportSize(size);
          if (!view.modal) await here.show(view.pane ?? 'Session');
          const found = [...(await strays(here.page, NAMES)), ...(await here.beyond())];
          problems.push(...found.map((problem) => `${view.name}, ${size.width}: ${problem}`));
        }
        await here.page.setViewportSize(SIZES[0]);
        await here.watched.isClean();
        await view.leave?.(here, given);
        assert.equal(problems.length, 0, problems.join('\n'));
      });
      // The next view is reached from this one.
      if (!reached) break;
    }
  });
}

test('a message that is left out is found, with its view', async (t) => {
  const left = 'Create update session';
  assert.ok(left in MESSAGES);
  const watched = await speaking(t, { json: catalogue(left) });
  const here = await new Viewed(Object.assign(watched, { page: asked(watched.page) })).isSimulated();
  assert.deepEqual(
    (await strays(here.page, NAMES)).map((stray) => stray.split(' in ')[0]),
    [JSON.stringify(left)],
  );
});

test('the page has the language of its catalogue', async (t) => {
  const watched = await speaking(t, { json: catalogue() });
  const here = await new Viewed(Object.assign(watched, { page: asked(watched.page) })).isSimulated();
  assert.equal(await here.page.locator('#accession').getAttribute('lang'), 'pl');
});

for (const [what, answer, why] of [
  ['are not there', { status: 404 }, '404'],
  ['are damaged', { body: '{"lang": "pl", "words": {' }, 'JSON'],
  ['have no language', { json: { words: {} } }, 'undefined'],
  ['have a language that is none', { json: { lang: 'a language', words: {} } }, 'language'],
  ['are none', { json: { lang: 'pl', words: 7 } }, 'no words'],
]) {
  test(`the page speaks English if its words ${what}, and says so on the console`, async (t) => {
    const watched = await speaking(t, answer);
    await new Viewed(watched).isSimulated();
    const [warning, ...others] = watched.console.filter((line) => line.startsWith('warning:'));
    assert.deepEqual(others, []);
    assert.match(warning, new RegExp(`speaks English.*words\\.json.*${why}`, 'i'));
  });
}

test('what a catalogue says is text', async (t) => {
  const words = { 'Create update session': '<img src=x onerror="alert(1)"> & more' };
  const answer = { json: { lang: 'pl', words } };
  const watched = await speaking(t, answer);
  const { guide } = new Viewed(watched);
  await guide.getByRole('button', { name: words['Create update session'] }).waitFor();
  assert.equal(await guide.locator('img').count(), 0);
});
