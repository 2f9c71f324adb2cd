//! What a process asks of the system it runs on.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::Access;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What others than the owner may do with a folder.
const OTHERS: u32 = 0o077;

/// Cancels `stop` at the first SIGTERM or SIGINT. The second ends the process at once: whoever
/// sends it has waited long enough, and what was answered is on the disk anyway.
pub(super) fn stop_at_signal(stop: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping: what has begun is finished");
        stop.cancel();
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("stopped by a second signal");
        std::process::exit(1);
    });
    Ok(())
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
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
