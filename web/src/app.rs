//! The page itself: it owns the reducer and the client, and wires the panes.

pub(crate) mod command;
mod engine;
mod keys;

use std::rc::Rc;

use accession_core::operations::Call;
use gloo_timers::callback::Interval;
use serde_json::Value;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::components::{
    EXPLAIN, GUIDE, LOG, PartProps, WireLog, announcements, border, code_pane, confirm_dialog, el,
    explain_pane, footer, guide_pane, header, package_pane, session_pane, sheet, tabs, use_dialog,
};
use crate::host::Host;
use crate::lab::builder;
use crate::lab::{Action, Lab, Replica, Scene, Task};
use command::Command;
use engine::Engine;

/// How often time is told, in milliseconds.
const TICK: u32 = 1_000;

/// How often a session is read again while an upload runs.
const POLL_BUSY: u32 = 2_000;

/// How often a live session is read again while nothing runs here: somebody else may change it.
const POLL_IDLE: u32 = 5_000;

/// How often a session is kept alive while an upload runs: well below the five minutes that it has.
const KEEP_ALIVE: u32 = 60_000;

/// What `App` needs.
#[derive(Properties, PartialEq)]
pub struct AppProps {
    /// Everything outside the page's own elements.
    pub host: Rc<Host>,
}

