//! The one place where effects happen: it awaits the client, and dispatches what came of it.
//!
//! It decides nothing about what is on screen; the reducer does.

mod built;
mod content;
mod files;
mod package;
mod passing;
mod sessions;
mod time;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use accession_client::{Client, ClientError, Exchange, Simulated, Transport, UploadLink};
use accession_core::dialect::Dialect;
use accession_core::model::{LibraryId, SessionId};
use accession_core::operations::{Call, ItemCreate, LocalLibraryCreate, LoginGet, Operation};
use accession_core::run::{Deed, Tape};
use accession_core::simulator::Simulator;
use accession_core::structure::Wire;
use futures_channel::oneshot;
use yew::Callback;
use yew::platform::spawn_local;

use super::command::{Command, Credentials, NewFile, SignIn};
use crate::host::Host;
use crate::lab::builder::Edit;
use crate::lab::{
    Action, Clock, Connection, LOGIN, Lab, Order, Outcome, Picture, Question, SIMULATED_ORIGIN,
    SessionCall, Target, Travel, Verdict, Waiting,
};
use crate::words::word;
use content::{item_spec, library_spec};

/// Who logs in to the simulator in the page.
const SIMULATED_USER: &str = "you";

/// Performs what was asked for.
pub(super) struct Engine {
    host: Rc<Host>,
    /// Where actions go.
    dispatch: Callback<Action>,
    /// The page, after every action so far.
    lab: RefCell<Rc<Lab>>,
    epoch: Cell<u64>,
    link: RefCell<Option<Link>>,
    simulator: RefCell<Option<Rc<RefCell<Simulator>>>>,
    /// Takes down what is done to the simulator, until the page knows.
    /// What is done to the simulator. Each time the run begins anew or goes on elsewhere there is another one, so
    /// that what still comes from before is noted where nobody looks.
    tape: Rc<RefCell<Rc<RefCell<Tape>>>>,
    /// The simulator's clock.
    clock: Rc<Cell<Clock>>,
    files: RefCell<Vec<Held>>,
    /// The uploads that run, by number. Dropping one of these ends its upload.
    uploads: RefCell<Vec<(u64, oneshot::Sender<()>)>>,
    /// The files of the package that is checked, or was.
    package: RefCell<Vec<web_sys::File>>,
    /// Dropping this ends the check.
    checking: RefCell<Option<oneshot::Sender<()>>>,
    next_number: Cell<u64>,
    polling: Cell<bool>,
    /// What is kept of how the page looks.
    kept: RefCell<String>,
    /// Whether the next single key says where to go.
    pub(super) going: Cell<bool>,
}

/// What is at hand of a file of a session.
struct Held {
    session: SessionId,
    name: String,
    /// Where its bytes go. It is a key, and stays here.
    link: Option<UploadLink>,
    /// The bytes: a handle of the browser, nothing is read here.
    bytes: Option<NewFile>,
}

/// The server that calls go to, in one epoch.
#[derive(Clone)]
struct Link {
    client: Client,
    epoch: u64,
    /// The exchange that ended last.
    last: Rc<RefCell<Option<Rc<Exchange>>>>,
}

/// A call's result, and the exchange that brought it.
struct Answer<T> {
    result: Result<T, ClientError>,
    exchange: Option<Rc<Exchange>>,
}

/// Something to wait for. In a box its code is there once, and not in each of those that wait for it.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

impl<T> Answer<T> {
    fn exchange(&self) -> Option<&Exchange> {
        self.exchange.as_deref()
    }
}

impl Engine {
    pub(super) fn new(host: Rc<Host>, dispatch: Callback<Action>, lab: Rc<Lab>) -> Rc<Self> {
        let clock = Rc::new(Cell::new(Clock::new((host.clock)())));
        let kept = host.kept.clone();
        Rc::new(Self {
            host,
            dispatch,
            lab: RefCell::new(lab),
            epoch: Cell::new(0),
            link: RefCell::default(),
            simulator: RefCell::default(),
            tape: Rc::default(),
            clock,
            files: RefCell::default(),
            uploads: RefCell::default(),
            package: RefCell::default(),
            checking: RefCell::default(),
            next_number: Cell::new(1),
            polling: Cell::new(false),
            kept: RefCell::new(kept),
            going: Cell::new(false),
        })
    }

    /// Takes note of the page after an action.
    pub(super) fn see(&self, lab: Rc<Lab>) {
        let busy = lab.is_uploading();
        let kept = lab.view.kept();
        if *self.kept.borrow() != kept {
            (self.host.keep)(&kept);
            *self.kept.borrow_mut() = kept;
        }
        *self.lab.borrow_mut() = lab;
        self.host.farewell.breaks.set(busy);
    }

