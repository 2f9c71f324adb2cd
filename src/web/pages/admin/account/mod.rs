//! One account: why its person can't get in, where it is signed in, the emails to it, and what happened.
//!
//! - `parts`: the sections of the page, except what can be done with it, which is in `acts`; `view`: what it is drawn from

mod parts;
mod view;

use maud::{Markup, html};

use self::view::View;
use super::super::answer::Answer;
use super::super::layout::page;
use super::super::visitor::Visitor;
use super::accounts::tags;
use super::acts::{Target, section};
use super::entrance::{place, refused};
use super::frame::{confirm_first, tabs};
use super::invite::invitation;
use super::outside::outside;
use crate::domain::error::Error;
use crate::domain::record::ids::AccountId;
use crate::path::{ADMIN_ACCOUNTS, account_page};
use crate::web::house::House;
use crate::web::problem::Problem;

/// The page of an account.
pub(in crate::web::pages) async fn account(house: House, visitor: Visitor) -> Answer {
    match look(&house, &visitor).await {
        Ok(view) => Ok(page(&house.site, &visitor, "Account", &whole(&view))),
        Err(problem) => refused(&visitor, problem, &place(&visitor)),
    }
}

async fn look(house: &House, visitor: &Visitor) -> Result<View, Problem> {
    house.gatepost.expect_admin(visitor.token()).await?;
    let id = AccountId::parse(&visitor.part).ok_or(Error::NotFound)?;
    let account = house.gatepost.look_at_account(visitor.token(), id).await?;
    let way_in = house.gatepost.way_in(&account.row.account).await?;
    let signed_in = visitor.signed_in.as_ref();
    let is_recent = signed_in.is_some_and(|live| house.gatepost.is_recent(&live.session));
    Ok(View { account, way_in, is_recent })
}

fn whole(view: &View) -> Markup {
    let account = &view.account.row.account;
    html! {
        section.card.broad {
            (tabs(ADMIN_ACCOUNTS))
            h1 { (outside(account.address.as_str())) }
            p { (tags(account)) }
            (parts::way_in(&view.way_in, view.account.at))
            // While the sign-in is too old to act, the forms would only lead to the same question.
            @if view.is_recent {
                @if account.is_invited() {
                    (invitation(&account.id.to_string(), account.address.as_str(), None))
                }
                (section(&Target::of(&view.account.row), true, None))
            } @else {
                (confirm_first(&account_page(&account.id.to_string())))
            }
            (parts::facts(view))
            (parts::sessions(view))
            (parts::keys(view))
            (parts::emails(account, &view.account.emails))
            (parts::events(&view.account.events))
        }
    }
}
