//! How a list of emails is drawn: the search above it, how many there are, and a row for each.

use maud::{Markup, html};

use super::super::layout::{due, moment};
use super::super::notice::Notice;
use super::outside::{outside, plain};
use crate::domain::outbox::{Email, EmailPage};
use crate::domain::record::ended::EmailState;
use crate::domain::record::letter::LetterKind;
use crate::path::{ADMIN_MAIL, email_drop, email_retry};
use crate::web::problem::Problem;
use crate::web::wire::{ALL, ListEmails};

/// A list, and what someone may do with it.
pub(super) struct Shown<'a> {
    pub(super) wanted: &'a ListEmails,
    pub(super) found: &'a EmailPage,
    pub(super) may_act: bool,
}

/// What came of the form in a row.
pub(super) enum Outcome<'a> {
    Done(Notice),
    Refused(&'a Problem),
}

/// The search. Without a state, it finds all emails to an address.
pub(super) fn search(wanted: &ListEmails) -> Markup {
    let state = wanted.state.as_deref().unwrap_or_default();
    let to = wanted.to.as_deref().unwrap_or_default();
    let states = EmailState::ALL.map(|state| (state.as_str(), in_words(state)));
    html! {
        form.search method="get" action=(ADMIN_MAIL) role="search" hx-get=(ADMIN_MAIL) hx-target="#emails" hx-swap="outerHTML"
            hx-push-url="true" hx-trigger="submit, input delay:300ms" {
            div.field {
                label for="to" { "Email address, or its beginning" }
                input #to name="to" type="text" inputmode="email" value=(to) autocomplete="off" autocapitalize="none"
                    spellcheck="false" maxlength="254" enterkeyhint="search";
            }
            div.field {
                label for="state" { "State" }
                select #state name="state" {
                    option value="" selected[state.is_empty()] { "Waiting, or all to an address" }
                    @for (word, label) in states {
                        option value=(word) selected[state == word] { (label) }
                    }
                    option value=(ALL) selected[state == ALL] { "All" }
                }
            }
            button type="submit" { "Search" }
        }
    }
}

/// How many emails the list shows. It stays in the page, so that it is read out when it changes.
pub(super) fn count(shown: &Shown<'_>, is_update: bool) -> Markup {
    let count = shown.found.emails.len();
    let noun = if count == 1 { "email" } else { "emails" };
    let more = if shown.found.next.is_some() { ", and more" } else { "" };
    html! {
        p #count.hint role="status" hx-swap-oob=[is_update.then_some("true")] { (count) " " (noun) (more) }
    }
}

/// The rows, and where the list goes on.
pub(super) fn list(shown: &Shown<'_>) -> Markup {
    let Shown { wanted, found, may_act } = shown;
    html! {
        div #emails {
            @if found.emails.is_empty() && found.next.is_none() { (nothing(wanted)) }
            ul.emails {
                @for email in &found.emails { (row(email, wanted, *may_act, None)) }
            }
            @if let Some(next) = &found.next {
                p.actions { a.button.quiet href=(format!("{ADMIN_MAIL}?{}", wanted.in_url(Some(next)))) { "Next emails" } }
            }
            @if wanted.after.is_some() {
                p { a href=(format!("{ADMIN_MAIL}?{}", wanted.in_url(None))) { "Back to the beginning" } }
            }
        }
    }
}

fn nothing(wanted: &ListEmails) -> Markup {
    html! {
        @match wanted.to.as_deref().map(str::trim).filter(|to| !to.is_empty()) {
            Some(to) => p { "No such email to an address that begins with " (outside(to)) " in the last week." },
            None => p { "No such email." },
        }
        p { a href=(format!("{ADMIN_MAIL}?state={ALL}")) { "Show all emails" } }
    }
}

