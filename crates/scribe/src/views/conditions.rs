//! Under which conditions calls are made: how fast the simulated server works, what goes wrong there,
//! and files that nobody has.
//!
//! What is arranged is a deed of the run, as `accession-core` writes it, so it can be undone, shared
//! and done again.

use accession_core::operations::{Operation, ROWS, SessionFileAdd};
use serde_json::{Value, json};

use super::{Facts, fields};
use crate::call;
use crate::tree::{El, button, count, el, say, word};

/// The conditions.
pub(crate) fn conditions(facts: &Facts<'_>) -> El {
    if facts.get("faults").is_null() {
        return el("p").text("Conditions are arranged in the simulator. Choose it as the target.");
    }
    el("div.acc-stack")
        .child(el("p.acc-hint").text(
            "All of this is part of the run: it can be undone, and a copy of the run has it.",
        ))
        .child(pace(facts))
        .child(faults(facts))
        .child(made_up(facts))
        .child(fetched(facts))
}

fn section(title: &str) -> El {
    el("section").child(el("h3").text(title))
}

fn primary(word: &str, command: Option<Value>) -> El {
    let button = match command {
        Some(command) => button(word, command),
        None => el("button").attr("type", "button").flag("disabled", true).text(word),
    };
    el("div.acc-buttons").child(button)
}

// -------------------------------------------------------------------------------------------------
// Pace
// -------------------------------------------------------------------------------------------------

fn pace(facts: &Facts<'_>) -> El {
    let now = facts.get("pace");
    let said = if let Some(millis) = now["takes"].as_u64() {
        say("Now: it takes {0} s.", &[(millis / 1000).into()])
    } else if let Some(looks) = now["looks"].as_u64() {
        count(
            looks as usize,
            "Now: it takes until a client has looked {0} time.",
            "Now: it takes until a client has looked {0} times.",
        )
    } else {
        word("Now: it is done at once.")
    };
    let kind = facts.entered("pace", "immediate");
    let amount = facts.entered("pace-amount", "20");
    let number = amount.trim().parse::<u64>().ok();
    let pace = match kind {
        "takes" => {
            number.and_then(|s| s.checked_mul(1000)).map(|millis| json!({ "takes": millis }))
        }
        "looks" => number.map(|looks| json!({ "looks": looks })),
        _ => Some("immediate".into()),
    };
    let grid = el("div.acc-grid").child(fields::choice(
        facts,
        "pace",
        "Checks and fetches",
        &[
            ("immediate", "are done at once"),
            ("takes", "take so many seconds"),
            ("looks", "take so many looks"),
        ],
    ));
    let grid = match kind {
        "takes" => grid.child(fields::text(facts, "pace-amount", "How many seconds", "20")),
        "looks" => grid.child(fields::text(facts, "pace-amount", "How many looks", "20")),
        _ => grid,
    };
    let set = pace.map(|pace| json!(["arrange", { "kind": "pace", "pace": pace }]));
    section("The server's own work")
        .child(el("p.acc-hint").said(said))
        .child(grid)
        .child(primary("Set the pace", set))
}

// -------------------------------------------------------------------------------------------------
// Faults
// -------------------------------------------------------------------------------------------------

/// An effect, what it is called, where it can happen, and the number that it needs.
struct Effect(&'static str, &'static str, On, Option<(&'static str, &'static str)>);

#[derive(Clone, Copy, PartialEq)]
enum On {
    Calls,
    Bytes,
    Both,
}

const EFFECTS: &[Effect] = &[
    Effect("login_ended", "401: the API login has ended", On::Calls, None),
    Effect("error", "The call is refused with an error", On::Calls, None),
    Effect("reset", "The connection ends without an answer", On::Both, None),
    Effect("malformed", "The answer is cut in the middle of its JSON", On::Calls, None),
    Effect("latency", "The answer comes late", On::Both, Some(("millis", "Late by milliseconds"))),
    Effect("pipe_closed", "Pipe closed: the storage takes only a part", On::Bytes, None),
    Effect("storage_full", "The storage is full", On::Bytes, None),
    Effect("wrong_checksum", "Something else arrives", On::Bytes, None),
    Effect(
        "drop",
        "The connection ends after so many bytes",
        On::Both,
        Some(("after", "After bytes")),
    ),
    Effect("maintenance", "The libraries go into maintenance", On::Calls, None),
    Effect("backing_vanished", "The storage behind the libraries is gone", On::Calls, None),
];

