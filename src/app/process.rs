//! Signals and limits of the process.

use std::fs;
use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancels `stop` at the first SIGTERM, SIGINT or SIGHUP (a closed terminal). Sending them again has
/// no effect, because shutting down takes seconds and service managers repeat signals. Only a second
/// SIGINT ends the process at once: it comes from a person who does not want to wait, and everything
/// acknowledged is on disk anyway.
pub(super) fn stop_at_signal(stop: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        let mut is_interrupted = false;
        loop {
            let is_interrupt = tokio::select! {
                _ = terminate.recv() => false,
                Some(()) = async { hangup.as_mut()?.recv().await } => false,
                _ = interrupt.recv() => true,
            };
            if is_interrupt && is_interrupted {
                tracing::warn!("stopped at once by a second interrupt");
                std::process::exit(1);
            }
            is_interrupted |= is_interrupt;
            if !stop.is_cancelled() {
                tracing::info!("shutting down, finishing open requests");
                stop.cancel();
            }
        }
    });
    Ok(())
}

/// Whether SIGHUP was ignored at the start (as `nohup` does), so that a closed terminal has no effect.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // Signal 1 is the lowest bit.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Raises the soft limit of open files to the hard limit. Every connection is a file, and the usual
/// soft limit of 1024 is a tenth of the connections we accept.
pub(super) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, limit = limit.current, "could not raise the limit of open files");
    }
}
