// Reads a file piece by piece in a worker, with a wasm of its own, and reports size and digests.
// In: { file: Blob, wants: '["SHA1"]' }. Out: { bytes, memory } after each piece, then { received } or { failed }.
import init, { Intake } from "./accession-inspector.js";

const PIECE = 4 * 1024 * 1024;

onmessage = async ({ data: { file, wants } }) => {
  try {
    const { memory } = await init();
    const intake = new Intake(wants);
    for (let bytes = 0; bytes < file.size; ) {
      const piece = new Uint8Array(await file.slice(bytes, bytes + PIECE).arrayBuffer());
      if (piece.length === 0) throw new Error("the file became shorter while it was read");
      intake.write(piece);
      bytes += piece.length;
      postMessage({ bytes, memory: memory.buffer.byteLength });
    }
    postMessage({ received: intake.finish(), memory: memory.buffer.byteLength });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};
