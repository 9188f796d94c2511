// A run that leaves the page as a file or a link and comes in again, in a browser that never saw it: it is the same
// there. What is damaged says so and breaks nothing, no secret goes along, and nothing is sent anywhere.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

import { isAccessible } from './support/accessibility.mjs';
import { launch, open } from './support/browser.mjs';
import { makeFile } from './support/files.mjs';
import { Lab } from './support/lab.mjs';
import { server, serverWithPage, until } from './support/programs.mjs';

const PASSWORD = 'a secret of these tests';

let browser, program, behind, gateway, here;
before(async () => {
  here = mkdtempSync(join(tmpdir(), 'accession-artefacts-'));
  behind = await server();
  [browser, program, gateway] = await Promise.all([
    launch(),
    serverWithPage(),
    serverWithPage('--vcenter', behind.origin),
  ]);
});
after(async () => {
  rmSync(here, { recursive: true, force: true });
  await Promise.all([browser?.close(), program?.stop(), gateway?.stop(), behind?.stop()]);
});

async function lab(t, { at = program.origin, end = '?seed=7', permissions = ['clipboard-read', 'clipboard-write'] } = {}) {
  const lab = new Lab(await open(t, browser, `${at}/${end}`, { permissions, acceptDownloads: true }));
  lab.sheet = lab.page.getByRole('dialog', { name: 'Save, share, open' });
  lab.said = lab.page.getByTestId('said');
  lab.opened = lab.page.getByTestId('opened');
  lab.button = (name) => lab.sheet.getByRole('button', { name, exact: true });
  lab.openSheet = async () => {
    await lab.session.getByRole('button', { name: 'Save, share, open' }).click();
    await lab.button('Open a file').waitFor();
  };
  /** Saves what a button saves, and gives its path. */
  lab.saves = async (button) => {
    const [download] = await Promise.all([lab.page.waitForEvent('download'), lab.button(button).click()]);
    const path = join(here, `${Math.random()}-${download.suggestedFilename()}`);
    await download.saveAs(path);
    await lab.said.getByText('Saved as').waitFor();
    return path;
  };
  lab.opens = async (path) => {
    await lab.openSheet();
    const [chooser] = await Promise.all([lab.page.waitForEvent('filechooser'), lab.button('Open a file').click()]);
    await chooser.setFiles(path);
  };
  /** The timeline, entry by entry: what it was, what came of it, and when. */
  lab.timeline = async () => {
    await lab.page.getByRole('button', { name: 'Copy log as text' }).click();
    return lab.page.evaluate(() => navigator.clipboard.readText());
  };
  return lab;
}

/** A run with a refusal, an upload and its end, and what the page that made it shows of it. */
async function made(t) {
  const author = await (await lab(t)).isSimulated();
  const file = await makeFile(here, 'disk-1.vmdk', 1000);
  await author.newSession();
  await author.add(file, { send: false });
  await author.isRefused('complete', '400 NOT_ALLOWED_IN_CURRENT_STATE', 'WAITING');
  await author.session.getByRole('button', { name: 'Send bytes of disk-1.vmdk' }).click();
  await author.fileIs(file.name, 'READY');
  await author.succeeds('complete');
  await author.isIn('DONE');
  return author;
}

/** The same run is shown, nothing of it was sent, and it stands still. */
async function isTheSame(reader, timeline) {
  await reader.opened.getByText('Opened run, simulated').waitFor();
  await reader.isIn('DONE');
  assert.equal(await reader.timeline(), timeline);
  const face = reader.page.locator('.acc-clock-face');
  const stood = await face.textContent();
  await reader.page.waitForTimeout(1200);
  assert.equal(await face.textContent(), stood);
  assert.deepEqual(asked(reader), []);
}

/** What the page asked of the API, on whichever server. */
const asked = (lab) =>
  lab.watched.requests
    .filter((request) => /^\/(api|rest|cls)\b/.test(new URL(request.url()).pathname))
    .map((request) => `${request.method()} ${request.url()}`);

