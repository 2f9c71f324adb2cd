//! What all pages share: head, navigation, footer, notices.

use maud::{DOCTYPE, Markup, html};
use poem::{IntoResponse, Response};

use super::assets::{HTMX, ICON, SCRIPT, STYLE};
use super::visitor::{Visitor, cookies, put_cookie};
use crate::domain::time::Timestamp;
use crate::path::{HOME, MAILBOX, PROFILE, SIGN_IN, SIGN_OUT, asset};
use crate::web::Site;
use crate::web::edge::cookies::Cookie;
use crate::web::problem::Problem;

/// No inline style or evaluation under our content security policy; what a proxy says in our stead
/// is not put into the page. Our own refusals are.
const HTMX_CONFIG: &str = r#"{"noSwap":[204,304,502,504],"includeIndicatorCSS":false}"#;

/// A whole page for this visitor, with the notice that was left for it. A notice that was shown is
/// gone; one that only a HEAD asked for was shown to nobody.
pub(super) fn page(site: &Site, visitor: &Visitor, title: &str, content: &Markup) -> Response {
    let told = visitor.notice.filter(|_| !visitor.is_head);
    let notice = visitor.notice.map(|notice| html! { p.notice { (notice.sentence()) } });
    let markup =
        document(site, title, &navigation(site, visitor), &html! { (notice.unwrap_or_default()) }, content);
    let mut response = markup.into_response();
    if told.is_some() {
        put_cookie(&mut response, cookies(site).clear(Cookie::Notice));
    }
    response
}

/// The bones of every page.
pub(in crate::web) fn document(
    site: &Site,
    title: &str,
    navigation: &Markup,
    notice: &Markup,
    content: &Markup,
) -> Markup {
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
                    (navigation)
                }
                // A second click while the first is on its way asks for nothing.
                main #main tabindex="-1" hx-sync:inherited="drop" {
                    div role="status" { (notice) }
                    div #trouble role="alert" data-offline="That did not reach us. Please try again." {}
                    (content)
                }
                footer { p { "Sign-in by " (site.name) } }
            }
        }
    }
}

/// What this visitor may do, and nothing more.
fn navigation(site: &Site, visitor: &Visitor) -> Markup {
    html! {
        nav aria-label="Account" {
            @if site.has_mailbox && visitor.came_direct { a href=(MAILBOX) { "Mailbox" } }
            @if visitor.signed_in.is_some() {
                a href=(PROFILE) { "Profile" }
                form method="post" action=(SIGN_OUT) { button.plain type="submit" { "Sign out" } }
            } @else {
                a href=(SIGN_IN) { "Sign in" }
            }
        }
    }
}

/// The sentence of a refusal beside its field. `id` ties it to the field; the stable code is there for
/// whoever drives these pages by a program.
pub(super) fn beside(id: &str, problem: Option<&Problem>) -> Markup {
    html! {
        @if let Some(problem) = problem {
            p.error id=(id) role="alert" data-problem=(problem.code.as_str()) data-field=[problem.field] {
                (problem.detail)
            }
        }
    }
}

/// A moment in words, and exactly for machines.
pub(super) fn moment(at: Timestamp) -> Markup {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    html! { time datetime=(at) { (at.strftime("%-d %B %Y, %H:%M UTC")) } }
}
