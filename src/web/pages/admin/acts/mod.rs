//! What administrators do to an account: the forms, the pages that ask first, and what is answered.
//!
//! - `forms`: the buttons on the page of one account
//! - `ask`: the pages that ask before something is done
//! - `again`: the account's page again, after a refusal

mod again;
mod ask;
mod forms;

use maud::html;
use poem::Response;

use self::again::again;
pub(in crate::web::pages) use self::ask::ask;
use self::forms::{Outcome, ended_row};
pub(super) use self::forms::{Target, end_button, end_key_button, section};
use super::super::answer::{Answer, fragment};
use super::super::notice::{self, Notice};
use super::super::signed_in::clear;
use super::super::visitor::Visitor;
use super::entrance::refused;
use crate::domain::admin::AccountRow;
use crate::domain::error::Error;
use crate::domain::record::ids::{AccountId, AppKeyId, SessionId};
use crate::path::{ADMIN_ACCOUNTS, AccountAct, HOME, SIGN_IN, account_page};
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{DeleteAccountOf, Fields};

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Act(AccountAct),
    /// One session was ended: the one that acted, or another one.
    SessionEnded {
        is_acting: bool,
    },
    /// One key for a program was ended.
    KeyEnded,
}

/// Does something to an account.
pub(in crate::web::pages) async fn act(
    act: AccountAct,
    house: House,
    visitor: Visitor,
    fields: Fields,
) -> Answer {
    match try_act(act, &house, &visitor, fields).await {
        Ok(seen) => Ok(done(&house, &visitor, Done::Act(act), seen.as_ref())),
        Err(problem) => not_done(&house, &visitor, Some(act), problem).await,
    }
}

/// Nothing is left to see of an account that was deleted.
async fn try_act(
    act: AccountAct,
    house: &House,
    visitor: &Visitor,
    fields: Fields,
) -> Result<Option<AccountRow>, Problem> {
    let (gatepost, token, client) = (&house.gatepost, visitor.token(), &visitor.client);
    // Before the form is read, and before it matters whether there is such an account.
    gatepost.expect_recent_admin(token).await?;
    let confirm = match act {
        AccountAct::Delete => fields.read::<DeleteAccountOf>()?.confirm,
        _ => String::new(),
    };
    let id = AccountId::parse(&visitor.part).ok_or(Error::Over)?;
    let seen = match act {
        AccountAct::Disable => gatepost.admin_disable(token, id, client).await,
        AccountAct::Enable => gatepost.admin_enable(token, id, client).await,
        AccountAct::EndSessions => gatepost.admin_end_sessions(token, id, client).await,
        AccountAct::SendSignIn => gatepost.admin_send_sign_in(token, id, client).await,
        AccountAct::LiftLimits => gatepost.admin_lift_limits(token, id, client).await,
        AccountAct::GrantAdmin => gatepost.admin_grant(token, id, client).await,
        AccountAct::RevokeAdmin => gatepost.admin_revoke(token, id, client).await,
        AccountAct::Delete => {
            let deleted = gatepost.admin_delete(token, id, &confirm, client).await;
            return deleted.map(|()| None).map_err(Problem::of_admin);
        }
    };
    seen.map(Some).map_err(Problem::of_admin)
}

/// Ends one session of an account.
pub(in crate::web::pages) async fn end_session(house: House, visitor: Visitor, _: Fields) -> Answer {
    match try_end(&house, &visitor).await {
        Ok((seen, session)) => {
            let live = visitor.signed_in.as_ref();
            let is_acting = live.is_some_and(|live| live.session.id == session);
            Ok(done(&house, &visitor, Done::SessionEnded { is_acting }, Some(&seen)))
        }
        Err(problem) => not_done(&house, &visitor, None, problem).await,
    }
}

async fn try_end(house: &House, visitor: &Visitor) -> Result<(AccountRow, SessionId), Problem> {
    house.gatepost.expect_recent_admin(visitor.token()).await?;
    let ids = AccountId::parse(&visitor.part).zip(SessionId::parse(&visitor.second));
    let (id, session) = ids.ok_or(Error::Over)?;
    let ended = house.gatepost.admin_end_session(visitor.token(), id, session, &visitor.client).await;
    ended.map(|seen| (seen, session)).map_err(Problem::of_admin)
}

