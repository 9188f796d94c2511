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
    ConfirmDialog, PartProps, WireLog, announcements, explain_pane, footer, guide_pane, header,
    package_pane, session_pane,
};
use crate::host::Host;
use crate::lab::{Lab, Pane, Task, Theme};
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
    let lab = use_reducer_eq({
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
    use_repeated(counting.then_some(TICK), {
        let engine = engine.clone();
        move || engine.tick()
    });
    use_repeated(poll, {
        let engine = engine.clone();
        move || engine.poll()
    });
    use_repeated(uploading.then_some(KEEP_ALIVE), {
        let engine = engine.clone();
        move || engine.keep_alive()
    });

    let main = use_node_ref();
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

    let foresee = use_callback((), {
        let engine = engine.clone();
        move |call: Call, ()| engine.foresee(&call)
    });
    let act = use_callback((), move |command: Command, ()| engine.perform(command));
    let prefix = AttrValue::from(host.prefix.clone());
    let id = |name: &str| format!("{prefix}-{name}");
    let part = PartProps { lab: lab.clone(), act: act.clone(), foresee, prefix: prefix.clone() };
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
    html! {
        <div class="acc" data-target={target} data-pane={pane} data-theme={theme}
            data-task={if checking { "check" } else { "session" }}
            data-log={if lab.view.log_open { "open" } else { "closed" }}>
            <div class="acc-skip">
                <a href={format!("#{}", id("session"))}>{"Skip to the session"}</a>
                <a href={format!("#{}", id("log"))}>{"Skip to the wire log"}</a>
            </div>
            {header(&part)}
            <aside class="acc-pane acc-guide" aria-label="Guide" id={id("guide")}>
                {guide_pane(&part)}
            </aside>
            <main class="acc-pane acc-session" id={id("session")} tabindex="-1" ref={main}>
                if checking {
                    {package_pane(&part)}
                } else {
                    {session_pane(&part)}
                }
            </main>
            <aside class="acc-pane acc-explain" aria-label="Explain" id={id("explain")} tabindex="0">
                {explain_pane(&lab)}
            </aside>
            <section class="acc-log" aria-label="Wire log" id={id("log")} tabindex="-1">
                <WireLog log={lab.log.clone()} view={lab.view.clone()} act={act.clone()}
                    prefix={prefix.clone()} />
            </section>
            {footer((host.page_memory)(), host.reader_memory.get())}
            <ConfirmDialog ..part />
            {announcements(&lab)}
        </div>
    }
}

/// Does something again and again, as long as there is a period.
#[hook]
fn use_repeated(period: Option<u32>, task: impl Fn() + 'static) {
    use_effect_with(period, move |period| {
        let interval = period.map(|period| Interval::new(period, task));
        move || drop(interval)
    });
}
