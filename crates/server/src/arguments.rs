//! What the program is asked to do, from its command line.
//!
//! It does not do it.

use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use accession_core::behaviour::{Behaviour, NoSuchSetting};
use accession_core::release::{Release, UnknownRelease};
use accession_core::simulator::{Account, Accounts, LoginLimits};
use accession_core::wire::REDACTED;
use accession_server::{
    Admin, AllowedHost, Certificate, Config, DEFAULT_LISTEN, Job, NotAHost, NotAnOrigin, Origin,
    Recipe, Target,
};
use lexopt::prelude::{Long, Short, Value};

use crate::check::{self, Check};
use crate::settings;
use crate::users::{self, UsersError};

const HELP: &str = "\
A vCenter content library on a socket: simulated, or a live one passed on.

Usage: accession-server [OPTIONS]
       accession-server check FILE...   (see accession-server check --help)

With no options it answers from the built-in simulator: any user, any password.

  --listen ADDRESS     where to listen (default 127.0.0.1:8990); port 0 takes
                       any free port; the first line of output tells which
  --page DIR           also serve the built page from DIR, at /
  --public-url URL     where clients reach this server, if a proxy is in front
                       of it; else links follow X-Forwarded-Host, then Host
  --cors ORIGIN        let the pages of this origin use the API; may be repeated
  --tls                speak HTTPS, with a self-signed certificate made at the
                       start; the second line of output tells its thumbprint
  --write-certificate FILE   write that certificate (PEM) for clients to trust
  --certificate FILE   with --tls: show this certificate (PEM) ...
  --key FILE           ... whose private key is this (PEM)
  --quiet              no line per request

The simulator:
  --seed N             the same seed and the same calls give the same answers
                       (default: a new one, told at the start)
  --snapshot FILE      begin with the state in FILE, if it is there, and keep it
                       there at the end; nobody stays logged in
  --profile RELEASE    be of release 9.1 or 8.0 (default: 9.1); this and the
                       settings win over those in the file of --snapshot
  --setting NAME=VALUE   do so where the API's reference is silent; may be
                       repeated; --help-settings lists what there is
  --login-idle MINUTES   an API login ends after so long without a call; 0 is
                       never (default: 30, and 120 with --profile 8.0)
  --login-max MINUTES  an API login ends after so long in all (default: never)
  --allow-pull HOST[:PORT]   really fetch the files of PULL from this host, over
                       http and https, and from no other; may be repeated;
                       without a port it is the usual one
  --admin              let tests steer it: its clock and its seed, and a world
                       of its own for each; GET /accession tells how
  --admin-anywhere     the same, even where other machines can reach it
  --users FILE         let only the users in FILE log in, a JSON list such as
                       [{\"user\": \"me\", \"password\": \"…\", \"privileges\": […]}];
                       without privileges, or with \"all\", a user has them all
  --user NAME          let only this user log in ...
  --password PASSWORD  ... with this password; other users of this machine can
                       see it here, so --users is the better way

A live server instead of the simulator:
  --vcenter URL        forward calls to this server, and nothing else
  --insecure           accept any certificate it shows

  -h, --help           this text
  --help-settings      the settings of the simulator, and what each value means
  -V, --version        the version

The log goes to stderr: time, method, path, status, bytes in and out, and how
long it took.
Ctrl-C stops the server once running requests have been answered.";

/// What the user wants.
#[derive(Debug)]
pub(crate) enum Asked {
    Tell(String),
    Start(Box<Start>),
    Check(Check),
}

/// A server to start.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) config: Config,
    /// What it does, for the first line of output.
    pub(crate) jobs: String,
}

/// Why the arguments cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Misuse {
    #[error("{0}")]
    Syntax(#[from] lexopt::Error),
    #[error("--listen {0:?} is no address; write HOST:PORT, such as 127.0.0.1:8990")]
    Listen(String),
    #[error("--seed {0:?} is no seed; write a whole number from 0 to 18446744073709551615")]
    Seed(String),
    #[error("--allow-pull {0:?} names no host; {1}")]
    NotAHost(String, NotAHost),
    #[error("--profile {0}")]
    Release(#[from] UnknownRelease),
    #[error("{option} {value:?} is no number of minutes; write a whole number, 0 for never")]
    Minutes { option: &'static str, value: String },
    #[error("--setting {0:?} is no setting; write NAME=VALUE, such as expired=shown")]
    NoSetting(String),
    #[error("--setting: {0}; --help-settings tells what they mean")]
    Setting(NoSuchSetting),
    #[error("{option} {value:?} does not name a server: {source}")]
    Origin { option: &'static str, value: String, source: NotAnOrigin },
    #[error("--user and --password go together; give both or neither")]
    HalfAnAccount,
    #[error("--users names all who may log in, and {0} one more; leave one of them out")]
    UsersTwice(&'static str),
    #[error(transparent)]
    Users(#[from] UsersError),
    #[error(
        "--insecure is about the certificate of a live server; add --vcenter https://HOST, or leave it out"
    )]
    NothingToTrust,
    #[error("{0} is for the simulator, and --vcenter replaces it; leave one of them out")]
    NotSimulated(&'static str),
    #[error("{0} is about TLS; add --tls, or leave it out")]
    NoTls(&'static str),
    #[error("--certificate and --key go together; give both or neither")]
    HalfACertificate,
    #[error(
        "--write-certificate is about the certificate that this server makes, and --certificate replaces it; leave one of them out"
    )]
    NotSelfSigned,
    #[error("failed to get a seed from the system: {0}; give one with --seed")]
    NoSeed(getrandom::Error),
    #[error("{0}")]
    Check(lexopt::Error),
    #[error(
        "no file to check; name an OVA, an OVF descriptor or an ISO image, or - for standard input"
    )]
    NothingToCheck,
}

impl Misuse {
    /// The command that tells how it is done.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Check(_) | Self::NothingToCheck => "accession-server check --help",
            _ => "accession-server --help",
        }
    }

    /// How the program ends: the answers of a check are 0, 1 and 2.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Check(_) | Self::NothingToCheck => check::FAILED,
            Self::Users(_) => 1,
            _ => USAGE,
        }
    }
}

