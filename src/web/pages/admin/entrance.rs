//! Who may come in. Everyone who is signed in and is no administrator gets the same page, whatever they asked for.

use poem::{Request, Response};

use super::super::answer::Answer;
use super::super::query::Query;
use super::super::visitor::Visitor;
use crate::path::{REAUTHENTICATE, SIGN_IN, with_next};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};

/// Draws a refusal. `page` is where its form is, and where someone is led back to who has to sign in or to confirm it
/// first: never to the action, so nothing that was entered is sent again by itself.
pub(super) fn refused(visitor: &Visitor, problem: Problem, page: &str) -> Answer {
    match problem.code {
        Code::SignInRequired => Ok(sent_to(visitor, &problem, &with_next(SIGN_IN, Some(page)))),
        Code::RecentSignInRequired => Ok(sent_to(visitor, &problem, &with_next(REAUTHENTICATE, Some(page)))),
        _ => Err(problem),
    }
}

fn sent_to(visitor: &Visitor, problem: &Problem, place: &str) -> Response {
    let mut response = visitor.lead_to(place);
    if visitor.is_htmx {
        problem.put_headers(&mut response, Door::Pages);
    } else {
        problem.name(&mut response);
    }
    response
}

/// The page that someone asked for, with its query.
pub(super) fn place(visitor: &Visitor) -> String {
    match &visitor.search {
        Some(search) => format!("{}?{search}", visitor.path),
        None => visitor.path.clone(),
    }
}

/// The answer where there is no page for administrators. Only an administrator learns that there is none.
pub(in crate::web) async fn unknown(house: &House, request: &Request) -> poem::Result<Response> {
    let wanted = Query::of(request).next();
    let visitor = Visitor::of(request, house, wanted).await?;
    let problem = match house.gatepost.expect_admin(visitor.token()).await {
        Ok(()) => Problem::of(Code::NotFound),
        Err(error) => error.into(),
    };
    Ok(refused(&visitor, problem, &place(&visitor))?)
}
