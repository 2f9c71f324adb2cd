//! What the forms of the account page do.

use poem::Response;

use super::super::answer::Answer;
use super::super::arrival;
use super::super::form::belongs_in_form;
use super::super::notice::{self, Notice};
use super::super::signed_in::{clear, keep};
use super::super::visitor::Visitor;
use super::draw::drawn;
use super::view::{Section, Told};
use crate::domain::error::Error;
use crate::domain::mailed::MailQueued;
use crate::domain::profile::MadeKey;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::{AppKeyId, SessionId};
use crate::domain::session::{Live, SignedIn};
use crate::path::{CHECK_INBOX, PROFILE, REAUTHENTICATE, SIGN_IN, key_page, with_next};
use crate::web::app_keys;
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{ChangeNotices, ChangePassword, DeleteAccount, Fields, RequestLetter};

/// Sets or changes the password.
pub(in crate::web::pages) async fn change_password(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let changed = try_password(&house, &visitor, fields).await;
    renewed(&house, &visitor, Section::Password, Notice::PasswordChanged, changed).await
}

async fn try_password(house: &House, visitor: &Visitor, fields: Fields) -> Result<SignedIn, Problem> {
    let token = recent(house, visitor).await?;
    let input: ChangePassword = fields.read()?;
    let (new, current) = (&input.password, input.current_password.as_ref());
    Ok(house.gatepost.change_password(token, new, current, &visitor.client).await?)
}

/// The session token, if its sign-in is recent enough to change the account. Checked before the fields are
/// read: otherwise the page has no forms, and so no place for an error beside a field.
async fn recent<'a>(house: &House, visitor: &'a Visitor) -> Result<&'a str, Problem> {
    let token = visitor.token();
    house.gatepost.expect_recent(token).await?;
    Ok(token)
}

/// Removes the password.
pub(in crate::web::pages) async fn remove_password(house: House, visitor: Visitor, _: Fields) -> Answer {
    let token = visitor.token();
    let changed = house.gatepost.remove_password(token, &visitor.client).await.map_err(Problem::from);
    renewed(&house, &visitor, Section::Password, Notice::PasswordRemoved, changed).await
}

/// Requests a change of address.
pub(in crate::web::pages) async fn change_email(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let entered = fields.typed("email").to_owned();
    match ask(&house, &visitor, fields).await {
        Ok(queued) => Ok(visitor.wait_at(CHECK_INBOX, &house.site, &queued.request)),
        Err(problem) => refused(&house, &visitor, Section::Email, &entered, problem).await,
    }
}

async fn ask(house: &House, visitor: &Visitor, fields: Fields) -> Result<MailQueued, Problem> {
    let token = recent(house, visitor).await?;
    let input: RequestLetter = fields.read()?;
    let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
    Ok(house.gatepost.request_email_change(token, &address, &visitor.held, &visitor.client).await?)
}

/// Cancels the pending change of address.
pub(in crate::web::pages) async fn cancel_email(house: House, visitor: Visitor, _: Fields) -> Answer {
    let token = visitor.token();
    let changed = house.gatepost.cancel_email_change(token, &visitor.client).await.map_err(Problem::from);
    renewed(&house, &visitor, Section::Email, Notice::EmailChangeCancelled, changed).await
}

/// Turns emails about sign-ins on new devices on or off.
pub(in crate::web::pages) async fn change_notices(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let (changed, notice) = match try_notices(&house, &visitor, fields).await {
        Ok((signed_in, true)) => (Ok(signed_in), Notice::DeviceEmailsOn),
        Ok((signed_in, false)) => (Ok(signed_in), Notice::DeviceEmailsOff),
        Err(problem) => (Err(problem), Notice::DeviceEmailsOn),
    };
    renewed(&house, &visitor, Section::Notices, notice, changed).await
}

async fn try_notices(house: &House, visitor: &Visitor, fields: Fields) -> Result<(SignedIn, bool), Problem> {
    let token = recent(house, visitor).await?;
    let wanted = fields.read::<ChangeNotices>()?.new_device()?;
    Ok((house.gatepost.change_notices(token, wanted, &visitor.client).await?, wanted))
}

/// Ends one session.
pub(in crate::web::pages) async fn end_session(house: House, visitor: Visitor, _: Fields) -> Answer {
    let id = match try_end(&house, &visitor).await {
        Ok(id) => id,
        Err(problem) => return refused(&house, &visitor, Section::Sessions, "", problem).await,
    };
    match visitor.signed_in.clone() {
        Some(live) if live.session.id != id => {
            done(&house, &visitor, Section::Sessions, Notice::SessionEnded, live).await
        }
        _ => Ok(left(&house, &visitor, Notice::SignedOut)),
    }
}

async fn try_end(house: &House, visitor: &Visitor) -> Result<SessionId, Problem> {
    let token = recent(house, visitor).await?;
    let id = SessionId::parse(&visitor.part).ok_or(Error::NotFound)?;
    house.gatepost.end_session(token, id, &visitor.client).await?;
    Ok(id)
}

