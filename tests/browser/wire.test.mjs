// What a curl user sees on the socket, in both dialects, exactly. No browser is needed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Api, DIALECTS, TOKEN } from './support/api.mjs';
import { server } from './support/programs.mjs';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

let program;
before(async () => {
  program = await server('--seed', '1');
});
after(() => program?.stop());

for (const dialect of DIALECTS) {
  describe(`/${dialect}`, () => {
    /** A refusal as the dialect writes it to a client that names its languages, as fetch does. */
    const refusal = (type, id, default_message, args, more = {}) => {
      const message = { id, default_message, args, localized: default_message };
      const error = { error_type: type, messages: [message], ...more };
      if (dialect === 'api') return error;
      return { type: `com.vmware.vapi.std.errors.${type.toLowerCase()}`, value: error };
    };

    const refused = (answer, status, body) => {
      assert.deepEqual({ status: answer.status, body: answer.json }, { status, body });
      assert.match(answer.headers.get('content-type'), /^application\/json\b/);
    };

    test('complete: done, again, unknown, without a token', async () => {
      const api = await new Api(program.origin, dialect).login();
      const session = await api.newSession(await api.newItem(`curl ${dialect}`));

      const done = await api.send('complete', [session]);
      assert.equal(done.status, dialect === 'api' ? 204 : 200);
      assert.equal(done.text, '');
      assert.equal(done.headers.get('content-type'), null);

      refused(
        await api.send('complete', [session]),
        400,
        refusal(
          'NOT_ALLOWED_IN_CURRENT_STATE',
          'accession.update_session_invalid_state_for_operation',
          'The operation complete cannot be invoked when the update session is in the DONE state.',
          ['complete', 'DONE'],
        ),
      );
      refused(
        await api.send('complete', [UNKNOWN]),
        404,
        refusal(
          'NOT_FOUND',
          'accession.update_session_not_found',
          `The update session ${UNKNOWN} does not exist. It may have been deleted or have expired.`,
          [UNKNOWN],
        ),
      );

      const unauthenticated = refusal(
        'UNAUTHENTICATED',
        'com.vmware.vapi.endpoint.method.authentication.required',
        'Authentication required.',
        [],
        { challenge: 'Basic realm="VAPI endpoint"' },
      );
      for (const who of [new Api(program.origin, dialect), api]) {
        const headers = who === api ? { [TOKEN]: 'no such token' } : {};
        refused(await who.send('complete', [session], headers), 401, unauthenticated);
      }
      await api.call('logout');
      refused(await api.send('complete', [session]), 401, unauthenticated);
    });

    test('complete before the bytes arrive names the file', async () => {
      const api = await new Api(program.origin, dialect).login();
      const item = await api.newItem(`early ${dialect}`);
      const session = await api.newSession(item);
      const link = await api.addFile(session, 'disk-1.vmdk');
      assert.ok(link.startsWith(`${program.origin}/cls/data/`), link);
      assert.ok(link.endsWith('/disk-1.vmdk'), link);

      refused(
        await api.send('complete', [session]),
        400,
        refusal(
          'NOT_ALLOWED_IN_CURRENT_STATE',
          'com.vmware.vdcs.cls-main.update_session_file_not_received',
          'File disk-1.vmdk has transfer errors or has not been fully received yet (status: WAITING).',
          ['disk-1.vmdk', 'WAITING'],
        ),
      );
      assert.equal((await api.call('get', session)).state, 'ACTIVE');

      // PUT in one dialect, POST in the other; no session header in either.
      const method = dialect === 'api' ? 'PUT' : 'POST';
      const sent = await fetch(link, { method, body: 'bytes' });
      assert.equal(sent.status, 200);
      assert.deepEqual(await api.call('item_files', item), []);
      await api.call('complete', session);
      const [file, ...others] = await api.call('item_files', item);
      assert.deepEqual(others, []);
      assert.equal(file.name, 'disk-1.vmdk');
      assert.equal(file.size, 5);
    });

    test('an unknown path is found before the login is asked for', async () => {
      const answer = await fetch(`${program.origin}/${dialect}/no/such/path`);
      assert.equal(answer.status, 404);
      const body = await answer.json();
      assert.equal((dialect === 'api' ? body : body.value).error_type, 'NOT_FOUND');
    });

    test('the token stays out of the log', async () => {
      const api = await new Api(program.origin, dialect).login('logged', `secret in ${dialect}`);
      await api.call('list');
      const log = program.lines.join('\n');
      assert.ok(!log.includes(api.token), 'the token is in the log');
      assert.ok(!log.includes(Buffer.from(`logged:secret in ${dialect}`).toString('base64')));
      assert.match(log, /update-session/);
    });
  });
}
