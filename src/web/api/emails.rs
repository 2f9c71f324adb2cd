//! The emails of everyone, for administrators.

use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{ApiResponse, Object, OpenApi, payload};
use serde::Serialize;

use super::bearer::{Admin, RecentAdmin};
use super::body::Json;
use super::refusals::{Refusals, Tag};
use crate::domain::error::Error;
use crate::domain::outbox::{Email, EmailPage};
use crate::domain::record::client::Client;
use crate::domain::record::ids::LetterId;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire::ListEmails;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    ("emails", &[Code::SignInRequired, Code::AdminRequired, Code::InvalidField]),
    ("retry_email", &ACT),
    ("drop_email", &ACT),
];

const ACT: [Code; 4] = [Code::SignInRequired, Code::AdminRequired, Code::RecentSignInRequired, Code::Gone];

/// An email, without its text, link and code.
#[derive(Debug, Object, Serialize)]
struct AdminEmail {
    /// Identifier, the same as `letter.id` in the log.
    id: String,
    /// What the email is for.
    purpose: String,
    /// The recipient's email address.
    to: String,
    /// What has become of it.
    state: String,
    /// When it was queued.
    queued_at: String,
    /// When it was sent, failed or was dropped.
    #[oai(nullable)]
    ended_at: Option<String>,
    /// How often sending it was tried.
    tries: u16,
    /// When the last try ended.
    #[oai(nullable)]
    tried_at: Option<String>,
    /// When the next try is due; `null` while it is being sent, and once it has ended.
    #[oai(nullable)]
    next_try_at: Option<String>,
    /// What the mail server said last, with `[link]` and `[code]` in place of what it quoted.
    #[oai(nullable)]
    last_answer: Option<String>,
}

/// An email after an action.
#[derive(Debug, Object)]
struct AdminEmailAnswer {
    /// The email.
    email: AdminEmail,
}

/// A page of emails.
#[derive(Debug, Object, Serialize)]
struct AdminEmails {
    /// At most 50.
    emails: Vec<AdminEmail>,
    /// Where the list goes on, for `after`; `null` at its end. There may be a next page although this one has fewer
    /// than 50 emails.
    #[oai(nullable)]
    next: Option<String>,
}

impl From<Email> for AdminEmail {
    fn from(email: Email) -> Self {
        let Email { letter, state, ended_at, tried_at, answer, next_try_at } = email;
        Self {
            id: letter.id.to_string(),
            purpose: letter.kind.as_str().to_owned(),
            to: letter.to.to_string(),
            state: state.as_str().to_owned(),
            queued_at: letter.queued_at.into(),
            ended_at: ended_at.map(String::from),
            tries: letter.tries,
            tried_at: tried_at.map(String::from),
            next_try_at: next_try_at.map(String::from),
            last_answer: answer.map(|answer| answer.as_str().to_owned()),
        }
    }
}

impl From<EmailPage> for AdminEmails {
    fn from(page: EmailPage) -> Self {
        Self { emails: page.emails.into_iter().map(AdminEmail::from).collect(), next: page.next }
    }
}

#[derive(ApiResponse)]
enum Retried {
    /// It is due now, or being sent.
    #[oai(status = 202)]
    Due(payload::Json<AdminEmailAnswer>),
}

#[derive(ApiResponse)]
enum Dropped {
    /// It will not be sent. If it is being sent right now, it may still arrive; if that fails, there is no other try.
    #[oai(status = 204)]
    Done,
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Emails")]
impl Operations {
    /// List emails
    ///
    /// Emails that wait, and those of the last week that have ended. Without `to`, those that wait come oldest first and
    /// all others newest first; with it, they come by address, the newest of each first.
    #[oai(path = "/admin/mail", method = "get", operation_id = "emails")]
    async fn emails(
        &self,
        request: &Request,
        Data(house): Data<&House>,
        Admin(token): Admin,
        /// `waiting`, `sent`, `failed`, `dropped` or `all`. Default: `all` with `to`, otherwise `waiting`.
        #[oai(name = "state")]
        _state: Query<Option<String>>,
        /// The beginning of the recipient's address, in upper or lower case.
        #[oai(name = "to")]
        _to: Query<Option<String>>,
        /// The `next` of the page before.
        #[oai(name = "after")]
        _after: Query<Option<String>>,
    ) -> Result<Json<AdminEmails>, Problem> {
        // As a page reads its query, so that both refuse the same.
        let query = ListEmails::of(request.uri().query())?.query()?;
        Ok(Json(house.gatepost.emails(&token, &query).await?.into()))
    }

    /// Try an email now
    ///
    /// Needs a recent sign-in. An email that failed or was dropped goes back to those that wait. If it is being sent
    /// right now, nothing is done.
    #[oai(path = "/admin/mail/:id/retry", method = "post", operation_id = "retry_email")]
    async fn retry_email(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the email.
        Path(id): Path<String>,
    ) -> Result<Retried, Problem> {
        let id = LetterId::parse(&id).ok_or(Error::Over)?;
        let email = house.gatepost.retry_email(&token, id, client).await?.into();
        Ok(Retried::Due(payload::Json(AdminEmailAnswer { email })))
    }

    /// Do not send an email
    ///
    /// Needs a recent sign-in.
    #[oai(path = "/admin/mail/:id/drop", method = "post", operation_id = "drop_email")]
    async fn drop_email(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the email.
        Path(id): Path<String>,
    ) -> Result<Dropped, Problem> {
        let id = LetterId::parse(&id).ok_or(Error::Over)?;
        house.gatepost.drop_email(&token, id, client).await?;
        Ok(Dropped::Done)
    }
}
