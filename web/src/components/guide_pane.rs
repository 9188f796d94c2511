//! The way to a session: target, library, item.

use accession_core::dialect::Dialect;
use accession_core::model::{ItemId, LibraryId, SessionId};
use yew::prelude::*;

use super::PartProps;
use super::call_builder::call_builder;
use super::connection::ConnectionForm;
use super::element::{element, joined, said};
use super::field::{Field, fold_up, selected, setter};
use super::icon::{Icon, draw};
use super::loading::loaded;
use crate::app::command::Command;
use crate::lab::{Action, Connection, Item, Library, Target, Task};

/// The way to a session.
pub(crate) fn guide_pane(props: &PartProps) -> Html {
    let lab = &props.lab;
    html! {
        <>
            <div class="acc-tasks" role="group" aria-label="Task">
                {task(props, Task::Session, "Run a session")}
                {task(props, Task::Check, "Check a package")}
            </div>
            if lab.view.task == Task::Check {
                {check_part()}
            } else {
                {session_parts(props)}
            }
        </>
    }
}

fn task(props: &PartProps, task: Task, word: &'static str) -> Html {
    let chosen = props.lab.view.task == task;
    html! {
        <button type="button" aria-pressed={chosen.to_string()}
            onclick={props.on(move || Command::just(Action::TaskChosen(task)))}>
            {word}
        </button>
    }
}

/// What a check is.
fn check_part() -> Html {
    let what = "A check tells whether a content library will accept a package, and what to mend if \
                not. It looks at the archive, the descriptor, the manifest with its digests, the \
                certificate, disks and images.";
    let parts = vec![said("h2", "", "Before an upload"), said("p", "", what)];
    element("section", "acc-part", joined(parts))
}

fn session_parts(props: &PartProps) -> Html {
    let lab = &props.lab;
    html! {
        <>
            {target_part(props)}
            if lab.is_connected() {
                <section class="acc-part">
                    <div class="acc-title">
                        <h2>{"Library and item"}</h2>
                        <button type="button" class="acc-quiet acc-small"
                            onclick={props.on(|| Command::LoadLibraries)}>
                            {draw(Icon::Repeat)}{"Reload libraries"}
                        </button>
                    </div>
                    <LibraryPart ..props.clone() />
                    if lab.library.is_some() {
                        <ItemPart ..props.clone() />
                    }
                </section>
                <SessionPart ..props.clone() />
                {call_builder(props)}
            } else if lab.target.is_live() {
                <p class="acc-hint">{"Libraries, items and sessions follow once you are signed in."}</p>
            } else if lab.connection == Connection::Closed {
                <button type="button" onclick={props.on(|| Command::UseSimulator)}>{"Log in again"}</button>
                {call_builder(props)}
            }
        </>
    }
}

/// Simulated or LIVE.
fn target_part(props: &PartProps) -> Html {
    let lab = &props.lab;
    let choice = |live: bool, word: &'static str| {
        let id = props.id(if live { "target-live" } else { "target-simulated" });
        let icon = if live { Icon::Live } else { Icon::Simulated };
        let chosen = lab.target.is_live() == live;
        let onchange =
            props.on(move || if live { Command::UseLive } else { Command::UseSimulator });
        html! {
            <label for={id.clone()} class="acc-choice">
                <input type="radio" {id} name={props.id("target")} checked={chosen} {onchange} />
                {draw(icon)}{word}
            </label>
        }
    };
    html! {
        <section class="acc-part">
            <h2>{"Target"}</h2>
            <fieldset class="acc-choices">
                <legend class="acc-spoken">{"Target"}</legend>
                {choice(false, "Simulated")}
                {choice(true, "LIVE")}
            </fieldset>
            if !lab.target.is_live() {
                {simulator_part(props)}
            } else if let Connection::Open { user } = &lab.connection {
                <dl class="acc-facts">
                    <dt>{"Host"}</dt><dd class="acc-mono" translate="no">{lab.host()}</dd>
                    <dt>{"Dialect"}</dt><dd class="acc-mono">{lab.dialect.to_string()}</dd>
                    <dt>{"API login"}</dt><dd>{user.as_deref().unwrap_or("by token")}</dd>
                </dl>
                <button type="button" onclick={props.on(|| Command::Disconnect)}>{"Disconnect"}</button>
                <p class="acc-hint">{"Disconnect ends the API login on the server and forgets the token."}</p>
            } else {
                <ConnectionForm ..props.clone() />
            }
        </section>
    }
}

