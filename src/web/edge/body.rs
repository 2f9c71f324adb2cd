//! How large a body may be, and how long it may take. Bodies are read completely here, because poem's
//! handlers and extractors would read from the network without limits.

use std::mem;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use poem::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use poem::{Body, Request};
use tokio::time::timeout;
use zeroize::{Zeroize, Zeroizing};

use super::Limits;
use super::body_memory::Held;
use super::deadline::Received;
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// A body for which no room is made in advance.
const SMALL_BYTES: usize = 8 * 1024;
/// How long a client should wait when there is no memory for its body.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether a request has, or claims to have, a body that its method gives no meaning to.
pub(super) fn is_meaningless(request: &Request) -> bool {
    let headers = request.headers();
    let is_declared = headers.contains_key(TRANSFER_ENCODING)
        || headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    request.method().is_safe() && is_declared
}

/// Reads the body within its limits and puts it back. Returns its memory, to be held while it is used.
///
/// A GET is answered from its head. A proxy that asks us about a POST repeats the head of that POST, with
/// a `Content-Length`, and sends no body: waiting for it would time out.
///
/// If `Content-Length` is over the limit, the request is refused before its body is read. If the header
/// is missing or wrong, the request is refused when the body passes the limit.
pub(super) async fn buffer(request: &mut Request, limits: &Limits, held: Held) -> Result<Held, Problem> {
    let body = request.take_body();
    let mut held = held;
    if !request.method().is_safe() && !body.is_empty() {
        let is_json = Door::of(request.uri().path()) == Door::Json;
        let most = if is_json { limits.json_bytes } else { limits.form_bytes };
        let declared = declared_length(request).unwrap_or_default();
        if declared > most as u64 {
            return Err(Problem::of(Code::TooLarge));
        }
        let expected = usize::try_from(declared).unwrap_or(most);
        let bytes = timeout(limits.body, read(body, expected, most, &mut held)).await;
        // Too slow: there is no complete body.
        request.set_body(Body::from_vec(bytes.map_err(|_| Problem::of(Code::Malformed))??));
    }
    if let Some(Received(line)) = request.extensions().get() {
        line.received();
    }
    Ok(held)
}

async fn read(body: Body, expected: usize, most: usize, held: &mut Held) -> Result<Vec<u8>, Problem> {
    // It may contain a password. If it is not returned, it is erased.
    let mut bytes = Zeroizing::new(Vec::new());
    let mut stream = pin!(body.into_bytes_stream());
    while let Some(chunk) = stream.next().await {
        // Cut off or badly chunked.
        let chunk = chunk.map_err(|_| Problem::of(Code::Malformed))?;
        if bytes.len() + chunk.len() > most {
            return Err(Problem::of(Code::TooLarge));
        }
        if !held.grow(chunk.len()) {
            return Err(Problem::of(Code::Busy).retry_after(PAUSE));
        }
        append(&mut bytes, &chunk, expected);
    }
    Ok(mem::take(&mut *bytes))
}

/// Makes room by itself: a vector that grows leaves a copy of its bytes behind. Room for the expected length is
/// made only once much of it has arrived, since announcing a body must cost nothing.
fn append(bytes: &mut Vec<u8>, chunk: &[u8], expected: usize) {
    let needed = bytes.len() + chunk.len();
    if bytes.capacity() < needed {
        let wanted = if bytes.len() < SMALL_BYTES { 2 * bytes.len() } else { expected };
        let mut larger = Vec::with_capacity(needed.max(wanted));
        larger.extend_from_slice(bytes);
        bytes.zeroize();
        *bytes = larger;
    }
    bytes.extend_from_slice(chunk);
}

fn declared_length(request: &Request) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