test('a file, a HAR file and a link lead to the same run in a browser that never saw it', async (t) => {
  const author = await made(t);
  const timeline = await author.timeline();
  assert.ok(timeline.includes('action=complete') && timeline.includes('PUT https://vcenter.simulated'));
  await author.openSheet();
  await isAccessible(author.page, 'the sheet');
  const file = await author.saves('Save run file');
  const har = await author.saves('Save HAR file');
  const report = readFileSync(await author.saves('Save report'), 'utf8');
  const picture = readFileSync(await author.saves('Save picture of the states'), 'utf8');
  await author.button('Copy a link').click();
  await author.said.getByText('The link is on the clipboard. Not in the link').waitFor();
  const link = await author.page.evaluate(() => navigator.clipboard.readText());
  await author.watched.isClean();

  assert.ok(link.startsWith(`${program.origin}/#r=1.`), link);
  const unpacked = inflateRawSync(Buffer.from(link.split('#r=1.')[1], 'base64url')).toString();
  assert.ok(report.includes('refused, 400') && report.includes('ACTIVE → DONE'), report);
  assert.ok(report.includes('(accession-states.svg)'), 'the picture is named');
  assert.ok(picture.startsWith('<svg ') && picture.includes('complete: ACTIVE to DONE'), picture);
  const { log } = JSON.parse(readFileSync(har, 'utf8'));
  assert.equal(log.version, '1.2');
  const uploaded = log.entries.find(({ request }) => request.method === 'PUT');
  assert.equal(uploaded.response.status, 200);
  for (const text of [readFileSync(file, 'utf8'), readFileSync(har, 'utf8'), unpacked, report, picture]) {
    for (const secret of ['"simulated"', 'eW91OnNpbXVsYXRlZA', 'Basic ']) assert.ok(!text.includes(secret));
  }

  for (const path of [file, har]) {
    const reader = await (await lab(t, { end: '?seed=8' })).isSimulated();
    await reader.opens(path);
    await isTheSame(reader, timeline);
    await isAccessible(reader.page, 'a shared run');
    // It can be gone on from.
    await reader.page.getByRole('button', { name: 'Undo', exact: true }).click();
    await reader.isIn('ACTIVE');
    await reader.succeeds('cancel');
    await reader.isIn('CANCELED');
    await reader.watched.isClean();
  }
  const reader = await lab(t, { end: `#r=1.${link.split('#r=1.')[1]}` });
  await isTheSame(reader, timeline);
  await reader.watched.isClean();
});

test('what is damaged says so, shows what could be read, and breaks nothing', async (t) => {
  const author = await made(t);
  await author.openSheet();
  const file = readFileSync(await author.saves('Save run file'), 'utf8');
  await author.button('Copy a link').click();
  await author.said.getByText('The link is on the clipboard').waitFor();
  const token = (await author.page.evaluate(() => navigator.clipboard.readText())).split('#r=1.')[1];

  const cut = join(here, 'cut.json');
  writeFileSync(cut, file.slice(0, file.length - 300));
  const reader = await (await lab(t)).isSimulated();
  await reader.opens(cut);
  await reader.opened.getByText(/cut\.json is damaged at entry \d+: it ends in the middle/).waitFor();
  await isAccessible(reader.page, 'a damaged run');

  const odd = join(here, 'odd.json');
  writeFileSync(odd, file.replace('"kind":"advance"', '"kind":"x"').replace(/"kind":"open_upload"/, '"kind":"dance"'));
  await reader.opens(odd);
  await reader.opened.getByText(/entries\[\d+\]\.deed: expected a deed of a known kind/).waitFor();
  await reader.isIn('ACTIVE');

  const other = join(here, 'other.json');
  for (const [text, why] of [
    ['{"a": 1}', 'other.json is neither a run file nor a HAR file'],
    ['PK\u0003\u0004', 'other.json is neither a run file nor a HAR file'],
    ['{"accession_run": 9}', 'Open it with a newer one'],
    ['{"log": {"version": "1.2", "entries": []}}', 'other.json has no request of the content library in it'],
  ]) {
    writeFileSync(other, text);
    await reader.opens(other);
    await reader.said.getByText(why).waitFor();
    await reader.sheet.getByRole('button', { name: 'Close' }).click();
  }
  await reader.succeeds('keep_alive');
  await reader.watched.isClean();

  const half = await lab(t, { end: `#r=1.${token.slice(0, token.length / 2)}` });
  await half.opened.getByText(/The link is damaged at entry \d+: it ends in the middle/).waitFor();
  await half.watched.isClean();
  const bombs = deflateRawSync(Buffer.alloc(64 << 20)).toString('base64url');
  for (const bad of ['1.', '1.????', `1.${token.slice(9)}`, '1.bm8', `1.${bombs}`, '', '<script>']) {
    const empty = await lab(t, { end: `#r=${bad}` });
    await empty.said.getByText('The link is').waitFor();
    await empty.sheet.getByRole('button', { name: 'Close' }).click();
    await empty.isSimulated();
    await empty.newSession();
    await empty.watched.isClean();
  }
});

