//! Accepts connections, limits how many are open at once, and stops.

use std::borrow::Borrow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::Endpoint;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::listener::{Accepted, Listener};
use super::places::{Place, Places};
use super::{EdgeSettings, client, connection};

/// How long to wait after a failed accept. When file descriptors run out, accept fails immediately every
/// time, and retrying without a pause would use a whole core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `endpoint` until `stop`. Then it accepts no more connections, ends idle ones at once, finishes
/// the requests whose head was received, and after `Limits::stop` cuts the rest. A listener that is given away is
/// closed when it stops; a borrowed one keeps new connections for whoever serves next.
pub async fn serve<L, E>(listener: L, endpoint: E, settings: EdgeSettings, stop: CancellationToken)
where
    L: Borrow<Listener>,
    E: Endpoint + 'static,
{
    let endpoint = Arc::new(endpoint);
    let settings = Arc::new(settings);
    let places = Places::new(&settings.limits);
    let (mut tasks, lingering) = (JoinSet::new(), TaskTracker::new());
    while let Some((accepted, place)) = next(listener.borrow(), &places, &settings, &stop).await {
        while tasks.try_join_next().is_some() {}
        let (endpoint, settings) = (Arc::clone(&endpoint), Arc::clone(&settings));
        // A child token for each connection: checking a token locks it, and every connection checks often.
        let (stop, lingering) = (stop.child_token(), lingering.clone());
        tasks.spawn(async move {
            let ends = (LocalAddr(accepted.local), RemoteAddr(accepted.peer));
            let limits = &settings.limits;
            let left = connection::serve(accepted.socket, ends, endpoint, limits, &place, &stop).await;
            if let Some(socket) = left {
                lingering.spawn(async move { connection::linger(socket, &settings.limits, &place).await });
            }
        });
    }
    drop(listener);
    lingering.close();
    let all_ended = async {
        ended(&mut tasks).await;
        lingering.wait().await;
    };
    if timeout(settings.limits.stop, all_ended).await.is_err() {
        tracing::warn!(connections = tasks.len(), "closed connections that did not finish in time");
        tasks.shutdown().await;
    }
}

async fn ended(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

/// The next connection that gets a place, or `None` when stopping.
async fn next(
    listener: &Listener,
    places: &Arc<Places>,
    settings: &EdgeSettings,
    stop: &CancellationToken,
) -> Option<(Accepted, Place)> {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(accepted) => {
                let client = capped(&accepted, settings);
                if let Some(place) = places.take(client) {
                    return Some((accepted, place));
                }
                // Its connection is closed unread.
                tracing::debug!(client.ip = ?client, "refused a connection: there are too many");
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The address whose connections count. Our own proxies have no limit, since they serve every client.
fn capped(accepted: &Accepted, settings: &EdgeSettings) -> Option<IpAddr> {
    let ip = client::peer_ip(&accepted.peer)?;
    (!client::is_trusted(ip, &settings.trusted_proxies)).then_some(ip)
}
