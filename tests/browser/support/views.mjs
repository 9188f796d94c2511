// Every view of the page, and the way there: stories of a page each, in which a view is reached from the one before.
//
// A view is on one of the panes, which narrow screens show one at a time, and has a part of the page that it is about:
// what is said there when it is read aloud is kept as a text.

import assert from 'node:assert/strict';

import { Builder } from './builder.mjs';
import { archive, keep, packageFiles, sparse } from './package.mjs';

/** More than any browser reads while it is looked at. */
const ENDLESS = 60_000 * (1 << 20);
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

/** What is another number each time: how far something is, and the countdown of a server whose clock runs. */
const PACE = [
  [/(\d+ )?[\d.]+ [KMG]?B of (?=[\d.]+ GB)/g, 'SO FAR of '],
  [/\d+ %( · [\d.]+ [KMG]?B\/s)?( · [\d:]+ left)?/g, 'PACE'],
];
const COUNTDOWN = [[/\b0[45]:\d\d\b/g, 'COUNTDOWN']];

/** The parts that views are about. */
const page = (here) => here.page.locator('body');
const session = (here) => here.session;
const guide = (here) => here.guide;
const explain = (here) => here.explain;
const log = (here) => here.page.getByRole('region', { name: 'Wire log' });
const dialog = (here) => here.dialog;
const picture = (here) => here.session.getByRole('tabpanel');
const builder = (here) => here.form;
const files = (here) => here.session.getByRole('heading', { name: 'Files', exact: true });
const code = (here) => here.page.getByTestId('code');

/** The sheets, each with the way to open it. A new sheet is a line here. */
const SHEETS = {
  keys: (here) => here.page.getByRole('button', { name: 'Keys', exact: true }).click(),
  settings: (here) => here.page.getByRole('button', { name: 'Settings', exact: true }).click(),
  commands: (here) => here.page.getByRole('button', { name: 'Commands', exact: true }).click(),
  scenarios: (here) => here.page.getByRole('button', { name: 'Scenarios', exact: true }).click(),
  conditions: (here) => here.session.getByRole('button', { name: 'Conditions', exact: true }).click(),
  run: (here) => here.session.getByRole('button', { name: 'Save, share, open', exact: true }).click(),
};