/// One email.
pub(super) fn row(
    email: &Email,
    wanted: &ListEmails,
    may_act: bool,
    outcome: Option<&Outcome<'_>>,
) -> Markup {
    let id = email.letter.id.to_string();
    html! {
        li id=(format!("email-{id}")) {
            // The focus goes here after a form in this row was answered.
            h2 tabindex=[outcome.map(|_| "-1")] autofocus[outcome.is_some()] { (outside(email.letter.to.as_str())) }
            @match outcome {
                Some(Outcome::Done(notice)) => p.notice role="status" { (notice.sentence()) },
                Some(Outcome::Refused(problem)) => p.error role="alert" { (problem.detail) },
                None => {}
            }
            p { (purpose(email.letter.kind)) " " span.tag { (in_words(email.state)) } }
            (facts(email))
            @if may_act { (forms(email, wanted, &id)) }
        }
    }
}

fn facts(email: &Email) -> Markup {
    let letter = &email.letter;
    html! {
        dl {
            dt { "Queued" } dd { (moment(letter.queued_at)) }
            @if let Some(at) = email.ended_at { dt { "Ended" } dd { (moment(at)) } }
            dt { "Tries" } dd { (letter.tries) }
            @if let Some(at) = email.tried_at { dt { "Last try" } dd { (moment(at)) } }
            @if email.is_being_sent() {
                dt { "Next try" } dd { @if letter.is_stopped() { "None" } @else { "Being sent right now" } }
            } @else if let Some(at) = email.next_try_at { dt { "Next try" } dd { (due(at)) } }
            @if let Some(answer) = &email.answer {
                dt { "Answer of the mail server" } dd { (outside(answer.as_str())) }
            }
        }
    }
}

/// What can be done with an email as it is.
fn forms(email: &Email, wanted: &ListEmails, id: &str) -> Markup {
    let waits = email.state == EmailState::Waiting;
    let may_be_tried = email.state != EmailState::Sent && !email.is_being_sent();
    let may_be_stopped = waits && !email.letter.is_stopped();
    html! {
        @if may_be_tried || may_be_stopped {
            div.row {
                @if may_be_tried { (form(email, wanted, &email_retry(id), "Try now")) }
                @if may_be_stopped { (form(email, wanted, &email_drop(id), "Do not send")) }
            }
        }
    }
}

fn form(email: &Email, wanted: &ListEmails, path: &str, label: &str) -> Markup {
    let (target, to) = (format!("#email-{}", email.letter.id), plain(email.letter.to.as_str()));
    html! {
        form method="post" action=(path) hx-post=(path) hx-target=(target) hx-swap="outerHTML" {
            @for (name, value) in [("state", &wanted.state), ("to", &wanted.to)] {
                @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
            }
            // A screen reader may list buttons without what is around them.
            button.quiet type="submit" aria-label=(format!("{label}: the email to {to}")) { (label) }
        }
    }
}

/// A state in the words of the pages.
fn in_words(state: EmailState) -> &'static str {
    match state {
        EmailState::Waiting => "Waiting to be sent",
        EmailState::Sent => "Sent",
        EmailState::Failed => "Not delivered",
        EmailState::Dropped => "Not sent",
    }
}

/// What an email is for, in the words of the pages.
fn purpose(kind: LetterKind) -> &'static str {
    match kind {
        LetterKind::SignIn | LetterKind::AccountAdded => "Sign-in link",
        LetterKind::NoAccount => "No account here",
        LetterKind::Confirm => "Confirm registration",
        LetterKind::AlreadyRegistered => "Already registered",
        LetterKind::ResetPassword => "New password",
        LetterKind::NothingToReset => "No password to reset",
        LetterKind::AccountDisabled => "Account disabled",
        LetterKind::ConfirmNewAddress => "Confirm new email address",
        LetterKind::AddressChanging => "Email address about to change",
        LetterKind::AddressChanged => "Email address changed",
        LetterKind::AddressRestored => "Email address restored",
        LetterKind::AddressWanted => "Email address wanted by someone else",
        LetterKind::YourCode => "Code to confirm it's you",
        LetterKind::PasswordChanged => "Password changed",
        LetterKind::AccountDeleted => "Account deleted",
        LetterKind::PasswordSet => "Password set",
        LetterKind::PasswordRemoved => "Password removed",
        LetterKind::PasswordReset => "Password reset",
        LetterKind::NewDevice => "Sign-in on a new device",
    }
}
