//! Is the process alive, and does it take work? For supervisors and load balancers: no words about
//! anybody, no version.

use poem::http::StatusCode;
use poem::http::header::CONTENT_TYPE;
use poem::{Response, handler, web::Data};

use super::House;

/// Alive: the process answers.
#[handler]
pub(super) fn live() -> Response {
    text(StatusCode::OK, "alive\n".to_owned())
}

/// Ready while writes are taken. Mail that is owed makes nobody unready: it delays letters alone.
#[handler]
pub(super) async fn ready(house: Data<&House>) -> Response {
    let outbox = match house.gatepost.next_letter_due().await {
        Ok(None) => "empty",
        Ok(Some(_)) => "letters are owed",
        Err(_) => "unknown",
    };
    match house.gatepost.ready() {
        Ok(()) => text(StatusCode::OK, format!("store: ready\noutbox: {outbox}\n")),
        Err(_) => {
            text(StatusCode::SERVICE_UNAVAILABLE, format!("store: takes no writes\noutbox: {outbox}\n"))
        }
    }
}

fn text(status: StatusCode, body: String) -> Response {
    Response::builder().status(status).header(CONTENT_TYPE, "text/plain; charset=utf-8").body(body)
}
