//! The update session on screen: its header, its calls, its files.

use std::time::Duration;

use accession_core::model::SessionState;
use yew::prelude::*;

use super::PartProps;
use super::add_files::AddFiles;
use super::calls::calls;
use super::files::files;
use super::icon::{Icon, draw};
use super::item_files::item_files;
use super::loading::{failure, loaded};
use super::preview::preview;
use super::state::life_badge;
use crate::app::command::Command;
use crate::format;
use crate::lab::{Action, Lab, Life, Loaded, Pane, SessionView};

/// From here on the countdown warns.
const SOON: Duration = Duration::from_secs(60);

/// The update session on screen.
pub(crate) fn session_pane(props: &PartProps) -> Html {
    let lab = &props.lab;
    match &lab.session {
        None => no_session(props),
        Some(session) => html! {
            <>
                {session_header(props)}
                {ending(props, session)}
                {preview(props, session)}
                <section class="acc-part">
                    <h2>{"Calls"}</h2>
                    {calls(props)}
                </section>
                if matches!(session.item_files, Loaded::Ready(_) | Loaded::Failed(_)) {
                    <section class="acc-part">
                        <h2>{"Item files"}</h2>
                        {item_files(props)}
                    </section>
                }
                <section class="acc-part">
                    <h2>{"Files"}</h2>
                    if session.is_active() || session.life() == Life::Unknown {
                        <AddFiles ..props.clone() />
                        {files(props)}
                    } else {
                        {files(props)}
                        <details class="acc-more">
                            <summary>{"Add files all the same"}</summary>
                            <AddFiles ..props.clone() />
                        </details>
                    }
                </section>
            </>
        },
    }
}

/// What to do before there is a session.
fn no_session(props: &PartProps) -> Html {
    let lab = &props.lab;
    let item = lab.item.clone();
    html! {
        <div class="acc-start">
            <h1>{"No update session yet"}</h1>
            if let Some(item) = item {
                <p>
                    {"An update session changes the files of one item: create it, add files, send \
                      their bytes, complete. "}
                    {"Begin with "}<strong>{lab.item_label(&item)}</strong>{"."}
                </p>
                <p class="acc-buttons">
                    <button type="button" class="acc-primary"
                        onclick={props.on(move || Command::CreateSession(item.clone()))}>
                        {"Create a session"}
                    </button>
                    if !lab.target.is_live() {
                        <button type="button" onclick={
                            let act = props.act.clone();
                            Callback::from(move |_: MouseEvent| {
                                act.emit(Command::UseLive);
                                act.emit(Command::just(Action::Showed(Pane::Guide)));
                            })
                        }>
                            {"Connect to a vCenter"}
                        </button>
                    }
                </p>
                {super::guide_pane::goes_to(props, None)}
            } else if lab.is_connected() {
                <p>{"Choose a library and an item in the guide. A session then changes that item's files."}</p>
                {open_guide(props)}
            } else if lab.target.is_live() {
                <p>{"Sign in to a server in the guide. Until then nothing is sent."}</p>
                {open_guide(props)}
            }
        </div>
    }
}

fn open_guide(props: &PartProps) -> Html {
    html! {
        <p class="acc-only-drawer">
            <button type="button" onclick={props.on(|| Command::just(Action::Showed(Pane::Guide)))}>
                {"Open the guide"}
            </button>
        </p>
    }
}

/// Id, item, state, time.
fn session_header(props: &PartProps) -> Html {
    let lab = &props.lab;
    let Some(session) = &lab.session else { return html! {} };
    let id = session.id.to_string();
    let facts = |model: &accession_core::model::UpdateSessionModel| {
        html! {
            <dl class="acc-facts acc-facts-wide">
                <dt>{"Item"}</dt>
                <dd><strong>{session.item_label().unwrap_or("not named by the server").to_owned()}</strong></dd>
                <dt>{"Expires"}</dt>
                <dd>{expiry(lab, session)}</dd>
                <dt>{"Client progress"}</dt>
                <dd>{model.client_progress.map_or("not told".to_owned(), |share| format!("{share} %"))}</dd>
                <dt>{"API login"}</dt>
                <dd>{login(lab)}</dd>
            </dl>
        }
    };
    html! {
        <div class="acc-session-header">
            <div class="acc-title">
                <h1>{"Update session "}<span class="acc-mono" translate="no">{format::short(&id)}</span></h1>
                {life_badge(&session.life())}
                <button type="button" class="acc-quiet" onclick={props.on(|| Command::Refresh)}>
                    {draw(Icon::Repeat)}{"Reload session"}
                </button>
            </div>
            <p class="acc-id acc-mono" translate="no" data-testid="session-id">{id}</p>
            if !(session.gone && session.model.ready().is_none()) {
                {loaded(lab, &session.model, "", |_| false, facts)}
            }
        </div>
    }
}

fn login(lab: &Lab) -> String {
    match &lab.connection {
        crate::lab::Connection::Open { user: Some(user) } => user.clone(),
        crate::lab::Connection::Open { user: None } => "by token".to_owned(),
        _ => "none".to_owned(),
    }
}

/// The countdown, while there is something to count down to.
fn expiry(lab: &Lab, session: &SessionView) -> Html {
    let Some(left) = session.time_left(lab.now) else { return html! { {"not told"} } };
    if session.gone {
        return html! { {"it is gone"} };
    }
    if !session.is_active() {
        return html! { {format!("forgotten in {}", format::countdown(left))} };
    }
    let soon = left <= SOON;
    html! {
        <span class={classes!("acc-countdown", soon.then_some("acc-warn-text"))} role="timer"
            aria-label="Time to expiration">
            if soon {
                {draw(Icon::Warning)}
            }
            {"in "}<span class="acc-mono">{format::countdown(left)}</span>
            if soon {
                {" unless kept alive"}
            }
        </span>
    }
}

/// What the end of a session means, and where to go from there.
fn ending(props: &PartProps, session: &SessionView) -> Html {
    let text = match session.life() {
        Life::Unknown | Life::State(SessionState::Active | SessionState::Unknown(_)) => {
            return html! {};
        }
        Life::State(SessionState::Done) => {
            "This session is finished. Its changes are visible.".to_owned()
        }
        Life::State(SessionState::Canceled) => {
            "This session is finished. Its changes are discarded.".to_owned()
        }
        Life::State(SessionState::Error) => {
            let model = session.model.ready();
            let message = model.and_then(|model| model.error_message.as_ref());
            let reason = message.map_or("no reason is given", |message| &message.default_message);
            format!("This session is finished. It failed: {reason}")
        }
        Life::Gone => match &session.model {
            Loaded::Failed(error) => return failure(&props.lab.trouble(error)),
            _ => "The server no longer knows this id: the session was deleted, or it expired."
                .to_owned(),
        },
    };
    let item = session.model.ready().and_then(|model| model.library_item_id.clone());
    html! {
        <div class="acc-ending">
            <p>{text}</p>
            if let Some(item) = item {
                <button type="button" onclick={props.on(move || Command::CreateSession(item.clone()))}>
                    {"Start another session"}
                </button>
            }
        </div>
    }
}
