//! The sections of the account page.

use maud::{Markup, html};

use super::super::arrival::with_next;
use super::super::form::{hidden_username, length_hint, new_email_field, new_password_field, of};
use super::super::home::by;
use super::super::layout::{beside, in_words, moment};
use super::{Section, Told, View};
use crate::domain::record::account::PendingChange;
use crate::domain::record::session::Session;
use crate::path::{
    FORGOT_PASSWORD, PROFILE, PROFILE_DELETE, PROFILE_EMAIL, PROFILE_EMAIL_CANCEL, PROFILE_END_OTHERS,
    PROFILE_EXPORT, PROFILE_PASSWORD, PROFILE_PASSWORD_REMOVE, REAUTHENTICATE, session_end,
};
use crate::web::house::House;

/// Anew, not morphed: passwords that were typed must not stay in their fields.
const SWAP: &str = "outerHTML";

/// What came of a form. Where it worked, `#told` reads it out.
fn said(told: &Told<'_>, section: Section) -> Markup {
    html! {
        @if let Some(notice) = told.done(section) { p.notice { (notice.sentence()) } }
        @if let Some(problem) = told.refused(section).filter(|problem| problem.field.is_none()) {
            p.error role="alert" { (problem.detail) }
        }
    }
}

pub(super) fn account(view: &View) -> Markup {
    let account = &view.live.account;
    html! {
        section.card {
            h1 { "Profile" }
            dl {
                dt { "Address" } dd.address { (account.address) }
                dt { "Password" } dd { @if account.password.is_some() { "Set" } @else { "None: you sign in by mail" } }
                @if account.admin { dt { "Role" } dd { "Admin" } }
                dt { "Registered" } dd { (moment(account.registered_at)) }
                dt { "Confirmed" } dd { (moment(account.confirmed_at)) }
            }
        }
    }
}

/// Instead of forms whose answer would be to prove it first.
pub(super) fn prove_first() -> Markup {
    html! {
        section.card {
            h2 { "To change something" }
            p { "Your sign-in is a while ago. Prove once more that it is you, and the forms are here." }
            p.actions { a.button href=(with_next(REAUTHENTICATE, Some(PROFILE))) { "It is me" } }
        }
    }
}

pub(super) fn password(house: &House, view: &View, told: &Told<'_>) -> Markup {
    let account = &view.live.account;
    let has_one = account.password.is_some();
    let problem = told.refused(Section::Password);
    let current = of(problem, "current_password");
    html! {
        section.card {
            h2 { "Password" }
            (said(told, Section::Password))
            @if view.is_recent {
                form method="post" action=(PROFILE_PASSWORD) hx-post=(PROFILE_PASSWORD) hx-target="#profile" hx-swap=(SWAP) {
                    (hidden_username(account.address.as_str()))
                    @if has_one {
                        div.field {
                            label for="current_password" { "Present password" }
                            input #current_password name="current_password" type="password" required
                                autocomplete="current-password" aria-invalid=[current.map(|_| "true")]
                                aria-describedby=[current.map(|_| "current_password-error")]
                                autofocus[current.is_some()];
                            (beside("current_password-error", current))
                        }
                    }
                    (new_password_field("New password", &length_hint(house.gatepost.min_password_bytes()), true, of(problem, "password")))
                    button #change-password type="submit" {
                        @if has_one { "Change the password" } @else { "Set a password" }
                    }
                }
                p.hint { "Everybody else who is signed in is signed out by that, and we tell you by mail." }
                @if has_one {
                    form method="post" action=(PROFILE_PASSWORD_REMOVE) hx-post=(PROFILE_PASSWORD_REMOVE) hx-target="#profile" hx-swap=(SWAP) {
                        button #remove-password.quiet type="submit" { "Remove it and sign in by mail alone" }
                    }
                }
            } @else if has_one {
                p.hint { "You have one." }
            } @else {
                p.hint { "You have none: you sign in by mail." }
            }
            @if has_one {
                p.hint { "Forgotten it? " a href=(FORGOT_PASSWORD) { "Set a new one by mail" } "." }
            }
        }
    }
}

