//! How large a body may be, and how long it may take. Bodies are read completely here, because poem's
//! handlers and extractors would read from the network without limits.

use poem::error::ReadBodyError;
use poem::http::header::CONTENT_LENGTH;
use poem::{Body, Request};
use tokio::time::timeout;

use super::Limits;
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// Reads the body within its limits and puts it back.
///
/// If `Content-Length` is over the limit, the request is refused before its body is read. If the header
/// is missing or wrong, the request is refused when the body passes the limit.
pub(super) async fn buffer(request: &mut Request, limits: &Limits) -> Result<(), Problem> {
    let most =
        if Door::of(request.uri().path()) == Door::Json { limits.json_bytes } else { limits.form_bytes };
    if declared_length(request).is_some_and(|length| length > most as u64) {
        return Err(Problem::of(Code::TooLarge));
    }
    let body = request.take_body();
    if body.is_empty() {
        return Ok(());
    }
    match timeout(limits.body, body.into_bytes_limit(most)).await {
        Ok(Ok(bytes)) => {
            request.set_body(Body::from_bytes(bytes));
            Ok(())
        }
        Ok(Err(ReadBodyError::PayloadTooLarge)) => Err(Problem::of(Code::TooLarge)),
        // Cut off, badly chunked or too slow: there is no complete body.
        Ok(Err(_)) | Err(_) => Err(Problem::of(Code::Malformed)),
    }
}

fn declared_length(request: &Request) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
