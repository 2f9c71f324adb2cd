//! The keys of how many emails administrators have had sent to others.

use super::Key;
use crate::domain::record::ids::AccountId;

impl Key {
    /// Those of one administrator.
    #[must_use]
    pub fn mails_by_admin(admin: AccountId) -> Self {
        Self::joined(b"l/", &[b"a", &admin.0])
    }

    /// Those of all administrators to the address with this digest.
    #[must_use]
    pub fn mails_by_admins_to(address: [u8; 12]) -> Self {
        Self::joined(b"l/", &[b"t", &address])
    }
}