/// Bad arguments; anything else that goes wrong is 1.
const USAGE: u8 = 2;

pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Asked, Misuse> {
    let (mut given, mut any) = (Given::default(), false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Asked::Tell(HELP.to_owned())),
            Long("help-settings") => return Ok(Asked::Tell(settings::help())),
            Short('V') | Long("version") => {
                let version = env!("CARGO_PKG_VERSION");
                return Ok(Asked::Tell(format!("accession-server {version}")));
            }
            Long("listen") => given.listen = Some(address(arguments.value()?)?),
            Long("page") => given.page = Some(arguments.value()?.into()),
            Long("public-url") => {
                given.public_url = Some(origin("--public-url", arguments.value()?)?);
            }
            Long("cors") => given.cors.push(origin("--cors", arguments.value()?)?),
            Long("tls") => given.tls = true,
            Long("write-certificate") => given.write_certificate = Some(arguments.value()?.into()),
            Long("certificate") => given.certificate = Some(arguments.value()?.into()),
            Long("key") => given.key = Some(arguments.value()?.into()),
            Long("quiet") => given.quiet = true,
            Long("seed") => given.seed = Some(seed(arguments.value()?)?),
            Long("profile") => given.release = Some(text(arguments.value()?).parse()?),
            Long("login-idle") => {
                given.login_idle = Some(minutes("--login-idle", arguments.value()?)?)
            }
            Long("login-max") => {
                given.login_max = Some(minutes("--login-max", arguments.value()?)?)
            }
            Long("setting") => set(&mut given.settings, text(arguments.value()?))?,
            Long("allow-pull") => given.allow_pull.push(allowed(arguments.value()?)?),
            Long("snapshot") => given.snapshot = Some(arguments.value()?.into()),
            Long("admin") => given.admin = true,
            Long("admin-anywhere") => given.admin_anywhere = true,
            Long("users") => given.users = Some(arguments.value()?.into()),
            Long("user") => given.user = Some(text(arguments.value()?)),
            Long("password") => given.password = Some(text(arguments.value()?)),
            Long("vcenter") => given.vcenter = Some(origin("--vcenter", arguments.value()?)?),
            Long("insecure") => given.insecure = true,
            Value(job) if job == "check" && !any => return check(arguments),
            other => return Err(other.unexpected().into()),
        }
        any = true;
    }
    Ok(Asked::Start(Box::new(given.start()?)))
}

