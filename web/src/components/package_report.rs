//! The report on a package, drawn from its outline: words and tables, in the order in which they
//! come. It does not know what is looked for in a package. All of it is text.

use serde_json::Value;
use yew::prelude::*;

use super::element::{element, exact, head, heading, joined, said, written};
use super::icon::{Icon, draw};
use crate::format::visible;

/// The report on a package, with what can be done about it below its verdict.
pub(crate) fn package_report(outline: &Value, actions: Html) -> Html {
    let mut facts = String::new();
    for fact in list(&outline["facts"]) {
        facts += if facts.is_empty() { "" } else { " · " };
        facts += &words(fact);
    }
    joined(vec![
        exact("p", "acc-name", &words(&outline["name"])),
        heading(marked(&outline["verdict"], &outline["sentence"])),
        said("p", "acc-hint", &facts),
        actions,
        each(&outline["findings"], &finding),
        each(&outline["tables"], &table),
    ])
}

/// A drawing and words for how grave something is.
fn marked(gravity: &Value, text: &Value) -> Html {
    let (class, icon) = match gravity.as_str() {
        Some("fine") => ("acc-fine", Icon::Done),
        Some("blocked" | "blocks") => ("acc-error-text", Icon::Error),
        Some("informs") => ("acc-informs", Icon::Info),
        _ => ("acc-warn-text", Icon::Warning),
    };
    element("span", class, joined(vec![draw(icon), written(&words(text))]))
}

fn finding(finding: &Value) -> Html {
    let severity = &finding["severity"];
    let found = written(&format!(": {}", words(&finding["found"])));
    let title = joined(vec![marked(severity, severity), found]);
    let parts =
        vec![element("h2", "", title), element("dl", "acc-facts", each(&finding["lines"], &line))];
    element("section", "acc-finding", joined(parts))
}

/// A label and its text; people compare places and ids letter by letter.
fn line(line: &Value) -> Html {
    let (label, text) = (words(&line[0]), words(&line[1]));
    let text = match label.as_str() {
        "In" | "Known answer" => exact("dd", "acc-mono", &text),
        _ => said("dd", "", &text),
    };
    joined(vec![said("dt", "", &label), text])
}

fn table(table: &Value) -> Html {
    let columns = &table["columns"];
    let row = |row: &Value| {
        let cell = |(at, cell): (usize, &Value)| match at {
            0 => head("row", &words(cell)),
            _ => html! { <td data-label={words(&columns[at])}>{words(cell)}</td> },
        };
        element("tr", "", joined(list(row).iter().enumerate().map(cell).collect()))
    };
    let heads = each(columns, &|column| head("col", &words(column)));
    let parts = vec![
        said("caption", "", &words(&table["caption"])),
        element("thead", "", element("tr", "", heads)),
        element("tbody", "", each(&table["rows"], &row)),
    ];
    element("table", "acc-table", joined(parts))
}

fn each(values: &Value, draw: &dyn Fn(&Value) -> Html) -> Html {
    joined(list(values).iter().map(draw).collect())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> String {
    visible(value.as_str().unwrap_or_default())
}
