//! Resetting a forgotten password.

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
pub(super) const REFUSALS: Refusals = &[("forgot_password", &[Code::InvalidEmail, Code::TooManyMails])];

pub(super) struct Operations;

#[OpenApi(tag = "Tag::ForgottenPassword")]
impl Operations {
    /// Request an email to reset the password
    ///
    /// The response is the same whether or not the address has an account. Send the new password with the
    /// link or code from the email. This saves it, ends all other sessions, and signs you in.
    #[oai(path = "/forgot-password", method = "post", operation_id = "forgot_password")]
    async fn forgot_password(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        Body(input): Body<wire::RequestLetter>,
    ) -> Result<Accepted, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        let held = input.request.and_then(|token| house.gatepost.held(&token));
        Ok(house.gatepost.forgot_password(&address, None, held.as_slice(), client).await?.into())
    }
}
