//! The checkup: is everything around this server as it should be? It changes nothing, and looks at no record in the
//! database.
//!
//! - `backups`: how old the newest backup is
//! - `finding`: what was found, and how it is
//! - `machine`: the key, the disk and the clock
//! - `nodes`: the nodes that share the database
//! - `public`: whether people reach this server at its public address
//! - `sender`: what the domain of the sender says about its email

mod backups;
mod finding;
mod machine;
mod nodes;
mod public;
mod sender;

use std::path::Path;
use std::time::Duration;

pub use self::finding::{Finding, Status};
use self::finding::{PATIENCE, ask};
pub use self::machine::free_bytes;
use super::DoctorError;
use super::caller::{Ask, Target};
use crate::app::check::check;
use crate::app::failure::Failure;
use crate::app::shared_store::open_to_look;
use crate::config::Config;
use crate::config::backup::Backup;
use crate::config::key_file::KeyPlace;
use crate::config::mail::Transport;
use crate::domain::ports::World;
use crate::path::{HEALTHZ, READYZ};

/// How long the health check may take, which a container repeats every few seconds.
const QUICK: Duration = Duration::from_secs(4);
/// How old an email may be that still waits. A good one leaves within seconds.
const OLD_EMAIL_SECS: u64 = 120;

/// Looks at everything. Calls `report` for each finding, as soon as it is there.
///
/// # Errors
/// `UnknownPort`.
pub async fn check_up(
    config: &Config,
    world: &World,
    mut report: impl FnMut(&Finding),
) -> Result<Vec<Finding>, Failure> {
    let target = Target::of(config)?;
    let mut all = Vec::new();
    let mut add = |findings: Vec<Finding>| {
        findings.iter().for_each(&mut report);
        all.extend(findings);
    };
    add(settings(config));
    add(database(config, world).await);
    let (data_dir, is_shared) = (&config.data_dir, config.store.shared().is_some());
    add(vec![
        machine::key(&config.key_place, data_dir),
        machine::disk(data_dir, is_shared),
        machine::clock(data_dir, world),
    ]);
    add(vec![backups::age(config.backup.as_ref(), &config.data_dir, world)]);
    let (is_there, found) = server(&target).await;
    add(found);
    add(public::look(&target, is_there).await);
    add(email(config).await);
    Ok(all)
}

/// What should be looked after on this machine, each in a sentence: all that can be seen without the network. `place` is
/// where the key is, `backup` how backups are made.
#[must_use]
pub fn around(
    (data_dir, is_shared): (&Path, bool),
    place: &KeyPlace,
    backup: Option<&Backup>,
    world: &World,
) -> Vec<String> {
    let found = [
        machine::key(place, data_dir),
        machine::disk(data_dir, is_shared),
        machine::clock(data_dir, world),
        backups::age(backup, data_dir, world),
    ];
    let found = found.into_iter().filter(|it| matches!(it.status, Status::Warning | Status::Wrong));
    found.map(|it| format!("{}: {}", it.check, it.message)).collect()
}

/// Asks a server whether it is alive, and looks at nothing else: the health check of a container.
///
/// # Errors
/// `Unreachable`; `NotAlive`.
pub async fn is_alive(config: &Config) -> Result<(), Failure> {
    let target = Target::of(config)?;
    match ask(&target, Ask::get(HEALTHZ), QUICK).await {
        Ok(reply) if reply.status == 200 => Ok(()),
        Ok(reply) => Err(DoctorError::NotAlive { listen: target.listen, status: reply.status }.into()),
        Err(error) => Err(target.unreachable(error).into()),
    }
}

/// The settings themselves, what they refer to on this machine, and the dangerous ones among them.
fn settings(config: &Config) -> Vec<Finding> {
    let checked = match check(config) {
        Ok(_) => Finding::new("settings", Status::Ok, "valid, and what they refer to is there"),
        Err(mistakes) => {
            let message = mistakes.to_string().replace("\n  ", " ");
            Finding::new("settings", Status::Wrong, message)
        }
    };
    let dangers = config.dangers().into_iter().map(|it| Finding::new("settings", Status::Warning, it));
    std::iter::once(checked).chain(dangers).collect()
}

/// Whether a shared database can be used. The one in the data folder belongs to its server.
async fn database(config: &Config, world: &World) -> Vec<Finding> {
    let Some(settings) = config.store.shared() else { return Vec::new() };
    let found = |status, message: String| vec![Finding::new("database", status, message)];
    match open_to_look(settings, world).await {
        Ok(store) => {
            store.close().await;
            found(Status::Ok, format!("{settings} can be used"))
        }
        Err(failure) => found(Status::Wrong, failure.to_string()),
    }
}

/// The server where it should listen. Also returns whether it is there.
async fn server(target: &Target) -> (bool, Vec<Finding>) {
    let found = |status, message: String| Finding::new("server", status, message);
    let reply = match ask(target, Ask::get(READYZ), PATIENCE).await {
        Ok(reply) => reply,
        Err(error) => {
            let line = format!("{}; or start it with `gatepost serve`", target.unreachable(error));
            return (false, vec![found(Status::Wrong, line)]);
        }
    };
    let line = |name: &str| reply.body.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let mut findings = vec![match (reply.status, line("database: ")) {
        (200, _) => found(Status::Ok, format!("runs at {} and accepts changes", target.listen)),
        (503, why) => {
            let why = why.unwrap_or_else(|| "refuses changes; its log says why".to_owned());
            found(Status::Wrong, format!("runs at {}, but the database {why}", target.listen))
        }
        (status, _) => found(Status::Wrong, format!("{} answers with status {status}", target.listen)),
    }];
    if let Some(outbox) = line("outbox: ") {
        let seconds = outbox.rsplit_once("for ").and_then(|(_, age)| age.split(' ').next()?.parse().ok());
        let status = if seconds > Some(OLD_EMAIL_SECS) { Status::Warning } else { Status::Ok };
        findings.push(Finding::new("outbox", status, outbox));
    }
    if let Some(count) = line("unreadable records: ") {
        let advice = "records cannot be read; run `gatepost store verify`";
        findings.push(found(Status::Warning, format!("{count} {advice}")));
    }
    findings.extend(nodes::findings(&reply.body));
    (true, findings)
}

/// How email leaves, and what its domain says.
async fn email(config: &Config) -> Vec<Finding> {
    let way = match &config.mail.transport {
        Transport::Mailbox => {
            return vec![Finding::new("email", Status::Ok, "is only shown, so no domain has to allow it")];
        }
        sent => format!("is {sent}; `gatepost mail test ADDRESS` tries it"),
    };
    let mut findings = vec![Finding::new("email", Status::Ok, way)];
    findings.extend(sender::look_up(config.mail.from.domain()).await);
    findings
}
