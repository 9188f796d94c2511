//! Who may log in, read from a file.
//!
//! It does not know what a privilege is for. What is in the file stands in no error, since a password
//! may be where something else belongs: an error tells the place.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use accession_core::privileges::Privilege;
use accession_core::reading::{self, Misfit, Problem, Read, Step};
use accession_core::simulator::{Account, Accounts};
use serde_json::Value;

/// What such a file says.
const EXAMPLE: &str =
    r#"[{"user": "NAME", "password": "PASSWORD", "privileges": ["System.Read"]}]"#;

/// Why a file tells no users.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsersError {
    #[error("failed to read {}: {source}; --users names a JSON file that this user may read", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("{} is not JSON: {source}; write {EXAMPLE}", file.display())]
    NotJson { file: PathBuf, source: serde_json::Error },
    #[error("{} does not fit{place}: {why}", file.display())]
    Misfit { file: PathBuf, place: Place, why: String },
}

/// Where in the file, if it is not all of it.
#[derive(Debug)]
pub(crate) struct Place(reading::Path);

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.0.is_empty() { Ok(()) } else { write!(f, " at {}", self.0) }
    }
}

/// Reads a file, strictly.
pub(crate) fn read(file: &Path) -> Result<Accounts, UsersError> {
    let file = file.to_owned();
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(source) => return Err(UsersError::Unreadable { file, source }),
    };
    let value = match serde_json::from_slice(&text) {
        Ok(value) => value,
        Err(source) => return Err(UsersError::NotJson { file, source }),
    };
    users(&value).map(Accounts::Only).map_err(|(place, why)| {
        let place = Place(place);
        UsersError::Misfit { file, place, why }
    })
}

fn users(value: &Value) -> Result<Vec<Account>, (reading::Path, String)> {
    let read = reading::read::<Vec<Account>>(value).map_err(|misfit| {
        let why = why(&misfit);
        (misfit.path, why)
    })?;
    let Read { value: users, unknown } = read;
    if let Some(path) = unknown.into_iter().next() {
        let why = "there is no such field; those that there are: user, password, privileges";
        return Err((path, why.to_owned()));
    }
    if users.is_empty() {
        let why = format!("it names nobody; write {EXAMPLE}, or leave out --users to let anybody");
        return Err((reading::Path::default(), why));
    }
    let mut names = BTreeSet::new();
    for (index, account) in users.iter().enumerate() {
        let why = match account.user.as_str() {
            "" => "a user has a name",
            // HTTP Basic ends a name there.
            name if name.contains(':') => "a name has no colon",
            name if !names.insert(name) => "the list has this user already; leave one of them out",
            _ => continue,
        };
        let place = vec![Step::Element(index), Step::Field("user".to_owned())];
        return Err((reading::Path(place), why.to_owned()));
    }
    Ok(users)
}

/// In words that do not repeat what is there, as those of the problem would.
fn why(misfit: &Misfit) -> String {
    if let Problem::Missing(field) = &misfit.problem {
        return format!("{field} is missing; write {EXAMPLE}");
    }
    let expected = match misfit.path.0.as_slice() {
        [] => "a list",
        [_] => "an object",
        [_, Step::Field(name)] if name == "privileges" => "\"all\" or a list",
        [_, _] => "a string",
        _ => return format!("expected one of {}", privileges()),
    };
    format!("expected {expected}; write {EXAMPLE}")
}

fn privileges() -> String {
    let names: Vec<_> = Privilege::ALL.iter().map(|privilege| privilege.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use accession_core::privileges::Privileges;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_has_all_privileges_or_those_that_are_listed() {
        let list = json!([
            { "user": "all", "password": "1" },
            { "user": "all as well", "password": "2", "privileges": "all" },
            { "user": "some", "password": "3", "privileges": ["System.Read", "System.Read"] },
            { "user": "none", "password": "", "privileges": [] },
        ]);
        let expected = [
            ("all", "1", Privileges::All),
            ("all as well", "2", Privileges::All),
            ("some", "3", Privileges::Only([Privilege::Read].into())),
            ("none", "", Privileges::Only([].into())),
        ];
        let expected = expected.map(|(user, password, privileges)| Account {
            privileges,
            ..Account::new(user, password)
        });
        assert_eq!(users(&list).unwrap(), expected);
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_place() {
        for (list, place, remedy) in [
            (json!({ "me": "hunter2" }), "", EXAMPLE),
            (json!([]), "", "leave out --users"),
            (json!(["me:hunter2"]), "[0]", EXAMPLE),
            (json!([{ "user": "hunter2" }]), "[0]", "password is missing"),
            (json!([{ "user": "me", "password": ["hunter2"] }]), "[0].password", "a string"),
            (json!([{ "user": 7, "password": "hunter2" }]), "[0].user", "a string"),
            (json!([{ "user": "", "password": "hunter2" }]), "[0].user", "name"),
            (json!([{ "user": "me:hunter2", "password": "" }]), "[0].user", "colon"),
            (
                json!([{ "user": "a", "password": "hunter2", "privileges": "hunter2" }]),
                "[0].privileges",
                "\"all\" or a list",
            ),
            (
                json!([
                    { "user": "a", "password": "" },
                    { "user": "b", "password": "", "privileges": ["System.Read", "hunter2"] },
                ]),
                "[1].privileges[1]",
                "System.Read, ContentLibrary.CreateLocalLibrary",
            ),
            (
                json!([{ "user": "a", "password": "", "pass": "hunter2" }]),
                "[0].pass",
                "user, password, privileges",
            ),
            (
                json!([
                    { "user": "hunter2", "password": "a" },
                    { "user": "hunter2", "password": "b" },
                ]),
                "[1].user",
                "leave one of them out",
            ),
        ] {
            let (path, why) = users(&list).unwrap_err();
            assert_eq!(path.to_string(), place, "{list}");
            assert!(why.contains(remedy) && !why.contains("hunter2"), "{list}: {why}");
        }
    }

    #[test]
    fn a_file_is_named_with_what_is_wrong_with_it() {
        let missing = read(Path::new("no-such-directory/users.json")).unwrap_err().to_string();
        assert!(missing.starts_with("failed to read no-such-directory/users.json: "), "{missing}");
        assert!(missing.ends_with("; --users names a JSON file that this user may read"));
        // Any text file that is there.
        let other = read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")));
        let other = other.unwrap_err().to_string();
        assert!(other.contains("Cargo.toml is not JSON: "), "{other}");
        assert!(other.contains("line 1") && other.contains(EXAMPLE), "{other}");
        let misfit = |place| UsersError::Misfit {
            file: "users.json".into(),
            place: Place(reading::Path(place)),
            why: "why".to_owned(),
        };
        assert_eq!(misfit(Vec::new()).to_string(), "users.json does not fit: why");
        let place = vec![Step::Element(0), Step::Field("user".to_owned())];
        assert_eq!(misfit(place).to_string(), "users.json does not fit at [0].user: why");
    }
}
