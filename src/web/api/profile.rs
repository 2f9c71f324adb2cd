//! What people do with their own account.

use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi};

use super::bearer::{RecentlySignedIn, SignedIn};
use super::body::{Body, Json};
use super::export::{Exported, export_of};
use super::refusals::{Refusals, Tag};
use super::resend::Accepted;
use super::session::{Profile, Renewed};
use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    ("profile", &[Code::SignInRequired]),
    ("export", &[Code::SignInRequired]),
    (
        "change_password",
        &[
            Code::SignInRequired,
            Code::RecentSignInRequired,
            Code::WeakPassword,
            Code::WrongPassword,
            Code::TooManyTries,
        ],
    ),
    ("remove_password", &[Code::SignInRequired, Code::RecentSignInRequired, Code::TooManyTries]),
    (
        "request_email_change",
        &[
            Code::SignInRequired,
            Code::RecentSignInRequired,
            Code::RegistrationClosed,
            Code::InvalidEmail,
            Code::SameEmail,
            Code::TooManyMails,
            Code::TooManyTries,
        ],
    ),
    ("cancel_email_change", &[Code::SignInRequired, Code::RecentSignInRequired, Code::TooManyTries]),
    ("change_notices", &[Code::SignInRequired, Code::RecentSignInRequired, Code::TooManyTries]),
    (
        "delete_account",
        &[
            Code::SignInRequired,
            Code::RecentSignInRequired,
            Code::ConfirmationRequired,
            Code::LastAdmin,
            Code::IndexBuilding,
        ],
    ),
];

#[derive(ApiResponse)]
enum Deleted {
    /// The account has been deleted.
    #[oai(status = 204)]
    Done,
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Account")]
impl Operations {
    /// Show the account
    #[oai(path = "/profile", method = "get", operation_id = "profile")]
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    async fn profile(&self, signed_in: SignedIn) -> Result<Json<Profile>, Problem> {
        Ok(Json(Profile::of(&signed_in.live)))
    }

    /// Export all data about the account
    #[oai(path = "/profile/export", method = "get", operation_id = "export")]
    async fn export(&self, Data(house): Data<&House>, signed_in: SignedIn) -> Result<Exported, Problem> {
        Ok(Exported(export_of(house, signed_in.live).await?))
    }

    /// Set or change the password
    ///
    /// Needs a recent sign-in, and the current password if one is set. Ends all other sessions. Links and
    /// codes from earlier emails stop working, and this session gets a new token.
    #[oai(path = "/profile/password", method = "post", operation_id = "change_password")]
    async fn change_password(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
        Body(input): Body<wire::ChangePassword>,
    ) -> Result<Json<Renewed>, Problem> {
        let (password, current) = (&input.password, input.current_password.as_ref());
        let changed = house.gatepost.change_password(&token, password, current, client).await?;
        Ok(Json(Renewed::of(&changed)))
    }

    /// Remove the password
    ///
    /// From then on you sign in by email only. Needs a recent sign-in, and has the same effects on sessions
    /// and emails as changing the password.
    #[oai(path = "/profile/password/remove", method = "post", operation_id = "remove_password")]
    async fn remove_password(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
    ) -> Result<Json<Renewed>, Problem> {
        Ok(Json(Renewed::of(&house.gatepost.remove_password(&token, client).await?)))
    }

    /// Request a change of email address
    ///
    /// Needs a recent sign-in. The email goes to the new address, and its link and code work only with a
    /// session of this account. The response is the same if someone else uses that address. If only addresses in
    /// certain domains can register, a change to any other one gets the error `registration_closed`.
    #[oai(path = "/profile/email", method = "post", operation_id = "request_email_change")]
    async fn request_email_change(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
        Body(input): Body<wire::RequestLetter>,
    ) -> Result<Accepted, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        let held = input.request.and_then(|token| house.gatepost.held(&token));
        let asked = house.gatepost.request_email_change(&token, &address, held.as_slice(), client).await?;
        Ok(asked.into())
    }

    /// Cancel a change of email address
    #[oai(path = "/profile/email/cancel", method = "post", operation_id = "cancel_email_change")]
    async fn cancel_email_change(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
    ) -> Result<Json<Renewed>, Problem> {
        Ok(Json(Renewed::of(&house.gatepost.cancel_email_change(&token, client).await?)))
    }

    /// Turn emails about new devices on or off
    ///
    /// Needs a recent sign-in. While they are on, a sign-in with the password sends an email to the account's
    /// email address. It is not sent for a browser that has been signed in to the account before, or for a program
    /// that sends a session of the account with the sign-in. Browsers cause at most three such emails a day, and
    /// programs three more.
    #[oai(path = "/profile/notices", method = "post", operation_id = "change_notices")]
    async fn change_notices(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
        Body(input): Body<wire::ChangeNotices>,
    ) -> Result<Json<Renewed>, Problem> {
        let changed = house.gatepost.change_notices(&token, input.new_device()?, client).await?;
        Ok(Json(Renewed::of(&changed)))
    }

    /// Delete the account
    ///
    /// Needs a recent sign-in and the word `delete`. This cannot be undone.
    #[oai(path = "/profile/delete", method = "post", operation_id = "delete_account")]
    async fn delete_account(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
        Body(input): Body<wire::DeleteAccount>,
    ) -> Result<Deleted, Problem> {
        input.expect_confirmed()?;
        house.gatepost.delete_account(&token, client).await?;
        Ok(Deleted::Done)
    }
}
