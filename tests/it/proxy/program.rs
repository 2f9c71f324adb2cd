//! A proxy as people run it, in a process of its own, under a recipe of the documentation.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/in-front-of-an-app.md");

/// Where the proxy listens, and what stands behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) proxy: SocketAddr,
    pub(super) gatepost: SocketAddr,
    pub(super) app: SocketAddr,
}

/// A running proxy. Killed when dropped.
pub(super) struct Program {
    child: Child,
    folder: TempDir,
}

impl Program {
    /// Whether it can be run. Where it cannot a line says so, and on CI the test fails.
    pub(super) fn is_there(path: &str) -> bool {
        let is_there = Path::new(path).exists();
        assert!(is_there || !is_ci(), "{path} must be there on CI");
        if !is_there {
            eprintln!("skipped: needs {path}");
        }
        is_there
    }

    /// Runs it as it is told to in its folder, and waits until it listens.
    pub(super) fn start(mut command: Command, folder: TempDir, proxy: SocketAddr) -> Self {
        let log = File::create(folder.path().join("log")).unwrap();
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut program = Self { child: command.spawn().unwrap(), folder };
        // A foreign process tells nobody when it is ready: it is asked again and again.
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

/// A block of the page in this language, with other names, ports and TLS: each of these must stand
/// in it, or the test would run something else than what people read.
pub(super) fn recipe(language: &str, changes: &[(&str, &str)]) -> String {
    let page = fs::read_to_string(PAGE).unwrap();
    let mut blocks = page.split("```").skip(1).step_by(2);
    let block = blocks.find_map(|block| block.strip_prefix(language)?.strip_prefix('\n'));
    let block = block.unwrap_or_else(|| panic!("no {language} on the page")).to_owned();
    changes.iter().fold(block, |text, (from, to)| {
        assert!(text.contains(from), "{from} does not stand in the recipe: {text}");
        text.replace(from, to)
    })
}

#[expect(clippy::disallowed_methods, reason = "whether a skipped test is a fault is told by the environment")]
fn is_ci() -> bool {
    std::env::var("CI").is_ok()
}
