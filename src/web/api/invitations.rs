//! Invitations, for administrators.

use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::{ApiResponse, OpenApi, payload};

use super::admin_account::AdminAccountAnswer;
use super::bearer::RecentAdmin;
use super::body::Body;
use super::refusals::{Refusals, Tag};
use crate::domain::admin::AccountRow;
use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::AccountId;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire::ForAddress;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    (
        "invite",
        &[
            Code::SignInRequired,
            Code::AdminRequired,
            Code::RecentSignInRequired,
            Code::RegistrationClosed,
            Code::InvalidEmail,
            Code::AddressTaken,
            Code::AddressHeld,
            Code::TooManyMails,
        ],
    ),
    (
        "invite_again",
        &[
            Code::SignInRequired,
            Code::AdminRequired,
            Code::RecentSignInRequired,
            Code::AccountDisabled,
            Code::Gone,
            Code::TooManyMails,
        ],
    ),
    (
        "withdraw_invitation",
        &[Code::SignInRequired, Code::AdminRequired, Code::RecentSignInRequired, Code::Gone],
    ),
];

#[derive(ApiResponse)]
enum Invited {
    /// The invitation is queued.
    #[oai(status = 202)]
    Queued(payload::Json<AdminAccountAnswer>),
}

impl From<AccountRow> for Invited {
    fn from(row: AccountRow) -> Self {
        Self::Queued(payload::Json(row.into()))
    }
}

#[derive(ApiResponse)]
enum Withdrawn {
    /// The account is deleted.
    #[oai(status = 204)]
    Done,
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Invitations")]
impl Operations {
    /// Invite someone
    ///
    /// Needs a recent sign-in. Creates an account without a password, and sends an email that says where to sign in. It has
    /// no link token and no code, and never expires. The first sign-in confirms the account. If no one can register,
    /// no one can be invited either: `registration_closed`.
    #[oai(path = "/admin/accounts/invite", method = "post", operation_id = "invite")]
    async fn invite(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        Body(input): Body<ForAddress>,
    ) -> Result<Invited, Problem> {
        let address = EmailAddress::parse(&input.email).map_err(Error::from)?;
        Ok(house.gatepost.invite(&token, &address, client).await?.into())
    }

    /// Send an invitation again
    ///
    /// Needs a recent sign-in. Once the person has signed in, there is nothing to send: `gone`.
    #[oai(path = "/admin/accounts/:id/invite-again", method = "post", operation_id = "invite_again")]
    async fn invite_again(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Invited, Problem> {
        let id = AccountId::parse(&id).ok_or(Error::Over)?;
        Ok(house.gatepost.invite_again(&token, id, client).await?.into())
    }

    /// Withdraw an invitation
    ///
    /// Needs a recent sign-in. Deletes the account, and no email says so. Once the person has signed in, this is not
    /// possible: `gone`.
    #[oai(path = "/admin/accounts/:id/withdraw", method = "post", operation_id = "withdraw_invitation")]
    async fn withdraw_invitation(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Withdrawn, Problem> {
        let id = AccountId::parse(&id).ok_or(Error::Over)?;
        house.gatepost.withdraw_invitation(&token, id, client).await?;
        Ok(Withdrawn::Done)
    }
}
