//! One connection: hyper over a watched socket, until it ends, exceeds a limit or is stopped.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Endpoint, Request};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::deadline::{Checks, Received};
use super::places::Place;
use super::watched::Watched;
use super::{Limits, access_log};
use crate::web::house::OF_REQUESTS;

/// Serves `socket` until it ends. On `stop`, a connection without a complete head ends at once; any
/// other ends after its response. Returns the socket if the client may still be sending, for [`linger`].
pub(super) async fn serve<S, E>(
    socket: S,
    (local, peer): (LocalAddr, RemoteAddr),
    endpoint: Arc<E>,
    limits: &Limits,
    place: &Place,
    stop: &CancellationToken,
) -> Option<S>
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
    E: Endpoint + 'static,
{
    let line = &place.line;
    let service = service_fn(|request: hyper::Request<Incoming>| {
        line.asked();
        place.is_free_again();
        let mut request = Request::from((request, local.clone(), peer.clone(), Scheme::HTTP));
        request.extensions_mut().insert(Received(Arc::clone(line)));
        let (line, endpoint) = (Arc::clone(line), Arc::clone(&endpoint));
        async move {
            let response = hyper::Response::from(endpoint.get_response(request).await);
            Ok::<_, Infallible>(response.map(|body| line.answered(body)))
        }
        .boxed()
    });
    let io = TokioIo::new(Watched { socket, place });
    // HTTP/1 only: browsers reach us through a proxy, and cleartext HTTP/2 would need limits of its own.
    // hyper's timer is off because `Line` has the timeouts.
    let mut hyper = http1::Builder::new()
        .header_read_timeout(None)
        // A client that ends its side after the request is still answered. One that is gone is noticed by
        // `Watched`, with each check.
        .half_close(true)
        // `max_buf_size` is not enough: a head that arrives in one piece can exceed it.
        .max_buf_size(limits.head_bytes)
        .max_header_size(limits.head_bytes)
        .serve_connection(io, service);
    let mut checks = Checks::new(line, limits);
    let (mut is_stopping, mut is_leaving) = (false, false);
    let ended = loop {
        tokio::select! {
            biased;
            // An error here is the client's (bad bytes, connection closed) and has been answered if possible.
            ended = &mut hyper => break ended,
            is_overrun = checks.next() => if is_overrun { return None },
            () = place.leave.cancelled(), if !is_leaving => {
                // A request that was received whole just now is still answered.
                if line.is_unasked() {
                    return None;
                }
                is_leaving = true;
                Pin::new(&mut hyper).graceful_shutdown();
            }
            () = stop.cancelled(), if !is_stopping => {
                if line.is_waiting() {
                    return None;
                }
                is_stopping = true;
                Pin::new(&mut hyper).graceful_shutdown();
            }
        }
    };
    let parts = hyper.into_parts();
    if let Err(error) = ended {
        tell(&error, &peer, &parts.read_buf);
    }
    Some(parts.io.into_inner().socket)
}

/// Waits a moment for the client to read our last response and stop sending. A future of its own, because that of
/// [`serve`] is large, and thousands of clients whose bodies were refused would keep its memory meanwhile.
pub(super) async fn linger(socket: impl AsyncRead + AsyncWrite + Unpin, limits: &Limits, place: &Place) {
    tokio::select! {
        _ = timeout(limits.linger, finish(socket)) => {}
        // Its place is counted as free already.
        () = place.leave.cancelled() => {}
    }
}

/// Logs a request that hyper refused because it could not read its head. No other line tells of it.
fn tell(error: &hyper::Error, peer: &RemoteAddr, received: &[u8]) {
    if !error.is_parse() {
        return;
    }
    let status = if error.is_parse_too_large() { 431 } else { 400 };
    let peer = peer.as_socket_addr().map_or_else(|| "unix socket".to_owned(), |peer| peer.ip().to_string());
    let began = access_log::began(received);
    tracing::warn!(
        target: OF_REQUESTS,
        status,
        client.ip = peer,
        received = received.len(),
        began,
        "refused a request whose head cannot be read"
    );
}

/// Ends our side, then reads whatever the client still sends. If we closed with bytes unread, the kernel
/// would reset the connection, and the client would lose the response that says why its body was refused.
async fn finish(mut socket: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    // hyper has already done this, unless the client asked for an upgrade or sent HTTP/2.
    let _ = socket.shutdown().await;
    while drop_some(&mut socket).await? > 0 {}
    Ok(())
}

/// Reads some of what arrives and drops it. Returns how many bytes; none at the end.
///
/// Its buffer lives only while it reads: thousands of clients whose bodies are refused would take more memory for
/// waiting than for their bodies.
async fn drop_some(socket: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
    poll_fn(|context| {
        let mut unread = [MaybeUninit::uninit(); 4096];
        let mut unread = ReadBuf::uninit(&mut unread);
        ready!(Pin::new(&mut *socket).poll_read(context, &mut unread))?;
        Poll::Ready(Ok(unread.filled().len()))
    })
    .await
}
