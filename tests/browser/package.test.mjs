// The check of a package in a real browser: real files, made on the spot, read where they are.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { directory } from './support/files.mjs';
import { Lab } from './support/lab.mjs';
import { archive, descriptor, image, keep, member, packageFiles, sparse } from './support/package.mjs';
import { serverWithPage, soak, until } from './support/programs.mjs';

const MB = 1 << 20;
const FINE = 'Nothing was found that speaks against an import.';
const BLOCKED = 'Expect an import to fail.';

let browser, program, files;
before(async () => {
  files = directory();
  [browser, program] = await Promise.all([launch(), serverWithPage()]);
});
after(() => Promise.all([browser?.close(), program?.stop()]));

async function lab(t, settings) {
  const watched = await open(t, browser, `${program.origin}/?seed=7`, settings);
  const here = await new Lab(watched).isSimulated();
  await here.guide.getByRole('button', { name: 'Check a package' }).click();
  return here;
}

/** Chooses files, and waits for their verdict. */
async function check(here, chosen, verdict, patience) {
  await here.session.getByLabel('Choose a package').setInputFiles(chosen.map(({ path }) => path));
  await heading(here, verdict, patience);
}

async function heading(here, words, patience) {
  await here.session.getByRole('heading', { level: 1, name: words }).waitFor({ timeout: patience });
}

/** The cells of a table of the report, without its head. */
function rows(here, caption) {
  const body = here.session.getByRole('table', { name: caption }).locator('tbody tr');
  return body.evaluateAll((rows) =>
    rows.map((row) => [...row.cells].map((cell) => cell.textContent)),
  );
}

/** Drops files as the browser would. */
async function drop(here, dropped) {
  const bytes = dropped.map(({ name, bytes }) => [name, [...bytes]]);
  const transfer = await here.page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const [name, bytes] of files) {
      transfer.items.add(new File([new Uint8Array(bytes)], name));
    }
    return transfer;
  }, bytes);
  const place = here.session.getByText('or drop it here');
  await place.dispatchEvent('dragover', { dataTransfer: transfer });
  await place.dispatchEvent('drop', { dataTransfer: transfer });
}

const good = (name) => keep(files, `${name}.ova`, archive(packageFiles(name)));
const wrong = (name) =>
  keep(files, `${name}.ova`, archive(packageFiles(name, { size: (real) => real + 512 })));

test('a good package is told to be good, and what it holds', async (t) => {
  const here = await lab(t);
  await check(here, [await good('good')], FINE);
  const listed = await rows(here, 'Files');
  assert.deepEqual(
    listed.map(([name, part, , manifest]) => [name, part, manifest]),
    [
      ['good.ovf', 'descriptor', 'matches'],
      ['good.mf', 'manifest', ''],
      ['good-disk1.vmdk', 'disk', 'matches'],
    ],
  );
  await here.session.getByRole('table', { name: 'Disks' }).getByText('stream-optimized').waitFor();
  await here.watched.isClean();
});

/** The browsers that a reader may find itself in, by what is done to its files on their way. */
const ENGINES = {
  'with SIMD': async () => {},
  'without SIMD': (page) =>
    page.route('**/worker.js', async (route) => {
      const response = await route.fetch();
      const body = `WebAssembly.validate = () => false;\n${await response.text()}`;
      await route.fulfill({ response, body });
    }),
  'without the module that has SIMD': (page) =>
    page.route('**/accession-digests.js', (route) => route.abort()),
};
for (const [engine, prepare] of Object.entries(ENGINES)) {
  test(`digests are right ${engine}`, async (t) => {
    const here = await lab(t);
    await prepare(here.page);
    for (const algorithm of ['sha256', 'sha512']) {
      const name = `by-${algorithm}`;
      // More than the reader takes at once.
      const ova = archive(packageFiles(name, { grains: 80, algorithm }));
      await check(here, [await keep(files, `${name}.ova`, ova)], FINE);
      const matches = (await rows(here, 'Files')).filter(([, , , manifest]) => manifest === 'matches');
      assert.equal(matches.length, 2);
      await here.session.getByRole('button', { name: 'Check another' }).click();
    }
    const loaded = here.watched.requests
      .map((request) => request.url())
      .filter((url) => url.endsWith('/accession-digests_bg.wasm'));
    assert.equal(loaded.length, engine === 'with SIMD' ? 2 : 0);
    for (const url of loaded) {
      const module = new WebAssembly.Module(await (await fetch(url)).arrayBuffer());
      const [features] = WebAssembly.Module.customSections(module, 'target_features');
      assert.match(Buffer.from(features).toString('latin1'), /simd128/);
    }
    if (engine === 'without the module that has SIMD') {
      const said = here.watched.console.filter((line) => line.startsWith('warning: digests are slower'));
      assert.equal(said.length, 2, here.watched.console.join('\n'));
    } else {
      await here.watched.isClean();
    }
  });
}