pub(super) fn email(view: &View, told: &Told<'_>) -> Markup {
    let pending = view.pending.as_ref();
    // What the form beside it sends again was not typed into the field.
    let typed = told.typed();
    let typed = if pending.is_some_and(|change| change.address.as_str() == typed) { "" } else { typed };
    html! {
        section.card {
            h2 { "Address" }
            @if let Some(change) = pending { (pending_change(view, change)) }
            (said(told, Section::Email))
            @if view.is_recent {
                form method="post" action=(PROFILE_EMAIL) hx-post=(PROFILE_EMAIL) hx-target="#profile" hx-swap=(SWAP) {
                    (new_email_field(typed, of(told.refused(Section::Email), "email")))
                    button #change-email type="submit" { "Change the address" }
                }
                p.hint { "We write to the new address, and tell you at the old one. For a week the old one can take it back." }
            } @else if pending.is_none() {
                p.hint { "It is " span.address { (view.live.account.address) } "." }
            }
        }
    }
}

/// The change that waits: its code is typed where it was asked for, and it can be asked for anew anywhere.
fn pending_change(view: &View, change: &PendingChange) -> Markup {
    html! {
        p { "You asked to change it to " strong.address { (change.address) }
            ". Until you confirm that by the letter we sent there, it stays " strong.address { (view.live.account.address) } "." }
        div.row {
            @if let Some(place) = &view.code_place { a href=(place) { "Type the code" } }
            @if view.is_recent {
                form method="post" action=(PROFILE_EMAIL) hx-post=(PROFILE_EMAIL) hx-target="#profile" hx-swap=(SWAP) {
                    input type="hidden" name="email" value=(change.address);
                    button #resend-email.quiet type="submit" { "Send another letter" }
                }
                form method="post" action=(PROFILE_EMAIL_CANCEL) hx-post=(PROFILE_EMAIL_CANCEL) hx-target="#profile" hx-swap=(SWAP) {
                    button #cancel-email.quiet type="submit" { "Call the change off" }
                }
            }
        }
    }
}

pub(super) fn sessions(view: &View, told: &Told<'_>) -> Markup {
    let current = view.live.session.id;
    html! {
        section.card {
            h2 { "Where you are signed in" }
            (said(told, Section::Sessions))
            ul.places {
                @for session in &view.sessions {
                    li {
                        div {
                            strong { (session.device) }
                            @if session.id == current { " " span.tag { "here" } }
                            p.hint { (by(session.means)) ", " (moment(session.created_at)) ", from " (session.ip)
                                ". Last used " (moment(session.last_used_at)) "." }
                        }
                        @if view.is_recent && session.id != current { (end(session)) }
                    }
                }
            }
            @if view.is_recent && view.sessions.len() > 1 {
                form method="post" action=(PROFILE_END_OTHERS) hx-post=(PROFILE_END_OTHERS) hx-target="#profile" hx-swap=(SWAP) {
                    button #end-others.quiet type="submit" { "Sign out everywhere else" }
                }
            }
        }
    }
}

fn end(session: &Session) -> Markup {
    let id = session.id.to_string();
    let path = session_end(&id);
    // Heard alone, one "End" is like the other.
    let label = format!("End {}, {}", session.device, in_words(session.created_at));
    html! {
        form method="post" action=(path) hx-post=(path) hx-target="#profile" hx-swap=(SWAP) {
            button.quiet id=(format!("end-{id}")) type="submit" aria-label=(label) { "End" }
        }
    }
}

pub(super) fn data(view: &View, told: &Told<'_>) -> Markup {
    let problem = told.refused(Section::Deletion);
    let confirm = of(problem, "confirm");
    html! {
        section.card {
            h2 { "Your data" }
            p { a href=(PROFILE_EXPORT) download { "Take out all that is known of you" } " as a JSON file." }
            h2 { "Delete the account" }
            (said(told, Section::Deletion))
            @if view.is_recent {
                form method="post" action=(PROFILE_DELETE) hx-post=(PROFILE_DELETE) hx-target="#profile" hx-swap=(SWAP) {
                    div.field {
                        label for="confirm" { "Type " code { "delete" } " to delete it for ever" }
                        input #confirm name="confirm" type="text" required autocomplete="off" autocapitalize="none"
                            spellcheck="false" aria-invalid=[confirm.map(|_| "true")]
                            aria-describedby=[confirm.map(|_| "confirm-error")] autofocus[confirm.is_some()];
                        (beside("confirm-error", confirm))
                    }
                    button #delete.danger type="submit" { "Delete my account" }
                }
            } @else {
                p.hint { "It cannot be brought back, so prove first that it is you." }
            }
        }
    }
}

pub(super) fn events(view: &View) -> Markup {
    html! {
        section.card {
            h2 { "What happened lately" }
            ul.events {
                @for event in &view.events {
                    li { (event.name.sentence()) p.hint { (moment(event.at)) ", " (event.device) ", " (event.ip) } }
                }
            }
        }
    }
}
