//! Asking for a sign-in link, and what every way of signing in ends with.

use maud::{Markup, html};
use poem::Response;
use poem::http::{HeaderValue, StatusCode};

use super::layout::{beside, page};
use super::notice::Notice;
use super::visitor::{Visitor, keep_session};
use super::{Answer, check_inbox, fragment};
use crate::domain::address::EmailAddress;
use crate::domain::ask::MailQueued;
use crate::domain::error::Error;
use crate::domain::ids::Nonce;
use crate::domain::next::Next;
use crate::domain::redeem::Redeemed;
use crate::domain::request::Outcome;
use crate::domain::waiting::Waiting;
use crate::path::{CHECK_INBOX, MAILBOX, SIGN_IN};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, RequestSignIn, next};
use crate::web::{Door, House};

/// The form. Who is signed in already is sent on.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let wanted = visitor.query.next();
    if visitor.signed_in.is_some() {
        return Ok(visitor.lead_to(wanted.as_ref().unwrap_or(&house.site.home).as_str()));
    }
    Ok(page(&house.site, &visitor, "Sign in", &card(&house, &visitor, &form("", wanted.as_ref(), None))))
}

/// Asks for a letter. The answer never tells who stands behind the address.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let input = fields.read::<RequestSignIn>();
    let typed = input.as_ref().map(|input| input.email.clone()).unwrap_or_default();
    let wanted = input.as_ref().ok().and_then(|input| next(input.next.as_deref()));
    if visitor.signed_in.is_some() {
        return Ok(visitor.lead_to(wanted.as_ref().unwrap_or(&house.site.home).as_str()));
    }
    match ask(&house, &visitor, input, wanted.as_ref()).await {
        Ok(queued) => asked(&house, &visitor, &queued).await,
        Err(problem) => refused(&house, &visitor, &typed, wanted.as_ref(), problem).await,
    }
}

async fn ask(
    house: &House,
    visitor: &Visitor,
    input: Result<RequestSignIn, Problem>,
    wanted: Option<&Next>,
) -> Result<MailQueued, Problem> {
    let address = EmailAddress::parse(&input?.email).map_err(Error::from)?;
    Ok(house.gatepost.request_sign_in(&address, wanted, &visitor.held, &visitor.client).await?)
}

async fn asked(house: &House, visitor: &Visitor, queued: &MailQueued) -> Answer {
    let mut response = if visitor.is_htmx {
        let waiting = house.gatepost.waiting(queued.held).await?;
        fragment(check_inbox::panel(&waiting, None))
    } else {
        visitor.lead_to(CHECK_INBOX)
    };
    visitor.keep(&mut response, &house.site, queued);
    Ok(response)
}

async fn refused(
    house: &House,
    visitor: &Visitor,
    typed: &str,
    wanted: Option<&Next>,
    problem: Problem,
) -> Answer {
    if problem.status().is_server_error() {
        return Err(problem);
    }
    let mut response = if !visitor.is_htmx {
        page(&house.site, visitor, "Sign in", &card(house, visitor, &form(typed, wanted, Some(&problem))))
    } else if let Some(waiting) = asked_before(house, visitor, typed, &problem).await {
        fragment(check_inbox::panel(&waiting, Some(&problem)))
    } else {
        let mut response = fragment(email_field(typed, Some(&problem)));
        response.headers_mut().insert("hx-retarget", HeaderValue::from_static("#email-field"));
        response.headers_mut().insert("hx-reswap", HeaderValue::from_static("outerMorph"));
        response
    };
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// The second of two quick clicks: the letter of the first is on its way, so show where to wait.
async fn asked_before(house: &House, visitor: &Visitor, typed: &str, problem: &Problem) -> Option<Waiting> {
    let address = EmailAddress::parse(typed).ok().filter(|_| problem.code == Code::TooManyMails)?;
    for held in &visitor.held {
        if let Ok(waiting) = house.gatepost.waiting(*held).await
            && waiting.email.canonical() == address.canonical()
        {
            return Some(waiting);
        }
    }
    None
}

fn card(house: &House, visitor: &Visitor, form: &Markup) -> Markup {
    html! {
        section.card {
            h1 { "Sign in" }
            p.lead { "Type your address. We mail you a link and a code; no password needed." }
            (form)
            div #result role="status" aria-live="polite" {}
            @if house.site.has_mailbox && visitor.came_direct {
                p.hint { "No mail leaves this server yet. Find the letters in its " a href=(MAILBOX) { "mailbox" } "." }
            }
        }
    }
}

/// The form that asks for a letter, also where a link or a code was no longer good.
pub(super) fn form(email: &str, next: Option<&Next>, problem: Option<&Problem>) -> Markup {
    html! {
        form method="post" action=(SIGN_IN) hx-post=(SIGN_IN) hx-target="#result" {
            @if let Some(next) = next { input type="hidden" name="next" value=(next.as_str()); }
            (email_field(email, problem))
            button type="submit" { "Mail me a sign-in link" }
        }
    }
}

fn email_field(typed: &str, problem: Option<&Problem>) -> Markup {
    let is_wrong = problem.map(|_| "true");
    html! {
        div.field #email-field {
            label for="email" { "Email address" }
            input #email name="email" type="email" value=(typed) required autocomplete="username"
                autocapitalize="none" spellcheck="false" maxlength="254" placeholder="name@example.org"
                aria-invalid=[is_wrong] aria-describedby=[problem.map(|_| "email-error")] autofocus;
            (beside("email-error", problem))
        }
    }
}

/// Sends who is signed out to the form, and back to `wanted` afterwards. htmx, which would put the
/// form into the middle of a page, is told where to go instead.
pub(super) fn first(visitor: &Visitor, wanted: Option<&str>) -> Response {
    let mut response = match wanted {
        Some(wanted) => {
            let query: String = form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
            visitor.lead_to(&format!("{SIGN_IN}?next={query}"))
        }
        None => visitor.lead_to(SIGN_IN),
    };
    if visitor.is_htmx {
        response.set_status(StatusCode::UNAUTHORIZED);
    }
    response
}

/// Somebody is signed in: keeps the session, lets go of the request, leads on.
pub(super) fn welcome(
    house: &House,
    visitor: &Visitor,
    redeemed: &Redeemed,
    request: Option<Nonce>,
) -> Response {
    let site = &house.site;
    let session = &redeemed.signed_in.session;
    let mut response = visitor.lead_to(redeemed.next.as_ref().unwrap_or(&site.home).as_str());
    let lifetime = session.expires_at.since(session.created_at);
    keep_session(&mut response, site, &redeemed.signed_in.token, lifetime);
    if let Some(request) = request {
        visitor.let_go(&mut response, site, request);
    }
    let notice = match redeemed.outcome {
        Outcome::Confirmed => Notice::Confirmed,
        Outcome::SignedIn => Notice::SignedIn,
    };
    notice.put(&mut response, site);
    response
}
