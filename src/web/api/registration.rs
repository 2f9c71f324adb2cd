//! Registering with an email address and a password.

use poem::web::Data;
use poem_openapi::OpenApi;

use super::body::Body;
use super::refusals::{Refusals, Tag};
use super::resend::Accepted;
use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals =
    &[("register", &[Code::RegistrationClosed, Code::InvalidEmail, Code::WeakPassword, Code::TooManyMails])];

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Register")]
impl Operations {
    /// Register with an email address and a password
    ///
    /// The account is created when the link or code from the email is redeemed. If the address already has an
    /// account, the email says so, its link and code sign in to that account, and the password does not
    /// change. With the `request` from an earlier response for the same address, this sends another email for
    /// that request, and the newer password replaces the earlier one. The administrator decides who can register:
    /// anyone, anyone with an email address in certain domains, or no one. All others get the error
    /// `registration_closed`, also if their address has an account.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        Body(input): Body<wire::Register>,
    ) -> Result<Accepted, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        let held = input.request.and_then(|token| house.gatepost.held(&token));
        let queued =
            house.gatepost.register(&address, &input.password, None, held.as_slice(), client).await?;
        Ok(queued.into())
    }
}
