// What keeps a person from changing a live server by mistake. A name that is not this machine's leads to it all the
// same, so that the page takes the server for a real one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Api } from './support/api.mjs';
import { launch, open } from './support/browser.mjs';
import { Builder } from './support/builder.mjs';
import { CALLS, Lab } from './support/lab.mjs';
import { freePort, server, serverWithPage, until } from './support/programs.mjs';

const NAME = 'vcenter.test';
const PASSWORD = 'another secret of the tests';

let browser, behind, gateway, host;
before(async () => {
  const port = await freePort();
  host = `${NAME}:${port}`;
  behind = await server();
  [browser, gateway] = await Promise.all([
    launch(`--host-resolver-rules=MAP ${NAME} 127.0.0.1`),
    serverWithPage(
      ...['--vcenter', behind.origin, '--listen', `127.0.0.1:${port}`],
      ...['--public-url', `http://${host}`],
    ),
  ]);
});
after(() => Promise.all([browser?.close(), gateway?.stop(), behind?.stop()]));

/** The server behind the gateway, as people call it: calls end there, so it is what the page names. */
const there = () => new URL(behind.origin).host;

async function signedIn(t, item) {
  const here = await new Builder(await open(t, browser, `http://${host}`)).isSimulated();
  await here.signIn({ password: PASSWORD });
  await here.newLibrary(`library of ${item}`, 'datastore-11');
  await here.newItem(item);
  return here;
}

test('what ends something is asked about first, by verb, host, item and session', async (t) => {
  const here = await signedIn(t, 'precious item');
  const other = await new Api(behind.origin).login();
  const ends = { complete: 'DONE', cancel: 'CANCELED', fail: 'ERROR' };
  let session;
  const asks = async (call) => {
    await here.call(call);
    await here.dialog.waitFor();
    const question = await here.dialog.innerText();
    for (const word of ['LIVE', CALLS[call], call, there(), 'precious item', session]) {
      assert.ok(question.includes(word), `${word} is not in: ${question}`);
    }
  };
  const state = async () => (await other.call('get', session)).state;
  for (const [call, end] of Object.entries(ends)) {
    session = await here.newSession();
    await asks(call);
    await here.dialog.getByRole('button', { name: 'Close' }).click();
    await here.dialog.waitFor({ state: 'hidden' });
    assert.equal(await state(), 'ACTIVE');

    await asks(call);
    await here.page.keyboard.press('Escape');
    await here.dialog.waitFor({ state: 'hidden' });
    assert.equal(await state(), 'ACTIVE');

    await asks(call);
    if (call === 'fail') await here.dialog.getByLabel('Error message').fill('on purpose');
    await here.dialog.getByRole('button', { name: CALLS[call] }).click();
    await here.saw(call, 'succeeded');
    await here.isIn(end);
    assert.equal(await state(), end);
  }
  await asks('delete');
  await here.dialog.getByRole('button', { name: CALLS.delete }).click();
  await here.isIn('Gone');
  assert.equal((await other.send('get', [session])).status, 404);
  await here.watched.isClean();
});

test('a built call that changes something is asked about first, and one that reads is not', async (t) => {
  const here = await signedIn(t, 'item of built calls');
  const session = await here.newSession();
  await here.unfoldBuilder();
  await here.choose('library.item.update_session.cancel');
  await here.send('cancel').click();
  await here.dialog.waitFor();
  const question = await here.dialog.innerText();
  for (const word of ['LIVE', 'update_session.cancel', there(), 'item of built calls', session]) {
    assert.ok(question.includes(word), `${word} is not in: ${question}`);
  }
  await here.dialog.getByRole('button', { name: 'Close' }).click();
  await here.dialog.waitFor({ state: 'hidden' });
  const other = await new Api(behind.origin).login();
  assert.equal((await other.call('get', session)).state, 'ACTIVE');

  await here.choose('library.item.update_session.get');
  await here.send('get').click();
  await here.saw('get', 'succeeded', '200');

  await here.choose('library.item.update_session.cancel');
  await here.send('cancel').click();
  await here.dialog.getByRole('button', { name: 'Send cancel' }).click();
  await here.isIn('CANCELED');
  await here.watched.isClean();
});

test('LIVE and SIMULATED are told apart, and neither knows the other', async (t) => {
  const here = await new Lab(await open(t, browser, `http://${host}`)).isSimulated();
  const session = await here.newSession();
  const asked = () => here.watched.requests.filter((r) => /\/(api|rest|cls)\//.test(r.url()));
  assert.deepEqual(asked(), []);
  assert.match(await here.target.innerText(), /^SIMULATED/);

  await here.signIn({ password: PASSWORD });
  assert.match(await here.target.innerText(), new RegExp(`^LIVE\\s+${there()} through ${host}`));
  assert.equal(await here.sessionId(), '', 'the simulated session is not shown as a live one');
  assert.ok(asked().length > 0);

  await here.openSession(session);
  await here.isIn('Gone');
  const known = asked().length;
  await here.guide.getByRole('radio', { name: 'Simulated' }).check();
  await here.isSimulated();
  await until('the login is ended', () => asked().length > known);
  assert.deepEqual(asked().slice(known).map((request) => request.method()), ['DELETE']);
  await here.watched.isClean();
});

// The page's own server is on this machine more often than not, and what it forwards to is not.
test('it is the server behind the gateway that is named and asked about', async (t) => {
  // Another spelling of this machine's address, which no page takes for one.
  const { port } = new URL(behind.origin);
  const far = `[::ffff:127.0.0.1]:${port}`;
  const near = await serverWithPage('--vcenter', `http://${far}`);
  t.after(near.stop);
  const here = await new Lab(await open(t, browser, near.origin)).isSimulated();
  await here.signIn({ password: PASSWORD });
  assert.ok((await here.target.innerText()).includes(far));
  await here.newLibrary('library behind', 'datastore-11');
  await here.newItem('item behind');
  await here.newSession();
  await here.namesItsTarget(far, 'item behind');
  await here.call('complete');
  await here.dialog.waitFor();
  assert.ok((await here.dialog.innerText()).includes(far));
});
