//! The timeline of a run: what happened, the way back and forth, the branches, and the clock.

use std::time::Duration;

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent};
use yew::Callback;

use super::PartProps;
use super::element::{El, button, el, group};
use super::field::{entered, target};
use super::icon::{Icon, draw};
use super::loading::lines;
use super::package_pane::leaves;
use crate::app::command::Command;
use crate::format;
use crate::lab::{Action, Branch, Clock, Kind, Lab, Leap, Mark, Timeline, Travel};
use crate::words::{say, word};

/// So many marks are drawn around the one that is shown; the slider reaches all.
const DRAWN: usize = 40;

/// How far the clock leaps by its button.
const STEP: Duration = Duration::from_secs(60);

/// The timeline, and below it the clock.
pub(crate) fn timeline(props: &PartProps) -> El {
    let timeline = Timeline::of(&props.lab);
    let simulated = !props.lab.target.is_live();
    el("section.acc-part.acc-time")
        .attr("aria-label", "Timeline")
        .on("keydown", on_key(props, &timeline))
        .child(slider(props, &timeline))
        .child((!props.lab.view.narrow).then(|| marks(props, &timeline)))
        .child(simulated.then(|| el("div.acc-steer").child(clock(props, &timeline))))
        .child(simulated.then(|| branches(props, &props.lab)).flatten())
        .child((!simulated).then(|| fork(props)).flatten())
        .child(button("Save, share, open").on_click(props.on(|| Command::Open("run".to_owned()))))
}

/// While something in the timeline has the focus, single keys do what its buttons do.
fn on_key(props: &PartProps, timeline: &Timeline) -> Callback<Event> {
    let act = props.act.clone();
    let place = timeline.shown;
    let before = place.and_then(|place| timeline.entry(place.checked_sub(1)?));
    let after = timeline.entry(place.map_or(0, |place| place + 1));
    let here = props.lab.selected;
    let simulated = !props.lab.target.is_live();
    let forks = !simulated && can_fork(props);
    let (keys, play) = (props.lab.view.keys, props.lab.clock.other_rate());
    Callback::from(move |event: Event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>().filter(|_| keys) else { return };
        if key.ctrl_key() || key.meta_key() || key.alt_key() {
            return;
        }
        let select =
            |entry: Option<u64>| entry.map(|entry| Command::just(Action::Selected(Some(entry))));
        let command = match key.key().as_str() {
            "[" => select(before),
            "]" => select(after),
            "f" if forks => Some(Command::Pass("fork".to_owned())),
            "f" if simulated => here.map(|entry| Command::Travel(Travel::Fork(entry))),
            "." if simulated => Some(Command::Leap(Leap::NextEvent)),
            // A button has this key for itself.
            " " if simulated && !is_button(&event) => Some(Command::Run(play)),
            _ => None,
        };
        if let Some(command) = command {
            event.prevent_default();
            act.emit(command);
        }
    })
}

fn is_button(event: &Event) -> bool {
    target::<Element>(event).is_some_and(|element| element.tag_name() == "BUTTON")
}

/// That what is on screen was made elsewhere, and what is to be said of it.
pub(crate) fn opened(props: &PartProps) -> Option<El> {
    let said = props.lab.came.as_ref()?;
    let what = if props.lab.target.is_replay() {
        "Recording. Nobody answers any more, and no call is sent. What the server knew besides is not in it."
    } else {
        "Opened run, simulated. Its clock stands still until you let it run."
    };
    Some(
        el("div.acc-opened")
            .attr("data-testid", "opened")
            .child(el("strong").text(what))
            .child(lines(said)),
    )
}

/// That what is on screen is not the latest.
pub(crate) fn past(props: &PartProps) -> Option<El> {
    let number = props.lab.selected?;
    let timeline = Timeline::of(&props.lab);
    let (place, count) = (timeline.shown?, timeline.marks.len());
    let then = if props.lab.target.is_live() {
        "Calls reach the server as it is now."
    } else {
        "A call that you send goes on from here, in a new branch."
    };
    let text = say(
        "You see the session as it was after {0}. {1} ",
        &[&timeline.marks.get(place)?.spoken(place + 1, count), &word(then)],
    );
    let latest = button("Back to the latest").on_click(select(props, None));
    Some(el("p.acc-past").key(&number.to_string()).icon(Icon::Waiting).text(&text).child(latest))
}