const SESSION = [
  { name: 'no-session', part: page, reach: (here) => here.isSimulated() },
  ...Object.entries(SHEETS).map(([name, open]) => ({
    name: `sheet-${name}`,
    part: dialog,
    modal: true,
    reach: async (here) => {
      await open(here);
      await here.dialog.getByRole('heading').first().waitFor();
    },
    leave: (here) => closed(here),
  })),
  {
    name: 'guide-forms',
    part: guide,
    pane: 'Guide',
    reach: async (here) => {
      await here.unfold('New library', 'Library name');
      await here.unfold('New item', 'Item name');
    },
    leave: async (here) => {
      for (const summary of ['New library', 'New item']) await here.guide.getByText(summary, { exact: true }).click();
    },
  },
  { name: 'session-without-files', part: session, reach: (here) => here.newSession() },
  {
    name: 'sheet-conditions-session',
    part: dialog,
    modal: true,
    at: (here) => here.dialog.getByRole('heading', { name: 'A file that is made up' }),
    reach: async (here) => {
      await SHEETS.conditions(here);
      await here.dialog.getByLabel('What goes wrong').selectOption('latency');
      await here.dialog.getByLabel('Milliseconds').fill('500');
      await here.dialog.getByRole('button', { name: 'Arm the fault' }).click();
      await here.dialog.getByRole('button', { name: 'Disarm all' }).waitFor();
    },
    leave: async (here) => {
      await here.dialog.getByRole('button', { name: 'Disarm all' }).click();
      await here.dialog.getByText('No fault is armed').waitFor();
      await closed(here);
    },
  },
  {
    name: 'session-waiting',
    part: session,
    at: files,
    reach: async (here, files) => {
      await here.add(await files.plain('disk-1.vmdk'), { send: false });
      await here.fileIs('disk-1.vmdk', 'WAITING_FOR_TRANSFER');
    },
  },
  {
    name: 'complete-refused',
    part: explain,
    pane: 'Explain',
    reach: (here) => here.isRefused('complete', '400 NOT_ALLOWED_IN_CURRENT_STATE'),
  },
  { name: 'session-stuck', part: session, reach: () => {} },
  ...['Diagram', 'Sequence', 'Table'].map((name) => ({
    name: `picture-${name.toLowerCase()}`,
    part: picture,
    symbols: name !== 'Table',
    at: picture,
    reach: async (here) => {
      await here.session.getByRole('tab', { name, exact: true }).click();
      await here.session.getByRole('tabpanel', { name }).waitFor();
    },
  })),
  {
    name: 'log',
    part: log,
    pane: 'Log',
    reach: (here) => here.session.getByRole('tab', { name: 'Diagram' }).click(),
  },
  {
    name: 'log-entry',
    part: log,
    pane: 'Log',
    at: (here) => log(here).getByRole('heading', { name: 'Request' }),
    reach: async (here) => {
      await here.lines().last().click();
      await here.page.keyboard.press('Enter');
      await log(here).getByRole('heading', { name: 'Response' }).waitFor();
    },
    leave: (here) => here.page.keyboard.press('Escape'),
  },
  ...['curl', 'fetch', 'Python'].map((language, at) => ({
    name: `code-${language.toLowerCase()}`,
    part: code,
    at: code,
    pane: 'Explain',
    reach: async (here) => {
      if (at === 0) await here.explain.getByRole('button', { name: 'Code', exact: true }).click();
      await here.explain.getByLabel('Language').selectOption(language);
      await here.explain.getByLabel('Code for').selectOption('the whole run');
      const text = here.explain.getByRole('region', { name: `Code, ${language}` });
      await text.getByText('VCENTER_PASSWORD').first().waitFor();
    },
  })),
  {
    name: 'builder-form',
    part: builder,
    at: builder,
    pane: 'Guide',
    reach: async (here) => {
      await here.unfoldBuilder();
      await here.choose('library.item.updatesession.file.add');
      await here.put('checksum_info', 'file_spec');
      await here.put('algorithm', 'checksum_info');
    },
  },
  {
    name: 'builder-json',
    part: builder,
    at: builder,
    pane: 'Guide',
    reach: async (here) => {
      await here.as('JSON');
      await here.json.fill('{');
      await here.says('cannot be sent');
    },
    leave: (here) => here.guide.getByText('Any call', { exact: true }).click(),
  },
  {
    name: 'session-done',
    part: session,
    reach: async (here) => {
      await here.file('disk-1.vmdk').getByRole('button', { name: 'Send bytes' }).click();
      await here.fileIs('disk-1.vmdk', 'READY');
      await here.call('complete');
      await here.isIn('DONE');
      await here.itemFiles();
    },
  },
  {
    name: 'past-entry',
    part: session,
    reach: async (here) => {
      const previous = here.page.getByRole('button', { name: 'Previous', exact: true });
      await previous.click();
      await previous.click();
      await here.session.getByText('You see the session as it was after').waitFor();
    },
  },
  { name: 'past-entry-explained', part: explain, pane: 'Explain', reach: () => {} },
  {
    name: 'branches',
    part: session,
    reach: async (here) => {
      await here.call('cancel');
      await here.isIn('CANCELED');
      await here.page.getByRole('button', { name: /^Branch b/ }).waitFor();
    },
  },
  {
    name: 'session-expiring',
    part: session,
    reach: async (here) => {
      await here.newSession();
      const minute = here.page.getByRole('button', { name: '+1 min', exact: true });
      for (let passed = 0; passed < 4; passed += 1) await minute.click();
      await here.session.getByText('unless kept alive').waitFor();
    },
  },
  {
    name: 'fail-asked',
    part: dialog,
    modal: true,
    reach: async (here) => {
      await here.call('fail');
      await here.dialog.waitFor();
    },
  },
  {
    name: 'session-error',
    part: session,
    reach: async (here) => {
      await here.dialog.getByLabel('Error message').fill('the disk is gone');
      await here.dialog.getByRole('button', { name: 'Fail update session' }).click();
      await here.isIn('ERROR');
    },
  },
  {
    name: 'session-gone',
    part: session,
    reach: async (here) => {
      await here.openSession(UNKNOWN);
      await here.isIn('Gone');
    },
  },
  // Last: how often a session is read while bytes move is not said by any seed.
  {
    name: 'session-transferring',
    part: session,
    at: files,
    volatile: PACE,
    reach: async (here, files) => {
      await here.newSession();
      await here.add(await files.plain('disk-1.vmdk'), { send: false });
      await here.add(await files.plain('image.iso'), { checksum: 'f'.repeat(64) });
      await here.fileIs('image.iso', 'ERROR');
      await here.add(await files.plain('seed.iso'));
      await here.fileIs('seed.iso', 'READY');
      await here.add(await files.endless('large.iso'));
      await here.fileIs('large.iso', 'TRANSFERRING');
    },
  },
];