const ERRORS: &[&str] = &[
    "SERVICE_UNAVAILABLE",
    "INTERNAL_SERVER_ERROR",
    "RESOURCE_BUSY",
    "RESOURCE_INACCESSIBLE",
    "UNAUTHORIZED",
    "TIMED_OUT",
    "NOT_FOUND",
];

const BEFORE: &str = "How many go well before it";

fn faults(facts: &Facts<'_>) -> El {
    let armed = facts.get("faults").as_array().map(Vec::as_slice).unwrap_or_default();
    let chosen = facts.entered("effect", EFFECTS[0].0);
    let effect = EFFECTS.iter().find(|effect| effect.0 == chosen).unwrap_or(&EFFECTS[0]);
    let Effect(kind, _, on, number) = effect;
    let kinds: Vec<_> = EFFECTS.iter().map(|effect| (effect.0, effect.1)).collect();
    let errors: Vec<_> = ERRORS.iter().map(|name| (*name, *name)).collect();
    let operations: Vec<String> = ROWS.iter().map(|row| row.full_name()).collect();
    let mut places: Vec<(&str, &str)> = Vec::new();
    if *on != On::Calls {
        places.push(("upload", "an upload"));
        places.push(("fetch", "a fetch by the server"));
    }
    if *on != On::Bytes {
        places.push(("any", "any call"));
        places.extend(operations.iter().map(|name| (name.as_str(), name.as_str())));
    }
    let place = facts.entered("on", places[0].0);
    let place = places.iter().map(|(value, _)| *value).find(|value| *value == place);
    let place = place.unwrap_or(places[0].0);
    let mut grid = el("div.acc-grid")
        .child(fields::choice(facts, "effect", "What goes wrong", &kinds))
        .child(fields::choice(facts, "on", "Where", &places));
    let mut what = json!({ "kind": kind });
    let mut wrong = None;
    let mut read = |name: &str, label: &str, least: u64| {
        let entered = facts.entered(name, "").trim();
        let number = entered.parse::<u64>().ok().filter(|number| *number >= least);
        if number.is_none() && !entered.is_empty() {
            let given = [word(label), format!("{entered:?}").into(), least.into()];
            wrong = Some(say("{0}: {1} is no whole number from {2} on.", &given));
        }
        number
    };
    if *kind == "error" {
        grid = grid.child(fields::choice(facts, "error", "Error", &errors));
        what["error_type"] = facts.entered("error", ERRORS[0]).into();
    }
    let mut ready = true;
    if let Some((name, label)) = number {
        grid = grid.child(fields::text(facts, name, label, ""));
        let number = read(name, label, 0);
        ready = number.is_some();
        what[*name] = number.into();
    }
    let (skip, count) = (read("skip", BEFORE, 0), read("count", "How many fail", 1));
    let grid = grid.child(fields::text(facts, "skip", BEFORE, "")).child(fields::text(
        facts,
        "count",
        "How many fail (empty: all from then on)",
        "",
    ));
    let fault = json!({ "on": place, "effect": what, "skip": skip.unwrap_or(0), "count": count });
    let arm = json!(["arrange", { "kind": "arm", "fault": fault }]);
    let list = armed.iter().map(|fault| el("li").said(told(fault)));
    let part = section("Faults");
    let part = if armed.is_empty() {
        part.child(el("p.acc-hint").text("No fault is armed."))
    } else {
        part.child(el("ul").children(list)).child(
            el("div.acc-buttons")
                .child(button("Disarm all", json!(["arrange", { "kind": "disarm" }]))),
        )
    };
    let part = part.child(grid);
    let ready = ready && wrong.is_none();
    let part = match wrong {
        Some(wrong) => part.child(fields::wrong(wrong)),
        None => part,
    };
    part.child(primary("Arm the fault", ready.then_some(arm)))
}

