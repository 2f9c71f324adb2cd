//! Programs of the machine that some tests need.

use std::path::Path;

/// Whether a program is installed. If not, a line says so, and on CI the test fails.
pub(crate) fn is_installed(path: &str) -> bool {
    is_met(Path::new(path).exists(), path)
}

/// Whether the test runs as root. If not, a line says so, and on CI the test fails.
pub(crate) fn is_root() -> bool {
    is_met(rustix::process::geteuid().is_root(), "root")
}

#[expect(clippy::disallowed_methods, reason = "the environment decides whether skipping a test is an error")]
fn is_met(is_met: bool, need: &str) -> bool {
    assert!(is_met || std::env::var_os("CI").is_none(), "CI must have what this test needs: {need}");
    if !is_met {
        eprintln!("skipped: needs {need}");
    }
    is_met
}
