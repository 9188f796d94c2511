// The wire log: a table of which only what is in view is drawn, and what stands beside it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { isAccessible } from './support/accessibility.mjs';
import { launch, open } from './support/browser.mjs';
import { Lab } from './support/lab.mjs';
import { serverWithPage, until } from './support/programs.mjs';

let browser, program;
before(async () => {
  program = await serverWithPage();
  browser = await launch();
});
after(() => Promise.all([browser?.close(), program?.stop()]));

/** A page whose log has many more lines than fit: keep-alive changes what is read after it. */
async function busy(t, times = 100) {
  const watched = await open(t, browser, `${program.origin}/?seed=7`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const here = await new Lab(watched).isSimulated();
  await here.newSession();
  const before = await here.listed();
  await here.session.getByRole('button', { name: 'session alive' }).evaluate(async (button, times) => {
    for (let count = 0; count < times; count += 1) {
      button.click();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }, times);
  await until('every call is listed', async () => (await here.listed()) >= before + times);
  return here;
}

const column = (here, name) => here.log.getByRole('columnheader', { name });
const numbers = (here) =>
  here.lines().evaluateAll((lines) => lines.map((line) => Number(line.dataset.entry)));

/** The numbers of the lines that are wholly in view, below the headings. */
const inView = (here) =>
  here.log.evaluate((grid) => {
    const frame = grid.parentElement.getBoundingClientRect();
    const top = grid.firstElementChild.getBoundingClientRect().bottom;
    return [...grid.querySelectorAll('[data-entry]')]
      .filter((line) => {
        const box = line.getBoundingClientRect();
        // The browser scrolls by whole pixels.
        return box.top >= top - 2 && box.bottom <= frame.bottom + 2;
      })
      .map((line) => Number(line.dataset.entry));
  });

test('only the lines in view are drawn, and the keyboard reaches all of them', async (t) => {
  const here = await busy(t);
  const { keyboard } = here.page;
  const count = await here.listed();
  assert.ok((await here.lines().count()) < count / 2, 'most lines are not drawn');
  // It has followed, and its last line is the one that the tab key stops at.
  assert.equal((await inView(here)).at(-1), count);
  await here.log.locator('[data-entry][tabindex="0"]').focus();
  await here.hasFocus(count);

  await keyboard.press('Home');
  await here.hasFocus(1);
  await until('it is in view', async () => (await inView(here))[0] === 1);
  await keyboard.press('PageDown');
  const page = (await inView(here)).length;
  const focused = here.log.locator('[data-entry]:focus');
  await until('the focus is a page further', async () => {
    const at = Number(await focused.getAttribute('data-entry'));
    return at >= page - 2 && at <= page + 1;
  });
  const at = Number(await focused.getAttribute('data-entry'));
  // Each of them, one after the other, and each is in view when it has the focus.
  for (let number = at + 1; number <= count; number += 1) {
    await keyboard.press('ArrowDown');
    await here.hasFocus(number);
    const line = here.log.locator('[data-entry]:focus');
    assert.equal(await line.getAttribute('aria-rowindex'), String(number + 1));
    assert.ok((await inView(here)).includes(number), `${number} is in view`);
  }
  await keyboard.press('Home');
  await here.hasFocus(1);
  await keyboard.press('End');
  await here.hasFocus(count);

  // The focus stays where it is, also when its line is far from what is in view.
  await here.log.evaluate((grid) => grid.parentElement.scrollTo(0, 0));
  await until('the first lines are in view', async () => (await inView(here))[0] === 1);
  await here.hasFocus(count);
  await keyboard.press('ArrowUp');
  await here.hasFocus(count - 1);
  await until('it is in view again', async () => (await inView(here)).includes(count - 1));
  await isAccessible(here.page, 'a long log');
  await here.watched.isClean();
});

test('columns put the lines in order, and the third press gives them back', async (t) => {
  const here = await busy(t, 20);
  const count = await here.listed();
  const session = await here.sessionId();
  const number = column(here, 'No.');
  await number.getByRole('button').click();
  assert.equal(await number.getAttribute('aria-sort'), 'ascending');
  await number.getByRole('button').click();
  assert.equal(await number.getAttribute('aria-sort'), 'descending');
  await here.log.evaluate((grid) => grid.parentElement.scrollTo(0, 0));
  await until('the last comes first', async () => (await inView(here))[0] === count);
  const status = column(here, 'Status');
  await status.getByRole('button').click();
  assert.equal(await number.getAttribute('aria-sort'), 'none');
  // What has no status comes first: where calls go.
  await until('the target comes first', async () => (await inView(here))[0] === 1);
  await status.getByRole('button').click();
  await status.getByRole('button').click();
  assert.equal(await status.getAttribute('aria-sort'), 'none');
  assert.deepEqual((await numbers(here)).slice(0, 3), [1, 2, 3]);
  // The run goes on as if nothing had been sorted.
  assert.equal(await here.sessionId(), session);
  await here.succeeds('keep_alive');
  await here.watched.isClean();
});

test('a filter lists what holds it, and new lines that do', async (t) => {
  const here = await busy(t, 20);
  const all = await here.listed();
  const filter = here.page.getByLabel('Filter the log');
  await filter.fill('ACTION=keep-alive');
  await until('it fits some', async () => (await here.listed()) < all);
  const some = await here.listed();
  assert.ok(some >= 20, `${some} are listed`);
  await here.succeeds('keep_alive');
  await until('one more is listed', async () => (await here.listed()) === some + 1);
  await filter.fill('nowhere to be found');
  await here.page.getByText('No line fits the filter.').waitFor();
  await filter.fill('');
  await until('all are listed', async () => (await here.listed()) > all);
  await here.page.getByLabel('Show reads').uncheck();
  await until('reads are not', async () => (await here.listed()) < all);
  assert.equal(await here.lines(/\bGET\b/).count(), 0);
  await here.watched.isClean();
});

test('what is chosen in the log, all views show, and the other way round', async (t) => {
  const here = await busy(t, 60);
  const { page } = here;
  const slider = here.session.getByRole('slider', { name: 'Timeline' });
  const created = here.lines('gone').or(here.lines('none → ACTIVE')).first();
  // From the timeline to the log, whose line comes into view.
  await here.session.getByRole('button', { name: 'First', exact: true }).click();
  const marked = here.log.locator('[data-entry][aria-selected="true"]');
  await until('it is in view', async () => {
    if ((await marked.count()) === 0) return false;
    return (await inView(here)).includes(Number(await marked.getAttribute('data-entry')));
  });
  // From the log to the timeline.
  await created.click();
  await until('the timeline shows it', async () =>
    / create\b/.test(await slider.getAttribute('aria-valuetext')),
  );
  const number = await created.getAttribute('data-entry');
  assert.equal(await marked.getAttribute('data-entry'), number);
  await here.detail(number).waitFor();
  // What is chosen elsewhere is read here too.
  await here.session.getByRole('button', { name: 'Next', exact: true }).click();
  await here.detail(number).waitFor({ state: 'detached' });
  await here.detail(await marked.getAttribute('data-entry')).waitFor();

  await page.keyboard.press('Tab');
  await here.session.getByRole('button', { name: 'Back to the latest' }).click();
  await here.succeeds('keep_alive');
  await here.watched.isClean();
});

test('what stands beside the log is opened, copied and closed by keys', async (t) => {
  const here = await busy(t, 1);
  const { page } = here;
  await here.call('delete');
  await here.saw('delete', 'refused', '400');
  const line = here.lines('DELETE').last();
  const number = await line.getAttribute('data-entry');
  await line.focus();
  await page.keyboard.press('Enter');
  const detail = here.detail(number);
  await until('it has the focus', () =>
    detail.evaluate((element) => element === document.activeElement),
  );
  await detail.getByText('library.item.update_session.delete').waitFor();
  await detail.getByText('will be refused').waitFor();
  assert.equal(await detail.getByText('Divergence').count(), 0);
  assert.match(await detail.innerText(), /vmware-api-session-id: ••••/);
  await isAccessible(page, 'a line in full');
  const copied = async (name) => {
    await detail.getByRole('button', { name }).click();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  assert.match(await copied('Copy request'), /^DELETE https:\/\/vcenter\.simulated\/api\/.*\n/);
  assert.match(await copied('Copy response'), /^400\nContent-Type/);
  await detail.getByRole('button', { name: 'Close' }).click();
  await here.hasFocus(number);
  await page.keyboard.press('Enter');
  await detail.waitFor();
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'detached' });
  await here.hasFocus(number);

  // On a narrow screen it stands below the lines.
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('navigation').getByRole('button', { name: 'Log', exact: true }).click();
  await line.click();
  const [list, below] = await Promise.all([here.log.locator('..').boundingBox(), detail.boundingBox()]);
  assert.ok(below.y >= list.y + list.height, 'it is below');
  await here.watched.isClean();
});

test('what is read in full stays in view when the window or the border moves', async (t) => {
  const here = await busy(t, 60);
  const { page } = here;
  const marked = here.log.locator('[data-entry][aria-selected="true"]');
  const inFront = (name) =>
    page.getByRole('navigation').getByRole('button', { name, exact: true }).click();
  const stays = (number, where) =>
    until(`${number} is in view ${where}`, async () => (await inView(here)).includes(number));
  await page.setViewportSize({ width: 1280, height: 800 });
  // Whoever sees the end sees it again.
  const last = (await inView(here)).at(-1);
  await page.setViewportSize({ width: 320, height: 640 });
  await here.log.waitFor({ state: 'hidden' });
  await page.setViewportSize({ width: 1280, height: 800 });
  await stays(last, 'at the end');
  // In the middle, and at the lower edge of what is in view.
  for (const edge of [0, -1]) {
    await here.log.evaluate((grid) => grid.parentElement.scrollTo(0, 30 * 26));
    await until('the end is left', async () => (await inView(here))[0] === 31);
    const number = (await inView(here)).at(edge);
    await here.log.locator(`[data-entry="${number}"]`).click();
    await here.detail(number).waitFor();
    await page.setViewportSize({ width: 320, height: 640 });
    // There the log is not in front at first.
    await here.log.waitFor({ state: 'hidden' });
    await inFront('Log');
    await stays(number, 'on a narrow screen');
    await inFront('Session');
    await page.setViewportSize({ width: 1280, height: 800 });
    await stays(number, 'on a wide screen again');
    await page.getByRole('separator', { name: 'Height of the log' }).focus();
    await page.keyboard.press('Home');
    await stays(number, 'in a lower pane');
    await page.keyboard.press('End');
    await stays(number, 'in a higher one');
    assert.equal(await marked.getAttribute('data-entry'), String(number));
    await page.keyboard.press('Enter');
  }
  // Whoever has scrolled it away is left there.
  await here.log.evaluate((grid) => grid.parentElement.scrollTo(0, 0));
  await until('the first lines are in view', async () => (await inView(here))[0] === 1);
  const shown = (await inView(here)).length;
  await page.setViewportSize({ width: 1280, height: 1100 });
  await until('more lines are', async () => (await inView(here)).length > shown);
  assert.equal((await inView(here))[0], 1);
  await here.watched.isClean();
});
