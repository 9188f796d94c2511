// Update sessions on our simulator and on vcsim, govmomi's: the same requests in turn, in one run.
//
// A ratio above 1 means that ours is faster. Ours also checks what vcsim leaves out: the session's
// state, the file's length and its SHA-256.

import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';

import { Api, TOKEN } from '../browser/support/api.mjs';
import { server, vcsim, withoutVcsim } from '../browser/support/programs.mjs';
import { median } from './support/times.mjs';

const ROUNDS = 5;
const CALLS = 400;
const UPLOAD = Buffer.alloc(128 << 20, 'accession ');
const SHA256 = createHash('sha256').update(UPLOAD).digest('hex');

if (withoutVcsim) {
  console.log(`sessions: nothing to compare with (${withoutVcsim})`);
  process.exit(0);
}

const ours = await server('--quiet');
const theirs = await vcsim();
const peers = [
  { program: ours, api: await new Api(ours.origin, 'rest').login(), datastore: 'datastore-1' },
  {
    program: theirs,
    api: await new Api(theirs.origin, 'rest').login(theirs.facts.user, theirs.facts.password),
    datastore: theirs.facts.datastore,
  },
];

const works = {
  [`${CALLS} reads of a session`]: async ({ api }, { session }) => {
    for (let call = 0; call < CALLS; call += 1) await api.call('get', session);
  },
  [`an upload of ${UPLOAD.length >> 20} MB, declared with its SHA-256`]: async (
    { api, program },
    { session },
    round,
  ) => {
    const checksum_info = { algorithm: 'SHA256', checksum: SHA256 };
    const size = UPLOAD.length;
    const link = await api.addFile(session, `disk-${round}.iso`, { size, checksum_info });
    // vcsim names a host of its own choice and wants the token; ours needs none.
    const { pathname } = new URL(link);
    const headers = { [TOKEN]: api.token };
    const answer = await fetch(program.origin + pathname, { method: 'PUT', headers, body: UPLOAD });
    if (!answer.ok) throw new Error(`upload: ${answer.status} ${await answer.text()}`);
  },
};

for (const [name, work] of Object.entries(works)) {
  const times = peers.map(() => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, peer] of peers.entries()) {
      const item = await peer.api.newItem(`${name} ${round}`, peer.datastore);
      const session = await peer.api.newSession(item);
      const began = performance.now();
      await work(peer, { item, session }, round);
      // The first round is for warming up.
      if (round > 0) times[index].push(performance.now() - began);
    }
  }
  const [mine, other] = times.map(median);
  const ratio = (other / mine).toFixed(2);
  console.log(`${name}: ours ${ms(mine)}, vcsim ${ms(other)}, ratio ${ratio}`);
}
await Promise.all([ours.stop(), theirs.stop()]);

function ms(value) {
  return `${value.toFixed(0)} ms`;
}
