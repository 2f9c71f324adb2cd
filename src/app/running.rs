//! The house while it runs: doors, mail room and sweeper around one domain.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::domain::ports::{Mailbox, Store, World};
use crate::domain::token::KeyRing;
use crate::domain::upkeep::OpenError;
use crate::domain::upkeep::Swept;
use crate::domain::{Gatepost, Settings};
use crate::mail::{MailRoom, MailSettings, TransportSettings};
use crate::web::edge::{EdgeSettings, Listener, serve};
use crate::web::{House, Site, doors};

/// When stopping is given up: a second less than the ten it may take, for the store's last sync.
const LONGEST_STOP: Duration = Duration::from_secs(9);

/// All a house is made of: engines, world, and what each room was told.
pub struct Parts {
    /// The engine of the store.
    pub store: Arc<dyn Store>,
    /// The keys the store was written with.
    pub ring: KeyRing,
    /// Clock and entropy.
    pub world: World,
    /// What the domain decides by.
    pub domain: Settings,
    /// How letters leave.
    pub mail: MailSettings,
    /// What every page knows.
    pub site: Site,
    /// How the socket is guarded.
    pub edge: EdgeSettings,
}

/// A house that is put together, before its doors are opened.
pub struct Running {
    house: House,
    mail: Arc<MailRoom>,
    edge: EdgeSettings,
    world: World,
}

impl Running {
    /// Puts it together.
    ///
    /// # Errors
    /// When the key ring is not the store's, or the store fails.
    pub async fn open(parts: Parts) -> Result<Self, OpenError> {
        let Parts { store, ring, world, domain, mail, site, edge } = parts;
        let gatepost = Gatepost::open(store, world.clone(), ring, domain).await?;
        let mailbox = match &mail.transport {
            TransportSettings::Mailbox(letters) => Some(Arc::clone(letters) as Arc<dyn Mailbox>),
            TransportSettings::Smtp(_) | TransportSettings::Sendmail(_) => None,
        };
        let house = House { gatepost: Arc::new(gatepost), mailbox, site: Arc::new(site) };
        Ok(Self { house, mail: Arc::new(MailRoom::new(mail)), edge, world })
    }

    /// What its doors answer by.
    #[must_use]
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Serves until `stop`, and then until what had begun is finished.
    ///
    /// All of it is one task: a panic in any part ends the process, rather than leave it half alive.
    pub async fn run(self, listener: Listener, stop: CancellationToken) {
        let gatepost = self.house.gatepost.clone();
        let doors = doors(&self.house, self.edge.clone(), self.world);
        let work = async {
            tokio::join!(
                serve(listener, doors, self.edge, stop.clone()),
                self.mail.run(Arc::clone(&gatepost), stop.clone()),
                stop.run_until_cancelled(sweep(&gatepost)),
            )
        };
        let too_late = async {
            stop.cancelled().await;
            sleep(LONGEST_STOP).await;
        };
        tokio::select! {
            _ = work => {}
            () = too_late => tracing::warn!("what is still unfinished is left: mail stays owed"),
        }
    }
}

/// Removes what is over, for ever.
async fn sweep(gatepost: &Gatepost) {
    loop {
        match gatepost.sweep().await {
            Ok(Swept::More) => {}
            Ok(Swept::All) => gatepost.rest_between_sweeps().await,
            Err(error) => {
                tracing::warn!(%error, "what is over cannot be removed now");
                gatepost.rest_between_sweeps().await;
            }
        }
    }
}
