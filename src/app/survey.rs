//! What administrators see of the machine: the part of the checkup that needs no network.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::doctor::checkup::{around, free_bytes};
use crate::config::Config;
use crate::config::backup::Backup;
use crate::config::key_file::KeyPlace;
use crate::domain::ports::World;
use crate::web::{Survey, Surveyor};

/// How long it is before it looks again.
const KEPT: Duration = Duration::from_mins(1);

/// Looks at the machine of a server. Everything it goes by needs a restart to change.
pub(super) struct Lookout {
    data_dir: PathBuf,
    is_shared: bool,
    key_place: KeyPlace,
    backup: Option<Backup>,
    engine: &'static str,
    world: World,
    /// What was found last, and when by the clock that nothing sets.
    last: Mutex<Option<(Duration, Survey)>>,
}

impl Lookout {
    /// For a server that runs with this configuration and engine.
    pub(super) fn new(config: &Config, engine: &'static str, world: World) -> Self {
        Self {
            data_dir: config.data_dir.clone(),
            is_shared: config.store.shared().is_some(),
            key_place: config.key_place.clone(),
            backup: config.backup.clone(),
            engine,
            world,
            last: Mutex::default(),
        }
    }

    fn look(&self) -> Survey {
        let free = if self.is_shared { None } else { free_bytes(&self.data_dir).ok() };
        let place = (self.data_dir.as_path(), self.is_shared);
        Survey {
            engine: self.engine,
            disk_free_bytes: free,
            warnings: around(place, &self.key_place, self.backup.as_ref(), &self.world),
            at: self.world.now(),
        }
    }
}

impl Surveyor for Lookout {
    fn survey(&self) -> Survey {
        let now = self.world.clock.monotonic();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, survey)) = last.as_ref().filter(|(at, _)| now.saturating_sub(*at) < KEPT) {
            return survey.clone();
        }
        let survey = self.look();
        *last = Some((now, survey.clone()));
        survey
    }
}
