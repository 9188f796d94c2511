//! The reference and the simulator side by side, and one step of both.

use accession_core::dialect::Dialect;

use crate::invariants::{Seam, broken};
use crate::reference::{Answer, ItemType, Settings, Step, World};
use crate::script::difference;
use crate::seen::Seen;
use crate::subject::{Disagreement, Reading, Subject, USERS};

#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) world: World,
    pub(crate) subject: Subject,
}

/// What a step led to.
pub(crate) struct Taken {
    pub(crate) there: Pair,
    pub(crate) answer: Answer,
    pub(crate) seen: Seen,
}

impl Pair {
    /// Both follow the same settings.
    pub(crate) fn new(dialect: Dialect, items: &[ItemType], settings: Settings) -> Self {
        Self::of(dialect, items, [settings; 2])
    }

    /// The reference follows the first settings, the simulator the second.
    pub(crate) fn of(dialect: Dialect, items: &[ItemType], settings: [Settings; 2]) -> Self {
        let [reference, simulator] = settings;
        let world = World::new(items, reference);
        Self { world, subject: Subject::new(dialect, items, simulator) }
    }

    /// Everything that clients can read, if both say the same of it.
    pub(crate) fn seen(&mut self, reading: Reading) -> Result<Seen, Disagreement> {
        self.subject.reading = reading;
        let (expected, seen) = (self.world.seen(USERS.len()), self.subject.seen()?);
        let same = expected == seen;
        if same { Ok(seen) } else { Err(Disagreement(difference(&expected, &seen))) }
    }

    /// Takes a step without a look around.
    pub(crate) fn hurry(&mut self, step: &Step) -> Result<Answer, Disagreement> {
        let answer = self.world.step(step);
        self.subject.perform(step, &answer)?;
        self.subject.take_up_fetches(&self.world)?;
        Ok(answer)
    }

    /// Takes a step, and looks at all that can be read after it.
    pub(crate) fn take(&self, step: &Step, before: &Seen) -> Result<Taken, Disagreement> {
        let mut there = self.clone();
        let answer = there.hurry(step)?;
        let seen = there.subject.seen()?;
        let (action, now) = (&step.action, there.world.now);
        let seam = Seam { action, answer: &answer, before, after: &seen, now };
        if let Some(invariant) = broken(&seam) {
            let changes = difference(before, &seen);
            return Err(Disagreement(format!("broken: {invariant}\n{changes}")));
        }
        // What was refused left everything as it was: that is one of the invariants.
        if !matches!(answer, Answer::Refused(_)) {
            let expected = there.world.seen(USERS.len());
            if expected != seen {
                return Err(Disagreement(difference(&expected, &seen)));
            }
        }
        Ok(Taken { there, answer, seen })
    }
}
