//! How much a body may hold, and how long it may take: read whole here, so that no handler and no
//! extractor of poem's ever reads from the network (they know no bounds).

use poem::error::ReadBodyError;
use poem::http::header::CONTENT_LENGTH;
use poem::{Body, Request};
use tokio::time::timeout;

use super::Limits;
use crate::web::Door;
use crate::web::problem::{Code, Problem};

/// Reads the body within its limits and puts it back.
///
/// A length that is too much is refused before a byte is read; one that lies, or is not told, when
/// the limit is passed. No method is asked for a length: a GET has none.
pub(super) async fn buffer(request: &mut Request, limits: &Limits) -> Result<(), Problem> {
    let most =
        if Door::of(request.uri().path()) == Door::Json { limits.json_bytes } else { limits.form_bytes };
    if told_length(request).is_some_and(|length| length > most as u64) {
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
        // Cut off, badly chunked, or dripping: what came is no body.
        Ok(Err(_)) | Err(_) => Err(Problem::of(Code::Malformed)),
    }
}

fn told_length(request: &Request) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
