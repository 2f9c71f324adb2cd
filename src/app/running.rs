//! The running server: doors, mail room and sweeper around one domain.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::domain::ports::{Company, Mailbox, Store, World};
use crate::domain::token::KeyRing;
use crate::domain::upkeep::{Indexed, OpenError, RunEnded, Swept};
use crate::domain::{Gatepost, Settings};
use crate::mail::{MailRoom, MailSettings, TransportSettings};
use crate::web::edge::cookies::Cookies;
use crate::web::edge::{EdgeSettings, Hosts, Listener, serve};
use crate::web::{CurrentHouse, House, Household, Repeats, Site, Surveyor, doors};

/// How long shutting down may take: ten seconds, less one for the last sync of the store.
const LONGEST_STOP: Duration = Duration::from_secs(9);
/// How long telling the other nodes may take after that.
const LONGEST_LEAVE: Duration = Duration::from_millis(500);

/// Everything a server is made of: engines, clock and entropy, and the settings of each part.
pub struct Parts {
    /// The engine of the store.
    pub store: Arc<dyn Store>,
    /// Who else uses it.
    pub company: Company,
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
    /// Looks at the machine, for administrators.
    pub surveyor: Arc<dyn Surveyor>,
}

/// A server that does not accept connections yet.
pub struct Running {
    house: CurrentHouse,
    mail: Arc<MailRoom>,
    edge: EdgeSettings,
    world: World,
}

impl Running {
    /// Puts its parts together.
    ///
    /// # Errors
    /// If the key ring does not belong to the store, this run cannot join the others that use it, or it fails.
    pub async fn open(parts: Parts) -> Result<Self, OpenError> {
        let Parts { store, company, ring, world, domain, mail, site, edge, surveyor } = parts;
        let gatepost = Gatepost::open(store, company, world.clone(), ring, domain).await?;
        let mailbox = match &mail.transport {
            TransportSettings::Mailbox(letters) => Some(Arc::clone(letters) as Arc<dyn Mailbox>),
            TransportSettings::Smtp(_) | TransportSettings::Sendmail(_) => None,
        };
        let gatepost = Arc::new(gatepost);
        let cookies = Cookies::new(site.public_url.scheme());
        let repeats = Arc::new(Repeats::new(Arc::clone(&gatepost), world.clone(), cookies));
        let (site, closing) = (Arc::new(site), CancellationToken::new());
        let house = House::new(Household { gatepost, mailbox, site, repeats, surveyor, closing });
        Ok(Self { house: CurrentHouse::new(house), mail: Arc::new(MailRoom::new(mail)), edge, world })
    }

    /// What the doors share.
    #[must_use]
    pub fn house(&self) -> House {
        self.house.now()
    }

    /// What exchanges its settings while it runs.
    #[must_use]
    pub fn switch(&self) -> Switch {
        Switch { house: self.house.clone(), mail: Arc::clone(&self.mail), hosts: self.edge.hosts.clone() }
    }

    /// Serves until `stop`, then finishes open requests.
    ///
    /// Everything runs in one task, so that a panic in any part ends the process instead of leaving it
    /// partly running.
    ///
    /// # Errors
    /// If it must not go on beside the other nodes. Then nothing is finished.
    pub async fn run(self, listener: Listener, stop: CancellationToken) -> Result<(), RunEnded> {
        let house = self.house.now();
        let gatepost = Arc::clone(&house.gatepost);
        let doors = doors(&self.house, self.edge.clone(), self.world);
        let work = async {
            tokio::join!(
                serve(listener, doors, self.edge, stop.clone()),
                self.mail.run(Arc::clone(&gatepost), stop.clone()),
                stop.run_until_cancelled(sweep(&gatepost)),
                stop.run_until_cancelled(write_batches(&gatepost)),
                stop.run_until_cancelled(make_indexes(&gatepost)),
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
            house.closing.cancel();
            sleep(LONGEST_STOP).await;
        };
        tokio::select! {
            () = work => {}
            () = too_late => tracing::warn!("gave up on unfinished requests; queued mail is kept"),
            ended = gatepost.keep_company() => return Err(ended),
        }
        if !matches!(timeout(LONGEST_LEAVE, gatepost.leave()).await, Ok(Ok(()))) {
            tracing::warn!(
                "could not tell the other nodes that this one has stopped; they find out by themselves"
            );
        }
        Ok(())
    }
}

/// Exchanges the settings of a running server that need no restart.
#[derive(Clone)]
pub struct Switch {
    house: CurrentHouse,
    mail: Arc<MailRoom>,
    hosts: Hosts,
}

impl Switch {
    /// From the next request on, these settings count. The site comes last: pages that are drawn once are drawn
    /// again when it changes, and they show the others too.
    pub fn turn(&self, domain: Settings, hosts: Vec<String>, site: Site) {
        self.mail.rename(site.name.clone());
        self.hosts.replace(hosts);
        self.house.now().gatepost.change_settings(domain);
        self.house.change_site(site);
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

/// Makes what a database of an earlier version lacks.
async fn make_indexes(gatepost: &Gatepost) {
    let mut fails = false;
    loop {
        let made = gatepost.make_indexes().await;
        if let Some(error) = made.as_ref().err().filter(|_| !fails) {
            tracing::warn!(%error, "cannot make the list of administrators right now; trying again later");
        }
        fails = made.is_err();
        if made == Ok(Indexed::All) {
            return;
        }
        gatepost.rest_between_sweeps().await;
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
