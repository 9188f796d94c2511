//! The way to a session: target, library, item.

use accession_core::dialect::Dialect;
use accession_core::model::{ItemId, LibraryId, SessionId};
use web_sys::Event;
use yew::Html;

use super::PartProps;
use super::call_builder::call_builder;
use super::connection::connection_form;
use super::element::{El, button, el, fact, group, part, submit};
use super::field::{Field, Select, choice, entered, fold_up};
use super::form::{Form, form};
use super::icon::{Icon, draw};
use super::loading::{empty, loaded};
use crate::app::command::Command;
use crate::lab::{Action, Connection, Item, Library, SessionView, Target, Task};

/// The way to a session.
pub(crate) fn guide_pane(props: &PartProps) -> El {
    let tasks = el("div.acc-tasks")
        .attr("role", "group")
        .attr("aria-label", "Task")
        .child(task(props, Task::Session, "Run a session"))
        .child(task(props, Task::Check, "Check a package"));
    let parts = match props.lab.view.task {
        Task::Check => check_part(),
        Task::Session => session_parts(props),
    };
    group().child(tasks).child(parts)
}

fn task(props: &PartProps, task: Task, word: &str) -> El {
    button(word)
        .attr_bool("aria-pressed", props.lab.view.task == task)
        .on_click(props.on(move || Command::just(Action::TaskChosen(task))))
}

/// What a check is.
fn check_part() -> El {
    let what = "A check tells whether a content library will accept a package, and what to mend if \
                not. It looks at the archive, the descriptor, the manifest with its digests, the \
                certificate, disks and images.";
    part("Before an upload").child(el("p").text(what))
}

fn session_parts(props: &PartProps) -> El {
    let lab = &props.lab;
    let parts = group().child(target_part(props));
    if lab.is_connected() {
        let reload = button("Reload libraries")
            .class("acc-quiet acc-small")
            .icon(Icon::Repeat)
            .on_click(props.on(|| Command::LoadLibraries));
        let title = el("div.acc-title").child(el("h2").text("Library and item")).child(reload);
        let content = el("section.acc-part")
            .child(title)
            .child(library_part(props))
            .child(lab.library.is_some().then(|| item_part(props)));
        parts.child(content).child(session_part(props)).child(call_builder(props))
    } else if lab.target.is_replay() {
        parts
    } else if lab.target.is_live() {
        let later = "Libraries, items and sessions follow once you are signed in.";
        parts.child(el("p.acc-hint").text(later))
    } else if lab.connection == Connection::Closed {
        let again = button("Log in again").on_click(props.on(|| Command::UseSimulator));
        parts.child(again).child(call_builder(props))
    } else {
        parts
    }
}

/// Simulated or LIVE.
fn target_part(props: &PartProps) -> El {
    let lab = &props.lab;
    let (live, replay) = (lab.target.is_live(), lab.target.is_replay());
    let simulated = props.on(|| Command::UseSimulator);
    let simulated = choice(props, "target", "simulated", !live, simulated)
        .child(draw(Icon::Simulated))
        .text("Simulated");
    let choices = el("fieldset.acc-choices")
        .child(el("legend.acc-spoken").text("Target"))
        .child(simulated)
        .child(
            choice(props, "target", "live", live && !replay, props.on(|| Command::UseLive))
                .child(draw(Icon::Live))
                .text("LIVE"),
        );
    let detail = match &lab.connection {
        _ if !live => simulator_part(props),
        _ if replay => el("p.acc-hint").text("What is shown was recorded. No call is sent."),
        Connection::Open { user } => login_part(props, user.as_deref()),
        _ => group().child(connection_form(props)),
    };
    part("Target").child(choices).child(detail)
}

