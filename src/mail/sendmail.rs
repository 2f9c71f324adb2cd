//! Sending through the machine's own `sendmail` program, whichever mail server it belongs to.
//!
//! 1. It is started: `sendmail -i -f SENDER -- RECIPIENT`.
//! 2. It reads the email from its standard input. From the end of the input on, it may have the email.
//! 3. Its exit code, one of `sysexits.h`, says what happened.
//!
//! An exit code that is about the program or its configuration would be the same for every email, so it
//! counts as a failure of the mail server.
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
use tokio_util::task::AbortOnDropHandle;

use super::message::Mail;
use super::outcome::{Meaning, NotSent, Outcome, no_answer_within, plainly};
use super::smtp::plain;
use super::timeouts::Timeouts;

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
    limits: Timeouts,
}

impl Sendmail {
    pub(super) fn new(settings: SendmailSettings, limits: Timeouts) -> Self {
        Self { settings, limits }
    }

    /// Starts it for one email.
    pub(super) fn start(&self, mail: &Mail) -> Result<Running, NotSent> {
        let mut failures = Vec::new();
        for program in &self.settings.programs {
            match self.command(program, &mail.envelope).spawn() {
                Ok(child) => return Ok(Running::new(child, self.limits)),
                Err(error) => failures.push(format!("{}: {}", program.display(), plainly(error))),
            }
        }
        let failed = NotSent::delayed("Could not start sendmail", failures.join("; "));
        Err(failed.meaning(Meaning::ServerFailed).check(Some("mail.transport")))
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
pub(super) struct Running {
    // Contains its standard input, which so stays open until the program was killed: see `drop`.
    child: Child,
    said: AbortOnDropHandle<String>,
    limits: Timeouts,
}

impl Running {
    fn new(mut child: Child, limits: Timeouts) -> Self {
        let stderr = child.stderr.take().expect("standard error is piped");
        // A separate task. Otherwise the program could wait for us to read its error output while we
        // wait for it to read the email.
        Self { child, said: AbortOnDropHandle::new(tokio::spawn(listen(stderr))), limits }
    }

    /// Lets it read the email, but not the end of the input yet.
    pub(super) async fn read(&mut self, mail: &Mail) -> Result<(), NotSent> {
        let input = self.child.stdin.as_mut().expect("standard input is piped");
        let lines = with_line_feeds(&mail.bytes);
        let read = async {
            input.write_all(&lines).await?;
            input.flush().await
        };
        match timeout(self.limits.step, read).await {
            // A program may stop reading before the end; its exit code says whether that is an error.
            Ok(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => Err(lost(&error)),
            Ok(_) => Ok(()),
            Err(_) => Err(too_long(self.limits.step)),
        }
    }

    /// Ends the input and waits for the program, until it is `late`. From the end of the input on it may have
    /// the email, so it gets as much time as a mail server gets for its answer.
    pub(super) async fn end(mut self, late: impl Future<Output = ()>) -> Outcome {
        drop(self.child.stdin.take());
        let ended = tokio::select! {
            ended = self.child.wait() => ended.map_err(|error| lost(&error)),
            () = late => Err(too_long(self.limits.answer)),
        };
        let status = ended.map_err(|why| why.meaning(Meaning::Unanswered))?;
        if status.success() { Ok(status.to_string()) } else { Err(failed(status, &self.last_words().await)) }
    }

    /// What it said before it ended.
    async fn last_words(&mut self) -> String {
        /// A program that it left in the background may keep standard error open.
        const LIMIT: Duration = Duration::from_secs(1);
        let said = timeout(LIMIT, &mut self.said).await;
        said.ok().and_then(Result::ok).unwrap_or_default()
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

/// What its exit code means for the email.
///
/// - Two codes are final for it.
/// - Four may be about this email alone. 75 is what a program that talks to the mail server itself makes of a
///   4xx reply to one recipient, and also of a mail server that it cannot reach. If it counted as the mail
///   server's, one full mailbox would keep all emails waiting. The same goes for 69 and 76, and for a host
///   that was not found (68).
/// - A signal: it may have passed the email on before it was killed.
/// - All others are about the program or the machine (a wrong password is 77): the operator can fix it, or it
///   passes.
fn meaning(status: ExitStatus) -> Meaning {
    match status.code() {
        Some(65 | 67) => Meaning::Never,
        Some(68 | 69 | 75 | 76) => Meaning::Later,
        Some(_) => Meaning::ServerFailed,
        None => Meaning::Unanswered,
    }
}

/// The exit codes in words, after `sysexits.h`.
fn named(code: i32) -> Option<&'static str> {
    Some(match code {
        64 => "wrong usage",
        65 => "wrong data",
        66 => "no input",
        67 => "no such recipient",
        68 => "no such host",
        69 => "service unavailable",
        70 => "internal error",
        71 => "operating system error",
        72 => "system file missing",
        73 => "cannot create a file",
        74 => "input or output failed",
        75 => "temporary failure",
        76 => "unexpected reply from the mail server",
        77 => "permission denied",
        78 => "wrong configuration",
        _ => return None,
    })
}

fn failed(status: ExitStatus, said: &str) -> NotSent {
    let meaning = meaning(status);
    let setting = match meaning {
        Meaning::ServerFailed => Some("the configuration of the program"),
        _ => said.is_empty().then_some("the log of the program"),
    };
    let ended = match status.code().map(|code| (code, named(code))) {
        Some((code, Some(name))) => format!("exit code {code}, {name}"),
        Some((code, None)) => format!("exit code {code}"),
        None => status.to_string(),
    };
    let said = if said.is_empty() { "no error message" } else { said };
    NotSent::delayed(format!("sendmail failed ({ended})"), said).meaning(meaning).check(setting)
}

fn too_long(limit: Duration) -> NotSent {
    NotSent::delayed("sendmail took too long", no_answer_within(limit))
}

fn lost(error: &io::Error) -> NotSent {
    NotSent::delayed("Could not hand the email to sendmail", error)
}
