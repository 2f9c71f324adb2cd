//! A letter is owed: what asking for one answers, and asking for one more.

use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::body::Body;
use super::refusals::{Refusals, Tag};
use super::session::rfc3339;
use crate::domain::error::Error;
use crate::domain::mailed;
use crate::domain::record::client::Client;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// What each operation may be refused for, besides what any may.
pub(super) const REFUSALS: Refusals = &[("resend", &[Code::InvalidRequest, Code::TooManyMails])];

/// A letter is on its way. The same for every address, whether it has an account or not.
#[derive(Debug, Object)]
pub(super) struct MailQueued {
    /// `mail_queued`. Expect other values.
    code: String,
    /// Proves that it was you who asked. Keep it, and bring it with the code or the link.
    request: String,
    /// When the request is over.
    expires_at: String,
    /// How many seconds to wait before asking for another letter.
    resend_after: u64,
}

#[derive(ApiResponse)]
pub(super) enum Accepted {
    /// A letter is on its way.
    #[oai(status = 202)]
    MailQueued(Json<MailQueued>),
}

impl From<mailed::MailQueued> for Accepted {
    fn from(queued: mailed::MailQueued) -> Self {
        Self::MailQueued(Json(MailQueued {
            code: "mail_queued".to_owned(),
            request: queued.request.as_str().to_owned(),
            expires_at: rfc3339(queued.expires_at),
            resend_after: queued.resend_after.as_secs(),
        }))
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::SignIn")]
impl Operations {
    /// Ask for one more letter
    ///
    /// Link and code of every letter of a request work until one of them is used.
    #[oai(path = "/resend", method = "post", operation_id = "resend")]
    async fn resend(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        Body(input): Body<wire::Resend>,
    ) -> Result<Accepted, Problem> {
        let held = house.gatepost.held(&input.request).ok_or(Error::InvalidRequest)?;
        Ok(house.gatepost.resend(held, client).await?.into())
    }
}