/// Ends one key of an account.
pub(in crate::web::pages) async fn end_key(house: House, visitor: Visitor, _: Fields) -> Answer {
    match try_end_key(&house, &visitor).await {
        Ok(seen) => Ok(done(&house, &visitor, Done::KeyEnded, Some(&seen))),
        Err(problem) => not_done(&house, &visitor, None, problem).await,
    }
}

async fn try_end_key(house: &House, visitor: &Visitor) -> Result<AccountRow, Problem> {
    house.gatepost.expect_recent_admin(visitor.token()).await?;
    let ids = AccountId::parse(&visitor.part).zip(AppKeyId::parse(&visitor.second));
    let (id, key) = ids.ok_or(Error::Over)?;
    let ended = house.gatepost.admin_end_key(visitor.token(), id, key, &visitor.client).await;
    ended.map_err(Problem::of_admin)
}

fn done(house: &House, visitor: &Visitor, done: Done, seen: Option<&AccountRow>) -> Response {
    let notice = notice_of(done);
    let Some(seen) = seen else { return led(house, visitor, ADMIN_ACCOUNTS, notice) };
    let is_own = visitor.signed_in.as_ref().is_some_and(|live| live.account.id == seen.account.id);
    match done {
        Done::Act(AccountAct::Disable | AccountAct::EndSessions) if is_own => left(house, visitor),
        Done::SessionEnded { is_acting: true } => left(house, visitor),
        Done::Act(AccountAct::RevokeAdmin) if is_own => led(house, visitor, HOME, Notice::OwnRoleRemoved),
        Done::SessionEnded { .. } if visitor.is_htmx => {
            fragment(ended_row("session", &visitor.second, notice))
        }
        Done::KeyEnded if visitor.is_htmx => fragment(ended_row("key", &visitor.second, notice)),
        _ if visitor.is_htmx => {
            fragment(html! { (section(&Target::of(seen), true, Some(&Outcome::Done(notice)))) })
        }
        _ => led(house, visitor, &account_page(&seen.account.id.to_string()), notice),
    }
}

fn notice_of(done: Done) -> Notice {
    match done {
        Done::SessionEnded { .. } => Notice::OneSessionEnded,
        Done::KeyEnded => Notice::OneKeyEnded,
        Done::Act(AccountAct::Disable) => Notice::AccountDisabled,
        Done::Act(AccountAct::Enable) => Notice::AccountEnabled,
        Done::Act(AccountAct::EndSessions) => Notice::SignedOutEverywhere,
        Done::Act(AccountAct::SendSignIn) => Notice::SignInSent,
        Done::Act(AccountAct::LiftLimits) => Notice::LimitsLifted,
        Done::Act(AccountAct::GrantAdmin) => Notice::AdminGranted,
        Done::Act(AccountAct::RevokeAdmin) => Notice::AdminRevoked,
        Done::Act(AccountAct::Delete) => Notice::OneAccountDeleted,
    }
}

fn led(house: &House, visitor: &Visitor, place: &str, notice: Notice) -> Response {
    let mut response = visitor.lead_to(place);
    notice::put(&[notice], &mut response, &house.site);
    response
}

/// An administrator has ended the session that acted: this browser is no longer signed in.
fn left(house: &House, visitor: &Visitor) -> Response {
    let mut response = led(house, visitor, SIGN_IN, Notice::SignedOut);
    clear(&mut response, &house.site);
    response
}

/// A refusal is shown where its form was.
async fn not_done(house: &House, visitor: &Visitor, act: Option<AccountAct>, problem: Problem) -> Answer {
    let id = AccountId::parse(&visitor.part);
    let page = id.map_or_else(|| ADMIN_ACCOUNTS.to_owned(), |id| account_page(&id.to_string()));
    if matches!(problem.code, Code::SignInRequired | Code::RecentSignInRequired | Code::AdminRequired)
        || (problem.status().is_server_error() && problem.code != Code::IndexBuilding)
    {
        return refused(visitor, problem, &page);
    }
    let seen = match id {
        Some(id) => house.gatepost.account_to_act_on(visitor.token(), id).await,
        None => Err(Error::NotFound),
    };
    // Without the account there is no page to show it on.
    let Ok(seen) = seen else { return Err(problem) };
    let target = Target::of(&seen);
    let mut response = match act.filter(|act| act.asks_first()) {
        _ if visitor.is_htmx => {
            fragment(html! { (section(&target, true, Some(&Outcome::Refused(&problem)))) })
        }
        Some(act) => ask::asked(house, visitor, act, &target, Some(&problem)),
        None => again(house, visitor, &target, &problem),
    };
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}
