//! What a handler returns.

use maud::Markup;
use poem::{IntoResponse, Response};

use crate::web::problem::Problem;

/// A page, a fragment or a redirect; or a refusal that still has to be drawn.
pub(super) type Answer = Result<Response, Problem>;

/// A piece of a page, for htmx.
pub(super) fn fragment(markup: Markup) -> Response {
    markup.into_response()
}