fn select(props: &PartProps, entry: Option<u64>) -> Callback<Event> {
    props.on(move || Command::just(Action::Selected(entry)))
}

/// First, previous, the slider, next, last.
fn slider(props: &PartProps, timeline: &Timeline) -> El {
    let count = timeline.marks.len();
    let place = timeline.shown.map_or(0, |place| place + 1);
    let shown = timeline.shown.and_then(|place| timeline.marks.get(place));
    let spoken =
        shown.map_or_else(|| word("before the first call"), |mark| mark.spoken(place, count));
    let step = |icon, name, to: Option<usize>| {
        let entry = to.and_then(|to| timeline.entry(to));
        button("")
            .icon(icon)
            .attr("aria-label", name)
            .attr("title", name)
            .flag("disabled", entry.is_none())
            .on_click(select(props, entry))
    };
    let entries: Vec<u64> = timeline.marks.iter().map(|mark| mark.entry).collect();
    let on_slide = {
        let act = props.act.clone();
        Callback::from(move |event: Event| {
            let place: usize = entered(&event).parse().unwrap_or(0);
            let entry = entries.get(place.saturating_sub(1)).copied();
            act.emit(Command::just(Action::Selected(entry)));
        })
    };
    let back = place.checked_sub(2);
    let on = (place < count).then_some(place);
    el("div.acc-slider")
        .child(step(Icon::First, "First", (place > 1).then_some(0)))
        .child(step(Icon::Previous, "Previous", back))
        .child(
            el("input")
                .id(&props.id("timeline"))
                .attr("type", "range")
                .attr("aria-label", "Timeline")
                .attr("aria-valuetext", &spoken)
                .attr("min", "1")
                .attr("max", &count.max(1).to_string())
                .flag("disabled", count == 0)
                .value(&place.max(1).to_string())
                .on_input(on_slide),
        )
        .child(step(Icon::Next, "Next", on))
        .child(step(Icon::Last, "Last", (place < count).then(|| count.saturating_sub(1))))
        .child(el("span.acc-slider-text").attr("aria-hidden", "true").text(&spoken))
}

/// A mark for each thing that happened.
fn marks(props: &PartProps, timeline: &Timeline) -> El {
    let count = timeline.marks.len();
    let shown = timeline.shown.unwrap_or(0);
    let from = shown.saturating_sub(DRAWN / 2).min(count.saturating_sub(DRAWN));
    let to = (from + DRAWN).min(count);
    let more = |count: usize| {
        (count > 0).then(|| el("li.acc-hint").text(&say("{0} more", &[&count.to_string()])))
    };
    el("ol.acc-marks")
        .child(more(from))
        .children(timeline.marks[from..to].iter().enumerate().map(|(place, mark)| {
            one(props, mark, from + place + 1, count, timeline.shown == Some(from + place))
        }))
        .child(more(count - to))
}

fn one(props: &PartProps, mark: &Mark, place: usize, count: usize, shown: bool) -> El {
    let (class, icon) = match mark.kind {
        Kind::Call => ("acc-mark acc-mark-call", Icon::Done),
        Kind::Refused => ("acc-mark acc-mark-refused", Icon::Error),
        Kind::Event => ("acc-mark acc-mark-event", Icon::Event),
    };
    let name = mark.spoken(place, count);
    let mark_button = el("button")
        .attr("type", "button")
        .class(class)
        .attr("aria-label", &name)
        .attr("title", &name)
        .on_click(select(props, Some(mark.entry)))
        .child(draw(icon))
        .child(el("span.acc-mono").exact().text(&mark.word));
    let mark_button = if shown { mark_button.attr("aria-current", "step") } else { mark_button };
    el("li").key(&mark.entry.to_string()).child(mark_button)
}

