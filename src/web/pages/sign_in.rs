//! Signing in: asking for a link, or typing a password.

use maud::{Markup, html};
use poem::Response;
use poem::http::HeaderValue;

use super::answer::{Answer, fragment};
use super::arrival::{confirm_first, go_on, welcome, with_next};
use super::check_inbox;
use super::form::{email_field, hidden_next, is_told_inside, of, password_field};
use super::layout::page;
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::mailed::MailQueued;
use crate::domain::mailed::Waiting;
use crate::domain::password::Password;
use crate::domain::person::PasswordSignIn;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::path::{CHECK_INBOX, FORGOT_PASSWORD, MAILBOX, REGISTER, SIGN_IN, SIGN_IN_PASSWORD};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, RequestSignIn, SignInWithPassword, kept, next};

/// What was typed into one of the two forms, and what came of it.
#[derive(Default)]
struct Typed<'a> {
    email: &'a str,
    wanted: Option<&'a Next>,
    /// Whether the password form is unfolded.
    by_password: bool,
    problem: Option<&'a Problem>,
}

/// Both forms. Who is signed in already is sent on.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    Ok(both_forms(&house, &visitor, false))
}

/// The same page with the password form unfolded.
pub(super) async fn show_password(house: House, visitor: Visitor) -> Answer {
    Ok(both_forms(&house, &visitor, true))
}

fn both_forms(house: &House, visitor: &Visitor, by_password: bool) -> Response {
    let wanted = visitor.query.next();
    if visitor.signed_in.is_some() {
        return go_on(house, visitor, wanted.as_ref());
    }
    let typed = Typed { wanted: wanted.as_ref(), by_password, ..Typed::default() };
    page(&house.site, visitor, "Sign in", &card(house, visitor, &typed))
}

/// Asks for a letter. The answer never tells who stands behind the address.
pub(super) async fn submit(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let (email, wanted) = (fields.typed("email").to_owned(), next(Some(fields.typed("next"))));
    let input = fields.read::<RequestSignIn>();
    if visitor.signed_in.is_some() {
        return Ok(go_on(&house, &visitor, wanted.as_ref()));
    }
    match ask(&house, &visitor, input, wanted.as_ref()).await {
        Ok(queued) => asked(&house, &visitor, &queued).await,
        Err(problem) => {
            let typed = Typed { email: &email, wanted: wanted.as_ref(), ..Typed::default() };
            refused(&house, &visitor, &typed, problem)
        }
    }
}

async fn ask(
    house: &House,
    visitor: &Visitor,
    input: Result<RequestSignIn, Problem>,
    wanted: Option<&Next>,
) -> Result<MailQueued, Problem> {
    let address = EmailAddress::parse(&input?.email).map_err(Error::from)?;
    Ok(house.gatepost.request_sign_in(&address, kept(wanted), &visitor.held, &visitor.client).await?)
}

async fn asked(house: &House, visitor: &Visitor, queued: &MailQueued) -> Answer {
    let mut response = if visitor.is_htmx {
        let waiting = house.gatepost.waiting(queued.held).await?;
        fragment(check_inbox::panel(house, &waiting, None))
    } else {
        visitor.lead_to(CHECK_INBOX)
    };
    visitor.keep(&mut response, &house.site, &queued.request);
    Ok(response)
}

fn refused(house: &House, visitor: &Visitor, typed: &Typed<'_>, problem: Problem) -> Answer {
    if !is_told_inside(&problem) {
        return Err(problem);
    }
    let mut response = if !visitor.is_htmx {
        let typed = Typed { problem: Some(&problem), ..*typed };
        page(&house.site, visitor, "Sign in", &card(house, visitor, &typed))
    } else if let Some(waiting) = asked_before(visitor, typed.email, &problem) {
        fragment(check_inbox::panel(house, waiting, Some(&problem)))
    } else {
        let mut response = fragment(email_field("email", typed.email, Some(&problem), true));
        response.headers_mut().insert("hx-retarget", HeaderValue::from_static("#email-field"));
        response.headers_mut().insert("hx-reswap", HeaderValue::from_static("outerMorph"));
        response
    };
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

/// The second of two quick clicks: the letter of the first is on its way, so show where to wait.
fn asked_before<'a>(visitor: &'a Visitor, typed: &str, problem: &Problem) -> Option<&'a Waiting> {
    let address = EmailAddress::parse(typed).ok().filter(|_| problem.code == Code::TooManyMails)?;
    visitor.waiting.iter().find(|waiting| {
        waiting.purpose == Purpose::SignIn && waiting.email.canonical() == address.canonical()
    })
}

