//! JavaScript with fetch: a run is a module for Node, one call works in the console of a browser too.

use super::plan::{Call, File, Line, Piece, Plan, Step, Then, Upload};
use super::{Tongue, body, file_name, fill, has_envelope, head, lay_out, note, numbered, quote};

const IMPORTS: &str = r#"import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

"#;

const SETTING: &str = r#"const setting = (name, what) => {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set: ${what}`);
  process.exit(2);
};
"#;

/// In a browser there is no environment, but somebody to ask.
const SETTING_ONE: &str = r#"const setting = (name, what) => {
  const value = globalThis.process ? process.env[name] : prompt(`${name}: ${what}`);
  if (value) return value;
  throw new Error(`${name} is not set: ${what}`);
};
"#;

const SERVER: &str = r#"const vcenter = setting("VCENTER", "the server, such as https://vc.example.com").replace(/\/+$/, "");
const user = setting("VCENTER_USER", "the user who logs in");
const password = setting("VCENTER_PASSWORD", "the password of that user");
"#;

const CALL: &str = r#"
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
  const answer = await send("log in", "@LOGIN_METHOD", @LOGIN_TARGET, { authorization });
  token = await result("log in", answer);
}

async function logOut() {
  const login = { "@HEADER": token };
  if (token) await send("log out", "@LOGOUT_METHOD", @LOGOUT_TARGET, login).catch(() => {});
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
"#;

const SIGNALS: &str = r#"
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => logOut().finally(() => process.exit(1)));
}
"#;

const DIGEST: &str = r#"
async function digest(algorithm, path) {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
"#;

const UPLOAD: &str = r#"
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
"#;

const ONLY: &str = r#"
function only(list) {
  if (list.length === 0) throw new Error("what was found in the recorded run is not there");
  return list[0];
}
"#;

const JUDGE: &str = r#"
function judge(found) {
  if (!found.has_errors) return;
  const missing = found.missing_files.map((name) => `missing: ${name}`);
  const invalid = found.invalid_files.map(
    (file) => `invalid: ${file.name}: ${file.error_message.default_message}`,
  );
  throw new Error(["the files are not accepted", ...missing, ...invalid].join("\n"));
}
"#;

const SETTLE: &str = r#"
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
"#;

const BEGIN: &str = r#"
try {
"#;

const LOG_IN: &str = r#"  await logIn();
"#;

const END: &str = r#"} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await logOut();
}
"#;

const END_ONE: &str = r#"} finally {
  await logOut();
}
"#;

const ONE_UPLOAD: &str = r#"const link = process.env.UPLOAD_URL;
if (!link) {
  console.error("UPLOAD_URL is not set: the upload link of the file, from the answer of add");
  process.exit(2);
}
const path = join(process.argv[2] ?? ".", @FILE);
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
"#;

pub(super) fn script(plan: &Plan) -> String {
    let needs = if plan.whole || plan.uploads() {
        "It needs Node 20 or newer. NODE_EXTRA_CA_CERTS names an authority of your own."
    } else {
        "It runs in Node 20 or newer, and in the console of a browser that shows a page of that server."
    };
    let usage = "Files are read from the directory that the first argument names, by default the current one.";
    let mut out = head(plan, "//", needs, usage);
    out.push('\n');
    if let [Step::Upload(upload)] = plan.steps.as_slice()
        && upload.file.is_none()
    {
        out.push_str(&imports(ONE_UPLOAD));
        out.push_str(&ONE_UPLOAD.replace("@FILE", &quote(file_name(&upload.name))));
        return out;
    }
    let mut code = if plan.whole { SETTING } else { SETTING_ONE }.to_owned();
    code.push_str(SERVER);
    for name in &plan.secrets {
        code.push_str(&format!(
            "const {name} = setting(\"{name}\", \"it was recorded without its value\");\n"
        ));
    }
    let environment = if plan.whole { "process.env" } else { "globalThis.process?.env" };
    for (name, value) in &plan.found {
        code.push_str(&format!("const {name} = {environment}.{name} || {};\n", quote(value)));
    }
    let envelope = if has_envelope(plan) { ".value" } else { "" };
    let has_digest = plan.files().any(|file| file.algorithm.is_some());
    let parts = [
        (true, CALL),
        (has_digest, DIGEST),
        (plan.uploads(), UPLOAD),
        (plan.then(|then| matches!(then, Then::KeepOnly(_))), ONLY),
        (plan.then(|then| matches!(then, Then::Judge)), JUDGE),
        (plan.settles(), SETTLE),
        (plan.whole, SIGNALS),
        (true, BEGIN),
    ];
    for (_, part) in parts.iter().filter(|(is_needed, _)| *is_needed) {
        code.push_str(&fill(&part.replace("@ENVELOPE", envelope), plan, spell));
    }
    files(plan, &mut code);
    out.push_str(&imports(&code));
    out.push_str(&code);
    out.push_str(LOG_IN);
    out.push_str(&steps(plan));
    out.push_str(if plan.whole { END } else { END_ONE });
    out
}

