//! The report on a package, drawn from its outline: words and tables, in the order in which they
//! come. It does not know what is looked for in a package. All of it is text: labels are looked up, what
//! is told of this package is English.

use serde_json::Value;

use super::element::{El, el, fact, group, heading};
use super::icon::Icon;
use crate::format::visible;

/// The report on a package, with what can be done about it below its verdict.
pub(crate) fn package_report(outline: &Value, actions: El) -> El {
    let mut facts = String::new();
    for fact in list(&outline["facts"]) {
        facts += if facts.is_empty() { "" } else { " · " };
        facts += &words(fact);
    }
    group()
        .child(el("p.acc-name").exact().text(&words(&outline["name"])))
        .child(heading().child(marked(&outline["verdict"], &outline["sentence"])))
        .child(el("p.acc-hint").english().text(&facts))
        .child(actions)
        .children(each(&outline["findings"], finding))
        .children(each(&outline["tables"], table))
}

/// A drawing and words for how grave something is.
fn marked(gravity: &Value, text: &Value) -> El {
    let (class, icon) = match gravity.as_str() {
        Some("fine") => ("acc-fine", Icon::Done),
        Some("blocked" | "blocks") => ("acc-error-text", Icon::Error),
        Some("informs") => ("acc-informs", Icon::Info),
        _ => ("acc-warn-text", Icon::Warning),
    };
    el("span").class(class).text(&words(text)).icon(icon)
}

fn finding(finding: &Value) -> El {
    let severity = &finding["severity"];
    let found = el("span").english().text(&words(&finding["found"]));
    let title = el("h2").child(marked(severity, severity)).text(": ").child(found);
    let lines = el("dl.acc-facts").children(each(&finding["lines"], line));
    el("section.acc-finding").child(title).child(lines)
}

/// A label and its text; people compare places and ids letter by letter.
fn line(line: &Value) -> El {
    let (label, text) = (words(&line[0]), words(&line[1]));
    let description = match label.as_str() {
        "In" | "Known answer" => el("dd.acc-mono").exact(),
        _ => el("dd").english(),
    };
    fact(&label, description.text(&text))
}

fn table(table: &Value) -> El {
    let columns = &table["columns"];
    let head = |scope, text: &Value| el("th").attr("scope", scope).text(&words(text));
    // The rest comes out of the package.
    let is_label = |at: usize| matches!(columns[at].as_str(), Some("Part" | "Manifest" | "Field"));
    let row = |row: &Value| {
        let cells = list(row).iter().enumerate().map(|(at, cell)| {
            let drawn = match at {
                0 => head("row", cell),
                _ => el("td").attr("data-label", &words(&columns[at])).text(&words(cell)),
            };
            if is_label(at) { drawn } else { drawn.exact() }
        });
        el("tr").children(cells)
    };
    let heads = each(columns, |column| head("col", column));
    el("table.acc-table")
        .child(el("caption").text(&words(&table["caption"])))
        .child(el("thead").child(el("tr").children(heads)))
        .child(el("tbody").children(each(&table["rows"], row)))
}

fn each(values: &Value, draw: impl Fn(&Value) -> El) -> impl Iterator<Item = El> {
    list(values).iter().map(draw)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> String {
    visible(value.as_str().unwrap_or_default())
}
