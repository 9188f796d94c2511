// Reads files piece by piece in a worker, with a wasm of its own.
// In: { file: Blob, wants: "SHA1", lookInto?: name, now? }, or { check: [File, …], now: 1700000000000 }.
// Out: { bytes, memory } after each piece, then { received }, { checked } or { failed }.
import init, { Inspection, Intake, Survey, arrange, digestWith } from "./accession-inspector.js";

const PIECE = 4 * 1024 * 1024;
// What the wasm takes at once: as much as a processor's cache holds, and its memory stays small.
const MOUTHFUL = 256 * 1024;
const BLOCK = 512;
// A module with nothing in it but a type of 128 bits.
const SIMD = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123]);

onmessage = async ({ data: order }) => {
  try {
    const [{ memory: own }, digests] = await Promise.all([init(), fasterDigests()]);
    digestWith(digests?.module);
    const memory = () => own.buffer.byteLength + (digests?.memory.buffer.byteLength ?? 0);
    let bytes = 0;
    const take = (into) => (piece) => {
      for (let at = 0; at < piece.length; at += MOUTHFUL) {
        into.write(piece.subarray(at, at + MOUTHFUL));
      }
      bytes += piece.length;
      postMessage({ bytes, memory: memory() });
    };
    if (order.check) {
      const checked = await check(order, take);
      postMessage({ checked, memory: memory() });
    } else {
      let intake = new Intake(order.wants);
      if (order.lookInto) intake = intake.lookingInto(order.lookInto, order.now);
      await read(order.file, take(intake));
      postMessage({ received: intake.finish(), memory: memory() });
    }
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};

// Digests with SIMD, where it can be had. The inspector has its own, which are slower and the same.
async function fasterDigests() {
  if (!WebAssembly.validate(SIMD)) return undefined;
  try {
    const module = await import("./accession-digests.js");
    const { memory } = await module.default();
    return { module, memory };
  } catch (error) {
    console.warn(`digests are slower than they might be: ${error}`);
    return undefined;
  }
}

async function read(file, take) {
  for (let at = 0; at < file.size; at += PIECE) {
    const piece = await slice(file, at, PIECE);
    take(piece);
    if (piece.length < Math.min(PIECE, file.size - at)) {
      throw new Error("the file became shorter while it was read");
    }
  }
}

const slice = async (file, at, length) =>
  new Uint8Array(await file.slice(at, at + length).arrayBuffer());

async function check({ check: files, now }, take) {
  const isManifest = ({ name }) => name.toLowerCase().endsWith(".mf");
  // An archive need not be named like one.
  const survey = files.length === 1 ? await surveyed(files[0]) : undefined;
  const inspection = new Inspection(now, survey, files.some(isManifest));
  for (const index of arrange(files.map(({ name }) => name).join("\0"))) {
    inspection.begin(files[index].name, files[index].size);
    await read(files[index], take(inspection));
  }
  return inspection.finish();
}

// Jumps from header to header, so that only the digests that the manifest asks for are computed.
async function surveyed(file) {
  const survey = new Survey();
  for (let at = 0; at < file.size && !survey.isDone(); ) {
    const skip = survey.skippable();
    if (skip > 0) {
      survey.skip(skip);
      at += skip;
      continue;
    }
    const piece = await slice(file, at, survey.isCollecting() ? 64 * 1024 : BLOCK);
    survey.write(piece);
    at += piece.length;
  }
  return survey;
}
