//! What every way in begins and ends with: being sent to the right page first, and led on afterwards.

use poem::Response;
use poem::http::{HeaderValue, StatusCode};

use super::notice::Notice;
use super::visitor::{Visitor, keep_session};
use crate::domain::ids::Nonce;
use crate::domain::next::Next;
use crate::domain::redeem::Redeemed;
use crate::domain::request::{Outcome, Purpose};
use crate::domain::session::SignedIn;
use crate::path::{SIGN_IN, UNCONFIRMED};
use crate::web::problem::{Code, Problem};
use crate::web::{Door, House};

/// Sends who is signed out to sign in, and back to `wanted` afterwards; who has registered and not
/// confirmed yet, to where that is done. htmx, which would put a whole page into the middle of
/// another, is told where to go instead.
pub(super) fn first(visitor: &Visitor, wanted: Option<&str>) -> Response {
    let (mut response, code) = if visitor.is_unconfirmed() {
        (visitor.lead_to(UNCONFIRMED), Code::Unconfirmed)
    } else {
        (visitor.lead_to(&with_next(SIGN_IN, wanted)), Code::SignInRequired)
    };
    if visitor.is_htmx {
        Problem::of(code).put_headers(&mut response, Door::Pages);
    }
    response
}

/// Sends who is signed in already where they wanted to go.
pub(super) fn go_on(house: &House, visitor: &Visitor, wanted: Option<&Next>) -> Response {
    visitor.lead_to(wanted.unwrap_or(&house.site.home).as_str())
}

/// Sends who knows the password of a registration to confirm it first.
pub(super) fn confirm_first(house: &House, visitor: &Visitor) -> Response {
    let mut response = visitor.lead_to(UNCONFIRMED);
    if visitor.is_htmx {
        response.set_status(StatusCode::FORBIDDEN);
    }
    // Both doors name the refusal alike, though this one leads on instead of showing it.
    response.headers_mut().insert("x-problem", HeaderValue::from_static(Code::Unconfirmed.as_str()));
    Notice::ConfirmFirst.put(&mut response, &house.site);
    response
}

/// A link or a code was redeemed: keeps the session, lets go of the request, leads on.
pub(super) fn redeemed(
    house: &House,
    visitor: &Visitor,
    redeemed: &Redeemed,
    request: Option<Nonce>,
) -> Response {
    let notice = match (redeemed.outcome, redeemed.purpose) {
        (Outcome::Confirmed, _) => Notice::Confirmed,
        // Or the password that was typed with it would be taken for the new one.
        (Outcome::SignedIn, Purpose::Register) => Notice::KnownAlready,
        (Outcome::SignedIn, Purpose::SignIn) => Notice::SignedIn,
    };
    arrived(house, visitor, &redeemed.signed_in, redeemed.next.as_ref(), request, notice)
}

/// Somebody signed in with a password.
pub(super) fn welcome(
    house: &House,
    visitor: &Visitor,
    signed_in: &SignedIn,
    wanted: Option<&Next>,
) -> Response {
    arrived(house, visitor, signed_in, wanted, None, Notice::SignedIn)
}

fn arrived(
    house: &House,
    visitor: &Visitor,
    signed_in: &SignedIn,
    wanted: Option<&Next>,
    request: Option<Nonce>,
    notice: Notice,
) -> Response {
    let mut response = go_on(house, visitor, wanted);
    let lifetime = signed_in.session.expires_at.since(signed_in.session.created_at);
    keep_session(&mut response, &house.site, &signed_in.token, lifetime);
    visitor.let_go(&mut response, &house.site, request, &signed_in.account.address);
    notice.put(&mut response, &house.site);
    response
}

/// A path that remembers where somebody wanted to go.
pub(super) fn with_next(path: &str, next: Option<&str>) -> String {
    match next {
        Some(next) => {
            let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            format!("{path}?next={query}")
        }
        None => path.to_owned(),
    }
}
