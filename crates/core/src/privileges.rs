//! What a user may do: the privileges of vCenter that this API asks for.
//!
//! Which operation needs which stands in the operations table. Libraries hang off the global root of
//! a vCenter, so a privilege counts here for every library or for none. This module does not know
//! who has one.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::keyed;
use crate::reading::{Fit, Reader};
use crate::structure::{Form, Wire};
use crate::through_json;

macro_rules! privileges {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)+) => {
        /// A privilege, by the name that vCenter has for it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Privilege {
            $($(#[$doc])* $name,)+
        }

        impl Privilege {
            /// All that this API asks for.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }
        }
    };
}

privileges! {
    /// To see that a thing is there, and its properties.
    Read = "System.Read",
    /// To create a library with content of its own.
    CreateLocalLibrary = "ContentLibrary.CreateLocalLibrary",
    /// To change the properties of such a library.
    UpdateLocalLibrary = "ContentLibrary.UpdateLocalLibrary",
    /// To change the properties that all libraries have.
    UpdateLibrary = "ContentLibrary.UpdateLibrary",
    /// To delete such a library.
    DeleteLocalLibrary = "ContentLibrary.DeleteLocalLibrary",
    /// To create an item.
    AddLibraryItem = "ContentLibrary.AddLibraryItem",
    /// To change the properties of an item.
    UpdateLibraryItem = "ContentLibrary.UpdateLibraryItem",
    /// To delete an item.
    DeleteLibraryItem = "ContentLibrary.DeleteLibraryItem",
    /// To change the files of an item; the vSphere Client calls it "Update files".
    UpdateSession = "ContentLibrary.UpdateSession",
    /// To see where files lie, and to have them fetched from storage.
    ReadStorage = "ContentLibrary.ReadStorage",
    /// To put files on a datastore.
    AllocateSpace = "Datastore.AllocateSpace",
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no privilege of this API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no privilege that this API asks for")]
pub struct UnknownPrivilege(pub String);

impl FromStr for Privilege {
    type Err = UnknownPrivilege;

    fn from_str(text: &str) -> Result<Self, UnknownPrivilege> {
        let known = Self::ALL.iter().find(|privilege| privilege.as_str() == text);
        known.copied().ok_or_else(|| UnknownPrivilege(text.to_owned()))
    }
}

impl Wire for Privilege {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let expected = "a privilege such as ContentLibrary.UpdateSession";
        *self = reader.text()?.parse().map_err(|_| reader.mismatch(expected))?;
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(self.as_str())
    }

    fn blank() -> Self {
        Self::Read
    }
}

through_json!(Privilege);

/// What the privilege is needed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The call as such.
    Method,
    /// The library that the call names.
    Library,
    /// The item that the call names.
    Item,
    /// The same, of a call that need not name one; then nothing is needed.
    ItemIfNamed,
    /// The datastore of the library's backing.
    Datastore,
}

/// A privilege that an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Which.
    pub privilege: Privilege,
    /// On what.
    pub on: On,
}

/// What a user has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Privileges {
    /// Everything.
    #[default]
    All,
    /// These, on every library.
    Only(BTreeSet<Privilege>),
}

impl Privileges {
    /// Whether the user has it.
    pub fn include(&self, privilege: Privilege) -> bool {
        match self {
            Self::All => true,
            Self::Only(some) => some.contains(&privilege),
        }
    }
}

/// Everything is written as a word.
impl Wire for Privileges {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        *self = match reader.value() {
            Value::String(text) if text == "all" => Self::All,
            Value::Array(_) => Self::Only(keyed::set(Vec::read(reader)?)),
            _ => return Err(reader.mismatch("\"all\" or a list of privileges")),
        };
        Ok(())
    }

    fn write(&self, form: &dyn Form) -> Value {
        match self {
            Self::All => Value::from("all"),
            Self::Only(some) => some.iter().map(|privilege| privilege.write(form)).collect(),
        }
    }

    fn blank() -> Self {
        Self::default()
    }
}

through_json!(Privileges);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for privilege in Privilege::ALL {
            assert_eq!(privilege.as_str().parse(), Ok(*privilege));
        }
        let unknown = "ContentLibrary.updatesession".parse::<Privilege>();
        assert!(unknown.is_err(), "the case of a name matters");
    }

    #[test]
    fn a_user_has_everything_or_what_is_listed() {
        let some = Privileges::Only([Privilege::Read].into());
        assert!(some.include(Privilege::Read) && !some.include(Privilege::UpdateSession));
        for (privileges, json) in [(Privileges::All, r#""all""#), (some, r#"["System.Read"]"#)] {
            let written = serde_json::to_string(&privileges).expect("it is plain data");
            assert_eq!(written, json);
            assert_eq!(serde_json::from_str::<Privileges>(json).ok(), Some(privileges));
        }
        assert!(serde_json::from_str::<Privileges>(r#""some""#).is_err());
    }
}
