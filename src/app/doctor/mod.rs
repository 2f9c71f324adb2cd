//! `gatepost doctor`: a checkup of everything around this server; and the drills, which do to it what mail
//! scanners and strangers do, and say what came of it.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `checkup` | whether everything around the server is as it should be |
//! | `scanner`, `ladder` | the drill with a sign-in link: its course, and each thing that mail scanners do |
//! | `machine`, `form` | a machine that opens pages and submits their forms |
//! | `enumeration` | the drill with known and unknown addresses |
//! | `reply` | a reply, and how a stranger compares two |
//! | `caller` | connections to the server, and requests |

mod caller;
pub mod checkup;
pub mod enumeration;
mod form;
mod ladder;
mod machine;
mod reply;
mod scanner;

use std::io;
use std::path::PathBuf;

pub use self::ladder::{Outcome, Rung};
pub use self::reply::{Difference, Reply, difference};
pub use self::scanner::{Climb, Scanned, Step, scan};
use crate::domain::record::address::EmailAddress;
use crate::web::edge::Listen;

/// Why a drill could not be held, or what it found.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// No server runs.
    #[error("no server runs with the data folder {}; start one with `gatepost serve`", .0.display())]
    NoServer(PathBuf),
    /// The configuration does not say where the server listens.
    #[error("`listen` leaves the port to the system; name the server's own with --listen HOST:PORT")]
    UnknownPort,
    /// The server does not answer where it should listen.
    #[error("no answer from {listen}: {error}; is this the configuration that the server was started with?")]
    Unreachable {
        /// Where it should listen.
        listen: Listen,
        /// The reason the system gives.
        error: io::Error,
    },
    /// The server sends no sign-in email now.
    #[error("the server did not accept the request for a sign-in email: {0}")]
    NotAsked(String),
    /// The mail server never got the email.
    #[error(
        "the email to {address} has not left within {seconds} s; the server's log says why, and `gatepost mail \
         test {address}` shows the mail server's reply"
    )]
    NotSent {
        /// The recipient.
        address: EmailAddress,
        /// How long the drill waited.
        seconds: u64,
    },
    /// There is nothing to try.
    #[error(
        "the email to {0} has no link that works: its account is disabled, or it has none and cannot register; \
         use an address that can sign in"
    )]
    NoLink(EmailAddress),
    /// A scanner used the link up, or signed in with it.
    #[error("mail scanners can use up a sign-in link of this server; please report it")]
    LinkFailed,
    /// Known and unknown addresses can be told apart.
    #[error("answers reveal whether an address is known; please report it")]
    Revealing,
    /// The server that runs is not the one that was measured.
    #[error(
        "{path} differs between the running server and the one that was measured; is it the same version, \
         started with this configuration?"
    )]
    OtherServer {
        /// The page that differs.
        path: String,
    },
    /// The second server did not do what it was asked to.
    #[error("the second server answered {status} at {entrance}; nothing was measured there")]
    NotMeasured {
        /// Where.
        entrance: &'static str,
        /// Its answer.
        status: u16,
    },
    /// Something else than a server that is well answers.
    #[error("{listen} answers with status {status}")]
    NotAlive {
        /// Where the server should listen.
        listen: Listen,
        /// The answer.
        status: u16,
    },
    /// The checkup has found something wrong.
    #[error(
        "{wrong} {} wrong; the lines with WRONG say what to do",
        if *wrong == 1 { "check is" } else { "checks are" }
    )]
    Unwell {
        /// How many checks have.
        wrong: usize,
    },
    /// The second server could not be prepared.
    #[error("could not create the accounts to measure with: {0}")]
    NotPrepared(crate::domain::error::Error),
}
