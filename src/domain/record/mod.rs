//! What is stored: one file per kind of record, with its key, ids and times. Data, and rules that need
//! nothing but the record. Nothing here reads the store.
//!
//! - `account`, `owner`, `pending`: accounts, who an address belongs to, registrations not confirmed yet
//! - `admins`: the enabled administrators
//! - `request`, `purpose`: a request for an email, and what it is for
//! - `session`, `letter`, `event`: being signed in, a queued email, something that happened
//! - `ended`, `answer`: emails that have ended, and what the mail server said
//! - `refusals`: refusals that change nothing, counted
//! - `registration`: who can get an account without the operator
//! - `limits`, `throttle`: what is limited, and what was done of it lately
//! - `new_device`: a sign-in that its owner was notified of
//! - `address`, `password`, `salt`, `next`, `client`: values that the records contain
//! - `known`: a browser that has been signed in before
//! - `workload`: what every password check computes
//! - `unfinished_import`: an import whose last step has not been done
//! - `store_generation`: how often the store was restored
//! - `state`, `node`: a store that several nodes share, and the nodes themselves
//! - `ids`, `key`, `time`: how records are named, where they are stored, and how time is counted
//! - `reckoning`: what time it can be, when the wall clock jumps
//! - `watch`, `drift`: which of the runs that share a store have ended, and how far their clocks are apart

pub mod account;
pub mod address;
pub mod admins;
pub mod answer;
pub mod client;
pub mod drift;
pub mod ended;
pub mod event;
pub mod ids;
pub mod key;
pub mod known;
pub mod letter;
pub mod limits;
pub mod new_device;
pub mod next;
pub mod node;
pub mod owner;
pub mod password;
pub mod pending;
pub mod purpose;
pub mod reckoning;
pub mod refusals;
pub mod registration;
pub mod request;
pub mod salt;
pub mod session;
pub mod state;
pub mod store_generation;
pub mod throttle;
pub mod time;
pub mod unfinished_import;
pub mod watch;
pub mod workload;

use std::sync::Arc;

use self::account::Account;
use self::admins::Admins;
use self::ended::{DeletedAccount, EndedLetter, MailPlace, MailState};
use self::event::Event;
use self::ids::AccountId;
use self::letter::{LastTry, Letter};
use self::new_device::NewDevice;
use self::node::{EndedRun, Lease, Node};
use self::owner::Owner;
use self::pending::Pending;
use self::refusals::Refusals;
use self::request::Request;
use self::salt::SaltSeed;
use self::session::Session;
use self::state::State;
use self::store_generation::StoreGeneration;
use self::throttle::Throttle;
use self::unfinished_import::UnfinishedImport;
use self::workload::Workload;

/// Everything that can be stored, one variant per kind of record. The two that nearly every request reads are shared
/// instead of copied.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Record {
    /// An account, under its id.
    Account(Arc<Account>),
    /// Who an address belongs to, under the canonical address.
    Owner(Owner),
    /// The unconfirmed registrations of an address, under the canonical address.
    Pending(Pending),
    /// A request for an email, under its nonce.
    Request(Request),
    /// A session, under its account and id.
    Session(Arc<Session>),
    /// A queued email, under the time it is due.
    Letter(Letter),
    /// A mark that a record expires, under the time and the key of that record.
    Expiry,
    /// An event, under its time, and again under its account.
    Event(Event),
    /// Proves that a key of the ring is the one this store was created with.
    KeyCheck([u8; 32]),
    /// The account that an undo belongs to, under the undo's nonce.
    Undo(AccountId),
    /// A deleted account with records left to remove, under its id. Written by earlier versions.
    Remains(AccountId),
    /// The seed of the salts of addresses without an account.
    SaltSeed(SaltSeed),
    /// A request that an account made or that the operator made for it, or a sign-in to it on a new device, under
    /// the account and the key of that record.
    Asked,
    /// What every password check computes.
    Workload(Workload),
    /// Refusals that change nothing, counted, under their account and time.
    Refusals(Refusals),
    /// Which generation of the store this is.
    StoreGeneration(StoreGeneration),
    /// The store was restored, and no server has opened it since.
    Restored,
    /// An import whose last step has not been done.
    UnfinishedImport(UnfinishedImport),
    /// A sign-in that its owner was notified of, under the nonce in the link of that email.
    NewDevice(NewDevice),
    /// What was done lately at an address, under the digest of the address.
    Throttle(Throttle),
    /// A queued email with its last attempt, under the time it is due.
    TriedLetter(Letter, LastTry),
    /// An email that has ended, under the time of its end.
    EndedLetter(EndedLetter),
    /// What has become of an email, under its recipient and the time it was queued.
    MailState(MailState),
    /// A deleted account with records left to remove, and its addresses, under its id.
    DeletedAccount(DeletedAccount),
    /// Which store this is, where several nodes share it.
    State(State),
    /// A run that has joined the others, under its id.
    Node(Node),
    /// A run that has ended, under its id.
    EndedRun(EndedRun),
    /// Work that one run at a time does for all, under the name of the work.
    Lease(Lease),
    /// Where to look for an email, under its id.
    MailPlace(MailPlace),
    /// The enabled administrators.
    Admins(Admins),
}

impl From<Account> for Record {
    fn from(account: Account) -> Self {
        Self::Account(Arc::new(account))
    }
}

impl From<Session> for Record {
    fn from(session: Session) -> Self {
        Self::Session(Arc::new(session))
    }
}

impl From<Letter> for Record {
    fn from(mut letter: Letter) -> Self {
        match letter.last_try.take() {
            Some(last_try) => Self::TriedLetter(letter, last_try),
            None => Self::Letter(letter),
        }
    }
}