fn simulator_part(props: &PartProps) -> Html {
    let lab = &props.lab;
    let dialect_id = props.id("dialect");
    let on_dialect = {
        let act = props.act.clone();
        Callback::from(move |event: Event| act.emit(Command::Speak(dialect_of(&selected(&event)))))
    };
    html! {
        <>
            <p class="acc-hint">{"A simulator in this page answers; nothing leaves the browser."}</p>
            <div class="acc-row">
                <div class="acc-field">
                    <label for={dialect_id.clone()}>{"Dialect"}</label>
                    <select id={dialect_id} onchange={on_dialect}>{dialects(lab.dialect)}</select>
                </div>
                <button type="button" onclick={props.on(|| Command::StartOver)}>
                    {draw(Icon::Repeat)}{"Start over"}
                </button>
            </div>
            <p class="acc-hint">
                {"Seed "}<code class="acc-mono">{lab.seed}</code>{", from "}
                <code class="acc-mono acc-whole">{"?seed="}</code>{" in the address or by chance"}
            </p>
        </>
    }
}

/// The options of a dialect chooser.
pub(super) fn dialects(chosen: Dialect) -> Html {
    html! {
        for dialect in Dialect::ALL {
            <option value={dialect.to_string()} selected={dialect == chosen}>
                { match dialect {
                    Dialect::Api => "/api (current)",
                    Dialect::Rest => "/rest (older)",
                } }
            </option>
        }
    }
}

/// The dialect that an option stands for.
pub(super) fn dialect_of(text: &str) -> Dialect {
    Dialect::ALL.into_iter().find(|dialect| dialect.to_string() == text).unwrap_or_default()
}

/// A library: one that is there, or a new one.
#[component]
fn LibraryPart(props: &PartProps) -> Html {
    let lab = &props.lab;
    let (name, datastore) = (use_state(String::new), use_state(|| "datastore-11".to_owned()));
    let id = props.id("library");
    let onchange = {
        let act = props.act.clone();
        Callback::from(move |event: Event| {
            let text = selected(&event);
            let library = (!text.is_empty()).then(|| LibraryId::new(text));
            act.emit(Command::ChooseLibrary(library));
        })
    };
    let onsubmit = {
        let (act, name, datastore) = (props.act.clone(), name.clone(), datastore.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            act.emit(Command::CreateLibrary {
                name: (*name).clone(),
                datastore: (*datastore).clone(),
            });
            fold_up(&event);
        })
    };
    let options = |libraries: &Vec<Library>| {
        html! {
            <div class="acc-field">
                <label for={id.clone()}>{"Library"}</label>
                <select id={id.clone()} onchange={onchange.clone()}>
                    <option value="" selected={lab.library.is_none()}>{"Choose a library"}</option>
                    { for libraries.iter().map(|library| html! {
                        <option key={library.id.as_str()} value={library.id.as_str().to_owned()}
                            selected={lab.library.as_ref() == Some(&library.id)}>
                            {library.label()}
                        </option>
                    }) }
                </select>
            </div>
        }
    };
    let empty = "There is no local library yet.";
    html! {
        <>
            {loaded(lab, &lab.libraries, empty, Vec::is_empty, options)}
            <details class="acc-more">
                <summary>{"New library"}</summary>
                <form {onsubmit}>
                    {Field::new(props.id("library-name"), "Library name", &name, setter(&name)).required().draw()}
                    {Field::new(props.id("datastore"), "Datastore id", &datastore, setter(&datastore)).mono().draw()}
                    <button type="submit">{draw(Icon::Add)}{"Create library"}</button>
                    {goes_to(props, None)}
                </form>
            </details>
        </>
    }
}

