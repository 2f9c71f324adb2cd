//! What administrators do to an account.

use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::{ApiResponse, OpenApi, payload};

use super::admin_account::AdminAccountAnswer;
use super::bearer::RecentAdmin;
use super::body::{Body, Json};
use super::refusals::{Refusals, Tag};
use crate::domain::error::Error;
use crate::domain::record::client::Client;
use crate::domain::record::ids::{AccountId, AppKeyId, SessionId};
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    ("admin_disable", &[WHO[0], WHO[1], WHO[2], Code::Gone, Code::LastAdmin, Code::IndexBuilding]),
    ("admin_enable", &[WHO[0], WHO[1], WHO[2], Code::Gone, Code::TooManyAdmins]),
    ("admin_end_sessions", &[WHO[0], WHO[1], WHO[2], Code::Gone]),
    ("admin_end_session", &[WHO[0], WHO[1], WHO[2], Code::Gone]),
    ("admin_end_key", &[WHO[0], WHO[1], WHO[2], Code::Gone]),
    ("admin_send_sign_in", &[WHO[0], WHO[1], WHO[2], Code::Gone, Code::AccountDisabled, Code::TooManyMails]),
    ("admin_lift_limits", &[WHO[0], WHO[1], WHO[2], Code::Gone]),
    ("admin_grant", &[WHO[0], WHO[1], WHO[2], Code::Gone, Code::TooManyAdmins]),
    ("admin_revoke", &[WHO[0], WHO[1], WHO[2], Code::Gone, Code::LastAdmin, Code::IndexBuilding]),
    (
        "admin_delete",
        &[
            WHO[0],
            WHO[1],
            WHO[2],
            Code::ConfirmationRequired,
            Code::Gone,
            Code::LastAdmin,
            Code::StillAdmin,
            Code::IndexBuilding,
        ],
    ),
];

/// Who may act.
const WHO: [Code; 3] = [Code::SignInRequired, Code::AdminRequired, Code::RecentSignInRequired];

#[derive(ApiResponse)]
enum Queued {
    /// The email is in the queue.
    #[oai(status = 202)]
    Done(payload::Json<AdminAccountAnswer>),
}

#[derive(ApiResponse)]
enum Deleted {
    /// The account has been deleted.
    #[oai(status = 204)]
    Done,
}

