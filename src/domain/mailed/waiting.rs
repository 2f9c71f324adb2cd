//! Waiting for a letter: what who asked holds, and what the waiting page shows of it.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;
use std::time::Duration;

/// What the waiting page shows to who holds the request.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Which request.
    pub held: HeldRequest,
    /// What it is for.
    pub purpose: Purpose,
    /// The address, as it was typed.
    pub email: EmailAddress,
    /// When the request is over.
    pub expires_at: Timestamp,
    /// How long to wait before asking again; zero when another mail may be asked for now.
    pub resend_after: Duration,
    /// The account that asked, where only a session of it can redeem the request.
    pub asked_by: Option<AccountId>,
    /// Where its holder wanted to go.
    pub next: Option<Next>,
}

impl Gatepost {
    /// Takes the token a browser or program kept. Nothing, where it is not ours.
    #[must_use]
    pub fn held(&self, token: &str) -> Option<HeldRequest> {
        self.ring.open_request(token).map(HeldRequest)
    }

    /// What the holder of a request waits for.
    ///
    /// # Errors
    /// `InvalidRequest` when it is over; `Store`.
    pub async fn waiting(&self, held: HeldRequest) -> Result<Waiting, Error> {
        self.all_waiting(&[held]).await?.pop().ok_or(Error::InvalidRequest)
    }

    /// What the holder of requests waits for, in the order of `held`; those that are over are left
    /// out.
    ///
    /// # Errors
    /// `Store`.
    pub async fn all_waiting(&self, held: &[HeldRequest]) -> Result<Vec<Waiting>, Error> {
        let keys = held.iter().map(|held| Key::request(held.0)).collect();
        let requests = self.find_all::<Request>(keys).await?.into_iter().map(|found| found.value);
        let now = self.world.now();
        let is_live = |request: &Request| !request.is_over(now);
        Ok(held
            .iter()
            .zip(requests)
            .filter_map(|(held, request)| {
                let request = request.filter(is_live)?;
                Some(Waiting {
                    held: *held,
                    purpose: request.purpose,
                    resend_after: request.resend_after(now),
                    email: request.address,
                    expires_at: request.expires_at,
                    asked_by: request.asker.map(|asker| asker.id),
                    next: request.next,
                })
            })
            .collect())
    }
}