test('a wrong size is found, with its place, the known answer and what to do', async (t) => {
  const here = await lab(t);
  await check(here, [await wrong('wrong')], BLOCKED);
  const found = here.session.getByRole('heading', { level: 2, name: /^Blocks: The descriptor says/i });
  const [finding] = await found.locator('..').locator('dl').evaluateAll((lists) =>
    lists.map((list) =>
      Object.fromEntries(
        [...list.querySelectorAll('dt')].map((label) => [
          label.textContent,
          label.nextElementSibling.textContent,
        ]),
      ),
    ),
  );
  assert.equal(finding.In, 'wrong-disk1.vmdk');
  const answer = 'com.vmware.vdcs.cls-main.update_session_invalid_state_for_operation_reason';
  assert.equal(finding['Known answer'], answer);
  assert.match(finding['What to do'], /ovf:size="\d+"/);
  assert.match(finding.Source, /^observed: /);
  await here.watched.isClean();
});

test('the files of one package are dropped in any order', async (t) => {
  const here = await lab(t);
  await drop(here, packageFiles('loose').reverse());
  await heading(here, FINE);
  assert.equal((await rows(here, 'Files')).length, 3);
  await here.session.getByText('OVF package').waitFor();
  await here.watched.isClean();
});

test('the files of a folder are its own, a piece at a time, and hidden ones are left out', async (t) => {
  const here = await lab(t);
  const source = await here.page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => name).find((name) => name.endsWith('/dropped.js')),
  );
  const names = await here.page.evaluate(async (source) => {
    const { dropped } = await import(source);
    const entry = (name, isFile = true) => ({ name, isFile, file: (take) => take(new File([], name)) });
    const pieces = [[entry('a.ovf'), entry('.DS_Store')], [entry('a.mf'), entry('inner', false)], []];
    const readEntries = (take) => take(pieces.shift());
    const folder = { isDirectory: true, createReader: () => ({ readEntries }) };
    const item = { kind: 'file', webkitGetAsEntry: () => folder, getAsFile: () => null };
    const files = await dropped({ items: [item] });
    return files.map(({ name }) => name);
  }, source);
  assert.deepEqual(names, ['a.ovf', 'a.mf']);
  await here.watched.isClean();
});

test('an image is recognised, and goes through a session of its type', async (t) => {
  const here = await lab(t);
  const iso = await keep(files, 'volume.iso', image('VOLUME'));
  await check(here, [iso], FINE);
  assert.deepEqual(await rows(here, 'Images'), [['volume.iso', 'VOLUME']]);
  await here.session.getByRole('button', { name: 'Run it through' }).click();
  await here.isIn('ACTIVE');
  await here.fileIs(iso.name, 'READY');
  await here.chosen('Item', 'volume');
  await here.succeeds('complete');
  await here.isIn('DONE');
  const [stored] = await here.itemFiles();
  assert.deepEqual([stored.name, stored.size], [iso.name, iso.size]);
  await here.watched.isClean();
});

