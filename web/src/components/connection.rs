//! How to get in to a server. What is secret here lives in the two elements that it is typed into,
//! and only until it is sent.

use accession_core::model::LoginToken;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::PartProps;
use super::field::{Field, selected, setter};
use super::guide_pane::{dialect_of, dialects};
use super::icon::{Icon, draw};
use super::loading::failure;
use crate::app::command::{Command, Credentials, SignIn};
use crate::lab::Connection;

/// How to get in to a server.
#[component]
pub(crate) fn ConnectionForm(props: &PartProps) -> Html {
    let lab = &props.lab;
    let host = use_state(|| lab.target.origin().to_owned());
    let dialect = use_state(|| lab.dialect);
    let by_token = use_state(|| false);
    let user = use_state(String::new);
    let secret = use_node_ref();

    let origin = origin_of(&host);
    let elsewhere = origin.as_ref().is_some_and(|origin| *origin != lab.page);
    let onsubmit = {
        let (act, origin, dialect) = (props.act.clone(), origin.clone(), *dialect);
        let (by_token, user, secret) = (*by_token, (*user).clone(), secret.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (Some(origin), Some(input)) = (origin.clone(), secret.cast::<HtmlInputElement>())
            else {
                return;
            };
            let text = input.value();
            input.set_value("");
            let credentials = if by_token {
                Credentials::Token(LoginToken::new(text.trim()))
            } else {
                Credentials::Password { user: user.clone(), password: text }
            };
            act.emit(Command::SignIn(SignIn { origin, dialect, credentials }));
        })
    };
    let on_dialect = {
        let dialect = dialect.clone();
        Callback::from(move |event: Event| dialect.set(dialect_of(&selected(&event))))
    };
    let way = |token: bool, word: &'static str| {
        let id = props.id(if token { "by-token" } else { "by-password" });
        let onchange = {
            let (by_token, secret) = (by_token.clone(), secret.clone());
            Callback::from(move |_: Event| {
                // A password must not become a token, nor the other way round.
                if let Some(input) = secret.cast::<HtmlInputElement>() {
                    input.set_value("");
                }
                by_token.set(token);
            })
        };
        html! {
            <label for={id.clone()} class="acc-choice">
                <input type="radio" {id} name={props.id("sign-in-with")} checked={*by_token == token}
                    {onchange} />
                {word}
            </label>
        }
    };
    let (dialect_id, secret_id) = (props.id("live-dialect"), props.id("secret"));
    let opening = lab.connection == Connection::Opening;
    html! {
        <form {onsubmit} class="acc-connect">
            <p class="acc-hint">
                {"This page came from "}<code class="acc-mono">{&lab.page}</code>
                {". It can call that server, and what that server forwards to; no other."}
            </p>
            {Field {
                autocomplete: "url",
                ..Field::new(props.id("host"), "Host", &host, setter(&host))
            }.mono().required().draw()}
            if origin.is_none() {
                <p class="acc-warn">{draw(Icon::Warning)}
                    {"Write a host, such as vcenter.example or http://127.0.0.1:8990."}</p>
            } else if elsewhere {
                <p class="acc-warn">{draw(Icon::Warning)}
                    {"The browser will block this: it is not where the page came from. Run "}
                    <code class="acc-mono">{format!("cargo xtask serve --vcenter {}", origin.as_deref().unwrap_or_default())}</code>
                    {" and use the page that it serves."}</p>
            }
            <div class="acc-field">
                <label for={dialect_id.clone()}>{"Dialect"}</label>
                <select id={dialect_id} onchange={on_dialect}>{dialects(*dialect)}</select>
            </div>
            <fieldset class="acc-choices">
                <legend>{"Sign in with"}</legend>
                {way(false, "user and password")}
                {way(true, "an existing token")}
            </fieldset>
            if !*by_token {
                {Field {
                    autocomplete: "username",
                    ..Field::new(props.id("user"), "User name", &user, setter(&user))
                }.required().draw()}
            }
            <div class="acc-field">
                <label for={secret_id.clone()}>{if *by_token { "Token" } else { "Password" }}</label>
                <input id={secret_id} ref={secret} type="password" required=true spellcheck="false"
                    autocomplete={if *by_token { "off" } else { "current-password" }} />
            </div>
            <button type="submit" class="acc-primary">{"Sign in"}</button>
            <p class="acc-hint">
                {"The password goes into one request and is dropped. The token stays in this page's \
                  memory until you disconnect or leave; the log never shows it."}
            </p>
            if opening {
                <p class="acc-empty">{draw(Icon::Waiting)}{" Signing in"}</p>
            } else if let Connection::Failed(error) = &lab.connection {
                {failure(&lab.trouble(error))}
            }
        </form>
    }
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