/// Who is signed in where.
fn login_part(props: &PartProps, user: Option<&str>) -> El {
    let lab = &props.lab;
    let effect = "Disconnect ends the API login on the server and forgets the token.";
    let facts = el("dl.acc-facts")
        .child(fact("Host", el("dd.acc-mono").exact().text(lab.host())))
        .child(fact("Dialect", el("dd.acc-mono").exact().text(&lab.dialect.to_string())))
        .child(fact("API login", by(user)));
    group()
        .child(facts)
        .child(button("Disconnect").on_click(props.on(|| Command::Disconnect)))
        .child(el("p.acc-hint").text(effect))
}

/// Whose login it is.
pub(super) fn by(user: Option<&str>) -> El {
    let login = el("dd");
    match user {
        Some(user) => login.exact().text(user),
        None => login.text("by token"),
    }
}

fn simulator_part(props: &PartProps) -> El {
    let lab = &props.lab;
    let speak = props.on_event(|event| Command::Speak(dialect_of(&entered(event))));
    let dialect = Select::new(props.id("dialect"), "Dialect", speak).dialects(lab.dialect);
    let start_over =
        button("Start over").icon(Icon::Repeat).on_click(props.on(|| Command::StartOver));
    let what = "A simulator in this page answers; nothing leaves the browser.";
    let seed = el("p.acc-hint")
        .text("Seed ")
        .child(el("code.acc-mono").exact().text(&lab.begin.seed))
        .text(", from ")
        .child(el("code.acc-mono.acc-whole").exact().text("?seed="))
        .text(" in the address or by chance");
    group()
        .child(el("p.acc-hint").text(what))
        .child(el("div.acc-row").child(dialect.draw()).child(start_over))
        .child(seed)
}

impl Select {
    /// The same with each dialect.
    pub(super) fn dialects(self, chosen: Dialect) -> Self {
        Dialect::ALL.into_iter().fold(self, |select, dialect| {
            let word = match dialect {
                Dialect::Api => "/api (current)",
                Dialect::Rest => "/rest (older)",
            };
            select.option(&dialect.to_string(), word, dialect == chosen)
        })
    }
}

/// The dialect that an option stands for.
pub(super) fn dialect_of(text: &str) -> Dialect {
    Dialect::ALL.into_iter().find(|dialect| dialect.to_string() == text).unwrap_or_default()
}

/// A library: one that is there, or a new one.
fn library_part(props: &PartProps) -> El {
    let lab = &props.lab;
    let libraries = loaded(lab, &lab.libraries, |libraries| {
        if libraries.is_empty() {
            return empty("There is no local library yet.");
        }
        let choose = props.on_event(|event| Command::ChooseLibrary(chosen(event, LibraryId::new)));
        let select = Select::new(props.id("library"), "Library", choose).option(
            "",
            "Choose a library",
            lab.library.is_none(),
        );
        let option = |select: Select, library: &Library| {
            let is_chosen = lab.library.as_ref() == Some(&library.id);
            select.named(library.id.as_str(), library.label(), is_chosen)
        };
        libraries.iter().fold(select, option).draw()
    });
    let new = new_thing(
        "New library",
        form("library", props, |form| {
            let (name, datastore) = (form.text("name", ""), form.text("datastore", DATASTORE));
            let create = form.on(|entries, _, event| {
                fold_up(event);
                let name = entries.text("name", "").to_owned();
                let datastore = entries.text("datastore", DATASTORE).to_owned();
                Some(Command::CreateLibrary { name, datastore })
            });
            let id = |name| form.part.id(name);
            el("form")
                .on_submit(create)
                .child(
                    Field::new(id("library-name"), "Library name", name, form.keep("name"))
                        .required()
                        .draw(),
                )
                .child(
                    Field::new(id("datastore"), "Datastore id", datastore, form.keep("datastore"))
                        .mono()
                        .draw(),
                )
                .child(submit("Create library").icon(Icon::Add))
                .child(goes_to(form.part, None))
        }),
    );
    group().child(libraries).child(new)
}

/// Where a new library keeps its files, unless somebody knows better.
const DATASTORE: &str = "datastore-11";

/// Something new, folded up at first.
fn new_thing(title: &str, form: Html) -> El {
    el("details.acc-more").child(el("summary").text(title)).child(form)
}

