//! The drill with a sign-in link.
//!
//! 1. Requests a sign-in email at the running server's own door, so a real email goes out.
//! 2. Gets the link of its own request over the socket of commands, which can create links anyway.
//! 3. Does with it what mail scanners do, and looks after each of these things whether the link still works.
//! 4. Looks whether the browser that made the request would be signed in, and has the server decide whether a
//!    person could sign in anywhere else. That decision is not carried out, so nothing is left: no account, no
//!    session, only a link that expires by itself.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::DoctorError;
use super::caller::{Ask, Target};
use super::form::forms;
use super::ladder::{Climbed, Outcome, Rung};
use super::machine::Machine;
use super::reply::Reply;
use crate::app::failure::{Failure, OperatorError};
use crate::app::operator::{Answer, Operator, Order, Rehearsed};
use crate::config::Config;
use crate::domain::operator::Handover;
use crate::domain::ports::World;
use crate::domain::record::address::EmailAddress;
use crate::path::{API, SIGN_IN};
use crate::web::edge::cookies::Cookie;

/// How long the email may take to leave. A mail server may ask for a second attempt.
const LONGEST_WAIT: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(200);
/// The name of the box that only a person ticks.
const CONFIRM: &str = "confirm";

/// The result of the drill.
#[derive(Debug, serde::Serialize)]
pub struct Scanned {
    /// The recipient.
    pub address: String,
    /// How long the email took to leave, in milliseconds.
    pub handed_over_after_ms: u64,
    /// What was done to the link, and what came of it.
    pub rungs: Vec<Climb>,
    /// Whether the browser that made the request can still sign in with one click.
    pub requester_can_sign_in: bool,
    /// Whether a person can still sign in with it in any other browser.
    pub person_can_sign_in: bool,
    /// When the link expires.
    pub expires_at: String,
}

/// One thing done to the link.
#[derive(Debug, serde::Serialize)]
pub struct Climb {
    /// Which.
    pub rung: Rung,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The statuses of all replies.
    pub statuses: Vec<u16>,
}

impl Scanned {
    /// Whether the link came through it all.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        let is_broken = |climb: &Climb| matches!(climb.outcome, Outcome::Broken(_));
        self.requester_can_sign_in && self.person_can_sign_in && !self.rungs.iter().any(is_broken)
    }
}

