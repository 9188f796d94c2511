//! Who may log in, who a request comes from, and what they may do.
//!
//! It does not know what is asked for.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Caller, Simulator};
use crate::dialect::SESSION_HEADER;
use crate::error::{ApiError, ErrorType};
use crate::messages;
use crate::model::LoginToken;
use crate::operations::Row;
use crate::privileges::{Privilege, Privileges};
use crate::release::Release;
use crate::rules::{self, RuleRef};
use crate::structure;
use crate::time::Timestamp;
use crate::wire::Request;

/// Who may log in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Accounts {
    /// Anybody, with any password, and with all privileges.
    #[default]
    Any,
    /// These users.
    Only(Vec<Account>),
}

structure! {
    /// A user. Hosts read users; nobody writes them.
    #[derive(Clone, PartialEq, Eq)]
    strict pub struct Account {
        /// The name.
        pub user: String,
        /// The password.
        pub password: String,
        /// What the user may do.
        pub privileges: Privileges = default,
    }
}

impl Account {
    /// A user with all privileges.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into(), privileges: Privileges::All }
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut account = f.debug_struct("Account");
        account.field("user", &self.user).field("privileges", &self.privileges);
        account.finish_non_exhaustive()
    }
}

impl Accounts {
    fn accept(&self, user: &str, password: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(accounts) => {
                accounts.iter().any(|known| known.user == user && known.password == password)
            }
        }
    }

    fn allow(&self, user: &str, privilege: Privilege) -> bool {
        match self {
            Self::Any => true,
            Self::Only(accounts) => {
                let mut known = accounts.iter().filter(|account| account.user == user);
                known.any(|account| account.privileges.include(privilege))
            }
        }
    }
}

/// How long an API login lasts. That there are limits is documented, how long they are is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoginLimits {
    /// Without a call. `None`: for ever.
    pub idle: Option<Duration>,
    /// In all. `None`: for ever.
    pub absolute: Option<Duration>,
}

impl LoginLimits {
    /// Those that vendor articles name for a release: 30 minutes without a call, 120 for 8.0.
    pub fn of(release: Release) -> Self {
        let minutes = if release == Release::V8_0 { 120 } else { 30 };
        Self { idle: Some(Duration::from_secs(minutes * 60)), absolute: None }
    }
}

/// An API login.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) created: Timestamp,
    pub(super) last_accessed: Timestamp,
}

impl Login {
    fn has_ended(&self, limits: LoginLimits, now: Timestamp) -> bool {
        let over =
            |limit: Option<Duration>, since| limit.is_some_and(|limit| now.since(since) >= limit);
        over(limits.idle, self.last_accessed) || over(limits.absolute, self.created)
    }
}

/// By what a request says who sends it.
pub(crate) enum Credentials<'a> {
    /// User and password, to log in.
    Basic(Option<(String, String)>),
    /// The token of an API login.
    Token(Option<&'a str>),
}

impl<'a> Credentials<'a> {
    /// Those that an operation asks for, from where HTTP has them.
    pub(crate) fn of(row: &Row, request: &'a Request) -> Self {
        if row.opens_login() {
            Self::Basic(basic_credentials(request))
        } else {
            Self::token_of(request)
        }
    }

    /// The token, if one is given.
    pub(crate) fn token(&self) -> Option<&'a str> {
        match self {
            Self::Basic(_) => None,
            Self::Token(token) => *token,
        }
    }

    /// The token in a header or a cookie.
    pub(crate) fn token_of(request: &'a Request) -> Self {
        Self::Token(request.headers.get(SESSION_HEADER).or_else(|| session_cookie(request)))
    }
}

impl Simulator {
    /// Finds out who asks. A login itself begins once the whole request was read.
    pub(super) fn recognise(&mut self, credentials: Credentials<'_>) -> Result<Caller, ApiError> {
        match credentials {
            Credentials::Basic(given) => {
                let given = given.filter(|(user, _)| !user.is_empty());
                let accepted = given.filter(|(user, secret)| self.accounts.accept(user, secret));
                let (user, _) = accepted.ok_or_else(|| unauthenticated(rules::CREDENTIALS))?;
                Ok(Caller { user, login: LoginToken::default() })
            }
            Credentials::Token(token) => {
                let token = token.map(LoginToken::new).unwrap_or_default();
                let user = self.holder(&token).map(str::to_owned);
                if user.is_err() {
                    self.logins.remove(&token);
                } else if let Some(login) = self.logins.get_mut(&token) {
                    login.last_accessed = self.now;
                }
                Ok(Caller { user: user?, login: token })
            }
        }
    }

    /// Whose login a token is of, while it lasts.
    pub(super) fn holder(&self, token: &LoginToken) -> Result<&str, ApiError> {
        match self.logins.get(token) {
            None => Err(unauthenticated(rules::LOGIN_REQUIRED)),
            Some(login) if login.has_ended(self.login_limits, self.now) => {
                Err(unauthenticated(rules::LOGIN_ENDS))
            }
            Some(login) => Ok(&login.user),
        }
    }

    /// The same, with logins that end by themselves: the second clock beside an update session's.
    #[must_use]
    pub fn with_login_limits(self, login_limits: LoginLimits) -> Self {
        Self { login_limits, ..self }
    }

    /// Begins a login. Those that have ended are forgotten from time to time, so that nobody who never
    /// logs out fills the memory.
    pub(super) fn begin_login(&mut self, user: String) -> LoginToken {
        if self.logins.len() >= self.logins_kept {
            let (limits, now) = (self.login_limits, self.now);
            self.logins.retain(|login| !login.has_ended(limits, now));
            self.logins_kept = 64.max(2 * self.logins.len());
        }
        let token = LoginToken::new(self.random.token());
        let login = Login { user, created: self.now, last_accessed: self.now };
        self.logins.insert(token.clone(), login);
        token
    }

    /// Whether a user has a privilege.
    pub(super) fn accounts_allow(&self, user: &str, privilege: Privilege) -> bool {
        self.accounts.allow(user, privilege)
    }

    /// Refuses a caller who lacks a privilege. As documented, the answer does not say which.
    pub(super) fn require(&self, caller: &Caller, privilege: Privilege) -> Result<(), ApiError> {
        if self.accounts.allow(&caller.user, privilege) {
            return Ok(());
        }
        let message = messages::UNAUTHORIZED.with([]);
        let error = ApiError::new(ErrorType::Unauthorized, rules::PRIVILEGES, message);
        Err(ApiError { lacks: Some(privilege), ..error })
    }
}

pub(super) fn unauthenticated(rule: RuleRef) -> ApiError {
    let error =
        ApiError::new(ErrorType::Unauthenticated, rule, messages::AUTHENTICATION_REQUIRED.with([]));
    ApiError { challenge: Some("Basic realm=\"VAPI endpoint\"".to_owned()), ..error }
}

fn basic_credentials(request: &Request) -> Option<(String, String)> {
    let (scheme, encoded) = request.headers.get("authorization")?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn session_cookie(request: &Request) -> Option<&str> {
    let cookies = request.headers.get("cookie")?.split(';');
    cookies
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| name.eq_ignore_ascii_case(SESSION_HEADER).then_some(value))
}
