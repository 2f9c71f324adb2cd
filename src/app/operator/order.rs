//! The orders of the operator and their answers, as they are sent over the socket.

use serde::{Deserialize, Serialize};

use super::row::ImportRow;
use super::shown::{Account, Emailed, Link, Shown, Treated};
use crate::domain::operator::{AccountState, Handover, ImportStep, Imported, KeyUses, Role};
use crate::domain::upkeep::Misfits;
use crate::store::life::Proof;

/// An order. Addresses and rows are sent as they were entered; the process that carries the order
/// out parses them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Create a confirmed account and a link that signs in to it.
    AddAccount {
        /// The email address of the account.
        email: String,
        /// Its role.
        role: Role,
        /// Whether the link is emailed to the owner instead of shown. Left out where it is not, for servers
        /// of earlier versions.
        #[serde(default, skip_serializing_if = "is_no")]
        by_email: bool,
    },
    /// List the next accounts in the order of their addresses.
    ListAccounts {
        /// The address to continue after; `None` for the first page.
        after: Option<String>,
        /// Which accounts. Left out where all are, for servers of earlier versions.
        #[serde(default, skip_serializing_if = "is_all")]
        state: AccountState,
    },
    /// Show one account.
    ShowAccount {
        /// The email address of the account.
        email: String,
    },
    /// Create a link that signs in to an account.
    HandOutLink {
        /// The email address of the account.
        email: String,
    },
    /// Import accounts from elsewhere.
    ImportAccounts {
        /// The next rows of the file.
        rows: Vec<ImportRow>,
        /// Whether more rows follow.
        step: ImportStep,
    },
    /// Disable, enable, sign out or delete an account.
    Treat {
        /// The email address of the account.
        email: String,
        /// The action.
        treatment: Treatment,
        /// Whether no administrator has to remain. Left out where one has to, for servers of earlier versions.
        #[serde(default, skip_serializing_if = "is_no")]
        force: bool,
    },
    /// Verify the store. The answer comes in parts.
    VerifyStore {},
    /// Send a backup of the store. The answer comes in parts.
    BackUp {},
    /// Show the link of a request, and what it could do. For a drill, which made the request.
    RehearseLink {
        /// The request token.
        request: String,
    },
    /// List the keys and what depends on each. Takes as long as reading everything takes.
    ListKeys {},
    /// Add a key.
    RotateKey {
        /// Whether the one that only opens so far seals from now on. Left out where it does not, for servers of
        /// earlier versions.
        #[serde(default, skip_serializing_if = "is_no")]
        seal: bool,
    },
    /// Retire a key. Takes as long as listing them.
    RetireKey {
        /// The key.
        key: u8,
        /// Whether it may still be in use.
        force: bool,
    },
    /// Grant or revoke admin rights.
    SetRole {
        /// The email address of the account.
        email: String,
        /// The new role.
        role: Role,
        /// Whether no administrator has to remain. Left out where one has to, for servers of earlier versions.
        #[serde(default, skip_serializing_if = "is_no")]
        force: bool,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_no(by_email: &bool) -> bool {
    !by_email
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_all(state: &AccountState) -> bool {
    *state == AccountState::All
}

impl Order {
    /// Whether it takes as long as reading the whole store takes, and says nothing meanwhile.
    pub(super) fn reads_everything(&self) -> bool {
        matches!(self, Self::ListKeys {} | Self::RetireKey { .. })
    }
}

/// An action on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Block sign-in and end all sessions.
    Disable,
    /// Allow sign-in again.
    Enable,
    /// End all sessions.
    SignOut,
    /// Delete the account.
    Delete,
}

/// The answer to an order.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// One account, as it is now.
    Account(Account),
    /// One account, and what is in the way of signing in to it.
    Shown(Shown),
    /// An account after an action on it.
    Treated(Treated),
    /// Some accounts.
    Accounts {
        /// In the order of their addresses.
        accounts: Vec<Account>,
        /// The address to continue after; `None` on the last page.
        next: Option<String>,
    },
    /// A link that signs in.
    Link(Link),
    /// A link that signs in is emailed.
    Emailed(Emailed),
    /// How many rows were imported and skipped.
    Imported(Imported),
    /// The link of a request.
    Rehearsed(Rehearsed),
    /// How far the work is; more parts of the answer follow.
    Progress {
        /// Records done.
        done: u64,
        /// Records in all.
        all: u64,
        /// How many bytes of the backup follow this line.
        bytes: usize,
    },
    /// No byte of the store was lost.
    Verified(Verified),
    /// All bytes of the backup were sent.
    BackedUp {
        /// Records in it.
        records: u64,
    },
    /// The keys, newest first.
    Keys(Vec<KeyUses>),
    /// A key was added, or can be added.
    Rotated(Rotated),
    /// A key was retired.
    Retired(Retired),
    /// The order was not carried out, for this reason.
    Refused(String),
}

/// A verified store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// What was verified.
    #[serde(flatten)]
    pub proof: Proof,
    /// Records that do not fit together. None, if no one but this program ever changed the store.
    pub misfits: Misfits,
}

/// A key that seals from now on, or would.
#[derive(Serialize, Deserialize)]
pub struct Rotated {
    /// The key.
    pub key: u8,
    /// Where the keys are kept.
    pub place: String,
    /// What the operator has to put there. Nothing if it is there.
    pub line: Option<String>,
    /// Why it could not be put there.
    pub reason: Option<String>,
    /// That it only opens so far, with nodes that share a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
}

/// A key that only opens so far.
#[derive(Serialize, Deserialize)]
pub struct Opening {
    /// Whether it was added just now.
    pub is_new: bool,
    /// The nodes that lack it.
    pub lacking: Vec<String>,
}

/// A key that opens nothing from now on.
#[derive(Serialize, Deserialize)]
pub struct Retired {
    /// The key.
    pub key: u8,
    /// Where the keys are kept.
    pub place: String,
    /// The beginning of what the operator has to remove there. Nothing if it is gone.
    pub beginning: Option<String>,
    /// Why it could not be removed.
    pub reason: Option<String>,
    /// The nodes that had it when it was retired, or have it still, if nodes share the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<String>>,
}

/// The link of a request, and what it could do now.
#[derive(Serialize, Deserialize)]
pub struct Rehearsed {
    /// The path of the link.
    pub path: String,
    /// Where its email is.
    pub handover: Handover,
    /// Whether a person could sign in with it.
    pub works: bool,
    /// When it expires.
    pub expires_at: String,
}
