//! The page itself: it owns the reducer and the client, and wires the panes.

pub(crate) mod command;
mod engine;
mod keys;

use std::cell::RefCell;
use std::rc::Rc;

use accession_core::operations::Call;
use accession_core::reading;
use gloo_timers::callback::Interval;
use serde_json::Value;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::components::{
    EXPLAIN, GUIDE, LOG, PartProps, announcements, border, code_pane, confirm_dialog, el,
    explain_pane, footer, guide_pane, header, package_pane, session_pane, set_open, sheet, tabs,
    wire_log,
};
use crate::host::Host;
use crate::lab::builder;
use crate::lab::{Action, Lab, Order, Replica, Scene, Task, reduce};
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

/// The page: what it knows, who performs what is asked for, and what of the browser it holds on to.
pub struct App {
    lab: Rc<Lab>,
    engine: Rc<Engine>,
    act: Callback<Command>,
    replica: Rc<RefCell<Replica>>,
    root: NodeRef,
    dialog: NodeRef,
    sheet: NodeRef,
    tick: Repeated,
    poll: Repeated,
    keep_alive: Repeated,
    /// The code that was asked for last.
    code: Option<Order>,
    /// How often the focus was given to what is new.
    turns: u32,
    /// Whether the dialog and the sheet were to be open when it was drawn last.
    open: [bool; 2],
}

/// A plain component: hooks would be one piece of code for each kind of value that they look after.
impl Component for App {
    type Message = Action;
    type Properties = AppProps;

    fn create(context: &Context<Self>) -> Self {
        let host = &context.props().host;
        let mut lab = Lab::new(host.address.clone(), host.seed, (host.clock)());
        lab.view.recall(&host.kept);
        let lab = Rc::new(lab);
        let dispatch = context.link().callback(|action| action);
        let engine = Engine::new(host.clone(), dispatch, lab.clone());
        let act = {
            let engine = engine.clone();
            Callback::from(move |command| engine.perform(command))
        };
        Self {
            lab,
            engine,
            act,
            replica: Rc::default(),
            root: NodeRef::default(),
            dialog: NodeRef::default(),
            sheet: NodeRef::default(),
            tick: Repeated::default(),
            poll: Repeated::default(),
            keep_alive: Repeated::default(),
            code: None,
            turns: 0,
            open: [false; 2],
        }
    }

    fn update(&mut self, _: &Context<Self>, action: Action) -> bool {
        self.lab = Rc::new(reduce((*self.lab).clone(), action));
        self.engine.see(self.lab.clone());
        true
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        let (lab, engine) = (&self.lab, &self.engine);
        if first {
            let end = engine.clone();
            let farewell = Box::new(move || end.say_goodbye());
            let host = &context.props().host;
            *host.farewell.end.borrow_mut() = Some(farewell);
            (host.watch)();
            engine.use_simulator(Default::default());
            if host.linked {
                engine.perform(Command::Pass("address".to_owned()));
            }
        }
        let active = lab.session.as_ref().is_some_and(|session| session.is_active());
        let uploading = lab.is_uploading();
        let counting = lab.session.as_ref().is_some_and(|session| !session.gone);
        let poll = match (active, uploading, lab.target.is_live()) {
            (_, true, _) => Some(POLL_BUSY),
            (true, false, true) => Some(POLL_IDLE),
            _ => None,
        };
        let tick = (counting || !lab.target.is_live()).then_some(TICK);
        self.tick.every(tick, engine, Engine::tick);
        self.poll.every(poll, engine, Engine::poll);
        self.keep_alive.every(uploading.then_some(KEEP_ALIVE), engine, Engine::keep_alive);
        let code = lab.wanted_code();
        if code != self.code {
            self.code.clone_from(&code);
            if let Some(order) = code {
                engine.write_code(order);
            }
        }
        let open = [lab.question.is_some(), lab.view.sheet.is_some() && lab.view.scribe.is_some()];
        // Only what changes: one that its user has just closed says so a moment later.
        if std::mem::replace(&mut self.open, open) != open {
            set_open(&self.dialog, open[0]);
            set_open(&self.sheet, open[1]);
        }
        if std::mem::replace(&mut self.turns, lab.view.turns) != lab.view.turns
            && let Some(root) = self.root.cast::<HtmlElement>()
        {
            let goal = format!("#{}-{}", context.props().host.prefix, lab.view.goal);
            let find = |selector: &str| root.query_selector(selector).ok().flatten();
            if let Some(goal) = find(&format!("{goal} h1[tabindex]")).or_else(|| find(&goal)) {
                // Elements of SVG have the method by the same name. Where nothing can be focused, nothing is.
                let _ = goal.unchecked_into::<HtmlElement>().focus();
            }
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let (lab, host) = (&self.lab, &context.props().host);
        let (act, replica) = (self.act.clone(), self.replica.clone());
        let prefix = AttrValue::from(host.prefix.clone());
        let scene = Rc::new(Scene::of(lab, &mut replica.borrow_mut()));
        let shown =
            Rc::new(Lab { session: scene.session.clone(), now: scene.at, ..(**lab).clone() });
        let again = replica.clone();
        let foresee = Callback::from({
            let (lab, scene) = (lab.clone(), scene.clone());
            move |call: Call| builder::foresee(&lab, &scene, &mut replica.borrow_mut(), &call)
        });
        let draw = Callback::from({
            let (lab, host) = (lab.clone(), host.clone());
            move |(sheet, entered): (&str, Value)| {
                let mut replica = again.borrow_mut();
                let simulator = replica.of(&lab).map(|replay| &replay.simulator);
                let facts = lab.facts(sheet, &entered, simulator).to_string();
                let drawn = (host.draw)(&facts).and_then(|text| reading::parse(&text).ok());
                drawn.unwrap_or_default()
            }
        });
        let part = PartProps {
            lab: shown,
            scene,
            act: act.clone(),
            foresee,
            draw,
            paint: host.draw,
            prefix: prefix.clone(),
        };
        let id = |name: &str| part.id(name);
        let checking = lab.view.task == Task::Check;
        let reaches = lab.target.is_live() && !lab.target.is_replay();
        let target = if reaches { "live" } else { "simulated" };
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
        let log = el("section.acc-log")
            .attr("aria-label", "Wire log")
            .id(&id("log"))
            .attr("tabindex", "-1")
            .child(wire_log(&part));
        let engine = self.engine.clone();
        let keys = Callback::from(move |event| engine.press(&event));
        let narrow = |narrow| part.on(move || Command::just(Action::Narrowed(narrow)));
        let root = el("div.acc")
            .node(&self.root)
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
            .child(confirm_dialog(&part, &self.dialog))
            .child(sheet(&part, &self.sheet))
            .child(announcements(lab))
            .into()
    }
}

/// Something that is done again and again.
#[derive(Default)]
struct Repeated {
    period: Option<u32>,
    interval: Option<Interval>,
}

impl Repeated {
    /// Does it as long as there is a period.
    fn every(&mut self, period: Option<u32>, engine: &Rc<Engine>, task: fn(&Rc<Engine>)) {
        if self.period != period {
            let engine = engine.clone();
            self.period = period;
            self.interval = period.map(|period| Interval::new(period, move || task(&engine)));
        }
    }
}
