//! Lists of emails for administrators, a page at a time.
//!
//! Each list is a range of keys that is kept in order by the commits that queue and end emails, so a page reads little
//! more than it shows. Where a list has others in between (emails to an address in one state, those that were sent),
//! a page looks through a bounded number of them and says where the next one goes on.

use super::seen::{Email, Seen};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Reading;
use crate::domain::record::Record;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ended::EmailState;
use crate::domain::record::key::{Key, Span};

/// How many emails a page shows.
const ROWS: usize = 50;
/// How many records are read at once.
const STEP: usize = 64;
/// How many records a page looks through.
const MOST: usize = 2_000;
/// No address is longer.
const LONGEST_ADDRESS: usize = 254;

/// Which emails someone wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailQuery {
    /// Those in this state; all without it.
    pub state: Option<EmailState>,
    /// Those to addresses that begin with this, in upper or lower case.
    pub to: Option<String>,
    /// Where the page before ended, as it said.
    pub after: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct EmailPage {
    /// Its emails.
    pub emails: Vec<Email>,
    /// Where the next page goes on. Nothing on the last one.
    pub next: Option<String>,
}

/// A record of a list, and how its email is found.
enum Row {
    /// By the key of what has become of it.
    State(Key),
    /// By its own key, since it has ended.
    Ended(Key),
    /// In this state, which is not wanted.
    Other,
}

impl Gatepost {
    /// A page of emails.
    pub(in crate::domain) async fn email_page(&self, query: &EmailQuery) -> Result<EmailPage, Error> {
        let Some(span) = span(query) else { return Ok(EmailPage { emails: Vec::new(), next: None }) };
        let mut rest = match &query.after {
            Some(after) => span.after(&self.place_in(&span, after)?),
            None => span,
        };
        let (mut emails, mut looked_at, mut last) = (Vec::new(), 0, None);
        loop {
            let page = self.store.scan(&rest, STEP).await?;
            let (is_last, keys) = (page.len() < STEP, page.iter().map(|(key, _)| key.clone()));
            let keys: Vec<Key> = keys.collect();
            for (key, email) in keys.iter().zip(self.emails_of(page, query.state).await?) {
                if let Some(email) = email {
                    if emails.len() == ROWS {
                        return Ok(EmailPage { emails, next: last.map(|key| self.ring.seal_place(&key)) });
                    }
                    emails.push(email);
                }
                last = Some(key.clone());
            }
            looked_at += keys.len();
            let Some(end) = keys.last().filter(|_| !is_last) else {
                return Ok(EmailPage { emails, next: None });
            };
            if looked_at >= MOST {
                return Ok(EmailPage { emails, next: Some(self.ring.seal_place(end)) });
            }
            rest = rest.after(end);
        }
    }

    /// The place that a page of this list has named.
    fn place_in(&self, span: &Span, after: &str) -> Result<Key, Error> {
        self.ring.open_place(after).filter(|key| span.holds(key)).ok_or(Error::UnknownPlace)
    }

    /// The emails of these records, in their order, with nothing in the place of each that is not wanted.
    async fn emails_of(
        &self,
        page: Vec<(Key, Reading)>,
        state: Option<EmailState>,
    ) -> Result<Vec<Option<Email>>, Error> {
        let is_wanted = |is: EmailState| state.is_none_or(|state| state == is);
        let rows: Vec<Row> = page.into_iter().map(|(key, reading)| row(key, reading, is_wanted)).collect();
        let (mut states, mut ended) = (Vec::new(), Vec::new());
        for row in &rows {
            match row {
                Row::State(key) => states.push(key.clone()),
                Row::Ended(key) => ended.push(key.clone()),
                Row::Other => {}
            }
        }
        let mut by_state = self.see_emails(states).await?;
        let mut by_key = self.see_ended(ended).await?;
        let found = rows.into_iter().map(|row| match row {
            Row::State(key) => by_state.remove(&key.mail_state_of()?.0).map(Seen::email),
            Row::Ended(key) => by_key.remove(&key),
            Row::Other => None,
        });
        // It may have moved to another list meanwhile.
        Ok(found.map(|email| email.filter(|email| is_wanted(email.state))).collect())
    }
}

/// The records of a list. Nothing if no address begins like that.
fn span(query: &EmailQuery) -> Option<Span> {
    if let Some(to) = &query.to {
        let to = to.trim();
        // A whole address may be written in another way than it is kept.
        let whole = EmailAddress::parse(to).map(|address| address.canonical().as_str().to_owned());
        let beginning = whole.unwrap_or_else(|_| to.to_lowercase());
        // In the keys, a slash ends the address.
        let is_longer = beginning.split_once('@').is_some_and(|(_, domain)| domain.contains('/'));
        return (beginning.len() <= LONGEST_ADDRESS && !is_longer)
            .then(|| Span::mail_states_from(&beginning));
    }
    Some(match query.state {
        None => Span::emails(),
        Some(EmailState::Waiting) => Span::waiting_emails(),
        Some(EmailState::Sent) => Span::ended(),
        Some(state @ (EmailState::Failed | EmailState::Dropped)) => Span::unsent(state),
    })
}

/// What is known of an email by its record in a list. One that cannot be read is stepped over.
fn row(key: Key, reading: Reading, is_wanted: impl Fn(EmailState) -> bool) -> Row {
    match reading.map(|found| found.record) {
        Ok(Record::MailState(state)) if is_wanted(state.state()) => Row::State(key),
        Ok(Record::EndedLetter(ended)) if is_wanted(ended.end.state()) => Row::Ended(key),
        Ok(Record::MailPlace(place)) => match (key.email_id(), key.unsent_letter()) {
            (Some(id), _) => Row::State(Key::mail_state_in(&place, id)),
            (None, Some(ended)) => Row::Ended(ended),
            (None, None) => Row::Other,
        },
        _ => Row::Other,
    }
}
