//! A refusal as JSON (RFC 9457).

use poem::{IntoResponse, Response};

use crate::web::problem::Problem;

/// Draws it.
#[must_use]
pub fn draw(problem: &Problem, request_id: &str) -> Response {
    let _ = request_id;
    problem.detail.clone().into_owned().into_response()
}
