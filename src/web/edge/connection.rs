//! One connection: hyper over a watched socket, until it ends, overruns or is stopped.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Endpoint, Request};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Limits;
use super::deadline::{Line, Watched};

/// Serves `socket` to its end. On `stop` a connection without a whole head ends at once, another
/// after its answer.
pub(super) async fn serve<S, E>(
    socket: S,
    (local, peer): (LocalAddr, RemoteAddr),
    endpoint: Arc<E>,
    limits: &Limits,
    stop: &CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin,
    E: Endpoint + 'static,
{
    let line = Line::new();
    let service = service_fn(|request: hyper::Request<Incoming>| {
        line.asked();
        let request = Request::from((request, local.clone(), peer.clone(), Scheme::HTTP));
        let (line, endpoint) = (Arc::clone(&line), Arc::clone(&endpoint));
        async move {
            let response = hyper::Response::from(endpoint.get_response(request).await);
            Ok::<_, Infallible>(response.map(|body| line.answered(body)))
        }
        .boxed()
    });
    let io = TokioIo::new(Watched { socket, line: Arc::clone(&line) });
    // HTTP/1 alone: a proxy stands in front, and cleartext HTTP/2 would have limits of its own.
    // No timer of hyper's: `Line` has the time-outs.
    let mut hyper = http1::Builder::new()
        .header_read_timeout(None)
        // The buffer alone is no limit: a head that comes in one piece may outgrow it.
        .max_buf_size(limits.head_bytes)
        .max_header_size(limits.head_bytes)
        .serve_connection(io, service);
    let mut overrun = pin!(line.overrun(limits));
    let mut is_stopping = false;
    loop {
        tokio::select! {
            biased;
            // A fault here is the client's (bad bytes, gone away); it was answered as far as it can be.
            _ = &mut hyper => break,
            () = &mut overrun => return,
            () = stop.cancelled(), if !is_stopping => {
                if line.is_waiting() {
                    return;
                }
                is_stopping = true;
                Pin::new(&mut hyper).graceful_shutdown();
            }
        }
    }
    let _ = timeout(limits.linger, finish(hyper.into_parts().io.into_inner().socket)).await;
}

/// Says that we are done, then reads what still comes. Closing with bytes unread makes the kernel
/// reset the connection, and the client would lose the answer that told why its body was refused.
async fn finish(mut socket: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    // hyper has, unless somebody asked for an upgrade or spoke HTTP/2.
    let _ = socket.shutdown().await;
    let mut unread = [0; 4096];
    while socket.read(&mut unread).await? > 0 {}
    Ok(())
}
