//! How to get in to a server. What is secret here lives in the two elements that it is typed into,
//! and only until it is sent.

use accession_core::model::LoginToken;
use web_sys::{Event, HtmlInputElement};
use yew::Html;

use super::PartProps;
use super::element::{El, el, submit};
use super::field::{Field, Select, choice, entered, labelled};
use super::form::{Entries, Form, form};
use super::guide_pane::dialect_of;
use super::icon::Icon;
use super::loading::{failure, waiting};
use crate::app::command::{Command, Credentials, SignIn};
use crate::lab::{Connection, LOGIN};

/// How to get in to a server.
pub(crate) fn connection_form(props: &PartProps) -> Html {
    form("connection", props, draw)
}

fn draw(form: &Form<'_>) -> El {
    let (part, lab) = (form.part, &form.part.lab);
    let id = |name| part.id(name);
    let by_token = by_token(form.entries);
    let host = form.text("host", lab.target.origin());
    let user = form.text("user", "");
    let dialect = form.entries.get("dialect").map_or(lab.dialect, dialect_of);

    let origin = el("p.acc-hint")
        .text("This page came from ")
        .child(el("code.acc-mono").exact().text(&lab.page))
        .text(". It can call that server, and what that server forwards to; no other.");
    let ways = el("fieldset.acc-choices")
        .child(el("legend").text("Sign in with"))
        .child(way(form, "password", !by_token).text("user and password"))
        .child(way(form, "token", by_token).text("an existing token"));
    let user = (!by_token).then(|| {
        let field = Field::new(id("user"), "User name", user, form.keep("user"));
        field.autocomplete("username").required().draw()
    });
    let (label, autocomplete) =
        if by_token { ("Token", "off") } else { ("Password", "current-password") };
    let secret = el("input")
        .id(&id("secret"))
        .node(&form.entries.node)
        .attr("type", "password")
        .attr("spellcheck", "false")
        .attr("autocomplete", autocomplete)
        .flag("required", true);
    let promise = "The password goes into one request and is dropped. The token stays in this \
                   page's memory until you disconnect or leave; the log never shows it.";
    let came = match &lab.connection {
        Connection::Opening => Some(waiting(" Signing in")),
        Connection::Failed(error) => Some(failure(&lab.trouble(LOGIN, error))),
        _ => None,
    };
    let host_field = Field::new(id("host"), "Host", host, form.keep("host"));
    let dialects = Select::new(id("live-dialect"), "Dialect", form.keep("dialect"));
    el("form.acc-connect")
        .on_submit(form.on(sign_in))
        .child(origin)
        .child(host_field.autocomplete("url").mono().required().draw())
        .child(reach(origin_of(host), &lab.page))
        .child(dialects.dialects(dialect).draw())
        .child(ways)
        .child(user)
        .child(labelled(&id("secret"), label, secret))
        .child(submit("Sign in").class("acc-primary"))
        .child(el("p.acc-hint").text(promise))
        .child(came)
}

/// Warns of a host that cannot be reached from this page.
fn reach(origin: Option<String>, page: &str) -> Option<El> {
    let warning = el("p.acc-warn");
    match origin {
        None => {
            let write = "Write a host, such as vcenter.example or http://127.0.0.1:8990.";
            Some(warning.text(write).icon(Icon::Warning))
        }
        Some(origin) if origin != page => {
            let serve = format!("cargo xtask serve --vcenter {origin}");
            let why = "The browser will block this: it is not where the page came from. Run ";
            let warning = warning.text(why).child(el("code.acc-mono").exact().text(&serve));
            Some(warning.text(" and use the page that it serves.").icon(Icon::Warning))
        }
        Some(_) => None,
    }
}

fn way(form: &Form<'_>, way: &'static str, is_chosen: bool) -> El {
    let choose = form.on(|entries, _, event| {
        // A password must not become a token, nor the other way round.
        take_secret(entries);
        entries.set("way", &entered(event));
        None
    });
    choice(form.part, "sign-in-with", way, is_chosen, choose)
}

fn by_token(entries: &Entries) -> bool {
    entries.get("way") == Some("token")
}

/// What stands in the element for secrets, which is empty then.
fn take_secret(entries: &Entries) -> Option<String> {
    let input = entries.node.cast::<HtmlInputElement>()?;
    let secret = input.value();
    input.set_value("");
    Some(secret)
}

fn sign_in(entries: &mut Entries, part: &PartProps, _: &Event) -> Option<Command> {
    let lab = &part.lab;
    let origin = origin_of(entries.text("host", lab.target.origin()))?;
    let dialect = entries.get("dialect").map_or(lab.dialect, dialect_of);
    let secret = take_secret(entries)?;
    let credentials = if by_token(entries) {
        Credentials::Token(LoginToken::new(secret.trim()))
    } else {
        Credentials::Password { user: entries.text("user", "").to_owned(), password: secret }
    };
    Some(Command::SignIn(SignIn { origin, dialect, credentials }))
}

/// Scheme, host and port of what somebody typed; `https` unless they say otherwise.
fn origin_of(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => ("https".to_owned(), text),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let fits = !host.is_empty()
        && !host.starts_with(':')
        && !host.contains(|letter: char| letter == '@' || letter == '\\' || letter.is_whitespace());
    let known = scheme == "https" || scheme == "http";
    (fits && known).then(|| format!("{scheme}://{}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_become_origins() {
        let cases = [
            ("vcenter.example", Some("https://vcenter.example")),
            (" http://127.0.0.1:8990/ui?x ", Some("http://127.0.0.1:8990")),
            ("HTTPS://VC.Example", Some("https://vc.example")),
            ("[::1]:8990", Some("https://[::1]:8990")),
            ("", None),
            ("ftp://host", None),
            ("javascript://x", None),
            ("https://user@host", None),
            ("https://", None),
            ("a b", None),
        ];
        for (typed, expected) in cases {
            assert_eq!(origin_of(typed).as_deref(), expected, "{typed}");
        }
    }
}
