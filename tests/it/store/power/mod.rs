//! A power cut: everything that was not synced is lost, or a random part of it (REL-04 and REL-05).
//!
//! A process commits under `strace`. Its writes, syncs and words to the test are one log, so it is certain what had
//! been synced when a commit was acknowledged. A power cut at any place in the log leaves what was synced before
//! that; the next process starts from what a cut has left.

mod disk;
mod trace;

use std::fs;
use std::path::Path;

use gatepost::store::sled::SledStore;

use self::disk::{Disk, Loss};
use self::trace::{Step, What, steps, tracer};
use super::crash::{check_store, note};
use super::process::Process;
use super::{Seeded, settings};
use crate::harness::installed::is_installed;

/// How often the power is cut in `cargo test`. A variable asks for more.
const CUTS: u64 = 16;
/// How often in the log of one process.
const CUTS_PER_RUN: u64 = 8;

#[tokio::test]
async fn a_power_cut_loses_no_acknowledged_commit() {
    let cuts = cut(Loss::All).await;
    assert_eq!(cuts.refused, 0, "{cuts:?}");
}

/// What the disk kept of the rest may be in the way, and then the store is refused with the line that helps.
#[tokio::test]
async fn a_power_cut_that_tears_writes_is_survived_or_reported() {
    cut(Loss::Torn).await;
}

#[derive(Debug, Default)]
struct Cuts {
    served: u64,
    refused: u64,
    /// Commits that were acknowledged before a cut, all in all.
    commits: u64,
}

async fn cut(loss: Loss) -> Cuts {
    let mut cuts = Cuts::default();
    if !is_installed("/usr/bin/strace") {
        return cuts;
    }
    let number = crate::crash::number;
    let (all, seed) = (number("POWER_CUTS").unwrap_or(CUTS), number("CRASH_SEED").unwrap_or(5));
    let mut seeded = Seeded(seed);
    let mut base = tempfile::tempdir().unwrap();
    let mut answered = [0; 8];
    for run in 0..all.div_ceil(CUTS_PER_RUN) {
        let steps = traced(base.path());
        let mut next = None;
        for _ in 0..CUTS_PER_RUN {
            let what = format!("CRASH_SEED={seed}, run {run}, {loss:?}");
            let place = place(&steps, &mut seeded);
            let (mut disk, mut acknowledged) = (Disk::with(base.path()), answered);
            let mut said = Vec::new();
            for (over, step) in steps[..place].iter().enumerate() {
                disk.apply(over, step);
                if let What::Say(bytes) = &step.what {
                    said.extend(bytes);
                }
            }
            let said = String::from_utf8_lossy(&said).into_owned();
            let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
            whole
                .lines()
                .filter_map(|line| line.strip_prefix('@'))
                .for_each(|line| note(&mut acknowledged, line));
            let folder = tempfile::tempdir().unwrap();
            disk.cut(loss, &mut seeded, folder.path());
            cuts.commits += acknowledged.iter().sum::<u64>() - answered.iter().sum::<u64>();
            // Opening repairs the store, so the next run starts from another copy.
            let kept = tempfile::tempdir().unwrap();
            super::opening::copy(folder.path(), kept.path());
            match SledStore::open(folder.path(), &settings()) {
                Ok(store) => {
                    cuts.served += 1;
                    check_store(&store, &acknowledged).await;
                    next = Some((kept, acknowledged));
                }
                Err(refusal) => {
                    cuts.refused += 1;
                    let line = refusal.to_string();
                    println!("{what}: {line}");
                    let helps = line.contains("`gatepost store verify") && !line.contains('\n');
                    assert!(loss == Loss::Torn && helps, "{what}, at {place} of {}: {line}", steps.len());
                }
            }
        }
        if let Some(next) = next {
            (base, answered) = next;
        }
    }
    println!("{loss:?}: {cuts:?}");
    assert!(cuts.served > 0 && cuts.commits > 100, "{cuts:?}");
    cuts
}

/// The steps of a process that commits in a copy of the folder.
fn traced(base: &Path) -> Vec<Step> {
    let folder = tempfile::tempdir().unwrap();
    super::opening::copy(base, folder.path());
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut process = Process::start_with(tracer(log.path()), "commits_until_it_ends", folder.path());
    while process.next().is_some() {}
    assert!(process.ended_well());
    let log = fs::read_to_string(log.path()).unwrap();
    steps(&log, folder.path().to_str().unwrap())
}

/// Anywhere, and every second time just after an acknowledgement.
fn place(steps: &[Step], seeded: &mut Seeded) -> usize {
    let place = usize::try_from(seeded.below(steps.len() as u64)).unwrap();
    let is_said =
        |step: &Step| matches!(&step.what, What::Say(bytes) if bytes.ends_with(b"\n") && bytes.len() > 1);
    match seeded.below(2) {
        0 => place,
        _ => steps[place..].iter().position(is_said).map_or(place, |later| place + later + 1),
    }
}
