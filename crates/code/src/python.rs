//! Python with requests.

use serde_json::Value;

use super::plan::{Piece, Then};
use super::{ALL, CALL, DIGEST, FILE, FOUND, JUDGE, LINK, Need, ONLY, RUN, SETTLE, Tongue, quote};

const PARTS: &[(Need, &str)] = &[
    (
        ALL,
        r#"#!/usr/bin/env python3
@HEAD# It needs Python 3.9 or newer, and requests. REQUESTS_CA_BUNDLE names an authority of your own.
"#,
    ),
    (
        RUN | CALL,
        r#"# VCENTER, VCENTER_USER and VCENTER_PASSWORD name the server and who logs in.
"#,
    ),
    (
        FOUND,
        r#"# @NAMES: what was used then, unless the environment says otherwise.
"#,
    ),
    (
        FILE | LINK,
        r#"# Files are read from the directory that the first argument names, by default the current one.
"#,
    ),
    (
        ALL, r#"
"#,
    ),
    (
        DIGEST,
        r#"import hashlib
"#,
    ),
    (
        CALL,
        r#"import json
"#,
    ),
    (
        ALL,
        r#"import os
"#,
    ),
    (
        RUN | CALL,
        r#"import signal
"#,
    ),
    (
        ALL,
        r#"import sys
"#,
    ),
    (
        FILE,
        r#"import threading
"#,
    ),
    (
        SETTLE,
        r#"import time
"#,
    ),
    (
        FILE,
        r#"import urllib.parse
"#,
    ),
    (
        ALL,
        r#"
import requests


def setting(name, what):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: {what}")
    return value


"#,
    ),
    (
        RUN | CALL,
        r#"VCENTER = setting("VCENTER", "the server, such as https://vc.example.com").rstrip("/")
USER = setting("VCENTER_USER", "the user who logs in")
PASSWORD = setting("VCENTER_PASSWORD", "the password of that user")
@SECRETS@FOUND"#,
    ),
    (
        FILE,
        r#"FILES = sys.argv[1] if len(sys.argv) > 1 else "."
"#,
    ),
    (
        RUN | CALL,
        r#"
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
    answer = send("log in", @LOGIN, auth=auth)
    login["@HEADER"] = result("log in", answer)


def log_out():
    if login:
        try:
            send("log out", @LOGOUT, headers=login)
        except SystemExit:
            pass  # What went wrong before says more.


def call(operation, method, target, body=None):
    answer = send(operation, method, target, headers=login, json=body)
    if answer.status_code == 401:
        # A long run can outlive its login.
        log_in()
        answer = send(operation, method, target, headers=login, json=body)
    return result(operation, answer)
"#,
    ),
    (
        FILE,
        r#"

def readable(name):
    path = os.path.join(FILES, name)
    if not os.access(path, os.R_OK):
        sys.exit(f"cannot read {path}")
    return path
"#,
    ),
    (
        DIGEST,
        r#"

def digest(algorithm, path):
    made = hashlib.new(algorithm)
    with open(path, "rb") as data:
        for chunk in iter(lambda: data.read(1 << 20), b""):
            made.update(chunk)
    return made.hexdigest()
"#,
    ),
    (
        FILE,
        r#"

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
"#,
    ),
    (
        ONLY,
        r#"

def only(found):
    if not found:
        sys.exit("what was found in the recorded run is not there")
    return found[0]
"#,
    ),
    (
        JUDGE,
        r#"

def judge(found):
    if found["has_errors"]:
        missing = [f"missing: {name}" for name in found["missing_files"]]
        invalid = [
            f"invalid: {file['name']}: {file['error_message']['default_message']}"
            for file in found["invalid_files"]
        ]
        sys.exit("\n".join(["the files are not accepted", *missing, *invalid]))
"#,
    ),
    (
        SETTLE,
        r#"

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
"#,
    ),
    (
        RUN | CALL,
        r#"

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
try:
@FILES    log_in()
@STEPSfinally:
    log_out()
"#,
    ),
    (
        LINK,
        r#"LINK = setting("UPLOAD_URL", "the upload link of the file, from the answer of add")
PATH = os.path.join(sys.argv[1] if len(sys.argv) > 1 else ".", @NAME)
with open(PATH, "rb") as data:
    headers = {"Content-Type": "application/octet-stream"}
    answer = requests.put(LINK, data=data, headers=headers, timeout=300, allow_redirects=False)
if not 200 <= answer.status_code < 300:
    sys.exit(f"upload of {PATH}: status {answer.status_code}: {answer.text}")
"#,
    ),
];

pub(super) const TONGUE: Tongue = Tongue {
    comment: "#",
    is_shell: false,
    depth: 4,
    step: 4,
    parts: PARTS,
    envelope: "[\"value\"]",
    secret: "@NAME = setting(\"@NAME\", \"it was recorded without its value\")\n",
    found: "@NAME = os.environ.get(\"@NAME\") or @VALUE\n",
    file: [
        "    file@N = readable(@NAME)\n",
        "    size@N = os.stat(file@N).st_size\n",
        "    checksum@N = digest(\"@ALGORITHM\", file@N)\n",
    ],
    call: |then| match then {
        Then::Nothing => "    @CALL\n",
        Then::Print => "    print(json.dumps(@CALL, indent=2))\n",
        Then::Keep(_) => "    @NAME = @CALL\n",
        Then::KeepOnly(_) => "    @NAME = only(@CALL)\n",
        Then::Link(_) => "    added@N = @CALL\n",
        Then::Judge => "    judge(@CALL)\n",
        Then::Await(_) => "    @CALL\n    @SETTLE\n",
    },
    upload: "    alive = @KEEP\n    upload(added@N[\"upload_endpoint\"][\"uri\"], file@N)\n    @SETTLE\n    \
             alive.set()\n",
    functions: ["call", "keep_alive", "settle"],
    text: quote,
    target,
    inner: quote,
    plain: |value| match value {
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    },
    variable: "@NAME",
    hidden: "@NAME",
    size: "size@N",
    checksum: "checksum@N",
};

fn target(pieces: &[Piece]) -> String {
    if let [Piece::Text(text)] = pieces {
        return quote(text);
    }
    let mut target = "f\"".to_owned();
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                let text = quote(text).replace('{', "{{").replace('}', "}}");
                target += &text[1..text.len() - 1];
            }
            Piece::Name(name) => target.extend(["{", name, "}"]),
        }
    }
    target + "\""
}
