//! The page itself: it owns the reducer and the client, and wires the panes.

pub(crate) mod command;
mod engine;

use std::rc::Rc;

use accession_core::operations::Call;
use gloo_timers::callback::Interval;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::components::{
    PartProps, announcements, code_pane, confirm_dialog, el, explain_pane, footer, guide_pane,
    header, package_pane, session_pane, use_dialog, wire_log,
};
use crate::host::Host;
use crate::lab::builder;
use crate::lab::{Lab, Pane, Replica, Scene, Task, Theme, Travel};
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
        move || Lab::new(host.address.clone(), host.seed, (host.clock)())
    });
    let engine = use_memo((), |()| Engine::new(host.clone(), lab.dispatcher()));
    let engine: Rc<Engine> = (*engine).clone();
    engine.see(lab.clone());

    use_effect_with((), {
        let (engine, host) = (engine.clone(), host.clone());
        move |()| {
            let end = engine.clone();
            *host.farewell.end.borrow_mut() = Some(Box::new(move || end.say_goodbye()));
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

    let main = use_mut_ref(NodeRef::default).borrow().clone();
    use_effect_with(lab.view.turns, {
        let main = main.clone();
        move |turns| {
            let main = main.cast::<HtmlElement>().filter(|_| *turns > 0);
            if let Some(main) = main {
                let heading = main.query_selector("h1[tabindex]").ok().flatten();
                let heading = heading.and_then(|heading| heading.dyn_into().ok());
                // Where nothing can be focused, nothing is.
                let _ = heading.unwrap_or(main).focus();
            }
        }
    });

    let dialog = use_dialog(lab.question.clone());
    let act = Callback::from(move |command: Command| engine.perform(command));
    let prefix = AttrValue::from(host.prefix.clone());
    let replica = use_mut_ref(Replica::default);
    let scene = Rc::new(Scene::of(&lab, &mut replica.borrow_mut()));
    let shown = Rc::new(Lab { session: scene.session.clone(), now: scene.at, ..(*lab).clone() });
    let foresee = Callback::from({
        let (lab, scene) = (lab.clone(), scene.clone());
        move |call: Call| builder::foresee(&lab, &scene, &mut replica.borrow_mut(), &call)
    });
    let part = PartProps { lab: shown, scene, act, foresee, prefix };
    let id = |name: &str| part.id(name);
    let pane = match lab.view.pane {
        Pane::Guide => "guide",
        Pane::Session => "session",
        Pane::Explain => "explain",
        Pane::Log => "log",
    };
    let theme = match lab.view.theme {
        Theme::System => "system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    let checking = lab.view.task == Task::Check;
    let target = if lab.target.is_live() { "live" } else { "simulated" };
    let skip = el("div.acc-skip")
        .child(el("a").attr("href", &format!("#{}", id("session"))).text("Skip to the session"))
        .child(el("a").attr("href", &format!("#{}", id("log"))).text("Skip to the wire log"));
    let guide = el("aside.acc-pane.acc-guide")
        .attr("aria-label", "Guide")
        .id(&id("guide"))
        .child(guide_pane(&part));
    let main = el("main.acc-pane.acc-session")
        .id(&id("session"))
        .attr("tabindex", "-1")
        .node(&main)
        .child(if checking { package_pane(&part) } else { session_pane(&part) });
    let explain = el("aside.acc-pane.acc-explain")
        .attr("aria-label", "Explain")
        .id(&id("explain"))
        .attr("tabindex", "0")
        .child(explain_pane(&part))
        .child(code_pane(&part));
    let log = el("section.acc-log")
        .attr("aria-label", "Wire log")
        .id(&id("log"))
        .attr("tabindex", "-1")
        .child(wire_log(&part));
    let keys = part.act.clone();
    let simulated = !lab.target.is_live();
    el("div.acc")
        .on(
            "keydown",
            Callback::from(move |event| {
                if let Some(travel) = way_of(&event).filter(|_| simulated) {
                    event.prevent_default();
                    keys.emit(Command::Travel(travel));
                }
            }),
        )
        .attr("data-target", target)
        .attr("data-pane", pane)
        .attr("data-theme", theme)
        .attr("data-task", if checking { "check" } else { "session" })
        .attr("data-log", if lab.view.log_open { "open" } else { "closed" })
        .child(skip)
        .child(header(&part))
        .child(guide)
        .child(main)
        .child(explain)
        .child(log)
        .child(footer((host.page_memory)(), host.reader_memory.get()))
        .child(confirm_dialog(&part, &dialog))
        .child(announcements(&lab))
        .into()
}

/// The way through time that keys ask for, unless they are typed into a field, which has its own.
fn way_of(event: &Event) -> Option<Travel> {
    let key = event.dyn_ref::<web_sys::KeyboardEvent>()?;
    let types = |element: &web_sys::Element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            && element.get_attribute("type").is_none_or(|kind| kind != "range")
    };
    // The innermost element, also inside a shadow root.
    let origin = event.composed_path().get(0);
    let typed = origin.dyn_ref::<web_sys::Element>().is_some_and(types);
    let asked = (key.ctrl_key() || key.meta_key()) && key.key().eq_ignore_ascii_case("z");
    (asked && !typed).then(|| if key.shift_key() { Travel::Redo } else { Travel::Undo })
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
