//! The order of the checks, and one rendering for all refusals.
//!
//! 1. The request gets an id.
//! 2. Is it meant for us (`host`)? Does the path accept the method (`routes`)? Was it sent by one of our
//!    pages (`origin`)? Is its body complete and within the limit (`body`)?
//! 3. The door responds. A panic in a handler ends only its own request.
//! 4. Every refusal, from a check or from a door, is rendered as a problem.
//! 5. The response gets its headers and its log line.

use std::any::Any;
use std::error::Error as StdError;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use percent_encoding::percent_decode_str;
use poem::http::header::{ALLOW, CONNECTION, HeaderValue};
use poem::http::{Method, StatusCode, Uri};
use poem::{Endpoint, Request, Response};

use super::body_memory::BodyMemory;
use super::cookies::{Cookie, Cookies};
use super::figures::RequestFigures;
use super::headers::Headers;
use super::routes::Routes;
use super::{EdgeSettings, access_log, body, client, host, origin};
use crate::domain::ports::World;
use crate::path::{METRICS, READYZ};
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// Puts the guard in front of `routes`. `draw` draws refusals.
pub fn guard<D: Draw>(routes: Routes, settings: EdgeSettings, world: World, draw: D) -> Guard<D> {
    let (bodies, figures) = (BodyMemory::new(&settings.limits), Arc::new(RequestFigures::new(&routes)));
    let headers = Headers::new(settings.public_url.scheme());
    Guard { settings, routes, world, draw, bodies, figures, headers }
}

/// A refusal, and the facts about its request that are needed to draw it.
#[derive(Debug)]
pub struct Refusal<'a> {
    /// Why it was refused.
    pub problem: &'a Problem,
    /// The door it came through.
    pub door: Door,
    /// The id of the request in the log.
    pub request_id: &'a str,
    /// Whether the browser sent a session cookie. Whether that session is alive is not looked up, because a
    /// refusal has to be drawn without the store too.
    pub has_session: bool,
}

/// Draws a refusal for a door, with its headers.
pub trait Draw: Fn(&Refusal<'_>) -> Response + Send + Sync {}

impl<D: Fn(&Refusal<'_>) -> Response + Send + Sync> Draw for D {}

/// All routes behind the guard. It always returns a response, never an error.
pub struct Guard<D> {
    settings: EdgeSettings,
    routes: Routes,
    world: World,
    draw: D,
    bodies: BodyMemory,
    figures: Arc<RequestFigures>,
    headers: Headers,
}

/// The facts about a request that are still needed after the door has consumed it.
struct Visit {
    began: Duration,
    method: Method,
    uri: Uri,
    route: Option<usize>,
    ip: IpAddr,
    request_id: String,
    door: Door,
    has_session: bool,
    /// Whether a body may follow that is not read.
    ends_connection: bool,
}

impl<D: Draw> Endpoint for Guard<D> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let visit = self.receive(&mut request);
        let answer = AssertUnwindSafe(self.admit(request, &visit)).catch_unwind().await;
        let mut response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => self.refuse(error, &visit),
            Err(panic) => {
                let (request_id, panic) = (visit.request_id.as_str(), words(&*panic));
                tracing::error!(request.id = request_id, panic, "panicked while handling a request");
                self.draw(&Problem::of(Code::Internal), &visit)
            }
        };
        // The rest of a body is not read, so the connection can't be used again.
        let is_unread =
            matches!(response.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::SERVICE_UNAVAILABLE);
        if visit.ends_connection || is_unread {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        self.headers.put(&mut response, visit.uri.path(), &visit.request_id);
        let took = self.world.clock.monotonic().saturating_sub(visit.began);
        let who = (visit.ip, visit.request_id.as_str());
        self.figures.count(visit.route, &visit.method, response.status(), took);
        access_log::write(&visit.method, visit.uri.path(), response.status(), took, who);
        Ok(response)
    }
}

impl<D: Draw> Guard<D> {
    /// Notes the facts, and leaves the client for whoever answers.
    fn receive(&self, request: &mut Request) -> Visit {
        let uri = request.uri().clone();
        let path = uri.path();
        let cookies = Cookies::new(self.settings.public_url.scheme());
        // Never taken from the client, because two requests with the same id could not be told apart. Drawn
        // and not counted: from a counter, anyone could tell how many requests others made in between.
        let request_id = hexadecimal(self.world.random_id());
        let client = client::identify(request, &self.settings.trusted_proxies, request_id.clone());
        self.figures.proxies.see(request, &self.settings.trusted_proxies);
        let visit = Visit {
            began: self.world.clock.monotonic(),
            method: request.method().clone(),
            route: self.routes.find(path),
            ip: client.ip,
            request_id,
            door: Door::of(path),
            has_session: cookies.read(request.headers(), Cookie::Session).is_some(),
            ends_connection: body::is_meaningless(request),
            uri,
        };
        request.extensions_mut().insert(client);
        visit
    }

    fn draw(&self, problem: &Problem, visit: &Visit) -> Response {
        let Visit { door, has_session, .. } = *visit;
        (self.draw)(&Refusal { problem, door, request_id: &visit.request_id, has_session })
    }

    async fn admit(&self, mut request: Request, visit: &Visit) -> poem::Result<Response> {
        host::check(&request, &self.settings)?;
        // A path that is not valid UTF-8 is refused here, because later code would treat it inconsistently.
        if percent_decode_str(visit.uri.path()).decode_utf8().is_err() {
            return Err(Problem::of(Code::Malformed).into());
        }
        self.routes.check(visit.route, &visit.method)?;
        origin::check(&request, &self.settings.public_url)?;
        let memory = self.bodies.hold(visit.ip);
        let _held = body::buffer(&mut request, &self.settings.limits, memory).await?;
        if [METRICS, READYZ].contains(&visit.uri.path()) {
            request.extensions_mut().insert(Arc::clone(&self.figures));
        }
        // It is boxed, so a request takes memory for its handler only once its body is here.
        self.routes.endpoint(visit.route, &visit.method)?.call(request).await
    }

    fn refuse(&self, error: poem::Error, visit: &Visit) -> Response {
        // A handler returned a response as its error, for example a redirect.
        if error.is_from_response() {
            return error.into_response();
        }
        let problem = Problem::from_error(&error);
        if !error.is::<Problem>() && problem.status().is_server_error() {
            let request_id = visit.request_id.as_str();
            tracing::error!(request.id = request_id, error = chain(&error), "a request failed");
        } else {
            problem.tell(&visit.request_id);
        }
        let mut response = self.draw(&problem, visit);
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, self.routes.allow(visit.route));
        }
        response
    }
}

fn hexadecimal(id: [u8; 8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = id.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// An error and all its causes.
fn chain(error: &poem::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source().and_then(StdError::source);
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
