//! What all ways of signing in share: being sent to the right page first, and led on afterwards.

use poem::Response;
use poem::http::StatusCode;

use super::leaving;
use super::notice::{self, Notice};
use super::signed_in::keep;
use super::visitor::Visitor;
use crate::domain::mailed::Redeemed;
use crate::domain::record::ids::Nonce;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::Outcome;
use crate::domain::session::SignedIn;
use crate::path::{CHECK_INBOX, HOME, PROFILE, SIGN_IN, UNCONFIRMED, is_page, with_next};
use crate::web::house::{Door, House};
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

/// Sends anyone already signed in where they wanted to go, or home.
pub(super) fn go_on(house: &House, visitor: &Visitor, wanted: Option<&Next>) -> Response {
    arrive(house, visitor, wanted, house.site.home.as_str(), None)
}

/// Back to where someone was before they had to confirm that it is them.
pub(super) fn go_back(
    house: &House,
    visitor: &Visitor,
    wanted: Option<&Next>,
    told: Option<Notice>,
) -> Response {
    arrive(house, visitor, wanted, PROFILE, told)
}

/// Sends someone on, with what to tell them there. An app can't show a notice of ours: it would come up
/// later, on a page of ours that has nothing to do with it. The same is true of one that was to be shown here.
fn arrive(
    house: &House,
    visitor: &Visitor,
    wanted: Option<&Next>,
    otherwise: &str,
    told: Option<Notice>,
) -> Response {
    let site = &house.site;
    let (place, not_there) = match wanted {
        Some(Next::To(place)) => (place.as_str(), None),
        Some(Next::Elsewhere) => (otherwise, Some(Notice::NotThere)),
        None => (otherwise, None),
    };
    let mut response = leaving::lead(site, visitor, place);
    if is_page(place) {
        let notices: Vec<Notice> = told.into_iter().chain(not_there).collect();
        notice::put(&notices, &mut response, site);
    } else if !visitor.notices.is_empty() && !visitor.is_head() {
        notice::drop(&mut response, site);
    }
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
    notice::put(&[Notice::ConfirmFirst], &mut response, &house.site);
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
    if let Some(reset) = &redeemed.reset {
        let mut response = visitor.wait_at(CHECK_INBOX, site, &reset.request);
        notice::put(&[Notice::AccountSecured], &mut response, site);
        return response;
    }
    let notice = match (redeemed.outcome, redeemed.purpose) {
        (Outcome::Confirmed, _) => Notice::Confirmed,
        // Otherwise people would think that the password they entered is the new one.
        (Outcome::SignedIn, Purpose::Register) => Notice::KnownAlready,
        (Outcome::SignedIn, _) => Notice::SignedIn,
        (Outcome::PasswordReset, _) => Notice::PasswordReset,
        (Outcome::EmailChanged, _) => Notice::EmailChanged,
        (Outcome::EmailRestored, _) => Notice::EmailRestored,
        (Outcome::Recent, _) => Notice::Recent,
        (Outcome::AccountSecured, _) => Notice::AccountSecured,
    };
    let (wanted, told) = (redeemed.next.as_ref(), Some(notice));
    let mut response = match redeemed.outcome {
        Outcome::EmailChanged => arrive(house, visitor, None, PROFILE, told),
        Outcome::Recent => go_back(house, visitor, wanted, told),
        // Anyone who is still signed in here, to another account, would be sent on from the sign-in page.
        Outcome::EmailRestored if visitor.signed_in.is_some() => arrive(house, visitor, None, HOME, told),
        Outcome::EmailRestored => {
            let mut response = visitor.lead_to(SIGN_IN);
            notice::put(&[notice], &mut response, site);
            response
        }
        _ => arrive(house, visitor, wanted, site.home.as_str(), told),
    };
    if let Some(signed_in) = &redeemed.signed_in {
        keep(&mut response, house, &visitor.client, signed_in);
    }
    visitor.let_go(&mut response, site, request, &redeemed.account.address);
    response
}

/// After a sign-in with a password.
pub(super) fn welcome(house: &House, visitor: &Visitor, signed_in: &SignedIn) -> Response {
    let (wanted, home) = (visitor.wanted.as_ref(), house.site.home.as_str());
    let mut response = arrive(house, visitor, wanted, home, Some(Notice::SignedIn));
    keep(&mut response, house, &visitor.client, signed_in);
    visitor.let_go(&mut response, &house.site, None, &signed_in.account.address);
    response
}
