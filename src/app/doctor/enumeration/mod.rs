//! The drill with known and unknown addresses.
//!
//! 1. Starts a second server with the same configuration (`twin`), and gives half of its addresses an owner
//!    (`people`): accounts of every kind, and registrations that no one confirmed.
//! 2. At each entrance (`entrance`, `room`), asks about known and unknown addresses in turn, as a stranger does.
//!    Each address is used once, so what one request leaves behind does not slow down the next.
//! 3. Compares the replies byte by byte, and the two sets of times by the area under the ROC curve (`spread`).
//!    Where chance or a busy machine make an area look bad, it is measured once more: what is really different
//!    is so again.
//! 4. Compares what the running server shows to everyone with what was measured.

mod entrance;
mod people;
mod room;
mod spread;
mod twin;

use std::ops::RangeInclusive;

use self::entrance::ENTRANCES;
use self::room::Room;
pub use self::spread::{Spread, roc_area};
use self::twin::Twin;
use super::DoctorError;
use super::caller::{Ask, Target};
use super::reply::difference;
use crate::app::failure::Failure;
use crate::app::operator::is_served;
use crate::config::Config;
use crate::domain::ports::World;
use crate::path::{API, FORGOT_PASSWORD, OPENAPI, REGISTER, SIGN_IN, SIGN_IN_PASSWORD};
use crate::store::embedded;

/// How many pairs of requests are measured at each entrance, unless another number is given. Chance alone moves
/// the area of so many pairs out of bounds once in 150 times, and twice in a row once in 20,000 times.
pub const PAIRS: u16 = 500;
/// How far from 0.5 an area may be and tell a stranger nothing.
const ACCEPTED: f64 = 0.05;
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
    embedded::check_owner(&config.data_dir)?;
    if config.store.shared().is_none() && !embedded::is_known(&config.data_dir) {
        return Err(embedded::without_store(&config.data_dir).into());
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
        let row = row(&Room { config, twin, world, entrance, number, pairs }).await?;
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

/// Measures an entrance, and once more if its times look bad.
async fn row(room: &Room<'_>) -> Result<Row, Failure> {
    let accepted = accepted(room.pairs);
    let mut look = room.look(0).await?;
    if !accepted.contains(&look.area()) && look.differing_pairs == 0 {
        look = room.look(1).await?;
    }
    let area = look.area();
    Ok(Row {
        entrance: room.entrance.name,
        known: Spread::of(&look.known),
        unknown: Spread::of(&look.unknown),
        area,
        times_are_equal: accepted.contains(&area),
        differing_pairs: look.differing_pairs,
        difference: look.first,
    })
}
