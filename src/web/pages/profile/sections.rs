//! The rows of the account page: one per subject, each with what is set now and the form that changes it.
//!
//! A form is folded away until someone wants it, and open where something in it was refused.

use maud::{Markup, html};

use super::super::form::{hidden_username, length_hint, new_email_field, new_password_field, of};
use super::super::layout::{address, beside, moment, on, told as notice_of};
use super::super::own::{self, hidden_account};
use super::view::{Section, Told, View};
use crate::domain::profile::Entry;
use crate::domain::record::account::PendingChange;
use crate::path::{
    FORGOT_PASSWORD, PROFILE, PROFILE_DELETE, PROFILE_EMAIL, PROFILE_EMAIL_CANCEL, PROFILE_EXPORT,
    PROFILE_PASSWORD, PROFILE_PASSWORD_REMOVE, REAUTHENTICATE, with_next,
};
use crate::web::house::House;
use crate::web::problem::Problem;

/// Replaced, not morphed: a password that was entered must not stay in its field.
pub(super) const SWAP: &str = "outerHTML";

/// What was done by a form in this row.
pub(super) fn done(told: &Told<'_>, section: Section) -> Markup {
    html! { @if let Some(notice) = told.done(section) { (notice_of(notice)) } }
}

/// A refusal that is not about one field.
pub(super) fn refused(problem: Option<&Problem>) -> Markup {
    html! {
        @if let Some(problem) = problem.filter(|problem| problem.field.is_none()) {
            p.error role="alert" { (problem.detail) }
        }
    }
}

pub(super) fn heading(view: &View, told: &Told<'_>) -> Markup {
    let account = &view.live.account;
    html! {
        h1 { "Your account" }
        @if let Told::NotOwn(problem) = told { (own::told(problem, &account.address)) }
        p.hint {
            "Registered " (on(account.registered_at)) "."
            @if account.admin { " " span.tag { "Administrator" } }
        }
    }
}

/// Shown instead of forms that would only lead to the same question.
pub(super) fn confirm_first() -> Markup {
    html! {
        section.prompt {
            h2 { "Make changes" }
            p { "You signed in a while ago. Confirm it's you to change anything here." }
            p.actions { a.button href=(with_next(REAUTHENTICATE, Some(PROFILE))) { "Confirm it's me" } }
        }
    }
}

pub(super) fn email(house: &House, view: &View, told: &Told<'_>) -> Markup {
    let account = &view.live.account;
    let pending = view.pending.as_ref();
    let problem = told.refused(Section::Email);
    // The button beside a pending change sends its address again, which no one entered into the field.
    let entered = told.entered();
    let entered = if pending.is_some_and(|change| change.address.as_str() == entered) { "" } else { entered };
    let is_about_form = problem.is_some_and(|problem| problem.field.is_some() || !entered.is_empty());
    html! {
        section.subject {
            h2 { "Email address" }
            div.subject-body {
                p.value { (address(&account.address)) }
                p.hint { "Confirmed " (on(account.confirmed_at)) "." }
                (done(told, Section::Email))
                @if let Some(change) = pending { (pending_change(view, change)) }
                @if !is_about_form { (refused(problem)) }
                @if view.is_recent {
                    details.change #edit-email open[is_about_form] {
                        summary { "Change" span.unseen { " email address" } }
                        @if is_about_form { (refused(problem)) }
                        form method="post" action=(PROFILE_EMAIL) hx-post=(PROFILE_EMAIL) hx-target="#profile" hx-swap=(SWAP) {
                            (hidden_account(view.live.account.id))
                            (new_email_field(entered, of(problem, "email")))
                            @if let Some(domains) = house.site.registration.domains() {
                                p.hint { "It must be at " (domains) "." }
                            }
                            p.hint { "We'll send a confirmation to the new address and a notice to the old one. You can undo the change from the old address for a week." }
                            button #change-email type="submit" formnovalidate { "Change email address" }
                        }
                    }
                }
            }
        }
    }
}

/// Its code can be entered only in the browser that requested it. Another email can be sent from any.
fn pending_change(view: &View, change: &PendingChange) -> Markup {
    html! {
        div.pending {
            p { "Change to " (address(&change.address)) " pending. Until you confirm it with the email we sent there, your address stays "
                (address(&view.live.account.address)) "." }
            div.row {
                @if let Some(place) = &view.code_place { a href=(place) { "Enter the code" } }
                @if view.is_recent {
                    form method="post" action=(PROFILE_EMAIL) hx-post=(PROFILE_EMAIL) hx-target="#profile" hx-swap=(SWAP) {
                        (hidden_account(view.live.account.id))
                        input type="hidden" name="email" value=(change.address);
                        button #resend-email.quiet type="submit" { "Send another email" }
                    }
                    form method="post" action=(PROFILE_EMAIL_CANCEL) hx-post=(PROFILE_EMAIL_CANCEL) hx-target="#profile" hx-swap=(SWAP) {
                        (hidden_account(view.live.account.id))
                        button #cancel-email.quiet type="submit" { "Cancel the change" }
                    }
                }
            }
        }
    }
}

