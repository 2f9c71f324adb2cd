//! A browser that has been signed in to an account, as it says itself with a seal of ours.

use super::ids::KnownId;

/// What the seal in a browser's cookie says. Only an authentic seal becomes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBrowser {
    /// The browser, for this address. It keeps its id when it signs in there again.
    pub id: KnownId,
    /// A keyed digest of the email address it was signed in with.
    pub address: [u8; 12],
    /// A keyed digest of the account and its epoch then. Once the epoch has moved, whoever was known before is
    /// a new device.
    pub standing: [u8; 8],
}
