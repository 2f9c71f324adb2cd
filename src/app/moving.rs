//! Moving the store to the place that another configuration describes. What happens in which order, so that never two
//! stores can be used: everything is there and was compared before the first one is left, and the other one can be used
//! only after that.

use std::fs;
use std::path::{Path, PathBuf};

use super::data_folder::{self, given_or_found};
use super::failure::Failure;
use crate::config::key_file::{self, KeyPlace};
use crate::config::{Config, Mistakes, Options};
use crate::domain::ports::{StoreError, World};
use crate::domain::record::state::NotReady;
use crate::domain::token::KeyRing;
use crate::domain::upkeep::{Consistency, OpenError, RunEnded, check_keys};
use crate::store::embedded::{self, FolderLock};
use crate::store::life::Refusal;
use crate::store::moving::{Destination, Left, Origin, Vacancy, digest, next_page};
use crate::store::shared;
use crate::world;

/// How far a move is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The records are verified.
    Verifying,
    /// They are copied.
    Copying,
    /// They are read again in both places.
    Comparing,
}

/// A store that was moved.
pub struct Moved {
    /// Where it was.
    pub from: String,
    /// Where it is.
    pub to: String,
    /// How many records were moved; nothing if an earlier attempt had done everything.
    pub records: Option<u64>,
}

/// Reads the configuration of the place that a store is moved to. The environment belongs to this process and the place that
/// the store is in, so it does not count.
///
/// # Errors
/// All errors at once.
pub fn target(file: &Path) -> Result<Config, Mistakes> {
    let options = Options { file: Some(file.to_owned()), ignores_environment: true, ..Options::default() };
    let loaded = Config::load(&options)?;
    for warning in &loaded.warnings {
        tracing::warn!("{}: {warning}", file.display());
    }
    Ok(loaded.config)
}

/// Moves the store that `source` describes to where `target` says. If it was interrupted, the same move goes on. `progress`
/// gets how many records are done, out of how many.
///
/// # Errors
/// Why it was not moved, or not completely.
pub async fn move_store(
    mut source: Config,
    mut target: Config,
    mut progress: impl FnMut(Stage, u64, u64) + Send,
) -> Result<Moved, Failure> {
    let world = world::real();
    if source.store.shared().is_none() {
        data_folder::expect_store(&source.data_dir)?;
    }
    let source_lock = data_folder::lock(&source.data_dir)?;
    let target_lock = if same_folder(&source.data_dir, &target.data_dir) {
        source_lock.clone()
    } else {
        data_folder::lock(&target.data_dir)?
    };
    let (from, to) = (place(&source), place(&target));
    if from == to {
        let sentence = format!(
            "{to}: this is where the database is already; set another data_dir, store.url or store.schema in the file"
        );
        return Err(Refusal::Other(sentence).into());
    }
    let ring = ring(&mut target, &mut source)?;
    let mut destination = destination(&target, target_lock, &world).await?;
    let mut origin = origin(&source, source_lock, &world).await?;
    check_keys(&*origin.store(), &ring).await?;
    let left = Left::of(origin.state(), &to, world.now());
    let records = match (origin.left().cloned(), destination.vacancy()) {
        (Some(earlier), Vacancy::Taken) if earlier.id == left.id => None,
        (None, Vacancy::Empty) => Some(carry(&mut *origin, &mut *destination, &left, &mut progress).await?),
        (earlier, Vacancy::Begun(id)) if id == left.id && earlier.as_ref().is_none_or(|it| it.id == id) => {
            Some(carry(&mut *origin, &mut *destination, &left, &mut progress).await?)
        }
        (Some(elsewhere), _) => return Err(OpenError::from(RunEnded::from(NotReady::from(elsewhere))).into()),
        (None, vacancy) => return Err(occupied(&target, &to, vacancy).into()),
    };
    Ok(Moved { from, to, records })
}

/// Does what is left to do. Returns how many records were moved.
async fn carry(
    origin: &mut dyn Origin,
    destination: &mut dyn Destination,
    left: &Left,
    progress: &mut (impl FnMut(Stage, u64, u64) + Send),
) -> Result<u64, Failure> {
    let is_left = origin.left().is_some();
    if !is_left {
        verify(origin, progress).await?;
        destination.begin(left.id, origin.state()).await?;
        copy(origin, destination, progress).await?;
    }
    let records = compare(origin, destination, progress).await?;
    if !is_left {
        origin.leave(left).await?;
    }
    destination.arrive(origin.state()).await?;
    Ok(records)
}

