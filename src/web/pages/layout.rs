//! What all pages share: head, navigation, footer, notices, and how addresses and times are shown.

use maud::{DOCTYPE, Markup, Render, html};
use poem::{IntoResponse, Response};

use super::assets::{HTMX, ICON, SCRIPT, STYLE};
use super::notice::{self, Notice};
use super::visitor::Visitor;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::time::Timestamp;
use crate::path::{
    ADMIN, ASSETS, CHECK_INBOX, HOME, MAILBOX, PROFILE, REGISTER, SIGN_IN, SIGN_OUT, UNCONFIRMED, with_next,
};
use crate::web::house::Site;
use crate::web::problem::Problem;

/// A whole page for this visitor, with the notice that is waiting for it. A notice is shown once. A
/// HEAD request leaves it in place, because no one has seen it.
pub(super) fn page(site: &Site, visitor: &Visitor, title: &str, content: &Markup) -> Response {
    page_on_the_way(site, visitor, visitor.wanted.as_ref(), title, content)
}

/// The same on the way to somewhere else than the URL or the form says.
pub(super) fn page_on_the_way(
    site: &Site,
    visitor: &Visitor,
    wanted: Option<&Next>,
    title: &str,
    content: &Markup,
) -> Response {
    let frame = Frame {
        navigation: Navigation::of(visitor, wanted),
        notices: &visitor.notices,
        has_mailbox: site.has_mailbox && visitor.came_direct,
        refresh: None,
    };
    let mut response = document(site, title, &frame, content).into_response();
    visitor.welcome(&mut response, site);
    if !visitor.notices.is_empty() && !visitor.is_head() {
        notice::drop(&mut response, site);
    }
    response
}

/// What surrounds the content of a page.
#[derive(Default)]
pub(super) struct Frame<'a> {
    pub(super) navigation: Navigation,
    pub(super) notices: &'a [Notice],
    /// Whether this visitor can open the mailbox.
    pub(super) has_mailbox: bool,
    /// Where the browser goes by itself, at once. Visible ASCII.
    pub(super) refresh: Option<&'a str>,
}

/// Only what this visitor can do.
#[derive(Default)]
pub(super) enum Navigation {
    #[default]
    None,
    SignedIn {
        /// Whether the pages for administrators are theirs.
        is_admin: bool,
    },
    SignedOut {
        /// The purpose of the newest email that this browser is waiting for.
        waiting: Option<Purpose>,
        /// Where the person wants to go after signing in.
        wanted: Option<Next>,
    },
}

impl Navigation {
    fn of(visitor: &Visitor, wanted: Option<&Next>) -> Self {
        match &visitor.signed_in {
            Some(live) => Self::SignedIn { is_admin: live.account.admin },
            None => Self::SignedOut {
                waiting: visitor.waiting.first().map(|waiting| waiting.purpose),
                wanted: wanted.cloned(),
            },
        }
    }
}

/// A whole page, whoever it is for.
pub(super) fn document(site: &Site, title: &str, frame: &Frame<'_>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (full_title(site, title)) }
                @if let Some(place) = frame.refresh { meta http-equiv="refresh" content=(format!("0; url={place}")); }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                // Our content security policy allows no inline style and no evaluation. A proxy's own error page
                // must not end up inside ours, so its statuses are not swapped in; our own refusals are.
                meta name="htmx-config" content=r#"{"noSwap":[204,304,502,504],"includeIndicatorCSS":false,"history":"reload"}"#;
                link rel="icon" type="image/svg+xml" href=(Asset(ICON));
                link rel="stylesheet" href=(Asset(STYLE));
                script src=(Asset(HTMX)) defer {}
                script src=(Asset(SCRIPT)) defer {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                header.top {
                    a.brand href=(HOME) {
                        img src=(Asset(ICON)) alt="" width="28" height="28";
                        span { (site.name) }
                    }
                    (navigation(site, &frame.navigation))
                }
                // A second click is ignored while the first one is being answered.
                main #main tabindex="-1" hx-sync:inherited="drop" {
                    div role="status" {
                        @for notice in frame.notices { (told(*notice)) }
                    }
                    div #trouble role="alert" data-offline="We couldn't reach the server. Check your connection and try again." {}
                    (content)
                }
                footer {
                    p {
                        span { "Sign-in by " (site.name) }
                        @if frame.has_mailbox { a href=(MAILBOX) { "Mailbox" } }
                    }
                }
            }
        }
    }
}

