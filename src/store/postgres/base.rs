//! What every part of the engine has at hand.

use tokio_rustls::TlsConnector;

use super::fault::Fault;
use super::floor::Floor;
use super::settings::PostgresSettings;
use super::stream;
use crate::domain::ports::World;

pub(super) struct Base {
    pub(super) settings: PostgresSettings,
    pub(super) tls: Option<TlsConnector>,
    pub(super) world: World,
    pub(super) floor: Floor,
}

impl Base {
    pub(super) fn new(mut settings: PostgresSettings, world: World) -> Result<Self, Fault> {
        let tls = stream::connector(settings.tls.take())?;
        let floor = Floor::load(&settings.folder)?;
        Ok(Self { settings, tls, world, floor })
    }

    /// How many connections are for reads, and how many for commits. The one that is left is kept for heartbeats.
    pub(super) fn shares(&self) -> (usize, usize) {
        let reads = (self.settings.connections / 4).max(2);
        (reads, self.settings.connections.saturating_sub(reads + 1).max(1))
    }
}
