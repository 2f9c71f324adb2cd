//! The emails of everyone: those that wait, and those of the last week that have ended.

use maud::html;
use poem::Response;

use super::super::answer::{Answer, fragment};
use super::super::layout::page;
use super::super::notice::{self, Notice};
use super::super::visitor::Visitor;
use super::emails::{Outcome, Shown, count, list as drawn_list, row, search};
use super::entrance::{place, refused};
use super::frame::{confirm_first, tabs};
use crate::domain::error::Error;
use crate::domain::outbox::{Email, Stopped};
use crate::domain::record::ids::LetterId;
use crate::path::ADMIN_MAIL;
use crate::web::house::{Door, House};
use crate::web::problem::{Code, Problem};
use crate::web::wire::{Fields, ListEmails};

/// The list. htmx gets only what changes when someone searches.
pub(in crate::web::pages) async fn list(house: House, visitor: Visitor) -> Answer {
    match shown(&house, &visitor, None).await {
        Ok(response) => Ok(response),
        Err(problem) => refused(&visitor, problem, &place(&visitor)),
    }
}

/// The list that the URL asks for or, after a refusal, the usual one.
async fn shown(house: &House, visitor: &Visitor, problem: Option<&Problem>) -> Result<Response, Problem> {
    house.gatepost.expect_admin(visitor.token()).await?;
    let wanted = match problem {
        Some(_) => ListEmails::default(),
        None => ListEmails::of(visitor.search.as_deref())?,
    };
    let found = house.gatepost.emails(visitor.token(), &wanted.query()?).await?;
    let shown = Shown { wanted: &wanted, found: &found, may_act: may_act(house, visitor) };
    if visitor.is_htmx {
        return Ok(fragment(html! { (drawn_list(&shown)) (count(&shown, true)) }));
    }
    let here = format!("{ADMIN_MAIL}?{}", wanted.in_url(None));
    let content = html! {
        section.card.broad {
            (tabs(ADMIN_MAIL))
            h1 { "Emails" }
            p.lead { "Emails that wait to be sent, and what became of the others in the last week." }
            @if let Some(problem) = problem { p.error role="alert" { (problem.detail) } }
            @if !shown.may_act { (confirm_first(&here)) }
            (search(&wanted))
            (count(&shown, false))
            (drawn_list(&shown))
        }
    };
    Ok(page(&house.site, visitor, "Emails", &content))
}

fn may_act(house: &House, visitor: &Visitor) -> bool {
    visitor.signed_in.as_ref().is_some_and(|live| house.gatepost.is_recent(&live.session))
}

/// Has an email tried now.
pub(in crate::web::pages) async fn retry_email(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let retried = try_retry(&house, &visitor)
        .await
        .map(|email| if email.is_being_sent() { Notice::EmailBeingSent } else { Notice::EmailDue });
    answered(&house, &visitor, &fields, retried).await
}

async fn try_retry(house: &House, visitor: &Visitor) -> Result<Email, Problem> {
    let id = meant(house, visitor).await?;
    Ok(house.gatepost.retry_email(visitor.token(), id, &visitor.client).await?)
}

/// Has an email not sent.
pub(in crate::web::pages) async fn drop_email(house: House, visitor: Visitor, fields: Fields) -> Answer {
    let dropped = try_drop(&house, &visitor).await.map(|stopped| match stopped {
        Stopped::Now => Notice::EmailStopped,
        Stopped::Perhaps => Notice::EmailPerhapsStopped,
    });
    answered(&house, &visitor, &fields, dropped).await
}

async fn try_drop(house: &House, visitor: &Visitor) -> Result<Stopped, Problem> {
    let id = meant(house, visitor).await?;
    Ok(house.gatepost.drop_email(visitor.token(), id, &visitor.client).await?)
}

/// The email that a form is about. Whether someone may act comes first, so that no one else learns what there is.
async fn meant(house: &House, visitor: &Visitor) -> Result<LetterId, Problem> {
    house.gatepost.expect_recent_admin(visitor.token()).await?;
    Ok(LetterId::parse(&visitor.part).ok_or(Error::Over)?)
}

/// The row of the email again or, without htmx, the list that it was in.
async fn answered(
    house: &House,
    visitor: &Visitor,
    fields: &Fields,
    done: Result<Notice, Problem>,
) -> Answer {
    match done {
        Ok(notice) if visitor.is_htmx => row_again(house, visitor, &Outcome::Done(notice)).await,
        Ok(notice) => {
            let mut response = visitor.lead_to(&list_of(fields));
            notice::put(&[notice], &mut response, &house.site);
            Ok(response)
        }
        Err(problem) if problem.code == Code::Gone => {
            let mut response = if visitor.is_htmx {
                row_again(house, visitor, &Outcome::Refused(&problem)).await?
            } else {
                shown(house, visitor, Some(&problem)).await?
            };
            problem.put_headers(&mut response, Door::Pages);
            Ok(response)
        }
        Err(problem) => refused(visitor, problem, ADMIN_MAIL),
    }
}

async fn row_again(house: &House, visitor: &Visitor, outcome: &Outcome<'_>) -> Answer {
    let email = match LetterId::parse(&visitor.part) {
        Some(id) => house.gatepost.email(visitor.token(), id).await,
        None => Err(Error::NotFound),
    };
    match (email, outcome) {
        (Ok(email), _) => Ok(fragment(row(&email, &ListEmails::default(), true, Some(outcome)))),
        // It is in no list any more, so there is no row to show it in.
        (Err(Error::NotFound), Outcome::Refused(problem)) => Err((*problem).clone()),
        (Err(error), _) => Err(error.into()),
    }
}

/// The list that a form was in, if it names one.
fn list_of(fields: &Fields) -> String {
    let value = |name: &str| Some(fields.typed(name).to_owned());
    let wanted = ListEmails { state: value("state"), to: value("to"), after: None };
    match wanted.query() {
        Ok(_) if !wanted.in_url(None).is_empty() => format!("{ADMIN_MAIL}?{}", wanted.in_url(None)),
        _ => ADMIN_MAIL.to_owned(),
    }
}
