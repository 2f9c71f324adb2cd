//! Inviting many people, as the operator: in steps of one commit each, so that people who sign in meanwhile don't wait
//! long. Addresses that have an account are left alone, so the same list can be used again.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use crate::domain::error::Error;
use crate::domain::outbox::Turn;
use crate::domain::ports::Change;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::LetterId;
use crate::domain::{Decision, Gatepost};

/// The most people in one step. Each takes two writes for the account, four for the email and two for the event, and there
/// is room for what lists of accounts need.
pub const INVITE_STEP: usize = 8;

/// The result of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Invited {
    /// People who were invited.
    pub invited: usize,
    /// Addresses that have an account, or were invited before.
    pub known: usize,
    /// Addresses that are reserved for an account that changed its address.
    pub held: usize,
}

impl AddAssign for Invited {
    fn add_assign(&mut self, more: Self) {
        self.invited += more.invited;
        self.known += more.known;
        self.held += more.held;
    }
}

impl Gatepost {
    /// Invites the people of one step, at most [`INVITE_STEP`], in one commit. Their emails wait behind those that people
    /// have asked for.
    ///
    /// # Errors
    /// `Store`.
    pub async fn invite_people(&self, addresses: &[EmailAddress], client: &Client) -> Result<Invited, Error> {
        let (invited, events) = self
            .decide_and_commit(client, || async {
                let mut change = Change::new();
                let (mut result, mut seen) = (Invited::default(), BTreeSet::new());
                let (mut accounts, mut events) = (Vec::new(), Vec::new());
                for address in addresses {
                    if !seen.insert(address.canonical()) {
                        result.known += 1;
                        continue;
                    }
                    let ownership = self.ownership(address).await?;
                    match ownership.expect_free() {
                        Ok(()) => {}
                        Err(Error::AddressHeld) => {
                            result.held += 1;
                            continue;
                        }
                        Err(_) => {
                            result.known += 1;
                            continue;
                        }
                    }
                    ownership.expected_by(&mut change);
                    let account = self.put_invited(&mut change, address);
                    let email = self.put_invitation(&mut change, &account, Turn::AfterOthers);
                    let event =
                        Event::new(account.registered_at, EventName::Invited, Some(account.id), client);
                    self.put_event(&mut change, &event);
                    events.push((event, email));
                    accounts.push(account);
                }
                result.invited = accounts.len();
                if accounts.is_empty() {
                    return Ok(Decision::Answer((result, events)));
                }
                self.put_imported_workload(&mut change, &accounts).await?;
                Ok(Decision::Commit { change, event: None, answer: Ok((result, events)) })
            })
            .await?;
        self.tell_of(&events, client);
        Ok(invited)
    }

    /// Logs and counts what one commit has done to several people.
    fn tell_of(&self, events: &[(Event, LetterId)], client: &Client) {
        for (event, email) in events {
            event.log(&client.request_id, Some(&email.to_string()));
            self.figures.event(event);
        }
        if !events.is_empty() {
            // These are not among the newest emails, so nothing else wakes the worker.
            self.arrivals.wake();
        }
    }
}
