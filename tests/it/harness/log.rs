//! The log, as a test can read it.

use std::io::{Write, sink};
use std::sync::{Arc, LazyLock, Mutex};

use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

/// While there is only one subscriber, tracing asks the thread that comes to a log statement first whether it wants it,
/// and another test's thread has none. With a second one, it asks all subscribers.
static SECOND: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::fmt().with_writer(sink).finish()));

/// What this thread logs while it is captured.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures everything until the guard is dropped.
    pub(crate) fn capture(&self) -> DefaultGuard {
        LazyLock::force(&SECOND);
        let writer = self.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        // tracing decides once per log statement whether any subscriber wants it, in the first thread that
        // comes to it, which may have been another test's.
        tracing::callsite::rebuild_interest_cache();
        guard
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
