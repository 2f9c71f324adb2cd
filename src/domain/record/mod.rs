//! What is stored: one file per kind of record, with its key, ids and times.
//!
//! Data, and the rules that need nothing but the record itself. Nothing here reads the store.

pub mod account;
pub mod address;
pub mod client;
pub mod event;
pub mod ids;
pub mod key;
pub mod letter;
pub mod next;
pub mod owner;
pub mod password;
pub mod pending;
pub mod purpose;
pub mod request;
pub mod salt;
pub mod session;
pub mod time;

use self::account::Account;
use self::event::Event;
use self::ids::AccountId;
use self::letter::Letter;
use self::owner::Owner;
use self::pending::Pending;
use self::request::Request;
use self::salt::SaltSeed;
use self::session::Session;

/// Everything that can stand in the store, one variant a kind of record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Record {
    /// An account, under its id.
    Account(Account),
    /// Who has an address, under the canonical address.
    Owner(Owner),
    /// The registrations of an address that wait for their mail, under the canonical address.
    Pending(Pending),
    /// A request for a mail, under its nonce.
    Request(Request),
    /// A session, under its account and its id.
    Session(Session),
    /// A letter that is owed, under the time it is due.
    Letter(Letter),
    /// A mark that something is over at a time, under that time and the key of what is over.
    Expiry,
    /// Something that happened.
    Event(Event),
    /// Proves that a key of the ring is the one this store was written with.
    KeyCheck([u8; 32]),
    /// Whose a right to have an address back is, under its nonce.
    Undo(AccountId),
    /// Whose sessions, events and requests are still to be removed, under the id of an account that was.
    Remains(AccountId),
    /// The seed of the salts of addresses without an account.
    SaltSeed(SaltSeed),
    /// That an account asked for a request, under the account and the request's key.
    Asked,
}
