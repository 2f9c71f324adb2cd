//! Sending through the machine's own `sendmail` program, whichever mail server brought it along.
//!
//! 1. It is started: `sendmail -i -f SENDER -- RECIPIENT`.
//! 2. It reads the letter from its standard input. At the end of that it may have the letter.
//! 3. Its exit code, one of `sysexits.h`, tells what became of the letter.
//!
//! Not lettre's transport: it keeps the exit code to itself, and with it whether to try again.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use lettre::address::Envelope;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::carrier::Outcome;
use super::message::Mail;
use super::smtp::plain;
use crate::domain::outbox::Delivery;

/// Which program, and what it must not know.
#[derive(Clone, Debug)]
pub struct SendmailSettings {
    /// Where it may be: the first that can be started is used. A bare name is looked for in `PATH`.
    pub programs: Vec<PathBuf>,
    /// Variables of the environment that it is not given.
    pub withheld: Vec<String>,
}

impl SendmailSettings {
    /// Where the program is found on most machines. The `PATH` of a service often lacks sbin.
    #[must_use]
    pub fn usual_programs() -> Vec<PathBuf> {
        ["sendmail", "/usr/sbin/sendmail", "/usr/lib/sendmail"].map(PathBuf::from).into()
    }
}

/// The program, run anew for every letter.
pub(super) struct Sendmail {
    settings: SendmailSettings,
    patience: Duration,
}

impl Sendmail {
    /// A program that gets `patience` for one letter.
    pub(super) fn new(settings: SendmailSettings, patience: Duration) -> Self {
        Self { settings, patience }
    }

    /// Hands over one letter: what became of it. Nothing, when `stop` came before the end of the
    /// letter: then the program has not got it. Past the end it may have, and is waited for.
    pub(super) async fn send(&self, mail: &Mail, stop: &CancellationToken) -> Option<Outcome> {
        let whole = timeout(self.patience, self.hand_over(mail, stop)).await;
        whole.unwrap_or_else(|_| Some(delayed(format_args!("no end after {:?}", self.patience))))
    }

    async fn hand_over(&self, mail: &Mail, stop: &CancellationToken) -> Option<Outcome> {
        let mut running = match self.start(&mail.envelope) {
            Ok(running) => running,
            Err(failures) => return Some(delayed(format_args!("cannot be started: {failures}"))),
        };
        match stop.run_until_cancelled(running.read(mail)).await? {
            // One that reads no further may have its reasons: its exit code tells.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Some(delayed(error)),
            _ => {}
        }
        Some(match running.end().await {
            Ok((status, _)) if status.success() => (Delivery::Taken, format!("sendmail ended, {status}")),
            Ok((status, said)) => (meaning(status), format!("sendmail ended, {status}: {said}")),
            Err(error) => delayed(error),
        })
    }

    fn start(&self, envelope: &Envelope) -> Result<Running, String> {
        let mut failures = Vec::new();
        for program in &self.settings.programs {
            match self.command(program, envelope).spawn() {
                Ok(child) => return Ok(Running::new(child)),
                Err(error) => failures.push(format!("{}: {error}", program.display())),
            }
        }
        Err(failures.join("; "))
    }

    fn command(&self, program: &Path, envelope: &Envelope) -> Command {
        let mut command = Command::new(program);
        // No shell reads the addresses. A local part may begin with a hyphen, and none may become an
        // option (CVE-2016-10033): the sender is the value of one, and after -- nothing is.
        command.arg("-i");
        if let Some(from) = envelope.from() {
            command.arg("-f").arg::<&str>(from.as_ref());
        }
        command.arg("--").args(envelope.to().iter().map(AsRef::<str>::as_ref));
        // The key of the house and its passwords are no business of a mail program, nor of all that
        // it starts, prints and logs.
        for variable in &self.settings.withheld {
            command.env_remove(variable);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        // A group of its own: it is ended with all it started, and Ctrl-C is meant for us alone.
        command.process_group(0);
        command
    }
}

/// A program at work. It is ended when it is dropped.
struct Running {
    // Its standard input stands in here, and so is open until after it was killed: see `drop`.
    child: Child,
    said: AbortOnDropHandle<String>,
}

impl Running {
    fn new(mut child: Child) -> Self {
        let stderr = child.stderr.take().expect("standard error is piped");
        // A task of its own: the program would wait for ever for somebody to listen, while we wait
        // for it to read.
        Self { child, said: AbortOnDropHandle::new(tokio::spawn(listen(stderr))) }
    }

    /// Lets it read the letter, but not yet the end of it.
    async fn read(&mut self, mail: &Mail) -> io::Result<()> {
        let input = self.child.stdin.as_mut().expect("standard input is piped");
        input.write_all(&with_line_feeds(&mail.bytes)).await?;
        input.flush().await
    }

    /// Tells it that this was all, and waits. How it ended and, if badly, what it said.
    async fn end(mut self) -> io::Result<(ExitStatus, String)> {
        /// What it left to work in the background may keep standard error open.
        const LAST_WORDS: Duration = Duration::from_secs(1);
        drop(self.child.stdin.take());
        let status = self.child.wait().await?;
        if status.success() {
            return Ok((status, String::new()));
        }
        let said = timeout(LAST_WORDS, &mut self.said).await;
        Ok((status, said.ok().and_then(Result::ok).unwrap_or_default()))
    }
}

impl Drop for Running {
    /// Ends the program and all it started, before its standard input closes with `child`: the end
    /// of half a letter would look like the end of a letter, and half a letter would be sent.
    fn drop(&mut self) {
        // It has no number any more once it was waited for, and what it left behind may go on.
        let group = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = group {
            // One that is gone already needs no end.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// All it says, as one line of printable ASCII: it repeats what strangers' mail servers said.
async fn listen(mut stderr: ChildStderr) -> String {
    /// Much more than a log line keeps, so that no secret in it is cut in two before it is taken out.
    const MAX_BYTES: u64 = 4 * 1024;
    let mut said = Vec::new();
    // What cannot be read was not said; the exit code counts.
    let _ = (&mut stderr).take(MAX_BYTES).read_to_end(&mut said).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    let said: String = said.into_iter().map(|byte| char::from(plain(byte))).collect();
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ").replace('\r', "?")
}

/// The letter with the line endings of this machine, as sendmail wants it.
fn with_line_feeds(bytes: &[u8]) -> Vec<u8> {
    let mut lines = bytes.to_vec();
    // There is no carriage return in a letter but before a line feed.
    lines.retain(|byte| *byte != b'\r');
    lines
}

/// Three codes are the last word on a letter. All others, and a signal, are about the program, the
/// machine or now: the operator can mend it, or it passes.
fn meaning(status: ExitStatus) -> Delivery {
    const EX_DATAERR: i32 = 65;
    const EX_NOUSER: i32 = 67;
    const EX_NOHOST: i32 = 68;
    match status.code() {
        Some(EX_DATAERR | EX_NOUSER | EX_NOHOST) => Delivery::Refused,
        _ => Delivery::Delayed,
    }
}

fn delayed(reason: impl std::fmt::Display) -> Outcome {
    (Delivery::Delayed, format!("sendmail: {reason}"))
}