/// An armed fault in words.
fn told(fault: &Value) -> Value {
    let kind = fault["effect"]["kind"].as_str().unwrap_or_default();
    let known = EFFECTS.iter().find(|effect| effect.0 == kind);
    let mut text = word(known.map_or(kind, |effect| effect.1));
    for (name, message) in [
        ("error_type", "{0}, {1}"),
        ("millis", "{0}, {1} ms"),
        ("after", "{0}, {1} B"),
        ("bytes_per_second", "{0}, {1} B/s"),
        ("file", "{0}, {1}"),
    ] {
        let value = &fault["effect"][name];
        if !value.is_null() {
            text = say(message, &[text, value.clone()]);
        }
    }
    text = say("{0}; with {1}", &[text, fault["on"].clone()]);
    if let Some(skip) = fault["skip"].as_u64().filter(|skip| *skip > 0) {
        text = say("{0}, after {1} more", &[text, skip.into()]);
    }
    match fault["count"].as_u64() {
        Some(1) => say("{0}, once", &[text]),
        Some(times) => say("{0}, {1}", &[text, count(times as usize, "{0} time", "{0} times")]),
        None => say("{0}, always", &[text]),
    }
}

// -------------------------------------------------------------------------------------------------
// Files that nobody has
// -------------------------------------------------------------------------------------------------

/// Every number of JavaScript up to here is exact.
const MOST: u64 = 9_007_199_254_740_991;

/// Bytes, in words such as "2.1 GB", "640 KiB" or "1048576".
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" | "bytes" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    // Without numbers of floating point, whose reading would double the code of this module.
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    let scale = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000].get(part.len())?;
    let part = if part.is_empty() { 0 } else { part.parse::<u64>().ok()? };
    let bytes = whole.checked_add(part * factor / scale)?;
    (bytes <= MOST).then_some(bytes)
}

/// The digest of bytes that nobody has; what counts is whether it is the one that was declared.
fn digest(is_right: bool) -> String {
    (if is_right { "a" } else { "0" }).repeat(64)
}

fn made_up(facts: &Facts<'_>) -> El {
    let part = section("A file that is made up");
    if facts.get("session").is_null() {
        let hint = "It is added to an update session. Create one first.";
        return part.child(el("p.acc-hint").text(hint));
    }
    let name = facts.entered("file", "disk-1.vmdk").trim();
    let size = bytes(facts.entered("size", "2.1 GB"));
    let arrived = facts.entered("arrived", "all");
    let sum = facts.entered("sum", "none");
    let needs = facts.entered("needs", "");
    let grid = el("div.acc-grid")
        .child(fields::text(facts, "file", "File name", "disk-1.vmdk"))
        .child(fields::text(facts, "size", "Size", "2.1 GB"))
        .child(fields::choice(
            facts,
            "arrived",
            "Bytes that arrive",
            &[("all", "all"), ("fewer", "one fewer"), ("none", "none yet")],
        ))
        .child(fields::choice(
            facts,
            "sum",
            "Declared checksum",
            &[("none", "none"), ("right", "the right one"), ("wrong", "another one")],
        ))
        .child(fields::text(facts, "needs", "Files that it names (an OVF descriptor)", ""));
    let command = size.filter(|_| !name.is_empty()).map(|size| {
        let names = needs.split([',', ' ']).filter(|name| !name.is_empty());
        let needs: Vec<_> = names.map(|name| json!({ "name": name, "size": null })).collect();
        let contents = (!needs.is_empty()).then(|| json!({ "needs": needs }));
        let checksum = (sum != "none")
            .then(|| json!({ "algorithm": "SHA256", "checksum": digest(sum == "right") }));
        let received = json!({
            "size": if arrived == "fewer" { size.saturating_sub(1) } else { size },
            "digests": {  "SHA256": digest(true) },
            "contents": contents,
        });
        json!(["add", name, size, checksum, received, arrived != "none"])
    });
    let part = part.child(grid);
    let part = match (size, name) {
        (None, _) => {
            part.child(fields::wrong("Write the size like 2.1 GB, 640 KiB or 1048576.".into()))
        }
        (_, "") => part.child(fields::wrong("The file needs a name.".into())),
        _ => part,
    };
    part.child(primary("Add the file", command))
}

