// The page around its content: panes that can be resized, drawers, what is kept, keys, and every width.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { isAccessible } from './support/accessibility.mjs';
import { launch, open } from './support/browser.mjs';
import { directory, makeFile } from './support/files.mjs';
import { Lab } from './support/lab.mjs';
import { serverWithPage, until } from './support/programs.mjs';

let browser, program;
before(async () => {
  [browser, program] = await Promise.all([launch(), serverWithPage()]);
});
after(() => Promise.all([browser?.close(), program?.stop()]));

const KEY = 'accession.settings';

class Shell extends Lab {
  border(name) {
    return this.page.getByRole('separator', { name });
  }

  pane(name) {
    return this.page.getByRole('navigation', { name: 'Panes' }).getByRole('button', { name });
  }

  /** Waits until a border says that it is there. */
  async isAt(border, place) {
    const now = () => border.getAttribute('aria-valuenow');
    let last;
    await until(
      () => `the border is at ${place}, and not at ${last}`,
      async () => (last = await now()) === String(place),
    );
  }

  /** The length of what a border limits. */
  async measure(border, side) {
    const id = await border.getAttribute('aria-controls');
    const box = await this.page.locator(`#${id}`).boundingBox();
    return Math.round(box[side]);
  }

  /** Focuses a border, and waits until what moves it is there. */
  async take(border) {
    await border.focus();
    await until('the border can be moved', () => border.evaluate((each) => each.onkeydown !== null));
  }

  /** Drags a border. */
  async drag(border, x, y) {
    const { mouse } = this.page;
    await border.hover();
    await until('the border can be moved', () => border.evaluate((each) => each.onkeydown !== null));
    const box = await border.boundingBox();
    const [left, top] = [box.x + box.width / 2, box.y + box.height / 2];
    await mouse.move(left, top);
    await mouse.down();
    await mouse.move(left + x / 2, top + y / 2);
    await mouse.move(left + x, top + y);
    await mouse.up();
  }

  async sheet(name) {
    await this.page.getByRole('banner').getByRole('button', { name }).click();
    await this.dialog.getByRole('heading', { name }).waitFor();
  }

  /** Waits until a sheet is gone and the page has heard of it: only then are all keys its own again. */
  async sheetIsGone() {
    await this.page.locator('.acc-sheet > *').first().waitFor({ state: 'detached' });
  }

  kept() {
    return this.page.evaluate((key) => JSON.parse(localStorage.getItem(key)), KEY);
  }

  /** Waits until something has the focus. */
  async hasFocus(locator, what) {
    await until(`${what} has the focus`, () =>
      locator.evaluate((element) => element === document.activeElement),
    );
  }

  async size(width, height = 800) {
    await this.page.setViewportSize({ width, height });
  }

  /** Nothing makes the page wider than its window. */
  async fits(what) {
    const beyond = await this.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const sticksOut = (element) =>
        element.getBoundingClientRect().right > clientWidth + 1 && !element.closest('svg, pre');
      const found = scrollWidth > clientWidth ? [...document.querySelectorAll('.acc *')] : [];
      return found.filter(sticksOut).map((element) => `${element.tagName}.${element.className}`);
    });
    assert.deepEqual(beyond, [], `${what} is too wide`);
  }
}

async function shell(t, settings) {
  const watched = await open(t, browser, `${program.origin}/?seed=7`, settings);
  return new Shell(watched).isSimulated();
}

/** With a session that is stuck on a file. */
async function stuck(t, settings) {
  const here = await shell(t, settings);
  await here.newSession();
  await here.add(await makeFile(directory(), 'disk-1.vmdk', 1000), { send: false });
  await here.isRefused('complete', '400');
  return here;
}

test('borders are moved by keys, as far as they go', async (t) => {
  const here = await shell(t);
  const { keyboard } = here.page;
  const cases = [
    ['Width of the guide', 'width', 'ArrowRight', 'ArrowLeft', [260, 288, 298, 360]],
    ['Width of Explain', 'width', 'ArrowLeft', 'ArrowRight', [300, 304, 316, 420]],
    ['Height of the log', 'height', 'ArrowUp', 'ArrowDown', [25, 26, 30, 60]],
  ];
  for (const [name, side, more, less, [least, first, next, most]] of cases) {
    const border = here.border(name);
    await here.isAt(border, first);
    const before = await here.measure(border, side);
    await here.take(border);
    await keyboard.press(more);
    await here.isAt(border, next);
    assert.ok((await here.measure(border, side)) > before, `${name} grows`);
    await keyboard.press(less);
    await here.isAt(border, first);
    assert.equal(await here.measure(border, side), before);
    await keyboard.press('Home');
    await here.isAt(border, least);
    await keyboard.press(less);
    await here.isAt(border, least);
    await keyboard.press('Enter');
    await here.isAt(border, first);
    await keyboard.press('End');
    await here.isAt(border, most);
  }
  const session = await here.page.locator('.acc-session').boundingBox();
  assert.ok(session.width >= 480, `between the widest panes the session has ${session.width} px`);
  await isAccessible(here.page, 'the widest panes');
  await here.watched.isClean();
});

