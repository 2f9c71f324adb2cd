//! All records of one moment, beside live processes: one transaction that sees what was committed when it began, on a
//! connection of its own.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::timeout;

use super::duty::Reads;
use super::fault::{Fault, plainly};
use super::link::Link;
use super::proof::{Proven, prove};
use super::reading::{self, Question};
use super::shared::Shared;
use crate::domain::ports::{Committed, Store, StoreError};
use crate::domain::record::key::{Key, Span};
use crate::store::life::{Proof, Proving, Refusal, Snapshot, Take, UnreadableRecords, Verifying};
use crate::store::{CodedChange, Engine, Kept, Page, codec};

/// How many records are read at once.
const PAGE: usize = 500;

/// `Key::is_kept` for the server, which counts many keys sooner than it sends them: what is about runs, and the marks of
/// when it expires, which have eight bytes between their prefix and the key.
const LEFT_OUT: &str = r"substring(k for 5) IN ('node/', 'gone/') OR substring(k for 6) = 'lease/'
    OR substring(k for 2) IN ('x/', 'y/')
        AND (substring(k from 11 for 5) IN ('node/', 'gone/') OR substring(k from 11 for 6) = 'lease/')";

/// Nothing ends the transaction while it is read, however long that takes.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0";

/// An open moment. Dropping it ends it.
pub(super) struct Moment {
    proven: Proven<Reads>,
    records: u64,
    /// Of these, the ones that mean nothing to another store.
    left_out: u64,
}

impl Moment {
    /// The moment is now.
    pub(super) async fn open(shared: &Shared) -> Result<Arc<Self>, StoreError> {
        let base = &shared.base;
        let pool =
            timeout(base.settings.timeout, shared.pool()).await.map_err(|_| shared.unavailable())??;
        let opening = async {
            let link = Link::open(&pool.host, &base.settings, base.tls.as_ref()).await?;
            let proven = prove::<Reads>(link, base, Some(&pool.life)).await?;
            proven.link.within(base.settings.timeout, proven.link.run(BEGIN)).await?;
            Ok(proven)
        };
        let proven = opening.await.map_err(|fault: Fault| StoreError::Refused(fault.to_string()))?;
        let count = format!(
            "SELECT count(*), count(*) FILTER (WHERE {LEFT_OUT}) FROM {}.kv WHERE k >= $1 AND k < $2",
            base.settings.schema.quoted()
        );
        let all = Span::records();
        let row = proven.link.row(&count, &[&all.from.as_bytes(), &all.until.as_bytes()]).await;
        let row = row.map_err(|error| StoreError::Refused(plainly(&error)))?;
        let [records, left_out] =
            [0, 1].map(|column| u64::try_from(row.get::<_, i64>(column)).unwrap_or_default());
        Ok(Arc::new(Self { proven, records, left_out }))
    }

    /// How many records there are.
    pub(super) fn records(&self) -> u64 {
        self.records
    }
}

impl Engine for Moment {
    type Bytes = Vec<u8>;

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Kept<Vec<u8>>>>, StoreError> {
        let rows = Question::of(keys).put(&self.proven).await;
        let rows = rows.map_err(|error| StoreError::Refused(plainly(&error)))?;
        reading::in_order(keys, &reading::by_key(&rows))
    }

    async fn page(&self, span: &Span, limit: usize) -> Result<Page<Vec<u8>>, StoreError> {
        let rows = Question::range(span, limit).put(&self.proven).await;
        reading::as_page(&rows.map_err(|error| StoreError::Refused(plainly(&error)))?)
    }

    async fn write(&self, _: CodedChange) -> Result<Committed, StoreError> {
        self.takes_writes().map(|()| Committed::Conflict)
    }

    fn takes_writes(&self) -> Result<(), StoreError> {
        Err(StoreError::Refused("the database is only inspected".into()))
    }
}

/// Reads a moment from its first record to its last.
pub(super) struct Pages {
    moment: Arc<Moment>,
    /// Nothing is left after the last page.
    rest: Option<Span>,
    done: u64,
    unreadable: UnreadableRecords,
}

impl Pages {
    pub(super) fn new(moment: Arc<Moment>) -> Self {
        Self { moment, rest: Some(Span::records()), done: 0, unreadable: UnreadableRecords::default() }
    }

    /// The next records, of which each is what was written under its key.
    async fn advance(&mut self) -> Result<Option<Page<Vec<u8>>>, StoreError> {
        let Some(rest) = self.rest.take() else { return self.end() };
        let page = self.moment.page(&rest, PAGE).await?;
        if let Some((key, _)) = page.iter().find(|(key, kept)| codec::is_altered(key, &kept.bytes)) {
            return Err(StoreError::Damaged(format!("{key:?} is not as it was written")));
        }
        self.done += page.len() as u64;
        self.rest = page.last().filter(|_| page.len() == PAGE).map(|(last, _)| rest.after(last));
        Ok(Some(page))
    }

    fn end(&self) -> Result<Option<Page<Vec<u8>>>, StoreError> {
        if self.done == self.moment.records {
            return Ok(None);
        }
        let (done, all) = (self.done, self.moment.records);
        Err(StoreError::Damaged(format!("{done} records were read, but {all} were counted")))
    }
}

#[async_trait]
impl Snapshot for Pages {
    fn records(&self) -> u64 {
        self.moment.records - self.moment.left_out
    }

    fn commits(&self) -> u64 {
        0
    }

    async fn next_page(&mut self, take: Take<'_>) -> Result<Option<u64>, StoreError> {
        let Some(page) = self.advance().await? else { return Ok(None) };
        let mut taken = 0;
        for (key, kept) in page.iter().filter(|(key, _)| key.is_kept()) {
            take(key, &kept.bytes);
            taken += 1;
        }
        Ok(Some(taken))
    }
}

#[async_trait]
impl Verifying for Pages {
    async fn step(&mut self) -> Result<Proving, Refusal> {
        let refuse = |error: StoreError| match error {
            StoreError::Damaged(what) => Refusal::Other(format!(
                "the database is damaged: {what}; restore a backup into an empty schema with `gatepost store restore FILE`"
            )),
            error => Refusal::Other(error.to_string()),
        };
        let Some(page) = self.advance().await.map_err(refuse)? else {
            let unreadable = std::mem::take(&mut self.unreadable);
            return Ok(Proving::Whole(Proof { records: self.done, commits: 0, unreadable, restored: false }));
        };
        for (key, kept) in &page {
            if let Err(unreadable) = codec::decode(key, &kept.bytes) {
                self.unreadable.note(&unreadable.into());
            }
        }
        Ok(Proving::SoFar { done: self.done, all: self.moment.records })
    }

    fn verified(&self) -> Arc<dyn Store> {
        Arc::<Moment>::clone(&self.moment)
    }
}