const PACKAGE = [
  {
    name: 'check',
    part: page,
    reach: async (here) => {
      await here.isSimulated();
      await here.guide.getByRole('button', { name: 'Check a package' }).click();
      await verdict(here, 'Check a package');
    },
  },
  {
    name: 'check-running',
    part: session,
    volatile: PACE,
    reach: async (here, files) => {
      await check(here, await files.endless('running.iso'));
      await verdict(here, 'Reading running.iso');
    },
    leave: (here) => here.session.getByRole('button', { name: 'Cancel check' }).click(),
  },
  {
    name: 'check-blocked',
    part: session,
    reach: async (here, files) => {
      await check(here, await files.package('blocked', { size: (real) => real + 512 }));
      await verdict(here, 'Expect an import to fail.');
    },
    leave: (here) => here.session.getByRole('button', { name: 'Check another' }).click(),
  },
  {
    name: 'check-fine',
    part: session,
    reach: async (here, files) => {
      await check(here, await files.package('fine'));
      await verdict(here, 'Nothing was found that speaks against an import.');
    },
  },
];

const OPENED = [
  {
    name: 'scenario-opened',
    part: session,
    reach: async (here) => {
      await here.isSimulated();
      await SHEETS.scenarios(here);
      await here.dialog.getByRole('button', { name: 'Open Stuck at 1 %', exact: true }).click();
      await here.isIn('ACTIVE');
    },
  },
  {
    name: 'scenario-picture',
    part: picture,
    symbols: true,
    at: picture,
    reach: async (here) => {
      await here.session.getByRole('tab', { name: 'Sequence' }).click();
      await here.session.getByRole('tabpanel', { name: 'Sequence' }).locator('svg').last().waitFor();
    },
  },
  {
    name: 'scenario-warnings',
    part: session,
    reach: async (here) => {
      await here.session.getByRole('tab', { name: 'Diagram' }).click();
      await SHEETS.scenarios(here);
      await here.dialog.getByRole('button', { name: 'Open A warning to be ignored', exact: true }).click();
      await here.session.getByRole('heading', { name: 'Preview' }).waitFor();
    },
  },
  {
    name: 'recording',
    part: session,
    reach: async (here, files) => {
      await SHEETS.run(here);
      const chooser = here.page.waitForEvent('filechooser');
      await here.dialog.getByRole('button', { name: 'Open a file' }).click();
      await (await chooser).setFiles((await files.recording('recorded')).path);
      await here.session.getByText('Recording. Nobody answers any more').waitFor();
    },
  },
  { name: 'recording-explained', part: explain, pane: 'Explain', reach: () => {} },
];