/// Undo, redo, fork, and the other branches.
fn ways(props: &PartProps) -> El {
    let lab = &props.lab;
    let way = |word: &str, travel: Option<Travel>| {
        let can = travel.is_some_and(|travel| lab.branches.can(travel));
        let travel = travel.unwrap_or(Travel::Undo);
        button(word).flag("disabled", !can).on_click(props.on(move || Command::Travel(travel)))
    };
    let last = || lab.log().entries().last().map(|entry| entry.number);
    let here = lab.selected.or_else(last).map(Travel::Fork);
    el("div.acc-ways")
        .child(way("Undo", Some(Travel::Undo)))
        .child(way("Redo", Some(Travel::Redo)))
        .child(way("Fork here", here))
}

fn can_fork(props: &PartProps) -> bool {
    props.scene.session.is_some() && props.lab.uploads.is_empty()
}

/// From where a server's session is, on in the simulator. An upload would break off.
fn fork(props: &PartProps) -> Option<El> {
    props.scene.session.as_ref()?;
    let fork = button("Fork to simulation")
        .flag("disabled", !can_fork(props))
        .on_click(props.on(|| Command::Pass("fork".to_owned())));
    Some(el("p.acc-buttons").child(fork).child(el("span.acc-hint").text(&leaves(props))))
}

fn branches(props: &PartProps, lab: &Lab) -> Option<El> {
    if lab.branches.others.is_empty() {
        return None;
    }
    let current = &lab.branches.current;
    let all = || lab.branches.all();
    let name_of = |number| all().find(|branch| branch.number == number).map(Branch::name);
    let list = all().map(|branch| {
        let number = branch.number;
        let origin = branch.from.and_then(|(from, entry)| Some((name_of(from)?, entry)));
        let text = match origin {
            None => say("Branch {0}", &[&branch.name()]),
            Some((from, entry)) => {
                let given = [branch.name(), from, entry.to_string()];
                say("Branch {0}, from {1} after #{2}", &given.each_ref().map(String::as_str))
            }
        };
        button(&text)
            .key(&number.to_string())
            .attr_bool("aria-pressed", number == current.number)
            .on_click(props.on(move || Command::Travel(Travel::To(number))))
    });
    let list: Vec<El> = list.collect();
    Some(el("div.acc-branches").attr("role", "group").attr("aria-label", "Branches").children(list))
}

/// The simulator's clock.
fn clock(props: &PartProps, timeline: &Timeline) -> El {
    let lab = &props.lab;
    let clock = lab.clock;
    let since = timeline.begin.map(|begin| lab.now.since(begin)).unwrap_or_default();
    let rate = |rate: u32, word: &str| {
        button(word)
            .attr_bool("aria-pressed", clock.rate() == rate)
            .on_click(props.on(move || Command::Run(rate)))
    };
    let leap = |word: &str, leap: Leap, can: bool| {
        button(word).flag("disabled", !can).on_click(props.on(move || Command::Leap(leap)))
    };
    let alive = lab.session.as_ref().is_some_and(|session| !session.gone);
    let play = clock.other_rate();
    let play = button(if clock.is_paused() { "Play" } else { "Pause" })
        .on_click(props.on(move || Command::Run(play)));
    let rates = Clock::RATES.into_iter().map(|each| rate(each, &format!("{each}×")));
    let face = el("span.acc-clock-face.acc-mono")
        .attr("title", "Simulated time since the run began")
        .child(el("span").exact().text(&format!("T+{}", format::clock(since))));
    let hands = el("div.acc-clock")
        .attr("role", "group")
        .attr("aria-label", "Simulated clock")
        .child(face)
        .child(play);
    let leaps = group().child(leap("To next event", Leap::NextEvent, alive)).child(leap(
        "To expiry",
        Leap::Expiry,
        alive,
    ));
    let minute = button("+1 min").on_click(props.on(|| Command::Leap(Leap::By(STEP))));
    let rates = group().children(rates).child(minute);
    let conditions = props.on(|| Command::Open("conditions".to_owned()));
    let conditions = button("Conditions").on_click(conditions);
    if lab.view.narrow {
        let more = el("details.acc-more")
            .child(el("summary").text("Speed, conditions, branches"))
            .child(el("div.acc-clock").child(rates).child(conditions))
            .child(ways(props));
        return group().child(hands.child(leaps)).child(more);
    }
    group().child(hands.child(rates).child(leaps).child(conditions)).child(ways(props))
}
