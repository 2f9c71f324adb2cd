//! How large a body may be, and how long it may take. Bodies are read completely here, because poem's
//! handlers and extractors would read from the network without limits.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use poem::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use poem::{Body, Request};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::Limits;
use super::body_memory::Held;
use super::deadline::Received;
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// How much memory is taken at once for what arrives.
const PIECE_BYTES: usize = 4096;
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
pub(super) async fn buffer<'a>(
    request: &mut Request,
    limits: &Limits,
    held: Held<'a>,
) -> Result<Held<'a>, Problem> {
    let body = request.take_body();
    let mut held = held;
    if !request.method().is_safe() && !body.is_empty() {
        let is_json = Door::of(request.uri().path()) == Door::Json;
        let most = if is_json { limits.json_bytes } else { limits.form_bytes };
        let declared = declared_length(request);
        if declared.is_some_and(|bytes| bytes > most as u64) {
            return Err(Problem::of(Code::TooLarge));
        }
        let bytes = timeout(limits.body, read(body, declared, most, &mut held)).await;
        // Too slow: there is no complete body.
        request.set_body(Body::from_vec(bytes.map_err(|_| Problem::of(Code::Malformed))??));
    }
    if let Some(Received(line)) = request.extensions().get() {
        line.received();
    }
    Ok(held)
}

async fn read(
    body: Body,
    declared: Option<u64>,
    most: usize,
    held: &mut Held<'_>,
) -> Result<Vec<u8>, Problem> {
    let expected = declared.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(most);
    let mut arrived = Arrived::default();
    let mut stream = pin!(body.into_bytes_stream());
    while let Some(chunk) = stream.next().await {
        // Cut off or badly chunked.
        let chunk = chunk.map_err(|_| Problem::of(Code::Malformed))?;
        if arrived.bytes + chunk.len() > most {
            return Err(Problem::of(Code::TooLarge));
        }
        let is_whole = declared == Some(arrived.bytes as u64 + chunk.len() as u64);
        if !held.grow(chunk.len(), is_whole) {
            let came = "a body, while others take all the memory for bodies".to_owned();
            return Err(Problem::of(Code::Busy).retry_after(PAUSE).came(came));
        }
        arrived.append(&chunk, expected);
    }
    Ok(arrived.whole())
}

/// What has arrived of a body, in pieces of one size, which take no more memory than what has arrived. In a vector
/// that grows, thousands of bodies that never end would take twice that, and leave copies of passwords behind.
#[derive(Default)]
struct Arrived {
    /// They may contain a password. If they are not returned, they are erased.
    pieces: Zeroizing<Vec<Vec<u8>>>,
    bytes: usize,
}

impl Arrived {
    fn append(&mut self, mut chunk: &[u8], expected: usize) {
        self.bytes += chunk.len();
        while !chunk.is_empty() {
            let is_full = |piece: &Vec<u8>| piece.len() == piece.capacity();
            if self.pieces.last().is_none_or(is_full) {
                let first = if self.pieces.is_empty() { expected.max(1) } else { PIECE_BYTES };
                self.pieces.push(Vec::with_capacity(first.min(PIECE_BYTES)));
            }
            let Some(piece) = self.pieces.last_mut() else { return };
            let (fits, rest) = chunk.split_at(chunk.len().min(piece.capacity() - piece.len()));
            piece.extend_from_slice(fits);
            chunk = rest;
        }
    }

    fn whole(mut self) -> Vec<u8> {
        if self.pieces.len() == 1 {
            return self.pieces.pop().unwrap_or_default();
        }
        let mut whole = Vec::with_capacity(self.bytes);
        self.pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
        whole
    }
}

fn declared_length(request: &Request) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
