//! Rehearsing a sign-in link: everything that redeeming it would decide, without doing it.
//!
//! A drill requests an email like anyone else and plays a mail scanner with its link. In the end it has to know
//! that a person could still sign in with the link. Signing in would leave a session behind, and perhaps an
//! account, so the decision is made and not committed.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::read::Found;
use crate::domain::record::client::Client;
use crate::domain::record::key::Key;
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;
use crate::domain::token::{LinkClaims, LinkToken};

/// A link and what it could do now.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The link's token.
    pub token: LinkToken,
    /// Where its email is.
    pub handover: Handover,
    /// Whether a person who opens it anywhere and ticks the box would be signed in.
    pub works: bool,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// How far the email of a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// It waits in the outbox.
    Waiting,
    /// It was handed to the mail server.
    Done,
    /// It has left the outbox, and no mail server has it.
    Refused,
}

impl Gatepost {
    /// The link of a request for someone who has both its request token and the right to run commands. That
    /// reveals nothing new: commands create links and accounts anyway. Changes nothing.
    ///
    /// # Errors
    /// `InvalidRequest`; `InvalidLink`; `Store`.
    pub async fn rehearse_link(&self, request: &str, client: &Client) -> Result<Rehearsal, Error> {
        let held = self.held(request).ok_or(Error::InvalidRequest)?;
        let found: Found<Request> = self.find(Key::request(held.nonce())).await?;
        let request = found.value.ok_or(Error::InvalidRequest)?;
        let claims =
            LinkClaims { key: request.key, nonce: held.nonce(), generation: request.generation.number };
        Ok(Rehearsal {
            token: self.ring.seal_link(&claims).ok_or(Error::InvalidLink)?,
            handover: handover(&request),
            works: self.would_sign_in(claims, &request, client).await?,
            expires_at: request.live_until(),
        })
    }
}

fn handover(request: &Request) -> Handover {
    match &request.generation {
        generation if generation.queued > 0 => Handover::Waiting,
        generation if generation.live_until > Timestamp::default() => Handover::Done,
        _ => Handover::Refused,
    }
}