fn fetched(facts: &Facts<'_>) -> El {
    let part = section("A file that the server fetches");
    let Some(session) = facts.get("session").as_str() else {
        let hint = "It is added to an update session. Create one first.";
        return part.child(el("p.acc-hint").text(hint));
    };
    let uri = facts.entered("uri", "https://mirror.example/disk-2.vmdk").trim();
    let name = facts.entered("fetched", "disk-2.vmdk").trim();
    let size = bytes(facts.entered("fetched-size", "2.1 GB"));
    let seconds = facts.entered("takes", "60").trim().parse::<u64>().ok();
    let shown = facts.entered("certificate", "trusted");
    let failure = facts.entered("failure", "").trim();
    const THUMBPRINT: &str = "3D:7C:5A:0E:91:B2:44:F6:08:1D:AA:6B:C3:52:E9:70:17:8F:2C:D4";
    let grid = el("div.acc-grid")
        .child(fields::text(facts, "fetched", "File name", "disk-2.vmdk"))
        .child(fields::text(facts, "uri", "From", "https://mirror.example/disk-2.vmdk"))
        .child(fields::text(facts, "fetched-size", "Size", "2.1 GB"))
        .child(fields::text(facts, "takes", "Seconds that the fetch takes", "60"))
        .child(fields::choice(
            facts,
            "certificate",
            "The source's certificate",
            &[
                ("trusted", "is trusted"),
                ("untrusted", "is not trusted"),
                ("pinned", "is not trusted, and its thumbprint is given"),
            ],
        ))
        .child(fields::text(facts, "failure", "The fetch fails because (empty: it does not)", ""));
    let is_good = uri.contains("://") && !name.is_empty();
    let command = size.zip(seconds).filter(|_| is_good).map(|(size, seconds)| {
        let certificate = (shown != "trusted")
            .then(|| json!({ "trusted": false, "thumbprints": [THUMBPRINT], "pem": null }));
        let source = json!({
            "received": { "size": size, "digests": {}, "contents": null },
            "takes": seconds.saturating_mul(1000),
            "certificate": certificate,
            "failure": (!failure.is_empty()).then_some(failure),
        });
        let mut endpoint = json!({ "uri": uri });
        if shown == "pinned" {
            endpoint["ssl_certificate_thumbprint"] = THUMBPRINT.into();
        }
        let file_spec = json!({ "name": name, "source_type": "PULL", "source_endpoint": endpoint });
        let parameters = json!({ "update_session_id": session, "file_spec": file_spec });
        let declare = json!(["arrange", { "kind": "declare", "uri": uri, "source": source }]);
        json!(["all", declare, call::send(SessionFileAdd::ROW, parameters)])
    });
    let part = part.child(grid);
    let part = if command.is_none() {
        let what = "It needs a name, a URI, a size like 2.1 GB, and whole seconds.";
        part.child(fields::wrong(what.into()))
    } else {
        part
    };
    part.child(primary("Add the file that is fetched", command))
}

#[cfg(test)]
mod tests {
    use accession_core::operations::Call;
    use accession_core::reading;
    use accession_core::received::{Algorithm, Received};
    use accession_core::run::Deed;
    use accession_core::simulator::Simulator;

    use super::*;

    fn drawn(entered: Value) -> Value {
        let facts = json!({
            "faults": [], "pace": "immediate", "session": "s:1", "entered": entered,
        });
        conditions(&Facts(&facts)).into()
    }

