//! What the rule of an app says about a request.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use poem::Request;
use poem::http::HeaderMap;
use poem::http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use tokio::time::timeout;

use super::elsewhere;
use super::key::{Sent, sent};
use super::question::Question;
use crate::domain::error::Error;
use crate::domain::ports::StoreError;
use crate::domain::record::client::Client;
use crate::domain::session::{KeyHolder, Live};
use crate::web::apps::App;
use crate::web::edge::cookies::{Cookie, Cookies};
use crate::web::house::House;

/// How long a check waits for the store. The proxy waits for us, and with it the person.
const LONGEST: Duration = Duration::from_secs(1);

/// What becomes of a request.
pub(super) enum Verdict {
    /// It passes, as this person or as no one.
    Passes(Option<Live>),
    /// It passes, with the key of this person.
    PassesWith(KeyHolder),
    /// The key does not work here.
    InvalidKey,
    /// Someone has to sign in first.
    SignedOut,
    /// The person may not open the app.
    NotAllowed(Live),
    /// The page of another site acts with the person's cookie.
    CrossSite,
    /// The store could not be read.
    Failed(Error),
}

/// Judges a request: one read of the store, if there is a cookie to look up, or two for a key, and no write but a last use.
///
/// On a public path, whoever can't be named passes as no one.
pub(super) async fn judge(house: &House, question: &Question, request: &Request) -> Verdict {
    let Question { app, method, target } = question;
    let headers = request.headers();
    let is_preflight = method == "OPTIONS"
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    // Browsers send it without cookies, so no one could ever be named.
    if app.preflight && is_preflight {
        return Verdict::Passes(None);
    }
    let is_public = app.public.iter().any(|public| public.opens(target));
    let sent = sent(app, headers);
    // No page can send our own header to another site without asking first.
    let may_be_forged = sent.as_ref().is_none_or(|sent| sent.is_remembered);
    if may_be_forged && !elsewhere::counts(app, method, headers) {
        return if is_public { Verdict::Passes(None) } else { Verdict::CrossSite };
    }
    if let Some(sent) = sent {
        return by_key(house, app, &sent, (ip_of(request), is_public)).await;
    }
    let live = match signed_in(house, app.host(), headers, Cookies::new(app.url.scheme())).await {
        Ok(live) => live.filter(|live| !house.gatepost.is_over(&app.admission, &live.session)),
        Err(error) => return Verdict::Failed(error),
    };
    match live {
        Some(live) if app.admission.admits(&live.account) => Verdict::Passes(Some(live)),
        _ if is_public => Verdict::Passes(None),
        Some(live) => Verdict::NotAllowed(live),
        None => Verdict::SignedOut,
    }
}

/// Judges a request with a key. Only the key counts, whoever is signed in beside it: two reads, and no write but a last
/// use.
async fn by_key(house: &House, app: &App, sent: &Sent, (ip, is_public): (IpAddr, bool)) -> Verdict {
    let holder = match &sent.secret {
        Some(secret) => soon(house.gatepost.key_holder(app.host(), secret, ip)).await,
        None => Err(Error::InvalidKey),
    };
    match holder {
        Ok(holder) if app.admission.admits(&holder.account) => Verdict::PassesWith(holder),
        Ok(_) | Err(Error::InvalidKey) if is_public => Verdict::Passes(None),
        Ok(_) | Err(Error::InvalidKey) => Verdict::InvalidKey,
        Err(error) => Verdict::Failed(error),
    }
}

fn ip_of(request: &Request) -> IpAddr {
    // The guard has put it there.
    request.extensions().get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client: &Client| client.ip)
}

/// Who is signed in at an app, by the cookie that the browser keeps for its host.
///
/// # Errors
/// `Store`, also if it takes too long.
pub(super) async fn signed_in(
    house: &House,
    host: &str,
    headers: &HeaderMap,
    cookies: Cookies,
) -> Result<Option<Live>, Error> {
    let Some(pass) = cookies.read(headers, Cookie::App) else { return Ok(None) };
    match timeout(LONGEST, house.gatepost.session_at(host, pass)).await {
        Ok(Ok(live)) => Ok(Some(live)),
        Ok(Err(Error::SignInRequired)) => Ok(None),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(too_long()),
    }
}

/// The same limit for whatever else a check asks the store.
///
/// # Errors
/// What `asked` fails with; `Store`, if it takes too long.
pub(super) async fn soon<T>(asked: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(LONGEST, asked).await.unwrap_or_else(|_| Err(too_long()))
}

fn too_long() -> Error {
    StoreError::Refused("the database did not answer within a second".into()).into()
}
