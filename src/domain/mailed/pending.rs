//! The list of unconfirmed registrations that is kept for each address.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::ids::Nonce;
use crate::domain::record::key::Key;
use crate::domain::record::pending::{Pending, PendingRegistration};
use crate::domain::record::request::Request;

impl Gatepost {
    /// Adds a registration to the newest ones of its address, in place of the one it replaces (`before`).
    /// Returns whether it is the only one. Does nothing for a request without a password.
    pub(in crate::domain) async fn put_pending(
        &self,
        change: &mut Change,
        nonce: Nonce,
        before: Option<Nonce>,
        request: &Request,
    ) -> Result<bool, Error> {
        if request.password.is_none() {
            return Ok(false);
        }
        let found: Found<Pending> = self.find(Key::pending(&request.address.canonical())).await?;
        found.expected_by(change);
        let now = self.earliest_now();
        let mut pending = found.value.unwrap_or_default();
        pending.0.retain(|one| now < one.over_at);
        let is_first = pending.0.is_empty();
        pending.put(PendingRegistration { nonce, over_at: request.expires_at }, before);
        // Anyone who registers the address causes this record, and it lists three registrations at most.
        // Proving the address does not touch it, so that a stranger who registered cannot notice. The
        // sweeper removes it when the last of them ends.
        change.put(Key::expiry(request.expires_at, &found.key), Record::Expiry);
        change.put(found.key, Record::Pending(pending));
        Ok(is_first)
    }
}