    /// The commands of a tree, by the words of their buttons.
    fn commands(node: &Value) -> Vec<(String, Value)> {
        let Some([_, attributes, children @ ..]) = node.as_array().map(Vec::as_slice) else {
            return Vec::new();
        };
        let own = attributes["on:click"].clone();
        let word = children.first().and_then(Value::as_str).unwrap_or_default().to_owned();
        let own = (!own.is_null()).then_some((word, own));
        own.into_iter().chain(children.iter().flat_map(commands)).collect()
    }

    fn command(entered: Value, word: &str) -> Option<Value> {
        commands(&drawn(entered)).into_iter().find(|(name, _)| name == word).map(|(_, it)| it)
    }

    fn arranged(command: &Value) {
        assert_eq!(command[0], "arrange");
        let deed: Deed = reading::read(&command[1]).expect("a deed").value;
        let mut simulator = Simulator::new(7);
        assert_eq!(deed.arrange(&mut simulator), Some(Ok(())), "{command}");
    }

    #[test]
    fn every_effect_can_be_armed_as_it_is_offered() {
        for Effect(kind, _, on, number) in EFFECTS {
            let mut entered = json!({ "effect": kind, "count": "2", "skip": "1" });
            if let Some((name, _)) = number {
                assert_eq!(command(entered.clone(), "Arm the fault"), None, "{kind}: no number");
                entered[*name] = "500".into();
            }
            arranged(&command(entered.clone(), "Arm the fault").expect(kind));
            if *on != On::Calls {
                entered["on"] = "fetch".into();
                arranged(&command(entered, "Arm the fault").expect(kind));
            }
        }
        for error in ERRORS {
            let entered = json!({ "effect": "error", "error": error });
            arranged(&command(entered, "Arm the fault").expect(error));
        }
        assert_eq!(command(json!({ "count": "no" }), "Arm the fault"), None);
    }

    #[test]
    fn every_pace_can_be_set() {
        for pace in ["immediate", "takes", "looks"] {
            arranged(&command(json!({ "pace": pace }), "Set the pace").expect(pace));
        }
        let entered = json!({ "pace": "takes", "pace-amount": "soon" });
        assert_eq!(command(entered, "Set the pace"), None);
    }

    #[test]
    fn a_file_that_is_made_up_has_what_was_entered() {
        let entered = json!({
            "file": "box.ovf", "size": "2.1 GB", "arrived": "fewer", "sum": "wrong",
            "needs": "a.vmdk, b.nvram",
        });
        let command = command(entered, "Add the file").expect("all is well");
        assert_eq!(command[2], 2_100_000_000_u64);
        let received: Received = reading::read(&command[4]).expect("what arrived").value;
        assert_eq!(received.size, 2_099_999_999);
        assert_ne!(
            received.digests.get(&Algorithm::Sha256).map(String::as_str),
            command[3]["checksum"].as_str()
        );
        let contents = received.contents.expect("it was looked into");
        let needs: Vec<_> = contents.needs.iter().map(|needed| needed.name.as_str()).collect();
        assert_eq!(needs, ["a.vmdk", "b.nvram"]);
        assert_eq!(super::bytes("640 KiB"), Some(655_360));
        assert_eq!(super::bytes("1.5 GiB"), Some(1_610_612_736));
        for wrong in ["a lot", "", "1.2.3 GB", "99999999 TB", "-1"] {
            assert_eq!(super::bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_file_that_is_fetched_has_its_source_first() {
        let entered = json!({ "certificate": "pinned", "failure": "the mirror is down" });
        let command = command(entered, "Add the file that is fetched").expect("all is well");
        arranged(&command[1]);
        assert_eq!(command[2][0], "send");
        let row = SessionFileAdd::ROW;
        assert_eq!(command[2][1], row.full_name());
        let parameters = command[2][2].as_object().expect("parameters");
        assert!(Call::decode(row, parameters).is_ok(), "{parameters:?}");
        let thumbprint =
            &command[2][2]["file_spec"]["source_endpoint"]["ssl_certificate_thumbprint"];
        assert_eq!(command[1][1]["source"]["certificate"]["thumbprints"][0], *thumbprint);
    }
}
