//! What leads a browser from an app to us: its secret, which shows later that it is the browser that began, and a ticket.

use poem::Response;
use poem::http::header::{HeaderValue, LOCATION, SET_COOKIE};
use poem::http::{HeaderMap, StatusCode};
use std::time::Duration;

use super::judge::soon;
use crate::domain::error::Error;
use crate::domain::token::BrowserMark;
use crate::path;
use crate::web::apps::App;
use crate::web::edge::cookies::{Cookie, Cookies};
use crate::web::house::House;

/// How long a browser keeps its secret: as long as a ticket works.
const KEPT: Duration = Duration::from_hours(1);

/// The secret that a browser keeps for the host of an app.
pub(super) fn secret<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    Cookies::new(app.url.scheme()).read(headers, Cookie::Browser)
}

/// Leads a browser to us, and back to a path of the app afterwards. It keeps one secret for all of its tabs: if each
/// of them replaced it, none but the last could come back. Only a browser that opens a page is given one, so that no
/// script or image of another site replaces it.
///
/// # Errors
/// `Store`.
pub(super) async fn lead_to_us(
    house: &House,
    app: &App,
    (headers, opens_page): (&HeaderMap, bool),
    path: &str,
) -> Result<Response, Error> {
    let kept = secret(app, headers).filter(|secret| BrowserMark::of(secret).is_some());
    let given = kept.is_none().then(|| house.gatepost.new_browser_secret());
    let secret = kept.or(given.as_deref()).unwrap_or_default();
    let ticket = soon(house.gatepost.make_ticket(app.host(), &path::app_path(path), secret)).await?;
    let place = path::enter(&ticket.unwrap_or_default());
    let mut response = to(&house.site.public_url.link(&place));
    if let Some(secret) = given.filter(|_| opens_page) {
        let line = Cookies::new(app.url.scheme()).set(Cookie::Browser, &secret, KEPT);
        response.headers_mut().insert(SET_COOKIE, line);
    }
    Ok(response)
}

/// Redirects to an address of ours or of an app, in visible ASCII.
pub(super) fn to(place: &str) -> Response {
    let place = HeaderValue::from_str(place).expect("visible ASCII");
    Response::builder().status(StatusCode::SEE_OTHER).header(LOCATION, place).finish()
}