/// Ends all other sessions.
pub(in crate::web::pages) async fn end_others(house: House, visitor: Visitor, _: Fields) -> Answer {
    let token = visitor.token();
    let changed = house.gatepost.end_other_sessions(token, &visitor.client).await.map_err(Problem::from);
    renewed(&house, &visitor, Section::Sessions, Notice::OthersEnded, changed).await
}

/// Makes a key for a program, and leads to its page.
pub(in crate::web::pages) async fn make_key(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let entered = fields.typed("name").to_owned();
    match try_make(&house, &visitor, fields).await {
        Ok(made) => Ok(visitor.lead_to(&key_page(&made.key.id.to_string()))),
        Err(problem) => refused(&house, &visitor, Section::Keys, &entered, problem).await,
    }
}

async fn try_make(house: &House, visitor: &Visitor, fields: Fields) -> Result<MadeKey, Problem> {
    let token = recent(house, visitor).await?;
    app_keys::make(house, token, &fields.read()?, &visitor.client).await
}

/// Ends a key. Anyone signed in can, however long ago that was.
pub(in crate::web::pages) async fn end_key(house: House, visitor: Visitor, _: Fields) -> Answer {
    let ended = match AppKeyId::parse(&visitor.part) {
        Some(id) => house.gatepost.end_key(visitor.token(), id, &visitor.client).await,
        None => Err(Error::NotFound),
    };
    match (ended, visitor.signed_in.clone()) {
        (Ok(()), Some(live)) => done(&house, &visitor, Section::Keys, Notice::KeyEnded, live).await,
        (Ok(()), None) => Ok(arrival::first(&visitor, Some(PROFILE))),
        (Err(error), _) => refused(&house, &visitor, Section::Keys, "", app_keys::not_ended(error)).await,
    }
}

/// Deletes the account.
pub(in crate::web::pages) async fn delete(house: House, visitor: Visitor, fields: Fields) -> Answer {
    match try_delete(&house, &visitor, fields).await {
        Ok(()) => Ok(left(&house, &visitor, Notice::AccountDeleted)),
        Err(problem) => refused(&house, &visitor, Section::Deletion, "", problem).await,
    }
}

async fn try_delete(house: &House, visitor: &Visitor, fields: Fields) -> Result<(), Problem> {
    let token = recent(house, visitor).await?;
    fields.read::<DeleteAccount>()?.expect_confirmed()?;
    Ok(house.gatepost.delete_account(token, &visitor.client).await?)
}

/// The session continues under a new token.
async fn renewed(
    house: &House,
    visitor: &Visitor,
    section: Section,
    notice: Notice,
    changed: Result<SignedIn, Problem>,
) -> Answer {
    match changed {
        Ok(signed_in) => {
            let SignedIn { account, session, .. } = signed_in.clone();
            let mut response = done(house, visitor, section, notice, Live { account, session }).await?;
            keep(&mut response, house, &visitor.client, &signed_in);
            Ok(response)
        }
        Err(problem) => refused(house, visitor, section, "", problem).await,
    }
}

async fn done(house: &House, visitor: &Visitor, section: Section, notice: Notice, live: Live) -> Answer {
    if visitor.is_htmx {
        return drawn(house, visitor, live, &Told::Done(section, notice)).await;
    }
    let mut response = visitor.lead_to(PROFILE);
    notice::put(&[notice], &mut response, &house.site);
    Ok(response)
}

/// This browser is no longer signed in.
fn left(house: &House, visitor: &Visitor, notice: Notice) -> Response {
    let mut response = visitor.lead_to(SIGN_IN);
    clear(&mut response, &house.site);
    notice::put(&[notice], &mut response, &house.site);
    response
}

/// The page again, for the account that is signed in now: the form was drawn for another one.
pub(in crate::web::pages) async fn again(house: House, visitor: Visitor, problem: Problem) -> Answer {
    let Some(live) = visitor.signed_in.clone() else { return Err(problem) };
    let mut response = drawn(&house, &visitor, live, &Told::NotOwn(&problem)).await?;
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}

async fn refused(
    house: &House,
    visitor: &Visitor,
    section: Section,
    entered: &str,
    problem: Problem,
) -> Answer {
    let Some(live) = visitor.signed_in.clone().filter(|_| problem.code != Code::SignInRequired) else {
        return Ok(arrival::first(visitor, Some(PROFILE)));
    };
    if problem.code == Code::RecentSignInRequired {
        let mut response = visitor.lead_to(&with_next(REAUTHENTICATE, Some(PROFILE)));
        if visitor.is_htmx {
            problem.put_headers(&mut response, Door::Pages);
        } else {
            problem.name(&mut response);
        }
        return Ok(response);
    }
    if !belongs_in_form(&problem) {
        return Err(problem);
    }
    let mut response = drawn(house, visitor, live, &Told::Refused(section, &problem, entered)).await?;
    problem.put_headers(&mut response, Door::Pages);
    Ok(response)
}
