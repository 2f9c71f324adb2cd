//! A real proxy, in a process of its own.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A running proxy. Killed when dropped.
pub(crate) struct Program {
    child: Child,
    folder: TempDir,
}

impl Program {
    /// Runs it in its folder, and waits until it listens.
    pub(crate) fn start(mut command: Command, folder: TempDir, proxy: SocketAddr) -> Self {
        let log = File::create(folder.path().join("log")).unwrap();
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut program = Self { child: command.spawn().unwrap(), folder };
        // It does not report when it is ready, so the port is tried again and again.
        for _ in 0..1000 {
            if TcpStream::connect(proxy).is_ok() {
                return program;
            }
            assert!(program.child.try_wait().unwrap().is_none(), "it ended: {}", program.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not listen: {}", program.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of the proxy:\n{}", self.log());
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
