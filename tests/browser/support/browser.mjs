// Real browsers, and pages in it that are watched: what they ask of whom, what their policy forbids, how large their
// wasm memories are, and what they say on the console.

import assert from 'node:assert/strict';

import { chromium, firefox } from 'playwright-core';

import { given } from './programs.mjs';

const OPTIONS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium. */
export function launch(...options) {
  return chromium.launch({
    executablePath: given('ACCESSION_CHROMIUM'),
    // As root, which a container often is, Chromium does not start with its sandbox.
    chromiumSandbox: false,
    args: [...OPTIONS, ...options],
  });
}

/** Starts Firefox as it comes, which is driven by WebDriver BiDi. */
export async function launchFirefox() {
  const executablePath = given('ACCESSION_FIREFOX');
  const browser = await firefox.launch({ executablePath, channel: 'moz-firefox' });
  // The library sends a command that Firefox does not know yet, about colours that nobody asked for.
  const { _browserSession } = browser._connection.toImpl(browser);
  const session = Object.getPrototypeOf(_browserSession);
  const { send } = session;
  session.send = function (method, ...rest) {
    if (method === 'emulation.setMediaFeaturesOverride') return Promise.resolve({});
    return send.call(this, method, ...rest);
  };
  return browser;
}

/**
 * Opens an address in a fresh profile; it is closed when the test ends. With `now`, the page's clock stands there. It
 * has no service worker unless it `keeps` one: each test would fetch all of the page anew. Who has to change what the
 * page is sent can `prepare` it.
 */
export async function open(t, browser, url, { now, keeps, prepare, ...settings } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...settings });
  t.after(() => context.close());
  context.setDefaultTimeout(15_000);
  await context.addInitScript(watchInside);
  if (!keeps) await context.addInitScript(withoutServiceWorker);
  if (now) await context.clock.setFixedTime(now);
  await prepare?.(context);
  const page = await context.newPage();
  const watched = new Watched(page, new URL(url).origin);
  await page.goto(url);
  return watched;
}

function withoutServiceWorker() {
  Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined });
}

/** Runs in the page before anything of it does. */
function watchInside() {
  window.watched = { violations: [], memories: [] };
  document.addEventListener('securitypolicyviolation', (event) => {
    const { violatedDirective, blockedURI, sourceFile, lineNumber } = event;
    window.watched.violations.push(
      `${violatedDirective} forbids ${blockedURI} (${sourceFile}:${lineNumber})`,
    );
  });
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const instantiate = WebAssembly[name].bind(WebAssembly);
    WebAssembly[name] = async (...given) => {
      const made = await instantiate(...given);
      const exported = Object.values((made.instance ?? made).exports);
      const memories = exported.filter((value) => value instanceof WebAssembly.Memory);
      window.watched.memories.push(...memories);
      return made;
    };
  }
}

class Watched {
  console = [];
  errors = [];
  requests = [];
  workers = [];

  constructor(page, origin) {
    this.page = page;
    this.origin = origin;
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('request', (request) => this.requests.push(request));
    page.on('worker', (worker) => this.workers.push(worker));
  }

  /** The sizes of the page's wasm memories, in bytes. */
  memories() {
    return this.page.evaluate(() => window.watched.memories.map((m) => m.buffer.byteLength));
  }

  /** What the browser keeps for the page: nothing, it should be. */
  async stored() {
    const kept = await this.page.evaluate(async () => ({
      local: { ...localStorage },
      session: { ...sessionStorage },
      databases: await indexedDB.databases(),
      // Not there where the page's origin is no secure one.
      caches: (await globalThis.caches?.keys()) ?? [],
      cookies: document.cookie.split(';').filter(Boolean),
    }));
    kept.httpOnly = await this.page.context().cookies();
    return Object.fromEntries(
      Object.entries(kept).filter(([, things]) => Object.keys(things).length > 0),
    );
  }

  /** Nothing was forbidden, nothing failed inside, and nobody but the page's own origin was asked. */
  async isClean() {
    const violations = await this.page.evaluate(() => window.watched.violations);
    assert.deepEqual(violations, []);
    assert.deepEqual(this.errors, []);
    // The browser itself reports every status from 400 up; what the API refuses is no fault of the page.
    const complaints = this.console.filter(
      (line) => /^(error|warning):/.test(line) && !/^error: Failed to load resource/.test(line),
    );
    assert.deepEqual(complaints, []);
    const foreign = this.requests
      .map((request) => request.url())
      .filter((url) => /^(https?|wss?):/.test(url) && new URL(url).origin !== this.origin);
    assert.deepEqual(foreign, []);
  }
}
