//! The shell of POSIX, with curl. A run also needs jq: answers are JSON, and nothing else that is at
//! hand in a shell reads it safely. One call does without.

use super::plan::{Call, File, Line, Piece, Plan, Step, Then, Upload};
use super::{Tongue, body, file_name, fill, has_envelope, head, note, numbered};

const STRICT: &str = r#"set -eu

"#;

const TOOLS: &str = r#"for tool in @TOOLS; do
  command -v "$tool" >/dev/null || {
    echo "$tool is needed: get it with the package manager of your system" >&2
    exit 2
  }
done
"#;

const SERVER: &str = r#": "${VCENTER:?is not set: the server, such as https://vc.example.com}"
: "${VCENTER_USER:?is not set: the user who logs in}"
: "${VCENTER_PASSWORD:?is not set: the password of that user}"
VCENTER=${VCENTER%/}
"#;

const FILE: &str = r#"@PATH=$files/@NAME
[ -r "$@PATH" ] || {
  echo "cannot read $@PATH" >&2
  exit 1
}
"#;

/// Secrets are handed to curl in files that nobody else can read: its arguments can be seen by all.
const LOGIN: &str = r#"
# What curl is told in secret, and what it is answered, is kept here.
umask 077
tmp=$(mktemp -d)
logged_in=
alive=

