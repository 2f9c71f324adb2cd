//! A second server to measure: the same program with the same configuration, on a free port of this machine,
//! with a database of its own that is removed afterwards.
//!
//! Why not the running server: to compare known addresses with unknown ones, it would need accounts of ours,
//! send email to addresses that do not exist, and leave thousands of requests and counts in its database. All
//! that would also have to pass its limits, and whatever lets a drill pass them is a door for others too. What a
//! second server cannot know is whether the running one is the same program with the same configuration, so the
//! drill compares what both show to everyone.

use std::fs::{self, DirBuilder};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipnet::IpNet;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::doctor::caller::Target;
use crate::app::failure::Failure;
use crate::app::survey::Lookout;
use crate::app::{Running, furnish};
use crate::config::Config;
use crate::domain::Gatepost;
use crate::domain::ports::World;
use crate::domain::token::KeyRing;
use crate::domain::upkeep::RunEnded;
use crate::mail::{RecentLetters, TransportSettings};
use crate::store::embedded::{self, FolderLock};
use crate::store::life::Life;
use crate::web::edge::{Listen, Listener};

/// The folder of its database, in the data folder: on the disk that the running server writes to.
const FOLDER: &str = "doctor";

/// The second server.
pub(super) struct Twin {
    pub(super) target: Target,
    pub(super) gatepost: Arc<Gatepost>,
    pub(super) password_slots: usize,
    store: Arc<dyn Life>,
    stop: CancellationToken,
    work: JoinHandle<Result<(), RunEnded>>,
    folder: Folder,
}

impl Twin {
    /// Starts it. Its pages name the public address of the running server.
    pub(super) async fn start(config: &Config, world: &World) -> Result<Self, Failure> {
        let (folder, lock) = Folder::create(&config.data_dir)?;
        let store = embedded::open(lock, Some(world.random()), 0)?;
        let listener = Listener::bind(&Listen::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))?;
        let address = listener.address().ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
        let ring = KeyRing::parse(&KeyRing::generate(world)).expect("a new key ring");
        let origin = config.origin(None);
        let lookout = Arc::new(Lookout::new(config, store.name(), world.clone()));
        let settings = (store.clone(), Vec::new());
        let mut parts = furnish::furnish(config, origin.clone(), settings, ring, world.clone(), lookout);
        // No email leaves it, and each of its requests may come from another client.
        parts.mail.transport = TransportSettings::Mailbox(Arc::new(RecentLetters::new()));
        parts.edge.trusted_proxies.push(IpNet::from(address.ip()));
        // Every address and client is used a few times, within the limits, but all of them ask this one server.
        parts.domain.limits.mails_per_hour = 0;
        let password_slots = parts.domain.password_slots;
        let running = Running::open(parts).await?;
        let gatepost = Arc::clone(&running.house().gatepost);
        let stop = CancellationToken::new();
        let work = tokio::spawn(running.run(listener, stop.clone()));
        let target = Target { listen: Listen::Tcp(address), origin };
        Ok(Self { target, gatepost, password_slots, store, stop, work, folder })
    }

    /// Stops it and removes its database.
    pub(super) async fn end(self) -> Result<(), Failure> {
        self.stop.cancel();
        let ended = self.work.await;
        self.store.close().await;
        drop(self.folder);
        Ok(ended.map_err(io::Error::other)??)
    }
}

/// The folder of its database. Removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    /// Creates it empty, and locks it for this process. One that a killed command has left is replaced.
    fn create(data: &Path) -> Result<(Self, FolderLock), Failure> {
        let folder = data.join(FOLDER);
        let failed = |error| Failure::DataFolder { path: folder.clone(), error };
        // A second drill must not remove the database of the first.
        if folder.exists() {
            drop(embedded::lock(&folder)?);
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
        DirBuilder::new().mode(0o700).create(&folder).map_err(failed)?;
        let lock = embedded::lock(&folder)?;
        Ok((Self(folder), lock))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "{}: could not remove the database of the drill; remove it", self.0.display());
        }
    }
}