/// Holds the drill. Calls `progress` after each step.
///
/// # Errors
/// `NoServer`; why it could not be held.
pub async fn scan(
    config: &Config,
    address: &EmailAddress,
    world: &World,
    mut progress: impl FnMut(&Step<'_>),
) -> Result<Scanned, Failure> {
    let operator = Operator::running(&config.data_dir)?;
    let operator = operator.ok_or_else(|| DoctorError::NoServer(config.data_dir.clone()))?;
    let target = Target::of(config)?;
    let begun = world.clock.monotonic();
    let request = ask(&target, address).await?;
    let link = until_handed_over(&operator, &request, address, world).await?;
    let handed_over_after = world.clock.monotonic().saturating_sub(begun);
    progress(&Step::HandedOver(handed_over_after));
    if !link.works {
        return Err(DoctorError::NoLink(address.clone()).into());
    }
    let before = look(&target, &link.path).await?;
    if !is_landing_page(&before, &link.path) {
        return Err(DoctorError::NoLink(address.clone()).into());
    }
    let mut rungs = Vec::new();
    for rung in Rung::ALL {
        let climb = climb(rung, &target, &link.path, &before).await?;
        progress(&Step::Climbed(&climb));
        rungs.push(climb);
    }
    let after = rehearse(&operator, &request).await?;
    let scanned = Scanned {
        address: address.to_string(),
        handed_over_after_ms: u64::try_from(handed_over_after.as_millis()).unwrap_or(u64::MAX),
        rungs,
        requester_can_sign_in: requester_can_sign_in(&target, &link.path, &request).await?,
        person_can_sign_in: after.works,
        expires_at: after.expires_at,
    };
    progress(&Step::Ended(&scanned));
    Ok(scanned)
}

/// A step of the drill.
pub enum Step<'a> {
    /// The email has left after this time.
    HandedOver(Duration),
    /// Something was done to its link.
    Climbed(&'a Climb),
    /// All is done.
    Ended(&'a Scanned),
}

/// Requests a sign-in email. Returns the request token.
async fn ask(target: &Target, address: &EmailAddress) -> Result<String, DoctorError> {
    let ask = Ask::json(format!("{API}{SIGN_IN}"), &json!({ "email": address.as_str() }));
    let reply = target.ask(ask.with("user-agent", "gatepost doctor"), None).await;
    let reply = reply.map_err(|error| target.unreachable(error))?;
    let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap_or_default();
    if let (202, Some(request)) = (reply.status, body["request"].as_str()) {
        return Ok(request.to_owned());
    }
    let reason = body["detail"].as_str().map(str::to_owned);
    Err(DoctorError::NotAsked(reason.unwrap_or_else(|| format!("status {}", reply.status))))
}

async fn until_handed_over(
    operator: &Operator,
    request: &str,
    address: &EmailAddress,
    world: &World,
) -> Result<Rehearsed, Failure> {
    let begun = world.clock.monotonic();
    loop {
        let link = rehearse(operator, request).await?;
        match link.handover {
            Handover::Done => return Ok(link),
            Handover::Waiting if world.clock.monotonic().saturating_sub(begun) < LONGEST_WAIT => {
                sleep(PAUSE).await;
            }
            Handover::Waiting | Handover::Refused => {
                let seconds = world.clock.monotonic().saturating_sub(begun).as_secs();
                return Err(DoctorError::NotSent { address: address.clone(), seconds }.into());
            }
        }
    }
}

async fn rehearse(operator: &Operator, request: &str) -> Result<Rehearsed, Failure> {
    match operator.order(Order::RehearseLink { request: request.to_owned() }).await? {
        Answer::Rehearsed(link) => Ok(link),
        _ => Err(OperatorError::OtherAnswer.into()),
    }
}

/// What is seen of a link without a cookie: its page, and what the API says of it.
struct Look {
    page: Reply,
    told: serde_json::Value,
}

async fn look(target: &Target, path: &str) -> Result<Look, DoctorError> {
    let ask = |ask| async { target.ask(ask, None).await.map_err(|error| target.unreachable(error)) };
    let page = ask(Ask::get(path)).await?;
    let told = ask(Ask::get(format!("{API}{path}"))).await?;
    let mut told: serde_json::Value = serde_json::from_str(&told.body).unwrap_or_default();
    // It may move while the email is on its way: the link is valid from when the mail server has accepted it.
    if let Some(told) = told.as_object_mut() {
        told.remove("expires_at");
    }
    Ok(Look { page, told })
}

/// Whether it is the page of a link that a person can use with a tick.
fn is_landing_page(look: &Look, path: &str) -> bool {
    let has_box = |boxes: &[String]| boxes.iter().any(|name| name == CONFIRM);
    look.page.status == 200
        && forms(&look.page.body).iter().any(|form| form.action == path && has_box(&form.boxes))
        && look.told["needs"] == json!([CONFIRM])
}

async fn climb(rung: Rung, target: &Target, path: &str, before: &Look) -> Result<Climb, DoctorError> {
    let climbed = rung.climb(target, path).await.map_err(|error| target.unreachable(error))?;
    let machines = match climbed {
        Climbed::Yes(machines) => machines,
        Climbed::Skipped(reason) => {
            return Ok(Climb { rung, outcome: Outcome::Skipped(reason.into()), statuses: Vec::new() });
        }
    };
    let statuses = machines.iter().flat_map(|machine| &machine.seen).map(|reply| reply.status).collect();
    let now = look(target, path).await?;
    let outcome = if machines.iter().any(Machine::is_signed_in) {
        Outcome::Broken("the machine was signed in".into())
    } else if now.page.status != before.page.status {
        Outcome::Broken(format!("the page of the link has status {}", now.page.status))
    } else if now.page.body != before.page.body || now.told != before.told {
        Outcome::Broken("the page of the link has changed".into())
    } else {
        Outcome::Works
    };
    Ok(Climb { rung, outcome, statuses })
}

/// Whether the page of the link submits itself in the browser that has the request.
async fn requester_can_sign_in(target: &Target, path: &str, request: &str) -> Result<bool, DoctorError> {
    let mut browser = Machine::new(target).holding(Cookie::Request, request);
    let form = browser.form_at(path).await.map_err(|error| target.unreachable(error))?;
    Ok(form.is_some_and(|form| form.posts_itself && form.boxes.is_empty()))
}
