//! What the chaotic engine may do to a change by chance, so that the one whose change it is can do the same
//! again and the scenario still holds. What an action does on its second try is in `doubt.rs`, for every action
//! and both doubts.

use std::sync::Mutex;

use gatepost::domain::ports::Change;
use gatepost::domain::record::Record;
use gatepost::domain::record::client::Doer;
use gatepost::domain::record::event::{Event, EventName};
use gatepost::domain::record::key::Key;
use gatepost::domain::record::letter::{Letter, Offered};

use super::chaotic::Doubt;

/// What comes of doing the same again, after a change that was in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// The answer is the one that was lost, and no more is done: signing out, redeeming one's own request,
    /// cancelling a change of address.
    Same,
    /// It is done twice: requesting an email to sign in or to set a new password. The person has two emails,
    /// and the request of the second.
    Twice,
    /// The answer is another one, or the person sees that it was done twice. Only changes that were not
    /// written are in doubt by chance.
    ///
    /// - Another answer: a link that another browser has used, a session that has ended, or the session of this
    ///   browser, whose new id was in the answer that was lost; "wait 30 seconds" to another email of the same
    ///   request.
    /// - Seen twice: sessions, wrong codes, and whatever is listed in the history of an account; a registration,
    ///   whose password leads to its waiting page even when the second one has been given another password.
    Other,
    /// The server does it again by itself, whether it was written or not: claiming, ending and delaying queued
    /// emails, removing what has expired, writing how many refusals there were.
    Unseen,
    /// The same, but it may also be lost for good: the last use of a session.
    Lossy,
    /// Not in doubt.
    ///
    /// - At the start of the server, which ends then and has to be started again.
    /// - What the operator does, and what a test does in their place: no one is there to do it again.
    /// - Handing an email over, and dropping one: this waits for the email's next attempt, and no scenario
    ///   moves the clock for that (`mail/doubt.rs` does).
    Certain,
}

impl Again {
    pub(super) fn of(change: &Change) -> Self {
        let event = change.writes.iter().find_map(|(_, record)| match record {
            Some(Record::Event(event)) => Some(event),
            _ => None,
        });
        match event {
            Some(event) if event.by == Doer::Person => Self::of_act(change, event),
            Some(event) => Self::of_end(event),
            None => Self::of_upkeep(change),
        }
    }

    /// Whether a browser or a program did this. What the server does on its own is not reported to anyone.
    pub(super) fn is_of_a_person(self) -> bool {
        matches!(self, Self::Same | Self::Twice | Self::Other)
    }

    fn of_act(change: &Change, event: &Event) -> Self {
        let redeems_own = |(_, record): &(Key, Option<Record>)| match record {
            Some(Record::Request(request)) => {
                use gatepost::domain::record::purpose::Purpose::{Register, ResetPassword, SignIn};
                use gatepost::domain::record::request::Requester;
                let used = request.generation.used.as_ref();
                matches!(request.purpose, SignIn | Register | ResetPassword)
                    && used.is_some_and(|used| used.by == Requester::Yes)
            }
            _ => false,
        };
        let is_new = |(key, version): &(Key, Option<_>)| !is_under(key, "r/") || version.is_none();
        let all_new = change.expectations.iter().all(is_new);
        let registers = change.writes.iter().any(|(_, record)| matches!(record, Some(Record::Pending(_))));
        match event.name {
            EventName::SignedOut | EventName::EmailChangeCancelled => Self::Same,
            EventName::MailRequested if event.account.is_none() && !registers && all_new => Self::Twice,
            _ if change.writes.iter().any(redeems_own) => Self::Same,
            _ => Self::Other,
        }
    }

    fn of_end(event: &Event) -> Self {
        match event.name {
            EventName::MailSent | EventName::MailFailed | EventName::MailDelayed => Self::Unseen,
            _ => Self::Certain,
        }
    }

    fn of_upkeep(change: &Change) -> Self {
        let letter = change.writes.iter().find_map(|(_, record)| match record {
            Some(Record::Letter(letter) | Record::TriedLetter(letter, _)) => Some(letter),
            _ => None,
        });
        if let Some(Letter { offered, .. }) = letter {
            return if *offered == Offered::Now { Self::Certain } else { Self::Unseen };
        }
        let is_removed = |record: &Option<Record>| matches!(record, None | Some(Record::Expiry));
        match &change.writes[..] {
            // A wrong code or password is counted, and writes no event.
            writes if writes.iter().any(|(_, record)| matches!(record, Some(Record::Throttle(_)))) => {
                Self::Other
            }
            [(_, Some(Record::Request(_)))] => Self::Other,
            writes if writes.iter().all(|(_, it)| matches!(it, Some(Record::Session(_)))) => Self::Lossy,
            writes if writes.iter().all(|(_, record)| is_removed(record)) => Self::Unseen,
            writes if writes.iter().any(|(_, record)| matches!(record, Some(Record::Refusals(_)))) => {
                Self::Unseen
            }
            _ => Self::Certain,
        }
    }
}

fn is_under(key: &Key, prefix: &str) -> bool {
    key.as_bytes().starts_with(prefix.as_bytes())
}

/// What is left to chance. Each has numbers of its own, so that how often the server looks around does not
/// change what happens to people.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chance {
    /// How long a read or a change takes.
    Turns,
    /// What happens to the change of a person.
    Person,
    /// What happens to a change of the server.
    Server,
}

/// Pseudo-random numbers, the same for the same seed.
pub(super) struct Luck([Mutex<u64>; 3]);

impl Luck {
    pub(super) fn new(seed: u64) -> Self {
        Self([0, 1, 2].map(|chance| Mutex::new(seed.wrapping_add(chance << 62))))
    }

    pub(super) fn conflicts(&self, again: Again) -> bool {
        self.below(Chance::of(again), 3) == 0
    }

    pub(super) fn doubt(&self, again: Again) -> Option<Doubt> {
        let [is_doubted, is_written] = [8, 2].map(|end| self.below(Chance::of(again), end) == 0);
        match again {
            _ if !is_doubted => None,
            Again::Certain => None,
            Again::Lossy => Some(Doubt::Written),
            Again::Same | Again::Twice | Again::Unseen if is_written => Some(Doubt::Written),
            Again::Other | Again::Same | Again::Twice | Again::Unseen => Some(Doubt::Lost),
        }
    }

    pub(super) fn below(&self, chance: Chance, end: u64) -> u64 {
        let mut state = self.0[chance as usize].lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

impl Chance {
    fn of(again: Again) -> Self {
        if again.is_of_a_person() { Self::Person } else { Self::Server }
    }
}