fn check(mut arguments: lexopt::Parser) -> Result<Asked, Misuse> {
    let mut check = Check::default();
    while let Some(argument) = arguments.next().map_err(Misuse::Check)? {
        match argument {
            Short('h') | Long("help") => return Ok(Asked::Tell(check::HELP.to_owned())),
            Long("json") => check.json = true,
            Long("quiet") => check.quiet = true,
            Long("roots") => {
                check.roots = Some(arguments.value().map_err(Misuse::Check)?.into());
            }
            Value(file) => check.files.push(file.into()),
            other => return Err(Misuse::Check(other.unexpected())),
        }
    }
    if check.files.is_empty() { Err(Misuse::NothingToCheck) } else { Ok(Asked::Check(check)) }
}

#[derive(Default)]
struct Given {
    listen: Option<SocketAddr>,
    page: Option<PathBuf>,
    public_url: Option<Origin>,
    cors: Vec<Origin>,
    tls: bool,
    write_certificate: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    quiet: bool,
    seed: Option<u64>,
    release: Option<Release>,
    settings: Option<Behaviour>,
    login_idle: Option<Option<Duration>>,
    login_max: Option<Option<Duration>>,
    snapshot: Option<PathBuf>,
    allow_pull: Vec<AllowedHost>,
    admin: bool,
    admin_anywhere: bool,
    users: Option<PathBuf>,
    user: Option<String>,
    password: Option<String>,
    vcenter: Option<Origin>,
    insecure: bool,
}

impl Given {
    fn start(self) -> Result<Start, Misuse> {
        let page = self.page.as_ref().map(|page| format!(", page from {}", page.display()));
        let (job, what) = match self.vcenter.clone() {
            Some(origin) => self.gateway(origin)?,
            None => self.simulator()?,
        };
        let certificate = self.certificate()?;
        let config = Config {
            admin: self.admin(),
            snapshot: self.snapshot,
            allow_pull: self.allow_pull,
            cors: self.cors,
            certificate,
            listen: self.listen.unwrap_or(DEFAULT_LISTEN),
            page: self.page,
            public_url: self.public_url,
            log: !self.quiet,
            ..Config::new(job)
        };
        Ok(Start { config, jobs: what + &page.unwrap_or_default() })
    }

    fn admin(&self) -> Admin {
        match (self.admin_anywhere, self.admin) {
            (true, _) => Admin::Anybody,
            (false, true) => Admin::ThisMachine,
            (false, false) => Admin::Nobody,
        }
    }

    fn certificate(&self) -> Result<Option<Certificate>, Misuse> {
        let asked = [
            (self.write_certificate.is_some(), "--write-certificate"),
            (self.certificate.is_some(), "--certificate"),
            (self.key.is_some(), "--key"),
        ];
        match asked.into_iter().find(|(given, _)| *given) {
            Some((_, option)) if !self.tls => return Err(Misuse::NoTls(option)),
            _ if !self.tls => return Ok(None),
            _ => {}
        }
        match (self.certificate.clone(), self.key.clone(), self.write_certificate.clone()) {
            (None, None, write_to) => Ok(Some(Certificate::SelfSigned { write_to })),
            (Some(certificate), Some(key), None) => {
                Ok(Some(Certificate::Given { certificate, key }))
            }
            (Some(_), Some(_), Some(_)) => Err(Misuse::NotSelfSigned),
            _ => Err(Misuse::HalfACertificate),
        }
    }

    fn gateway(&self, origin: Origin) -> Result<(Job, String), Misuse> {
        for (given, option) in [
            (self.seed.is_some(), "--seed"),
            (self.release.is_some(), "--profile"),
            (self.settings.is_some(), "--setting"),
            (self.login_idle.is_some(), "--login-idle"),
            (self.login_max.is_some(), "--login-max"),
            (self.snapshot.is_some(), "--snapshot"),
            (!self.allow_pull.is_empty(), "--allow-pull"),
            (self.admin, "--admin"),
            (self.admin_anywhere, "--admin-anywhere"),
            (self.users.is_some(), "--users"),
            (self.user.is_some(), "--user"),
            (self.password.is_some(), "--password"),
        ] {
            if given {
                return Err(Misuse::NotSimulated(option));
            }
        }
        let unchecked = if self.insecure { ", its certificate unchecked" } else { "" };
        let what = format!("forwarding to {origin}{unchecked}");
        Ok((Job::Forward(Target { origin, insecure: self.insecure }), what))
    }

