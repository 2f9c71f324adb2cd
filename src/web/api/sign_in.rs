//! Signing in: requesting an email, or with a password.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;

use super::bearer::PerhapsSignedIn;
use super::body::Body;
use super::outcome::SignInOutcome;
use super::refusals::{Refusals, Tag};
use super::resend::Accepted;
use crate::domain::error::Error;
use crate::domain::person::PasswordSignIn;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::request::Outcome;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    ("request_sign_in", &[Code::InvalidEmail, Code::TooManyMails]),
    (
        "sign_in_with_password",
        &[
            Code::InvalidCredentials,
            Code::Unconfirmed,
            Code::AccountDisabled,
            Code::InvalidEmail,
            Code::TooManyTries,
        ],
    ),
];

pub(super) struct Operations;

#[OpenApi(tag = "Tag::SignIn")]
impl Operations {
    /// Request an email to sign in
    ///
    /// The email contains a link and a code. Redeeming either of them signs you in, and creates the account
    /// if the address has none. If the address has none and cannot register here, the email says so, and the
    /// response is the same. With the `request` from an earlier response for the same address, this sends
    /// another email for that request.
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
    /// If you send a session, it is replaced by the new one. If the password belongs to a registration that
    /// is not confirmed yet, the response is the error `unconfirmed`. Use its `request` to redeem the code
    /// from the email or to send another email. Without a session of the account, the sign-in counts as one on a
    /// new device: its owner gets an email, at most three a day.
    #[oai(path = "/sign-in/password", method = "post", operation_id = "sign_in_with_password")]
    async fn sign_in_with_password(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        PerhapsSignedIn(session): PerhapsSignedIn,
        Body(input): Body<wire::SignInWithPassword>,
    ) -> Result<Json<SignInOutcome>, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        let left = session.as_deref();
        match house.gatepost.sign_in_with_password(&address, &input.password, left, client).await? {
            PasswordSignIn::SignedIn(signed_in) => Ok(Json(SignInOutcome::of(Outcome::SignedIn, &signed_in))),
            PasswordSignIn::Unconfirmed(unconfirmed) => Err(unconfirmed.into()),
        }
    }
}
