//! Sending through a `sendmail` program: a real one, and small scripts in its place.

mod endings;
mod misbehaving;
mod real_program;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use gatepost::mail::{MailSettings, SendmailSettings, TransportSettings};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use super::through;

/// A program in its own folder, which it knows as `$here`. `$to` is the recipient.
struct Program(TempDir);

impl Program {
    /// A program that is not installed yet.
    fn missing() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn new(script: &str) -> Self {
        let program = Self::missing();
        program.write(script);
        program
    }

    fn write(&self, script: &str) {
        let script = format!(
            "#!/bin/sh\n\
             here={}\n\
             for to; do :; done\n\
             echo \"$*\" >> \"$here/calls\"\n\
             keep() {{ cat > \"$here/$$.part\" && mv \"$here/$$.part\" \"$here/$to.$$.letter\"; }}\n\
             {script}\n",
            self.0.path().display()
        );
        write_program(&self.path("sendmail"), &script);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn settings(&self) -> MailSettings {
        through(TransportSettings::Sendmail(SendmailSettings {
            programs: vec![self.path("sendmail")],
            withheld: vec![],
        }))
    }

    /// The recipient of each call, sorted.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let mut calls: Vec<String> =
            calls.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
        calls.sort();
        calls
    }

    /// The recipients of the emails that it kept, sorted.
    fn kept(&self) -> Vec<String> {
        let files = fs::read_dir(self.0.path()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut kept: Vec<String> = names
            .filter_map(|name| Some(name.strip_suffix(".letter")?.rsplit_once('.')?.0.to_owned()))
            .collect();
        kept.sort();
        kept
    }

    /// Waits until the program has written a process id to this file.
    async fn process(&self, name: &str) -> Process {
        let number = || fs::read_to_string(self.path(name)).ok()?.strip_suffix('\n')?.parse().ok();
        until(|| number().is_some()).await;
        Process(Pid::from_raw(number().unwrap()).unwrap())
    }
}

/// A process that a program has started. Dropping it kills it.
struct Process(Pid);

impl Process {
    fn lives(&self) -> bool {
        let state = fs::read_to_string(format!("/proc/{}/stat", self.0.as_raw_nonzero()));
        let is_dead = |state: String| state.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
        test_kill_process(self.0).is_ok() && !state.is_ok_and(is_dead)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Most have ended by then.
        let _ = kill_process(self.0, Signal::KILL);
    }
}

/// Writes a program through another process. A file that this process had open for writing cannot be
/// started while a child of another test still has it open.
pub(crate) fn write_program(path: &Path, text: &str) {
    let mut writing =
        Command::new("/bin/sh").args(["-c", "cat > \"$0\""]).arg(path).stdin(Stdio::piped()).spawn().unwrap();
    writing.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writing.wait().unwrap().success());
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Returns when `so` is true. Asks again and again, because a foreign process does not report.
async fn until(so: impl Fn() -> bool) {
    let so = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), so).await.expect("it never happened");
}
