//! Whether the process is alive and ready, for supervisors and load balancers. Reveals no version and
//! nothing about any account, and to strangers nothing about the store and the outbox.

use std::sync::Arc;
use std::time::Duration;

use poem::http::StatusCode;
use poem::http::header::CONTENT_TYPE;
use poem::{Request, Response, handler, web::Data};

use tokio::time::timeout;

use super::edge::RequestFigures;
use super::house::House;
use super::metrics::may_see_details;
use super::surroundings::in_lines;
use crate::domain::error::Error;
use crate::domain::ports::StoreError;

/// What balancers ask that send requests to `/forward-auth`.
const FOR_READS: &str = "for=reads";
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// Alive: the process responds.
#[handler]
pub(super) fn live() -> Response {
    text(StatusCode::OK, "alive\n".to_owned())
}

/// Ready while the database accepts writes. Waiting email does not count: it delays only email. With `?for=reads`, ready
/// while it can be read, which is enough for the apps behind `/forward-auth`.
#[handler]
pub(super) async fn ready(request: &Request, house: Data<&House>) -> Response {
    let is_for_reads = request.uri().query() == Some(FOR_READS);
    let readiness = if is_for_reads { readable(&house).await } else { house.gatepost.ready() };
    let (can, cannot) =
        if is_for_reads { ("can be read", "cannot be read") } else { ("accepts changes", "refuses changes") };
    let (status, word) = match &readiness {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    };
    if !may_see_details(request, &house) {
        return text(status, word.to_owned());
    }
    let store = match readiness {
        Ok(()) => can.to_owned(),
        Err(why) => format!("{cannot} ({why})"),
    };
    let outbox = match in_time(house.gatepost.waiting_emails()).await {
        Ok(waiting) if waiting.emails == 0 => "empty".to_owned(),
        Ok(waiting) if waiting.emails == 1 => format!("1 email, for {} s", waiting.oldest.as_secs()),
        Ok(waiting) => format!("{} emails, the oldest for {} s", waiting.emails, waiting.oldest.as_secs()),
        Err(why) => format!("unknown ({why})"),
    };
    // Everything else works, so a balancer should not turn away from this server.
    let unreadable = match house.gatepost.unreadable_records() {
        0 => String::new(),
        count => format!("unreadable records: {count}\n"),
    };
    let surroundings = house.gatepost.surroundings().as_ref().map(in_lines).unwrap_or_default();
    let figures = request.extensions().get::<Arc<RequestFigures>>();
    let proxies = figures.map(|figures| figures.proxies.lines()).unwrap_or_default();
    text(status, format!("{word}database: {store}\noutbox: {outbox}\n{unreadable}{surroundings}{proxies}"))
}

/// Whether the database can be read now.
async fn readable(house: &House) -> Result<(), Error> {
    in_time(house.gatepost.can_read()).await
}

/// A look into the database, which must not keep a balancer waiting.
async fn in_time<T>(look: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let silent = |_| StoreError::Refused("it does not answer".into());
    timeout(LONGEST_LOOK, look).await.map_err(silent)?
}

fn text(status: StatusCode, body: String) -> Response {
    Response::builder().status(status).header(CONTENT_TYPE, "text/plain; charset=utf-8").body(body)
}