test('what a server answered is shown elsewhere, without secrets, and nothing is sent', async (t) => {
  const author = await (await lab(t, { at: gateway.origin, end: '' })).isSimulated();
  await author.signIn({ password: PASSWORD });
  await author.newLibrary('library of artefacts', 'datastore-11');
  await author.newItem('recorded item');
  const file = await makeFile(here, 'live.vmdk', 1000);
  await author.newSession();
  await author.add(file, { send: false });
  await author.isRefused('complete', '400 NOT_ALLOWED_IN_CURRENT_STATE');
  await author.session.getByRole('button', { name: 'Send bytes of live.vmdk' }).click();
  await author.fileIs(file.name, 'READY');
  const token = author.watched.requests.map((request) => request.headers()['vmware-api-session-id']).find(Boolean);
  const key = author.watched.requests
    .map((request) => new URL(request.url()).pathname.match(/^\/cls\/data\/([^/]+)\//)?.[1])
    .find(Boolean);
  assert.ok(token && key);
  await author.openSheet();
  assert.ok(await author.button('Copy a link').isDisabled());
  const paths = [await author.saves('Save run file'), await author.saves('Save HAR file'), await author.saves('Save report')];
  const secrets = [PASSWORD, token, key, Buffer.from(`administrator@vsphere.local:${PASSWORD}`).toString('base64')];
  for (const path of paths) {
    const text = readFileSync(path, 'utf8');
    assert.ok(text.includes('update_session.complete'), path);
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in ${path}`);
  }

  // As a browser exports it: with everything, secrets included.
  const raw = JSON.parse(readFileSync(paths[1], 'utf8'));
  delete raw.log._accession;
  raw.log.entries.forEach((entry) => {
    delete entry._accession;
    entry.request.headers.push({ name: 'vmware-api-session-id', value: token });
    if (entry.response.content.text) {
      entry.response.content.text = Buffer.from(entry.response.content.text).toString('base64');
      entry.response.content.encoding = 'base64';
    }
  });
  raw.log.entries.unshift({ request: { method: 'GET', url: 'https://vc.example/ui/app.js' } });
  const foreign = join(here, 'foreign.har');
  writeFileSync(foreign, JSON.stringify(raw));

  for (const path of [paths[0], paths[1], foreign]) {
    const reader = await (await lab(t)).isSimulated();
    const before = asked(reader).length;
    await reader.opens(path);
    await reader.opened.getByText('Recording. Nobody answers any more').waitFor();
    await reader.target.getByText('REPLAY').waitFor();
    await reader.isIn('ACTIVE');
    await reader.fileIs(file.name, 'READY');
    await reader.session.getByText('Not sent').first().waitFor();
    await isAccessible(reader.page, 'a recording');
    // Nothing is offered that nobody would answer.
    const offered = await reader.session.getByRole('button').allTextContents();
    assert.deepEqual(offered.filter((word) => /update session|Remove|Send|Reload/.test(word)), []);
    if (path === foreign) await reader.opened.getByText('foreign.har has 1 more requests').waitFor();
    assert.equal(asked(reader).length, before);
    const told = await reader.timeline();
    for (const secret of secrets) assert.ok(!told.includes(secret));
    // Somebody goes on from there after all.
    await reader.session.getByRole('button', { name: 'Fork to simulation' }).click();
    await reader.target.getByText('SIMULATED').waitFor();
    await reader.opened.getByText('made anew and ACTIVE').waitFor();
    await reader.fileIs(file.name, 'READY');
    await reader.succeeds('complete');
    await reader.isIn('DONE');
    assert.equal(asked(reader).length, before);
    await reader.watched.isClean();
  }

  // The author too; what an upload still needs is not left alone for that.
  await author.page.keyboard.press('Escape');
  const asks = asked(author).length;
  await author.session.getByRole('button', { name: 'Fork to simulation' }).click();
  await author.target.getByText('SIMULATED').waitFor();
  await author.fileIs(file.name, 'READY');
  const after = asked(author).slice(asks);
  assert.deepEqual(after, [`DELETE ${gateway.origin}/api/session`]);
});
