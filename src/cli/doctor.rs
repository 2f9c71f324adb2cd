//! The checkup, and the drills: what mail scanners and strangers do, done to one's own server.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::checkup;
use super::print::{Form, grouped, print, print_json};
use crate::app::Failure;
use crate::app::doctor::enumeration::{self, Measured, PAIRS, Row, Spread, accepted, enumerate};
use crate::app::doctor::{Climb, DoctorError, Outcome, Scanned, Step, scan};
use crate::config::Config;
use crate::domain::record::address::EmailAddress;
use crate::world;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Doctor {
    /// Only ask the server whether it is alive: the health check of a container
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    form: Form,
    #[command(subcommand)]
    drill: Option<DoctorCommand>,
}

impl Doctor {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        match self {
            Self { drill: Some(drill), .. } => drill.run(config).await,
            Self { quick: true, form, .. } => checkup::quick(&config, form).await,
            Self { form, .. } => checkup::full(&config, form).await,
        }
    }
}

#[derive(Subcommand)]
enum DoctorCommand {
    /// Check that mail scanners do not use up sign-in links
    ///
    /// Requests a sign-in email for ADDRESS from the running server, then does to its link what mail
    /// scanners do, and checks after each step that the link still works. The email is really sent;
    /// use an address of your own. No account is created and no one is signed in: in the end, the
    /// server decides whether a person could sign in with the link, but does not do it.
    #[command(verbatim_doc_comment)]
    Scanner {
        /// Recipient
        #[arg(value_parser = EmailAddress::parse)]
        address: EmailAddress,
        #[command(flatten)]
        form: Form,
    },
    /// Check that answers do not reveal which email addresses are known
    ///
    /// Starts a second server for the measurement, with the same program and configuration and a
    /// database of its own that is removed afterwards. It sends no email. Known and unknown
    /// addresses are tried in turn wherever a stranger can enter one, and the bytes and times of the
    /// answers are compared. The running server is only asked for the pages that everyone sees, to
    /// check that it is the same. This takes a few minutes and keeps the machine busy.
    #[command(verbatim_doc_comment)]
    Enumeration {
        /// Pairs of requests for each entrance; fewer than the default show less
        #[arg(long, value_name = "N", default_value_t = PAIRS, value_parser = clap::value_parser!(u16).range(2..=20_000))]
        pairs: u16,
        #[command(flatten)]
        form: Form,
    },
}

impl DoctorCommand {
    async fn run(self, config: Config) -> Result<(), Failure> {
        match self {
            Self::Scanner { address, form } => scanner(&config, &address, form).await,
            Self::Enumeration { pairs, form } => enumeration(&config, pairs, form).await,
        }
    }
}

async fn scanner(config: &Config, address: &EmailAddress, form: Form) -> Result<(), Failure> {
    let mut printed = Ok(());
    let progress = |step: &Step<'_>| {
        if !form.json && printed.is_ok() {
            printed = print(&step_in_words(step, address));
        }
    };
    let scanned = scan(config, address, &world::real(), progress).await?;
    printed?;
    let verdict = if scanned.is_passed() { Ok(()) } else { Err(DoctorError::LinkFailed.into()) };
    if form.json {
        print_json(&scanned)?;
    } else if scanned.is_passed() {
        print(&format!(
            "The link still works after all of this. It is in the email if you want to try it yourself, and \
             expires at {}.",
            scanned.expires_at
        ))?;
    }
    verdict
}

fn step_in_words(step: &Step<'_>, address: &EmailAddress) -> String {
    match step {
        Step::HandedOver(after) => {
            format!("The email to {address} left after {}. Its link:", seconds(*after))
        }
        Step::Climbed(climb) => climb_in_words(climb),
        Step::Ended(scanned) => end_in_words(scanned),
    }
}

