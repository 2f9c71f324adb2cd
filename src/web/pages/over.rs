//! The page of a link or code that no longer works.

use maud::html;
use poem::Response;

use super::form::{Entered, result, sign_in_form};
use super::layout::{address, full_title, page_on_the_way};
use super::visitor::Visitor;
use crate::domain::record::next::Next;
use crate::web::house::{Door, House};
use crate::web::problem::Problem;

/// Offers a new sign-in email, for going on to where the person `wanted`. Anyone signed in gets a button:
/// `way_on` is its path and its label.
pub(super) fn over(
    house: &House,
    visitor: &Visitor,
    problem: &Problem,
    wanted: Option<&Next>,
    way_on: [&str; 2],
) -> Response {
    let (title, [place, label]) = (problem.code.title(), way_on);
    let content = html! {
        section.card {
            div #ask data-title=(full_title(&house.site, title)) {
                h1 { (title) }
                p.lead { (problem.detail) }
                @if let Some(signed_in) = &visitor.signed_in {
                    p { "You're signed in as " (address(&signed_in.account.address)) "." }
                    p.actions { a.button href=(place) { (label) } }
                } @else {
                    (sign_in_form(&Entered { wanted, ..Entered::default() }, true))
                }
            }
            (result())
        }
    };
    let mut response = page_on_the_way(&house.site, visitor, wanted, title, &content);
    problem.put_headers(&mut response, Door::Pages);
    response
}
