//! Pages that are the same for every browser that brings nothing: drawn once, and sent as bytes from then on.

use std::sync::OnceLock;

use hyper::body::Bytes;
use poem::endpoint::BoxEndpoint;
use poem::http::header::{COOKIE, SET_COOKIE};
use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Endpoint, Request, Response};

use super::visitor::{is_htmx, welcome};
use crate::web::direct::came_direct;
use crate::web::house::House;

/// Sends a page as it was drawn for the first browser that brought nothing; draws it for all others.
pub(super) struct Prepared {
    page: BoxEndpoint<'static>,
    house: House,
    /// For browsers that came through a proxy, and for those that came directly: only these can open the mailbox.
    drawn: [OnceLock<Drawn>; 2],
}

/// A page without the cookie of the browser it was drawn for.
struct Drawn {
    headers: HeaderMap,
    body: Bytes,
}

impl Prepared {
    /// The page that this endpoint draws.
    pub(super) fn new(page: BoxEndpoint<'static>, house: House) -> Self {
        Self { page, house, drawn: Default::default() }
    }
}

impl Endpoint for Prepared {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if !brings_nothing(&request) {
            return self.page.call(request).await;
        }
        let place = &self.drawn[usize::from(came_direct(&request))];
        let Some(drawn) = place.get() else {
            return draw(self.page.call(request).await?, place).await;
        };
        let mut response = Response::from(drawn.body.clone());
        response.headers_mut().clone_from(&drawn.headers);
        if let Some(value) = self.house.repeats.new_visitor(request.headers()) {
            welcome(&mut response, &self.house.site, &value);
        }
        Ok(response)
    }
}

/// Whether nothing in a request can change the page. Whatever a page reads from a request has to be asked for here.
fn brings_nothing(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::GET
        && request.uri().query().is_none()
        && !headers.contains_key(COOKIE)
        && !is_htmx(headers)
}

/// Keeps a page that was just drawn. A refusal is drawn each time.
async fn draw(mut response: Response, place: &OnceLock<Drawn>) -> poem::Result<Response> {
    if response.status() == StatusCode::OK {
        let body = response.take_body().into_bytes().await?;
        let mut headers = response.headers().clone();
        headers.remove(SET_COOKIE);
        response.set_body(body.clone());
        // Another one may have been first, with the same page.
        let _ = place.set(Drawn { headers, body });
    }
    Ok(response)
}
