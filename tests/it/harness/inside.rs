//! The doors without a socket: for bytes that no client library sends, for other public addresses, and for many
//! requests.

use std::sync::Arc;

use gatepost::path::Origin;
use gatepost::web::edge::{EdgeSettings, Hosts, Limits};
use gatepost::web::{CurrentHouse, House, Household, Site, doors};
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use poem::endpoint::BoxEndpoint;
use poem::http::Uri;
use poem::{Endpoint, EndpointExt, Request, Response};

use super::app::App;
use super::engine::Engine;
use super::http::{PATIENCE, Reply, is_in_doubt};

/// Everything that a connection can reach, and the public address it is reached at.
pub(crate) struct Inside {
    doors: BoxEndpoint<'static, Response>,
    origin: Origin,
}

/// A header, which may have any bytes.
pub(crate) type Line<'a> = (&'a str, &'a [u8]);

impl App {
    /// Its doors, where browsers reach them at this public address.
    pub(crate) fn inside(&self, public_url: &str) -> Inside {
        self.inside_as("Gatepost", public_url)
    }

    /// The same with this name of the site.
    pub(crate) fn inside_as(&self, name: &str, public_url: &str) -> Inside {
        let origin = Origin::parse(public_url).unwrap();
        let site = Site { name: name.to_owned(), public_url: origin.clone(), ..(*self.house.site).clone() };
        let house = House::new(Household { site: Arc::new(site), ..Household::clone(&self.house) });
        let edge = EdgeSettings {
            public_url: origin.clone(),
            trusted_proxies: vec![],
            hosts: Hosts::default(),
            limits: Limits::default(),
        };
        Inside { doors: doors(&CurrentHouse::new(house), edge, self.world.clone()).boxed(), origin }
    }
}

impl Inside {
    /// Sends a request with the right Host and Origin, unless others are given. Nothing if HTTP has no such target
    /// or header.
    pub(crate) async fn send(
        &self,
        method: Method,
        target: &[u8],
        lines: &[Line<'_>],
        body: &[u8],
    ) -> Option<Reply> {
        let uri = Uri::try_from(target).ok()?;
        let (host, origin) = (self.origin.authority().to_owned(), self.origin.to_string());
        let ours = [("host", host.as_bytes()), ("origin", origin.as_bytes())];
        let ours = ours.into_iter().filter(|(name, _)| lines.iter().all(|(given, _)| given != name));
        let all: Vec<Line<'_>> = ours.chain(lines.iter().copied()).collect();
        let mut sent = None;
        for attempts in 1..=PATIENCE {
            let mut request = Request::builder().method(method.clone()).uri(uri.clone()).body(body.to_vec());
            for (name, value) in &all {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                request.headers_mut().append(name, HeaderValue::from_bytes(value).ok()?);
            }
            let reply = reply(self.doors.get_response(request).await, attempts).await;
            let is_over = Engine::named() != Some(Engine::Chaotic) || !is_in_doubt(&reply);
            sent = Some(reply);
            if is_over {
                break;
            }
        }
        sent
    }

    /// Opens a page, or what the API shows.
    pub(crate) async fn get(&self, path: &str, lines: &[Line<'_>]) -> Reply {
        self.send(Method::GET, path.as_bytes(), lines, b"").await.unwrap()
    }
}

async fn reply(mut response: Response, attempts: u64) -> Reply {
    let body = response.take_body().into_vec().await.unwrap();
    Reply {
        status: response.status(),
        headers: response.headers().clone(),
        body: String::from_utf8_lossy(&body).into_owned(),
        attempts,
    }
}
