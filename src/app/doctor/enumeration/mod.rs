//! The drill with known and unknown addresses.
//!
//! 1. Starts a second server with the same configuration (`twin`), and gives half of its addresses an owner
//!    (`people`): accounts of every kind, and registrations that no one confirmed.
//! 2. At each entrance (`entrance`), asks about known and unknown addresses in turn, as a stranger does. Each
//!    address is used once, so what one request leaves behind does not slow down the next.
//! 3. Compares the replies byte by byte, and the two sets of times by the area under the ROC curve (`spread`).
//!    Where chance or a busy machine make an area look bad, it is measured once more: what is really different
//!    is so again.
//! 4. Compares what the running server shows to everyone with what was measured.

mod entrance;
mod people;
mod spread;
mod twin;

use std::ops::RangeInclusive;
use std::time::Duration;

use self::entrance::{ENTRANCES, Entrance};
use self::people::{Kind, settle};
pub use self::spread::{Spread, roc_area};
use self::twin::Twin;
use super::DoctorError;
use super::caller::{Ask, Connection, Target};
use super::reply::{Difference, Reply, difference};
use crate::app::failure::Failure;
use crate::app::operator::is_served;
use crate::config::Config;
use crate::domain::ports::World;
use crate::domain::record::address::EmailAddress;
use crate::path::{API, FORGOT_PASSWORD, OPENAPI, REGISTER, SIGN_IN, SIGN_IN_PASSWORD};
use crate::store::sled as engine;

/// How many pairs of requests are measured at each entrance, unless another number is given. Chance alone moves
/// the area of so many pairs out of bounds once in 150 times, and twice in a row once in 20,000 times.
pub const PAIRS: u16 = 500;
/// How far from 0.5 an area may be and tell a stranger nothing.
const ACCEPTED: f64 = 0.05;
/// The first ones only fill caches.
const UNCOUNTED: usize = 20;
/// A name that belongs to no one (RFC 6761).
const DOMAIN: &str = "doctor.invalid";
/// What both servers must show alike. None of these pages depends on anyone.
const SHOWN_TO_EVERYONE: [&str; 4] = [SIGN_IN, SIGN_IN_PASSWORD, REGISTER, FORGOT_PASSWORD];

/// The result of the drill.
#[derive(Debug, serde::Serialize)]
pub struct Measured {
    /// Pairs of requests at each entrance.
    pub pairs: u16,
    /// Each entrance.
    pub rows: Vec<Row>,
    /// Whether a running server was found, which shows the same to everyone as the one that was measured.
    pub compared_with_running_server: bool,
}

/// What was measured at one entrance.
#[derive(Debug, serde::Serialize)]
pub struct Row {
    /// Which.
    pub entrance: &'static str,
    /// The times for known addresses.
    pub known: Spread,
    /// The times for unknown ones.
    pub unknown: Spread,
    /// The area under the ROC curve of these times.
    pub area: f64,
    /// Whether that reveals nothing.
    pub times_are_equal: bool,
    /// Pairs of replies that differ in their bytes.
    pub differing_pairs: u16,
    /// How the first of them differ.
    pub difference: Option<String>,
}

impl Row {
    /// Whether it tells a stranger nothing.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.times_are_equal && self.differing_pairs == 0
    }
}

impl Measured {
    /// Whether no entrance tells a stranger anything.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.rows.iter().all(Row::is_equal)
    }
}

/// The areas that tell a stranger nothing, as far as so many pairs can show: 0.45 to 0.55, and more if chance
/// alone moves them further.
#[must_use]
pub fn accepted(pairs: u16) -> RangeInclusive<f64> {
    let chance = (f64::from(PAIRS) / f64::from(pairs.max(1))).sqrt().max(1.0);
    let most = (ACCEPTED * chance).min(0.5);
    0.5 - most..=0.5 + most
}

/// A step of the drill.
pub enum Step<'a> {
    /// The second server has started, and the running one, if there is one, shows the same pages.
    Begun,
    /// An entrance was measured.
    Measured(&'a Row),
}

