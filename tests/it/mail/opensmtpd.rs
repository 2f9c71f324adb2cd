//! `OpenSMTPD`, a real mail server, on loopback and with its own mailbox.

use std::fs::{self, File, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

const PROGRAM: &str = "/usr/sbin/smtpd";
/// The owner of the mailbox: the server drops root rights before it delivers.
const NOBODY: u32 = 65534;

/// A running `OpenSMTPD` that delivers every email into one Maildir. Dropping it stops it.
pub(crate) struct OpenSmtpd {
    pub(crate) port: u16,
    child: Child,
    folder: TempDir,
    // The last field, so that the next server starts after this one has ended: the daemon has its
    // spool and control socket at fixed paths.
    _alone: File,
}

impl OpenSmtpd {
    /// Starts it. Returns nothing and prints a line where it cannot run. On CI the test fails then.
    pub(crate) fn start() -> Option<Self> {
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        if !is_root || !Path::new(PROGRAM).exists() {
            assert!(!is_ci(), "{PROGRAM} must be there and runnable by root on CI");
            eprintln!("skipped: needs root and {PROGRAM}");
            return None;
        }
        let alone = File::create("/tmp/gatepost-test-opensmtpd.lock").unwrap();
        alone.lock().unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("box")).unwrap();
        chown(folder.path().join("box"), Some(NOBODY), None).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = folder.path().join("smtpd.conf");
        fs::write(&config, configuration(port, folder.path())).unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let child = Command::new(PROGRAM)
            .args(["-d", "-f"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        let server = Self { port, child, folder, _alone: alone };
        server.until(|| TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(server)
    }

    /// Waits for `count` emails and returns them as they were delivered.
    pub(crate) fn delivered(&self, count: usize) -> Vec<Vec<u8>> {
        self.until(|| self.files().len() >= count);
        self.files().iter().map(|file| fs::read(file).unwrap()).collect()
    }

    fn files(&self) -> Vec<PathBuf> {
        let new = fs::read_dir(self.folder.path().join("box/new"));
        new.map(|files| files.map(|file| file.unwrap().path()).collect()).unwrap_or_default()
    }

    /// Asks again and again, because a foreign process does not report when it is ready.
    fn until(&self, so: impl Fn() -> bool) {
        for _ in 0..1000 {
            if so() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{}", fs::read_to_string(self.folder.path().join("log")).unwrap_or_default());
    }
}

impl Drop for OpenSmtpd {
    fn drop(&mut self) {
        // The parent ends its six children. Signalling the group also ends any that stay.
        let group = i32::try_from(self.child.id()).unwrap();
        let _ = Command::new("kill").args(["-TERM", "--", &format!("-{group}")]).status();
        let _ = self.child.wait();
    }
}

fn configuration(port: u16, folder: &Path) -> String {
    let mailbox = folder.join("box");
    format!(
        "listen on 127.0.0.1 port {port}\n\
         table everyone {{ \"@\" = \"nobody\" }}\n\
         action \"keep\" maildir \"{}\" virtual <everyone>\n\
         match from any for any action \"keep\"\n",
        mailbox.display()
    )
}

#[expect(clippy::disallowed_methods, reason = "the environment says whether a test may be skipped")]
pub(super) fn is_ci() -> bool {
    std::env::var("CI").is_ok()
}
