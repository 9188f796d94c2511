// The scripts that the page makes of recorded runs, executed as people would: by sh with curl, by Node and by Python,
// each against a world of its own on our server. A second client tells what they left there.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Api, send } from '../browser/support/api.mjs';
import { given, server } from '../browser/support/programs.mjs';

const SCRIPTS = given('ACCESSION_SCRIPTS');
const USER = 'me@vsphere.local';
const PASSWORD = 'pä"ss \\ $(exit 9) word';
const BYTES = Buffer.from('other bytes than those of the recording\n'.repeat(10_000));
const DIGEST = createHash('sha256').update(BYTES).digest('hex');

/** Why a language is skipped; the gate says which of them are there. */
const absent = (variable, what) =>
  process.env[variable] ? false : `${variable} is not set: ${what}`;

const LANGUAGES = [
  { ending: 'sh', variable: 'ACCESSION_SHELL', what: 'no sh, curl, jq or sha256sum' },
  { ending: 'mjs', program: process.execPath },
  { ending: 'py', variable: 'ACCESSION_PYTHON', what: 'no Python with requests' },
].map(({ ending, program, variable, what }) => ({
  ending,
  program: program ?? process.env[variable],
  skip: variable ? absent(variable, what) : false,
}));

const runs = JSON.parse(await readFile(join(SCRIPTS, 'scripts.json'), 'utf8'));
const recorded = (name, dialect) =>
  runs.find((run) => run.name === name && run.dialect === dialect);

let program;
let directory;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'accession-code-'));
  const users = join(directory, 'users.json');
  await writeFile(users, JSON.stringify([{ user: USER, password: PASSWORD }]));
  program = await server('--admin', '--seed', '1', '--users', users);
  for (const { file } of runs) await writeFile(join(directory, file), BYTES);
});
after(async () => {
  await program?.stop();
  await rm(directory, { recursive: true, force: true });
});

let worlds = 0;

/** A world in which nothing has happened yet, and a client that does not use our code. */
async function world(dialect) {
  const origin = `${program.origin}/worlds/code-${(worlds += 1)}`;
  const api = await new Api(origin, dialect).login(USER, PASSWORD);
  const steer = async (method, path, body) => {
    const answer = await send(`${origin}/accession/${path}`, method, {}, body);
    assert.ok(answer.status < 300, answer.text);
  };
  return { origin, api, steer };
}

