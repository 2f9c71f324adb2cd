//! Proving once more who is signed in.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::payload::Json;

use super::ask::Accepted;
use super::bearer::SignedIn;
use super::body::{Body, PerhapsBody};
use super::link::Answer;
use super::refusals::{Refusals, Tag};
use crate::domain::password::Password;
use crate::domain::record::client::Client;
use crate::domain::record::request::Outcome;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// What each operation may be refused for, besides what any may.
pub(super) const REFUSALS: Refusals = &[
    ("reauthenticate", &[Code::SignInRequired, Code::InvalidCredentials]),
    ("request_reauthentication", &[Code::SignInRequired, Code::TooManyMails]),
];

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Profile")]
impl Operations {
    /// Prove with your password that it is still you
    ///
    /// For ten minutes from then on the sign-in counts as recent.
    #[oai(path = "/reauthenticate", method = "post", operation_id = "reauthenticate")]
    async fn reauthenticate(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        signed_in: SignedIn,
        Body(input): Body<wire::Reauthenticate>,
    ) -> Result<Json<Answer>, Problem> {
        let password = Password::new(input.password);
        let proven = house.gatepost.reauthenticate(&signed_in.token, &password, client).await;
        let signed_in = proven.map_err(Problem::of_reauthentication)?;
        Ok(Json(Answer::of(Outcome::Recent, &signed_in)))
    }

    /// Ask for a code to prove that it is still you
    ///
    /// Bring it to `POST /api/code`, in the session that asked. No body is needed; with the `request` of
    /// an earlier answer, one more letter of that is mailed.
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
