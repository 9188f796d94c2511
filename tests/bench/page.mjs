// The page: frames while its wire log is scrolled and filtered, beside the same with a log that is nearly empty; the
// way from one end of a run to the other; and how soon somebody can begin on a slow connection.
//
// A ratio above 1 means that a frame takes longer with a long log. The browser draws as fast as it can and waits for no
// screen, so that a frame takes as long as its work.

import { launch } from '../browser/support/browser.mjs';
import { Lab } from '../browser/support/lab.mjs';
import { serverWithPage, until } from '../browser/support/programs.mjs';
import { median } from './support/times.mjs';

const EXCHANGES = 10_000;
const CALLS = 1_000;
const FRAMES = 400;
const NEEDLE = 'action=keep-alive';
const ROUNDS = 5;
const RATE = 10e6;

const program = await serverWithPage();
const browser = await launch('--disable-gpu-vsync', '--disable-frame-rate-limit');
try {
  const [empty, full] = [await lab(), await lab()];
  const began = performance.now();
  await fill(full, EXCHANGES, () => full.listed());
  const took = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`page: ${await full.listed()} exchanges in its log, put there by clicks in ${took} s`);
  for (const [what, act] of [
    ['scrolling', scroll],
    ['filtering', type],
  ]) {
    const base = await empty.page.evaluate(act, [FRAMES, NEEDLE]);
    const long = await full.page.evaluate(act, [FRAMES, NEEDLE]);
    const ratio = (of) => (of(long) / of(base)).toFixed(1);
    console.log(
      `page, ${what}: a frame takes ${milliseconds(median(long))} in the middle and ` +
        `${milliseconds(late(long))} at 95 %; ` +
        `with a short log ${milliseconds(median(base))} and ${milliseconds(late(base))}; ` +
        `ratios ${ratio(median)} and ${ratio(late)}`,
    );
  }
  await full.page.context().close();
  await empty.page.context().close();

  const run = await lab();
  await fill(run, CALLS, () => marks(run));
  const jumps = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const pair = [];
    for (const name of ['First', 'Last']) pair.push(await run.page.evaluate(jump, name));
    // The first time, the run was never done again before.
    if (round > 0) jumps.push(pair);
  }
  const [back, forth] = [0, 1].map((way) => milliseconds(median(jumps.map((pair) => pair[way]))));
  console.log(`page, a run of ${await marks(run)} calls: from last to first ${back}, from first to last ${forth}`);
  await run.page.context().close();

  const starts = [];
  for (let round = 0; round < ROUNDS; round += 1) starts.push(await coldStart());
  const [seconds, bytes] = [0, 1].map((part) => median(starts.map((start) => start[part])));
  console.log(
    `page, cold, at ${RATE / 1e6} Mbit/s: a session is there ${(seconds / 1000).toFixed(2)} s after the address was ` +
      `entered, and the button pressed as soon as it could be; ${(bytes / 1000).toFixed(0)} KB were loaded`,
  );
} finally {
  await browser.close();
  await program.stop();
}

/** A page with a session in the simulator. */
async function lab() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(`${program.origin}/?seed=7`);
  const here = await new Lab({ page }).isSimulated();
  await here.newSession();
  return here;
}

/** How many calls and events the timeline has. */
async function marks(here) {
  const slider = here.session.getByRole('slider', { name: 'Timeline' });
  return Number(await slider.getAttribute('max'));
}

/** Clicks until there are so many. What is read after each call differs from before, and has lines of its own. */
async function fill(here, wanted, count) {
  const button = here.session.getByRole('button', { name: 'session alive' });
  await until(
    'there are enough',
    async () => {
      const missing = wanted - (await count());
      if (missing <= 0) return true;
      await button.evaluate(async (button, clicks) => {
        for (let click = 0; click < clicks; click += 1) {
          button.click();
          // Time passes, and with it the session's end moves.
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      }, Math.min(Math.ceil(missing / 3), 200));
      return false;
    },
    1_800_000,
  );
}

// What follows runs in the page.

/** Scrolls down, some lines a frame, and from the end begins again. */
async function scroll([frames]) {
  const lines = document.querySelector('[role="grid"]').parentElement;
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < frames; frame += 1) {
    lines.scrollTop = (frame * 130) % (lines.scrollHeight - lines.clientHeight);
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times;
}

/** Types into the filter and takes it out again, a letter a frame. */
async function type([frames, text]) {
  const field = document.querySelector('input[type="search"]');
  const put = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < frames; frame += 1) {
    const place = frame % (2 * text.length);
    put.call(field, text.slice(0, Math.min(place + 1, 2 * text.length - place - 1)));
    field.dispatchEvent(new Event('input', { bubbles: true }));
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times;
}

/** From a click until what came of it is painted. */
async function jump(name) {
  const button = document.querySelector(`button[aria-label="${name}"]`);
  await new Promise(requestAnimationFrame);
  const began = performance.now();
  button.click();
  await new Promise(requestAnimationFrame);
  // A task of its own comes after the frame.
  await new Promise((resolve) => setTimeout(resolve));
  return performance.now() - began;
}

// And this does not.

/** From the address to the first thing done, with nothing in the browser's cache; and what was loaded. */
async function coldStart() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  await wire.send('Network.enable');
  const bytes = RATE / 8;
  await wire.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 20,
    downloadThroughput: bytes,
    uploadThroughput: bytes,
  });
  let loaded = 0;
  wire.on('Network.loadingFinished', ({ encodedDataLength }) => (loaded += encodedDataLength));
  const began = performance.now();
  await page.goto(`${program.origin}/?seed=7`, { waitUntil: 'commit' });
  await page.getByRole('button', { name: 'Create update session' }).click();
  await page.getByTestId('session-id').waitFor();
  const took = performance.now() - began;
  await context.close();
  return [took, loaded];
}

/** What 95 of a hundred do not exceed. */
function late(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)];
}

function milliseconds(time) {
  return `${time.toFixed(1)} ms`;
}