const LIVE = [
  {
    name: 'live-sign-in',
    part: guide,
    pane: 'Guide',
    reach: async (here) => {
      await here.isSimulated();
      await here.guide.getByRole('radio', { name: 'LIVE' }).check();
      await here.guide.getByRole('button', { name: 'Sign in' }).waitFor();
    },
  },
  {
    name: 'live-refused',
    part: guide,
    pane: 'Guide',
    reach: async (here, { password }) => {
      await here.trySignIn({ password: `not ${password}` });
      await here.guide.getByText('Authentication required.').waitFor();
    },
  },
  {
    name: 'live-signed-in',
    part: guide,
    pane: 'Guide',
    reach: async (here, { password }) => {
      await here.signIn({ password });
      await here.newLibrary('library of the tests', 'datastore-11');
      await here.newItem('precious item');
    },
  },
  {
    name: 'live-session',
    part: session,
    volatile: COUNTDOWN,
    reach: async (here) => {
      await here.newSession();
      await here.session.getByText('There are no files').waitFor();
      await here.session.getByText('precious item').first().waitFor();
    },
  },
  {
    name: 'live-asked',
    part: dialog,
    modal: true,
    reach: async (here) => {
      await here.call('complete');
      await here.dialog.waitFor();
    },
    leave: (here) => closed(here),
  },
];

/** The stories: what they are called, their views, and whether they need a server behind the page's. */
export const STORIES = [
  { name: 'a session', views: SESSION },
  { name: 'a run from elsewhere', views: OPENED },
  { name: 'a package', views: PACKAGE },
  { name: 'a live server', views: LIVE, live: true },
];

/** What the views find behind the page's elements. */
export class Viewed extends Builder {
  /** Brings a pane to the front where one is shown at a time. */
  async show(pane) {
    const tabs = this.page.getByRole('navigation', { name: 'Panes' });
    const tab = tabs.getByRole('button', { name: pane, exact: true });
    if (!(await tab.isVisible())) return;
    const shown = await tab.evaluate((tab) => tab.ariaPressed ?? tab.ariaExpanded);
    if (shown !== 'true') await tab.click();
  }

  /** Turns to the top of every pane, or to what is to be seen. */
  async turn(to) {
    await this.page.evaluate(() => {
      scrollTo(0, 0);
      for (const pane of document.querySelectorAll('.acc-pane')) pane.scrollTop = 0;
    });
    await to?.evaluate((element) => element.scrollIntoView());
    // Beside what it points at, the pointer would change its colours.
    await this.page.mouse.move(0, 0);
  }

  /** What is not in its place: so wide that somebody has to scroll sideways, or beyond the end of the page. */
  beyond() {
    return this.page.evaluate(() => {
      const parts = document.querySelectorAll('header, footer, section, dialog[open], .acc-pane');
      const wide = [document.documentElement, ...parts]
        .filter((part) => part.checkVisibility() && part.scrollWidth > part.clientWidth + 1)
        .map((part) => {
          const name = part.getAttribute('aria-label') ?? part.className;
          return `${part.localName} ${name} is ${part.scrollWidth - part.clientWidth} px too wide`;
        });
      const end = Math.max(innerHeight, document.body.firstElementChild.getBoundingClientRect().bottom);
      const empty = Math.round(document.documentElement.scrollHeight - end - scrollY);
      return empty > 1 ? [...wide, `${empty} px below the page are empty`] : wide;
    });
  }

  /** Makes sure that something is on the screen as it is, whole and with nothing on it. */
  async sees(what) {
    const hidden = await what.evaluate((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      if (left < 0 || right > innerWidth || top < 0 || bottom > innerHeight) return 'off the screen';
      const points = [
        [left + 2, top + 2],
        [right - 2, bottom - 2],
      ];
      const pane = element.closest('svg, .acc-pane');
      const hits = points.map(([x, y]) => document.elementFromPoint(x, y));
      const above = hits.filter((hit) => !pane.contains(hit));
      return above.map((hit) => `below ${hit.localName} ${hit.className}`).join(', ');
    });
    assert.equal(hidden, '', `${await what.textContent()} is ${hidden}`);
  }

