//! A list of people to invite: addresses, files of addresses, and standard input. The whole list is checked first, then the
//! people are invited in orders of some addresses each.

use std::fs::File;
use std::io::Read;

use super::order::{Answer, Order};
use super::reach::Operator;
use crate::app::failure::{Failure, InviteError, OperatorError};
use crate::domain::operator::Invited;
use crate::domain::record::address::EmailAddress;

/// How many addresses one list can have.
const MOST: usize = 10_000;
/// How many bytes a file or standard input can have: each address with a line of comment.
const MOST_BYTES: u64 = 8 << 20;
/// How many addresses one order has: a few steps of the store.
const PER_ORDER: usize = 80;
/// How many errors are shown.
const MISTAKES_SHOWN: usize = 20;
/// Stands for standard input.
const STANDARD_INPUT: &str = "-";
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A list without errors.
pub struct InvitationList(Vec<EmailAddress>);

impl InvitationList {
    /// Reads and checks what the command was given: an argument with @ is an address, - is standard input, and any other
    /// is a file.
    ///
    /// # Errors
    /// `Unreadable`; `TooMany`; `Mistaken` with all errors, up to twenty.
    pub fn check(arguments: &[String], input: &mut dyn Read) -> Result<Self, InviteError> {
        let (mut addresses, mut mistakes) = (Vec::new(), Vec::new());
        for argument in arguments {
            if argument.contains('@') {
                match EmailAddress::parse(argument) {
                    Ok(address) => addresses.push(address),
                    Err(reason) => mistakes.push(format!("{}: {reason}", printable(argument))),
                }
                continue;
            }
            let text = read(argument, input)?;
            for (index, line) in text.trim_start_matches(BYTE_ORDER_MARK).lines().enumerate() {
                let line = line.trim();
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                match EmailAddress::parse(line) {
                    Ok(address) => addresses.push(address),
                    Err(reason) => {
                        let (place, number) = (shown(argument), index + 1);
                        mistakes.push(format!("{place}, line {number}: {}: {reason}", printable(line)));
                    }
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(InviteError::Mistaken(in_words(&mistakes)));
        }
        if addresses.len() > MOST {
            return Err(InviteError::TooMany { count: addresses.len(), most: MOST });
        }
        Ok(Self(addresses))
    }

    /// How many addresses it has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Invites everyone on it. Calls `progress` after each order with the number of addresses done.
    ///
    /// # Errors
    /// `Refused`; `Stopped`. Who was invited by then stays invited, and is skipped the next time.
    pub async fn invite(
        self,
        operator: &Operator,
        mut progress: impl FnMut(usize),
    ) -> Result<Invited, InviteError> {
        let (mut all, mut done) = (Invited::default(), 0);
        for part in self.0.chunks(PER_ORDER) {
            let emails = part.iter().map(ToString::to_string).collect();
            let reason = match operator.order(Order::InvitePeople { emails }).await {
                Ok(Answer::Invited(invited)) => {
                    all += invited;
                    done += part.len();
                    progress(done);
                    continue;
                }
                Ok(_) => Failure::from(OperatorError::OtherAnswer),
                Err(reason) => reason,
            };
            if done == 0 {
                return Err(InviteError::Refused(Box::new(reason)));
            }
            return Err(InviteError::Stopped { done, all: self.0.len(), reason: Box::new(reason) });
        }
        Ok(all)
    }
}

fn read(argument: &str, input: &mut dyn Read) -> Result<String, InviteError> {
    let unreadable = |error| InviteError::Unreadable { place: shown(argument).to_owned(), error };
    let mut text = String::new();
    if argument == STANDARD_INPUT {
        input.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        let file = File::open(argument).map_err(unreadable)?;
        file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    }
    if text.len() as u64 > MOST_BYTES {
        return Err(InviteError::TooLong { place: shown(argument).to_owned(), most: MOST_BYTES });
    }
    Ok(text)
}

fn shown(argument: &str) -> &str {
    if argument == STANDARD_INPUT { "standard input" } else { argument }
}

/// What was entered, without what a terminal would interpret, and not too long.
fn printable(entered: &str) -> String {
    entered.chars().take(100).map(|it| if it.is_control() { '?' } else { it }).collect()
}

fn in_words(mistakes: &[String]) -> String {
    let count = mistakes.len();
    let mut shown = if count == 1 { "1 error:".to_owned() } else { format!("{count} errors:") };
    for mistake in mistakes.iter().take(MISTAKES_SHOWN) {
        shown.push_str("\n  ");
        shown.push_str(mistake);
    }
    if count > MISTAKES_SHOWN {
        shown += "\n  and ";
        shown += &(count - MISTAKES_SHOWN).to_string();
        shown += " more";
    }
    shown
}