/// The imports that a text needs.
fn imports(code: &str) -> String {
    let mut out = String::new();
    for line in IMPORTS.lines() {
        let names = line.split(['{', '}']).nth(1).unwrap_or_default().split(',').map(str::trim);
        let used: Vec<_> = names
            .filter(|name| !name.is_empty())
            .filter(|name| {
                [" ", "("].iter().any(|before| code.contains(&format!("{before}{name}(")))
            })
            .collect();
        if let Some((_, from)) = line.split_once('}').filter(|_| !used.is_empty()) {
            out.push_str(&format!("import {{ {} }}{from}\n", used.join(", ")));
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// The files. They are read before the session begins, which does not wait for long.
fn files(plan: &Plan, out: &mut String) {
    for file in plan.files() {
        if file.number == 1 {
            out.push_str("  const directory = process.argv[2] ?? \".\";\n");
        }
        let [path, size, checksum] =
            ["file", "size", "checksum"].map(|name| numbered(name, file.number));
        let name = quote(file_name(&file.name));
        out.push_str(&format!(
            "  const {path} = join(directory, {name});\n  const {size} = (await stat({path})).size;\n"
        ));
        if let Some(algorithm) = &file.algorithm {
            out.push_str(&format!("  const {checksum} = await digest(\"{algorithm}\", {path});\n"));
        }
    }
}

fn steps(plan: &Plan) -> String {
    let mut out = String::new();
    for step in &plan.steps {
        match step {
            Step::Note(text) => out.push_str(&note("  // Left out:", text)),
            Step::Call(call) => write_call(plan, call, &mut out),
            Step::Upload(upload) => write_upload(plan, upload, &mut out),
        }
    }
    out
}

fn write_call(plan: &Plan, call: &Call, out: &mut String) {
    let (before, after) = match &call.then {
        _ if !plan.whole => ("console.log(".to_owned(), ")"),
        Then::Nothing | Then::Await(_) => (String::new(), ""),
        Then::Keep(name) => (format!("const {name} = "), ""),
        Then::KeepOnly(name) => (format!("const {name} = only("), ")"),
        Then::Link(file) => (format!("const {} = ", numbered("added", file.number)), ""),
        Then::Judge => ("judge(".to_owned(), ")"),
    };
    let open = format!("{before}await call(");
    let arguments = [quote(&call.operation)];
    out.push_str(&asked(plan, &open, &arguments, (&call.line, call.file()), after));
    if let Then::Await(line) = &call.then {
        let arguments = ["state", "DONE"].map(quote);
        out.push_str(&asked(plan, "await settle(", &arguments, (line, None), ""));
    }
}

fn write_upload(plan: &Plan, upload: &Upload, out: &mut String) {
    let Some(number) = upload.file else { return };
    let [alive, added, path, size] =
        ["alive", "added", "file", "size"].map(|name| numbered(name, number));
    if let Some(line) = &upload.keep_alive {
        let line = Line { body: None, ..line.clone() };
        let open = format!("const {alive} = keepAlive(");
        out.push_str(&asked(plan, &open, &[], (&line, None), ""));
    }
    out.push_str(&format!("  await upload({added}.upload_endpoint.uri, {path}, {size});\n"));
    if let Some(line) = &upload.look {
        let arguments = ["status", "READY"].map(quote);
        out.push_str(&asked(plan, "await settle(", &arguments, (line, None), ""));
    }
    if upload.keep_alive.is_some() {
        out.push_str(&format!("  clearInterval({alive});\n"));
    }
}

/// A function of ours, called with what is sent for a call.
fn asked(
    plan: &Plan,
    open: &str,
    first: &[String],
    (line, file): (&Line, Option<&File>),
    after: &str,
) -> String {
    let [method, target] = spell(line);
    let mut arguments = first.to_vec();
    arguments.extend([quote(&method), target]);
    arguments.extend(body::<Script>(plan, line, file, 4));
    lay_out([&format!("  {open}"), &format!("){after};\n")], &arguments, [2, 2])
}

fn spell(line: &Line) -> [String; 2] {
    let target = match line.target.as_slice() {
        [] => quote(""),
        [Piece::Text(text)] => quote(text),
        pieces => {
            let piece = |piece: &Piece| match piece {
                Piece::Text(text) => {
                    // The escapes of a quoted text are those of a template as well.
                    let text = quote(text);
                    text[1..text.len() - 1]
                        .replace("\\\"", "\"")
                        .replace('`', "\\`")
                        .replace("${", "\\${")
                }
                Piece::Name(name) => format!("${{{name}}}"),
            };
            format!("`{}`", pieces.iter().map(piece).collect::<String>())
        }
    };
    [line.method.to_string(), target]
}

/// JavaScript's literals, of which JSON's are a part.
struct Script;

impl Tongue for Script {}
