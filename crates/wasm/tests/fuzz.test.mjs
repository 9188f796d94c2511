// Fuzzing of the headless module: mutated requests of the committed script and of what core's own
// fuzzing kept. None makes the module trap, and its memory stays small.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const npm = process.env.ACCESSION_NPM;
assert.ok(npm, "ACCESSION_NPM names the built module; run `cargo xtask test wasm`");
const { initSync, Simulator, Upload } = await import(pathToFileURL(join(npm, "accession.js")));
const { memory } = initSync({ module: await readFile(join(npm, "accession_bg.wasm")) });

const soak = process.env.ACCESSION_SOAK;
const INPUTS = 20_000 * (soak === undefined ? 1 : Number(soak) > 1 ? Number(soak) : 40);
/** After so many inputs the simulator begins anew. */
const LIFE = 100;
const LONGEST = 1 << 14;
/** What the module's memory may grow by, in bytes. */
const GROWTH = 16 << 20;

const core = async (path) =>
  JSON.parse(await readFile(fileURLToPath(new URL(`../../core/tests/${path}`, import.meta.url)), "utf8"));
const { seed, steps } = await core("determinism/script.json");
const kept = [...(await core("fuzz/api.json")), ...(await core("fuzz/rest.json"))];

/** A request as one text, and whatever text there is as a request: as core's fuzzing has them. */
function written({ method, url, headers = {}, body = "" }) {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return [`${method} ${url}`, ...pairs.map(([name, value]) => `${name}: ${value}`), "", body].join("\n");
}
function request(text) {
  const split = text.indexOf("\n\n");
  const [line, ...lines] = (split < 0 ? text : text.slice(0, split)).split("\n");
  const [method, ...url] = line.split(" ");
  const headers = lines.map((line) => line.split(": ")).filter((pair) => pair.length === 2);
  const body = split < 0 ? "" : text.slice(split + 2);
  return { method: /^[A-Z]+$/.test(method) ? method : "POST", url: url.join(" "), headers, body };
}

/** Chance from a seed: mulberry32. */
function chance(state) {
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end) => Math.floor(next() * end);
  return { below, pick: (list) => list[below(list.length)] };
}

const ODD = [
  "null", "true", "-1", "1.5", "1e999", "9007199254740993", "18446744073709551615", '""', '"\\u0000"',
  '"\\ud800"', "\ud800", "[]", "{}", '{"":{}}', "\ufeff", "%", "%00", "%FF", "%C0%80", "..", "/", "?", "&", "\n",
];
const OPENING = ["[", '{"a":', '{"create_spec":', "/", "%2F"];
const TOKEN = /"[^"]*"|[\w.+-]+|\{[^{}]*\}|\[[^[\]]*\]/g;

function mutated(samples, { below, pick }) {
  let text = pick(samples);
  for (let left = below(4); left >= 0; left -= 1) {
    const at = below(text.length + 1);
    const end = Math.min(text.length, at + below(40));
    const put = (piece, until = at) => text.slice(0, at) + piece + text.slice(until);
    const token = (of) => pick([...of.matchAll(TOKEN)]);
    const replace = (by) => {
      const old = token(text);
      return old && by !== undefined ? text.slice(0, old.index) + by + text.slice(old.index + old[0].length) : text;
    };
    const ways = [
      () => put(String.fromCharCode(below(0x10000)), at + 1),
      () => put("", end),
      () => put(text.slice(at, end)),
      () => put(pick(ODD)),
      () => text.slice(0, at),
      () => { const other = pick(samples); return text.slice(0, at) + other.slice(below(other.length + 1)); },
      () => put(text.slice(at, at + 1 + below(4)).repeat(1 << below(12))),
      () => put(pick(OPENING).repeat(1 << below(10))),
      () => replace(pick(ODD)),
      () => replace(token(pick(samples))?.[0]),
    ];
    text = pick(ways)().slice(0, LONGEST);
  }
  return text;
}

const logsOut = ({ request }) => request?.method === "DELETE" && request.url.endsWith("/api/session");

/** A simulator in use: the script until its first log-out. */
function inUse() {
  const simulator = new Simulator({ seed });
  let upload;
  for (const step of steps.slice(0, steps.findIndex(logsOut))) {
    const { request, now, bytes, received, broken } = step;
    switch (step.step) {
      case "handle": simulator.handle(request, now); break;
      case "openUpload": {
        const opened = simulator.openUpload(request, now);
        if (opened instanceof Upload) upload = opened;
        break;
      }
      case "progress": simulator.progress(upload, bytes, now); break;
      case "closeUpload": simulator.closeUpload(upload, received ?? { broken }, now); break;
      case "advance": simulator.advance(now); break;
      default: break;
    }
  }
  return simulator;
}

test("no request makes the module trap, or its memory grow without bound", () => {
  const samples = [...steps.filter(({ request }) => request).map((step) => written(step.request)), ...kept];
  const random = chance(soak === undefined ? 7 : Date.now());
  const { now } = steps.findLast((step) => step.now !== undefined);
  const before = memory.buffer.byteLength;
  const answers = new Map();
  let simulator = inUse();
  for (let number = 0; number < INPUTS; number += 1) {
    if (number % LIFE === LIFE - 1) {
      simulator.free();
      simulator = inUse();
    }
    const text = number < samples.length ? samples[number] : mutated(samples, random);
    const head = request(text);
    let outcome;
    try {
      if (Simulator.isUpload(head.url)) {
        const upload = simulator.openUpload(head, now);
        const opened = upload instanceof Upload;
        outcome = opened ? simulator.closeUpload(upload, { size: text.length }, now).status : upload.status;
        if (opened) upload.free();
      } else {
        outcome = simulator.handle(head, now).status;
      }
    } catch (error) {
      // What no HTTP request can be is refused by an error, which is no trap.
      const told = () => `input ${number}: ${JSON.stringify(text)}: ${error.stack}`;
      assert.ok(error instanceof Error && !(error instanceof WebAssembly.RuntimeError), told());
      outcome = "error";
    }
    answers.set(outcome, (answers.get(outcome) ?? 0) + 1);
  }
  simulator.free();
  const grown = memory.buffer.byteLength - before;
  const counts = [...answers].map(([outcome, count]) => `${outcome}: ${count}`).join(", ");
  console.log(`fuzz, wasm: ${INPUTS} inputs (${counts}), memory grew by ${grown} bytes`);
  assert.ok(grown <= GROWTH, `the module's memory grew by ${grown} bytes`);
  assert.ok(answers.has(200) && answers.has(400) && answers.has(404), "requests come far enough");
});
