//! Reading. A read that fails with its connection is done again on another one, until its time is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_postgres::{Error, Row};

use super::duty::Reads;
use super::gathering::{Found, Unanswered, Waiter};
use super::proof::Proven;
use super::shared::Shared;
use crate::domain::ports::{StoreError, Version};
use crate::domain::record::key::{Key, Span};
use crate::store::{Kept, Page};

/// Between two attempts of one read.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) enum Question<'a> {
    Get(Vec<&'a [u8]>),
    Scan(&'a Span, i64),
}

/// The bytes and version of each key, as of one moment.
pub(super) async fn get(shared: &Arc<Shared>, keys: &[Key]) -> Result<Found, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let limit = shared.base.settings.timeout;
    ask(shared, |reader| get_from(reader, keys, limit)).await
}

/// The bytes and version of each key. Within `limit`, a connection that is silent gives those up that wait for it.
async fn get_from(reader: Arc<Proven<Reads>>, keys: &[Key], limit: Duration) -> Result<Found, Unanswered> {
    if let Some(answer) = reader.duty.gathering.joined(keys) {
        return answer.await.unwrap_or(Err(Unanswered::Lost));
    }
    // Also if whoever asked is gone before the answer.
    let _next = Next { reader: &reader, limit };
    let rows = Question::of(keys).put(&reader).await?;
    Ok(in_order(keys, &by_key(&rows))?)
}

/// The first records of a range, as of one moment.
pub(super) async fn page(
    shared: &Arc<Shared>,
    span: &Span,
    limit: usize,
) -> Result<Page<Vec<u8>>, StoreError> {
    let question = &Question::range(span, limit);
    ask(shared, |reader| async move { Ok(as_page(&question.put(&reader).await?)?) }).await
}

/// The bytes and version of each key, from what was found.
pub(super) fn in_order(keys: &[Key], found: &HashMap<&[u8], &Row>) -> Result<Found, StoreError> {
    keys.iter().map(|key| found.get(key.as_bytes()).map(|row| kept(row)).transpose()).collect()
}

pub(super) fn by_key(rows: &[Row]) -> HashMap<&[u8], &Row> {
    rows.iter().map(|row| (row.get(0), row)).collect()
}

/// The records in some rows.
pub(super) fn as_page(rows: &[Row]) -> Result<Page<Vec<u8>>, StoreError> {
    rows.iter().map(|row| Ok((Key::from_bytes(row.get(0)), kept(row)?))).collect()
}

fn kept(row: &Row) -> Result<Kept<Vec<u8>>, StoreError> {
    let version = u64::try_from(row.get::<_, i64>(1));
    let version =
        version.map_err(|_| StoreError::Damaged("a record has a version that was never given".into()))?;
    Ok(Kept { bytes: row.get(2), version: Version(version) })
}

/// Asks one connection after the other until one answers.
async fn ask<T, A>(shared: &Arc<Shared>, put: impl Fn(Arc<Proven<Reads>>) -> A) -> Result<T, StoreError>
where
    A: Future<Output = Result<T, Unanswered>>,
{
    // The connection that owes an answer. If none comes, it is closed: those behind it would wait as well.
    let asked = Mutex::new(None);
    let asking = async {
        loop {
            let pool = shared.pool().await?;
            if let Ok(reader) = pool.reader().await {
                *asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((pool, Arc::clone(&reader)));
                match put(reader).await {
                    Ok(answer) => return Ok(answer),
                    Err(Unanswered::Refused(why)) => return Err(why),
                    Err(Unanswered::Lost) => {}
                }
            }
            sleep(PAUSE).await;
        }
    };
    if let Ok(answer) = timeout(shared.base.settings.timeout, asking).await {
        return answer;
    }
    let silent = asked.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((pool, reader)) = silent {
        pool.replace(&reader).await;
    }
    Err(shared.unavailable())
}

impl<'a> Question<'a> {
    pub(super) fn of(keys: &'a [Key]) -> Self {
        Self::Get(keys.iter().map(Key::as_bytes).collect())
    }

    pub(super) fn range(span: &'a Span, limit: usize) -> Self {
        Self::Scan(span, i64::try_from(limit).unwrap_or(i64::MAX))
    }

    pub(super) async fn put(&self, reader: &Proven<Reads>) -> Result<Vec<Row>, Error> {
        match self {
            Self::Get(keys) => reader.link.rows(&reader.duty.get, &[keys]).await,
            Self::Scan(span, limit) => {
                let (from, until) = (span.from.as_bytes(), span.until.as_bytes());
                reader.link.rows(&reader.duty.scan, &[&from, &until, limit]).await
            }
        }
    }
}

/// Sends those who wait, when it is dropped.
struct Next<'a> {
    reader: &'a Arc<Proven<Reads>>,
    limit: Duration,
}

impl Drop for Next<'_> {
    fn drop(&mut self) {
        let waiters = self.reader.duty.gathering.next_ones();
        if !waiters.is_empty() {
            tokio::spawn(answer_all(Arc::clone(self.reader), waiters, self.limit));
        }
    }
}

/// Answers these, and then all who have come meanwhile.
async fn answer_all(reader: Arc<Proven<Reads>>, mut waiters: Vec<Waiter>, limit: Duration) {
    while !waiters.is_empty() {
        let keys = waiters.iter().flat_map(|waiter| &waiter.keys).map(Key::as_bytes).collect();
        let Ok(rows) = timeout(limit, Question::Get(keys).put(&reader)).await else {
            reader.duty.gathering.give_up();
            return;
        };
        let rows = rows.map_err(Unanswered::from);
        let found = rows.as_ref().map(|rows| by_key(rows));
        for Waiter { keys, answer } in waiters {
            let part = match &found {
                Ok(found) => in_order(&keys, found).map_err(Unanswered::from),
                Err(why) => Err(Unanswered::clone(why)),
            };
            // It may have stopped waiting.
            let _ = answer.send(part);
        }
        waiters = reader.duty.gathering.next_ones();
    }
}
