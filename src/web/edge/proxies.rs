//! Whether our proxies are recognised. If one is not, or does not name its clients, all visitors count as one
//! client and share its limits. `gatepost doctor` asks for this.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use ipnet::IpNet;
use poem::Request;

use super::client::{FORWARDED_FOR, is_trusted, peer_ip};

/// The requests that named their client in a header.
#[derive(Debug, Default)]
pub struct Proxies {
    trusted: AtomicU64,
    others: AtomicU64,
    last_other: Mutex<Option<IpAddr>>,
}

impl Proxies {
    /// Counts a request if it names its client.
    pub(super) fn see(&self, request: &Request, trusted: &[IpNet]) {
        if !request.headers().contains_key(FORWARDED_FOR) {
            return;
        }
        match peer_ip(&request.remote_addr().0) {
            Some(peer) if !is_trusted(peer, trusted) => {
                self.others.fetch_add(1, Ordering::Relaxed);
                *self.last_other.lock().unwrap_or_else(PoisonError::into_inner) = Some(peer);
            }
            _ => _ = self.trusted.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Two lines: how many came from trusted proxies, and how many from others, with the last of these.
    #[must_use]
    pub fn lines(&self) -> String {
        let (trusted, others) = (self.trusted.load(Ordering::Relaxed), self.others.load(Ordering::Relaxed));
        let last = *self.last_other.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.map(|last| format!(", the last one from {last}")).unwrap_or_default();
        format!(
            "X-Forwarded-For from trusted proxies: {trusted}\nX-Forwarded-For from others: {others}{last}\n"
        )
    }
}
