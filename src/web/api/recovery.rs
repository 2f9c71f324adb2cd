//! A forgotten password.

use poem::web::Data;
use poem_openapi::OpenApi;

use super::ask::Accepted;
use super::body::Body;
use super::refusals::{Refusals, Tag};
use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// What each operation may be refused for, besides what any may.
pub(super) const REFUSALS: Refusals = &[("forgot_password", &[Code::InvalidEmail, Code::TooManyMails])];

pub(super) struct Operations;

#[OpenApi(tag = "Tag::SignIn")]
impl Operations {
    /// Ask for a letter to set a new password
    ///
    /// The answer is the same for every address. Bring the new password with the letter's link or code:
    /// that sets it, ends all other sessions, and signs in.
    #[oai(path = "/forgot-password", method = "post", operation_id = "forgot_password")]
    async fn forgot_password(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        Body(input): Body<wire::RequestLetter>,
    ) -> Result<Accepted, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        let held = input.request.and_then(|token| house.gatepost.held(&token));
        Ok(house.gatepost.forgot_password(&address, held.as_slice(), client).await?.into())
    }
}