test('a checked package goes through a simulated session to its end, twice under two names', async (t) => {
  const here = await lab(t);
  const loose = packageFiles('twice');
  for (const item of ['twice', 'twice 2']) {
    await drop(here, loose.toReversed());
    await heading(here, FINE);
    await here.session.getByRole('button', { name: 'Run it through' }).click();
    await here.chosen('Item', item);
    for (const { name } of loose) await here.fileIs(name, 'READY');
    const sent = (await here.log.innerText()).match(/\/(twice\S*\.(mf|ovf|vmdk))/g);
    const order = ['/twice.mf', '/twice.ovf', '/twice-disk1.vmdk'];
    assert.deepEqual(sent.slice(-3), order);
    await here.succeeds('validate', 200);
    await here.succeeds('complete');
    await here.isIn('DONE');
    const stored = await here.itemFiles();
    // The library reads the manifest and does not keep it.
    const kept = loose.filter(({ name }) => !name.endsWith('.mf'));
    assert.deepEqual(
      stored.map(({ name, size }) => [name, size]).sort(),
      kept.map(({ name, bytes }) => [name, bytes.length]).sort(),
    );
    await here.guide.getByRole('button', { name: 'Check a package' }).click();
    await here.session.getByRole('button', { name: 'Check another' }).click();
  }
  await here.watched.isClean();
});

test('a package that the check blocks ends in a simulated session as it would in a real one', async (t) => {
  const here = await lab(t);
  const wrong = packageFiles('long', { size: (real) => real - 512 });
  const ova = await keep(files, 'long.ova', archive(wrong));
  await check(here, [ova], BLOCKED);
  await here.session.getByRole('button', { name: 'Run it through' }).click();
  await here.isIn('ERROR');
  await here.fileIs(ova.name, 'ERROR');
  await here.isRefused('complete', '400 NOT_ALLOWED_IN_CURRENT_STATE', 'Pipe closed');
  await here.watched.isClean();
});

test('a check under way is cancelled, and its worker ends', async (t) => {
  const here = await lab(t);
  const size = 6000 * MB;
  const large = await sparse(files, 'endless.iso', Buffer.alloc(1), size);
  await here.session.getByLabel('Choose a package').setInputFiles(large.path);
  await heading(here, 'Reading endless.iso');
  const bar = here.session.getByRole('progressbar', { name: 'Check of endless.iso' });
  await until('some bytes are read', async () => Number(await bar.getAttribute('value')) > 8 * MB);
  assert.equal(Number(await bar.getAttribute('max')), size);
  await here.session.getByText(/of 6\.\d GB/).waitFor();
  await here.session.getByText(/MB\/s · [\d:]+ left/).waitFor();
  const [worker] = here.watched.workers;
  const ended = new Promise((resolve) => worker.once('close', resolve));
  await here.session.getByRole('button', { name: 'Cancel check' }).click();
  await heading(here, 'Check a package');
  await ended;
  await check(here, [await good('after')], FINE);
  await here.watched.isClean();
});

test('what a file says is text: it makes no element, and none of it is unseen', async (t) => {
  const here = await lab(t);
  const name = '<img src=x onerror=alert(1)>\u001b[31m\u202e.vmdk';
  const [ovf, , disk] = packageFiles('hostile');
  const hostile = archive([ovf, disk, { name, bytes: Buffer.from('x') }]);
  await check(here, [await keep(files, 'hostile.ova', hostile)], /./);
  await here.session.getByRole('table', { name: 'Files' }).waitFor();
  const shown = (await rows(here, 'Files')).map(([name]) => name);
  assert.ok(shown.includes('<img src=x onerror=alert(1)>\\u{1b}[31m\\u{202e}.vmdk'), shown.join('\n'));
  assert.equal(await here.page.locator('img').count(), 0);
  await here.watched.isClean();
});

