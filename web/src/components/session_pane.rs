//! The update session on screen: its header, its calls, its files.

use std::time::Duration;

use accession_core::model::{SessionState, UpdateSessionModel};
use yew::Callback;

use super::PartProps;
use super::add_files::add_files;
use super::calls::calls;
use super::element::{El, button, el, fact, group, heading, named_or, part};
use super::files::{files, is_open};
use super::guide_pane::by;
use super::icon::Icon;
use super::item_files::item_files;
use super::loading::{failure, loaded};
use super::pictures::pictures;
use super::preview::preview;
use super::state::life_badge;
use super::timeline::{opened, past, timeline};
use crate::app::command::Command;
use crate::format;
use crate::lab::{Action, Connection, Lab, Life, Loaded, Pane, SessionView};
use crate::words::{say, word};

/// From here on the countdown warns.
const SOON: Duration = Duration::from_secs(60);

/// The update session on screen.
pub(crate) fn session_pane(props: &PartProps) -> El {
    let Some(session) = &props.lab.session else {
        return group()
            .child(opened(props))
            .child(no_session(props))
            .child(past(props))
            .child(pictures(props))
            .child(timeline(props));
    };
    let item_files = matches!(session.item_files, Loaded::Ready(_) | Loaded::Failed(_))
        .then(|| part("Item files").child(item_files(props, session)));
    let can_call = !props.lab.target.is_replay();
    let look = el("div.acc-parts").key("look").child(pictures(props)).child(timeline(props));
    let act = el("div.acc-parts")
        .key("act")
        .child(preview(props, session))
        .child(can_call.then(|| part("Calls").child(calls(props, session))))
        .child(item_files)
        .child(files_part(props, session));
    // Where there is little room, what can be done comes first. Keys keep what is entered.
    let parts = if props.lab.view.narrow { [act, look] } else { [look, act] };
    group()
        .child(opened(props))
        .child(session_header(props, session))
        .child(ending(props, session))
        .child(past(props))
        .children(parts)
}

fn files_part(props: &PartProps, session: &SessionView) -> El {
    let files = files(props, session);
    if is_open(props, session) {
        part("Files").child(add_files(props)).child(files)
    } else if props.lab.target.is_replay() {
        part("Files").child(files)
    } else {
        let more = el("details.acc-more")
            .child(el("summary").text("Add files all the same"))
            .child(add_files(props));
        part("Files").child(files).child(more)
    }
}

/// What to do before there is a session.
fn no_session(props: &PartProps) -> El {
    let lab = &props.lab;
    let start = el("div.acc-start").child(el("h1").text("No update session yet"));
    if let Some(item) = lab.item.clone() {
        let label = lab.item_label(&item);
        let create = props.on(move || Command::CreateSession(item.clone()));
        let live = props.act.clone();
        let connect = Callback::from(move |_| {
            live.emit(Command::UseLive);
            live.emit(Command::just(Action::Showed(Pane::Guide)));
        });
        let what = "An update session changes the files of one item: create it, add files, send \
                    their bytes, complete. Begin with ";
        let others = (!lab.target.is_live()).then(|| {
            group()
                .child(
                    button("Open a scenario")
                        .on_click(props.on(|| Command::Open("scenarios".to_owned()))),
                )
                .child(button("Connect to a vCenter").on_click(connect))
        });
        start
            .child(el("p").text(what).child(el("strong").exact().text(&label)).text("."))
            .child(
                el("p.acc-buttons")
                    .child(button("Create a session").class("acc-primary").on_click(create))
                    .child(others),
            )
            .child(super::guide_pane::goes_to(props, None))
    } else if lab.is_connected() {
        let what =
            "Choose a library and an item in the guide. A session then changes that item's files.";
        start.child(el("p").text(what)).child(open_guide(props))
    } else if lab.target.is_live() {
        let what = "Sign in to a server in the guide. Until then nothing is sent.";
        start.child(el("p").text(what)).child(open_guide(props))
    } else {
        start
    }
}