/// The title of a page, as the browser shows it.
pub(super) fn full_title(site: &Site, title: &str) -> Markup {
    html! { (title) " · " (site.name) }
}

/// The path of an asset. It is on every page, and nothing in it has to be escaped.
struct Asset(&'static str);

impl Render for Asset {
    fn render_to(&self, page: &mut String) {
        page.push_str(ASSETS);
        page.push_str(self.0);
    }
}

/// A page that is the same for everyone.
pub(in crate::web) fn public(site: &Site, title: &str, content: &Markup) -> Markup {
    document(site, title, &Frame::default(), content)
}

fn navigation(site: &Site, navigation: &Navigation) -> Markup {
    html! {
        @match navigation {
            Navigation::None => {}
            Navigation::SignedIn { is_admin } => nav aria-label="Account" {
                @if *is_admin { a href=(ADMIN) { "Admin" } }
                a href=(PROFILE) { "Account" }
                form method="post" action=(SIGN_OUT) { button.plain type="submit" { "Sign out" } }
            },
            Navigation::SignedOut { waiting, wanted } => nav aria-label="Account" {
                @let wanted = wanted.as_ref().map(Next::text);
                @if let Some(purpose) = waiting {
                    @let page = if *purpose == Purpose::Register { UNCONFIRMED } else { CHECK_INBOX };
                    a href=(with_next(page, wanted)) { "Check your inbox" }
                }
                a href=(with_next(SIGN_IN, wanted)) { "Sign in" }
                @if site.registration.has_form() { a href=(with_next(REGISTER, wanted)) { "Register" } }
            },
        }
    }
}

/// A notice takes the focus: a screen reader does not read out text that was on the page from the
/// start, and after a form is replaced the focus would be lost.
pub(super) fn told(notice: Notice) -> Markup {
    html! { p.notice tabindex="-1" autofocus { (notice.sentence()) } }
}

/// The sentence of a refusal beside its field. The field refers to it by `id`.
pub(super) fn beside(id: &str, problem: Option<&Problem>) -> Markup {
    html! { @if let Some(problem) = problem { p.error id=(id) role="alert" { (problem.detail) } } }
}

/// Warns which account signing in here will sign out.
pub(super) fn leaving(leaves: Option<&EmailAddress>) -> Markup {
    html! {
        @if let Some(own) = leaves {
            p.warning { "You're signed in as " (address(own)) ". Signing in here will sign you out of that account." }
        }
    }
}

/// An address fits on one line of a phone up to this many characters.
const ONE_LINE: usize = 24;

/// An email address. A long one may break only between its parts: the stylesheet breaks inside a part
/// only where even that does not fit.
pub(super) fn address(email: &EmailAddress) -> Markup {
    if email.as_str().len() > ONE_LINE {
        return address_in_heading(email);
    }
    html! { strong.address { (email) } }
}

/// The same in a heading, where even a short one may not fit on a line.
pub(super) fn address_in_heading(email: &EmailAddress) -> Markup {
    html! {
        strong.address {
            @for (index, part) in email.as_str().split_inclusive(['@', '.', '-', '_', '+']).enumerate() {
                @if index > 0 { wbr; }
                (part)
            }
        }
    }
}

/// A moment. Without the script it is shown in UTC; the script shows how long ago it was.
pub(super) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (in_words(at)) } }
}

/// A moment at which something is due. The script shows how soon that is.
pub(super) fn due(at: Timestamp) -> Markup {
    html! { time datetime=(at) data-ahead { (in_words(at)) } }
}

/// A moment inside a sentence. The word "on" is part of it, since the script's "5 minutes ago" has none.
pub(super) fn on(at: Timestamp) -> Markup {
    html! { time datetime=(at) { "on " (in_words(at)) } }
}

/// A moment as text, where no markup can be.
pub(super) fn in_words(at: Timestamp) -> String {
    jiff::Timestamp::from(at).strftime("%-d %B %Y, %H:%M UTC").to_string()
}
