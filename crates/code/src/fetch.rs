//! JavaScript with fetch: a run is a module for Node, one call works in the console of a browser too,
//! where there is no environment, but somebody to ask.

use super::plan::{Piece, Then};
use super::{ALL, CALL, DIGEST, FILE, FOUND, JUDGE, LINK, Need, ONLY, RUN, SETTLE, Tongue, quote};

const PARTS: &[(Need, &str)] = &[
    (ALL, r#"@HEAD"#),
    (
        RUN | LINK,
        r#"// It needs Node 20 or newer. NODE_EXTRA_CA_CERTS names an authority of your own.
"#,
    ),
    (
        CALL,
        r#"// It runs in Node 20 or newer, and in the console of a browser that shows a page of that server.
"#,
    ),
    (
        RUN | CALL,
        r#"// VCENTER, VCENTER_USER and VCENTER_PASSWORD name the server and who logs in.
"#,
    ),
    (
        FOUND,
        r#"// @NAMES: what was used then, unless the environment says otherwise.
"#,
    ),
    (
        FILE | LINK,
        r#"// Files are read from the directory that the first argument names, by default the current one.
"#,
    ),
    (
        ALL, r#"
"#,
    ),
    (
        DIGEST,
        r#"import { createHash } from "node:crypto";
"#,
    ),
    (
        FILE | LINK,
        r#"import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
"#,
    ),
    (
        DIGEST,
        r#"import { pipeline } from "node:stream/promises";
"#,
    ),
    (
        FILE | LINK,
        r#"
"#,
    ),
    (
        RUN,
        r#"const setting = (name, what) => {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set: ${what}`);
  process.exit(2);
};
"#,
    ),
    (
        CALL,
        r#"const setting = (name, what) => {
  const value = globalThis.process ? process.env[name] : prompt(`${name}: ${what}`);
  if (value) return value;
  throw new Error(`${name} is not set: ${what}`);
};
"#,
    ),
    (
        RUN | CALL,
        r#"const vcenter = setting("VCENTER", "the server, such as https://vc.example.com").replace(/\/+$/, "");
const user = setting("VCENTER_USER", "the user who logs in");
const password = setting("VCENTER_PASSWORD", "the password of that user");
@SECRETS@FOUND
let token;

async function send(operation, method, target, headers, body) {
  if (body !== undefined) headers = { ...headers, "content-type": "application/json" };
  headers = { accept: "application/json", ...headers };
  body = JSON.stringify(body);
  const answer = fetch(vcenter + target, { method, headers, body, redirect: "manual" });
  return answer.catch((error) => unanswered(operation, error));
}

function unanswered(operation, error) {
  throw new Error(`${operation}: no answer: ${error.cause?.message ?? error.message}`);
}

/** What an operation answers; a refusal is thrown. */
async function result(operation, answer) {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${operation}: status ${answer.status}: ${reason(text)}`);
  return text ? JSON.parse(text)@ENVELOPE : undefined;
}

function reason(text) {
  try {
    const error = JSON.parse(text);
    return (error.value ?? error).messages.map((message) => message.default_message).join(" ") || text;
  } catch {
    return text;
  }
}

async function logIn() {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  const authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  const answer = await send("log in", @LOGIN, { authorization });
  token = await result("log in", answer);
}

async function logOut() {
  const login = { "@HEADER": token };
  if (token) await send("log out", @LOGOUT, login).catch(() => {});
}

async function call(operation, method, target, body) {
  let answer = await send(operation, method, target, { "@HEADER": token }, body);
  if (answer.status === 401) {
    // A long run can outlive its login.
    await logIn();
    answer = await send(operation, method, target, { "@HEADER": token }, body);
  }
  return result(operation, answer);
}
"#,
    ),
    (
        DIGEST,
        r#"
async function digest(algorithm, path) {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
"#,
    ),
    (
        FILE,
        r#"
/** Keeps the session, and with it the login, alive. */
const keepAlive = (method, target) =>
  setInterval(() => call("keep alive", method, target, {}).catch(() => {}), 60_000).unref();

async function upload(link, path, size) {
  console.log(`sending ${path}`);
  const headers = { "content-type": "application/octet-stream", "content-length": String(size) };
  // The link needs no login; it gets one where it leads to the same server.
  if (new URL(link).origin === new URL(vcenter).origin) headers["@HEADER"] = token;
  const body = createReadStream(path);
  const put = { method: "PUT", headers, body, duplex: "half", redirect: "manual" };
  const answer = await fetch(link, put).catch((error) => unanswered(`upload of ${path}`, error));
  if (!answer.ok) await result(`upload of ${path}`, answer);
}
"#,
    ),
    (
        ONLY,
        r#"
function only(list) {
  if (list.length === 0) throw new Error("what was found in the recorded run is not there");
  return list[0];
}
"#,
    ),
    (
        JUDGE,
        r#"
function judge(found) {
  if (!found.has_errors) return;
  const missing = found.missing_files.map((name) => `missing: ${name}`);
  const invalid = found.invalid_files.map(
    (file) => `invalid: ${file.name}: ${file.error_message.default_message}`,
  );
  throw new Error(["the files are not accepted", ...missing, ...invalid].join("\n"));
}
"#,
    ),
    (
        SETTLE,
        r#"
/** Asks until it is over, for half an hour at most. */
async function settle(field, good, method, target, body) {
  const unsettled = ["ACTIVE", "WAITING_FOR_TRANSFER", "TRANSFERRING", "VALIDATING"];
  for (let tries = 900; ; tries -= 1) {
    const found = await call(`reading the ${field}`, method, target, body);
    if (!unsettled.includes(found[field]) || tries === 0) {
      console.log(found[field]);
      if (found[field] === good) return;
      throw new Error(found.error_message?.default_message ?? "no reason is told");
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}
"#,
    ),
    (
        RUN,
        r#"
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => logOut().finally(() => process.exit(1)));
}
"#,
    ),
    (
        RUN | CALL,
        r#"
try {
"#,
    ),
    (
        FILE,
        r#"  const directory = process.argv[2] ?? ".";
@FILES"#,
    ),
    (
        RUN | CALL,
        r#"  await logIn();
@STEPS"#,
    ),
    (
        RUN,
        r#"} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await logOut();
}
"#,
    ),
    (
        CALL,
        r#"} finally {
  await logOut();
}
"#,
    ),
    (
        LINK,
        r#"const link = process.env.UPLOAD_URL;
if (!link) {
  console.error("UPLOAD_URL is not set: the upload link of the file, from the answer of add");
  process.exit(2);
}
const path = join(process.argv[2] ?? ".", @NAME);
const answer = await fetch(link, {
  method: "PUT",
  headers: {
    "content-type": "application/octet-stream",
    "content-length": String((await stat(path)).size),
  },
  body: createReadStream(path),
  duplex: "half",
  redirect: "manual",
});
if (!answer.ok) {
  console.error(`upload of ${path}: status ${answer.status}: ${await answer.text()}`);
  process.exitCode = 1;
}
"#,
    ),
];

pub(super) const TONGUE: Tongue = Tongue {
    comment: "//",
    is_shell: false,
    depth: 2,
    step: 2,
    parts: PARTS,
    envelope: ".value",
    secret: "const @NAME = setting(\"@NAME\", \"it was recorded without its value\");\n",
    found: "const @NAME = globalThis.process?.env.@NAME || @VALUE;\n",
    file: [
        "  const file@N = join(directory, @NAME);\n  const size@N = (await stat(file@N)).size;\n",
        "",
        "  const checksum@N = await digest(\"@ALGORITHM\", file@N);\n",
    ],
    call: |then| match then {
        Then::Nothing => "  await @CALL;\n",
        Then::Print => "  console.log(await @CALL);\n",
        Then::Keep(_) => "  const @NAME = await @CALL;\n",
        Then::KeepOnly(_) => "  const @NAME = only(await @CALL);\n",
        Then::Link(_) => "  const added@N = await @CALL;\n",
        Then::Judge => "  judge(await @CALL);\n",
        Then::Await(_) => "  await @CALL;\n  await @SETTLE;\n",
    },
    upload: "  const alive@N = @KEEP;\n  await upload(added@N.upload_endpoint.uri, file@N, size@N);\n  \
             await @SETTLE;\n  clearInterval(alive@N);\n",
    functions: ["call", "keepAlive", "settle"],
    text: quote,
    target,
    inner: quote,
    plain: |value| value.to_string(),
    variable: "@NAME",
    hidden: "@NAME",
    size: "size@N",
    checksum: "checksum@N",
};

fn target(pieces: &[Piece]) -> String {
    if let [Piece::Text(text)] = pieces {
        return quote(text);
    }
    let mut target = "`".to_owned();
    for piece in pieces {
        match piece {
            // The escapes of a quoted text are those of a template as well.
            Piece::Text(text) => {
                let text = quote(text).replace('`', "\\`").replace("${", "\\${");
                target += &text[1..text.len() - 1];
            }
            Piece::Name(name) => target.extend(["${", name, "}"]),
        }
    }
    target + "`"
}
