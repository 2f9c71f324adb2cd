//! The landing page of a link. Looking at it changes nothing.
//!
//! 1. The browser that asked posts itself on, or its person does by the button.
//! 2. Any other browser is told whose sign-in this is. It can carry the code to where it was asked
//!    for, or sign in here after a tick, which no scanner sets. A password that was typed elsewhere is
//!    not taken over: another one can be chosen here.
//! 3. All dead links get one page: a stranger is not told why.

mod landing;

use poem::Response;

use self::landing::landing;
use super::answer::Answer;
use super::arrival::{first, go_on, redeemed};
use super::form::is_told_inside;
use super::sign_in;
use super::visitor::Visitor;
use crate::domain::mailed::LinkView;
use crate::domain::mailed::Redeemer;
use crate::domain::password::Password;
use crate::path;
use crate::web::house::{Door, House};
use crate::web::problem::{self, Problem};
use crate::web::wire::{Fields, RedeemLink};

/// What stands behind the link.
pub(super) async fn show(house: House, visitor: Visitor) -> Answer {
    let bearer = redeemer(&visitor, false, None);
    match house.gatepost.show_link(&visitor.part, bearer).await {
        Ok(LinkView { redeemed_here: Some(redeemed), .. }) => {
            Ok(go_on(&house, &visitor, redeemed.next.as_ref()))
        }
        Ok(view) => Ok(landing(&house, &visitor, &view, None)),
        Err(error) => dead(&house, &visitor, error.into()),
    }
}

/// Redeems it.
pub(super) async fn redeem(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let input: RedeemLink = match fields.read() {
        Ok(input) => input,
        Err(problem) => return unread(&house, &visitor, problem).await,
    };
    let password = input.password();
    let bearer = redeemer(&visitor, input.is_confirmed(), password.as_ref());
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
    if problem.code == problem::Code::InvalidLink || !is_told_inside(&problem) {
        return dead(house, visitor, problem);
    }
    match house.gatepost.show_link(&visitor.part, redeemer(visitor, false, None)).await {
        Ok(view) => Ok(landing_refused(house, visitor, &view, &problem)),
        Err(error) => dead(house, visitor, error.into()),
    }
}

fn landing_refused(house: &House, visitor: &Visitor, view: &LinkView, problem: &Problem) -> Response {
    let mut response = landing(house, visitor, view, Some(problem));
    problem.put_headers(&mut response, Door::Pages);
    response
}

/// One page for all links that are no longer good.
fn dead(house: &House, visitor: &Visitor, problem: Problem) -> Answer {
    if problem.code != problem::Code::InvalidLink {
        return Err(problem);
    }
    Ok(sign_in::anew(house, visitor, &problem, [house.site.home.as_str(), "Go on"]))
}
