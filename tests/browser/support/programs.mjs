// Starts the programs that the tests talk to, and makes sure that none of them outlives the tests.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const PATIENCE = 20_000;

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** What the gate hands over in the environment; a test that lacks it fails by name. */
export function given(variable) {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set; \`cargo xtask test\` sets it`);
  return value;
}

/** Whether there is time for what is longer than the gate may take. */
export const soak = process.env.ACCESSION_SOAK === '1';

/**
 * Starts our server on a free port: a simulator, unless `--vcenter` is among the arguments.
 */
export function server(...options) {
  return start(given('ACCESSION_SERVER'), ['--listen', '127.0.0.1:0', ...options]);
}

/** The same with the built page beside the API. */
export function serverWithPage(...options) {
  return server('--page', given('ACCESSION_DIST'), ...options);
}

/** Why the tests against vcsim are skipped; false if they are not. */
export const withoutVcsim = process.env.ACCESSION_VCSIM
  ? false
  : 'ACCESSION_VCSIM is not set: no Go toolchain to build the foreign server with';

/** Starts vcsim; what it says besides its address is in `facts`: datastore, user, password. */
export async function vcsim() {
  const program = await start(given('ACCESSION_VCSIM'), ['--listen', '127.0.0.1:0']);
  const stated = () => Object.fromEntries(program.lines.map((line) => line.split(/ (.*)/s)));
  await until('vcsim states how to use it', () => stated().password);
  return { ...program, facts: stated() };
}

async function start(path, options) {
  // Its standard input stays open as long as we live.
  const child = spawn(path, options, { stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  const ended = new Promise((resolve) => {
    child.on('error', resolve);
    child.on('close', resolve);
  });
  const lines = [];
  for (const output of [child.stdout, child.stderr]) {
    createInterface(output).on('line', (line) => lines.push(line));
  }
  let over = false;
  ended.then(() => {
    over = true;
    running.delete(child);
  });
  const origin = await until(`${path} listens`, () => {
    if (over) throw new Error(`${path} ended: ${lines.join('\n')}`);
    return lines.map((line) => line.match(/listening on (https?:\/\/[^\s/]+)/)?.[1]).find(Boolean);
  });
  const stop = async () => {
    if (over) return;
    child.stdin.end();
    child.kill('SIGTERM');
    const hung = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    await ended;
    clearTimeout(hung);
  };
  return { origin, lines, pid: child.pid, stop };
}

/** A port that was free a moment ago: the server's public address has to be known before it starts. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Waits until something is there, and gives it; `what` says what was missing when the time is over. */
export async function until(what, ask, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) {
      throw new Error(`waited in vain until ${typeof what === 'function' ? what() : what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

