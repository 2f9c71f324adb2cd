//! Everything that is stored about a person, for that person.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::StoreError;
use crate::domain::record::Record;
use crate::domain::record::event::Event;
use crate::domain::record::key::Span;
use crate::domain::record::session::Session;
use crate::domain::session::Live;

/// How many recent events the account page shows.
pub const SHOWN_EVENTS: usize = 10;
/// How many events are read at a time.
const PAGE: usize = 500;

/// Everything stored about an account except its own record.
#[derive(Clone, Debug)]
pub struct Export {
    /// The live sessions, most recently used first.
    pub sessions: Vec<Session>,
    /// Every event, newest first.
    pub events: Vec<Event>,
}

impl Gatepost {
    /// Exports everything.
    ///
    /// # Errors
    /// `Store`.
    pub async fn export(&self, live: &Live) -> Result<Export, Error> {
        Ok(Export { sessions: self.sessions(live).await?, events: self.events(live, usize::MAX).await? })
    }

    /// The latest events of an account, newest first.
    ///
    /// # Errors
    /// `Store`.
    pub async fn events(&self, live: &Live, limit: usize) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        let mut rest = Span::history(live.account.id);
        loop {
            let page = self.store.scan(&rest, PAGE.min(limit - events.len())).await?;
            let Some(last) = page.last().map(|(key, _)| key.clone()) else { return Ok(events) };
            for (key, found) in page {
                match found.record {
                    Record::Event(event) => events.push(event),
                    _ => return Err(StoreError::Damaged(format!("{key:?} is not an event")).into()),
                }
            }
            if events.len() >= limit {
                return Ok(events);
            }
            rest = rest.after(&last);
        }
    }
}