/// The page.
#[component]
pub fn App(props: &AppProps) -> Html {
    let host = &props.host;
    let lab = use_reducer({
        let host = host.clone();
        move || {
            let mut lab = Lab::new(host.address.clone(), host.seed, (host.clock)());
            lab.view.recall(&host.kept);
            lab
        }
    });
    let engine = use_memo((), |()| Engine::new(host.clone(), lab.dispatcher()));
    let engine: Rc<Engine> = (*engine).clone();
    engine.see(lab.clone());

    use_effect_with((), {
        let (engine, host) = (engine.clone(), host.clone());
        move |()| {
            let end = engine.clone();
            *host.farewell.end.borrow_mut() = Some(Box::new(move || end.say_goodbye()));
            (host.watch)();
            engine.use_simulator(Default::default());
        }
    });

    let active = lab.session.as_ref().is_some_and(|session| session.is_active());
    let uploading = lab.is_uploading();
    let counting = lab.session.as_ref().is_some_and(|session| !session.gone);
    let poll = match (active, uploading, lab.target.is_live()) {
        (_, true, _) => Some(POLL_BUSY),
        (true, false, true) => Some(POLL_IDLE),
        _ => None,
    };
    use_repeated((counting || !lab.target.is_live()).then_some(TICK), &engine, Engine::tick);
    use_repeated(poll, &engine, Engine::poll);
    use_repeated(uploading.then_some(KEEP_ALIVE), &engine, Engine::keep_alive);

    use_effect_with(lab.wanted_code(), {
        let engine = engine.clone();
        move |order| {
            if let Some(order) = order.clone() {
                engine.write_code(order);
            }
        }
    });

    let root = use_node_ref();
    let goal = format!("#{}-{}", host.prefix, lab.view.goal);
    use_effect_with(lab.view.turns, {
        let root = root.clone();
        move |turns| {
            let Some(root) = root.cast::<HtmlElement>().filter(|_| *turns > 0) else { return };
            let find = |selector: &str| root.query_selector(selector).ok().flatten();
            let heading = find(&format!("{goal} h1[tabindex]"));
            if let Some(goal) = heading.or_else(|| find(&goal)) {
                // Elements of SVG have the method by the same name. Where nothing can be focused, nothing is.
                let _ = goal.unchecked_into::<HtmlElement>().focus();
            }
        }
    });

    let dialog = use_dialog(lab.question.is_some());
    let sheet_dialog = use_dialog(lab.view.sheet.is_some() && lab.view.scribe.is_some());
    let act = use_callback((), {
        let engine = engine.clone();
        move |command: Command, ()| engine.perform(command)
    });
    let prefix = AttrValue::from(host.prefix.clone());
    let replica = use_mut_ref(Replica::default);
    let scene = Rc::new(Scene::of(&lab, &mut replica.borrow_mut()));
    let shown = Rc::new(Lab { session: scene.session.clone(), now: scene.at, ..(*lab).clone() });
    let again = replica.clone();
    let foresee = Callback::from({
        let (lab, scene) = (lab.clone(), scene.clone());
        move |call: Call| builder::foresee(&lab, &scene, &mut replica.borrow_mut(), &call)
    });
    let draw = Callback::from({
        let (lab, host) = (lab.clone(), host.clone());
        move |entered: Value| {
            let mut replica = again.borrow_mut();
            (host.draw)(&lab.facts(entered, replica.of(&lab)).to_string())
        }
    });
    let part =
        PartProps { lab: shown, scene, act: act.clone(), foresee, draw, prefix: prefix.clone() };
    let id = |name: &str| part.id(name);
    let checking = lab.view.task == Task::Check;
    let target = if lab.target.is_live() { "live" } else { "simulated" };
    let skip = el("div.acc-skip")
        .child(el("a").attr("href", &format!("#{}", id("session"))).text("Skip to the session"))
        .child(el("a").attr("href", &format!("#{}", id("log"))).text("Skip to the wire log"));
    let guide = el("aside.acc-pane.acc-guide")
        .attr("aria-label", "Guide")
        .id(&id("guide"))
        .attr("tabindex", "-1")
        .child(guide_pane(&part));
    let session = el("div.acc-pane.acc-session")
        .id(&id("session"))
        .attr("tabindex", "-1")
        .child(if checking { package_pane(&part) } else { session_pane(&part) });
    // Borders too have to be in a landmark; the style sheet puts them where they belong.
    let main = el("main")
        .child(border(&part, GUIDE))
        .child(session)
        .child(border(&part, EXPLAIN))
        .child(border(&part, LOG));
    let explain = el("aside.acc-pane.acc-explain")
        .attr("aria-label", "Explain")
        .id(&id("explain"))
        .attr("tabindex", "0")
        .child(explain_pane(&part))
        .child(code_pane(&part));
    let (log, view) = (lab.log().clone(), lab.view.clone());
    let log = el("section.acc-log")
        .attr("aria-label", "Wire log")
        .id(&id("log"))
        .attr("tabindex", "-1")
        .child(html! { <WireLog {log} {view} {act} {prefix} /> });
    let keys = Callback::from(move |event| engine.press(&event));
    let narrow = |narrow| part.on(move || Command::just(Action::Narrowed(narrow)));
    let root = el("div.acc")
        .node(&root)
        .on("keydown", keys)
        .on("acc-narrow", narrow(true))
        .on("acc-wide", narrow(false));
    let root = if lab.view.large { root.attr("data-text", "large") } else { root };
    root.attr("data-target", target)
        .attr("data-pane", lab.view.pane.name())
        .attr("data-theme", lab.view.theme.name())
        .attr("data-task", if checking { "check" } else { "session" })
        .attr("data-log", if lab.view.log_open { "open" } else { "closed" })
        .child(skip)
        .child(header(&part))
        .child(tabs(&part))
        .child(guide)
        .child(main)
        .child(explain)
        .child(log)
        .child(footer((host.page_memory)(), host.reader_memory.get()))
        .child(confirm_dialog(&part, &dialog))
        .child(sheet(&part, &sheet_dialog))
        .child(announcements(&lab))
        .into()
}

/// Does something again and again, as long as there is a period.
#[hook]
fn use_repeated(period: Option<u32>, engine: &Rc<Engine>, task: fn(&Rc<Engine>)) {
    let engine = engine.clone();
    use_effect_with(period, move |period| {
        let interval = period.map(|period| Interval::new(period, move || task(&engine)));
        move || drop(interval)
    });
}
