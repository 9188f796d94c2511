// The pictures of a session: read by role and name, walked by keys, and the same in three forms.

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

const REASON = 'disk-1.vmdk has received 0 B of 1.0 KB';

/** The page with its pictures; with a session, if wanted, that is stuck on a file. */
async function lab(t, { stuck = true, ...settings } = {}) {
  const watched = await open(t, browser, `${program.origin}/?seed=7`, settings);
  const here = await new Lab(watched).isSimulated();
  // The browser knows these roles, the library that drives it does not look for them.
  here.picture = (name) => here.session.locator(`[role="graphics-document"][aria-label="${name}"]`);
  here.symbol = (begin) => here.session.locator(`[role="graphics-symbol"][aria-label^="${begin}"]`);
  here.tab = (name) => here.session.getByRole('tab', { name, exact: true });
  here.tableRow = (table, name) =>
    here.session
      .getByRole('table', { name: table, exact: true })
      .getByRole('row')
      .filter({ has: here.page.getByRole('rowheader', { name, exact: true }) });
  if (stuck) {
    const file = await makeFile(directory(), 'disk-1.vmdk', 1000);
    await here.newSession();
    await here.add(file, { send: false });
    await here.isRefused('complete', '400');
  }
  return here;
}

async function hasFocus(here, begin) {
  await until(
    () => `the focus is on ${begin}`,
    () =>
      here.page.evaluate(
        (begin) => document.activeElement.getAttribute('aria-label')?.startsWith(begin),
        begin,
      ),
  );
}

test('without a session, one call is possible', async (t) => {
  const here = await lab(t, { stuck: false });
  const diagram = here.picture('State diagram');
  await diagram.waitFor();
  await here.symbol('(none), current').waitFor();
  await here.symbol('create, call from (none) to ACTIVE: will succeed').waitFor();
  await isAccessible(here.page, 'the diagram without a session');
  await here.watched.isClean();
});

test('the diagram says what is legal now, and why the rest is not', async (t) => {
  const here = await lab(t);
  await here.symbol('ACTIVE, current').waitFor();
  await here.symbol(`complete, call from ACTIVE to DONE: will be refused: ${REASON}`).waitFor();
  await here.symbol('cancel, call from ACTIVE to CANCELED: will succeed').waitFor();
  await here.symbol('create, call from (none) to ACTIVE, visited').waitFor();
  // What is read aloud is drawn as well.
  const drawn = await here.picture('State diagram').evaluate((picture) => {
    const texts = [...picture.querySelectorAll('text')].map((text) => text.textContent);
    return texts.join(' ').replaceAll('✕\u00a0', '');
  });
  for (const text of [REASON, 'current', 'WAITING_FOR_TRANSFER 0 %', 'delete: the session is ACTIVE']) {
    assert.ok(drawn.includes(text), `${text} is not in ${drawn}`);
  }
  await isAccessible(here.page, 'the diagram');
  await here.watched.isClean();
});

test('the diagram is walked by keys, and explains what is chosen', async (t) => {
  const here = await lab(t);
  const { keyboard } = here.page;
  await here.tab('Diagram').focus();
  await keyboard.press('Tab');
  await hasFocus(here, 'State diagram');
  await keyboard.press('ArrowRight');
  await hasFocus(here, 'ACTIVE');
  await keyboard.press('ArrowRight');
  await hasFocus(here, 'complete, call from ACTIVE to DONE');
  await keyboard.press('ArrowDown');
  await hasFocus(here, 'cancel, call from ACTIVE to CANCELED');
  await keyboard.press('ArrowUp');
  await keyboard.press('Enter');
  const picture = here.session.getByRole('tabpanel', { name: 'Diagram' });
  await picture.getByText('The item gets the files of this session').waitFor();
  await picture.getByText('Send the bytes of disk-1.vmdk, then send complete.').waitFor();
  // Nothing was sent by looking.
  const before = await here.listed();
  await hasFocus(here, 'complete, call from ACTIVE to DONE');
  await keyboard.press('ArrowRight');
  await hasFocus(here, 'DONE');
  assert.equal(await here.listed(), before);
  // One stop: the next one is beyond the picture.
  await keyboard.press('Tab');
  await until('the focus is on the button', () =>
    here.page.evaluate(() => document.activeElement.textContent === 'Send complete'),
  );
  await keyboard.press('Enter');
  await until('complete is sent', async () => (await here.listed()) > before);
  await here.saw('complete', 'refused', '400');
  await here.watched.isClean();
});

