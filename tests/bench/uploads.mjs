// An upload to our simulator and to vcsim, govmomi's, in turn, in one run.
//
// A ratio above 1 means that ours is faster. Ours also checks what vcsim leaves out: the session's
// state, the file's length and its SHA-256. vcsim keeps the file.

import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';

import { Api, TOKEN } from '../browser/support/api.mjs';
import { server, vcsim, withoutVcsim } from '../browser/support/programs.mjs';
import { median } from './support/times.mjs';

const ROUNDS = 5;
const UPLOAD = Buffer.alloc(128 << 20, 'accession ');
const SHA256 = createHash('sha256').update(UPLOAD).digest('hex');

if (withoutVcsim) {
  console.log(`uploads: nothing to compare with (${withoutVcsim})`);
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

const times = peers.map(() => []);
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const [index, { api, program, datastore }] of peers.entries()) {
    const session = await api.newSession(await api.newItem(`item ${round}`, datastore));
    const began = performance.now();
    const checksum_info = { algorithm: 'SHA256', checksum: SHA256 };
    const size = UPLOAD.length;
    const link = await api.addFile(session, 'disk.iso', { size, checksum_info });
    // vcsim names a host of its own choice and wants the token; ours needs none.
    const { pathname } = new URL(link);
    const headers = { [TOKEN]: api.token };
    const answer = await fetch(program.origin + pathname, { method: 'PUT', headers, body: UPLOAD });
    if (!answer.ok) throw new Error(`upload: ${answer.status} ${await answer.text()}`);
    // The first round is for warming up.
    if (round > 0) times[index].push(performance.now() - began);
  }
}
const [mine, other] = times.map(median);
const ratio = (other / mine).toFixed(2);
console.log(
  `an upload of ${UPLOAD.length >> 20} MB, declared with its SHA-256: ` +
    `ours ${ms(mine)}, vcsim ${ms(other)}, ratio ${ratio}`,
);
await Promise.all([ours.stop(), theirs.stop()]);

function ms(value) {
  return `${value.toFixed(0)} ms`;
}
