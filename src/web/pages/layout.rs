//! What all pages share: head, navigation, footer, notices.

use maud::{DOCTYPE, Markup, html};
use poem::{IntoResponse, Response};

use super::assets::{HTMX, ICON, SCRIPT, STYLE};
use super::visitor::{Visitor, cookies, put_cookie};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::time::Timestamp;
use crate::path::{CHECK_INBOX, HOME, MAILBOX, PROFILE, REGISTER, SIGN_IN, SIGN_OUT, UNCONFIRMED, asset};
use crate::web::edge::cookies::Cookie;
use crate::web::house::Site;
use crate::web::problem::Problem;

/// No inline style or evaluation under our content security policy; what a proxy says in our stead
/// is not put into the page. Our own refusals are.
const HTMX_CONFIG: &str = r#"{"noSwap":[204,304,502,504],"includeIndicatorCSS":false}"#;

/// A whole page for this visitor, with the notice that was left for it. A notice that was shown is
/// gone; one that only a HEAD asked for was shown to nobody.
pub(super) fn page(site: &Site, visitor: &Visitor, title: &str, content: &Markup) -> Response {
    let mut response = document(site, title, Some(visitor), content).into_response();
    if visitor.notice.is_some() && !visitor.is_head {
        put_cookie(&mut response, cookies(site).clear(Cookie::Notice));
    }
    response
}

/// The bones of every page. Some refusals are drawn before anybody knows who is there.
pub(super) fn document(site: &Site, title: &str, visitor: Option<&Visitor>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) " · " (site.name) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                meta name="htmx-config" content=(HTMX_CONFIG);
                link rel="icon" type="image/svg+xml" href=(asset(ICON));
                link rel="stylesheet" href=(asset(STYLE));
                script src=(asset(HTMX)) defer {}
                script src=(asset(SCRIPT)) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.top {
                    a.brand href=(HOME) {
                        img src=(asset(ICON)) alt="" width="28" height="28";
                        span { (site.name) }
                    }
                    @if let Some(visitor) = visitor { (navigation(site, visitor)) }
                }
                // A second click while the first is on its way asks for nothing.
                main #main tabindex="-1" hx-sync:inherited="drop" {
                    div role="status" {
                        @if let Some(notice) = visitor.and_then(|visitor| visitor.notice) {
                            p.notice { (notice.sentence()) }
                        }
                    }
                    div #trouble role="alert" data-offline="That did not reach us. Please try again." {}
                    (content)
                }
                footer {
                    p {
                        span { "Sign-in by " (site.name) }
                        @if site.has_mailbox && visitor.is_some_and(|visitor| visitor.came_direct) {
                            a href=(MAILBOX) { "Mailbox" }
                        }
                    }
                }
            }
        }
    }
}

/// A page that is the same for everybody.
pub(in crate::web) fn public(site: &Site, title: &str, content: &Markup) -> Markup {
    document(site, title, None, content)
}

/// What this visitor may do, and nothing more.
fn navigation(site: &Site, visitor: &Visitor) -> Markup {
    html! {
        nav aria-label="Account" {
            @if visitor.signed_in.is_some() {
                a href=(PROFILE) { "Profile" }
                form method="post" action=(SIGN_OUT) { button.plain type="submit" { "Sign out" } }
            } @else {
                @match visitor.waiting.first().map(|waiting| waiting.purpose) {
                    Some(Purpose::Register) => a href=(UNCONFIRMED) { "Confirm your address" },
                    Some(_) => a href=(CHECK_INBOX) { "Check your inbox" },
                    None => {}
                }
                a href=(SIGN_IN) { "Sign in" }
                @if site.registration { a href=(REGISTER) { "Register" } }
            }
        }
    }
}

/// The sentence of a refusal beside its field. `id` ties it to the field.
pub(super) fn beside(id: &str, problem: Option<&Problem>) -> Markup {
    html! { @if let Some(problem) = problem { p.error id=(id) role="alert" { (problem.detail) } } }
}

/// Whom signing in here signs out, told before it does.
pub(super) fn leaving(leaves: Option<&EmailAddress>) -> Markup {
    html! {
        @if let Some(address) = leaves {
            p.warning { "You are signed in as " strong.address { (address) } ". Signing in here ends that." }
        }
    }
}

/// A moment in words, and exactly for machines.
pub(super) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(exactly(at)) { (in_words(at)) } }
}

/// A moment in words alone.
pub(super) fn in_words(at: Timestamp) -> String {
    exactly(at).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn exactly(at: Timestamp) -> jiff::Timestamp {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX)
}
