//! What a process asks of the system it runs on.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::Access;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What others than the owner may do with a folder.
const OTHERS: u32 = 0o077;

/// Cancels `stop` at the first SIGTERM, SIGINT or SIGHUP (a terminal that was closed). What is sent
/// again changes nothing: stopping takes seconds, and machines repeat themselves. Only the second
/// SIGINT ends the process at once: that is a person who has waited long enough, and what was
/// answered is on the disk anyway.
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
                tracing::warn!("stopped by a second interrupt");
                std::process::exit(1);
            }
            is_interrupted |= is_interrupt;
            if !stop.is_cancelled() {
                tracing::info!("stopping: what has begun is finished");
                stop.cancel();
            }
        }
    });
    Ok(())
}

/// Whether whoever started us (`nohup`) wants a closed terminal to change nothing.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // Signal 1 is the lowest bit.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Raises the soft limit of open files to the hard one: every connection is a file, and the usual
/// soft limit of 1024 is a tenth of what we let in.
pub(super) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays at {:?}", limit.current);
    }
}

/// Makes the data folder, for its owner alone, or proves that an existing one can be written to.
pub(super) fn data_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)?;
    let mode = fs::metadata(path)?.mode() & 0o777;
    if mode & OTHERS != 0 {
        tracing::warn!(
            "others may look into the data folder {0} (mode {mode:o}): chmod 700 {0}",
            path.display()
        );
    }
    Ok(())
}