    fn simulator(&self) -> Result<(Job, String), Misuse> {
        if self.insecure {
            return Err(Misuse::NothingToTrust);
        }
        let accounts = match (&self.users, &self.user, &self.password) {
            (Some(_), Some(_), _) => return Err(Misuse::UsersTwice("--user")),
            (Some(_), _, Some(_)) => return Err(Misuse::UsersTwice("--password")),
            (Some(file), None, None) => users::read(file)?,
            (None, Some(user), Some(password)) => {
                Accounts::Only(vec![Account::new(user, password)])
            }
            (None, None, None) => Accounts::Any,
            _ => return Err(Misuse::HalfAnAccount),
        };
        // Most readers of JSON keep whole numbers up to 2^53.
        let chance = || getrandom::u64().map(|bits| bits >> 11);
        let seed = self.seed.map_or_else(chance, Ok).map_err(Misuse::NoSeed)?;
        let admin = if self.admin() == Admin::Nobody { "" } else { ", with admin" };
        let kept = self.snapshot.as_ref().map(|file| format!(", kept in {}", file.display()));
        let mut what = format!("simulator, seed {seed}");
        if let Some(release) = self.release.filter(|release| *release != Release::default()) {
            what += &format!(", release {release}");
        }
        for (name, value) in settings::changed(&self.settings.unwrap_or_default()) {
            what += &format!(", {name}={value}");
        }
        if !self.allow_pull.is_empty() {
            let hosts: Vec<_> = self.allow_pull.iter().map(ToString::to_string).collect();
            what += &format!(", fetching from {}", hosts.join(" and "));
        }
        what += &format!("{}{admin}", kept.unwrap_or_default());
        let (release, behaviour) = (self.release, self.settings);
        let usual = LoginLimits::of(release.unwrap_or_default());
        let limits = LoginLimits {
            idle: self.login_idle.unwrap_or(usual.idle),
            absolute: self.login_max.unwrap_or(usual.absolute),
        };
        let given = self.login_idle.is_some() || self.login_max.is_some();
        let login_limits = given.then_some(limits);
        Ok((Job::Simulate(Recipe { seed, accounts, release, behaviour, login_limits }), what))
    }
}

fn address(value: OsString) -> Result<SocketAddr, Misuse> {
    let value = text(value);
    let first = value.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    first.ok_or(Misuse::Listen(value))
}

fn seed(value: OsString) -> Result<u64, Misuse> {
    let value = text(value);
    value.parse().or(Err(Misuse::Seed(value)))
}

/// A number of minutes; none of them is never.
fn minutes(option: &'static str, value: OsString) -> Result<Option<Duration>, Misuse> {
    let value = text(value);
    let minutes = value.parse::<u32>().map_err(|_| Misuse::Minutes { option, value })?;
    Ok((minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * 60)))
}

fn set(settings: &mut Option<Behaviour>, text: String) -> Result<(), Misuse> {
    let Some((name, value)) = text.split_once('=') else { return Err(Misuse::NoSetting(text)) };
    settings.get_or_insert_default().set(name, value).map_err(Misuse::Setting)
}

fn allowed(value: OsString) -> Result<AllowedHost, Misuse> {
    let value = text(value);
    value.parse().map_err(|why| Misuse::NotAHost(unsecret(&value), why))
}

fn origin(option: &'static str, value: OsString) -> Result<Origin, Misuse> {
    let value = text(value);
    value.parse().map_err(|source| Misuse::Origin { option, value: unsecret(&value), source })
}

/// What was given, as it may be said again: what stands before an @ may be a password.
fn unsecret(value: &str) -> String {
    if value.contains('@') { REDACTED.to_owned() } else { value.to_owned() }
}