/// What an event says is chosen; nothing if it is the empty option.
fn chosen<T>(event: &Event, id: fn(String) -> T) -> Option<T> {
    Some(entered(event)).filter(|text| !text.is_empty()).map(id)
}

/// An item: one that is there, or a new one.
fn item_part(props: &PartProps) -> El {
    let lab = &props.lab;
    let items = loaded(lab, &lab.items, |items| {
        if items.is_empty() {
            return empty("This library has no items yet.");
        }
        let choose =
            props.on_event(|event| Command::just(Action::ItemChosen(chosen(event, ItemId::new))));
        let select = Select::new(props.id("item"), "Item", choose).option(
            "",
            "Choose an item",
            lab.item.is_none(),
        );
        let option = |select: Select, item: &Item| {
            let is_chosen = lab.item.as_ref() == Some(&item.id);
            select.named(item.id.as_str(), item.label(), is_chosen)
        };
        let hint = "Files that you add replace those of the same name; the others stay.";
        items.iter().fold(select, option).with_hint(hint)
    });
    let new = new_thing(
        "New item",
        form("item", props, |form| {
            let (name, kind) = (form.text("name", ""), form.text("kind", "iso"));
            let create = form.on(|entries, _, event| {
                fold_up(event);
                let name = entries.text("name", "").to_owned();
                let kind = entries.text("kind", "iso").to_owned();
                Some(Command::CreateItem { name, kind })
            });
            let id = |name| form.part.id(name);
            let kinds = Select::new(id("item-type"), "Item type", form.keep("kind"))
                .named("ovf", "ovf", kind == "ovf")
                .named("iso", "iso", kind == "iso")
                .option("", "other", kind.is_empty());
            el("form")
                .on_submit(create)
                .child(
                    Field::new(id("item-name"), "Item name", name, form.keep("name"))
                        .required()
                        .draw(),
                )
                .child(kinds.draw())
                .child(submit("Create item").icon(Icon::Add))
                .child(goes_to(form.part, None))
        }),
    );
    group().child(items).child(new)
}

/// A session: a new one, or any whose id is known.
fn session_part(props: &PartProps) -> El {
    let lab = &props.lab;
    let part = part("Update session");
    let part = match lab.item.clone() {
        Some(item) => {
            let label = lab.item_label(&item);
            let has_one = lab.session.as_ref().is_some_and(SessionView::is_active);
            let create = button("Create update session")
                .class(if has_one { "" } else { "acc-primary" })
                .icon(Icon::Add)
                .on_click(props.on(move || Command::CreateSession(item.clone())));
            part.child(create).child(goes_to(props, Some(&label)))
        }
        None => {
            let first = "Choose an item, and create a session that changes its files.";
            part.child(el("p.acc-hint").text(first))
        }
    };
    part.child(form("session", props, open_form))
}

fn open_form(form: &Form<'_>) -> El {
    let open = form.on(|entries, _, _| {
        Some(Command::OpenSession(SessionId::new(entries.text("id", "").trim())))
    });
    let id = form.part.id("session-id");
    let id = Field::new(id, "Update session id", form.text("id", ""), form.keep("id"))
        .hint("Any id, also one that another client created.");
    el("form")
        .on_submit(open)
        .child(id.mono().required().draw())
        .child(submit("Open update session"))
}

/// Where a changing call goes: host and item, always beside its button.
pub(super) fn goes_to(props: &PartProps, item: Option<&str>) -> El {
    let (live, word) = match props.lab.target {
        Target::Simulated => (false, "Simulated · "),
        Target::Live { .. } => (true, "LIVE · "),
        Target::Replay { .. } => (false, "Not sent · "),
    };
    let item = item.map(|item| group().text(" · item ").child(el("strong").exact().text(item)));
    el("p.acc-goes")
        .attr_bool("data-live", live)
        .text(word)
        .child(el("span.acc-mono").exact().text(props.lab.host()))
        .child(item)
}
