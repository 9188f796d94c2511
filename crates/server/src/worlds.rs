//! Worlds: simulators side by side, each with contents and a clock of its own, and which of them a
//! request is for.
//!
//! It does not know what is asked of them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use accession_core::behaviour::Behaviour;
use accession_core::release::Release;
use accession_core::simulator::{Accounts, LoginLimits, Simulator};
use hyper::StatusCode;
use hyper::header::HeaderName;
use hyper::http::request::Parts;
use tokio::task::spawn_blocking;

use crate::Limits;
use crate::fetcher::Fetcher;
use crate::simulation::Simulation;
use crate::state::{Kept, SnapshotError};

/// The header that names a world. A path can, too.
pub(crate) const WORLD: HeaderName = HeaderName::from_static("accession-world");

const PREFIX: &str = "/worlds/";

const NAME_LENGTH: usize = 64;

/// How every simulator of this server begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// What identifiers, tokens and links are made from.
    pub seed: u64,
    /// Who may log in.
    pub accounts: Accounts,
    /// The release that they are of. Where none is given, it is what a file has that one begins
    /// with, or else the latest.
    pub release: Option<Release>,
    /// The settings that they follow, in the same way.
    pub behaviour: Option<Behaviour>,
    /// How long API logins last. Where nothing is given, as long as they are said to in the release.
    pub login_limits: Option<LoginLimits>,
}

impl Recipe {
    /// For anybody, with any password.
    pub fn new(seed: u64) -> Self {
        Self { seed, accounts: Accounts::Any, release: None, behaviour: None, login_limits: None }
    }

    /// A simulator as it is asked for here.
    fn applied_to(&self, simulator: Simulator) -> Simulator {
        let release = self.release.unwrap_or(simulator.release());
        let behaviour = self.behaviour.unwrap_or(*simulator.behaviour());
        let limits = self.login_limits.unwrap_or(LoginLimits::of(release));
        simulator.with_release(release).with_behaviour(behaviour).with_login_limits(limits)
    }
}

/// A world's name; it can be written as it is in a path and in a header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(String);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Name {
    fn new(text: &str) -> Result<Self, Misplaced> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let fits = (1..=NAME_LENGTH).contains(&text.len()) && text.bytes().all(is_plain);
        // A path with dots alone is another path for many clients.
        let only_dots = text.bytes().all(|byte| byte == b'.');
        if fits && !only_dots { Ok(Self(text.to_owned())) } else { Err(Misplaced::Name) }
    }

    /// The path under which its world is served.
    fn mount(&self) -> String {
        format!("{PREFIX}{self}")
    }
}

/// Why a request is in no world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Misplaced {
    #[error(
        "a world's name has 1 to 64 characters, which are letters, digits, and . _ - (and not dots alone), in /worlds/NAME/… or in the header accession-world"
    )]
    Name,
    #[error(
        "the path names the world {0:?}, and the header accession-world {1:?}; leave one of them out"
    )]
    Two(String, String),
    #[error("the header accession-world is there more than once; leave all but one out")]
    Again,
    #[error("there are {0} worlds already; forget one with DELETE /worlds/NAME/accession")]
    Full(usize),
}

impl Misplaced {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Name | Self::Two(..) | Self::Again => StatusCode::BAD_REQUEST,
            // No client tries that again by itself.
            Self::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
        }
    }
}

/// Which world a request is for, and what is asked for in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// `None` is the world that has no name.
    pub(crate) world: Option<Name>,
    /// Path and query inside the world.
    pub(crate) target: &'a str,
}

impl<'a> Place<'a> {
    /// In a server with one world.
    pub(crate) fn only(head: &'a Parts) -> Self {
        Self { world: None, target: target(head) }
    }

    pub(crate) fn of(head: &'a Parts) -> Result<Self, Misplaced> {
        let mut named = head.headers.get_all(WORLD).iter();
        let header = named.next().map(|value| Name::new(value.to_str().unwrap_or_default()));
        if named.next().is_some() {
            return Err(Misplaced::Again);
        }
        let header = header.transpose()?;
        let Some((text, target)) = split(target(head)) else {
            return Ok(Self { world: header, target: target(head) });
        };
        let name = Name::new(text)?;
        match header {
            Some(other) if other != name => Err(Misplaced::Two(name.0, other.0)),
            _ => Ok(Self { world: Some(name), target }),
        }
    }

    pub(crate) fn path(&self) -> &'a str {
        self.target.split('?').next().unwrap_or_default()
    }
}

fn target(head: &Parts) -> &str {
    head.uri.path_and_query().map_or("/", |target| target.as_str())
}

/// The name of a world in a path, and what follows it.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(PREFIX)?;
    Some(rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())))
}

type Map = BTreeMap<Option<Name>, Arc<Simulation>>;

/// All worlds of a server: the one that has no name, and those that were named.
pub(crate) struct Worlds {
    recipe: Recipe,
    /// Who fetches files for them, if anybody does.
    fetcher: Option<Arc<Fetcher>>,
    limits: Limits,
    worlds: Mutex<Map>,
    /// The file that the world without a name is kept in.
    kept: Option<Arc<Kept>>,
}

impl Worlds {
    /// The world without a name begins with what is in the file, if there is one.
    pub(crate) fn new(
        recipe: Recipe,
        limits: &Limits,
        file: Option<PathBuf>,
        fetcher: Option<Arc<Fetcher>>,
    ) -> Result<Self, SnapshotError> {
        let (kept, state) = file.map(Kept::open).transpose()?.unzip();
        let kept = kept.map(Arc::new);
        let (limits, all) = (limits.clone(), Mutex::default());
        let worlds = Self { recipe, fetcher, limits, worlds: all, kept };
        let unnamed = match state.flatten() {
            Some(state) => worlds.resume(None, worlds.recipe.applied_to(state)),
            None => worlds.begin(None, worlds.recipe.seed),
        };
        worlds.all().insert(None, unnamed);
        Ok(worlds)
    }