test('borders are moved by a pointer', async (t) => {
  const here = await shell(t);
  for (const [name, side, x, y, most] of [
    ['Width of the guide', 'width', 40, 0, 360],
    ['Width of Explain', 'width', -40, 0, 420],
    ['Height of the log', 'height', 0, -40, 480],
  ]) {
    const border = here.border(name);
    const before = await here.measure(border, side);
    await here.drag(border, x, y);
    await until(`${name} follows`, async () =>
      Math.abs((await here.measure(border, side)) - before - 40) <= 1,
    );
    // Farther than it goes, and back beyond where it began.
    await here.drag(border, 20 * x, 20 * y);
    await until(`${name} ends`, async () => (await here.measure(border, side)) === most);
    await border.dblclick();
    await until(`${name} returns`, async () => (await here.measure(border, side)) === before);
  }
  // A pointer that only passes moves nothing.
  await here.page.mouse.move(300, 300);
  await here.page.mouse.move(100, 300);
  await here.isAt(here.border('Width of the guide'), 288);
  await here.watched.isClean();
});

test('what is settled is there the next time, and nothing else', async (t) => {
  const here = await stuck(t);
  const { page } = here;
  assert.deepEqual(await here.watched.stored(), {});
  await here.take(here.border('Width of the guide'));
  await page.keyboard.press('End');
  await page.getByRole('button', { name: 'Collapse log' }).click();
  await here.sheet('Settings');
  await here.dialog.getByRole('button', { name: 'Dark' }).click();
  await here.dialog.getByRole('button', { name: 'Larger' }).click();
  await isAccessible(page, 'settings');
  const look = 'dark log-closed large';
  await until('it is kept', async () => (await here.kept())?.look === look);
  assert.deepEqual(await here.kept(), { guide: 360, look });
  assert.deepEqual(Object.keys((await here.watched.stored()).local), [KEY]);

  await page.reload();
  await here.target.getByText('SIMULATED').waitFor();
  const shown = await page.locator('.acc').evaluate(({ dataset }) => ({ ...dataset }));
  assert.deepEqual([shown.theme, shown.text, shown.log], ['dark', 'large', 'closed']);
  const letter = await page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
  assert.equal(letter, '21.6px');

  await here.sheet('Settings');
  await here.dialog.getByRole('button', { name: 'Normal' }).click();
  await here.dialog.getByRole('button', { name: 'Reset the layout' }).click();
  await until('the theme alone is kept', async () => (await here.kept())?.guide === undefined);
  assert.deepEqual(await here.kept(), { look: 'dark' });
  await here.isAt(here.border('Width of the guide'), 288);
  await here.dialog.getByRole('button', { name: 'Forget everything' }).click();
  await until('nothing is kept', async () => (await here.kept()) === null);
  assert.equal(await page.locator('.acc').getAttribute('data-theme'), 'system');
  assert.deepEqual(await here.watched.stored(), {});
  await here.watched.isClean();
});

test('a command is found by typing, and pressed', async (t) => {
  const here = await stuck(t);
  const { keyboard } = here.page;
  const field = here.dialog.getByRole('textbox', { name: 'Find a command' });
  await here.guide.getByLabel('Update session id').focus();
  await keyboard.press('Control+k');
  await here.hasFocus(field, 'the field');
  await isAccessible(here.page, 'commands');
  // What is to be expected of a call is said here too.
  await keyboard.type('complete session');
  await here.dialog.getByText('will be refused: disk-1.vmdk').waitFor();
  await keyboard.press('Enter');
  await here.saw('complete', 'refused', '400');
  await here.sheetIsGone();

  await keyboard.press('Control+k');
  await here.hasFocus(field, 'the field');
  assert.equal(await field.inputValue(), '');
  await keyboard.type('keep alive');
  await keyboard.press('ArrowDown');
  await here.hasFocus(here.dialog.getByRole('button', { name: /^Keep session alive/ }), 'the call');
  await keyboard.press('ArrowUp');
  await here.hasFocus(field, 'the field');
  await keyboard.press('Escape');
  await here.sheetIsGone();

  // Any operation goes to the builder, in a drawer too.
  await here.size(1100);
  await keyboard.press('Control+k');
  await here.hasFocus(field, 'the field');
  await keyboard.type('build get storage');
  await keyboard.press('Enter');
  const operation = here.guide.getByLabel('Operation');
  await here.hasFocus(operation, 'the operation');
  assert.match(await operation.inputValue(), /storage\.get$/);
  await here.watched.isClean();
});