/// Holds the drill. Calls `progress` at each step.
///
/// # Errors
/// `OtherServer`; why it could not be held.
pub async fn enumerate(
    config: &Config,
    pairs: u16,
    world: &World,
    mut progress: impl FnMut(Step<'_>),
) -> Result<Measured, Failure> {
    engine::check_owner(&config.data_dir)?;
    if !engine::is_known(&config.data_dir) {
        return Err(engine::OpenError::NoStore { folder: config.data_dir.clone() }.into());
    }
    let running = is_served(&config.data_dir).then(|| Target::of(config)).transpose()?;
    let twin = Twin::start(config, world).await?;
    let measured = tokio::select! {
        measured = measure(config, &twin, running.as_ref(), pairs, world, &mut progress) => measured,
        // So that the database of the second server is removed.
        _ = tokio::signal::ctrl_c() => Err(Failure::System(std::io::ErrorKind::Interrupted.into())),
    };
    let ended = twin.end().await;
    let measured = measured?;
    ended.map(|()| measured)
}

async fn measure(
    config: &Config,
    twin: &Twin,
    running: Option<&Target>,
    pairs: u16,
    world: &World,
    progress: &mut impl FnMut(Step<'_>),
) -> Result<Measured, Failure> {
    // First, since a measurement of another server would be in vain.
    if let Some(running) = running {
        compare(running, &twin.target).await?;
    }
    progress(Step::Begun);
    let mut rows = Vec::new();
    for (number, entrance) in ENTRANCES.iter().enumerate() {
        let room = Room { config, twin, world, entrance, number, pairs };
        let row = room.row().await?;
        progress(Step::Measured(&row));
        rows.push(row);
    }
    Ok(Measured { pairs, rows, compared_with_running_server: running.is_some() })
}

/// Compares what two servers show to everyone.
async fn compare(running: &Target, twin: &Target) -> Result<(), DoctorError> {
    let documents = SHOWN_TO_EVERYONE.map(str::to_owned).into_iter().chain([format!("{API}{OPENAPI}")]);
    for path in documents {
        let theirs = running.ask(Ask::get(&path), None).await;
        let theirs = theirs.map_err(|error| running.unreachable(error))?;
        let ours = twin.ask(Ask::get(&path), None).await.map_err(|error| twin.unreachable(error))?;
        if difference((&theirs, ""), (&ours, "")).is_some() {
            return Err(DoctorError::OtherServer { path });
        }
    }
    Ok(())
}

/// One entrance that is being measured.
struct Room<'a> {
    config: &'a Config,
    twin: &'a Twin,
    world: &'a World,
    entrance: &'a Entrance,
    number: usize,
    pairs: u16,
}

/// The times of one look, and how its replies differ.
#[derive(Default)]
struct Look {
    known: Vec<Duration>,
    unknown: Vec<Duration>,
    differing_pairs: u16,
    first: Option<String>,
}

impl Room<'_> {
    async fn row(&self) -> Result<Row, Failure> {
        let mut look = self.look(0).await?;
        let accepted = accepted(self.pairs);
        if !accepted.contains(&look.area()) && look.differing_pairs == 0 {
            look = self.look(1).await?;
        }
        let area = look.area();
        Ok(Row {
            entrance: self.entrance.name,
            known: Spread::of(&look.known),
            unknown: Spread::of(&look.unknown),
            area,
            times_are_equal: accepted.contains(&area),
            differing_pairs: look.differing_pairs,
            difference: look.first,
        })
    }

    /// Measures all pairs.
    async fn look(&self, look: usize) -> Result<Look, Failure> {
        let kinds: Vec<Kind> = self.entrance.known.iter().copied().filter(|kind| self.has(*kind)).collect();
        let addresses = |who: char| {
            let number = self.number;
            let all = (0..UNCOUNTED + usize::from(self.pairs))
                .map(move |pair| format!("{who}{number}x{look}x{pair}@{DOMAIN}"));
            all.map(|text| EmailAddress::parse(&text).expect("an email address"))
        };
        let known: Vec<(Kind, EmailAddress)> = kinds.iter().copied().cycle().zip(addresses('k')).collect();
        let settled = settle(&self.twin.gatepost, &known, self.twin.password_slots).await;
        settled.map_err(DoctorError::NotPrepared)?;
        let mut connection = self.connect().await?;
        let mut seen = Look::default();
        for (pair, ((kind, known), unknown)) in known.iter().zip(addresses('u')).enumerate() {
            // In an order that has nothing to do with anything else.
            let is_known_first = self.world.random::<1>()[0].is_multiple_of(2);
            let order = if is_known_first { [known, &unknown] } else { [&unknown, known] };
            let mut answers = Vec::new();
            for address in order {
                answers.push(self.time(&mut connection, address).await?);
            }
            if !is_known_first {
                answers.reverse();
            }
            if pair >= UNCOUNTED {
                seen.known.push(answers[0].0);
                seen.unknown.push(answers[1].0);
            }
            let [known_reply, unknown_reply] = [&answers[0].1, &answers[1].1];
            let found = difference((known_reply, known.as_str()), (unknown_reply, unknown.as_str()));
            seen.note(*kind, found);
        }
        Ok(seen)
    }

    /// Without registration, there are no registrations that could wait.
    fn has(&self, kind: Kind) -> bool {
        self.config.registration || kind != Kind::Unconfirmed
    }

    async fn connect(&self) -> Result<Connection, DoctorError> {
        let target = &self.twin.target;
        Connection::open(target, None).await.map_err(|error| target.unreachable(error))
    }

    /// Asks about one address, and measures how long the reply takes.
    async fn time(
        &self,
        connection: &mut Connection,
        address: &EmailAddress,
    ) -> Result<(Duration, Reply), DoctorError> {
        let target = &self.twin.target;
        let [one, two, three] = self.world.random();
        // Every request comes from another client, so that none meets the limits of a client.
        let client = format!("10.{one}.{two}.{three}");
        let ask = self.entrance.ask(address.as_str(), &target.origin).with("x-forwarded-for", client);
        let begun = self.world.clock.monotonic();
        let reply = connection.send(ask).await.map_err(|error| target.unreachable(error))?;
        let took = self.world.clock.monotonic().saturating_sub(begun);
        if !self.entrance.expects(reply.status) {
            return Err(DoctorError::NotMeasured { entrance: self.entrance.name, status: reply.status });
        }
        Ok((took, reply))
    }
}

impl Look {
    fn area(&self) -> f64 {
        roc_area(&self.known, &self.unknown)
    }

    fn note(&mut self, kind: Kind, found: Option<Difference>) {
        let Some(Difference { known, unknown }) = found else { return };
        self.differing_pairs += 1;
        let kind = kind.in_words();
        self.first.get_or_insert_with(|| format!("{kind}: \"{known}\", no account: \"{unknown}\""));
    }
}
