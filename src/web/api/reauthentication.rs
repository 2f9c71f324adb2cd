//! Confirming that the person who is signed in is still the same.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;

use super::bearer::SignedIn;
use super::body::{Body, PerhapsBody};
use super::outcome::SignInOutcome;
use super::refusals::{Refusals, Tag};
use super::resend::Accepted;
use crate::domain::record::client::Client;
use crate::domain::record::request::Outcome;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    ("reauthenticate", &[Code::SignInRequired, Code::InvalidCredentials, Code::TooManyTries]),
    ("request_reauthentication", &[Code::SignInRequired, Code::TooManyMails]),
];

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Reauthentication")]
impl Operations {
    /// Confirm with your password
    ///
    /// The sign-in counts as recent for the next ten minutes.
    #[oai(path = "/reauthenticate", method = "post", operation_id = "reauthenticate")]
    async fn reauthenticate(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        signed_in: SignedIn,
        Body(input): Body<wire::Reauthenticate>,
    ) -> Result<Json<SignInOutcome>, Problem> {
        let proven = house.gatepost.reauthenticate(&signed_in.token, &input.password, client).await;
        let signed_in = proven.map_err(Problem::of_reauthentication)?;
        Ok(Json(SignInOutcome::of(Outcome::Recent, &signed_in)))
    }

    /// Request an email with a code to confirm
    ///
    /// Send the code to `POST /api/code` with the same session. No body is needed. With the `request` from
    /// an earlier response, this sends another email for that request.
    #[oai(path = "/reauthenticate/mail", method = "post", operation_id = "request_reauthentication")]
    async fn request_reauthentication(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        signed_in: SignedIn,
        PerhapsBody(input): PerhapsBody<wire::RequestReauthentication>,
    ) -> Result<Accepted, Problem> {
        let held = input.request.and_then(|token| house.gatepost.held(&token));
        Ok(house
            .gatepost
            .request_reauthentication(&signed_in.token, None, held.as_slice(), client)
            .await?
            .into())
    }
}