    pub(super) fn lab(&self) -> Rc<Lab> {
        self.lab.borrow().clone()
    }

    fn number(&self) -> u64 {
        self.next_number.replace(self.next_number.get() + 1)
    }

    pub(super) fn perform(self: &Rc<Self>, command: Command) {
        let lab = self.lab();
        // What is done while an earlier entry is shown goes on from there.
        if let Some(entry) = lab.selected.filter(|_| command.acts() && !lab.target.is_live()) {
            self.travel(&lab, Travel::Fork(entry));
        }
        match command {
            Command::Just(action) => self.dispatch.emit(*action),
            Command::Copy(text) => {
                let copied = (self.host.copy)(text);
                self.spawn(|_| async move {
                    // A browser that refuses has told its user why.
                    copied.await;
                });
            }
            Command::Open(sheet) => {
                self.dispatch.emit(Action::SheetOpened(Some(sheet)));
                self.load_scribe(&lab);
            }
            Command::Unfold => {
                self.dispatch.emit(Action::Built(Edit::Open(true)));
                self.load_scribe(&lab);
            }
            Command::Picture(picture) => {
                self.dispatch.emit(Action::Pictured(picture));
                if picture == Picture::Sequence {
                    self.load_scribe(&lab);
                }
            }
            Command::Arrange(deed) => self.arrange(deed),
            Command::All(commands) => {
                commands.into_iter().for_each(|command| self.perform(command));
            }
            Command::Reset(look) => {
                (self.host.reset)();
                self.dispatch.emit(Action::Looked(look));
            }
            Command::Pass(how) => self.pass(&lab, &how),
            Command::CopyReport(format) => self.copy_report(&lab, format),
            Command::Check(files) => self.check(files),
            Command::CheckDropped(transfer) => {
                let files = (self.host.dropped)(transfer);
                self.spawn(|engine| async move { engine.check(files.await) });
            }
            Command::LeaveCheck => self.leave_check(),
            Command::RunPackage => self.run_package(&lab),
            Command::UseSimulator if lab.target.is_live() => self.use_simulator(lab.dialect),
            Command::Speak(dialect) => self.use_simulator(dialect),
            Command::StartOver => {
                *self.simulator.borrow_mut() = None;
                self.tape.take();
                self.set_clock(Clock::new((self.host.clock)()));
                self.dispatch.emit(Action::RunBegan);
                self.use_simulator(lab.dialect);
            }
            Command::Run(rate) => self.run_at(rate),
            Command::Leap(leap) => self.leap(&lab, leap),
            Command::Travel(travel) => self.travel(&lab, travel),
            Command::UseLive => self.leave(&self.host.address.clone(), lab.dialect),
            Command::StopUpload(upload) => {
                self.uploads.borrow_mut().retain(|(number, _)| *number != upload);
            }
            calling => {
                let link = self.link.borrow().clone();
                self.spawn(|engine| engine.carry_out(calling, lab, link));
            }
        }
    }

