//! Faults on purpose: what goes wrong, at which operation, and how often.
//!
//! Chance has a stream of its own, so that a fault that does not happen changes nothing else. What is
//! wrong on the wire is told to the host, which has one; core has none.

use std::time::Duration;

use serde_json::Value;

use super::Simulator;
use crate::error::{ApiError, ErrorType};
use crate::messages;
use crate::model::{LibraryState, LocalizableMessage, LoginToken, SessionId, StateInfo};
use crate::operations;
use crate::reading::{Fit, Reader};
use crate::received::{Broken, Received};
use crate::rules;
use crate::structure;
use crate::structure::{Form, Parts, Wire};

structure! {
    /// A fault that is armed.
    #[derive(Debug, Clone, PartialEq)]
    strict pub struct Fault {
        /// The operation that it befalls, by its name in programs; `upload` for what is sent to a link,
        /// `fetch` for what the server fetches, `any` for every operation.
        pub on: String,
        /// What goes wrong.
        pub effect: Effect,
        /// How many times it lets pass first.
        pub skip: u64 = default,
        /// How many times it happens then; without it, for ever.
        pub count: Option<u64>,
        /// How likely it is each time, from 0 to 1; without it, certain.
        pub probability: Option<f64>,
    }
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The answer comes later: by so many milliseconds, and up to so many more by chance.
    Latency {
        /// At least.
        millis: u64,
        /// More, at most.
        jitter: u64,
    },
    /// The answer comes slowly.
    Bandwidth {
        /// At most.
        bytes_per_second: u64,
    },
    /// The connection ends after so many bytes: of the answer, or of an upload.
    Drop {
        /// Bytes that still pass.
        after: u64,
    },
    /// The connection ends without an answer. The call was made all the same.
    Reset,
    /// The answer is cut in the middle of its JSON.
    Malformed,
    /// The API login has ended, and the call is refused.
    LoginEnded,
    /// The call is refused with this type of error.
    Error(ErrorType),
    /// The storage does not take all of a file, although all of it arrived.
    PipeClosed,
    /// What arrived is something else.
    WrongChecksum,
    /// The storage is full.
    StorageFull,
    /// The adapter of the item's type refuses this file.
    AdapterRefusal {
        /// Which.
        file: String,
    },
    /// The storage behind the libraries is gone.
    BackingVanished,
    /// The libraries are in maintenance.
    Maintenance,
}

/// One of each kind, with nothing in it.
const BLANK: [Effect; 13] = [
    Effect::Latency { millis: 0, jitter: 0 },
    Effect::Bandwidth { bytes_per_second: 0 },
    Effect::Drop { after: 0 },
    Effect::Reset,
    Effect::Malformed,
    Effect::LoginEnded,
    Effect::Error(ErrorType::Error),
    Effect::PipeClosed,
    Effect::WrongChecksum,
    Effect::StorageFull,
    Effect::AdapterRefusal { file: String::new() },
    Effect::BackingVanished,
    Effect::Maintenance,
];

impl Effect {
    /// Its kind, and its fields by their names.
    fn parts(&mut self) -> Parts<'_> {
        match self {
            Self::Latency { millis, jitter } => {
                Parts::of("latency").with("millis", millis).with("jitter", jitter)
            }
            Self::Bandwidth { bytes_per_second } => {
                Parts::of("bandwidth").with("bytes_per_second", bytes_per_second)
            }
            Self::Drop { after } => Parts::of("drop").with("after", after),
            Self::Reset => Parts::of("reset"),
            Self::Malformed => Parts::of("malformed"),
            Self::LoginEnded => Parts::of("login_ended"),
            Self::Error(error_type) => Parts::of("error").with("error_type", error_type),
            Self::PipeClosed => Parts::of("pipe_closed"),
            Self::WrongChecksum => Parts::of("wrong_checksum"),
            Self::StorageFull => Parts::of("storage_full"),
            Self::AdapterRefusal { file } => Parts::of("adapter_refusal").with("file", file),
            Self::BackingVanished => Parts::of("backing_vanished"),
            Self::Maintenance => Parts::of("maintenance"),
        }
    }
}

impl Wire for Effect {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let kind = reader.kind()?;
        *self = BLANK
            .into_iter()
            .filter_map(|mut blank| (blank.parts().kind == kind).then_some(blank))
            .next()
            .ok_or_else(|| reader.mismatch("an effect of a known kind"))?;
        self.parts().fill(reader, &["jitter"])
    }

    fn write(&self, form: &dyn Form) -> Value {
        self.clone().parts().write(form)
    }

    fn blank() -> Self {
        Self::Reset
    }
}

/// What a host is to do to the connection on which an answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Disturbance {
    /// To wait for so long before the answer.
    pub delay: Duration,
    /// To send no faster than this.
    pub bytes_per_second: Option<u64>,
    /// To end the connection after so many bytes.
    pub cut_after: Option<u64>,
}

