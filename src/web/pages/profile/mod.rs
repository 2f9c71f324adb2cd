//! The account page: the account, and everything a person can do with it.
//!
//! It is one piece. After any change all of it is drawn again, with the outcome in the row of the form
//! that was sent. Forms are shown only while the sign-in is recent: otherwise the values entered would be
//! lost on the way through `/reauthenticate`.
//!
//! - `act`: what its forms do
//! - `view`: what the page is drawn from
//! - `draw`: the page; `sections`, `devices`, `keys`: its rows, and the page of one key

mod act;
mod devices;
mod draw;
mod keys;
mod sections;
mod view;

use poem::Response;

pub(super) use self::act::{
    again, cancel_email, change_email, change_notices, change_password, delete, end_key, end_others,
    end_session, make_key, remove_password,
};
use self::draw::drawn;
pub(super) use self::keys::show_key;
use self::view::Told;
use super::answer::Answer;
use super::arrival;
use super::visitor::Visitor;
use crate::path::PROFILE;
use crate::web::api::export_of;
use crate::web::house::House;

/// The account page of the person who is signed in.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let Some(live) = visitor.signed_in.clone() else {
        return Ok(arrival::first(&visitor, Some(PROFILE)));
    };
    drawn(&house, &visitor, live, &Told::Nothing).await
}

/// Leads browsers and password managers to the page that changes a password.
pub(super) async fn well_known(_: House, visitor: Visitor) -> Answer {
    Ok(visitor.lead_to(PROFILE))
}

/// Everything stored about the person, as a file.
pub(super) async fn export(house: House, visitor: Visitor) -> Answer {
    let Some(live) = visitor.signed_in.clone() else { return Ok(arrival::first(&visitor, Some(PROFILE))) };
    let json = export_of(&house, live).await?;
    Ok(Response::builder()
        .content_type("application/json")
        .header("content-disposition", "attachment; filename=\"account.json\"")
        .body(json))
}
