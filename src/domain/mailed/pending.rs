//! The list of unconfirmed registrations that is kept for each address.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::{Found, Ownership};
use crate::domain::record::Record;
use crate::domain::record::ids::Nonce;
use crate::domain::record::key::Key;
use crate::domain::record::pending::{Pending, PendingRegistration};
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;

impl Gatepost {
    /// Adds a registration to the newest ones of its address, in place of the one it replaces (`before`).
    /// Returns whether none was waiting there, not counting those from before an account left the address. Does nothing
    /// for a request without a password.
    pub(in crate::domain) async fn put_pending(
        &self,
        change: &mut Change,
        nonce: Nonce,
        before: Option<Nonce>,
        request: &Request,
        ownership: &Ownership,
    ) -> Result<bool, Error> {
        if request.password.is_none() {
            return Ok(false);
        }
        let found: Found<Pending> = self.find(Key::pending(&request.address.canonical())).await?;
        found.expected_by(change);
        let now = self.earliest_now();
        let mut pending = found.value.unwrap_or_default();
        pending.newest.retain(|one| now < one.over_at);
        let since = pending.waits_since(now, ownership.left_at());
        // Dated after an account that left, as the request is.
        pending.registered_at = since.or(Some(request.generation.asked_at));
        pending.put(PendingRegistration { nonce, over_at: request.expires_at }, before);
        // Anyone who registers the address causes this record, and it lists three registrations at most.
        // Proving the address does not touch it, so that a stranger who registered cannot notice. The
        // sweeper removes it when the last of them ends.
        change.put(Key::expiry(request.expires_at, &found.key), Record::Expiry);
        change.put(found.key, Record::from(pending));
        Ok(since.is_none())
    }

    /// Since when a registration of a free address waits, if one does. Whoever makes an account there confirms it, with
    /// whatever email.
    pub(in crate::domain) async fn registered_at(
        &self,
        request: &Request,
        ownership: &Ownership,
    ) -> Result<Option<Timestamp>, Error> {
        let found = self.find_if_readable::<Pending>(Key::pending(&request.address.canonical())).await?;
        let waits =
            found.and_then(|found| found.value?.waits_since(self.earliest_now(), ownership.left_at()));
        Ok(waits.or((request.purpose == Purpose::Register).then_some(request.asked_at)))
    }
}
