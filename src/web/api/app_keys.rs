//! Keys for programs: listing, making and ending them.

use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::Serialize;

use super::bearer::{RecentlySignedIn, SignedIn};
use super::body::{Body, Json};
use super::refusals::{Refusals, Tag};
use crate::domain::error::Error;
use crate::domain::profile::MadeKey;
use crate::domain::record::app_key;
use crate::domain::record::client::Client;
use crate::domain::record::ids::AppKeyId;
use crate::web::app_keys::{make, not_ended};
use crate::web::house::House;
use crate::web::ip;
use crate::web::problem::{Code, Problem};
use crate::web::wire;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[
    ("keys", &[Code::SignInRequired]),
    (
        "make_key",
        &[
            Code::SignInRequired,
            Code::RecentSignInRequired,
            Code::NotAllowed,
            Code::TooManyKeys,
            Code::TooManyTries,
        ],
    ),
    ("end_key", &[Code::SignInRequired, Code::NotFound]),
];

/// A key with which a program opens one app as the person.
#[derive(Debug, Object, Serialize)]
pub(super) struct AppKey {
    /// Permanent identifier.
    id: String,
    /// What the person calls it.
    name: String,
    /// The host of the app that it opens.
    app: String,
    /// When it was made.
    created_at: String,
    /// When it was used last, accurate to an hour.
    #[oai(nullable)]
    last_used_at: Option<String>,
    /// The client address of that use.
    #[oai(nullable)]
    last_ip: Option<String>,
    /// When it ends; `null` if it has no end.
    #[oai(nullable)]
    expires_at: Option<String>,
}

impl AppKey {
    pub(super) fn of(key: &app_key::AppKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.to_string(),
            app: key.host.clone(),
            created_at: key.made_at.to_string(),
            last_used_at: key.last_use.map(|last| last.at.to_string()),
            last_ip: key.last_use.map(|last| ip::text(last.ip)),
            expires_at: key.expires_at.map(|end| end.to_string()),
        }
    }
}

/// A key with its secret.
#[derive(Debug, Object, Serialize)]
pub(super) struct NewAppKey {
    #[oai(flatten)]
    #[serde(flatten)]
    key: AppKey,
    /// The secret, which no other response has. Send it to the app as `Gatepost-Key`.
    secret: String,
}

/// The keys of an account.
#[derive(Debug, Object, Serialize)]
struct AppKeys {
    /// The newest first.
    keys: Vec<AppKey>,
}

/// A key that was made.
#[derive(Debug, Object, Serialize)]
struct NewAppKeyAnswer {
    /// The key.
    key: NewAppKey,
}

impl From<MadeKey> for NewAppKeyAnswer {
    fn from(made: MadeKey) -> Self {
        let secret = made.secret.as_str().to_owned();
        Self { key: NewAppKey { key: AppKey::of(&made.key), secret } }
    }
}

#[derive(ApiResponse)]
enum Ended {
    /// The key has ended.
    #[oai(status = 204)]
    Done,
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Keys")]
impl Operations {
    /// List keys
    #[oai(path = "/profile/keys", method = "get", operation_id = "keys")]
    async fn keys(&self, Data(house): Data<&House>, signed_in: SignedIn) -> Result<Json<AppKeys>, Problem> {
        let keys = house.gatepost.app_keys(&signed_in.live.account).await?;
        Ok(Json(AppKeys { keys: keys.iter().map(AppKey::of).collect() }))
    }

    /// Make a key
    ///
    /// Needs a recent sign-in. The response is the only one with the secret. An account can have 20 keys, and make 10 in a
    /// day.
    #[oai(path = "/profile/keys", method = "post", operation_id = "make_key")]
    async fn make_key(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        RecentlySignedIn(token): RecentlySignedIn,
        Body(input): Body<wire::MakeAppKey>,
    ) -> Result<Json<NewAppKeyAnswer>, Problem> {
        Ok(Json(make(house, &token, &input, client).await?.into()))
    }

    /// End a key
    ///
    /// The next request with it is refused.
    #[oai(path = "/profile/keys/:id/end", method = "post", operation_id = "end_key")]
    async fn end_key(
        &self,
        Data(house): Data<&House>,
        Data(client): Data<&Client>,
        signed_in: SignedIn,
        /// The `id` of the key.
        Path(id): Path<String>,
    ) -> Result<Ended, Problem> {
        let id = AppKeyId::parse(&id).ok_or(Error::NotFound)?;
        house.gatepost.end_key(&signed_in.token, id, client).await.map_err(not_ended)?;
        Ok(Ended::Done)
    }
}
