//! Who besides this server could read or write a file. The owner says little about that: orchestrators
//! mount volumes and secrets that belong to root, and let a group of ours use them.
//!
//! The files of this machine name the members of a group. Two things cannot be known from them, and are said
//! instead of guessed: who is in a group if users also come from a directory such as LDAP, and, for root, as
//! which user and with which groups the server will run.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, fstatvfs};
use rustix::process::{getegid, geteuid, getgroups};

const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";
const SOURCES: &str = "/etc/nsswitch.conf";
/// The sources of users and groups that have no others than those files, or only users of services.
const LOCAL_SOURCES: [&str; 4] = ["files", "compat", "systemd", "mymachines"];
const ROOT: u32 = 0;

/// For which user a file is judged. This differs only for root; any other user is the one the server runs as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// For this process, which works with the file itself.
    Own,
    /// For the owner of the file. Root uses a key of the server's user to reach the running server.
    #[default]
    Owner,
    /// For the user the server runs as, whom root does not know if the file belongs to root.
    Server,
}

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
    /// Its permission bits.
    pub mode: u32,
    /// Why it is unknown whether others have access.
    pub doubt: Option<Doubt>,
    way_out: WayOut,
}

/// What cannot be known here about a group that has access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Whether the server is its only member, because root is asking.
    OnlyServer(String),
    /// Some of its members, because they may come from these sources.
    Members(String, String),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnlyServer(group) => write!(
                f,
                "group {group} has access; run this check as the user the server runs as, to see whether that \
                 is its only member"
            ),
            Self::Members(group, sources) => write!(
                f,
                "group {group} has access, and its members cannot all be known here, because users also come \
                 from {sources} ({SOURCES}); make sure that it has no other members"
            ),
        }
    }
}

/// How to keep the others out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct WayOut {
    /// Only root can do it.
    needs_root: bool,
    /// Who should own it.
    chown: Option<String>,
    /// The group keeps its access.
    keeps_group: bool,
}

impl Others {
    /// Judges a file.
    #[must_use]
    pub fn of(metadata: &Metadata, view: View) -> Self {
        let us = geteuid();
        let (mode, owner, group) = (metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
        let user = match view {
            View::Owner if us.is_root() => Some(owner),
            View::Server if us.is_root() => (owner != ROOT).then_some(owner),
            _ => Some(us.as_raw()),
        };
        let foreign = user.filter(|user| owner != *user && owner != ROOT);
        let foreign = foreign.map(|_| Other::Owner(shown(USERS, owner)));
        let in_group = is_shared(group, user).then(|| Other::Group(shown(GROUPS, group)));
        let by = |everyone: u32, members: u32| {
            let all = (mode & everyone != 0).then_some(Other::Everyone);
            all.or_else(|| in_group.clone().filter(|_| mode & members != 0)).or_else(|| foreign.clone())
        };
        // The group of root is for root, unless this process was put into it.
        let counts = group != ROOT || (user == Some(us.as_raw()) && !us.is_root());
        let has_group = mode & 0o070 != 0 && in_group.is_none() && counts;
        let is_unsure = view == View::Server && user != Some(us.as_raw());
        let doubt = || {
            let name = shown(GROUPS, group);
            if is_unsure {
                return Some(Doubt::OnlyServer(name));
            }
            directories().map(|sources| Doubt::Members(name, sources))
        };
        let way_out = WayOut {
            needs_root: owner != us.as_raw() && !us.is_root(),
            chown: match user {
                Some(user) if user != owner && !has_group => Some(shown(USERS, user)),
                None if in_group.is_some() => Some("USER".to_owned()),
                _ => None,
            },
            keeps_group: has_group && user != Some(owner),
        };
        let doubt = has_group.then(doubt).flatten();
        Self { read: by(0o005, 0o050), write: by(0o002, 0o020), mode, doubt, way_out }
    }

    /// The command that keeps the others out. `private` is the mode for the owner alone.
    #[must_use]
    pub fn fix(&self, path: &Path, private: &str) -> String {
        let (path, way_out) = (path.display(), &self.way_out);
        let run = if way_out.needs_root { "as root, run" } else { "run" };
        let chown = way_out.chown.as_ref().map(|user| format!("chown {user} {path}; ")).unwrap_or_default();
        let mode = if way_out.keeps_group { "o=" } else { private };
        format!("{run}: {chown}chmod {mode} {path}")
    }
}

/// Whether a file is on a mount on which no one can change its mode.
#[must_use]
pub fn is_read_only(file: &File) -> bool {
    fstatvfs(file).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Whether a group lets in others besides a user. If the user is unknown, the only member may be that user.
fn is_shared(group: u32, user: Option<u32>) -> bool {
    let members = members(group);
    match user {
        None => members.len() > 1,
        Some(user) => {
            // A group with a number and no name, as container platforms use them, has no member that is known.
            let is_foreign = user == geteuid().as_raw() && !is_ours(group);
            is_foreign || members.iter().any(|member| *member != Ok(user))
        }
    }
}

/// Whether this process is in a group.
fn is_ours(group: u32) -> bool {
    getegid().as_raw() == group
        || getgroups().is_ok_and(|groups| groups.iter().any(|one| one.as_raw() == group))
}

/// The members of a group besides root, as the files of this machine name them: by their number, or by their
/// name if that is not there.
fn members(group: u32) -> BTreeSet<Result<u32, String>> {
    let users = fs::read_to_string(USERS).unwrap_or_default();
    let by_user =
        users.lines().filter_map(|line| Some((field(line, 0)?, number(line, 2)?, number(line, 3)?)));
    let by_user: Vec<(&str, u32, u32)> = by_user.collect();
    let at_home = by_user.iter().filter(|(.., primary)| *primary == group).map(|(_, id, _)| Ok(*id));
    let groups = fs::read_to_string(GROUPS).unwrap_or_default();
    let line = groups.lines().find(|line| number(line, 2) == Some(group));
    let named = line.and_then(|line| field(line, 3)).unwrap_or_default();
    let named = named.split(',').filter(|name| !name.is_empty()).map(|member| {
        let known = by_user.iter().find(|(name, ..)| *name == member);
        known.map(|(_, id, _)| *id).ok_or_else(|| member.to_owned())
    });
    at_home.chain(named).filter(|member| *member != Ok(ROOT)).collect()
}

/// The sources besides the files of this machine that users or groups come from.
fn directories() -> Option<String> {
    let text = fs::read_to_string(SOURCES).unwrap_or_default();
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let sources = lines.filter_map(|line| {
        let (database, sources) = line.split_once(':')?;
        matches!(database.trim(), "passwd" | "group" | "initgroups").then_some(sources)
    });
    // Between the sources there are actions in brackets, such as [NOTFOUND=return].
    let words =
        sources.flat_map(|sources| sources.split(['[', ']']).step_by(2).flat_map(str::split_whitespace));
    let others: BTreeSet<&str> = words.filter(|word| !LOCAL_SOURCES.contains(word)).collect();
    (!others.is_empty()).then(|| others.into_iter().collect::<Vec<_>>().join(" and "))
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