/// Signs in with a password.
pub(super) async fn submit_password(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let (email, wanted) = (fields.typed("email").to_owned(), next(Some(fields.typed("next"))));
    let input = fields.read::<SignInWithPassword>();
    let wanted = wanted.as_ref();
    match let_in(&house, &visitor, input).await {
        Ok(PasswordSignIn::SignedIn(signed_in)) => Ok(welcome(&house, &visitor, &signed_in, wanted)),
        Ok(PasswordSignIn::Unconfirmed(unconfirmed)) => {
            let mut response = confirm_first(&house, &visitor);
            visitor.keep(&mut response, &house.site, &unconfirmed.request);
            Ok(response)
        }
        Err(problem) if is_told_inside(&problem) => {
            let typed = Typed { email: &email, wanted, by_password: true, problem: Some(&problem) };
            let mut response = if visitor.is_htmx {
                fragment(password_form(&typed))
            } else {
                page(&house.site, &visitor, "Sign in", &card(&house, &visitor, &typed))
            };
            problem.put_headers(&mut response, Door::Pages);
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

async fn let_in(
    house: &House,
    visitor: &Visitor,
    input: Result<SignInWithPassword, Problem>,
) -> Result<PasswordSignIn, Problem> {
    let input = input?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    let (password, left) = (Password::new(input.password), visitor.session.as_deref());
    Ok(house.gatepost.sign_in_with_password(&address, &password, left, &visitor.client).await?)
}

fn card(house: &House, visitor: &Visitor, typed: &Typed<'_>) -> Markup {
    let problem = typed.problem.filter(|_| !typed.by_password);
    let email = if typed.by_password { "" } else { typed.email };
    html! {
        section.card {
            h1 { "Sign in" }
            p.lead { "Type your address. We mail you a link and a code; no password needed." }
            (form(email, typed.wanted, problem, !typed.by_password))
            div #result role="status" aria-live="polite" {}
            details #by-password open[typed.by_password] {
                summary { "Sign in with a password" }
                (password_form(typed))
            }
            @if house.site.registration {
                p.hint { "New here? " a href=(with_next(REGISTER, typed.wanted.map(Next::as_str))) { "Register" }
                    " with a password, or just ask for a link above." }
            }
            @if house.site.has_mailbox && visitor.came_direct {
                p.hint { "No mail leaves this server yet. Find the letters in its " a href=(MAILBOX) { "mailbox" } "." }
            }
        }
    }
}

/// What was asked for is over: it is asked for again here, or gone `on` by who is signed in.
pub(super) fn anew(house: &House, visitor: &Visitor, problem: &Problem, on: [&str; 2]) -> Response {
    let [place, label] = on;
    let content = html! {
        section.card {
            h1 { (problem.code.title()) }
            p.lead { (problem.detail) }
            @if let Some(signed_in) = &visitor.signed_in {
                p { "You're signed in as " strong.address { (signed_in.account.address) } "." }
                p.actions { a.button href=(place) { (label) } }
            } @else {
                (form("", None, None, true))
                div #result role="status" aria-live="polite" {}
            }
        }
    };
    let mut response = page(&house.site, visitor, problem.code.title(), &content);
    problem.put_headers(&mut response, Door::Pages);
    response
}

/// The form that asks for a letter.
pub(super) fn form(email: &str, next: Option<&Next>, problem: Option<&Problem>, is_first: bool) -> Markup {
    html! {
        form method="post" action=(SIGN_IN) hx-post=(SIGN_IN) hx-target="#result" {
            (hidden_next(next))
            (email_field("email", email, problem, is_first))
            button type="submit" { "Mail me a sign-in link" }
        }
    }
}

fn password_form(typed: &Typed<'_>) -> Markup {
    let problem = typed.problem.filter(|_| typed.by_password);
    let beside_email = of(problem, "email");
    let beside_password = problem.filter(|_| beside_email.is_none());
    let email = if typed.by_password { typed.email } else { "" };
    let is_first = typed.by_password && beside_password.is_none();
    html! {
        form #password-form method="post" action=(SIGN_IN_PASSWORD) hx-post=(SIGN_IN_PASSWORD)
            hx-target="#password-form" hx-swap="outerHTML" {
            (hidden_next(typed.wanted))
            (email_field("account", email, beside_email, is_first))
            (password_field(beside_password))
            button type="submit" { "Sign in" }
            p.hint {
                "Forgotten it? "
                // What is wrong with the password says so already.
                @if beside_password.is_none() { "Ask for a link above: that signs you in without one. Or " }
                a href=(FORGOT_PASSWORD) {
                    @if beside_password.is_none() { "choose a new one" } @else { "Choose a new one" }
                }
                "."
            }
        }
    }
}
