//! Time: the simulator's clock, and the ways back and forth in its run.
//!
//! Nothing is undone in a simulator: the beginning of the run is done again.

use std::cell::RefCell;
use std::rc::Rc;

use accession_core::model::SessionId;
use accession_core::run::Deed;
use accession_core::time::Timestamp;

use super::{Engine, Link};
use crate::lab::{Action, Clock, Lab, Leap, Opened, Target, Travel, reduce};

impl Engine {
    /// The clock by which calls to a target are timed.
    pub(super) fn clock_of(&self, target: &Target) -> Box<dyn Fn() -> Timestamp> {
        let (clock, real) = (self.clock.clone(), self.host.clock);
        match target {
            Target::Simulated => Box::new(move || clock.get().at(real())),
            Target::Live { .. } | Target::Replay { .. } => Box::new(real),
        }
    }

    /// The instant at which calls are made now.
    pub(super) fn now(&self) -> Timestamp {
        let real = (self.host.clock)();
        let is_live = self.lab().target.is_live();
        if is_live { real } else { self.clock.get().at(real) }
    }

    pub(super) fn set_clock(&self, clock: Clock) {
        self.clock.set(clock);
        self.dispatch.emit(Action::Clocked(clock));
    }

    pub(super) fn run_at(self: &Rc<Self>, rate: u32) {
        let real = (self.host.clock)();
        self.set_clock(self.clock.get().with_rate(rate, real));
        self.tick();
    }

    pub(super) fn leap(self: &Rc<Self>, lab: &Lab, leap: Leap) {
        if lab.target.is_live() {
            return;
        }
        let real = (self.host.clock)();
        let now = self.clock.get().at(real);
        let simulator = self.simulator.borrow().clone();
        let to = match leap {
            Leap::By(far) => Some(now + far),
            Leap::NextEvent => simulator.and_then(|simulator| simulator.borrow().poll_timeout()),
            Leap::Expiry => lab.session.as_ref().and_then(|session| {
                let simulator = simulator?;
                let expires = simulator.borrow().find_session(&session.id)?.not_before(now);
                Some(expires)
            }),
        };
        if let Some(to) = to.filter(|to| *to >= now) {
            self.set_clock(self.clock.get().set(to, real));
            self.tick();
        }
    }

    /// Lets time pass.
    pub(in crate::app) fn tick(self: &Rc<Self>) {
        // What was recorded elsewhere is over.
        if self.lab().target.is_replay() {
            return;
        }
        let now = self.now();
        self.dispatch.emit(Action::Ticked(now));
        let is_live = self.lab().target.is_live();
        let Some(simulator) = self.simulator.borrow().clone().filter(|_| !is_live) else { return };
        let is_due = simulator.borrow().poll_timeout().is_some_and(|at| at <= now);
        if !is_due {
            return;
        }
        let tape = self.tape();
        tape.borrow_mut().note(now, Deed::Advance);
        let events = simulator.borrow_mut().advance(now);
        let touched: Vec<SessionId> = events.iter().map(|event| event.session.clone()).collect();
        let noted = tape.borrow_mut().take();
        self.dispatch.emit(Action::Happened(events, noted));
        if let Some((link, id)) = self.on_screen().filter(|(_, id)| touched.contains(id)) {
            let looks = self.looks(&link);
            self.spawn(|engine| async move { engine.refresh(&looks, &id).await });
        }
    }

    /// Arranges the simulated world around the calls.
    pub(super) fn arrange(self: &Rc<Self>, deed: Deed) {
        let now = self.now();
        let is_live = self.lab().target.is_live();
        let Some(simulator) = self.simulator.borrow().clone().filter(|_| !is_live) else { return };
        let mut simulator = simulator.borrow_mut();
        if let Some(Ok(())) = deed.arrange(&mut simulator) {
            let tape = self.tape();
            let mut tape = tape.borrow_mut();
            tape.note(now, deed);
            let events = simulator.advance(now);
            self.dispatch.emit(Action::Happened(events, tape.take()));
        }
    }

    /// Goes elsewhere in the run: a simulator is brought there, and calls go on with it.
    pub(super) fn travel(self: &Rc<Self>, lab: &Lab, travel: Travel) {
        if !lab.target.is_live() && lab.branches.can(travel) {
            self.go(lab, &|| Action::Travelled(travel));
        }
    }

    /// Shows what was opened. A run is gone on with once somebody does something: until then its clock
    /// stands still.
    pub(super) fn open(self: &Rc<Self>, lab: &Lab, opened: Opened) {
        self.abandon();
        self.run_at(0);
        let opened = Rc::new(opened);
        self.go(lab, &|| Action::CameIn(opened.clone()));
    }

    /// Brings the simulator to where this action leads, and lets calls go on with it.
    fn go(self: &Rc<Self>, lab: &Lab, action: &dyn Fn() -> Action) {
        let there = reduce(lab.clone(), action());
        if there.target.is_replay() {
            self.epoch.set(self.epoch.get() + 1);
            return self.dispatch.emit(action());
        }
        let Ok(mut replay) = there.begin.begin() else { return };
        for entry in there.branches.current.run.iter() {
            replay.step(entry);
        }
        self.uploads.borrow_mut().clear();
        self.tape.take();
        let token = replay.token().cloned();
        *self.simulator.borrow_mut() = Some(Rc::new(RefCell::new(replay.simulator)));
        let real = (self.host.clock)();
        self.set_clock(self.clock.get().set(there.now, real));
        // Late answers are about another simulator too.
        self.epoch.set(self.epoch.get() + 1);
        self.dispatch.emit(action());
        // What is asked for in the same breath is asked for there.
        self.see(Rc::new(there.clone()));
        let (_, transport) = self.way_to_simulator(true);
        let link = self.link_to(&Target::Simulated, there.dialect, transport);
        if let Some(token) = token {
            link.client.adopt(token);
        }
        let looks = self.looks(&link);
        *self.link.borrow_mut() = Some(link);
        let (session, library) = (there.session.map(|session| session.id), there.library);
        self.spawn(|engine| async move {
            engine.load_libraries(&looks).await;
            if let Some(library) = library {
                engine.load_items(&looks, library).await;
            }
            if let Some(id) = session {
                engine.refresh(&looks, &id).await;
            }
        });
    }

    /// The way of looks that are no part of the run.
    fn looks(&self, link: &Link) -> Link {
        let (_, transport) = self.way_to_simulator(false);
        Link { client: link.client.aside(transport), epoch: link.epoch, last: Rc::default() }
    }
}
