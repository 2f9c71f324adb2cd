//! Signing out.

use super::answer::Answer;
use super::jar::{cookies, put_cookie};
use super::notice::{self, Notice};
use super::visitor::Visitor;
use crate::domain::error::Error;
use crate::domain::ports::StoreError;
use crate::path::SIGN_IN;
use crate::web::edge::cookies::Cookie;
use crate::web::house::House;
use crate::web::problem::Problem;
use crate::web::wire::Fields;

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
    let mut response = visitor.lead_to(SIGN_IN);
    put_cookie(&mut response, cookies(&house.site).clear(Cookie::Session));
    notice::put(&[notice], &mut response, &house.site);
    Ok(response)
}
