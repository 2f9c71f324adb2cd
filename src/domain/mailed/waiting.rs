//! Waiting for an email: the state of a request, for its holder.

use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;
use crate::domain::{Decision, Gatepost};
use std::time::Duration;

/// A request as the waiting page shows it to its holder.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The request.
    pub held: HeldRequest,
    /// The purpose of the request.
    pub purpose: Purpose,
    /// The address as it was entered.
    pub email: EmailAddress,
    /// When the request ends.
    pub expires_at: Timestamp,
    /// How long to wait before asking again; zero if another email can be requested now.
    pub resend_after: Duration,
    /// The account that asked, if only one of its sessions can redeem the request.
    pub asked_by: Option<AccountId>,
    /// Where its holder wants to go after signing in.
    pub next: Option<Next>,
    /// Whether its code can still be entered.
    pub code: CodeState,
}

/// What its holder can still do with a request. Depends only on time and on the wrong codes entered,
/// never on who the address belongs to: otherwise the waiting page would reveal that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// The code can be entered.
    Open,
    /// Too many wrong codes: only the link still works.
    Spent,
    /// The request has expired, and code and link with it.
    Expired,
}

impl CodeState {
    fn of(request: &Request, now: Timestamp) -> Self {
        if request.is_over(now) {
            Self::Expired
        } else if request.is_spent() {
            Self::Spent
        } else {
            Self::Open
        }
    }
}

impl Gatepost {
    /// Opens a request token. Nothing if it is not ours.
    #[must_use]
    pub fn held(&self, token: &str) -> Option<HeldRequest> {
        self.ring.open_request(token).map(HeldRequest)
    }

    /// The state of a request, for its holder; of an expired one too, until it is removed.
    ///
    /// # Errors
    /// `InvalidRequest` once it is removed; `Store`.
    pub async fn waiting(&self, held: HeldRequest) -> Result<Waiting, Error> {
        let found = self.find::<Request>(Key::request(held.0)).await?;
        found.value.map(|request| self.shown(held, request)).ok_or(Error::InvalidRequest)
    }

    /// The requests that have not expired, in the order of `held`. Every page of the browser that holds
    /// them asks for all, so one that cannot be read is left out.
    ///
    /// # Errors
    /// `Store`.
    pub async fn all_waiting(&self, held: &[HeldRequest]) -> Result<Vec<Waiting>, Error> {
        let keys = held.iter().map(|held| Key::request(held.0)).collect();
        let requests = self.find_readable::<Request>(keys).await?.into_iter().map(|found| found?.value);
        let waiting =
            held.iter().zip(requests).filter_map(|(held, request)| Some(self.shown(*held, request?)));
        Ok(waiting.filter(|waiting| waiting.code != CodeState::Expired).collect())
    }

    /// Remembers where the holder of a request wants to go in the end.
    ///
    /// # Errors
    /// `InvalidRequest` once the request is removed; `Store`.
    pub async fn lead_to(&self, held: HeldRequest, next: &Next, client: &Client) -> Result<(), Error> {
        self.decide_and_commit(client, || async {
            let found: Found<Request> = self.find(Key::request(held.0)).await?;
            let mut change = Change::new();
            found.expected_by(&mut change);
            let request = found.value.ok_or(Error::InvalidRequest)?;
            change.put(found.key, Record::Request(Request { next: Some(next.clone()), ..request }));
            Ok(Decision::Commit { change, event: None, answer: Ok(()) })
        })
        .await
    }

    fn shown(&self, held: HeldRequest, request: Request) -> Waiting {
        let now = self.world.now();
        Waiting {
            held,
            purpose: request.purpose,
            resend_after: request.resend_after(now),
            code: CodeState::of(&request, now),
            email: request.address,
            expires_at: request.expires_at,
            asked_by: request.requester.map(|requester| requester.id),
            next: request.next,
        }
    }
}
