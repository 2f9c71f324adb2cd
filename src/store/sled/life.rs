//! The life of the engine, as those see it who name no engine.

use std::sync::Arc;

use async_trait::async_trait;

use super::copying::Copying;
use super::proof::Verifying;
use super::{OpenError, SledStore};
use crate::domain::ports::{SharedEngine, Store, StoreError};
use crate::store::Kept;
use crate::store::life::{self, Life, Proving, Refusal, Snapshot, Take};

#[async_trait]
impl Life for SledStore {
    fn name(&self) -> &'static str {
        "sled"
    }

    fn shared(self: Arc<Self>) -> Option<Arc<dyn SharedEngine>> {
        None
    }

    async fn failed(&self) -> String {
        Self::failed(self).await
    }

    async fn close(&self) {
        Self::close(self).await;
    }

    fn failure(&self) -> Option<String> {
        Self::failure(self)
    }

    async fn verify(self: Arc<Self>) -> Result<Box<dyn life::Verifying>, StoreError> {
        let verifying = self.verifying();
        Ok(Box::new(Steps { store: self, verifying }))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(self.copy()?))
    }
}

#[async_trait]
impl Snapshot for Copying {
    fn records(&self) -> u64 {
        Self::records(self)
    }

    fn commits(&self) -> u64 {
        Self::commits(self)
    }

    async fn next_page(&mut self, take: Take<'_>) -> Result<Option<u64>, StoreError> {
        let Some(page) = Self::next_page(self)? else { return Ok(None) };
        for (key, Kept { bytes, .. }) in &page {
            take(key, bytes.as_ref());
        }
        Ok(Some(page.len() as u64))
    }
}

struct Steps {
    store: Arc<SledStore>,
    verifying: Verifying,
}

#[async_trait]
impl life::Verifying for Steps {
    async fn step(&mut self) -> Result<Proving, Refusal> {
        Ok(self.verifying.step()?)
    }

    fn verified(&self) -> Arc<dyn Store> {
        Arc::<SledStore>::clone(&self.store)
    }
}

impl From<OpenError> for Refusal {
    fn from(error: OpenError) -> Self {
        let sentence = error.to_string();
        match error {
            OpenError::InUse { pid, .. } => Self::InUse { pid, sentence },
            _ => Self::Other(sentence),
        }
    }
}
