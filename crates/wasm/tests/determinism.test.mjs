// The same seed and the same calls give the same bytes here as natively: the committed script of
// crates/core/tests/determinism.rs, replayed in the headless module.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const npm = process.env.ACCESSION_NPM;
assert.ok(npm, "ACCESSION_NPM names the built module; run `cargo xtask test wasm`");
const { initSync, Simulator, Upload } = await import(pathToFileURL(join(npm, "accession.js")));
initSync({ module: await readFile(join(npm, "accession_bg.wasm")) });

const script = (name) =>
  readFile(fileURLToPath(new URL(`../../core/tests/determinism/${name}`, import.meta.url)), "utf8");

test("the script gives in wasm what it gives natively, byte for byte", async () => {
  const { seed, steps } = JSON.parse(await script("script.json"));
  const simulator = new Simulator({ seed });
  let upload;
  const perform = {
    handle: ({ request, now }) => simulator.handle(request, now),
    openUpload: ({ request, now }) => {
      const opened = simulator.openUpload(request, now);
      if (!(opened instanceof Upload)) return opened;
      upload = opened;
      return { wants: opened.wants };
    },
    progress: ({ bytes, now }) => simulator.progress(upload, bytes, now),
    closeUpload: ({ received, broken, now }) =>
      simulator.closeUpload(upload, received ?? { broken }, now),
    advance: ({ now }) => simulator.advance(now),
    pollTimeout: () => simulator.pollTimeout() ?? null,
  };
  const lines = steps.map((step) => JSON.stringify(perform[step.step](step)));
  const expected = (await script("expected.json")).trim().split("\n");
  // The first and last line are the brackets of the list.
  const found = ["[", lines.join(",\n"), "]"].join("\n").split("\n");
  assert.equal(found.length, expected.length);
  found.forEach((line, index) => assert.equal(line, expected[index], `step ${index}`));
});