    /// The world of this name. It begins when it is first asked for.
    pub(crate) fn get(&self, name: Option<&Name>) -> Result<Arc<Simulation>, Misplaced> {
        let mut worlds = self.all();
        let place = self.place(&mut worlds, name)?;
        Ok(place.or_insert_with(|| self.begin(name, self.recipe.seed)).clone())
    }

    /// Lets a world begin anew. Uploads that still run in the old one end there; what is fetched for it
    /// stops.
    pub(crate) fn reset(
        &self,
        name: Option<&Name>,
        seed: Option<u64>,
    ) -> Result<Arc<Simulation>, Misplaced> {
        let mut worlds = self.all();
        let begun = self.begin(name, seed.unwrap_or(self.recipe.seed));
        replace(self.place(&mut worlds, name)?, begun.clone());
        Ok(begun)
    }

    /// Puts a state in the place of what is in a world, in the same way.
    pub(crate) fn restore(&self, name: Option<&Name>, state: Simulator) -> Result<(), Misplaced> {
        let mut worlds = self.all();
        replace(self.place(&mut worlds, name)?, self.resume(name, state));
        Ok(())
    }

    /// Writes the file of the world without a name, and tells how many bytes it has; `None` if it
    /// has no file.
    pub(crate) async fn keep(&self) -> Option<Result<usize, SnapshotError>> {
        let kept = self.kept.clone()?;
        let world = self.all().get(&None)?.clone();
        let writing = spawn_blocking(move || kept.write(&world));
        Some(writing.await.unwrap_or_else(|failed| resume_unwind(failed.into_panic())))
    }

    /// Where a world is, or can be.
    fn place<'a>(
        &self,
        worlds: &'a mut Map,
        name: Option<&Name>,
    ) -> Result<Entry<'a, Option<Name>, Arc<Simulation>>, Misplaced> {
        let named = worlds.len() - 1;
        match worlds.entry(name.cloned()) {
            Entry::Vacant(_) if named >= self.limits.worlds => Err(Misplaced::Full(named)),
            place => Ok(place),
        }
    }

    /// Forgets a world; `false` if there is none of this name.
    pub(crate) fn forget(&self, name: &Name) -> bool {
        let forgotten = self.all().remove(&Some(name.clone()));
        forgotten.inspect(|world| world.retire()).is_some()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.all().keys().flatten().map(ToString::to_string).collect()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    fn begin(&self, name: Option<&Name>, seed: u64) -> Arc<Simulation> {
        self.resume(name, self.recipe.applied_to(Simulator::new(seed)))
    }

    fn resume(&self, name: Option<&Name>, simulator: Simulator) -> Arc<Simulation> {
        let mount = name.map_or_else(String::new, Name::mount);
        let simulator = simulator.with_accounts(self.recipe.accounts.clone()).with_mount(mount);
        Simulation::new(simulator, &self.limits, self.fetcher.clone())
    }

    fn all(&self) -> MutexGuard<'_, Map> {
        self.worlds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a world in the place of another, if there is one.
fn replace(place: Entry<'_, Option<Name>, Arc<Simulation>>, world: Arc<Simulation>) {
    match place {
        Entry::Occupied(mut place) => place.insert(world).retire(),
        Entry::Vacant(place) => drop(place.insert(world)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(target: &str, header: &[&str]) -> Result<(Option<String>, String), Misplaced> {
        let mut request = hyper::Request::builder().uri(target);
        for value in header {
            request = request.header(WORLD, *value);
        }
        let (head, ()) = request.body(()).expect("a request").into_parts();
        let place = Place::of(&head)?;
        Ok((place.world.map(|name| name.0), place.target.to_owned()))
    }

    #[test]
    fn a_world_is_named_by_the_path_or_by_a_header() {
        let found =
            |world: Option<&str>, target: &str| Ok((world.map(str::to_owned), target.to_owned()));
        assert_eq!(place("/api/x?y=/worlds/a", &[]), found(None, "/api/x?y=/worlds/a"));
        assert_eq!(place("/worlds/a.B_-9/api/x?y", &[]), found(Some("a.B_-9"), "/api/x?y"));
        assert_eq!(place("http://h/worlds/a?y", &[]), found(Some("a"), "?y"));
        assert_eq!(place("/worlds/a", &["a"]), found(Some("a"), ""));
        assert_eq!(place("/api/x", &["a"]), found(Some("a"), "/api/x"));
        assert_eq!(place("/worldsx/a", &[]), found(None, "/worldsx/a"));
        let two = Misplaced::Two("a".to_owned(), "b".to_owned());
        assert_eq!(place("/worlds/a/api", &["b"]), Err(two));
        assert_eq!(place("/api", &["a", "a"]), Err(Misplaced::Again));
    }

    #[test]
    fn a_name_is_short_and_plain() {
        let long = "x".repeat(65);
        for name in ["", ".", "..", "a%2fb", "a:b", "%C3%A9", "a+b", long.as_str()] {
            assert_eq!(place(&format!("/worlds/{name}/api"), &[]), Err(Misplaced::Name), "{name}");
            assert_eq!(place("/api", &[name]), Err(Misplaced::Name), "{name}");
        }
        assert!(place("/worlds/...a/api", &["...a"]).is_ok());
        assert!(place("/api", &[&long[1..]]).is_ok());
    }
}