/// Each record is looked at twice: whether it is as it was written, and whether it fits to the others.
async fn verify(
    origin: &mut dyn Origin,
    progress: &mut (impl FnMut(Stage, u64, u64) + Send),
) -> Result<(), Failure> {
    let mut records = 0;
    let mut on = |done, all| {
        records = all;
        progress(Stage::Verifying, done, all * 2);
    };
    origin.verify(&mut on).await?;
    let (store, mut consistency) = (origin.store(), Consistency::default());
    loop {
        match consistency.step(&*store).await.map_err(failed)? {
            Some(misfits) if misfits.count > 0 => return Err(Failure::Misfits(misfits)),
            Some(_) => return Ok(()),
            None => progress(Stage::Verifying, records + consistency.done(), records * 2),
        }
    }
}

async fn copy(
    origin: &dyn Origin,
    destination: &mut dyn Destination,
    progress: &mut (impl FnMut(Stage, u64, u64) + Send),
) -> Result<(), Failure> {
    let mut snapshot = origin.snapshot().await.map_err(failed)?;
    let (mut done, all) = (0, snapshot.records());
    while let Some(records) = next_page(&mut *snapshot).await.map_err(failed)? {
        done += records.len() as u64;
        destination.take(records).await?;
        progress(Stage::Copying, done, all);
    }
    Ok(destination.taken().await?)
}

/// Reads both again. Returns how many records there are.
async fn compare(
    origin: &dyn Origin,
    destination: &mut dyn Destination,
    progress: &mut (impl FnMut(Stage, u64, u64) + Send),
) -> Result<u64, Failure> {
    let mut snapshot = origin.snapshot().await.map_err(failed)?;
    let all = snapshot.records() * 2;
    let there = digest(&mut *snapshot, &mut |done| progress(Stage::Comparing, done, all)).await;
    let there = there.map_err(failed)?;
    let mut snapshot = destination.snapshot().await?;
    let here = digest(&mut *snapshot, &mut |done| progress(Stage::Comparing, there.0 + done, all)).await;
    if here.map_err(failed)? == there {
        return Ok(there.0);
    }
    let sentence = "the records in the new place are not those of this database: something else wrote to one of them \
                    meanwhile; stop whatever does, and run the same command again";
    Err(Refusal::Other(sentence.into()).into())
}

async fn origin(config: &Config, lock: FolderLock, world: &World) -> Result<Box<dyn Origin>, Refusal> {
    match config.store.shared() {
        Some(settings) => shared::depart(settings, world.clone()).await,
        None => embedded::depart(lock).await,
    }
}

async fn destination(
    config: &Config,
    lock: FolderLock,
    world: &World,
) -> Result<Box<dyn Destination>, Refusal> {
    match config.store.shared() {
        Some(settings) => shared::arrive(settings, world.clone()).await,
        None => Ok(embedded::arrive(lock, world.clone())),
    }
}

/// The key ring of the servers that will use the new place.
fn ring(target: &mut Config, source: &mut Config) -> Result<KeyRing, Failure> {
    let path = target.data_dir.join(key_file::NAME);
    if let Some(ring) = given_or_found(target)? {
        return Ok(ring);
    }
    match (source.keys.take(), &source.key_place) {
        (Some(ring), KeyPlace::Environment) => Ok(ring),
        _ => Err(Refusal::Other(format!(
            "{}: the key of the database is not where it is moved to; copy the key file to this place, or set key_file in \
             the file that --to names",
            path.display()
        ))
        .into()),
    }
}

/// Where the store of a configuration is, without a password.
fn place(config: &Config) -> String {
    let place = match config.store.shared() {
        Some(settings) => settings.to_string(),
        None => canonical(&config.data_dir).display().to_string(),
    };
    place.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

fn occupied(target: &Config, to: &str, vacancy: Vacancy) -> Refusal {
    let what = match vacancy {
        Vacancy::Begun(_) => "the records of another database are being moved there, which has not finished",
        _ => "there is a database already, and one is moved only to an empty place",
    };
    let help = match target.store.shared() {
        Some(_) => "set store.schema in the file to a new one and make it with `gatepost store init`",
        None => "set data_dir in the file to a new folder with the key in it",
    };
    Refusal::Other(format!("{to}: {what}; {help}"))
}

/// Both exist.
fn same_folder(one: &Path, other: &Path) -> bool {
    canonical(one) == canonical(other)
}

fn canonical(folder: &Path) -> PathBuf {
    fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
}

fn failed(error: StoreError) -> Failure {
    OpenError::from(error).into()
}
