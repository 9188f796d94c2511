//! The named settings of a simulator: where the reference is silent, and another reading would lead a
//! client to different code. What is silent and makes no such difference is fixed, and its rule says
//! that it is assumed.
//!
//! The first value of each setting is its default. Where nothing is known, that is the stricter one, so
//! that a program which passes here passes elsewhere too. This module does not know how a setting is followed.

use std::fmt;

use serde_json::{Map, Value};

use crate::reading::{Fit, Reader};
use crate::structure::{Form, Wire};
use crate::through_json;

/// What is known of a setting, for people.
#[derive(Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it decides, in one sentence.
    pub sentence: &'static str,
    /// What is known, and what is not.
    pub source: &'static str,
    /// Its values with what each of them means; the default is the first.
    pub values: &'static [(&'static str, &'static str)],
}

/// What a program needs of a setting. Apart from what people are told, which not every program has a use for.
struct Choice {
    name: &'static str,
    words: &'static [&'static str],
    get: fn(&Behaviour) -> usize,
    set: fn(&mut Behaviour, usize),
}

macro_rules! settings {
    ($(
        $(#[doc = $sentence:literal])+
        $name:ident: $type:ident, $source:literal {
            $($(#[doc = $doc:literal])+ $value:ident = $word:literal,)+
        }
    )+) => {
        $(
            $(#[doc = $sentence])+
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum $type {
                $($(#[doc = $doc])+ $value,)+
            }

            impl Default for $type {
                fn default() -> Self {
                    [$(Self::$value),+][0]
                }
            }
        )+

        /// One value of each setting.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Behaviour {
            $($(#[doc = $sentence])+ pub $name: $type,)+
        }

        /// Every setting.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            sentence: concat!($($sentence),+).trim_ascii(),
            source: $source,
            values: &[$(($word, concat!($($doc),+).trim_ascii())),+],
        }),+];

        const CHOICES: &[Choice] = &[$(Choice {
            name: stringify!($name),
            words: &[$($word),+],
            get: |behaviour| behaviour.$name as usize,
            set: |behaviour, index| behaviour.$name = [$($type::$value),+][index],
        }),+];
    };
}

settings! {
    /// Whether the list of update sessions has those that have ended.
    finished_sessions: FinishedSessions, "the list is said to cover all sessions that the caller created" {
        /// All that are not deleted.
        Listed = "listed",
        /// Only those that are ACTIVE.
        Unlisted = "unlisted",
    }

    /// What an update does to the warning behavior that was there.
    warning_behavior_update: WarningBehaviorUpdate, "update is said to change only the given fields; of the entries of a list it says nothing" {
        /// The new list takes its place.
        Replaced = "replaced",
        /// Each entry takes the place of the one of its type; the others stay.
        Merged = "merged",
    }

    /// What complete does with a warning that nobody said to ignore.
    unignored_warning: UnignoredWarning, "the session is said to fail at completion; how that is answered is not" {
        /// It is refused, and the session is in ERROR.
        Fails = "fails",
        /// It is refused, and the session stays ACTIVE.
        Refused = "refused",
    }

    /// What keep-alive does with a progress below 0 or above 100.
    progress_violation: ProgressViolation, "the maximum is documented, and no error is declared for it" {
        /// It is an INVALID_ARGUMENT.
        Refused = "refused",
        /// The nearest end of the range is taken.
        Ignored = "ignored",
    }

    /// Whether the files of an ended session can be read.
    files_of_ended: FilesOfEnded, "no guard is documented" {
        /// They can.
        Readable = "readable",
        /// They are NOT_ALLOWED_IN_CURRENT_STATE.
        Refused = "refused",
    }

    /// What add does with source type NONE.
    source_none: SourceNone, "the value is legal for the type, and its effect is not described" {
        /// It is an INVALID_ARGUMENT.
        Refused = "refused",
        /// The item's own file of that name is as if the session had not touched it.
        Restores = "restores",
    }

    /// What a second upload to the link of a READY file does.
    upload_again: UploadAgain, "not documented" {
        /// It replaces the first one.
        Replaces = "replaces",
        /// It is refused; the file has to be added again.
        Refused = "refused",
    }

    /// Whether an upload needs the token of an API login.
    upload_login: UploadLogin, "most of the vendor's samples send none, and one client is known to send it" {
        /// The link is the key.
        Unneeded = "unneeded",
        /// It needs both.
        Needed = "needed",
    }

    /// What a wrong size or checksum does.
    wrong_content: WrongContent, "a mismatch is said to fail the upload; whether the session too is not said" {
        /// The file is in ERROR and can be added again.
        FailsFile = "fails_file",
        /// The session is in ERROR.
        FailsSession = "fails_session",
    }

    /// Whether reading a session keeps it from expiring.
    reads: Reads, "keep-alive is the documented way, and nothing is said of reads" {
        /// It does not.
        Idle = "idle",
        /// It does.
        Activity = "activity",
    }

    /// What is seen of a session that has expired.
    expired: Expired, "it is said to be deleted; when is not" {
        /// Nothing.
        Gone = "gone",
        /// It is in ERROR, for as long as an ended session is kept.
        Shown = "shown",
    }

    /// When an item takes its next session.
    next_session: NextSession, "the description speaks of an active session, the error text of another one" {
        /// Once none is ACTIVE.
        AfterActive = "after_active",
        /// Once the one before is deleted.
        AfterDeleted = "after_deleted",
    }

    /// How descriptor, manifest and certificate are known.
    extensions: Extensions, "not described" {
        /// By their extensions, in any case.
        AnyCase = "any_case",
        /// By their extensions in lower case.
        LowerCase = "lower_case",
    }

    /// What an item keeps of an OVA.
    stored_ova: StoredOva, "messages name the OVA as the session's file and its members as the files written" {
        /// Its members.
        Members = "members",
        /// The archive itself.
        Archive = "archive",
    }

    /// Whether a library may have two items of the same name.
    item_names: ItemNames, "the field text says that it may, and real servers refuse it" {
        /// It may not.
        Unique = "unique",
        /// It may.
        Repeatable = "repeatable",
    }

    /// When the server begins to fetch a file.
    pull_start: PullStart, "clients were seen to wait for ever for the end of a fetch before complete" {
        /// Once the file is added.
        AtAdd = "at_add",
        /// Once complete is called.
        AtComplete = "at_complete",
    }

    /// Whether a source may be a `file` URI.
    file_scheme: FileScheme, "the text on source types names it, the one on endpoints does not" {
        /// It may.
        Accepted = "accepted",
        /// It is an INVALID_ARGUMENT.
        Refused = "refused",
    }
}

impl Behaviour {
    /// The value of a setting, by name.
    pub fn get(&self, name: &str) -> Option<&'static str> {
        CHOICES.iter().find(|choice| choice.name == name).map(|choice| choice.word(self))
    }

    /// Changes a setting, by name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), NoSuchSetting> {
        let Some(choice) = CHOICES.iter().find(|choice| choice.name == name) else {
            return Err(NoSuchSetting::Name(name.to_owned()));
        };
        let Choice { name, words, .. } = choice;
        let Some(index) = words.iter().position(|word| *word == value) else {
            return Err(NoSuchSetting::Value { name, words, value: value.to_owned() });
        };
        (choice.set)(self, index);
        Ok(())
    }
}

impl Choice {
    fn word(&self, behaviour: &Behaviour) -> &'static str {
        self.words[(self.get)(behaviour)]
    }
}

/// A setting, or a value of one, that there is not.
#[derive(Debug)]
pub enum NoSuchSetting {
    /// No setting has this name.
    Name(String),
    /// The setting has no such value.
    Value {
        /// Which.
        name: &'static str,
        /// Those that it has.
        words: &'static [&'static str],
        /// What was given.
        value: String,
    },
}