test('storage that is damaged or shut does no harm', async (t) => {
  const here = await shell(t);
  for (const text of ['{"guide":', '[]', '"dark"', '{"guide":"wide","look":7,"host":"vc"}']) {
    await here.page.evaluate(([key, text]) => localStorage.setItem(key, text), [KEY, text]);
    await here.page.reload();
    await here.isSimulated();
    await here.isAt(here.border('Width of the guide'), 288);
  }
  await here.page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get() {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
  });
  await here.page.reload();
  await here.isSimulated();
  await here.take(here.border('Width of the guide'));
  await here.page.keyboard.press('End');
  await here.isAt(here.border('Width of the guide'), 360);
  await here.watched.isClean();
});

test('what does not fit is a drawer, one at a time', async (t) => {
  const here = await stuck(t);
  const { keyboard } = here.page;
  assert.equal(await here.pane('Guide').isVisible(), false);

  await here.size(1100);
  assert.equal(await here.guide.isVisible(), false);
  assert.equal(await here.explain.isVisible(), true);
  assert.equal(await here.pane('Explain').isVisible(), false);
  await here.pane('Guide').click();
  await here.hasFocus(here.guide, 'the guide');
  assert.equal(await here.pane('Guide').getAttribute('aria-expanded'), 'true');
  await isAccessible(here.page, 'the guide as a drawer');
  // What is behind can be seen and used.
  await here.succeeds('keep_alive');
  await here.guide.getByLabel('Update session id').focus();
  await keyboard.press('Escape');
  await here.hasFocus(here.pane('Guide'), 'the button');
  assert.equal(await here.guide.isVisible(), false);

  await here.size(768, 1024);
  await here.pane('Explain').click();
  await here.hasFocus(here.explain, 'what explains');
  await here.explain.getByText('Possible now').waitFor();
  await here.pane('Guide').click();
  await here.hasFocus(here.guide, 'the guide');
  assert.equal(await here.pane('Explain').getAttribute('aria-expanded'), 'false');
  assert.equal(await here.explain.getByText('Possible now').isVisible(), false);
  await isAccessible(here.page, 'the guide as a drawer on a tablet');
  // Pressed again, it closes.
  await here.pane('Guide').click();
  await here.guide.waitFor({ state: 'hidden' });
  await here.hasFocus(here.pane('Guide'), 'the button');
  await here.watched.isClean();
});

test('on a narrow screen, what can be done comes first', async (t) => {
  const here = await stuck(t, { viewport: { width: 1280, height: 800 } });
  const order = () =>
    here.session.locator('h1, h2').evaluateAll((found) => found.map((each) => each.innerText));
  const chosen = here.session.getByLabel('Choose files');
  await chosen.setInputFiles((await makeFile(directory(), 'disk-2.vmdk', 10)).path);
  const add = here.session.getByRole('button', { name: 'Add files' });
  await add.waitFor();
  assert.deepEqual((await order()).slice(1), ['Picture', 'Calls', 'Files']);
  await here.size(390, 844);
  await until('the calls come first', async () => (await order())[1] === 'Calls');
  assert.deepEqual((await order()).slice(1), ['Calls', 'Files', 'Picture']);
  // What was chosen is still there.
  assert.equal(await add.isVisible(), true);
  const clock = here.session.getByRole('group', { name: 'Simulated clock' });
  assert.deepEqual(await clock.getByRole('button').allInnerTexts(), [
    'Pause',
    'To next event',
    'To expiry',
  ]);
  await here.session.getByText('Speed, conditions, branches').click();
  await here.session.getByRole('button', { name: '60×' }).waitFor();
  await here.watched.isClean();
});

