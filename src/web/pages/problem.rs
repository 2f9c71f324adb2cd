//! A refusal as a page.

use poem::{IntoResponse, Response};

use crate::web::Site;
use crate::web::problem::Problem;

/// Draws it.
#[must_use]
pub fn draw(problem: &Problem, site: &Site, request_id: &str) -> Response {
    let _ = (site, request_id);
    problem.detail.clone().into_owned().into_response()
}
