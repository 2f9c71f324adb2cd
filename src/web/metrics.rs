//! Numbers for Prometheus, and who may see how the server is.

use std::sync::Arc;

use poem::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use poem::web::Data;
use poem::{Request, Response, handler};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, IntCounter, IntGaugeVec, Opts, TextEncoder};
use subtle::ConstantTimeEq;

use super::direct::came_direct;
use super::edge::RequestFigures;
use super::house::House;
use super::problem::{Code, Problem};
use super::surroundings::label;
use crate::path::Origin;

/// The content type of the format that Prometheus reads.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
const SCHEME: &str = "Bearer ";

/// All numbers, for the bearer of the metrics token. For everyone else there is no such page, as if the token
/// were not set.
#[handler]
pub(super) async fn metrics(request: &Request, house: Data<&House>) -> poem::Result<Response> {
    if !is_bearer(request, &house) {
        return Err(Problem::of(Code::NotFound).into());
    }
    let mut families = house.gatepost.figures();
    if let Some(requests) = request.extensions().get::<Arc<RequestFigures>>() {
        families.extend(requests.families());
    }
    families.extend(now(&house).await);
    if let Some(surroundings) = house.gatepost.surroundings() {
        label(&mut families, &surroundings);
    }
    families.sort_by(|one, other| one.name().cmp(other.name()));
    let text = TextEncoder::new().encode_to_string(&families).map_err(poem::error::InternalServerError)?;
    Ok(Response::builder().header(CONTENT_TYPE, TEXT_FORMAT).body(text))
}

/// Whether someone may see more than whether the server is ready: this machine itself, or the bearer of the
/// metrics token.
pub(super) fn may_see_details(request: &Request, house: &House) -> bool {
    is_this_machine(request, house) || is_bearer(request, house)
}

/// Whether the request came from this machine, without a proxy that could have passed on someone else's. Behind a
/// name that is not ours, a page of a stranger could have a browser on this machine ask.
fn is_this_machine(request: &Request, house: &House) -> bool {
    let peer = request.remote_addr().as_socket_addr().map(|peer| peer.ip().to_canonical());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let is_ours = |host: &str| {
        host == house.site.public_url.authority()
            || Origin::parse(&format!("http://{host}")).is_ok_and(|host| host.is_loopback())
    };
    peer.is_some_and(|peer| peer.is_loopback()) && came_direct(request) && host.is_some_and(is_ours)
}

fn is_bearer(request: &Request, house: &House) -> bool {
    let Some(token) = &house.site.metrics_token else { return false };
    let sent = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let sent = sent.and_then(|value| value.strip_prefix(SCHEME.as_bytes()));
    sent.is_some_and(|sent| bool::from(sent.ct_eq(token.as_bytes())))
}

/// What is not counted but looked up.
async fn now(house: &House) -> Vec<MetricFamily> {
    let gatepost = &house.gatepost;
    let mut families = Vec::new();
    let mut add = |name: &str, help: &str, value: f64| {
        let gauge = Gauge::new(name, help).expect("its name is valid");
        gauge.set(value);
        families.extend(gauge.collect());
    };
    let writable = if gatepost.ready().is_ok() { 1.0 } else { 0.0 };
    add("gatepost_ready", "1 if the database accepts changes, else 0", writable);
    // Left out if they cannot be read: no number would be true.
    if let Ok(waiting) = gatepost.waiting_emails().await {
        let emails = whole(waiting.emails);
        add("gatepost_outbox_emails", "Emails in the outbox", emails);
        add(
            "gatepost_outbox_oldest_seconds",
            "Age of the oldest email in the outbox",
            waiting.oldest.as_secs_f64(),
        );
    }
    let unreadable = whole(gatepost.unreadable_records() as u64);
    add("gatepost_unreadable_records", "Records that were skipped because they cannot be read", unreadable);
    let (queued, hashed) = gatepost.password_hashes();
    add("gatepost_password_queue", "Passwords that wait to be hashed", whole(queued as u64));
    let total = IntCounter::new("gatepost_password_hashes_total", "Passwords hashed since the start");
    let total = total.expect("its name is valid");
    total.inc_by(hashed);
    families.extend(total.collect());
    let version = Opts::new("gatepost_info", "Always 1; the label says which version this is");
    let version = IntGaugeVec::new(version, &["version"]).expect("its name is valid");
    version.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    families.extend(version.collect());
    families
}

#[expect(clippy::cast_precision_loss, reason = "no server has so many of anything")]
fn whole(number: u64) -> f64 {
    number as f64
}