impl fmt::Display for NoSuchSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => {
                let known: Vec<_> = CHOICES.iter().map(|choice| choice.name).collect();
                write!(f, "there is no setting {name:?}; there are {}", known.join(", "))
            }
            Self::Value { name, words, value } => {
                write!(f, "{name} is not {value:?} but {}", words.join(" or "))
            }
        }
    }
}

impl std::error::Error for NoSuchSetting {}

/// An object with those that are not the default.
impl Wire for Behaviour {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        reader.entries(&mut |name, value| {
            let told = |error: NoSuchSetting| value.misfit(error.to_string());
            self.set(name, value.text()?).map_err(told)
        })
    }

    fn write(&self, _: &dyn Form) -> Value {
        let differing = CHOICES.iter().filter(|choice| (choice.get)(self) != 0);
        let fields = differing.map(|choice| (choice.name.to_owned(), choice.word(self).into()));
        Value::Object(fields.collect::<Map<_, _>>())
    }

    fn blank() -> Self {
        Self::default()
    }
}

through_json!(Behaviour);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_can_be_set_and_read_back() {
        for setting in SETTINGS {
            assert!(
                setting.sentence.ends_with('.') && setting.values.len() > 1,
                "{}",
                setting.name
            );
            for (index, (word, _)) in setting.values.iter().enumerate() {
                let mut behaviour = Behaviour::default();
                behaviour.set(setting.name, word).expect("it is one of its values");
                assert_eq!(behaviour.get(setting.name), Some(*word));
                let json = serde_json::to_value(behaviour).expect("plain data");
                let expected = if index == 0 { json!({}) } else { json!({ setting.name: word }) };
                assert_eq!(json, expected);
                assert_eq!(serde_json::from_value(json).ok(), Some(behaviour));
            }
        }
    }

    #[test]
    fn what_is_not_a_setting_is_told_with_what_is() {
        let told =
            |json: Value| serde_json::from_value::<Behaviour>(json).expect_err("no").to_string();
        assert!(
            told(json!({"colour": "blue"})).contains("\"colour\"; there are finished_sessions, ")
        );
        let value = told(json!({"expired": "soon"}));
        assert_eq!(value, "expired is not \"soon\" but gone or shown");
    }
}