fn climb_in_words(Climb { rung, outcome, statuses }: &Climb) -> String {
    let statuses: Vec<String> = statuses.iter().map(ToString::to_string).collect();
    match outcome {
        Outcome::Works => format!("works    {} ({})", rung.in_words(), statuses.join(" ")),
        Outcome::Broken(reason) => format!("FAILED   {} ({}): {reason}", rung.in_words(), statuses.join(" ")),
        Outcome::Skipped(reason) => format!("skipped  {}: {reason}", rung.in_words()),
    }
}

fn end_in_words(scanned: &Scanned) -> String {
    let ends = [
        (scanned.requester_can_sign_in, "signs in with one click in the browser that requested it"),
        (scanned.person_can_sign_in, "signs in anywhere else, for a person who ticks the box"),
    ];
    let lines = ends.map(|(works, what)| format!("{}  {what}", if works { "works  " } else { "FAILED " }));
    lines.join("\n")
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

async fn enumeration(config: &Config, pairs: u16, form: Form) -> Result<(), Failure> {
    let mut printed = Ok(());
    let progress = |step: enumeration::Step<'_>| {
        if !form.json && printed.is_ok() {
            printed = print(&match step {
                enumeration::Step::Begun => begun_in_words(pairs),
                enumeration::Step::Measured(row) => row_in_words(row),
            });
        }
    };
    let measured = enumerate(config, pairs, &world::real(), progress).await?;
    printed?;
    let verdict = if measured.is_passed() { Ok(()) } else { Err(DoctorError::Revealing.into()) };
    if form.json {
        print_json(&measured)?;
    } else {
        print(&conclusion(&measured))?;
    }
    verdict
}

fn begun_in_words(pairs: u16) -> String {
    let over = line("", ["", "known", ""], ["", "unknown", ""], ["", ""]);
    let quartiles = ["25 %", "50 %", "75 %"];
    let head = line("entrance", quartiles, quartiles, ["area", "bytes"]);
    format!(
        "Measuring a second server with this configuration and a database of its own: {} pairs of requests for \
         each entrance, times in milliseconds.\n{over}\n{head}",
        grouped(u64::from(pairs)),
    )
}

/// One line of the table.
fn line(name: &str, known: [&str; 3], unknown: [&str; 3], [area, bytes]: [&str; 2]) -> String {
    let cells = |texts: [&str; 3]| texts.map(|text| format!("{text:>8}")).concat();
    let (known, unknown) = (cells(known), cells(unknown));
    format!("{name:<26}{known}  {unknown}  {area:>6}  {bytes}").trim_end().to_owned()
}

fn row_in_words(row: &Row) -> String {
    let times = |spread: Spread| {
        [spread.lower_ms, spread.median_ms, spread.upper_ms].map(|time| format!("{time:.2}"))
    };
    let bytes = if row.differing_pairs == 0 { "equal" } else { "DIFFER" };
    let mark = if row.times_are_equal { "" } else { "!" };
    let (known, unknown, area) = (times(row.known), times(row.unknown), format!("{:.3}{mark}", row.area));
    let [known, unknown] = [&known, &unknown].map(|times| times.each_ref().map(String::as_str));
    let line = line(row.entrance, known, unknown, [&area, bytes]);
    match &row.difference {
        Some(difference) => format!("{line}\n  {} pairs differ, such as {difference}", row.differing_pairs),
        None => line,
    }
}

fn conclusion(measured: &Measured) -> String {
    let bounds = accepted(measured.pairs);
    let mut lines = vec![format!(
        "area: the chance that an answer for a known address takes longer than one for an unknown address. 0.5 \
         reveals nothing; {:.2} to {:.2} is accepted for so many pairs.",
        bounds.start(),
        bounds.end()
    )];
    lines.push(if measured.compared_with_running_server {
        "The running server shows the same pages as the one that was measured.".to_owned()
    } else {
        "No server runs with this data folder, so nothing was compared with it.".to_owned()
    });
    if measured.is_passed() {
        lines.push("No answer reveals whether an address is known.".to_owned());
    }
    lines.join("\n")
}
