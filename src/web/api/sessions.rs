//! Where somebody is signed in, and ending that elsewhere.

use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::Serialize;

use super::bearer::{RecentlySignedIn, SignedIn};
use super::body::Json;
use super::refusals::{Refusals, Tag};
use super::session::{Profile, Session};
use crate::domain::error::Error;
use crate::domain::record::client::Client;
use crate::domain::record::ids::SessionId;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

/// What each operation may be refused for, besides what any may.
pub(super) const REFUSALS: Refusals = &[
    ("sessions", &[Code::SignInRequired]),
    ("end_session", &[Code::SignInRequired, Code::RecentSignInRequired, Code::NotFound]),
    ("end_other_sessions", &[Code::SignInRequired, Code::RecentSignInRequired]),
];

/// Where somebody is signed in, the last used first.
#[derive(Debug, Object, Serialize)]
struct Sessions {
    /// One for each place.
    sessions: Vec<Session>,
}

#[derive(ApiResponse)]
enum Ended {
    /// The session is over.
    #[oai(status = 204)]
    Done,
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Profile")]
impl Operations {
    /// Where you are signed in
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
    /// Needs a recent sign-in. It is refused from the very next request on.
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
    /// Needs a recent sign-in. Voids every letter that was sent before, and gives this session a new
    /// token.
    #[oai(path = "/profile/sessions/end-others", method = "post", operation_id = "end_other_sessions")]
    async fn end_other_sessions(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
    ) -> Result<Json<Profile>, Problem> {
        Ok(Json(Profile::changed(&house.gatepost.end_other_sessions(&token, client).await?)))
    }
}
