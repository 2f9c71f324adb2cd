//! Requesting another email, and the response to every request for an email.

use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::body::Body;
use super::refusals::{Refusals, Tag};
use crate::domain::error::Error;
use crate::domain::mailed;
use crate::domain::record::client::Client;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals =
    &[("resend", &[Code::RegistrationClosed, Code::InvalidRequest, Code::TooManyMails])];

/// An email will be sent. The response is the same whether or not the address has an account.
#[derive(Debug, Object)]
pub(super) struct MailQueued {
    /// The result.
    code: String,
    /// Proves that you made the request. Keep it, and send it with the code or the link.
    request: String,
    /// When the request expires.
    expires_at: String,
    /// Seconds to wait before requesting another email.
    resend_after: u64,
}

#[derive(ApiResponse)]
pub(super) enum Accepted {
    /// An email will be sent.
    #[oai(status = 202)]
    MailQueued(Json<MailQueued>),
}

impl From<mailed::MailQueued> for Accepted {
    fn from(queued: mailed::MailQueued) -> Self {
        Self::MailQueued(Json(MailQueued {
            code: "mail_queued".to_owned(),
            request: queued.request.as_str().to_owned(),
            expires_at: queued.expires_at.to_string(),
            resend_after: queued.resend_after.as_secs(),
        }))
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Resend")]
impl Operations {
    /// Send another email
    ///
    /// The link and code in every email of a request work until one of them is used. The error
    /// `registration_closed` means that a change to this email address is no longer allowed.
    #[oai(path = "/resend", method = "post", operation_id = "resend")]
    async fn resend(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        Body(input): Body<wire::Resend>,
    ) -> Result<Accepted, Problem> {
        let held = house.gatepost.held(&input.request).ok_or(Error::InvalidRequest)?;
        Ok(house.gatepost.resend(held, client).await.map_err(Problem::of_resend)?.into())
    }
}
