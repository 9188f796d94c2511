//! Python with requests.

use serde_json::Value;

use super::plan::{Call, File, Line, Piece, Plan, Step, Then, Upload};
use super::{Tongue, body, file_name, fill, has_envelope, head, lay_out, note, numbered, quote};

const IMPORTS: [&str; 8] =
    ["hashlib", "json", "os", "signal", "sys", "threading", "time", "urllib.parse"];

const SETTING: &str = r#"

def setting(name, what):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: {what}")
    return value


"#;

const SERVER: &str = r#"VCENTER = setting("VCENTER", "the server, such as https://vc.example.com").rstrip("/")
USER = setting("VCENTER_USER", "the user who logs in")
PASSWORD = setting("VCENTER_PASSWORD", "the password of that user")
"#;

const CALL: &str = r#"
login = {}


def send(operation, method, target, **more):
    try:
        return requests.request(method, VCENTER + target, timeout=300, allow_redirects=False, **more)
    except requests.RequestException as error:
        sys.exit(f"{operation}: no answer: {error}")


def result(operation, answer):
    """What an operation answers; a refusal ends the script."""
    if not 200 <= answer.status_code < 300:
        sys.exit(f"{operation}: status {answer.status_code}: {reason(answer)}")
    return answer.json()@ENVELOPE if answer.content else None


def reason(answer):
    try:
        error = answer.json()
        messages = error.get("value", error)["messages"]
        return " ".join(message["default_message"] for message in messages) or answer.text
    except (AttributeError, KeyError, TypeError, ValueError):
        return answer.text


def log_in():
    auth = USER.encode(), PASSWORD.encode()
    answer = send("log in", "@LOGIN_METHOD", @LOGIN_TARGET, auth=auth)
    login["@HEADER"] = result("log in", answer)


def log_out():
    if login:
        try:
            send("log out", "@LOGOUT_METHOD", @LOGOUT_TARGET, headers=login)
        except SystemExit:
            pass  # What went wrong before says more.


def call(operation, method, target, body=None):
    answer = send(operation, method, target, headers=login, json=body)
    if answer.status_code == 401:
        # A long run can outlive its login.
        log_in()
        answer = send(operation, method, target, headers=login, json=body)
    return result(operation, answer)
"#;

const DIRECTORY: &str = r#"FILES = sys.argv[1] if len(sys.argv) > 1 else "."
"#;

const FILE: &str = r#"

def readable(name):
    path = os.path.join(FILES, name)
    if not os.access(path, os.R_OK):
        sys.exit(f"cannot read {path}")
    return path
"#;

const DIGEST: &str = r#"

def digest(algorithm, path):
    made = hashlib.new(algorithm)
    with open(path, "rb") as data:
        for chunk in iter(lambda: data.read(1 << 20), b""):
            made.update(chunk)
    return made.hexdigest()
"#;

const UPLOAD: &str = r#"

def keep_alive(method, target):
    """Keeps the session, and with it the login, alive until what it returns is set."""
    done = threading.Event()

    def beat():
        while not done.wait(60):
            try:
                call("keep alive", method, target, {})
            except SystemExit:
                pass  # The next one may arrive.

    threading.Thread(target=beat, daemon=True).start()
    return done


def upload(link, path):
    print(f"sending {path}")
    headers = {"Content-Type": "application/octet-stream"}
    # The link needs no login; it gets one where it leads to the same server.
    if origin(link) == origin(VCENTER):
        headers.update(login)
    try:
        with open(path, "rb") as data:
            answer = requests.put(link, data=data, headers=headers, timeout=300, allow_redirects=False)
    except requests.RequestException as error:
        sys.exit(f"upload of {path}: no answer: {error}")
    if not 200 <= answer.status_code < 300:
        sys.exit(f"upload of {path}: status {answer.status_code}: {reason(answer)}")


def origin(url):
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
"#;

const ONLY: &str = r#"

def only(found):
    if not found:
        sys.exit("what was found in the recorded run is not there")
    return found[0]
