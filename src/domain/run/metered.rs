//! A store that counts the commits made through it, and refuses those of a run that others may think has ended.
//! Reads go straight to the engine.

use std::pin::Pin;
use std::sync::Arc;

use super::figures::Figures;
use super::neighbours::Neighbours;
use crate::domain::ports::{Change, Clock, Committed, Reading, Store, StoreError, Versioned};
use crate::domain::record::key::{Key, Span};

/// What a method of a store returns.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A store that counts.
pub(in crate::domain) struct Metered {
    store: Arc<dyn Store>,
    figures: Arc<Figures>,
    clock: Arc<dyn Clock>,
    neighbours: Option<Arc<Neighbours>>,
}

impl Metered {
    fn may_write(&self) -> Result<(), StoreError> {
        self.neighbours.as_ref().map_or(Ok(()), |neighbours| neighbours.may_write())
    }

    pub(in crate::domain) fn over(
        store: Arc<dyn Store>,
        figures: Arc<Figures>,
        clock: Arc<dyn Clock>,
        neighbours: Option<Arc<Neighbours>>,
    ) -> Arc<dyn Store> {
        Arc::new(Self { store, figures, clock, neighbours })
    }
}

/// Written out as the attribute of the trait would, so that a read passes on the future of the engine instead
/// of wrapping it in another one: every request reads.
impl Store for Metered {
    fn get<'a, 'b, 'c>(&'a self, keys: &'b [Key]) -> Answer<'c, Vec<Option<Versioned>>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.store.get(keys)
    }

    fn scan<'a, 'b, 'c>(&'a self, span: &'b Span, limit: usize) -> Answer<'c, Vec<(Key, Reading)>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.store.scan(span, limit)
    }

    fn commit<'a, 'c>(&'a self, change: Change) -> Answer<'c, Committed>
    where
        'a: 'c,
        Self: 'c,
    {
        Box::pin(async move {
            let (begun, writes) = (self.clock.monotonic(), change.writes.len());
            let ended = match self.may_write() {
                Ok(()) => self.store.commit(change).await,
                Err(refused) => Err(refused),
            };
            self.figures.commit(&ended, writes, self.clock.monotonic().saturating_sub(begun));
            ended
        })
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.store.writable()
    }
}
