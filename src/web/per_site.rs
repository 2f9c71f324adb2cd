//! What is drawn once and sent many times, until the settings are read again.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::house::{CurrentHouse, Site};

/// Something that was drawn for a site. Every change of the settings makes a new site, so it is drawn again then.
pub(super) struct PerSite<T>(ArcSwapOption<(Arc<Site>, T)>);

impl<T> Default for PerSite<T> {
    fn default() -> Self {
        Self(ArcSwapOption::empty())
    }
}

impl<T> PerSite<T> {
    /// Reads what was drawn for this site, if anything was. Takes no lock.
    pub(super) fn read<R>(&self, site: &Arc<Site>, read: impl FnOnce(&T) -> R) -> Option<R> {
        let kept = self.0.load();
        kept.as_ref().filter(|kept| Arc::ptr_eq(&kept.0, site)).map(|kept| read(&kept.1))
    }

    /// Keeps what was drawn since this site was found, unless another one has taken its place meanwhile: then no one
    /// knows for which of them it was drawn.
    pub(super) fn keep(&self, site: Arc<Site>, house: &CurrentHouse, drawn: T) {
        if Arc::ptr_eq(&house.now().site, &site) {
            self.0.store(Some(Arc::new((site, drawn))));
        }
    }
}
