//! What all ways of signing in share: being sent to the right page first, and led on afterwards.

use poem::Response;
use poem::http::StatusCode;

use super::notice::Notice;
use super::visitor::{Visitor, keep_session};
use crate::domain::mailed::Redeemed;
use crate::domain::record::ids::Nonce;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::Outcome;
use crate::domain::session::SignedIn;
use crate::path::{PROFILE, SIGN_IN, UNCONFIRMED};
use crate::web::house::{Door, House, Site};
use crate::web::problem::{Code, Problem};

/// Sends a signed-out visitor to sign in, and back to `wanted` afterwards. One who has registered and
/// not confirmed yet is sent to do that. htmx gets a header, because it would put a whole page into the
/// middle of another.
pub(super) fn first(visitor: &Visitor, wanted: Option<&str>) -> Response {
    let (mut response, code) = if visitor.is_unconfirmed() {
        (visitor.lead_to(UNCONFIRMED), Code::Unconfirmed)
    } else {
        (visitor.lead_to(&with_next(SIGN_IN, wanted)), Code::SignInRequired)
    };
    if visitor.is_htmx {
        Problem::of(code).put_headers(&mut response, Door::Pages);
    } else {
        Problem::of(code).name(&mut response);
    }
    response
}

/// Sends anyone already signed in where they wanted to go.
pub(super) fn go_on(house: &House, visitor: &Visitor, wanted: Option<&Next>) -> Response {
    visitor.lead_to(wanted.unwrap_or(&house.site.home).as_str())
}

/// Back to where someone was before they had to confirm that it is them.
pub(super) fn go_back(house: &House, visitor: &Visitor, wanted: Option<&Next>) -> Response {
    let mut response = visitor.lead_to(wanted.map_or(PROFILE, Next::as_str));
    Notice::Recent.put(&mut response, &house.site);
    response
}

/// Sends anyone who knows the password of a registration to confirm the email address first.
pub(super) fn confirm_first(house: &House, visitor: &Visitor) -> Response {
    let mut response = visitor.lead_to(UNCONFIRMED);
    if visitor.is_htmx {
        response.set_status(StatusCode::FORBIDDEN);
    }
    // Both doors name the same refusal, though this one redirects instead of showing it.
    Problem::of(Code::Unconfirmed).name(&mut response);
    Notice::ConfirmFirst.put(&mut response, &house.site);
    response
}

/// After a link or code was redeemed: keeps the new session, drops the request, and redirects.
pub(super) fn redeemed(
    house: &House,
    visitor: &Visitor,
    redeemed: &Redeemed,
    request: Option<Nonce>,
) -> Response {
    let site = &house.site;
    let mut response = match redeemed.outcome {
        Outcome::EmailChanged => visitor.lead_to(PROFILE),
        Outcome::Recent => visitor.lead_to(redeemed.next.as_ref().map_or(PROFILE, Next::as_str)),
        Outcome::EmailRestored => visitor.lead_to(SIGN_IN),
        _ => go_on(house, visitor, redeemed.next.as_ref()),
    };
    if let Some(signed_in) = &redeemed.signed_in {
        keep(&mut response, site, signed_in);
    }
    visitor.let_go(&mut response, site, request, &redeemed.account.address);
    let notice = match (redeemed.outcome, redeemed.purpose) {
        (Outcome::Confirmed, _) => Notice::Confirmed,
        // Otherwise people would think that the password they entered is the new one.
        (Outcome::SignedIn, Purpose::Register) => Notice::KnownAlready,
        (Outcome::SignedIn, _) => Notice::SignedIn,
        (Outcome::PasswordReset, _) => Notice::PasswordReset,
        (Outcome::EmailChanged, _) => Notice::EmailChanged,
        (Outcome::EmailRestored, _) => Notice::EmailRestored,
        (Outcome::Recent, _) => Notice::Recent,
    };
    notice.put(&mut response, site);
    response
}

/// After a sign-in with a password.
pub(super) fn welcome(
    house: &House,
    visitor: &Visitor,
    signed_in: &SignedIn,
    wanted: Option<&Next>,
) -> Response {
    let mut response = go_on(house, visitor, wanted);
    keep(&mut response, &house.site, signed_in);
    visitor.let_go(&mut response, &house.site, None, &signed_in.account.address);
    Notice::SignedIn.put(&mut response, &house.site);
    response
}

fn keep(response: &mut Response, site: &Site, signed_in: &SignedIn) {
    let lifetime = signed_in.session.expires_at.since(signed_in.session.last_used_at);
    keep_session(response, site, &signed_in.token, lifetime);
}

/// A path that carries along where someone wanted to go.
pub(super) fn with_next(path: &str, next: Option<&str>) -> String {
    match next {
        Some(next) => {
            let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            format!("{path}?next={query}")
        }
        None => path.to_owned(),
    }
}
