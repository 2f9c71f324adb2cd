//! What the rule of an app says about a request.

use std::time::Duration;

use poem::http::HeaderMap;
use poem::http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use tokio::time::timeout;

use super::elsewhere;
use super::question::Question;
use crate::domain::error::Error;
use crate::domain::ports::StoreError;
use crate::domain::session::Live;
use crate::web::edge::cookies::{Cookie, Cookies};
use crate::web::house::House;

/// How long a check waits for the store. The proxy waits for us, and with it the person.
const LONGEST: Duration = Duration::from_secs(1);

/// What becomes of a request.
pub(super) enum Verdict {
    /// It passes, as this person or as no one.
    Passes(Option<Live>),
    /// Someone has to sign in first.
    SignedOut,
    /// The person may not open the app.
    NotAllowed(Live),
    /// The page of another site acts with the person's cookie.
    CrossSite,
    /// The store could not be read.
    Failed(Error),
}

/// Judges a request: one read of the store, if there is a cookie to look up, and no write but a last use.
///
/// On a public path, whoever can't be named passes as no one.
pub(super) async fn judge(house: &House, question: &Question, headers: &HeaderMap) -> Verdict {
    let Question { app, method, target } = question;
    let is_preflight = method == "OPTIONS"
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    // Browsers send it without cookies, so no one could ever be named.
    if app.preflight && is_preflight {
        return Verdict::Passes(None);
    }
    let is_public = app.public.iter().any(|public| public.opens(target));
    if !elsewhere::counts(app, method, headers) {
        return if is_public { Verdict::Passes(None) } else { Verdict::CrossSite };
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