/// An item: one that is there, or a new one.
#[component]
fn ItemPart(props: &PartProps) -> Html {
    let lab = &props.lab;
    let (name, kind) = (use_state(String::new), use_state(|| "iso".to_owned()));
    let (id, kind_id) = (props.id("item"), props.id("item-type"));
    let onchange = {
        let act = props.act.clone();
        Callback::from(move |event: Event| {
            let text = selected(&event);
            let item = (!text.is_empty()).then(|| ItemId::new(text));
            act.emit(Command::just(Action::ItemChosen(item)));
        })
    };
    let onsubmit = {
        let (act, name, kind) = (props.act.clone(), name.clone(), kind.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            act.emit(Command::CreateItem { name: (*name).clone(), kind: (*kind).clone() });
            fold_up(&event);
        })
    };
    let on_kind = {
        let kind = kind.clone();
        Callback::from(move |event: Event| kind.set(selected(&event)))
    };
    let options = |items: &Vec<Item>| {
        html! {
            <div class="acc-field">
                <label for={id.clone()}>{"Item"}</label>
                <select id={id.clone()} onchange={onchange.clone()}
                    aria-describedby={props.id("item-hint")}>
                    <option value="" selected={lab.item.is_none()}>{"Choose an item"}</option>
                    { for items.iter().map(|item| html! {
                        <option key={item.id.as_str()} value={item.id.as_str().to_owned()}
                            selected={lab.item.as_ref() == Some(&item.id)}>
                            {item.label()}
                        </option>
                    }) }
                </select>
                <p class="acc-hint" id={props.id("item-hint")}>
                    {"Files that you add replace those of the same name; the others stay."}
                </p>
            </div>
        }
    };
    let kinds = [("ovf", "ovf"), ("iso", "iso"), ("", "other")];
    html! {
        <>
            {loaded(lab, &lab.items, "This library has no items yet.", Vec::is_empty, options)}
            <details class="acc-more">
                <summary>{"New item"}</summary>
                <form {onsubmit}>
                    {Field::new(props.id("item-name"), "Item name", &name, setter(&name)).required().draw()}
                    <div class="acc-field">
                        <label for={kind_id.clone()}>{"Item type"}</label>
                        <select id={kind_id} onchange={on_kind}>
                            { for kinds.map(|(value, word)| html! {
                                <option {value} selected={*kind == value}>{word}</option>
                            }) }
                        </select>
                    </div>
                    <button type="submit">{draw(Icon::Add)}{"Create item"}</button>
                    {goes_to(props, None)}
                </form>
            </details>
        </>
    }
}

/// A session: a new one, or any whose id is known.
#[component]
fn SessionPart(props: &PartProps) -> Html {
    let lab = &props.lab;
    let id = use_state(String::new);
    let onsubmit = {
        let (act, id) = (props.act.clone(), id.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            act.emit(Command::OpenSession(SessionId::new(id.trim())));
        })
    };
    html! {
        <section class="acc-part">
            <h2>{"Update session"}</h2>
            if let Some(item) = &lab.item {
                <button type="button" class="acc-primary" onclick={
                    let item = item.clone();
                    props.on(move || Command::CreateSession(item.clone()))
                }>
                    {draw(Icon::Add)}{"Create update session"}
                </button>
                {goes_to(props, Some(&lab.item_label(item)))}
            } else {
                <p class="acc-hint">{"Choose an item, and create a session that changes its files."}</p>
            }
            <form {onsubmit}>
                {Field {
                    hint: Some("Any id, also one that another client created."),
                    ..Field::new(props.id("session-id"), "Update session id", &id, setter(&id))
                }.mono().required().draw()}
                <button type="submit">{"Open update session"}</button>
            </form>
        </section>
    }
}

/// Where a changing call goes: host and item, always beside its button.
pub(super) fn goes_to(props: &PartProps, item: Option<&str>) -> Html {
    let live = matches!(props.lab.target, Target::Live { .. });
    let word = if live { "LIVE" } else { "Simulated" };
    html! {
        <p class="acc-goes" data-live={live.to_string()}>
            {word}{" · "}<span class="acc-mono" translate="no">{props.lab.host()}</span>
            if let Some(item) = item {
                {" · item "}<strong>{item.to_owned()}</strong>
            }
        </p>
    }
}