    /// Performs what takes calls. They go to the server, and are about the session, of the moment at
    /// which they were asked for.
    async fn carry_out(self: Rc<Self>, command: Command, lab: Rc<Lab>, link: Option<Link>) {
        let session = lab.session.as_ref().map(|session| &session.id);
        match (command, &link, session) {
            (Command::SignIn(sign_in), _, _) => self.sign_in(sign_in).await,
            (Command::Disconnect, Some(link), _) => self.disconnect(link).await,
            // It is used already, and the login has ended. What is on screen stays.
            (Command::UseSimulator, Some(link), _) => {
                self.settle(link, false).await;
                if let Some(id) = session {
                    self.refresh(link, id).await;
                }
            }
            (Command::LoadLibraries, Some(link), _) => {
                self.load_libraries(link).await;
            }
            (Command::ChooseLibrary(library), link, _) => {
                self.dispatch.emit(Action::LibraryChosen(library.clone()));
                if let (Some(link), Some(library)) = (link, library) {
                    self.load_items(link, library).await;
                }
            }
            (Command::CreateLibrary { name, datastore }, Some(link), _) => {
                self.create_library(link, name, datastore).await;
            }
            (Command::CreateItem { name, kind }, Some(link), _) => {
                let Some(library) = lab.library.clone() else { return };
                self.create_item(link, library, name, kind).await;
            }
            (Command::CreateSession(item), Some(link), _) => {
                self.create_session(link, item).await;
            }
            (Command::OpenSession(id), Some(link), _) => self.open_session(link, id).await,
            (Command::Refresh, Some(link), Some(id)) => self.refresh(link, id).await,
            (Command::AddFiles { files, send }, Some(link), Some(id)) => {
                self.add_files(link, id, files, send).await;
            }
            (Command::SendFile(name), Some(link), Some(id)) => {
                self.send_file(link, id, &name).await;
            }
            (Command::SendAgain(name), Some(link), Some(id)) => {
                let Some(file) = self.held(id, &name, |held| held.bytes.take()) else { return };
                self.add_files(link, id, vec![file], true).await;
            }
            (Command::RemoveFile(name), Some(link), Some(id)) => {
                self.remove_file(link, id, name).await;
            }
            (Command::Ignore(warning), Some(link), Some(id)) => {
                self.ignore(link, id, warning).await;
            }
            (Command::Call(call), Some(link), Some(id)) => {
                if call == SessionCall::Fail || (call.is_final() && lab.asks_first()) {
                    self.put(Some(Question::Button { call, session: id.clone() }));
                } else {
                    self.session_call(link, id, call, String::new()).await;
                }
            }
            (Command::Send(built), Some(link), _) => {
                if built.row.changes() && lab.asks_first() {
                    self.put(Some(Question::Built(built)));
                } else {
                    self.send(link, built).await;
                }
            }
            (Command::Confirm(question, text), Some(link), _) => {
                // What was asked about, not what is on screen by now.
                if lab.question.as_ref() != Some(&question) {
                    return;
                }
                self.put(None);
                match question {
                    Question::Button { call, session } => {
                        self.session_call(link, &session, call, text).await;
                    }
                    Question::Built(built) => self.send(link, built).await,
                }
            }
            // Without a server or a session there is nobody to call.
            _ if lab.target.is_replay() => {
                let mut outcome = Outcome::done("The call", None, "A recording answers nothing.");
                outcome.verdict = Verdict::Failed;
                outcome.said = word("The call was not sent.");
                self.dispatch.emit(Action::CameTo(lab.epoch, None, outcome));
            }
            _ => {}
        }
    }

    fn refresh_soon(self: &Rc<Self>, link: Link, id: SessionId) {
        self.spawn(|engine| async move { engine.refresh(&link, &id).await });
    }

    /// Has code written, and tells the page.
    pub(super) fn write_code(self: &Rc<Self>, order: Order) {
        let lab = self.lab();
        let written = (self.host.scribe)(lab.code_order(&order));
        self.spawn(|engine| async move {
            engine.dispatch.emit(Action::CodeWritten(order, written.await));
        });
    }

    /// Loads what draws sheets, the sequence and the form for any call, when the first of them is asked for.
    fn load_scribe(self: &Rc<Self>, lab: &Lab) {
        if !matches!(lab.view.scribe, Some(Ok(()))) {
            let loaded = (self.host.scribe)("null".to_owned());
            self.spawn(|engine| async move {
                let loaded = loaded.await.map(drop);
                engine.dispatch.emit(Action::ScribeCame(loaded));
            });
        }
    }

    fn put(&self, question: Option<Question>) {
        self.dispatch.emit(Action::Asked(question));
    }

