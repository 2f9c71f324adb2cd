//! Sending through the machine's own `sendmail` program, whichever mail server it belongs to.
//!
//! 1. It is started: `sendmail -i -f SENDER -- RECIPIENT`.
//! 2. It reads the email from its standard input. From the end of the input on, it may have the email.
//! 3. Its exit code, one of `sysexits.h`, says what happened.
//!
//! Lettre's transport is not used: it hides the exit code, and so whether to try again.

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

use super::message::Mail;
use super::outcome::{NotSent, Outcome, no_answer_within, plainly};
use super::smtp::plain;
use crate::domain::outbox::Delivery;

/// The program, and what it must not see.
#[derive(Clone, Debug)]
pub struct SendmailSettings {
    /// Where it may be. The first one that starts is used. A name without a folder is searched in `PATH`.
    pub programs: Vec<PathBuf>,
    /// Environment variables that are removed before it starts.
    pub withheld: Vec<String>,
}

impl SendmailSettings {
    /// Where most machines have the program. The `PATH` of a service often lacks sbin.
    #[must_use]
    pub fn usual_programs() -> Vec<PathBuf> {
        ["sendmail", "/usr/sbin/sendmail", "/usr/lib/sendmail"].map(PathBuf::from).into()
    }
}

/// The program. It is started once per email.
pub(super) struct Sendmail {
    settings: SendmailSettings,
    limit: Duration,
}

impl Sendmail {
    /// A program that gets this much time for one email.
    pub(super) fn new(settings: SendmailSettings, limit: Duration) -> Self {
        Self { settings, limit }
    }

    /// Hands over one email. Returns nothing if `stop` came before the end of the input: then the
    /// program does not have it. After the end it may have it, so its exit is waited for.
    pub(super) async fn send(&self, mail: &Mail, stop: &CancellationToken) -> Option<Outcome> {
        let whole = timeout(self.limit, self.hand_over(mail, stop)).await;
        let late = |_| Some(Err(NotSent::delayed("sendmail took too long", no_answer_within(self.limit))));
        whole.unwrap_or_else(late)
    }

    async fn hand_over(&self, mail: &Mail, stop: &CancellationToken) -> Option<Outcome> {
        let mut running = match self.start(&mail.envelope) {
            Ok(running) => running,
            Err(fault) => return Some(Err(fault)),
        };
        match stop.run_until_cancelled(running.read(mail)).await? {
            // A program may stop reading before the end; its exit code says whether that is an error.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Some(Err(lost(&error))),
            _ => {}
        }
        Some(match running.end().await {
            Ok((status, _)) if status.success() => Ok(status.to_string()),
            Ok((status, said)) => Err(failed(status, &said)),
            Err(error) => Err(lost(&error)),
        })
    }

    fn start(&self, envelope: &Envelope) -> Result<Running, NotSent> {
        let mut failures = Vec::new();
        for program in &self.settings.programs {
            match self.command(program, envelope).spawn() {
                Ok(child) => return Ok(Running::new(child)),
                Err(error) => failures.push(format!("{}: {}", program.display(), plainly(error))),
            }
        }
        let failures = failures.join("; ");
        Err(NotSent::delayed("Could not start sendmail", failures).check(Some("mail.transport")))
    }

    fn command(&self, program: &Path, envelope: &Envelope) -> Command {
        let mut command = Command::new(program);
        // No shell sees the addresses. A local part may begin with a hyphen but must never become an
        // option (CVE-2016-10033): the sender is the value of one, and after -- there are none.
        command.arg("-i");
        if let Some(from) = envelope.from() {
            command.arg("-f").arg::<&str>(from.as_ref());
        }
        command.arg("--").args(envelope.to().iter().map(AsRef::<str>::as_ref));
        // A mail program, and whatever it starts, prints and logs, must not see our key and passwords.
        for variable in &self.settings.withheld {
            command.env_remove(variable);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        // Its own process group: so it can be killed with everything it started, and Ctrl-C only
        // reaches us.
        command.process_group(0);
        command
    }
}

/// A running program. It is killed when this is dropped.
struct Running {
    // Contains its standard input, which so stays open until the program was killed: see `drop`.
    child: Child,
    said: AbortOnDropHandle<String>,
}

impl Running {
    fn new(mut child: Child) -> Self {
        let stderr = child.stderr.take().expect("standard error is piped");
        // A separate task. Otherwise the program could wait for us to read its error output while we
        // wait for it to read the email.
        Self { child, said: AbortOnDropHandle::new(tokio::spawn(listen(stderr))) }
    }

    /// Lets it read the email, but not the end of the input yet.
    async fn read(&mut self, mail: &Mail) -> io::Result<()> {
        let input = self.child.stdin.as_mut().expect("standard input is piped");
        input.write_all(&with_line_feeds(&mail.bytes)).await?;
        input.flush().await
    }

    /// Ends the input and waits. Returns how the program ended and, if it failed, what it said.
    async fn end(mut self) -> io::Result<(ExitStatus, String)> {
        /// A program that it left in the background may keep standard error open.
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
    /// Kills the program and everything it started before its standard input closes with `child`.
    /// Otherwise the end of half an email would look like the end of an email, and half would be sent.
    fn drop(&mut self) {
        // After its exit it has no id any more, and whatever it left in the background may go on.
        let group = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = group {
            // It may be gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Everything it says, as one line of printable ASCII, because it repeats replies of foreign mail
/// servers.
async fn listen(mut stderr: ChildStderr) -> String {
    /// Much more than a log line keeps, so that no secret is cut in two before it is removed.
    const MAX_BYTES: u64 = 4 * 1024;
    let mut said = Vec::new();
    // If this fails, the exit code still says what happened.
    let _ = (&mut stderr).take(MAX_BYTES).read_to_end(&mut said).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    let said: String = said.into_iter().map(|byte| char::from(plain(byte))).collect();
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ").replace('\r', "?")
}

/// The email with the line endings of this machine, as sendmail expects it.
fn with_line_feeds(bytes: &[u8]) -> Vec<u8> {
    let mut lines = bytes.to_vec();
    // An email contains no carriage return except before a line feed.
    lines.retain(|byte| *byte != b'\r');
    lines
}

/// Three codes are final for an email. All others, and a signal, are about the program or the machine:
/// the operator can fix it, or it passes.
fn meaning(status: ExitStatus) -> Delivery {
    const EX_DATAERR: i32 = 65;
    const EX_NOUSER: i32 = 67;
    const EX_NOHOST: i32 = 68;
    match status.code() {
        Some(EX_DATAERR | EX_NOUSER | EX_NOHOST) => Delivery::Refused,
        _ => Delivery::Delayed,
    }
}

fn failed(status: ExitStatus, said: &str) -> NotSent {
    let said = if said.is_empty() { "no error message" } else { said };
    NotSent::delayed(format!("sendmail failed ({status})"), said).with_delivery(meaning(status))
}

fn lost(error: &io::Error) -> NotSent {
    NotSent::delayed("Could not hand the email to sendmail", error)
}