fn open_guide(props: &PartProps) -> El {
    let open = props.on(|| Command::just(Action::Showed(Pane::Guide)));
    el("p.acc-only-drawer").child(button("Open the guide").on_click(open))
}

/// Id, item, state, time.
fn session_header(props: &PartProps, session: &SessionView) -> El {
    let lab = &props.lab;
    let id = session.id.to_string();
    let expires = if session.is_active() || session.gone { "Expires" } else { "Forgotten" };
    let facts = |model: &UpdateSessionModel| {
        let item = named_or(session.item_label(), "not named by the server");
        let progress =
            model.client_progress.map_or_else(|| word("not told"), |share| format!("{share} %"));
        el("dl.acc-facts.acc-facts-wide")
            .child(fact("Item", el("dd").child(item)))
            .child(fact(expires, el("dd").child(expiry(lab, session))))
            .child(fact("Client progress", el("dd").text(&progress)))
            .child(fact("API login", login(lab)))
    };
    let reload = (!lab.target.is_replay()).then(|| {
        button("Reload session")
            .class("acc-quiet")
            .icon(Icon::Repeat)
            .on_click(props.on(|| Command::Refresh))
    });
    let short = el("span.acc-mono").exact().text(&format::short(&id));
    let title = el("div.acc-title")
        .child(heading().text("Update session ").child(short))
        .child(life_badge(&session.life()))
        .child(reload);
    let is_told = !session.gone || session.model.ready().is_some();
    el("div.acc-session-header")
        .child(title)
        .child(el("p.acc-id.acc-mono").exact().attr("data-testid", "session-id").text(&id))
        .child(is_told.then(|| loaded(lab, &session.model, facts)))
}

fn login(lab: &Lab) -> El {
    match &lab.connection {
        Connection::Open { user } => by(user.as_deref()),
        _ => el("dd").text("none"),
    }
}

/// The countdown, while there is something to count down to.
fn expiry(lab: &Lab, session: &SessionView) -> El {
    let Some(left) = session.time_left(lab.now) else { return group().text("not told") };
    if session.gone {
        return group().text("it is gone");
    }
    let left_text = format::countdown(left);
    if !session.is_active() {
        return group().text(&say("in {0}", &[&left_text]));
    }
    let soon = left <= SOON;
    let countdown = el("span")
        .class(if soon { "acc-countdown acc-warn-text" } else { "acc-countdown" })
        .attr("role", "timer")
        .attr("aria-label", "Time to expiration")
        .text("in ")
        .child(el("span.acc-mono").text(&left_text));
    if soon { countdown.text(" unless kept alive").icon(Icon::Warning) } else { countdown }
}

/// What the end of a session means, and where to go from there.
fn ending(props: &PartProps, session: &SessionView) -> El {
    let ended = el("p");
    let ended = match session.life() {
        Life::Unknown | Life::State(SessionState::Active | SessionState::Unknown(_)) => {
            return group();
        }
        Life::State(SessionState::Done) => {
            ended.text("This session is finished. Its changes are visible.")
        }
        Life::State(SessionState::Canceled) => {
            ended.text("This session is finished. Its changes are discarded.")
        }
        Life::State(SessionState::Error) => {
            let model = session.model.ready();
            let message = model.and_then(|model| model.error_message.as_ref());
            match message {
                None => ended.text("This session is finished. It failed: no reason is given"),
                Some(message) => ended
                    .text("This session is finished. It failed: ")
                    .child(el("span").english().text(&message.default_message)),
            }
        }
        Life::Gone => match &session.model {
            Loaded::Failed(error) => failure(&props.lab.trouble("get", error)),
            _ => ended.text(
                "The server no longer knows this id: the session was deleted, or it expired.",
            ),
        },
    };
    let item = session.model.ready().and_then(|model| model.library_item_id.clone());
    let item = item.or_else(|| props.lab.item.clone()).filter(|_| !props.lab.target.is_replay());
    let another = item.map(|item| {
        let create = props.on(move || Command::CreateSession(item.clone()));
        button("Start another session").class("acc-primary").on_click(create)
    });
    el("div.acc-ending").child(ended).child(another)
}
