//! One commit on its way, and what its answer is worth.
//!
//! Two statements are sent in one go, each a transaction of its own: what is to be done, and a look at what an
//! acknowledgement is worth now. A server that no longer has to wait for a standby acknowledges just as it did before;
//! the look is what tells.

use std::sync::Arc;
use std::time::SystemTime;

use tokio_postgres::{Error, Row};

use super::duty::Commits;
use super::fault::{Fault, POOLER, plainly, rolled_back};
use super::link::Values;
use super::order::Order;
use super::proof::Proven;
use super::settings::Durable;
use crate::domain::record::key::Key;

/// What is to be done at the server, as one transaction.
pub(super) enum Task {
    Commit {
        order: Arc<Order>,
        version: i64,
        receipt: [u8; 16],
        not_after: SystemTime,
    },
    Settle {
        receipt: [u8; 16],
        own: [u8; 16],
    },
    /// Fills a part of an arriving store, whose state has this version.
    Fill {
        step: Arc<Step>,
        state: i64,
        version: i64,
    },
    /// Removes receipts below this one.
    Sweep {
        before: [u8; 4],
    },
}

/// A part of an arriving store: the keys after one up to another, of which it has exactly these.
pub(super) struct Step {
    pub(super) after: Key,
    pub(super) until: Key,
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) values: Vec<Vec<u8>>,
}

/// What became of a task.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Committed, and as durable as it has to be.
    Done(Vec<Row>),
    /// Rolled back, since something else was committed first.
    Conflict,
    /// Rolled back, since it arrived too late.
    Late,
    /// Rolled back, since others hold what it needs.
    Busy,
    /// Rolled back for another reason.
    Refused(String),
    /// It is not known whether it was committed, or whether that can be lost.
    Doubt(String),
}

/// What the connection is worth after that.
#[derive(Debug)]
pub(super) enum After {
    Usable,
    /// The connection has ended; its process at the server may go on.
    Ended,
    /// No connection of the pool is to be believed any more.
    Close(Fault),
}

/// Carries a task out. Never cancelled while the server works on it: whoever gives up leaves it running.
pub(super) async fn fly(proven: &Proven<Commits>, task: &Task, durable: Durable) -> (Outcome, After) {
    let (link, duty) = (&proven.link, &proven.duty);
    let notices = link.notices();
    let (done, look) = match task {
        Task::Commit { order, version, receipt, not_after } => {
            let Order { expected_keys, expected, keys, values } = &**order;
            let receipt = receipt.as_slice();
            let values: Values<'_> = &[expected_keys, expected, keys, values, version, &receipt, not_after];
            link.both((&duty.commit, values), &duty.look).await
        }
        Task::Settle { receipt, own } => {
            let (receipt, own) = (receipt.as_slice(), own.as_slice());
            link.both((&duty.settle, &[&receipt, &own]), &duty.look).await
        }
        Task::Fill { step, state, version } => {
            let (after, until, key) = (step.after.as_bytes(), step.until.as_bytes(), Key::state());
            let (keys, values) = (&step.keys, &step.values);
            let values: Values<'_> = &[&after, &until, keys, values, version, &key.as_bytes(), state];
            link.both((&duty.fill, values), &duty.look).await
        }
        Task::Sweep { before } => {
            let before = before.as_slice();
            link.both((&duty.sweep, &[&before]), &duty.look).await
        }
    };
    let after = if link.notices() == notices {
        judge(proven, look, durable)
    } else {
        // Someone cancelled the wait for a standby: committed here, visible to all, and still lost with this server.
        After::Close(Fault::Changed(format!("{} gave a warning during a commit", link.host)))
    };
    (outcome(done, &after), after)
}

/// What the look says.
fn judge(proven: &Proven<Commits>, look: Result<Vec<Row>, Error>, durable: Durable) -> After {
    let host = &proven.link.host;
    let look = match look {
        Ok(rows) => rows,
        Err(error) if rolled_back(&error).is_some() => {
            return After::Close(Fault::Changed(format!("{host}: {}: {POOLER}", plainly(&error))));
        }
        Err(_) => return After::Ended,
    };
    let Some(row) = look.first() else { return After::Ended };
    let (names, proof, configured): (&str, Option<&str>, i64) = (row.get(0), row.get(1), row.get(2));
    if proof != Some(proven.seen.proof.as_str()) {
        After::Close(Fault::Unfit(format!("{host}: {POOLER}")))
    } else if names.is_empty() && durable == Durable::Majority {
        After::Close(Fault::Changed(format!("synchronous_standby_names is empty on {host} now")))
    } else if configured != proven.seen.configured {
        // It may have named no standby for a moment.
        After::Close(Fault::Changed(format!("{host} has read its configuration again")))
    } else {
        After::Usable
    }
}

fn outcome(done: Result<Vec<Row>, Error>, after: &After) -> Outcome {
    match (done, after) {
        (Ok(rows), After::Usable) => Outcome::Done(rows),
        (Ok(_), After::Ended) => Outcome::Doubt("the connection to the database ended".into()),
        (Ok(_), After::Close(fault)) => Outcome::Doubt(fault.to_string()),
        (Err(error), _) => match rolled_back(&error).map(|reported| reported.code().code()) {
            Some("40001" | "40P01" | "23505") => Outcome::Conflict,
            Some("54GP1") => Outcome::Late,
            Some("55P03") => Outcome::Busy,
            Some("53100") => Outcome::Refused("the disk of the database is full".into()),
            Some(_) => Outcome::Refused(plainly(&error)),
            None => Outcome::Doubt(plainly(&error)),
        },
    }
}
