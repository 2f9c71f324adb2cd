//! The running server: doors, mail room and sweeper around one domain.

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
use crate::web::edge::cookies::Cookies;
use crate::web::edge::{EdgeSettings, Listener, serve};
use crate::web::{House, Household, Repeats, Site, doors};

/// How long shutting down may take: ten seconds, less one for the last sync of the store.
const LONGEST_STOP: Duration = Duration::from_secs(9);

/// Everything a server is made of: engines, clock and entropy, and the settings of each part.
pub struct Parts {
    /// The engine of the store.
    pub store: Arc<dyn Store>,
    /// The keys the store was written with.
    pub ring: KeyRing,
    /// Clock and entropy.
    pub world: World,
    /// The settings of the domain.
    pub domain: Settings,
    /// How email is sent.
    pub mail: MailSettings,
    /// What every page shows.
    pub site: Site,
    /// How the socket is protected.
    pub edge: EdgeSettings,
}

/// A server that does not accept connections yet.
pub struct Running {
    house: House,
    mail: Arc<MailRoom>,
    edge: EdgeSettings,
    world: World,
}

impl Running {
    /// Puts its parts together.
    ///
    /// # Errors
    /// If the key ring does not belong to the store, or the store fails.
    pub async fn open(parts: Parts) -> Result<Self, OpenError> {
        let Parts { store, ring, world, domain, mail, site, edge } = parts;
        let gatepost = Gatepost::open(store, world.clone(), ring, domain).await?;
        let mailbox = match &mail.transport {
            TransportSettings::Mailbox(letters) => Some(Arc::clone(letters) as Arc<dyn Mailbox>),
            TransportSettings::Smtp(_) | TransportSettings::Sendmail(_) => None,
        };
        let gatepost = Arc::new(gatepost);
        let cookies = Cookies::new(site.public_url.scheme());
        let repeats = Arc::new(Repeats::new(Arc::clone(&gatepost), world.clone(), cookies));
        let (site, closing) = (Arc::new(site), CancellationToken::new());
        let house = House::new(Household { gatepost, mailbox, site, repeats, closing });
        Ok(Self { house, mail: Arc::new(MailRoom::new(mail)), edge, world })
    }

    /// What the doors share.
    #[must_use]
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Serves until `stop`, then finishes open requests.
    ///
    /// Everything runs in one task, so that a panic in any part ends the process instead of leaving it
    /// partly running.
    pub async fn run(self, listener: Listener, stop: CancellationToken) {
        let gatepost = self.house.gatepost.clone();
        let doors = doors(&self.house, self.edge.clone(), self.world);
        let work = async {
            tokio::join!(
                serve(listener, doors, self.edge, stop.clone()),
                self.mail.run(Arc::clone(&gatepost), stop.clone()),
                stop.run_until_cancelled(sweep(&gatepost)),
                stop.run_until_cancelled(write_batches(&gatepost)),
            );
            // After the last request, since it may have been refused too.
            if let Err(error) = gatepost.write_refusals().await {
                tracing::warn!(%error, "could not save how many requests were refused in the last seconds");
            }
            if let Err(error) = gatepost.write_last_uses().await {
                tracing::warn!(%error, "could not save which sessions were used in the last seconds");
            }
        };
        let too_late = async {
            stop.cancelled().await;
            self.house.closing.cancel();
            sleep(LONGEST_STOP).await;
        };
        tokio::select! {
            () = work => {}
            () = too_late => tracing::warn!("gave up on unfinished requests; queued mail is kept"),
        }
    }
}

/// Writes how many refusals there were and when sessions were used, again and again.
async fn write_batches(gatepost: &Gatepost) {
    let [mut refusals_fail, mut uses_fail] = [false; 2];
    loop {
        gatepost.rest_between_writes().await;
        let written = gatepost.write_refusals().await;
        if let Some(error) = written.as_ref().err().filter(|_| !refusals_fail) {
            tracing::warn!(%error, "cannot save how many requests were refused; trying again later");
        }
        refusals_fail = written.is_err();
        let written = gatepost.write_last_uses().await;
        if let Some(error) = written.as_ref().err().filter(|_| !uses_fail) {
            tracing::warn!(%error, "cannot save when sessions were used; trying again later");
        }
        uses_fail = written.is_err();
        gatepost.log_mail_totals();
    }
}

/// Removes expired records, again and again.
async fn sweep(gatepost: &Gatepost) {
    loop {
        match gatepost.sweep().await {
            Ok(Swept::More) => {}
            Ok(Swept::All) => gatepost.rest_between_sweeps().await,
            Err(error) => {
                tracing::warn!(%error, "cannot remove expired records right now");
                gatepost.rest_between_sweeps().await;
            }
        }
    }
}
