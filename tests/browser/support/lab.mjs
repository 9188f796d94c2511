// The page as a person meets it: controls are found by their role and name.

import assert from 'node:assert/strict';

import { until } from './programs.mjs';

/** The words of the buttons that send a call. */
export const CALLS = {
  validate: 'Validate files',
  keep_alive: 'session alive',
  complete: 'Complete update session',
  cancel: 'Cancel update session',
  fail: 'Fail update session',
  delete: 'Delete update session',
};

export class Lab {
  constructor(watched) {
    this.watched = watched;
    this.page = watched.page;
    this.guide = this.page.getByRole('complementary', { name: 'Guide' });
    this.session = this.page.getByRole('main');
    this.explain = this.page.getByRole('complementary', { name: 'Explain' });
    this.log = this.page.getByRole('grid', { name: 'Calls and events' });
    this.outcome = this.page.getByTestId('outcome');
    this.target = this.page.getByTestId('target');
    this.dialog = this.page.getByRole('dialog');
  }

  // The way to a session.

  /** Waits until the page's own simulator is furnished. */
  async isSimulated() {
    await this.target.getByText('SIMULATED').waitFor();
    await this.guide.getByRole('button', { name: 'Create update session' }).waitFor();
    return this;
  }

  async speak(dialect) {
    await this.guide.getByLabel('Dialect').selectOption(`/${dialect}`);
  }

  /** Signs in to the server that the page came from, or to another host. */
  async signIn(how) {
    await this.trySignIn(how);
    await this.guide.getByRole('button', { name: 'Disconnect' }).waitFor();
  }

  async trySignIn({ dialect = 'api', user = 'administrator@vsphere.local', password, token }) {
    await this.guide.getByRole('radio', { name: 'LIVE' }).check();
    await this.target.getByText('LIVE', { exact: true }).waitFor();
    await this.speak(dialect);
    if (token) {
      const ways = this.guide.getByRole('group', { name: 'Sign in with' });
      await ways.getByRole('radio').last().check();
      await this.guide.getByLabel('Token', { exact: true }).fill(token);
    } else {
      await this.guide.getByLabel('User name').fill(user);
      await this.guide.getByLabel('Password', { exact: true }).fill(password);
    }
    await this.guide.getByRole('button', { name: 'Sign in' }).click();
  }

  async newLibrary(name, datastore) {
    await this.unfold('New library', 'Library name');
    await this.guide.getByLabel('Library name').fill(name);
    await this.guide.getByLabel('Datastore id').fill(datastore);
    await this.guide.getByRole('button', { name: 'Create library' }).click();
    await this.chosen('Library', name);
  }

  async newItem(name) {
    await this.unfold('New item', 'Item name');
    await this.guide.getByLabel('Item name').fill(name);
    await this.guide.getByRole('button', { name: 'Create item' }).click();
    await this.chosen('Item', name);
  }

  async unfold(summary, label) {
    const field = this.guide.getByLabel(label);
    if (!(await field.isVisible())) await this.guide.getByText(summary, { exact: true }).click();
    await field.waitFor();
  }

  async chosen(label, name) {
    const select = this.guide.getByLabel(label, { exact: true });
    await until(`${label} is ${name}`, async () => {
      const chosen = await select.evaluate((element) => element.selectedOptions[0]?.label);
      return chosen === name;
    });
  }

  /** Creates a session for the chosen item, and gives its id. */
  async newSession() {
    const before = await this.sessionId();
    await this.guide.getByRole('button', { name: 'Create update session' }).click();
    await until('there is another session', async () => (await this.sessionId()) !== before);
    await this.isIn('ACTIVE');
    return this.sessionId();
  }

  async openSession(id) {
    await this.guide.getByLabel('Update session id').fill(id);
    await this.guide.getByRole('button', { name: 'Open update session' }).click();
  }

  async sessionId() {
    const id = this.page.getByTestId('session-id');
    return (await id.count()) > 0 ? id.textContent() : '';
  }

  // What is done in it.

  /** Adds a file, and sends its bytes unless told not to. */
  async add(file, { checksum, algorithm = 'SHA256', send = true } = {}) {
    await this.session.getByLabel('Choose files').setInputFiles(file.path);
    await this.session.getByLabel('Declared checksum').selectOption(checksum ? algorithm : '');
    if (checksum) await this.session.getByLabel('Checksum in hex').fill(checksum);
    await this.session.getByLabel('Send the bytes right away').setChecked(send);
    await this.session.getByRole('button', { name: 'Add files' }).click();
    await this.file(file.name).waitFor();
  }

