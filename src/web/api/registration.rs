//! Registering with address and password.

use poem::web::Data;
use poem_openapi::OpenApi;

use super::ask::Accepted;
use super::body::Body;
use super::refusals::{Refusals, Tag};
use crate::domain::error::Error;
use crate::domain::password::Password;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// What each operation may be refused for, besides what any may.
pub(super) const REFUSALS: Refusals =
    &[("register", &[Code::RegistrationClosed, Code::InvalidEmail, Code::WeakPassword, Code::TooManyMails])];

pub(super) struct Operations;

#[OpenApi(tag = "Tag::SignIn")]
impl Operations {
    /// Register with address and password
    ///
    /// The letter confirms the address by its link or code; there is no account before. Where there
    /// is one already, the letter says so and signs in, and its password stays as it is. With the
    /// `request` of an earlier answer to the same address, this asks for one more letter of that
    /// request, and the newer password counts.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        Body(input): Body<wire::Register>,
    ) -> Result<Accepted, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        let password = Password::new(input.password);
        let held = input.request.and_then(|token| house.gatepost.held(&token));
        let queued = house.gatepost.register(&address, &password, None, held.as_slice(), client).await?;
        Ok(queued.into())
    }
}
