//! Accepting connections, how many at once, and stopping.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::Endpoint;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::listener::{Accepted, Listener};
use super::seats::{Seat, Seats};
use super::{EdgeSettings, client, connection};

/// How long to leave a listener alone that cannot accept. Out of file descriptors it fails at once
/// each time, and trying without a pause burns a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `endpoint` until `stop`; then accepts no more, ends idle connections at once, finishes the
/// requests whose head was received, and cuts what is left after `Limits::stop`.
pub async fn serve<E>(listener: Listener, endpoint: E, settings: EdgeSettings, stop: CancellationToken)
where
    E: Endpoint + 'static,
{
    let endpoint = Arc::new(endpoint);
    let settings = Arc::new(settings);
    let places = Places::new(&settings);
    let mut tasks = JoinSet::new();
    while let Some((accepted, place)) = next(&listener, &places, &settings, &stop).await {
        while tasks.try_join_next().is_some() {}
        let (endpoint, settings) = (Arc::clone(&endpoint), Arc::clone(&settings));
        // One of its own: asking whether to stop locks it, and every connection asks all the time.
        let stop = stop.child_token();
        tasks.spawn(async move {
            let _place = place;
            let ends = (LocalAddr(accepted.local), RemoteAddr(accepted.peer));
            connection::serve(accepted.socket, ends, endpoint, &settings.limits, &stop).await;
        });
    }
    drop(listener);
    if timeout(settings.limits.stop, ended(&mut tasks)).await.is_err() {
        tracing::warn!(connections = tasks.len(), "connections_cut");
        tasks.shutdown().await;
    }
}

async fn ended(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

/// A connection's place among all and among those of its client.
type Place = (OwnedSemaphorePermit, Option<Seat>);

struct Places {
    all: Arc<Semaphore>,
    each: Arc<Seats>,
}

impl Places {
    fn new(settings: &EdgeSettings) -> Self {
        let limits = &settings.limits;
        Self {
            all: Arc::new(Semaphore::new(limits.connections)),
            each: Seats::new(limits.connections_per_client),
        }
    }
}

/// The next connection that has a place; nothing once we are to stop.
async fn next(
    listener: &Listener,
    places: &Places,
    settings: &EdgeSettings,
    stop: &CancellationToken,
) -> Option<(Accepted, Place)> {
    loop {
        let permit = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            permit = Arc::clone(&places.all).acquire_owned() => permit.expect("the semaphore is never closed"),
        };
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(accepted) => {
                let Some(ip) = capped(&accepted, settings) else {
                    return Some((accepted, (permit, None)));
                };
                if let Some(seat) = places.each.take(ip) {
                    return Some((accepted, (permit, Some(seat))));
                }
                // Who has all his seats taken is hung up on, before a byte of his is read.
                tracing::debug!(client.ip = %ip, "connection_refused");
            }
            Err(error) => {
                tracing::warn!(%error, "accept_failed");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The address whose seats count; none for a proxy of ours, which calls for everybody.
fn capped(accepted: &Accepted, settings: &EdgeSettings) -> Option<IpAddr> {
    let ip = client::peer_ip(&accepted.peer)?;
    (!client::is_trusted(ip, &settings.trusted_proxies)).then_some(ip)
}
