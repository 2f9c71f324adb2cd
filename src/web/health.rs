//! Whether the process is alive and ready, for supervisors and load balancers. Reveals no version and
//! nothing about any account, and to strangers nothing about the store and the outbox.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::http::header::CONTENT_TYPE;
use poem::{Request, Response, handler, web::Data};

use super::edge::RequestFigures;
use super::house::House;
use super::metrics::may_see_details;

/// Alive: the process responds.
#[handler]
pub(super) fn live() -> Response {
    text(StatusCode::OK, "alive\n".to_owned())
}

/// Ready while the database accepts writes. Waiting email does not count: it delays only email.
#[handler]
pub(super) async fn ready(request: &Request, house: Data<&House>) -> Response {
    let readiness = house.gatepost.ready();
    let (status, word) = match &readiness {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    };
    if !may_see_details(request, &house) {
        return text(status, word.to_owned());
    }
    let store = match readiness {
        Ok(()) => "accepts changes".to_owned(),
        Err(why) => format!("refuses changes ({why})"),
    };
    let outbox = match house.gatepost.waiting_emails().await {
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
    let figures = request.extensions().get::<Arc<RequestFigures>>();
    let proxies = figures.map(|figures| figures.proxies.lines()).unwrap_or_default();
    text(status, format!("{word}database: {store}\noutbox: {outbox}\n{unreadable}{proxies}"))
}

fn text(status: StatusCode, body: String) -> Response {
    Response::builder().status(status).header(CONTENT_TYPE, "text/plain; charset=utf-8").body(body)
}