  /** The row of a file in the session. */
  file(name) {
    const table = this.session.getByRole('table', { name: 'Files of the update session' });
    return table.getByRole('row').filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Waits until a file has a status. */
  async fileIs(name, status, patience = 60_000) {
    await this.file(name).getByText(status, { exact: true }).waitFor({ timeout: patience });
  }

  /** Waits until a file's bytes are on the other side, whatever the server says of its status. */
  async isSent(name, patience) {
    await this.told([`upload of ${name}`, 'succeeded'], patience);
  }

  async call(name) {
    await this.session.getByRole('button', { name: CALLS[name] }).click();
  }

  /** Sends a call, and waits until it has succeeded. */
  async succeeds(name, status = 204) {
    await this.call(name);
    await this.saw(name, 'succeeded', String(status));
  }

  /** Sends a call, and waits until it was refused in these words. */
  async isRefused(name, ...words) {
    await this.call(name);
    await this.saw(name, 'refused', ...words);
  }

  /** Waits until what happened last is told in these words. */
  saw(...words) {
    return this.told(words);
  }

  async told(words, patience) {
    let told = '';
    await until(
      () => `${words.join(', ')} is told, and not: ${told}`,
      async () => {
        told = await this.outcome.innerText();
        return words.every((word) => told.includes(word));
      },
      patience,
    );
  }

  /** Waits until the session is in a state. */
  async isIn(state) {
    const heading = this.session.getByRole('heading', { level: 1 });
    await heading.locator('..').getByText(state, { exact: true }).waitFor();
  }

  /** What the page says of its memory, and of that of the worker which reads files. */
  memories() {
    const data = this.page.getByRole('contentinfo').locator('data');
    return data.evaluateAll((values) => values.map(({ value }) => Number(value)));
  }

  /** Waits until it says beside the calls where they go. */
  async namesItsTarget(host, item) {
    assert.match(await this.target.innerText(), /^LIVE/);
    const calls = this.session.locator('section', {
      has: this.page.getByRole('heading', { name: 'Calls', exact: true }),
    });
    await until('the calls name host and item', async () =>
      (await calls.innerText()).includes(`LIVE · ${host} · item ${item}`),
    );
  }

  // The wire log.

  /** The lines of the log that are drawn, or those of them that tell of something. */
  lines(hasText) {
    return this.log.locator('[data-entry]', { hasText });
  }

  /** How many lines are listed, drawn or not. */
  async listed() {
    return Number(await this.log.getAttribute('aria-rowcount')) - 1;
  }

  /** What stands beside the log, of the line of this number. */
  detail(number) {
    const log = this.page.getByRole('region', { name: 'Wire log' });
    return log.getByRole('region', { name: `No. ${number}`, exact: true });
  }

  /** Waits until this line has the focus. */
  async hasFocus(number) {
    await this.log.locator(`[data-entry="${number}"]:focus`).waitFor();
  }

  /** Opens each line in turn, by keys alone, and gives all that is read there. */
  async readLog() {
    const { keyboard } = this.page;
    await this.log.locator('[data-entry][tabindex="0"]').focus();
    await keyboard.press('Home');
    const texts = [];
    for (let count = await this.listed(); count > 0; count -= 1) {
      const line = this.log.locator('[data-entry]:focus');
      const detail = this.detail(await line.getAttribute('data-entry'));
      await keyboard.press('Enter');
      await until('what was opened has the focus', () =>
        detail.evaluate((element) => element === document.activeElement),
      );
      texts.push(await detail.innerText());
      await keyboard.press('Escape');
      await line.waitFor();
      await keyboard.press('ArrowDown');
    }
    return texts.join('\n');
  }

  /** None of these is anywhere in the page, in what it keeps, or in what it writes. Gives its log as text. */
  async holdsNone(secrets) {
    const { page } = this;
    const details = await this.readLog();
    await page.getByRole('button', { name: 'Copy log as text' }).click();
    const places = {
      'the page': await page.content(),
      'what stands beside the log': details,
      'its fields': await page
        .locator('input, textarea')
        .evaluateAll((fields) => fields.map(({ value }) => value).join('\n')),
      'its address': page.url(),
      'its storage': JSON.stringify(await this.watched.stored()),
      'its log as text': await page.evaluate(() => navigator.clipboard.readText()),
      'the console': this.watched.console.join('\n'),
    };
    assert.ok(places['its log as text'].includes('session'), 'the log was copied');
    for (const [place, text] of Object.entries(places)) {
      for (const [what, secret] of Object.entries(secrets)) {
        assert.ok(!text.includes(secret), `${what} is in ${place}`);
      }
    }
    return places['its log as text'];
  }

  /** The files of the item as the page shows them after completion. */
  async itemFiles() {
    const table = this.session.getByRole('table', { name: 'Files of the item' });
    await table.waitFor();
    return table.locator('tbody tr').evaluateAll((rows) =>
      rows.map((row) => ({
        name: row.querySelector('th').textContent,
        size: Number(row.querySelector('data').value),
        version: row.cells[2].textContent,
        checksum: [...row.cells[3].querySelectorAll('span')].map((span) => span.textContent),
      })),
    );
  }
}