impl Disturbance {
    fn delay_by(&mut self, millis: u64) {
        self.delay = self.delay.saturating_add(Duration::from_millis(millis));
    }
}

/// A name that no fault can befall.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no operation, nor upload, fetch or any")]
pub struct NoSuchPlace(pub String);

impl Simulator {
    /// Arms a fault, behind those that are armed.
    pub fn arm(&mut self, fault: Fault) -> Result<(), NoSuchPlace> {
        let known = ["upload", "fetch", "any"].contains(&fault.on.as_str())
            || operations::row_named(&fault.on).is_some();
        if !known {
            return Err(NoSuchPlace(fault.on));
        }
        self.faults.push(fault);
        Ok(())
    }

    /// The faults that are armed.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Disarms all faults. What they did stays.
    pub fn disarm(&mut self) {
        self.faults.clear();
    }

    /// Which faults happen here and now.
    fn struck(&mut self, place: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        let chance = &mut self.chance;
        for fault in &mut self.faults {
            let any = fault.on == "any" && !matches!(place, "upload" | "fetch");
            if fault.on != place && !any || fault.count == Some(0) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            let likely = fault.probability.is_none_or(|probability| {
                f64::from(chance.next_u32()) < probability * 4_294_967_296.0
            });
            if likely {
                fault.count = fault.count.map(|count| count - 1);
                effects.push(fault.effect.clone());
            }
        }
        self.faults.retain(|fault| fault.count != Some(0));
        effects
    }

    /// Lets happen to a call what is armed for it.
    pub(super) fn strike(&mut self, place: &str, login: &str) -> Result<(), ApiError> {
        if self.faults.is_empty() {
            return Ok(());
        }
        let mut refusal = None;
        for effect in self.struck(place) {
            match effect {
                Effect::Latency { millis, jitter } => {
                    let more = (u128::from(self.chance.next_u32()) * u128::from(jitter)) >> 32;
                    let more = u64::try_from(more).unwrap_or(jitter);
                    self.disturbance.delay_by(millis.saturating_add(more));
                }
                Effect::Bandwidth { bytes_per_second } => {
                    self.disturbance.bytes_per_second = Some(bytes_per_second.max(1));
                }
                Effect::Drop { after } => self.disturbance.cut_after = Some(after),
                Effect::Reset => self.disturbance.cut_after = Some(0),
                Effect::Malformed => self.malformed = true,
                Effect::LoginEnded => {
                    self.logins.remove(&LoginToken::new(login));
                    refusal = Some(super::access::unauthenticated(rules::FAULT));
                }
                Effect::Error(error_type) => {
                    let message = messages::FAULT.with([error_type.as_str()]);
                    refusal = Some(ApiError::new(error_type, rules::FAULT, message));
                }
                Effect::BackingVanished => {
                    self.libraries.for_each_mut(|library| library.backing_lost = true);
                }
                Effect::Maintenance => self.libraries.for_each_mut(|library| {
                    let state = Some(LibraryState::Maintenance);
                    library.model.state_info = Some(StateInfo { state, message: None });
                }),
                Effect::AdapterRefusal { file } => self.refusing = Some(file),
                // These befall bytes, and a call has none.
                Effect::PipeClosed | Effect::WrongChecksum | Effect::StorageFull => {}
            }
        }
        refusal.map_or(Ok(()), Err)
    }

    /// Lets happen to what arrived of a file what is armed for it. The message is why the storage did
    /// not take it, although it arrived.
    pub(super) fn strike_bytes(
        &mut self,
        place: &str,
        id: &SessionId,
        name: &str,
        outcome: &mut Result<Received, Broken>,
    ) -> Option<LocalizableMessage> {
        if self.faults.is_empty() {
            return None;
        }
        let folder = self.sessions.get(id)?.folder.clone();
        let mut lost = None;
        for effect in self.struck(place) {
            match (effect, &mut *outcome) {
                (Effect::PipeClosed, Ok(_)) => {
                    lost = Some(messages::PIPE_CLOSED.with([name, &format!("{folder}/{name}")]));
                }
                (Effect::StorageFull, Ok(_)) => {
                    lost = Some(messages::STORAGE_FULL.with([name, &format!("{folder}/{name}")]));
                }
                (Effect::WrongChecksum, Ok(received)) => {
                    for digest in received.digests.values_mut() {
                        let other = |c| if c == '0' { 'f' } else { '0' };
                        *digest = digest.chars().map(other).collect();
                    }
                }
                (Effect::Drop { .. } | Effect::Reset, _) => {
                    *outcome = Err(Broken::ConnectionLost);
                    self.disturbance.cut_after = Some(0);
                }
                (Effect::Latency { millis, .. }, _) => {
                    self.disturbance.delay_by(millis);
                }
                _ => {}
            }
        }
        lost
    }
}
