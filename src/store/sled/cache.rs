//! How much of what was read from sled's files is kept in memory.
//!
//! Sled counts the bytes of its pages on disk, rounded up to a power of two. In memory they take about twice as much.
//! What it needs to find the pages of a large store comes on top, whatever is kept: about 20 MiB for a million records.

use std::fs;

/// On a machine with enough memory. People who come rarely are read from disk anyway, and those who come often fit.
const MOST_BYTES: u64 = 12 << 20;
const FEWEST_BYTES: u64 = 1 << 20;
/// Which part of the memory it may be.
const PART: u64 = 64;
const KIB: u64 = 1024;

/// What suits this machine.
pub(super) fn usual_bytes() -> u64 {
    let memory = [machine(), group()].into_iter().flatten().min().unwrap_or(u64::MAX);
    (memory / PART).clamp(FEWEST_BYTES, MOST_BYTES)
}

/// The memory of the machine.
fn machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(total.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * KIB)
}

/// The limit of the control group that this process is in, as a container or a systemd unit sets it.
fn group() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    fs::read_to_string(format!("/sys/fs/cgroup{path}/memory.max")).ok()?.trim().parse().ok()
}