/** Executes a file of the page's making, and gives what it said and how it ended. */
async function execute(language, path, environment) {
  const child = spawn(language.program, [path, directory], {
    env: environmentOf(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => (output += text));
  }
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { status, output };
}

/** What programs need, and nothing that would lead them elsewhere. */
function environmentOf(more) {
  const { PATH, SystemRoot, TMPDIR } = process.env;
  const login = { VCENTER_USER: USER, VCENTER_PASSWORD: PASSWORD };
  const all = Object.entries({ PATH, SystemRoot, TMPDIR, HOME: directory, ...login, ...more });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

const script = (stem, language) => join(SCRIPTS, `${stem}.${language.ending}`);

/** Every login that a script made in a world has ended; one is that of the witness. */
function assertLoggedOut(origin, output) {
  const { pathname } = new URL(origin);
  const lines = program.lines.filter(
    (line) => / \S*(?:api|cis)\/session /.test(line) && line.includes(`${pathname}/`),
  );
  const count = (method) => lines.filter((line) => line.includes(` ${method} `)).length;
  assert.equal(count('DELETE'), count('POST') - 1, `${lines.join('\n')}\n${output}`);
}

for (const language of LANGUAGES) {
  describe(`.${language.ending}`, { skip: language.skip }, () => {
    for (const run of runs) {
      test(`${run.stem} ends in DONE`, async () => {
        const { origin, api } = await world(run.dialect);
        const item = run.name === 'existing' ? await api.newItem('there before') : undefined;
        const { status, output } = await execute(language, script(run.stem, language), {
          VCENTER: origin,
          ITEM: item,
        });
        assert.equal(status, 0, output);
        assert.match(output, /^READY\r?\nDONE\r?\n$/m);
        assertLoggedOut(origin, output);

        const items = item ? [item] : await itemsOf(api);
        assert.equal(items.length, 1);
        const files = await api.call('item_files', items[0]);
        assert.deepEqual(files.map(({ name, size }) => [name, size]), [[run.file, BYTES.length]]);
        if (!item) {
          const { name, description } = await api.call('item_get', items[0]);
          assert.deepEqual([name, description], ['appliance', 'two\nlines, a \\ and `${more}`']);
        }
        assert.equal(await stateOf(api), 'DONE');
      });
    }

    for (const dialect of ['api', 'rest']) {
      const { stem } = recorded('fresh', dialect);
      const fresh = script(stem, language);

      test(`${stem} waits for what takes its time, and logs in again once`, async () => {
        const { origin, steer } = await world(dialect);
        await steer('PUT', 'pace', { looks: 1 });
        const on = 'library.item.update_session.complete';
        await steer('POST', 'faults', { on, effect: { kind: 'login_ended' }, count: 1 });
        const { status, output } = await execute(language, fresh, { VCENTER: origin });
        assert.equal(status, 0, output);
        assert.match(output, /^DONE\r?\n$/m);
      });

      test(`${stem} tells what was refused, and logs out`, async () => {
        const { origin, steer } = await world(dialect);
        const on = 'library.item.update_session.complete';
        const effect = { kind: 'error', error_type: 'RESOURCE_BUSY' };
        await steer('POST', 'faults', { on, effect });
        const { status, output } = await execute(language, fresh, { VCENTER: origin });
        assert.equal(status, 1, output);
        assert.match(output, /library\.item\.update_session\.complete: status [45]\d\d/);
        assert.match(output, /RESOURCE_BUSY/);
        assertLoggedOut(origin, output);
      });

      test(`${stem} tells which file is not accepted`, async () => {
        const { origin, api, steer } = await world(dialect);
        const on = 'library.item.updatesession.file.validate';
        await steer('POST', 'faults', { on, effect: { kind: 'adapter_refusal', file: 'disk.iso' } });
        const { status, output } = await execute(language, fresh, { VCENTER: origin });
        assert.equal(status, 1, output);
        assert.match(output, /invalid: disk\.iso: /);
        assert.equal(await stateOf(api), 'ACTIVE');
        assertLoggedOut(origin, output);
      });

      test(`${stem} tells of a file that arrived and was not stored`, async () => {
        const { origin, steer } = await world(dialect);
        await steer('POST', 'faults', { on: 'upload', effect: { kind: 'pipe_closed' } });
        const { status, output } = await execute(language, fresh, { VCENTER: origin });
        assert.equal(status, 1, output);
        assert.match(output, /^ERROR\r?$/m);
        assert.match(output, /Pipe closed/);
        assertLoggedOut(origin, output);
      });

      test(`${stem} keeps the session alive while a file is sent`, async () => {
        const { origin } = await world(dialect);
        const proxy = await patient(origin);
        const text = await readFile(fresh, 'utf8');
        // Otherwise the test would take as many minutes as there are beats.
        const often = text
          .replace('sleep 60;', 'sleep 0.05;')
          .replace('wait(60)', 'wait(0.05)')
          .replace('60_000', '50');
        assert.notEqual(often, text);
        const path = join(directory, `often-${stem}.${language.ending}`);
        await writeFile(path, often);
        const { status, output } = await execute(language, path, { VCENTER: proxy.origin });
        await proxy.close();
        assert.equal(status, 0, output);
        assert.match(output, /^DONE\r?\n$/m);
        assert.ok(proxy.beats() >= 3, `${proxy.beats()} beats`);
      });

      test(`single calls of ${stem} do their part`, async () => {
        const { origin, api } = await world(dialect);
        const item = await api.newItem('for single calls');
        const { calls } = recorded('fresh', dialect);
        const one = async (operation, environment) => {
          const call = calls.find((call) => call.operation === operation && call.status < 300);
          const path = script(call.stem, language);
          const { status, output } = await execute(language, path, { VCENTER: origin, ...environment });
          assert.equal(status, 0, `${operation}: ${output}`);
          return output;
        };
        const created = await one('library.item.update_session.create', { ITEM: item });
        const [session] = await api.call('list');
        assert.ok(created.includes(session), created);
        const link = await api.addFile(session, 'disk.iso', { size: BYTES.length });
        await one('upload', { UPLOAD_URL: link });
        await one('library.item.update_session.complete', { SESSION: session });
        const read = await one('library.item.update_session.get', { SESSION: session });
        assert.ok(read.includes('DONE'), read);
        await one('cis.session.create', {});
        assertLoggedOut(origin, '');
      });
    }

    test('what is missing is named', async () => {
      const { origin } = await world('api');
      const fresh = script(recorded('fresh', 'api').stem, language);
      for (const missing of ['VCENTER', 'VCENTER_USER', 'VCENTER_PASSWORD']) {
        const { status, output } = await execute(language, fresh, { VCENTER: origin, [missing]: '' });
        assert.notEqual(status, 0);
        assert.match(output, new RegExp(`${missing}: is not set|${missing} is not set`));
      }
      const unreachable = await execute(language, fresh, { VCENTER: 'http://127.0.0.1:9' });
      assert.equal(unreachable.status, 1, unreachable.output);
      assert.match(unreachable.output, /log in: /);
      const wrong = await execute(language, fresh, { VCENTER: origin, VCENTER_PASSWORD: 'wrong' });
      assert.equal(wrong.status, 1, wrong.output);
      assert.match(wrong.output, /log in: status 401/);
      const { status } = await execute(language, fresh, { VCENTER: origin });
      assert.equal(status, 0, 'nothing was missing');
    });
  });
}

async function itemsOf(api) {
  const items = [];
  for (const library of await api.call('library_list')) {
    items.push(...(await api.call('item_list', library)));
  }
  return items;
}

/** What became of the one session of a world, in the words of the API. */
async function stateOf(api) {
  const [session, ...others] = await api.call('list');
  assert.deepEqual(others, []);
  return (await api.call('get', session)).state;
}

/** A proxy that withholds the answer to an upload until the session has been kept alive three times. */
async function patient(target) {
  let beats = 0;
  let release;
  const enough = new Promise((resolve) => (release = resolve));
  const proxy = createServer((incoming, outgoing) => {
    if (incoming.url.includes('keep-alive') && (beats += 1) === 3) release();
    const { hostname, port, pathname } = new URL(target);
    const path = incoming.method === 'PUT' ? incoming.url : pathname + incoming.url;
    // The host stays what it was, so that links lead here too.
    const { method, headers } = incoming;
    const outward = request({ hostname, port, path, method, headers }, async (answer) => {
      if (method === 'PUT') await enough;
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    outward.on('error', () => outgoing.destroy());
    incoming.pipe(outward);
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const close = () => {
    proxy.closeAllConnections();
    return new Promise((resolve) => proxy.close(resolve));
  };
  return { origin: `http://127.0.0.1:${proxy.address().port}`, beats: () => beats, close };
}
