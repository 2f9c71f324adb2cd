//! Pages that are the same for every browser that sends no cookie, no query and nothing of htmx: drawn once, and sent as
//! bytes from then on. When the settings change, they are drawn again.

use std::sync::Arc;

use hyper::body::Bytes;
use poem::endpoint::BoxEndpoint;
use poem::http::header::{COOKIE, SET_COOKIE};
use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Endpoint, Request, Response};

use super::visitor::{is_htmx, welcome};
use crate::web::direct::came_direct;
use crate::web::house::{CurrentHouse, Site};
use crate::web::per_site::PerSite;

/// Sends a page as it was drawn for the first browser that brought nothing; draws it for all others.
pub(super) struct Prepared {
    page: BoxEndpoint<'static>,
    house: CurrentHouse,
    /// For browsers that came through a proxy, and for those that came directly: only these can open the mailbox.
    drawn: [PerSite<Drawn>; 2],
}

/// A page without the cookie of the browser it was drawn for.
struct Drawn {
    headers: HeaderMap,
    body: Bytes,
}

impl Prepared {
    /// The page that this endpoint draws.
    pub(super) fn new(page: BoxEndpoint<'static>, house: CurrentHouse) -> Self {
        Self { page, house, drawn: Default::default() }
    }
}

impl Endpoint for Prepared {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if !brings_nothing(&request) {
            return self.page.call(request).await;
        }
        let (house, place) = (self.house.now(), &self.drawn[usize::from(came_direct(&request))]);
        let Some(mut response) = place.read(&house.site, Drawn::sent) else {
            let response = self.page.call(request).await?;
            return self.keep(response, Arc::clone(&house.site), place).await;
        };
        if let Some(value) = house.repeats.new_visitor(request.headers()) {
            welcome(&mut response, &house.site, &value);
        }
        Ok(response)
    }
}

impl Prepared {
    /// Keeps a page that was just drawn. A refusal is drawn each time.
    async fn keep(
        &self,
        mut response: Response,
        site: Arc<Site>,
        place: &PerSite<Drawn>,
    ) -> poem::Result<Response> {
        if response.status() == StatusCode::OK {
            let body = response.take_body().into_bytes().await?;
            let mut headers = response.headers().clone();
            headers.remove(SET_COOKIE);
            response.set_body(body.clone());
            place.keep(site, &self.house, Drawn { headers, body });
        }
        Ok(response)
    }
}

impl Drawn {
    /// The page once more.
    fn sent(&self) -> Response {
        let mut response = Response::from(self.body.clone());
        response.headers_mut().clone_from(&self.headers);
        response
    }
}

/// Whether nothing in a request can change the page. If a page starts to
/// read anything else from a request, check for it here.
fn brings_nothing(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::GET
        && request.uri().query().is_none()
        && !headers.contains_key(COOKIE)
        && !is_htmx(headers)
}