  /** The controls that something else lies on when they have the focus, unless it is the pane that was asked for. */
  async covered(pane) {
    const front = { Guide: this.guide, Explain: this.explain }[pane];
    return this.page.evaluate((front) => {
      const top = document.querySelector('dialog[open]') ?? document;
      const controls = top.querySelectorAll('button, input, select, textarea, summary');
      const before = document.activeElement;
      const covered = [...controls]
        .filter((control) => control.checkVisibility() && !control.disabled)
        .filter((control) => {
          control.focus();
          const { left, top, width, height } = control.getBoundingClientRect();
          // Of what is tall, the beginning is enough.
          const isHit = (y) => {
            const hit = document.elementFromPoint(left + width / 2, y);
            return [control, control.labels?.[0], front].some((element) => element?.contains(hit));
          };
          return !isHit(top + height / 2) && !isHit(top + 8);
        })
        .map((control) => {
          const name = control.getAttribute('aria-label') || control.textContent || control.id;
          return `${control.localName} ${name.trim()} is covered`;
        });
      before.focus();
      return covered;
    }, await front?.elementHandle());
  }
}

/** The files of the views: always the same bytes, so that the same is said of them. */
export function filesIn(directory) {
  return {
    plain: (name) => keep(directory, name, Buffer.alloc(1000, name)),
    endless: (name) => sparse(directory, name, Buffer.alloc(1), ENDLESS),
    package: (name, how) => keep(directory, `${name}.ova`, archive(packageFiles(name, how))),
    recording: (name) => keep(directory, `${name}.har`, Buffer.from(JSON.stringify(recorded()))),
  };
}

/** A run as a browser's own tools export it: an upload that broke off, and a complete that was refused. */
function recorded() {
  const [id, item] = ['6f5c0d2e-0b1a-4d3c-9e8f-7a6b5c4d3e2f', 'b1946ac9-2492-4d23-8b0c-1f2e3d4c5b6a'];
  const api = 'https://vc.example/api/content/library/item/update-session';
  const link = `https://vc.example/cls/data/${item}/disk-1.vmdk`;
  const file = {
    name: 'disk-1.vmdk',
    source_type: 'PUSH',
    bytes_transferred: 1024,
    status: 'ERROR',
    upload_endpoint: { uri: link },
    error_message: { id: 'broken', default_message: 'The connection was reset.', args: [] },
  };
  const session = {
    id,
    library_item_id: item,
    library_item_content_version: '1',
    state: 'ACTIVE',
    client_progress: 25,
    expiration_time: '2026-01-15T10:05:00.000Z',
  };
  const refusal = {
    error_type: 'NOT_ALLOWED_IN_CURRENT_STATE',
    messages: [{ id: 'not.ready', default_message: 'File disk-1.vmdk has transfer errors.', args: [] }],
  };
  const calls = [
    ['POST', api, { library_item_id: item }, 201, id],
    ['POST', `${api}/${id}/file`, { name: file.name, source_type: 'PUSH', size: 4096 }, 201, { ...file, status: 'WAITING_FOR_TRANSFER', bytes_transferred: 0 }],
    ['PUT', link, undefined, 502, undefined],
    ['GET', `${api}/${id}`, undefined, 200, session],
    ['GET', `${api}/${id}/file`, undefined, 200, [file]],
    ['POST', `${api}/${id}?action=complete`, undefined, 400, refusal],
  ];
  const type = 'application/json';
  const headers = [{ name: 'content-type', value: type }];
  const entries = calls.map(([method, url, sent, status, came], at) => ({
    startedDateTime: `2026-01-15T10:00:0${at}.000Z`,
    time: 40,
    request: { method, url, headers, ...(sent && { postData: { mimeType: type, text: JSON.stringify(sent) } }) },
    response: { status, headers, content: { mimeType: type, text: came ? JSON.stringify(came) : '' } },
  }));
  return { log: { version: '1.2', creator: { name: 'a browser', version: '1' }, entries } };
}

export async function closed(here) {
  await here.page.keyboard.press('Escape');
  // The browser hides it at once; the page knows of it a moment later, and would close what is opened before.
  await here.page.waitForFunction(() => document.querySelector('dialog:not(:empty)') === null);
}

async function check(here, file) {
  await here.session.getByLabel('Choose a package').setInputFiles(file.path);
}

async function verdict(here, words) {
  await here.session.getByRole('heading', { level: 1, name: words }).waitFor();
}