test('the verdict is read aloud and has the focus, and the whole way goes by keyboard', async (t) => {
  const here = await lab(t);
  const { page } = here;
  // The button that leads there is called the same.
  const focused = () => page.evaluate(() => document.querySelector('h1:focus')?.textContent);
  const spoken = () => page.getByRole('status').textContent();
  await until('the start has the focus', async () => (await focused()) === 'Check a package');
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Tab');
  // Asking also makes sure that the wish to have the chooser, which nobody waits for, was heard before the key.
  const choosing = () => page.evaluate(() => document.activeElement.matches('[type=file]'));
  await until('the choice has the focus', choosing);
  await page.keyboard.press('Enter');
  await (await chooser).setFiles((await wrong('spoken')).path);
  await until('the verdict has the focus', async () => (await focused()) === BLOCKED);
  assert.equal(await spoken(), `spoken.ova: ${BLOCKED}`);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  for (const [format, begins] of [
    ['Markdown', '# spoken.ova\n'],
    ['JSON', '{\n  "'],
  ]) {
    await page.getByRole('button', { name: `Copy as ${format}` }).focus();
    await page.keyboard.press('Enter');
    await here.session.getByText(`Copied as ${format}.`).waitFor();
    assert.equal(await spoken(), `Copied as ${format}.`);
    const text = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(text.startsWith(begins), text);
  }
  const report = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.equal(report.verdict, 'blocked');
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
  });
  await page.getByRole('button', { name: 'Copy as Markdown' }).click();
  await here.session.getByText('Not copied as Markdown: the browser refused.').waitFor();
  await page.getByRole('button', { name: 'Check another' }).press('Enter');
  await until('the start has the focus', async () => (await focused()) === 'Check a package');
  await here.watched.isClean();
});

test('a check asks nothing of a live server, and its run goes to the simulator', async (t) => {
  const watched = await open(t, browser, `${program.origin}/?seed=7`);
  const here = await new Lab(watched).isSimulated();
  await here.signIn({ password: 'any' });
  await here.guide.getByRole('button', { name: 'Check a package' }).click();
  await here.session.getByText('Nothing is sent, although the target is LIVE.').waitFor();
  const before = watched.requests.length;
  const ova = await good('local');
  await check(here, [ova], FINE);
  const asked = watched.requests.slice(before).map((request) => new URL(request.url()).pathname);
  assert.deepEqual(asked.filter((path) => !path.startsWith('/inspector/')), []);
  await here.session.getByText(`sends nothing to ${new URL(program.origin).host}`).waitFor();
  await here.session.getByRole('button', { name: 'Run it through' }).click();
  await here.target.getByText('SIMULATED').waitFor();
  await here.isIn('ACTIVE');
  await here.fileIs(ova.name, 'READY');
  const changed = watched.requests.slice(before).filter((request) => request.method() !== 'GET');
  assert.deepEqual(changed.map((request) => `${request.method()} ${new URL(request.url()).pathname}`), [
    'DELETE /api/session',
  ]);
  await watched.isClean();
});

test('packages of any size are read whole, and memory does not grow with them', async (t) => {
  const memories = [];
  // A grain is 64 KB of the disk.
  for (const grains of [80, 4600]) {
    const ova = await keep(files, 'sized.ova', archive(packageFiles('sized', { grains })));
    memories.push(await memory(t, ova, FINE, 60_000 + ova.size / 1000));
  }
  const size = (soak ? 30_000 : 6000) * MB;
  const text = descriptor('sized', { href: 'sized.bin', size, capacity: 1 << 20 });
  const begun = archive([{ name: 'sized.ovf', bytes: text }]).subarray(0, -1024);
  const head = Buffer.concat([begun, member('sized.bin', size)]);
  const giant = await sparse(files, 'sized.ova', head, head.length + size + 1024);
  memories.push(await memory(t, giant, FINE, 900_000));
  const [small, ...large] = memories;
  assert.ok(small.reader > 0);
  const same = (one, other) => assert.ok(Math.abs(one - other) < MB, `${one} is not ${other}`);
  for (const { page, reader } of large) {
    same(page, small.page);
    same(reader, small.reader);
  }
});

/** What the page and its reader need for a package. */
async function memory(t, file, verdict, patience) {
  const here = await lab(t);
  await here.session.getByLabel('Choose a package').setInputFiles(file.path);
  await here.session.getByRole('button', { name: 'Check another' }).waitFor({ timeout: patience });
  await heading(here, verdict);
  const [page, reader] = await here.memories();
  await here.watched.isClean();
  await here.page.close();
  return { page, reader };
}