"#;

const JUDGE: &str = r#"

def judge(found):
    if found["has_errors"]:
        missing = [f"missing: {name}" for name in found["missing_files"]]
        invalid = [
            f"invalid: {file['name']}: {file['error_message']['default_message']}"
            for file in found["invalid_files"]
        ]
        sys.exit("\n".join(["the files are not accepted", *missing, *invalid]))
"#;

const SETTLE: &str = r#"

def settle(field, good, method, target, body=None):
    """Asks until it is over, for half an hour at most."""
    for _ in range(900):
        found = call(f"reading the {field}", method, target, body)
        if found[field] not in ("ACTIVE", "WAITING_FOR_TRANSFER", "TRANSFERRING", "VALIDATING"):
            break
        time.sleep(2)
    print(found[field])
    if found[field] != good:
        sys.exit((found.get("error_message") or {}).get("default_message", "no reason is told"))
"#;

const BEGIN: &str = r#"

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
try:
"#;

const LOG_IN: &str = r#"    log_in()
"#;

const END: &str = r#"finally:
    log_out()
"#;

const ONE_UPLOAD: &str = r#"LINK = setting("UPLOAD_URL", "the upload link of the file, from the answer of add")
PATH = os.path.join(sys.argv[1] if len(sys.argv) > 1 else ".", @FILE)
with open(PATH, "rb") as data:
    headers = {"Content-Type": "application/octet-stream"}
    answer = requests.put(LINK, data=data, headers=headers, timeout=300, allow_redirects=False)
if not 200 <= answer.status_code < 300:
    sys.exit(f"upload of {PATH}: status {answer.status_code}: {answer.text}")
"#;

pub(super) fn script(plan: &Plan) -> String {
    let needs = "It needs Python 3.9 or newer, and requests. REQUESTS_CA_BUNDLE names an authority of your own.";
    let usage = "Files are read from the directory that the first argument names, by default the current one.";
    let mut out = "#!/usr/bin/env python3\n".to_owned();
    out.push_str(&head(plan, "#", needs, usage));
    out.push('\n');
    if let [Step::Upload(upload)] = plan.steps.as_slice()
        && upload.file.is_none()
    {
        let code = [SETTING, ONE_UPLOAD].concat();
        out.push_str(&imports(&code));
        out.push_str(SETTING);
        out.push_str(&ONE_UPLOAD.replace("@FILE", &quote(file_name(&upload.name))));
        return out;
    }
    let mut code = [SETTING, SERVER].concat();
    for name in &plan.secrets {
        code.push_str(&format!(
            "{name} = setting(\"{name}\", \"it was recorded without its value\")\n"
        ));
    }
    for (name, value) in &plan.found {
        code.push_str(&format!("{name} = os.environ.get(\"{name}\") or {}\n", quote(value)));
    }
    if plan.uploads() {
        code.push_str(DIRECTORY);
    }
    let envelope = if has_envelope(plan) { "[\"value\"]" } else { "" };
    let parts = [
        (true, CALL),
        (plan.uploads(), FILE),
        (plan.files().any(|file| file.algorithm.is_some()), DIGEST),
        (plan.uploads(), UPLOAD),
        (plan.then(|then| matches!(then, Then::KeepOnly(_))), ONLY),
        (plan.then(|then| matches!(then, Then::Judge)), JUDGE),
        (plan.settles(), SETTLE),
        (true, BEGIN),
    ];
    for (_, part) in parts.iter().filter(|(is_needed, _)| *is_needed) {
        code.push_str(&fill(&part.replace("@ENVELOPE", envelope), plan, spell));
    }
    files(plan, &mut code);
    out.push_str(&imports(&[code.as_str(), if plan.whole { "" } else { "json." }].concat()));
    out.push_str(&code);
    out.push_str(LOG_IN);
    out.push_str(&steps(plan));
    out.push_str(END);
    out
}

