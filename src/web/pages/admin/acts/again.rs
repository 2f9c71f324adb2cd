//! The page of one account again, after a refusal.

use maud::html;
use poem::Response;

use super::super::super::layout::page;
use super::super::super::visitor::Visitor;
use super::super::frame::tabs;
use super::super::outside::outside;
use super::forms::{Outcome, Target, section};
use crate::path::{ADMIN_ACCOUNTS, account_page};
use crate::web::house::House;
use crate::web::problem::Problem;

/// What was refused, and what can be done now.
pub(super) fn again(house: &House, visitor: &Visitor, target: &Target<'_>, problem: &Problem) -> Response {
    let content = html! {
        section.card.broad {
            (tabs(ADMIN_ACCOUNTS))
            h1 { (outside(target.address.as_str())) }
            (section(target, true, Some(&Outcome::Refused(problem))))
            p { a href=(account_page(&target.id.to_string())) { "Back to the account" } }
        }
    };
    page(&house.site, visitor, "Account", &content)
}