fn text(value: OsString) -> String {
    value.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Asked, Misuse> {
        parse(lexopt::Parser::from_args(line.split_whitespace()))
    }

    fn jobs(line: &str) -> String {
        match asked(line) {
            Ok(Asked::Start(start)) => start.jobs,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn tells_what_it_will_do() {
        assert_eq!(jobs("--seed 7"), "simulator, seed 7");
        assert_eq!(jobs("--seed=7 --page dist"), "simulator, seed 7, page from dist");
        assert_eq!(jobs("--seed 7 --snapshot lab.json"), "simulator, seed 7, kept in lab.json");
        assert_eq!(jobs("--seed 7 --admin"), "simulator, seed 7, with admin");
        assert_eq!(jobs("--seed 7 --profile 8.0"), "simulator, seed 7, release 8.0");
        assert_eq!(
            jobs("--seed 7 --profile 9.1 --setting expired=gone --setting reads=activity --admin"),
            "simulator, seed 7, reads=activity, with admin"
        );
        assert_eq!(
            jobs("--seed 7 --allow-pull a.test --allow-pull [::1]:81"),
            "simulator, seed 7, fetching from a.test and [::1]:81"
        );
        assert_ne!(jobs(""), jobs(""), "each start has its own seed");
        assert_eq!(
            jobs("--vcenter https://vc.example --insecure"),
            "forwarding to https://vc.example, its certificate unchecked"
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_remedy() {
        for (line, told, remedy) in [
            ("--lisen x", "--lisen", "invalid option"),
            ("--listen", "--listen", "missing argument"),
            ("extra", "extra", "unexpected argument"),
            ("--listen 8990", "8990", "HOST:PORT"),
            ("--seed -1", "-1", "whole number"),
            ("--profile 7.0", "\"7.0\"", "9.1 nor 8.0"),
            ("--setting expired", "expired", "NAME=VALUE"),
            ("--login-idle soon", "soon", "0 for never"),
            ("--setting colour=blue", "\"colour\"", "there are finished_sessions, "),
            ("--setting expired=soon", "\"soon\"", "gone or shown; --help-settings"),
            ("--vcenter vc.example", "vc.example", "http://"),
            ("--vcenter https://vc.example/ui", "https://vc.example/ui", "leave out"),
            ("--public-url ftp://x", "--public-url", "http://"),
            ("--cors *", "--cors", "http://"),
            ("--cors http://localhost:3000/app", "--cors", "leave out"),
            ("--user me", "--user", "both"),
            ("--users f --user me", "--users", "leave one"),
            ("--users f --password x", "--password", "leave one"),
            ("--users no-such-file", "no-such-file", "--users names"),
            ("--insecure", "--insecure", "--vcenter"),
            ("--key k", "--key", "add --tls"),
            ("--tls --key k", "--certificate", "both"),
            ("--tls --certificate c", "--key", "both"),
            ("--tls --certificate c --key k --write-certificate w", "--write", "leave one"),
            ("--vcenter https://vc.example --seed 1", "--seed", "leave one"),
            ("--allow-pull *", "\"*\"", "each host is named"),
            ("--allow-pull http://mirror.test", "http://mirror.test", "write HOST"),
            ("--vcenter https://vc.example --allow-pull a.test", "--allow-pull", "leave one"),
            ("--vcenter https://vc.example --profile 9.1", "--profile", "leave one"),
            ("--vcenter https://vc.example --setting reads=idle", "--setting", "leave one"),
            ("--vcenter https://vc.example --snapshot x", "--snapshot", "leave one"),
            ("--vcenter https://vc.example --admin", "--admin", "leave one"),
            ("--vcenter https://vc.example --users f", "--users", "leave one"),
        ] {
            let told_of = asked(line).unwrap_err().to_string();
            assert!(told_of.contains(told) && told_of.contains(remedy), "{line}: {told_of}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        for option in ["--vcenter https://", "--allow-pull "] {
            let line = format!("{option}me:hunter2@vc.example");
            let told = asked(&line).unwrap_err().to_string();
            assert!(!told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn help_fits_a_terminal_and_names_every_option() {
        assert!(HELP.lines().all(|line| line.chars().count() <= 80));
        for option in
            "listen page public-url cors tls write-certificate certificate key quiet seed snapshot \
             profile setting help-settings login-idle login-max allow-pull admin \
             admin-anywhere users user password vcenter insecure help version"
                .split(' ')
        {
            assert!(HELP.contains(&format!("--{option}")), "{option}");
        }
    }
}
