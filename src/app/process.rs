//! Signals and limits of the process.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::operator::MOST_CONNECTIONS;

/// Files that the server needs in any case: the database, its sockets, the log, certificate authorities.
const OWN_FILES: usize = 96;
/// Files for each of `mail.connections`: two emails may be on their way, and four more wait for their last
/// answer. A sendmail program takes three files, one more while it starts, and two when it has the email.
const FILES_PER_MAIL_CONNECTION: usize = 16;
/// Enough to answer one browser, however low the limit is.
const FEWEST_CONNECTIONS: usize = 16;

/// Cancels `stop` at the first SIGTERM or SIGINT. Sending them again has no effect, because shutting down
/// takes seconds and service managers repeat signals. Only a second SIGINT ends the process at once: it comes
/// from a person who does not want to wait, and everything acknowledged is on disk anyway.
pub(super) fn stop_at_signal(stop: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        let mut is_interrupted = false;
        loop {
            let is_interrupt = tokio::select! {
                _ = terminate.recv() => false,
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

/// SIGHUP (`systemctl reload`, a closed terminal), which never ends the server from now on: a service manager would
/// take the exit code 0 for intended and leave it stopped. One that arrives before anyone waits for it is kept.
pub(super) fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// How many connections may be open at once, out of the `wanted`. Raises the soft limit of open files to the
/// hard limit first: every connection is a file, and the usual soft limit of 1024 is a tenth of what is
/// wanted. Filled with connections to the last file, the server could neither send email nor answer commands, so
/// it keeps the files it needs for these.
pub(super) fn connections(wanted: usize, mail_connections: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, limit = limit.current, "could not raise the limit of open files");
            limit.current
        }
    };
    let Some(files) = files.and_then(|files| usize::try_from(files).ok()) else { return wanted };
    let own = OWN_FILES + MOST_CONNECTIONS + FILES_PER_MAIL_CONNECTION * mail_connections;
    let most = files.saturating_sub(own).max(FEWEST_CONNECTIONS);
    if most < wanted {
        tracing::warn!(
            "the limit of open files is {files}, so at most {most} connections are open at once instead of \
             {wanted}; raise it (LimitNOFILE= in systemd, ulimit -n in a shell)"
        );
    }
    most.min(wanted)
}
