//! The diagram as text, with nothing left out.

use super::PartProps;
use super::element::{El, el, group};
use super::explain_pane::known;
use super::files::cell;
use super::state::status_badge;
use crate::format;
use crate::lab::diagram::{Told, life};
use crate::lab::{Diagram, Edge, Now, Place};
use crate::words::{say, word};

/// The diagram as tables.
pub(super) fn machine_table(props: &PartProps, diagram: &Diagram) -> El {
    let folded = |title: &str, tables: El| {
        el("details.acc-more").child(el("summary").text(title)).child(tables)
    };
    let files = (!diagram.files.is_empty()).then(|| files(diagram));
    let visited = (!props.scene.visited.is_empty()).then(|| visited(props));
    let possible = told(diagram).child(files).child(visited);
    let all = group().child(places(diagram)).child(arrows(diagram));
    // Where there is little room, the calls and the files stand above, and the rest is for those who ask.
    let possible = if props.lab.view.narrow {
        folded("Possible now, files, what happened", possible)
    } else {
        possible
    };
    group().child(state(props, diagram)).child(possible).child(folded("All states and arrows", all))
}

fn table(caption: &str, columns: &[&str], rows: &mut dyn Iterator<Item = El>) -> El {
    let heads = columns.iter().map(|column| el("th").attr("scope", "col").text(column));
    el("table.acc-table.acc-told")
        .child(el("caption").text(caption))
        .child(el("thead").child(el("tr").children(heads)))
        .child(el("tbody").children(rows))
}

/// A row, by its head: a word of the wire.
fn row(head: &str) -> El {
    el("tr").child(el("th.acc-mono").attr("scope", "row").exact().text(head))
}

fn said(column: &str, text: &str) -> El {
    cell(column).text(text)
}

fn state(props: &PartProps, diagram: &Diagram) -> El {
    let session = props.scene.session.as_ref();
    let mut meaning = word(diagram.current.map_or("", Place::meaning));
    if diagram.completing {
        meaning += &word(" It is completing: complete was accepted, and the server still fetches.");
    }
    let left = session.filter(|session| !session.gone);
    let left = left.and_then(|session| session.time_left(props.scene.at));
    let left = left.map_or_else(|| word("no"), |left| say("in {0}", &[&format::countdown(left)]));
    let row = row(&word(life(diagram, session))).child(said("Meaning", &meaning));
    table(
        "State",
        &["State", "Meaning", "Expires"],
        &mut std::iter::once(row.child(said("Expires", &left))),
    )
}

fn told(diagram: &Diagram) -> El {
    let mut rows = diagram.told.iter().map(|told| {
        let Told { because, now, way } = told;
        let kind = if because.is_event() { "event" } else { "call" };
        let rule = match now {
            Now::Refused(_, rule) => cell("Rule")
                .child(el("code.acc-mono").exact().text(rule.id))
                .text(" ")
                .text(known(*rule)),
            _ => cell("Rule"),
        };
        row(because.name())
            .child(said("Kind", kind))
            .child(said("Now", &now.sentence()))
            .child(rule)
            .child(said("Way there", way.as_deref().unwrap_or_default()))
    });
    let columns = ["Name", "Kind", "Now", "Rule", "Way there"];
    group().child(table("What is possible now", &columns, &mut rows))
}

fn files(diagram: &Diagram) -> El {
    let mut rows = diagram.files.iter().map(|file| {
        let percent = file.percent.map_or(String::new(), |percent| format!(", {percent} %"));
        row(&file.name)
            .child(cell("Source").exact().text(file.source.as_str()))
            .child(cell("Status").child(status_badge(&file.status)))
            .child(said("Received", &format!("{}{percent}", file.received)))
            .child(said("Error", file.error.as_deref().unwrap_or_default()).english())
    });
    let columns = ["Name", "Source", "Status", "Received", "Error"];
    table("Files and how far they are", &columns, &mut rows)
}

fn visited(props: &PartProps) -> El {
    let place = |phase: Option<_>, none: Place| phase.map_or(none, Place::of).said();
    let mut rows = props.scene.visited.iter().map(|arrow| {
        row(arrow.because)
            .child(said("From", &place(arrow.from, Place::Before)).exact())
            .child(said("To", &place(arrow.to, Place::Gone)).exact())
    });
    table("What happened so far", &["Because of", "From", "To"], &mut rows)
}

fn places(diagram: &Diagram) -> El {
    let mut rows = Place::ALL.into_iter().map(|place| {
        let mark = if diagram.current == Some(place) {
            "current"
        } else if diagram.visited.contains(&place) {
            "visited"
        } else {
            ""
        };
        row(&place.said()).child(said("Meaning", place.meaning())).child(said("Session", mark))
    });
    table("States", &["State", "Meaning", "Session"], &mut rows)
}

fn arrows(diagram: &Diagram) -> El {
    let mut rows = diagram.edges.iter().map(|drawn| {
        let Edge { from, to, because } = drawn.edge;
        row(drawn.edge.label())
            .child(said("Kind", if because.is_event() { "event" } else { "call" }))
            .child(said("From", &from.said()).exact())
            .child(said("To", &to.said()).exact())
            .child(said("Gone along", if drawn.visited { "yes" } else { "" }))
            .child(said("What it does", because.effect()))
    });
    let columns = ["Name", "Kind", "From", "To", "Gone along", "What it does"];
    table("Arrows", &columns, &mut rows)
}
