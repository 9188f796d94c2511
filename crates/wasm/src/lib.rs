//! The simulator as a module for browsers and Node: one request in, one answer out, and the clock
//! handed in. It holds no rule and no state of its own: two simulators on one page are two.

use accession_core::behaviour::Behaviour;
use accession_core::operations::{self, Call};
use accession_core::privileges::Privilege;
use accession_core::reading::{self, Fit, Reader};
use accession_core::received::{Algorithm, Broken, Received};
use accession_core::release::Release;
use accession_core::rules::{Provenance, Rule, RuleRef};
use accession_core::simulator::{
    self, Account, Accounts, Disturbance, Handled, Pace, Source, Step, Transition, Unmet,
};
use accession_core::store::Store;
use accession_core::structure;
use accession_core::structure::{Form, Plain, Wire};
use accession_core::text::Text;
use accession_core::time::Timestamp;
use accession_core::wire::{Headers, Method, Request, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("../types.d.ts");

/// A number that every JavaScript number can hold exactly.
const SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "SimulatorOptions")]
    pub type SimulatorOptions;
    #[wasm_bindgen(typescript_type = "HttpRequest")]
    pub type HttpRequest;
    #[wasm_bindgen(typescript_type = "Answer")]
    pub type Answer;
    #[wasm_bindgen(typescript_type = "Transition[]")]
    pub type Transitions;
    #[wasm_bindgen(typescript_type = "Algorithm[]")]
    pub type Algorithms;
    #[wasm_bindgen(typescript_type = "UploadOutcome")]
    pub type UploadOutcome;
    #[wasm_bindgen(typescript_type = "Pace")]
    pub type PaceValue;
    #[wasm_bindgen(typescript_type = "Source")]
    pub type SourceValue;
    #[wasm_bindgen(typescript_type = "Fault")]
    pub type FaultValue;
    #[wasm_bindgen(typescript_type = "Record<string, unknown>")]
    pub type CallParameters;
    #[wasm_bindgen(typescript_type = "string[]")]
    pub type OperationNames;
    #[wasm_bindgen(typescript_type = "Unmet[]")]
    pub type UnmetValues;
    #[wasm_bindgen(typescript_type = "Step[] | null")]
    pub type StepValues;
}

structure! {
    strict struct Options {
        seed: f64,
        release: Option<Release>,
        behaviour: Option<Behaviour>,
        accounts: Option<GivenAccounts>,
    }

    strict struct Incoming {
        method: String,
        url: String,
        headers: Option<IncomingHeaders>,
        body: Option<String>,
    }

    strict struct Unfinished {
        broken: String,
    }
}

/// One user, or several.
struct GivenAccounts(Vec<Account>);

impl Wire for GivenAccounts {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        if reader.value().is_array() {
            self.0.fill(reader)
        } else {
            self.0.push_mut(Account::blank()).fill(reader)
        }
    }

    fn write(&self, form: &dyn Form) -> Value {
        self.0.write(form)
    }

    fn blank() -> Self {
        Self(Vec::new())
    }
}

/// A list of pairs, or an object.
struct IncomingHeaders(Headers);

impl Wire for IncomingHeaders {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        if !reader.value().is_array() {
            self.0 = Store::<Text, String>::read(reader)?
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            return Ok(());
        }
        for pair in Vec::<Vec<String>>::read(reader)? {
            let [name, value] = <[String; 2]>::try_from(pair)
                .map_err(|_| reader.mismatch("pairs of a name and a value"))?;
            self.0.push(name, value);
        }
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        self.0.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
    }

    fn blank() -> Self {
        Self(Headers::new())
    }
}

#[derive(Serialize)]
struct Outgoing<'a> {
    status: u16,
    headers: &'a Headers,
    body: &'a str,
    transitions: &'a [Transition],
    rule: Option<OutgoingRule>,
    lacks: Option<Privilege>,
    disturbance: Option<OutgoingDisturbance>,
}

/// What a fault asks the host to do to the connection.
#[derive(Serialize)]
struct OutgoingDisturbance {
    delay: u64,
    bytes_per_second: Option<u64>,
    cut_after: Option<u64>,
}

