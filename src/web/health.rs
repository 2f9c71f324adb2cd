//! Whether the process is alive and ready, for supervisors and load balancers. Reveals no version and
//! nothing about any account.

use poem::http::StatusCode;
use poem::http::header::CONTENT_TYPE;
use poem::{Response, handler, web::Data};

use super::house::House;

/// Alive: the process responds.
#[handler]
pub(super) fn live() -> Response {
    text(StatusCode::OK, "alive\n".to_owned())
}

/// Ready while the database accepts writes. Waiting email does not count: it delays only email.
#[handler]
pub(super) async fn ready(house: Data<&House>) -> Response {
    let outbox = match house.gatepost.next_letter_due().await {
        Ok(None) => "empty",
        Ok(Some(_)) => "emails are waiting",
        Err(_) => "unknown",
    };
    let (status, store) = match house.gatepost.ready() {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "refuses writes"),
    };
    // Everything else works, so a balancer should not turn away from this server.
    let unreadable = match house.gatepost.unreadable_records() {
        0 => String::new(),
        count => format!("unreadable records: {count}\n"),
    };
    text(status, format!("store: {store}\noutbox: {outbox}\n{unreadable}"))
}

fn text(status: StatusCode, body: String) -> Response {
    Response::builder().status(status).header(CONTENT_TYPE, "text/plain; charset=utf-8").body(body)
}