pub(super) fn password(house: &House, view: &View, told: &Told<'_>) -> Markup {
    let has_one = view.live.account.password.is_some();
    let problem = told.refused(Section::Password);
    html! {
        section.subject {
            h2 { "Password" }
            div.subject-body {
                p.value { @if has_one { "A password is set." } @else { "No password. You sign in by email." } }
                (done(told, Section::Password))
                @if view.is_recent {
                    details.change #edit-password open[problem.is_some()] {
                        summary {
                            @if has_one { "Change" span.unseen { " password" } } @else { "Set password" }
                        }
                        (refused(problem))
                        (password_form(house, view, problem))
                        @if has_one {
                            form method="post" action=(PROFILE_PASSWORD_REMOVE) hx-post=(PROFILE_PASSWORD_REMOVE) hx-target="#profile" hx-swap=(SWAP) {
                                (hidden_account(view.live.account.id))
                                button #remove-password.quiet type="submit" { "Remove password and sign in by email only" }
                            }
                        }
                    }
                }
                @if has_one {
                    p.hint { "Forgot it? " a href=(with_next(FORGOT_PASSWORD, Some(PROFILE))) { "Reset it by email" } "." }
                }
            }
        }
    }
}

fn password_form(house: &House, view: &View, problem: Option<&Problem>) -> Markup {
    let account = &view.live.account;
    let has_one = account.password.is_some();
    let current = of(problem, "current_password");
    let hint = length_hint(house.gatepost.min_password_bytes());
    html! {
        form method="post" action=(PROFILE_PASSWORD) hx-post=(PROFILE_PASSWORD) hx-target="#profile" hx-swap=(SWAP) {
            (hidden_account(view.live.account.id))
            (hidden_username(account.address.as_str()))
            @if has_one {
                div.field {
                    label for="current_password" { "Current password" }
                    input #current_password name="current_password" type="password" required
                        autocomplete="current-password" enterkeyhint="next" aria-invalid=[current.map(|_| "true")]
                        aria-describedby=[current.map(|_| "current_password-error")]
                        autofocus[current.is_some()];
                    (beside("current_password-error", current))
                }
            }
            (new_password_field("New password", &hint, true, of(problem, "password")))
            p.hint { "This signs you out on all other devices. We'll confirm it by email." }
            button #change-password type="submit" { @if has_one { "Change password" } @else { "Set password" } }
        }
    }
}

pub(super) fn data() -> Markup {
    html! {
        section.subject {
            h2 { "Your data" }
            div.subject-body {
                p { a href=(PROFILE_EXPORT) download { "Download everything we store about you" } " as a JSON file." }
            }
        }
    }
}

pub(super) fn events(view: &View) -> Markup {
    html! {
        section.subject {
            h2 { "Recent activity" }
            ul.subject-body.events {
                @for entry in &view.history {
                    li { span { (entry.name.sentence_of(entry.count)) } span.hint { (circumstances(entry)) } }
                }
            }
        }
    }
}

/// When something happened, and where.
fn circumstances(entry: &Entry) -> Markup {
    html! {
        @match entry.first_at {
            Some(first) if entry.count > 1 => { "Between " (moment(first)) " and " (moment(entry.at)) ", last on " }
            _ => { (moment(entry.at)) @if entry.client.is_some() { ", " } }
        }
        @if let Some((ip, device)) = &entry.client { (device) ", " (ip) }
    }
}

pub(super) fn deletion(view: &View, told: &Told<'_>) -> Markup {
    let problem = told.refused(Section::Deletion);
    let confirm = of(problem, "confirm");
    html! {
        section.subject.danger-zone {
            h2 { "Delete account" }
            div.subject-body {
                @if view.is_recent {
                    p.value { "This can't be undone." }
                    details.change #delete-account open[problem.is_some()] {
                        summary { "Delete" span.unseen { " account" } }
                        (refused(problem))
                        form method="post" action=(PROFILE_DELETE) hx-post=(PROFILE_DELETE) hx-target="#profile" hx-swap=(SWAP) {
                            (hidden_account(view.live.account.id))
                            div.field {
                                label for="confirm" { "Enter " code { "delete" } " to delete your account permanently" }
                                input #confirm name="confirm" type="text" required autocomplete="off" autocapitalize="none"
                                    spellcheck="false" enterkeyhint="go" aria-invalid=[confirm.map(|_| "true")]
                                    aria-describedby=[confirm.map(|_| "confirm-error")] autofocus[confirm.is_some()];
                                (beside("confirm-error", confirm))
                            }
                            button #delete.danger type="submit" { "Delete account" }
                        }
                    }
                } @else {
                    p.value { "This can't be undone, so confirm it's you first." }
                }
            }
        }
    }
}