# Whatever happens, the login ends with the script.
finish() {
  [ -z "$alive" ] || kill "$alive" 2>/dev/null || :
  [ -z "$logged_in" ] || request @LOGOUT_METHOD @LOGOUT_TARGET 2>/dev/null || :
  rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# request METHOD TARGET [OPTION...]: the status is in $status, the answer in $tmp/answer.
request() {
  method=$1 target=$2
  shift 2
  : >"$tmp/answer"
  status=$(curl --fail-with-body --silent --show-error --globoff --connect-timeout 30 --max-time 300 \
    --request "$method" --header "@$tmp/login" --header 'Accept: application/json' \
    --output "$tmp/answer" --write-out '%{http_code}' "$@" "$VCENTER$target") &&
    [ "$status" -lt 300 ]
}

log_in() {
  basic=$(printf '%s:%s' "$VCENTER_USER" "$VCENTER_PASSWORD" | base64 | tr -d '\n')
  printf 'Authorization: Basic %s\n' "$basic" >"$tmp/login"
  request @LOGIN_METHOD @LOGIN_TARGET || refused 'log in'
  token=$(sed -n 's/.*"\([^"]*\)"[^"]*$/\1/p' "$tmp/answer")
  printf '@HEADER: %s\n' "$token" >"$tmp/login"
  logged_in=yes
}
"#;

const REFUSED_ONE: &str = r#"
refused() {
  echo "$1: status $status" >&2
  cat "$tmp/answer" >&2
  exit 1
}
"#;

const REFUSED: &str = r#"
# refused OPERATION: tells why, and ends the script.
refused() {
  echo "$1: status $status" >&2
  jq -r '.. | .default_message? // empty' "$tmp/answer" >&2 2>/dev/null || cat "$tmp/answer" >&2
  exit 1
}
"#;

const CALL: &str = r#"
# call OPERATION METHOD TARGET [-]: with -, the body comes from standard input.
call() {
  operation=$1
  if [ $# -gt 3 ]; then
    cat >"$tmp/body"
    set -- "$2" "$3" --header 'Content-Type: application/json' --data-binary "@$tmp/body"
  else
    set -- "$2" "$3"
  fi
  request "$@" || {
    # A long run can outlive its login.
    [ "$status" = 401 ] || refused "$operation"
    log_in
    request "$@" || refused "$operation"
  }
}
"#;

const VALUE: &str = r#"
# value FILTER: a part of the last answer.
value() {
  jq -er '@ENVELOPE'"$1" "$tmp/answer" || {
    echo "the answer to $operation has no $1" >&2
    return 1
  }
}
"#;

const UPLOAD: &str = r#"
# keep_alive METHOD TARGET: that call keeps the session, and with it the login, alive.
keep_alive() {
  while sleep 60; do
    curl --silent --globoff --max-time 60 --request "$1" --header "@$tmp/login" \
      --header 'Content-Type: application/json' --data '{}' "$VCENTER$2" || :
  done </dev/null >/dev/null 2>&1 &
  alive=$!
}

let_go() {
  kill "$alive"
  wait "$alive" 2>/dev/null || :
  alive=
}

# upload LINK FILE: the link is a key, so it is no argument of curl's.
upload() {
  echo "sending $2"
  printf '%s' "$1" | jq -Rrs '"url = \(@json)"' >"$tmp/link"
  # It needs no login; it gets one where it leads to the same server.
  : >"$tmp/header"
  case $1 in
    "$VCENTER"/* | "$VCENTER":443/*) cp "$tmp/login" "$tmp/header" ;;
  esac
  : >"$tmp/answer"
  status=$(curl --fail-with-body --silent --show-error --globoff --proto =http,https \
    --connect-timeout 30 --speed-limit 1 --speed-time 300 --header "@$tmp/header" \
    --header 'Content-Type: application/octet-stream' --upload-file "$2" \
    --output "$tmp/answer" --write-out '%{http_code}' --config "$tmp/link") &&
    [ "$status" -lt 300 ] || refused "upload of $2"
}
"#;

const JUDGE: &str = r#"
# judge: ends the script if the answer names files that are missing or invalid.
judge() {
  problems=$(value 'if .has_errors then "the files are not accepted",
    (.missing_files[]? | "missing: \(.)"),
    (.invalid_files[]? | "invalid: \(.name): \(.error_message.default_message)") else "" end')
  [ -z "$problems" ] || {
    printf '%s\n' "$problems" >&2
    exit 1
  }
}
"#;

const SETTLE: &str = r#"
# settle FIELD GOOD METHOD TARGET [-]: asks until it is over, for half an hour at most.
settle() {
  field=$1 good=$2
  shift 2
  if [ $# -gt 2 ]; then cat; fi >"$tmp/question"
  tries=900
  while
    call "reading the $field" "$@" <"$tmp/question"
    found=$(value ".$field")
    case $found in
      ACTIVE | WAITING_FOR_TRANSFER | TRANSFERRING | VALIDATING) [ "$tries" -gt 0 ] ;;
      *) false ;;
    esac
  do
    tries=$((tries - 1))
    sleep 2
  done
  echo "$found"
  [ "$found" = "$good" ] || {
    value '.error_message.default_message // "no reason is told"' >&2
    exit 1
  }
}
"#;

const ONE_UPLOAD: &str = r#": "${UPLOAD_URL:?is not set: the upload link of the file, from the answer of add}"
files=${1:-.}

# The link is a key, so it is no argument.
curl --fail-with-body --silent --show-error --globoff --proto =http,https --connect-timeout 30 \
  --speed-limit 1 --speed-time 300 --header 'Content-Type: application/octet-stream' \
  --upload-file "$files"/@FILE --config - <<LINK
url = "$UPLOAD_URL"
LINK
"#;

pub(super) fn script(plan: &Plan) -> String {
    let mut out = "#!/bin/sh\n".to_owned();
    let needs = if plan.whole {
        "It needs curl 7.76 or newer, and jq. CURL_CA_BUNDLE names an authority of your own."
    } else {
        "It needs curl 7.76 or newer. CURL_CA_BUNDLE names an authority of your own."
    };
    let usage = "Files are read from the directory that the first argument names, by default the current one.";
    out.push_str(&head(plan, "#", needs, usage));
    out.push_str(STRICT);
    if let [Step::Upload(upload)] = plan.steps.as_slice()
        && upload.file.is_none()
    {
        out.push_str(&ONE_UPLOAD.replace("@FILE", &word(file_name(&upload.name))));
        return out;
    }
    let jq = (plan.whole || !plan.secrets.is_empty()).then(|| "jq".to_owned());
    let digests = plan.files().filter_map(|file| Some(format!("{}sum", file.algorithm.as_ref()?)));
    let mut tools: Vec<_> = ["curl".to_owned()].into_iter().chain(jq).chain(digests).collect();
    tools.dedup();
    out.push_str(&TOOLS.replace("@TOOLS", &tools.join(" ")));
    out.push_str(SERVER);
    for name in &plan.secrets {
        out.push_str(&format!(
            ": \"${{{name}:?is not set: it was recorded without its value}}\"\n"
        ));
    }
    for (name, value) in &plan.found {
        out.push_str(&format!("{name}=${{{name}:-{}}}\n", word(value)));
    }
    files(plan, &mut out);
    let fixed = |text: &str| fill(text, plan, spell);
    out.push_str(&fixed(LOGIN));
    out.push_str(if plan.whole { REFUSED } else { REFUSED_ONE });
    if plan.whole {
        out.push_str(CALL);
        let envelope = if has_envelope(plan) { ".value | " } else { "" };
        out.push_str(&VALUE.replace("@ENVELOPE", envelope));
    }
    let parts = [
        (plan.uploads(), UPLOAD),
        (plan.then(|then| matches!(then, Then::Judge)), JUDGE),
        (plan.settles(), SETTLE),
    ];
    for (_, part) in parts.iter().filter(|(is_needed, _)| *is_needed) {
        out.push_str(part);
    }
    out.push_str("\nlog_in\n");
    out.push_str(&steps(plan));
    out
}

/// The files. They are read before the session begins, which does not wait for long.
fn files(plan: &Plan, out: &mut String) {
    for file in plan.files() {
        if file.number == 1 {
            out.push_str("files=${1:-.}\n");
        }
        let [path, size, checksum] =
            ["file", "size", "checksum"].map(|name| numbered(name, file.number));
        let name = word(file_name(&file.name));
        out.push_str(&FILE.replace("@PATH", &path).replace("@NAME", &name));
        if file.has_size {
            out.push_str(&format!("{size}=$(wc -c <\"${path}\" | tr -d ' ')\n"));
        }
        if let Some(algorithm) = &file.algorithm {
            out.push_str(&format!("{checksum}=$({algorithm}sum <\"${path}\" | cut -d ' ' -f 1)\n"));
        }
    }
}

fn steps(plan: &Plan) -> String {
    let mut out = String::new();
    for step in &plan.steps {
        match step {
            Step::Note(text) => out.push_str(&note("# Left out:", text)),
            Step::Call(call) => write_call(plan, call, &mut out),
            Step::Upload(upload) => write_upload(plan, upload, &mut out),
        }
    }
    out
}

/// A body that follows as a here-document. It belongs to the command before any `||`.
const JSON: &str = " --header 'Content-Type: application/json' --data-binary @- <<JSON";

fn write_call(plan: &Plan, call: &Call, out: &mut String) {
    let operation = word(&call.operation);
    if !plan.whole {
        let [method, target] = spell(&call.line);
        let (json, here) = match body::<Shell>(plan, &call.line, None, 0) {
            Some(body) => (JSON, format!("{body}\nJSON\n")),
            None => ("", String::new()),
        };
        out.push_str(&format!("request {method} {target}{json} || refused {operation}\n{here}"));
        out.push_str("cat \"$tmp/answer\"\n");
        return;
    }
    out.push_str(&asked(plan, &format!("call {operation}"), &call.line, call.file()));
    match &call.then {
        Then::Nothing => {}
        Then::Keep(name) => out.push_str(&format!("{name}=$(value .)\n")),
        Then::KeepOnly(name) => out.push_str(&format!("{name}=$(value '.[0]')\n")),
        Then::Link(file) => {
            let link = numbered("link", file.number);
            out.push_str(&format!("{link}=$(value .upload_endpoint.uri)\n"));
        }
        Then::Judge => out.push_str("judge\n"),
        Then::Await(line) => out.push_str(&asked(plan, "settle state DONE", line, None)),
    }
}

fn write_upload(plan: &Plan, upload: &Upload, out: &mut String) {
    let Some(number) = upload.file else { return };
    let [link, file] = ["link", "file"].map(|name| numbered(name, number));
    if let Some(line) = &upload.keep_alive {
        out.push_str(&asked(plan, "keep_alive", &Line { body: None, ..line.clone() }, None));
    }
    out.push_str(&format!("upload \"${link}\" \"${file}\"\n"));
    if let Some(line) = &upload.look {
        out.push_str(&asked(plan, "settle status READY", line, None));
    }
    if upload.keep_alive.is_some() {
        out.push_str("let_go\n");
    }
}

/// A function of ours, called with what is sent for a call.
fn asked(plan: &Plan, function: &str, line: &Line, file: Option<&File>) -> String {
    let [method, target] = spell(line);
    let here = match body::<Shell>(plan, line, file, 0) {
        Some(body) => format!(" - <<JSON\n{body}\nJSON"),
        None => String::new(),
    };
    format!("{function} {method} \\\n  {target}{here}\n")
}

fn spell(line: &Line) -> [String; 2] {
    let has_name = line.target.iter().any(|piece| matches!(piece, Piece::Name(_)));
    let target: String = line
        .target
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) if has_name => escaped(text, &['\\', '$', '`', '"']),
            Piece::Text(text) => word(text),
            Piece::Name(name) => format!("${{{name}}}"),
        })
        .collect();
    let target = if has_name { format!("\"{target}\"") } else { target };
    [line.method.to_string(), target]
}

/// A text as one word of the shell.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn escaped(text: &str, special: &[char]) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if special.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Inside a here-document, in which the shell replaces variables.
struct Shell;

impl Tongue for Shell {
    fn text(text: &str) -> String {
        escaped(&super::quote(text), &['\\', '$', '`'])
    }

    fn variable(name: &str) -> String {
        format!("\"${name}\"")
    }

    fn secret(name: &str) -> String {
        format!("$(printf '%s' \"${name}\" | jq -Rs .)")
    }

    fn measured(what: &str, file: &File) -> String {
        let name = numbered(what, file.number);
        if what == "size" { format!("${name}") } else { Self::variable(&name) }
    }
}
