//! The shell of POSIX, with curl. A run also needs jq: answers are JSON, and nothing else that is at
//! hand in a shell reads it safely. One call does without.
//!
//! Secrets are handed to curl in files that nobody else can read: its arguments can be seen by all.

use super::plan::{Piece, Then};
use super::{ALL, CALL, FILE, FOUND, JUDGE, LINK, Need, RUN, SETTLE, Tongue, quote};

const PARTS: &[(Need, &str)] = &[
    (
        ALL,
        r#"#!/bin/sh
@HEAD"#,
    ),
    (
        RUN,
        r#"# It needs curl 7.76 or newer, and jq. CURL_CA_BUNDLE names an authority of your own.
"#,
    ),
    (
        CALL | LINK,
        r#"# It needs curl 7.76 or newer. CURL_CA_BUNDLE names an authority of your own.
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
        ALL,
        r#"set -eu

"#,
    ),
    (
        RUN | CALL,
        r#"for tool in curl@TOOLS; do
  command -v "$tool" >/dev/null || {
    echo "$tool is needed: get it with the package manager of your system" >&2
    exit 2
  }
done
: "${VCENTER:?is not set: the server, such as https://vc.example.com}"
: "${VCENTER_USER:?is not set: the user who logs in}"
: "${VCENTER_PASSWORD:?is not set: the password of that user}"
VCENTER=${VCENTER%/}
@SECRETS@FOUND"#,
    ),
    (
        FILE,
        r#"files=${1:-.}
@FILES"#,
    ),
    (
        RUN | CALL,
        r#"
# What curl is told in secret, and what it is answered, is kept here.
umask 077
tmp=$(mktemp -d)
logged_in=
alive=

# Whatever happens, the login ends with the script.
finish() {
  [ -z "$alive" ] || kill "$alive" 2>/dev/null || :
  [ -z "$logged_in" ] || request @LOGOUT 2>/dev/null || :
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
  request @LOGIN || refused 'log in'
  token=$(sed -n 's/.*"\([^"]*\)"[^"]*$/\1/p' "$tmp/answer")
  printf '@HEADER: %s\n' "$token" >"$tmp/login"
  logged_in=yes
}
"#,
    ),
    (
        CALL,
        r#"
refused() {
  echo "$1: status $status" >&2
  cat "$tmp/answer" >&2
  exit 1
}
"#,
    ),
    (
        RUN,
        r#"
# refused OPERATION: tells why, and ends the script.
refused() {
  echo "$1: status $status" >&2
  jq -r '.. | .default_message? // empty' "$tmp/answer" >&2 2>/dev/null || cat "$tmp/answer" >&2
  exit 1
}
"#,
    ),
    (
        RUN | CALL,
        r#"
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
"#,
    ),
    (
        RUN,
        r#"
# value FILTER: a part of the last answer.
value() {
  jq -er '@ENVELOPE'"$1" "$tmp/answer" || {
    echo "the answer to $operation has no $1" >&2
    return 1
  }
}
"#,
    ),
    (
        FILE,
        r#"
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
"#,
    ),
    (
        JUDGE,
        r#"
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
"#,
    ),
    (
        SETTLE,
        r#"
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
"#,
    ),
    (
        RUN | CALL,
        r#"
log_in
@STEPS"#,
    ),
    (
        LINK,
        r#": "${UPLOAD_URL:?is not set: the upload link of the file, from the answer of add}"
files=${1:-.}

# The link is a key, so it is no argument.
curl --fail-with-body --silent --show-error --globoff --proto =http,https --connect-timeout 30 \
  --speed-limit 1 --speed-time 300 --header 'Content-Type: application/octet-stream' \
  --upload-file "$files"/@NAME --config - <<LINK
url = "$UPLOAD_URL"
LINK
"#,
    ),
];

pub(super) const TONGUE: Tongue = Tongue {
    comment: "#",
    is_shell: true,
    depth: 0,
    step: 2,
    parts: PARTS,
    envelope: ".value | ",
    secret: ": \"${@NAME:?is not set: it was recorded without its value}\"\n",
    found: "@NAME=${@NAME:-@VALUE}\n",
    file: [
        r#"file@N=$files/@NAME
[ -r "$file@N" ] || {
  echo "cannot read $file@N" >&2
  exit 1
}
"#,
        "size@N=$(wc -c <\"$file@N\" | tr -d ' ')\n",
        "checksum@N=$(@ALGORITHMsum <\"$file@N\" | cut -d ' ' -f 1)\n",
    ],
    call: |then| match then {
        Then::Nothing => "@CALL\n",
        Then::Print => "@CALL\ncat \"$tmp/answer\"\n",
        Then::Keep(_) => "@CALL\n@NAME=$(value .)\n",
        Then::KeepOnly(_) => "@CALL\n@NAME=$(value '.[0]')\n",
        Then::Link(_) => "@CALL\nlink@N=$(value .upload_endpoint.uri)\n",
        Then::Judge => "@CALL\njudge\n",
        Then::Await(_) => "@CALL\n@SETTLE\n",
    },
    upload: "@KEEP\nupload \"$link@N\" \"$file@N\"\n@SETTLE\nlet_go\n",
    functions: ["call", "keep_alive", "settle"],
    text: word,
    target,
    inner: |text| escaped(&quote(text), &['\\', '$', '`']),
    plain: |value| value.to_string(),
    variable: "\"$@NAME\"",
    hidden: "$(printf '%s' \"$@NAME\" | jq -Rs .)",
    size: "$size@N",
    checksum: "\"$checksum@N\"",
};

fn target(pieces: &[Piece]) -> String {
    if let [Piece::Text(text)] = pieces {
        return word(text);
    }
    let mut target = "\"".to_owned();
    for piece in pieces {
        match piece {
            Piece::Text(text) => target += &escaped(text, &['\\', '$', '`', '"']),
            Piece::Name(name) => target.extend(["${", name, "}"]),
        }
    }
    target + "\""
}

/// A text as one word of the shell.
fn word(text: &str) -> String {
    ["'", &text.replace('\'', "'\\''"), "'"].concat()
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