/// One that cannot be an id is one that was never there.
fn account(id: &str) -> Result<AccountId, Problem> {
    Ok(AccountId::parse(id).ok_or(Error::Over)?)
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::ActsOnAccounts")]
impl Operations {
    /// Disable an account
    ///
    /// Needs a recent sign-in. No one can sign in to it until it is enabled again, and all its sessions end. Links and codes from earlier emails stop
    /// working for good.
    #[oai(path = "/admin/accounts/:id/disable", method = "post", operation_id = "admin_disable")]
    async fn admin_disable(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Json<AdminAccountAnswer>, Problem> {
        let acted = house.gatepost.admin_disable(&token, account(&id)?, client).await;
        Ok(Json(acted.map_err(Problem::of_admin)?.into()))
    }

    /// Enable an account
    ///
    /// Needs a recent sign-in. Sessions, links and codes from before it was disabled stay ended.
    #[oai(path = "/admin/accounts/:id/enable", method = "post", operation_id = "admin_enable")]
    async fn admin_enable(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Json<AdminAccountAnswer>, Problem> {
        let acted = house.gatepost.admin_enable(&token, account(&id)?, client).await;
        Ok(Json(acted.map_err(Problem::of_admin)?.into()))
    }

    /// End all sessions of an account
    ///
    /// Needs a recent sign-in. Links and codes from earlier emails stop working too, and so do keys for programs.
    #[oai(path = "/admin/accounts/:id/end-sessions", method = "post", operation_id = "admin_end_sessions")]
    async fn admin_end_sessions(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Json<AdminAccountAnswer>, Problem> {
        let acted = house.gatepost.admin_end_sessions(&token, account(&id)?, client).await;
        Ok(Json(acted.map_err(Problem::of_admin)?.into()))
    }

    /// Lift the limits of an account
    ///
    /// Needs a recent sign-in. What was counted at its email address (emails, codes, passwords) and of its changes no longer counts. What counts for
    /// clients, for the server and at other addresses stays.
    #[oai(path = "/admin/accounts/:id/lift-limits", method = "post", operation_id = "admin_lift_limits")]
    async fn admin_lift_limits(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Json<AdminAccountAnswer>, Problem> {
        let acted = house.gatepost.admin_lift_limits(&token, account(&id)?, client).await;
        Ok(Json(acted.map_err(Problem::of_admin)?.into()))
    }

    /// Make someone an administrator
    ///
    /// Needs a recent sign-in. Every other administrator gets an email.
    #[oai(path = "/admin/accounts/:id/grant-admin", method = "post", operation_id = "admin_grant")]
    async fn admin_grant(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Json<AdminAccountAnswer>, Problem> {
        let acted = house.gatepost.admin_grant(&token, account(&id)?, client).await;
        Ok(Json(acted.map_err(Problem::of_admin)?.into()))
    }

    /// Remove the admin rights of an account
    ///
    /// Needs a recent sign-in. An enabled administrator always remains.
    #[oai(path = "/admin/accounts/:id/revoke-admin", method = "post", operation_id = "admin_revoke")]
    async fn admin_revoke(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Json<AdminAccountAnswer>, Problem> {
        let acted = house.gatepost.admin_revoke(&token, account(&id)?, client).await;
        Ok(Json(acted.map_err(Problem::of_admin)?.into()))
    }

    /// End one session of an account
    ///
    /// Needs a recent sign-in. Nothing else ends.
    #[oai(
        path = "/admin/accounts/:id/sessions/:session/end",
        method = "post",
        operation_id = "admin_end_session"
    )]
    async fn admin_end_session(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
        /// The `id` of the session.
        Path(session): Path<String>,
    ) -> Result<Json<AdminAccountAnswer>, Problem> {
        let session = SessionId::parse(&session).ok_or(Error::Over)?;
        let ended = house.gatepost.admin_end_session(&token, account(&id)?, session, client).await;
        Ok(Json(ended.map_err(Problem::of_admin)?.into()))
    }

    /// End a key of an account
    ///
    /// Needs a recent sign-in. Nothing else ends. The next request with the key is refused.
    #[oai(path = "/admin/accounts/:id/keys/:key/end", method = "post", operation_id = "admin_end_key")]
    async fn admin_end_key(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
        /// The `id` of the key.
        Path(key): Path<String>,
    ) -> Result<Json<AdminAccountAnswer>, Problem> {
        let key = AppKeyId::parse(&key).ok_or(Error::Over)?;
        let ended = house.gatepost.admin_end_key(&token, account(&id)?, key, client).await;
        Ok(Json(ended.map_err(Problem::of_admin)?.into()))
    }

    /// Email a sign-in link
    ///
    /// Needs a recent sign-in. The email goes to the email address of the account. It has a link and no code, and does not
    /// count among the emails of the address. At most one in 30 seconds to one address, and 100 in an hour by one
    /// administrator.
    #[oai(path = "/admin/accounts/:id/send-sign-in", method = "post", operation_id = "admin_send_sign_in")]
    async fn admin_send_sign_in(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
    ) -> Result<Queued, Problem> {
        let sent = house.gatepost.admin_send_sign_in(&token, account(&id)?, client).await;
        Ok(Queued::Done(payload::Json(sent.map_err(Problem::of_admin)?.into())))
    }

    /// Delete an account
    ///
    /// Needs a recent sign-in, and the email address of the account. This cannot be undone. Admin rights have to be
    /// removed first.
    #[oai(path = "/admin/accounts/:id/delete", method = "post", operation_id = "admin_delete")]
    async fn admin_delete(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentAdmin(token): RecentAdmin,
        /// The `id` of the account.
        Path(id): Path<String>,
        Body(input): Body<wire::DeleteAccountOf>,
    ) -> Result<Deleted, Problem> {
        let deleted = house.gatepost.admin_delete(&token, account(&id)?, &input.confirm, client).await;
        deleted.map_err(Problem::of_admin)?;
        Ok(Deleted::Done)
    }
}
