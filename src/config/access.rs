//! Who besides this process could read or write a file. The owner says little about that: orchestrators
//! mount volumes and secrets that belong to root, and let a group of ours use them.

use std::fmt;
use std::fs;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use rustix::process::{getegid, geteuid, getgroups};

const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";
const ROOT: u32 = 0;

/// Someone else who can use a file. Root always can, so it is never named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other {
    /// Every user of this machine.
    Everyone,
    /// The other members of a group.
    Group(String),
    /// The owner, who can do anything with it whatever its mode.
    Owner(String),
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Group(name) => write!(f, "group {name}"),
            Self::Owner(name) => write!(f, "user {name}"),
        }
    }
}

/// What others can do with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Others {
    /// The first who can read it or, in a folder, reach its files.
    pub read: Option<Other>,
    /// The first who can write to it.
    pub write: Option<Other>,
}

impl Others {
    /// As this process is concerned.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self::besides(geteuid().as_raw(), metadata)
    }

    /// As a user is concerned.
    #[must_use]
    pub fn besides(user: u32, metadata: &Metadata) -> Self {
        let (mode, owner, group) = (metadata.mode(), metadata.uid(), metadata.gid());
        let foreign = (owner != user && owner != ROOT).then(|| Other::Owner(shown(USERS, owner)));
        // Of a group with a number and no name, as container platforms use them, no member is known here.
        let in_group =
            (!is_ours(group) || has_other_members(group, user)).then(|| Other::Group(shown(GROUPS, group)));
        let by = |everyone: u32, members: u32| {
            let all = (mode & everyone != 0).then_some(Other::Everyone);
            all.or_else(|| in_group.clone().filter(|_| mode & members != 0)).or_else(|| foreign.clone())
        };
        Self { read: by(0o005, 0o050), write: by(0o002, 0o020) }
    }
}

/// Whether this process is in a group.
fn is_ours(group: u32) -> bool {
    getegid().as_raw() == group
        || getgroups().is_ok_and(|groups| groups.iter().any(|one| one.as_raw() == group))
}

/// Whether the files of this machine name a member of a group besides a user and root.
fn has_other_members(group: u32, user: u32) -> bool {
    let is_other = |id: u32| id != user && id != ROOT;
    let users = fs::read_to_string(USERS).unwrap_or_default();
    let by_user =
        users.lines().filter_map(|line| Some((field(line, 0)?, number(line, 2)?, number(line, 3)?)));
    let by_user: Vec<(&str, u32, u32)> = by_user.collect();
    if by_user.iter().any(|&(_, id, primary)| primary == group && is_other(id)) {
        return true;
    }
    let groups = fs::read_to_string(GROUPS).unwrap_or_default();
    let line = groups.lines().find(|line| number(line, 2) == Some(group));
    let members = line.and_then(|line| field(line, 3)).unwrap_or_default();
    members.split(',').filter(|name| !name.is_empty()).any(|member| {
        by_user.iter().find(|(name, ..)| *name == member).is_none_or(|&(_, id, _)| is_other(id))
    })
}

/// The name of a user or a group, or its number.
fn shown(file: &str, id: u32) -> String {
    let lines = fs::read_to_string(file).unwrap_or_default();
    let line = lines.lines().find(|line| number(line, 2) == Some(id));
    line.and_then(|line| field(line, 0)).map_or_else(|| id.to_string(), str::to_owned)
}

fn field(line: &str, index: usize) -> Option<&str> {
    line.split(':').nth(index)
}

fn number(line: &str, index: usize) -> Option<u32> {
    field(line, index)?.parse().ok()
}
