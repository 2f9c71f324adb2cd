//! The landing page of a link. Looking at it changes nothing.
//!
//! 1. In the browser that requested it, the page submits itself, or the person presses the button.
//! 2. Any other browser is asked whether it should sign in as this address. The person can enter the code
//!    where they requested it, or go on here after a tick, which no scanner sets. A password entered at
//!    registration is dropped then, and another one can be chosen.
//! 3. All dead links get one page, so a stranger does not learn why.
//!
//! - `landing`: the page
//! - `words`: what it says for each purpose

mod landing;
mod words;

use poem::Response;

use self::landing::landing;
use super::answer::Answer;
use super::arrival::{first, go_on, redeemed};
use super::form::belongs_in_form;
use super::over::over;
use super::own;
use super::visitor::Visitor;
use crate::domain::mailed::LinkView;
use crate::domain::mailed::Redeemer;
use crate::domain::password::Password;
use crate::path::{self, CHECK_INBOX};
use crate::web::house::{Door, House};
use crate::web::problem::{self, Problem};
use crate::web::wire::{Fields, RedeemLink};

/// Shows what the link is for.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let bearer = redeemer(&visitor, false, None);
    match house.gatepost.show_link(&visitor.part, bearer).await {
        Ok(LinkView { redeemed_here: Some(redeemed), .. }) => {
            Ok(go_on(&house, &visitor, redeemed.next.as_ref()))
        }
        Ok(LinkView { led_to: Some(reset), .. }) => {
            Ok(visitor.lead_to(&format!("{CHECK_INBOX}?request={}", reset.nonce())))
        }
        Ok(view) => Ok(landing(&house, &visitor, &view, None)),
        Err(error) => dead(&house, &visitor, error.into()).await,
    }
}

/// Redeems it.
pub(super) async fn redeem(house: House, visitor: Visitor, fields: Fields) -> Answer {
    if let Some(problem) = own::refusal(&visitor, &fields)
        && let Ok(view) = house.gatepost.show_link(&visitor.part, redeemer(&visitor, false, None)).await
        && landing::leaves(&visitor, &view).is_some()
    {
        return Ok(landing_refused(&house, &visitor, &view, &problem));
    }
    let input: RedeemLink = match fields.read() {
        Ok(input) => input,
        Err(problem) => return unread(&house, &visitor, problem).await,
    };
    // Otherwise the link would be used up, and no one signed in.
    if visitor.keeps_no_cookies() {
        let mut response = visitor.lead_to(&path::link(&visitor.part));
        visitor.welcome(&mut response, &house.site);
        return Ok(response);
    }
    let bearer = redeemer(&visitor, input.is_confirmed(), input.password.as_ref());
    match house.gatepost.redeem_link(&visitor.part, bearer, &visitor.client).await {
        Ok(done) => {
            let request = house.gatepost.request_of_link(&visitor.part);
            Ok(redeemed(&house, &visitor, &done, request))
        }
        Err(error) => refused(&house, &visitor, error.into()).await,
    }
}

fn redeemer<'a>(visitor: &'a Visitor, confirm: bool, password: Option<&'a Password>) -> Redeemer<'a> {
    Redeemer { held: &visitor.held, confirm, password, session: visitor.session.as_deref() }
}

/// The status is the same for a live and a dead link. Only a live one has a form to show it in.
async fn unread(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    match house.gatepost.show_link(&visitor.part, redeemer(visitor, false, None)).await {
        Ok(view) => Ok(landing_refused(house, visitor, &view, &problem)),
        Err(_) => Err(problem),
    }
}

async fn refused(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    if problem.code == problem::Code::SignInRequired {
        return Ok(first(visitor, Some(&path::link(&visitor.part))));
    }
    if problem.code == problem::Code::InvalidLink || !belongs_in_form(&problem) {
        return dead(house, visitor, problem).await;
    }
    match house.gatepost.show_link(&visitor.part, redeemer(visitor, false, None)).await {
        Ok(view) => Ok(landing_refused(house, visitor, &view, &problem)),
        Err(error) => dead(house, visitor, error.into()).await,
    }
}

fn landing_refused(house: &House, visitor: &Visitor, view: &LinkView, problem: &Problem) -> Response {
    let mut response = landing(house, visitor, view, Some(problem));
    problem.put_headers(&mut response, Door::Pages);
    response
}

/// The one page for all links that no longer work. In the browser that requested the link, a new one leads
/// to the same place.
async fn dead(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    if problem.code != problem::Code::InvalidLink {
        return Err(problem);
    }
    let request = house.gatepost.request_of_link(&visitor.part).map(|nonce| nonce.to_string());
    let wanted = match request.and_then(|request| visitor.request(Some(&request))) {
        Some(held) => house.gatepost.waiting(held).await.ok().and_then(|waiting| waiting.next),
        None => None,
    };
    let way_on = [house.site.home.as_str(), "Continue"];
    Ok(over(house, visitor, &problem, wanted.as_ref(), way_on))
}