test('an arrow of the sequence shows the session after it', async (t) => {
  const here = await lab(t);
  await here.tab('Diagram').focus();
  await here.page.keyboard.press('ArrowRight');
  await until('the tab has the focus', () =>
    here.tab('Sequence').evaluate((tab) => tab === document.activeElement),
  );
  await here.picture('Sequence of calls and events').waitFor();
  await here.symbol('API login, from').waitFor();
  await here.symbol('update session, from').waitFor();
  await here.symbol('update_session.complete, you to API, refused, 400').waitFor();
  await isAccessible(here.page, 'the sequence');

  const created = here.symbol('update_session.create, you to API, answered 201');
  await created.click();
  assert.equal(await created.getAttribute('aria-current'), 'true');
  assert.equal(await here.file('disk-1.vmdk').count(), 0);
  // The same by keys: from the row that is shown down to the one that adds the file.
  await here.tab('Sequence').focus();
  await here.page.keyboard.press('Tab');
  await here.page.keyboard.press('ArrowDown');
  await hasFocus(here, 'update_session.create');
  await here.page.keyboard.press('ArrowDown');
  await here.page.keyboard.press('ArrowDown');
  await hasFocus(here, 'file.add');
  await here.page.keyboard.press('Enter');
  await here.file('disk-1.vmdk').waitFor();
  await here.watched.isClean();
});

test('the sequence comes with the module that draws it, or says why it does not come', async (t) => {
  const here = await lab(t, { stuck: false });
  const panel = here.session.getByRole('tabpanel', { name: 'Sequence' });
  let goOn;
  const held = new Promise((resolve) => (goOn = resolve));
  await here.page.route('**/accession-scribe.js', async (route) => {
    await held;
    await route.abort();
  });
  await here.tab('Sequence').click();
  await panel.getByText('The picture is being drawn.').waitFor();
  goOn();
  await panel.getByText('a module of this page could not be loaded').waitFor();
  // Asked again, it is tried again.
  await here.page.unroute('**/accession-scribe.js');
  await here.tab('Sequence').click();
  await here.picture('Sequence of calls and events').waitFor();
  await here.symbol('session.create, you to API, answered 201').waitFor();
  await here.watched.isClean();
});

test('the table says all that the diagram says', async (t) => {
  const here = await lab(t);
  await here.session.getByRole('button', { name: 'Show as table' }).click();
  assert.equal(await here.tab('Table').getAttribute('aria-selected'), 'true');
  const complete = here.tableRow('What is possible now', 'complete');
  const text = await complete.innerText();
  for (const part of [REASON, 'session.files-received', 'documented', 'then send complete']) {
    assert.ok(text.includes(part), `${part} is not in ${text}`);
  }
  const cancel = await here.tableRow('What is possible now', 'cancel').innerText();
  assert.match(cancel, /will succeed/);
  const file = await here.tableRow('Files and how far they are', 'disk-1.vmdk').innerText();
  assert.match(file, /WAITING_FOR_TRANSFER[\s\S]*0 %/);
  await here.tableRow('What happened so far', 'create').waitFor();
  await here.session.getByText('All states and arrows').click();
  await here.tableRow('States', 'ACTIVE').getByText('current').waitFor();
  const arrows = here.session.getByRole('table', { name: 'Arrows', exact: true });
  assert.ok((await arrows.getByRole('row').count()) > 20);
  await isAccessible(here.page, 'the table');

  await here.call('cancel');
  await here.isIn('CANCELED');
  await here.tableRow('What happened so far', 'cancel').waitFor();
  await here.tableRow('State', 'CANCELED').waitFor();
  await here.watched.isClean();
});

test('on a narrow screen the table comes first', async (t) => {
  const here = await lab(t);
  await here.page.setViewportSize({ width: 320, height: 640 });
  // Above it there are the calls and the files, so that of them it says more only if somebody asks.
  await here.tableRow('State', 'ACTIVE').waitFor();
  await here.session.getByText('Possible now, files, what happened').click();
  await here.tableRow('What is possible now', 'complete').getByText(REASON).waitFor();
  assert.equal(await here.picture('State diagram').isVisible(), false);
  assert.equal(await here.tab('Table').getAttribute('aria-selected'), 'true');
  await here.tab('Diagram').click();
  await here.picture('State diagram').waitFor();
  for (const name of ['Diagram', 'Sequence', 'Table']) {
    await here.tab(name).click();
    await isAccessible(here.page, `${name}, narrow`);
    const beyond = await here.page.evaluate(
      () => document.documentElement.scrollWidth - innerWidth,
    );
    assert.ok(beyond <= 0, `${name} is ${beyond} px too wide for a screen of 320`);
  }
  await here.watched.isClean();
});
