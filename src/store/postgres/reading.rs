//! Reading. A read that fails with its connection is done again on another one, until its time is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_postgres::{Error, Row};

use super::duty::Reads;
use super::fault::{plainly, rolled_back};
use super::proof::Proven;
use super::shared::Shared;
use crate::domain::ports::{StoreError, Version};
use crate::domain::record::key::{Key, Span};
use crate::store::{Kept, Page};

/// Between two attempts of one read.
const PAUSE: Duration = Duration::from_millis(50);

enum Question<'a> {
    Get(Vec<&'a [u8]>),
    Scan(&'a Span, i64),
}

/// The bytes and version of each key, as of one moment.
pub(super) async fn get(
    shared: &Arc<Shared>,
    keys: &[Key],
) -> Result<Vec<Option<Kept<Vec<u8>>>>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = ask(shared, &Question::Get(keys.iter().map(Key::as_bytes).collect())).await?;
    let mut found = HashMap::new();
    for row in &rows {
        found.insert(row.get::<_, &[u8]>(0), kept(row)?);
    }
    Ok(keys.iter().map(|key| found.get(key.as_bytes()).cloned()).collect())
}

/// The first records of a range, as of one moment.
pub(super) async fn page(
    shared: &Arc<Shared>,
    span: &Span,
    limit: usize,
) -> Result<Page<Vec<u8>>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = ask(shared, &Question::Scan(span, limit)).await?;
    rows.iter().map(|row| Ok((Key::from_bytes(row.get(0)), kept(row)?))).collect()
}

fn kept(row: &Row) -> Result<Kept<Vec<u8>>, StoreError> {
    let version = u64::try_from(row.get::<_, i64>(1));
    let version =
        version.map_err(|_| StoreError::Damaged("a record has a version that was never given".into()))?;
    Ok(Kept { bytes: row.get(2), version: Version(version) })
}

async fn ask(shared: &Arc<Shared>, question: &Question<'_>) -> Result<Vec<Row>, StoreError> {
    // The connection that owes an answer. If none comes, it is closed: those behind it would wait as well.
    let asked = Mutex::new(None);
    let asking = async {
        loop {
            let pool = shared.pool().await?;
            if let Ok(reader) = pool.reader().await {
                *asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((pool, Arc::clone(&reader)));
                match question.put(&reader).await {
                    Ok(rows) => return Ok(rows),
                    Err(error) if rolled_back(&error).is_some() => {
                        return Err(StoreError::Refused(plainly(&error)));
                    }
                    Err(_) => {}
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

impl Question<'_> {
    async fn put(&self, reader: &Proven<Reads>) -> Result<Vec<Row>, Error> {
        match self {
            Self::Get(keys) => reader.link.rows(&reader.duty.get, &[keys]).await,
            Self::Scan(span, limit) => {
                let (from, until) = (span.from.as_bytes(), span.until.as_bytes());
                reader.link.rows(&reader.duty.scan, &[&from, &until, limit]).await
            }
        }
    }
}