/// The imports that a text needs.
fn imports(code: &str) -> String {
    let mut out = String::new();
    for name in IMPORTS.iter().filter(|name| code.contains(&format!("{name}."))) {
        out.push_str(&format!("import {name}\n"));
    }
    out.push_str("\nimport requests\n");
    out
}

/// The files. They are read before the session begins, which does not wait for long.
fn files(plan: &Plan, out: &mut String) {
    for file in plan.files() {
        let [path, size, checksum] =
            ["file", "size", "checksum"].map(|name| numbered(name, file.number));
        out.push_str(&format!("    {path} = readable({})\n", quote(file_name(&file.name))));
        if file.has_size {
            out.push_str(&format!("    {size} = os.stat({path}).st_size\n"));
        }
        if let Some(algorithm) = &file.algorithm {
            out.push_str(&format!("    {checksum} = digest(\"{algorithm}\", {path})\n"));
        }
    }
}

fn steps(plan: &Plan) -> String {
    let mut out = String::new();
    for step in &plan.steps {
        match step {
            Step::Note(text) => out.push_str(&note("    # Left out:", text)),
            Step::Call(call) => write_call(plan, call, &mut out),
            Step::Upload(upload) => write_upload(plan, upload, &mut out),
        }
    }
    out
}

fn write_call(plan: &Plan, call: &Call, out: &mut String) {
    let (before, after) = match &call.then {
        _ if !plan.whole => ("print(json.dumps(".to_owned(), ", indent=2))"),
        Then::Nothing | Then::Await(_) => (String::new(), ""),
        Then::Keep(name) => (format!("{name} = "), ""),
        Then::KeepOnly(name) => (format!("{name} = only("), ")"),
        Then::Link(file) => (format!("{} = ", numbered("added", file.number)), ""),
        Then::Judge => ("judge(".to_owned(), ")"),
    };
    let open = format!("{before}call(");
    let arguments = [quote(&call.operation)];
    out.push_str(&asked(plan, &open, &arguments, (&call.line, call.file()), after));
    if let Then::Await(line) = &call.then {
        let arguments = ["state", "DONE"].map(quote);
        out.push_str(&asked(plan, "settle(", &arguments, (line, None), ""));
    }
}

fn write_upload(plan: &Plan, upload: &Upload, out: &mut String) {
    let Some(number) = upload.file else { return };
    let [added, path] = ["added", "file"].map(|name| numbered(name, number));
    if let Some(line) = &upload.keep_alive {
        let line = Line { body: None, ..line.clone() };
        out.push_str(&asked(plan, "alive = keep_alive(", &[], (&line, None), ""));
    }
    out.push_str(&format!("    upload({added}[\"upload_endpoint\"][\"uri\"], {path})\n"));
    if let Some(line) = &upload.look {
        let arguments = ["status", "READY"].map(quote);
        out.push_str(&asked(plan, "settle(", &arguments, (line, None), ""));
    }
    if upload.keep_alive.is_some() {
        out.push_str("    alive.set()\n");
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
    arguments.extend(body::<Python>(plan, line, file, 8));
    lay_out([&format!("    {open}"), &format!("){after}\n")], &arguments, [4, 4])
}

fn spell(line: &Line) -> [String; 2] {
    let target = match line.target.as_slice() {
        [] => quote(""),
        [Piece::Text(text)] => quote(text),
        pieces => {
            let piece = |piece: &Piece| match piece {
                Piece::Text(text) => {
                    let text = quote(text);
                    text[1..text.len() - 1].replace('{', "{{").replace('}', "}}")
                }
                Piece::Name(name) => format!("{{{name}}}"),
            };
            format!("f\"{}\"", pieces.iter().map(piece).collect::<String>())
        }
    };
    [line.method.to_string(), target]
}

/// Python's literals: those of JSON, but for three words.
struct Python;

impl Tongue for Python {
    const STEP: usize = 4;

    fn plain(value: &Value) -> String {
        match value {
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Null => "None".to_owned(),
            other => other.to_string(),
        }
    }
}
