//! Signing in: asking for a letter, or with a password.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;

use super::ask::Accepted;
use super::bearer::PerhapsSignedIn;
use super::body::Body;
use super::link::Answer;
use super::refusals::{Refusals, Tag};
use crate::domain::error::Error;
use crate::domain::password::Password;
use crate::domain::person::PasswordSignIn;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::request::Outcome;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// What each operation may be refused for, besides what any may.
pub(super) const REFUSALS: Refusals = &[
    ("request_sign_in", &[Code::InvalidEmail, Code::TooManyMails]),
    (
        "sign_in_with_password",
        &[Code::InvalidCredentials, Code::Unconfirmed, Code::AccountDisabled, Code::InvalidEmail],
    ),
];

pub(super) struct Operations;

#[OpenApi(tag = "Tag::SignIn")]
impl Operations {
    /// Ask for a letter to sign in
    ///
    /// The letter holds a link and a code. Whoever redeems one of them is signed in; an address
    /// without an account gets one by that. With the `request` of an earlier answer to the same
    /// address, this asks for one more letter of that request.
    #[oai(path = "/sign-in", method = "post", operation_id = "request_sign_in")]
    async fn request_sign_in(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        Body(input): Body<wire::RequestSignIn>,
    ) -> Result<Accepted, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        let held = input.request.and_then(|token| house.gatepost.held(&token));
        let queued = house.gatepost.request_sign_in(&address, None, held.as_slice(), client).await?;
        Ok(queued.into())
    }

    /// Sign in with a password
    ///
    /// With a session, that session ends with the new one. The password of a registration that waits
    /// for its letter gets the problem `unconfirmed`, whose `request` goes on with the code of the
    /// letter, or asks for one more.
    #[oai(path = "/sign-in/password", method = "post", operation_id = "sign_in_with_password")]
    async fn sign_in_with_password(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        PerhapsSignedIn(session): PerhapsSignedIn,
        Body(input): Body<wire::SignInWithPassword>,
    ) -> Result<Json<Answer>, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        let password = Password::new(input.password);
        let left = session.as_deref();
        match house.gatepost.sign_in_with_password(&address, &password, left, client).await? {
            PasswordSignIn::SignedIn(signed_in) => Ok(Json(Answer::of(Outcome::SignedIn, &signed_in))),
            PasswordSignIn::Unconfirmed(unconfirmed) => Err(unconfirmed.into()),
        }
    }
}
