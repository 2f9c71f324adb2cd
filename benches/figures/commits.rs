//! Durable commits of three keys, compared with a bare loop of `fdatasync`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::ports::Change;
use gatepost::domain::ports::Committed;
use gatepost::domain::ports::Store;
use gatepost::domain::record::Record;
use gatepost::domain::record::key::Key;
use gatepost::store::sled::{SledSettings, SledStore};

use crate::{median, row, stopwatch};

const WINDOWS: usize = 5;
const COMMITS: u32 = 20_000;

/// Prints a row for each number of waiters.
pub(crate) async fn measure() {
    let folder = tempfile::tempdir_in(".").expect("a folder on a real disk");
    let store = SledStore::open(folder.path(), &SledSettings::new([7; 16])).expect("an empty store");
    let store: Arc<dyn Store> = Arc::new(store);
    for waiters in [1_u32, 8, 64, 512] {
        let (mut ours, mut bare, mut waits) = (Vec::new(), Vec::new(), Vec::new());
        for window in 0..WINDOWS {
            let commits = if waiters == 1 { COMMITS / 10 } else { COMMITS };
            ours.push(commits_a_second(&store, waiters, commits, window, &mut waits).await);
            bare.push(syncs_a_second(folder.path(), commits / 10));
        }
        waits.sort_unstable();
        let part = |of: usize| waits[waits.len() * of / 100].as_secs_f64() * 1000.0;
        let (ours, bare) = (median(ours), median(bare));
        row(
            &format!("durable three-key commits, {waiters} at a time"),
            &format!("{ours:.0} /s, median {:.2} ms, 99th percentile {:.2} ms", part(50), part(99)),
            &format!("{bare:.0} bare fdatasync /s"),
            Some(ours / bare),
        );
    }
}

async fn commits_a_second(
    store: &Arc<dyn Store>,
    waiters: u32,
    commits: u32,
    window: usize,
    waits: &mut Vec<Duration>,
) -> f64 {
    let elapsed = stopwatch();
    let mut tasks = Vec::new();
    for waiter in 0..waiters {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let mut waits = Vec::new();
            for number in 0..commits / waiters {
                let mut change = Change::new();
                for part in 0..3 {
                    let key = format!("bench/{window}/{waiters}/{waiter}/{number}/{part}");
                    change.put(Key::from_bytes(key.into_bytes()), Record::KeyCheck([7; 32]));
                }
                let waited = stopwatch();
                assert_eq!(store.commit(change).await, Ok(Committed::Yes));
                waits.push(waited());
            }
            waits
        }));
    }
    for task in tasks {
        waits.extend(task.await.expect("every commit succeeds"));
    }
    f64::from(commits / waiters * waiters) / elapsed().as_secs_f64()
}

fn syncs_a_second(folder: &Path, syncs: u32) -> f64 {
    let file = File::create(folder.join("bare")).expect("a file");
    let page = [7; 4096];
    let elapsed = stopwatch();
    for number in 0..syncs {
        file.write_all_at(&page, u64::from(number) * 4096).expect("room on the disk");
        file.sync_data().expect("a disk that syncs");
    }
    f64::from(syncs) / elapsed().as_secs_f64()
}