    fn spawn<F: Future<Output = ()> + 'static>(self: &Rc<Self>, task: impl FnOnce(Rc<Self>) -> F) {
        start(Box::pin(task(self.clone())));
    }

    // -----------------------------------------------------------------------------------------
    // Targets
    // -----------------------------------------------------------------------------------------

    pub(super) fn use_simulator(self: &Rc<Self>, dialect: Dialect) {
        let (link, is_new) = self.turn_to_simulator(dialect);
        self.spawn(|engine| async move {
            engine.settle(&link, is_new).await;
        });
    }

    /// The way to the simulator, and whether there was none before.
    fn turn_to_simulator(&self, dialect: Dialect) -> (Link, bool) {
        let (is_new, transport) = self.way_to_simulator(true);
        (self.turn_to(Target::Simulated, dialect, transport), is_new)
    }

    /// Whether there was no simulator before, and how calls get to it: as a part of the run, or not.
    fn way_to_simulator(&self, recorded: bool) -> (bool, Transport) {
        let is_new = self.simulator.borrow().is_none();
        let simulator = self
            .simulator
            .borrow_mut()
            .get_or_insert_with(|| {
                let begun = self.lab().begin.begin().map(|begun| begun.simulator);
                let new = |_| Simulator::new(self.host.seed);
                Rc::new(RefCell::new(begun.unwrap_or_else(new)))
            })
            .clone();
        let simulated = Simulated::new(simulator, self.host.reader.clone());
        let simulated = if recorded { simulated.with_tape(self.tape()) } else { simulated };
        (is_new, Transport::Simulated(simulated))
    }

    /// Logs in to the simulator, and looks at what it holds.
    async fn settle(&self, link: &Link, is_new: bool) -> Vec<LibraryId> {
        let _ = link.client.log_in(SIMULATED_USER, "simulated").await;
        let user = Some(SIMULATED_USER.to_owned());
        self.connected(link, Connection::Open { user });
        if is_new {
            self.furnish(link).await;
        }
        self.load_libraries(link).await
    }

    /// Puts a library and an item into a new simulator, by the calls that anybody would send.
    async fn furnish(&self, link: &Link) {
        let spec = library_spec("Lab library".to_owned(), "datastore-11".to_owned());
        let create = LocalLibraryCreate { client_token: None, create_spec: spec };
        let Ok(library) = link.client.call(&create).await else { return };
        let spec = item_spec(library, "ubuntu-iso".to_owned(), "iso".to_owned());
        let _ = link.client.call(&ItemCreate { client_token: None, create_spec: spec }).await;
    }

    /// Leaves whatever server calls went to; the next one has to be signed in to.
    fn leave(&self, origin: &str, dialect: Dialect) {
        self.abandon();
        self.epoch.set(self.epoch.get() + 1);
        let target = Target::Live { origin: origin.to_owned() };
        self.dispatch.emit(Action::Targeted(target, dialect));
    }

    fn turn_to(&self, target: Target, dialect: Dialect, transport: Transport) -> Link {
        self.abandon();
        self.epoch.set(self.epoch.get() + 1);
        let now = self.clock_of(&target)();
        if target.is_simulated() {
            self.tape().borrow_mut().note(now, Deed::Speak(dialect));
        }
        self.dispatch.emit(Action::TimeIs(now));
        let link = self.link_to(&target, dialect, transport);
        self.dispatch.emit(Action::Targeted(target, dialect));
        *self.link.borrow_mut() = Some(link.clone());
        link
    }

    /// A client whose exchanges are shown.
    fn link_to(&self, target: &Target, dialect: Dialect, transport: Transport) -> Link {
        let last = Rc::new(RefCell::new(None));
        let observer = {
            let (last, dispatch, tape) = (last.clone(), self.dispatch.clone(), self.tape());
            let (latest, is_simulated) = (self.tape.clone(), target.is_simulated());
            move |exchange: Rc<Exchange>| {
                *last.borrow_mut() = Some(exchange.clone());
                // The end of an upload to a simulator that the run has left never was in this run.
                if is_simulated && !Rc::ptr_eq(&tape, &latest.borrow()) {
                    return;
                }
                dispatch.emit(Action::Recorded(exchange, tape.borrow_mut().take()));
            }
        };
        let client =
            Client::new(transport, dialect, target.origin(), self.clock_of(target), observer);
        Link { client, epoch: self.epoch.get(), last }
    }

    fn tape(&self) -> Rc<RefCell<Tape>> {
        self.tape.borrow().clone()
    }

    /// Ends everything that belongs to the server that calls went to.
    fn abandon(&self) {
        self.polling.set(false);
        self.uploads.borrow_mut().clear();
        self.files.borrow_mut().clear();
        let link = self.link.borrow_mut().take();
        // The simulator's own login is nobody's concern.
        let leaves_login =
            |link: &Link| link.client.is_logged_in() && link.client.origin() != SIMULATED_ORIGIN;
        if let Some(link) = link.filter(leaves_login) {
            start(Box::pin(async move {
                // Nobody is left to hear of a failure.
                let _ = link.client.log_out().await;
            }));
        }
    }

    /// Leaves no API login behind when the page goes away.
    pub(super) fn say_goodbye(&self) {
        let is_live = self.lab().target.is_live();
        if is_live {
            self.abandon();
        }
    }

    async fn sign_in(&self, sign_in: SignIn) {
        let SignIn { origin, dialect, credentials } = sign_in;
        let target = Target::Live { origin };
        let link = self.turn_to(target, dialect, self.host.network.clone());
        self.connected(&link, Connection::Opening);
        let (call, user, result) = match credentials {
            Credentials::Password { user, password } => {
                let result = link.client.log_in(&user, &password).await;
                (LOGIN, Some(user), result)
            }
            Credentials::Token(token) => {
                link.client.adopt(token);
                let result = link.client.call(&LoginGet {}).await;
                let user = result.as_ref().ok().map(|info| info.user.clone());
                ("read the API login", user, result.map(|_| ()))
            }
        };
        let exchange = link.last.borrow_mut().take();
        if let Some(behind) = link.client.behind() {
            self.dispatch.emit(Action::Forwarded(link.epoch, behind));
        }
        match result {
            Ok(()) => {
                self.connected(&link, Connection::Open { user });
                let status = exchange.as_ref().and_then(|exchange| exchange.status());
                let because = "The token is kept in this page's memory and nowhere else.";
                self.came_to(&link, None, Outcome::done(call, status, because));
                self.load_libraries(&link).await;
            }
            Err(error) => {
                link.client.forget();
                self.failed(&link, None, call, &error, exchange.as_deref());
                self.connected(&link, Connection::Failed(error));
            }
        }
    }

    async fn disconnect(&self, link: &Link) {
        let _ = link.client.log_out().await;
        if link.epoch == self.epoch.get() {
            self.leave(link.client.origin(), link.client.dialect());
        }
    }

    fn connected(&self, link: &Link, connection: Connection) {
        self.dispatch.emit(Action::Connected(link.epoch, connection));
    }

    // -----------------------------------------------------------------------------------------
    // Calls
    // -----------------------------------------------------------------------------------------

    fn call<'a, O: Operation + Into<Call>>(
        &'a self,
        link: &'a Link,
        operation: O,
    ) -> Boxed<'a, Answer<O::Reply>> {
        self.ask(link, operation.into())
    }

    /// Calls any operation. `Reply` is what comes back from it.
    fn ask<'a, Reply: Wire>(&'a self, link: &'a Link, call: Call) -> Boxed<'a, Answer<Reply>> {
        Box::pin(async move {
            let id = self.sent(link, call.row().name);
            let result = link.client.ask(&call).await;
            Answer { result, exchange: self.returned(link, id) }
        })
    }

    /// Tells that a call is on its way.
    fn sent(&self, link: &Link, call: &str) -> u64 {
        let waiting = Waiting { id: self.number(), call: call.to_owned() };
        let id = waiting.id;
        self.dispatch.emit(Action::Sent(link.epoch, waiting));
        id
    }

    /// Tells that it has come back, and gives its exchange.
    fn returned(&self, link: &Link, id: u64) -> Option<Rc<Exchange>> {
        self.dispatch.emit(Action::Returned(link.epoch, id));
        let exchange = link.last.borrow_mut().take();
        // On a server, it is for a person to say who comes.
        if exchange.as_ref().is_some_and(|exchange| exchange.status() == Some(401))
            && link.client.origin() == SIMULATED_ORIGIN
        {
            self.connected(link, Connection::Closed);
        }
        exchange
    }

    fn came_to(&self, link: &Link, session: Option<&SessionId>, outcome: Outcome) {
        self.dispatch.emit(Action::CameTo(link.epoch, session.cloned(), outcome));
    }

    /// Tells what a call came to, and why where it was done.
    fn tell<T>(
        &self,
        link: &Link,
        session: Option<&SessionId>,
        call: &str,
        answer: &Answer<T>,
        because: impl FnOnce(&T) -> String,
    ) {
        match &answer.result {
            Ok(done) => self.succeeded(link, session, call, because(done), answer.exchange()),
            Err(error) => self.failed(link, session, call, error, answer.exchange()),
        }
    }

    fn succeeded(
        &self,
        link: &Link,
        session: Option<&SessionId>,
        call: &str,
        because: String,
        exchange: Option<&Exchange>,
    ) {
        let status = exchange.and_then(Exchange::status);
        let outcome = Outcome::done(call, status, because);
        self.came_to(link, session, outcome.with_notes(exchange));
    }

    fn failed(
        &self,
        link: &Link,
        session: Option<&SessionId>,
        call: &str,
        error: &ClientError,
        exchange: Option<&Exchange>,
    ) {
        let lab = self.lab();
        let rule = exchange.and_then(|exchange| exchange.rule);
        // The page may not have been drawn since calls began to go there.
        let origin = link.client.origin();
        let target = match origin {
            SIMULATED_ORIGIN => Target::Simulated,
            origin => Target::Live { origin: origin.to_owned() },
        };
        let outcome = Outcome::of_error(call, error, rule, &target, &lab.page);
        self.came_to(link, session, outcome.with_notes(exchange));
    }
}

/// Starts a task. In a box, what that takes is there once, and not for each kind of task.
fn start(task: Boxed<'static, ()>) {
    spawn_local(task);
}
