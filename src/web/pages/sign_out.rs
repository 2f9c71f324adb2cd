//! Signing out.

use maud::html;

use super::answer::Answer;
use super::enter::app_in;
use super::jar::{cookies, put_cookie};
use super::layout::page;
use super::notice::{self, Notice};
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::ports::StoreError;
use crate::domain::record::next::Next;
use crate::path::{SIGN_IN, SIGN_OUT, is_page};
use crate::web::edge::cookies::Cookie;
use crate::web::house::House;
use crate::web::problem::Problem;
use crate::web::wire::Fields;

const TITLE: &str = "Sign out";

/// The button. Opening a link signs no one out, or any page could do it with a picture.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    if visitor.signed_in.is_none() {
        return Ok(visitor.lead_to(SIGN_IN));
    }
    let app = app_in(&house, &visitor);
    let content = html! {
        section.card {
            h1 { (TITLE) }
            p.lead {
                @match app {
                    Some(app) => { "This signs you out of " (app.card.name) " and of every other app that you opened with this account." }
                    None => { "This signs you out here and of every app that you opened with this account." }
                }
            }
            form method="post" action=(SIGN_OUT) { button type="submit" { "Sign out" } }
        }
    };
    Ok(page(&house.site, &visitor, TITLE, &content))
}

/// Ends the session on the server, then in the browser. Signing out twice is not an error.
///
/// If the store cannot save it, the browser forgets the session all the same, since the person may leave the
/// device to others, and the next page says that the session is still open.
///
/// Any account is signed out, even if the page was drawn for another one: a refusal would leave a
/// session open behind someone who meant to leave none.
pub(super) async fn submit(house: House, visitor: Visitor, _: Fields) -> Answer {
    let ended = match &visitor.session {
        Some(token) => house.gatepost.sign_out(token, &visitor.client).await,
        None => Ok(()),
    };
    let notice = match ended {
        Ok(()) => Notice::SignedOut,
        Err(error @ Error::Store(StoreError::Refused(_) | StoreError::Busy)) => {
            Problem::from(error).tell(&visitor.client.request_id);
            Notice::SessionLeftOpen
        }
        // In doubt, it may be open or not.
        Err(error) => return Err(error.into()),
    };
    // A path of an app beside us would be a way to have someone sign out and end on a page that is not ours.
    let place = match &visitor.wanted {
        Some(Next::To(place)) if is_page(place.as_str()) => place.as_str(),
        _ => SIGN_IN,
    };
    let mut response = visitor.lead_to(place);
    put_cookie(&mut response, cookies(&house.site).clear(Cookie::Session));
    notice::put(&[notice], &mut response, &house.site);
    Ok(response)
}