impl From<RuleRef> for OutgoingRule {
    fn from(rule: RuleRef) -> Self {
        let Rule { id, sentence, provenance, source, report } = rule.0;
        Self { id, sentence, provenance: *provenance, source, report }
    }
}

#[derive(Serialize)]
struct OutgoingRule {
    id: &'static str,
    sentence: &'static str,
    provenance: Provenance,
    source: &'static str,
    report: &'static str,
}

#[derive(Serialize)]
struct OutgoingUnmet {
    rule: OutgoingRule,
    why: String,
    lacks: Option<Privilege>,
}

impl From<Unmet> for OutgoingUnmet {
    fn from(Unmet { rule, why, lacks }: Unmet) -> Self {
        Self { rule: rule.into(), why, lacks }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OutgoingStep {
    Call { operation: String, parameters: Map<String, Value> },
    Upload { session: String, file: String },
    FinishUpload { session: String, file: String },
    Wait { until: String },
}

/// A vCenter content library in memory.
#[wasm_bindgen]
pub struct Simulator {
    inner: simulator::Simulator,
}

/// An upload that was allowed, to be given back with what arrived.
#[wasm_bindgen]
pub struct Upload {
    inner: simulator::Upload,
}

#[wasm_bindgen]
impl Upload {
    /// The digests to compute while the bytes go by.
    #[wasm_bindgen(getter)]
    pub fn wants(&self) -> Result<Algorithms, JsError> {
        give(&self.inner.wants().digests)
    }
}

#[wasm_bindgen]
impl Simulator {
    /// An empty content library. The same seed and the same calls give the same bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(options: SimulatorOptions) -> Result<Simulator, JsError> {
        let Options { seed, release, behaviour, accounts } = take(options.into(), "options")?;
        if !(0.0..=SAFE_INTEGER).contains(&seed) || seed.fract() != 0.0 {
            return Err(JsError::new("options.seed must be a whole number from 0 to 2^53 - 1"));
        }
        let accounts = match accounts {
            None => Accounts::Any,
            Some(GivenAccounts(some)) => Accounts::Only(some),
        };
        let simulator = simulator::Simulator::new(seed as u64)
            .with_accounts(accounts)
            .with_release(release.unwrap_or_default())
            .with_behaviour(behaviour.unwrap_or_default());
        Ok(Self { inner: simulator })
    }

    /// Everything in it as JSON text, without API logins and passwords.
    pub fn snapshot(&self) -> String {
        self.inner.snapshot().to_json()
    }

    /// Puts what a snapshot has in the place of everything in it. Its accounts stay, and nobody is
    /// logged in.
    pub fn restore(&mut self, snapshot: &str) -> Result<(), JsError> {
        let snapshot = simulator::Snapshot::from_json(snapshot.as_bytes())?;
        let accounts = self.inner.accounts().clone();
        self.inner = simulator::Simulator::restore(snapshot)?.with_accounts(accounts);
        Ok(())
    }

    /// How long the server's own work takes from now on.
    #[wasm_bindgen(js_name = setPace)]
    pub fn set_pace(&mut self, pace: PaceValue) -> Result<(), JsError> {
        self.inner.set_pace(take::<Pace>(pace.into(), "pace")?);
        Ok(())
    }

    /// Makes up a source for files that the server fetches.
    #[wasm_bindgen(js_name = declareSource)]
    pub fn declare_source(&mut self, uri: String, source: SourceValue) -> Result<(), JsError> {
        self.inner.declare_source(uri, take::<Source>(source.into(), "source")?);
        Ok(())
    }

    /// Arms a fault, behind those that are armed.
    pub fn arm(&mut self, fault: FaultValue) -> Result<(), JsError> {
        Ok(self.inner.arm(take(fault.into(), "fault")?)?)
    }

    /// Disarms all faults. What they did stays.
    pub fn disarm(&mut self) {
        self.inner.disarm();
    }

    /// The conditions that keep a call of this user's from being granted now. None: it is granted.
    #[wasm_bindgen(js_name = whyNot)]
    pub fn why_not(
        &self,
        operation: &str,
        parameters: CallParameters,
        user: &str,
    ) -> Result<UnmetValues, JsError> {
        let call = read_call(operation, parameters)?;
        let unmet = self.inner.why_not(&call, user).into_iter().map(OutgoingUnmet::from);
        give(&unmet.collect::<Vec<_>>())
    }

    /// The shortest way to a state in which the call is granted; null if there is none.
    #[wasm_bindgen(js_name = pathTo)]
    pub fn path_to(
        &self,
        operation: &str,
        parameters: CallParameters,
        user: &str,
    ) -> Result<StepValues, JsError> {
        let call = read_call(operation, parameters)?;
        let path = self.inner.path_to(&call, user);
        give(&path.map(|steps| steps.into_iter().map(step).collect::<Vec<_>>()))
    }

    /// The operations on a session that would be granted now, by their names. None: there is no such
    /// session, or nothing more can be done with it.
    pub fn legal(&self, session: &str) -> Result<OperationNames, JsError> {
        give(&self.inner.legal(&session.into()))
    }

    /// Answers a request. `now` is in milliseconds since 1970, as `Date.now()` gives it.
    pub fn handle(&mut self, request: HttpRequest, now: f64) -> Result<Answer, JsError> {
        let request = read_request(request)?;
        answer(&self.inner.handle(&request, instant(now)?))
    }

    /// Whether a URL is an upload link of this simulator.
    #[wasm_bindgen(js_name = isUpload)]
    pub fn is_upload(url: &str) -> bool {
        simulator::Simulator::is_upload(Request::new(Method::Get, url).path())
    }

    /// Judges an upload by its head. Returns the upload, or the answer that refuses it.
    #[wasm_bindgen(js_name = openUpload, unchecked_return_type = "Upload | Answer")]
    pub fn open_upload(&mut self, head: HttpRequest, now: f64) -> Result<JsValue, JsError> {
        let head = read_request(head)?;
        match self.inner.open_upload(&head, instant(now)?) {
            Ok(inner) => Ok(Upload { inner }.into()),
            Err(refused) => answer(&refused).map(JsValue::from),
        }
    }

    /// Tells how many bytes have arrived in all. False means that the upload is no longer expected.
    pub fn progress(&mut self, upload: &Upload, bytes: f64, now: f64) -> Result<bool, JsError> {
        if !(0.0..=SAFE_INTEGER).contains(&bytes) {
            return Err(JsError::new("bytes must be a whole number from 0 to 2^53 - 1"));
        }
        Ok(self.inner.progress(&upload.inner, bytes as u64, instant(now)?).is_ok())
    }

    /// Ends an upload with what arrived of it.
    #[wasm_bindgen(js_name = closeUpload)]
    pub fn close_upload(
        &mut self,
        upload: &Upload,
        outcome: UploadOutcome,
        now: f64,
    ) -> Result<Answer, JsError> {
        let outcome = plain(&outcome.into(), "outcome")?;
        let outcome = if outcome.get("broken").is_none() {
            Ok(read::<Received>(&outcome, "outcome")?)
        } else {
            Err(match read::<Unfinished>(&outcome, "outcome")?.broken.as_str() {
                "connection-lost" => Broken::ConnectionLost,
                "timed-out" => Broken::TimedOut,
                _ => {
                    let expected = "outcome.broken must be \"connection-lost\" or \"timed-out\"";
                    return Err(JsError::new(expected));
                }
            })
        };
        answer(&self.inner.close_upload(upload.inner.clone(), outcome, instant(now)?))
    }

    /// When something will next happen by itself, in milliseconds since 1970.
    #[wasm_bindgen(js_name = pollTimeout)]
    pub fn poll_timeout(&self) -> Option<f64> {
        self.inner.poll_timeout().map(|at| at.as_millis() as f64)
    }

    /// Makes happen what is due by `now`.
    pub fn advance(&mut self, now: f64) -> Result<Transitions, JsError> {
        give(&self.inner.advance(instant(now)?))
    }
}

fn read_request(request: HttpRequest) -> Result<Request, JsError> {
    let incoming: Incoming = take(request.into(), "request")?;
    let method = incoming.method.to_ascii_uppercase().parse::<Method>()?;
    let headers = incoming.headers.map(|IncomingHeaders(headers)| headers).unwrap_or_default();
    let body = incoming.body.unwrap_or_default().into_bytes();
    Ok(Request { method, url: incoming.url, headers, body })
}

fn answer(handled: &Handled) -> Result<Answer, JsError> {
    let Response { status, headers, body } = &handled.response;
    let disturbance = &handled.disturbance;
    give(&Outgoing {
        status: *status,
        headers,
        body: std::str::from_utf8(body)?,
        transitions: &handled.transitions,
        rule: handled.rule.map(OutgoingRule::from),
        lacks: handled.lacks,
        disturbance: (*disturbance != Disturbance::default()).then(|| OutgoingDisturbance {
            delay: u64::try_from(disturbance.delay.as_millis()).unwrap_or(u64::MAX),
            bytes_per_second: disturbance.bytes_per_second,
            cut_after: disturbance.cut_after,
        }),
    })
}

fn step(step: Step) -> OutgoingStep {
    match step {
        Step::Call(call) => OutgoingStep::Call {
            operation: call.row().full_name(),
            parameters: call.parameters(&Plain),
        },
        Step::Upload { session, file } => {
            OutgoingStep::Upload { session: session.to_string(), file }
        }
        Step::FinishUpload { session, file } => {
            OutgoingStep::FinishUpload { session: session.to_string(), file }
        }
        Step::Wait(until) => OutgoingStep::Wait { until: until.to_string() },
    }
}

/// A call by its name and its parameters, read as strictly as over the wire.
fn read_call(operation: &str, parameters: CallParameters) -> Result<Call, JsError> {
    let row = operations::row_named(operation)
        .ok_or_else(|| JsError::new(&format!("there is no operation {operation:?}")))?;
    let Value::Object(parameters) = plain(&parameters.into(), "parameters")? else {
        return Err(JsError::new("parameters must be an object"));
    };
    Ok(Call::decode(row, &parameters)?)
}

fn instant(now: f64) -> Result<Timestamp, JsError> {
    if now.is_finite() {
        Ok(Timestamp::from_millis(now as i64))
    } else {
        Err(JsError::new("now must be a number of milliseconds, as Date.now() gives it"))
    }
}

fn take<T: Wire>(value: JsValue, what: &str) -> Result<T, JsError> {
    read(&plain(&value, what)?, what)
}

/// A JavaScript value as plain data. It goes through text: serde-wasm-bindgen asks an object for the
/// fields it knows and does not see others.
fn plain(value: &JsValue, what: &str) -> Result<Value, JsError> {
    let text = js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string());
    let text = text.ok_or_else(|| JsError::new(&format!("{what} is missing")))?;
    Ok(serde_json::from_str(&text)?)
}

fn read<T: Wire>(value: &Value, what: &str) -> Result<T, JsError> {
    let misfit = |path: &reading::Path, why: &str| {
        let dot = if path.0.is_empty() { "" } else { "." };
        JsError::new(&format!("{what}{dot}{path} does not fit: {why}"))
    };
    let read = reading::read(value)
        .map_err(|problem| misfit(&problem.path, &problem.problem.to_string()))?;
    match read.unknown.first() {
        Some(path) => Err(misfit(path, "there is no such field")),
        None => Ok(read.value),
    }
}

fn give<T: JsCast>(value: &(impl Serialize + ?Sized)) -> Result<T, JsError> {
    Ok(value.serialize(&Serializer::json_compatible())?.unchecked_into())
}

/// Names every algorithm in the types above; a new one must be added to `types.d.ts`.
#[expect(dead_code, reason = "compiled for its exhaustive match alone")]
fn named_in_types(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Md5 => "MD5",
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    }
}
