//! Listing the sessions of an account, and ending them.

use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::Serialize;

use super::bearer::{RecentlySignedIn, SignedIn};
use super::body::Json;
use super::refusals::{Refusals, Tag};
use super::session::{Renewed, Session};
use crate::domain::error::Error;
use crate::domain::record::client::Client;
use crate::domain::record::ids::SessionId;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    ("sessions", &[Code::SignInRequired]),
    ("end_session", &[Code::SignInRequired, Code::RecentSignInRequired, Code::NotFound]),
    ("end_other_sessions", &[Code::SignInRequired, Code::RecentSignInRequired]),
];

/// The sessions of an account.
#[derive(Debug, Object, Serialize)]
struct Sessions {
    /// Most recently used first.
    sessions: Vec<Session>,
}

#[derive(ApiResponse)]
enum Ended {
    /// The session has ended.
    #[oai(status = 204)]
    Done,
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Devices")]
impl Operations {
    /// List sessions
    #[oai(path = "/profile/sessions", method = "get", operation_id = "sessions")]
    async fn sessions(
        &self,
        Data(house): Data<&House>,
        signed_in: SignedIn,
    ) -> Result<Json<Sessions>, Problem> {
        let live = signed_in.live;
        let sessions = house.gatepost.sessions(&live).await?;
        let sessions = sessions.iter().map(|session| Session::of(session, &live.session)).collect();
        Ok(Json(Sessions { sessions }))
    }

    /// End one session
    ///
    /// Needs a recent sign-in. The session's next request is refused.
    #[oai(path = "/profile/sessions/:id/end", method = "post", operation_id = "end_session")]
    async fn end_session(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
        /// The `id` of the session.
        Path(id): Path<String>,
    ) -> Result<Ended, Problem> {
        let id = SessionId::parse(&id).ok_or(Error::NotFound)?;
        house.gatepost.end_session(&token, id, client).await?;
        Ok(Ended::Done)
    }

    /// End all other sessions
    ///
    /// Needs a recent sign-in. Links and codes from earlier emails stop working, and this session gets a new
    /// token. If there is no other session and no such link or code, nothing changes.
    #[oai(path = "/profile/sessions/end-others", method = "post", operation_id = "end_other_sessions")]
    async fn end_other_sessions(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
    ) -> Result<Json<Renewed>, Problem> {
        Ok(Json(Renewed::of(&house.gatepost.end_other_sessions(&token, client).await?)))
    }
}
