//! For a browser that keeps no cookies: it could never be signed in.

use maud::html;
use poem::Response;
use poem::http::Uri;

use super::layout::page;
use super::visitor::Visitor;
use crate::domain::record::next::Next;
use crate::path::{LINK, SIGN_IN, with_next};
use crate::web::house::Site;

const TITLE: &str = "Cookies are needed";

/// Takes the place of any page that was to show that the browser keeps cookies.
pub(super) fn needed(site: &Site, visitor: &Visitor, uri: &Uri) -> Response {
    if visitor.is_htmx {
        return visitor.lead_to(uri.path_and_query().map_or(SIGN_IN, |place| place.as_str()));
    }
    let is_link = uri.path().starts_with(LINK);
    let again = if is_link {
        uri.path().to_owned()
    } else {
        with_next(SIGN_IN, visitor.wanted.as_ref().map(Next::text))
    };
    let content = html! {
        section.card {
            h1 { (TITLE) }
            p.lead { "This site uses a cookie to recognise you, but your browser didn't keep it." }
            p { "Allow cookies for this site in your browser's settings, then try again." }
            p.hint {
                @if is_link { "Your link has not been used." }
                @else { "If we've sent you an email, you can also open its link in another browser." }
            }
            p.actions { a.button href=(again) { "Try again" } }
        }
    };
    page(site, visitor, TITLE, &content)
}