test('keys go everywhere, but not from a field, and can be switched off', async (t) => {
  const here = await stuck(t);
  const { page } = here;
  const { keyboard } = page;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const press = async (...keys) => {
    for (const key of keys) await keyboard.press(key);
  };
  const session = here.session.getByRole('heading', { level: 1 });
  await press('g', 'l');
  await here.hasFocus(page.locator('.acc-log-lines'), 'the log');
  await press('g', 'e');
  await here.hasFocus(here.explain, 'what explains');
  await press('g', 'd');
  await here.hasFocus(page.locator('[aria-label="State diagram"]'), 'the diagram');
  await press('g', 's');
  await here.hasFocus(session, 'the session');
  // What is not a place leads nowhere, and is forgotten.
  await press('g', 'x', 'l');
  await here.hasFocus(session, 'the session');

  await press('c');
  const code = page.locator('.acc-code');
  await code.waitFor();
  await press('c');
  await until('the code is copied', async () =>
    (await page.evaluate(() => navigator.clipboard.readText())) === (await code.textContent()),
  );

  const id = here.guide.getByLabel('Update session id');
  await id.focus();
  await press('g', 'l', 'c');
  assert.equal(await id.inputValue(), 'glc');
  await here.hasFocus(id, 'the field');

  await session.focus();
  await press('?');
  await here.dialog.getByRole('heading', { name: 'Keys' }).waitFor();
  await isAccessible(page, 'the keys');
  await press('Escape');
  await here.sheetIsGone();

  const slider = page.getByRole('slider', { name: 'Timeline' });
  await slider.focus();
  await press(' ');
  await page.getByRole('button', { name: 'Play' }).waitFor();
  await press(' ');
  await page.getByRole('button', { name: 'Pause' }).waitFor();

  await here.sheet('Settings');
  await here.dialog.getByRole('button', { name: 'Off' }).click();
  await press('Escape');
  await here.sheetIsGone();
  await session.focus();
  await press('g', 'l');
  await here.hasFocus(session, 'the session');
  await press('Control+k');
  await here.dialog.getByRole('heading', { name: 'Commands' }).waitFor();
  await here.watched.isClean();
});

for (const [words, large] of [
  ['', false],
  [', with text twice as large', true],
]) {
  test(`every view fits every width${words}`, async (t) => {
    const here = await stuck(t);
    const { page } = here;
    await here.lines().last().click();
    await page.getByRole('button', { name: 'Code', exact: true }).click();
    await page.locator('.acc-code').waitFor();
    if (large) await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
    for (const width of [320, 390, 768, 1024, 1280, 1920]) {
      await here.size(width, 800);
      for (const picture of ['Diagram', 'Sequence', 'Table']) {
        await here.session.getByRole('tab', { name: picture }).click();
        await here.fits(`${picture} at ${width} px`);
      }
      for (const pane of ['Guide', 'Explain', 'Log', 'Session']) {
        if (!(await here.pane(pane).isVisible())) continue;
        await here.pane(pane).click();
        await here.fits(`${pane} at ${width} px`);
        const closes = here.pane(pane);
        if (pane !== 'Session' && (await here.pane('Session').isHidden())) await closes.click();
      }
      assert.deepEqual(await cut(page), [], `at ${width} px nothing is cut off`);
      await isAccessible(page, `at ${width} px`);
    }
    // Another task, in the same frame.
    for (const width of [1280, 320]) {
      await here.size(width, 800);
      if (await here.pane('Guide').isVisible()) await here.pane('Guide').click();
      await here.guide.getByRole('button', { name: 'Check a package' }).click();
      await here.fits(`the check at ${width} px`);
      if (await here.pane('Guide').isVisible()) await here.pane('Guide').click();
      await here.guide.getByRole('button', { name: 'Run a session' }).click();
    }
    await here.watched.isClean();
  });
}

/** Words that are cut off: wider than what they stand in, which neither scrolls nor is meant to be cut. */
function cut(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('button, label, h1, h2, h3, dt, dd, th, td, p, summary')]
      .filter((element) => element.checkVisibility() && !element.closest('.acc-spoken, .acc-log-lines'))
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
      .filter((element) => getComputedStyle(element).overflowX !== 'auto')
      .map((element) => `${element.tagName} ${element.textContent.slice(0, 40)}`),
  );
}

test('colours that the system forces leave every state readable', async (t) => {
  const here = await stuck(t, { forcedColors: 'active' });
  await here.take(here.border('Width of the guide'));
  const line = await here
    .border('Width of the guide')
    .evaluate((border) => getComputedStyle(border).backgroundColor);
  const page = await here.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.notEqual(line, page, 'a border is seen');
  const icons = await here.session.locator('.acc-state svg').count();
  assert.ok(icons > 0, 'a state has its icon');
  await isAccessible(here.page, 'forced colours');
  await here.watched.isClean();
});

test('nothing moves for those who do not want it', async (t) => {
  const here = await shell(t, { reducedMotion: 'reduce' });
  const moving = await here.page.evaluate(() =>
    [...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      return parseFloat(transitionDuration) > 0 || animationName !== 'none';
    }).length,
  );
  assert.equal(moving, 0);
});
