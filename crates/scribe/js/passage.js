// Runs on their way out of the page and into it: as files that a person saves or chooses, and as the end of an address.
// What their texts hold, the scribe knows. All that comes in is read and never run, and nothing is sent anywhere.

// Longer files are not read, nor links that are longer once they are unpacked.
const LONGEST_FILE = 32 << 20;
const LONGEST_LINK = 8 << 20;

/** What comes of it, as JSON: `found`, what was opened; `copy`, a text for the clipboard; `said`, for people. */
export async function pass(scribe, how, record) {
  try {
    return JSON.stringify(await passed(scribe, how, record));
  } catch (error) {
    return JSON.stringify({ said: { say: ["This browser could not do it: {0}", error.message] } });
  }
}

async function passed(scribe, how, record) {
  if (how === "file") return opened(scribe, await chosen());
  if (how === "address") {
    const { text, version } = await unpacked(location.hash.slice(3));
    if (version !== "1") return { said: { say: ["The link is of version {0}, and this page reads version 1. Open it with a newer one.", version] } };
    return JSON.parse(scribe.from_link(text));
  }
  const [what, id] = how.split(" ");
  if (what === "scenario") return JSON.parse(scribe.from_scenario(id));
  const kept = JSON.parse(scribe.keep(how, record));
  const { text, name, type, said, longest } = kept;
  if (text === undefined) return kept;
  if (how !== "link") {
    save(text, name, type);
    return { said };
  }
  const copy = `${location.origin}${location.pathname}#r=1.${await packed(text)}`;
  if (copy.length > longest) {
    const why = "The run is too long for a link: it would have {0} characters, and {1} is what most programs take. Save it as a file.";
    return { said: { say: [why, copy.length, longest] } };
  }
  return { copy, said };
}

// A file that a person chooses; nothing, if none.
function chosen() {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".json,.har,application/json";
  return new Promise((resolve) => {
    input.onchange = () => resolve(input.files[0]);
    input.oncancel = () => resolve();
    input.click();
  });
}

async function opened(scribe, file) {
  if (!file) return {};
  if (file.size > LONGEST_FILE) {
    const why = "{0} has {1} bytes, and no more than {2} are read. Export fewer requests.";
    return { said: { say: [why, file.name, file.size, LONGEST_FILE] } };
  }
  return JSON.parse(scribe.from_file(file.name, await file.text()));
}

function save(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// What can be read of a token that may be cut or damaged.
async function unpacked(token) {
  const [, version, data] = /^([^.]*)\.?([\w-]*)/.exec(token);
  // A letter alone at the end is no byte.
  const whole = data.length % 4 === 1 ? data.slice(0, -1) : data;
  const binary = atob(whole.replaceAll("-", "+").replaceAll("_", "/"));
  const stream = new DecompressionStream("deflate-raw");
  const writer = stream.writable.getWriter();
  const write = async () => {
    // In small pieces, so that what stands before the damage gets through.
    for (let at = 0; at < binary.length; at += 64) {
      await writer.write(Uint8Array.from(binary.slice(at, at + 64), (letter) => letter.charCodeAt(0)));
    }
    await writer.close();
  };
  write().catch(() => {});
  const [decoder, reader] = [new TextDecoder(), stream.readable.getReader()];
  let text = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
      if (text.length > LONGEST_LINK) throw new RangeError("too long");
    }
  } catch {
    // The scribe tells where it ends.
    reader.cancel().catch(() => {});
  }
  return { text, version };
}
