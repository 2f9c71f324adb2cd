//! The account and this session, to be read.

use maud::{Markup, html};

use super::home::by;
use super::layout::{moment, page};
use super::visitor::Visitor;
use super::{Answer, arrival};
use crate::domain::account::Account;
use crate::domain::session::Session;
use crate::path::PROFILE;
use crate::web::House;

/// The account page, for who is signed in.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let Some(signed_in) = &visitor.signed_in else { return Ok(arrival::first(&visitor, Some(PROFILE))) };
    let content = html! {
        section.card {
            h1 { "Profile" }
            (account(&signed_in.account))
            (session(&signed_in.session))
        }
    };
    Ok(page(&house.site, &visitor, "Profile", &content))
}

fn account(account: &Account) -> Markup {
    html! {
        h2 { "Account" }
        dl {
            dt { "Address" } dd.address { (account.address) }
            dt { "Password" } dd { @if account.password.is_some() { "Set" } @else { "None: you sign in by mail" } }
            dt { "Registered" } dd { (moment(account.registered_at)) }
            dt { "Confirmed" } dd { (moment(account.confirmed_at)) }
        }
    }
}

fn session(session: &Session) -> Markup {
    html! {
        h2 { "This session" }
        dl {
            dt { "Signed in" } dd { (by(session.means)) ", " (moment(session.created_at)) }
            dt { "Device" } dd { (session.device) }
            dt { "Client address" } dd { (session.ip) }
            dt { "Ends" } dd { (moment(session.expires_at)) }
        }
    }
}
