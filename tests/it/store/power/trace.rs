//! What a process did to its files, in the order in which it happened, as `strace` saw it.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// One step. `begun` is its place in the log when it began; it was over where it stands.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) begun: usize,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// A file was opened; it is new if it was not there. Perhaps it was emptied.
    Open {
        path: String,
        empties: bool,
    },
    Mkdir(String),
    Rename(String, String),
    Remove(String),
    Write {
        path: String,
        at: usize,
        bytes: Vec<u8>,
    },
    Resize {
        path: String,
        len: usize,
    },
    /// A file or folder was synced.
    Sync(String),
    /// The process said something to the test.
    Say(Vec<u8>),
}

const CALLS: &str = "trace=openat,write,pwrite64,lseek,ftruncate,fallocate,fsync,fdatasync,rename,unlink,\
                     unlinkat,rmdir,mkdir,copy_file_range,writev,pwritev,renameat,renameat2,mkdirat";

/// `strace` for a program whose arguments follow. It writes to `log`.
pub(super) fn tracer(log: &Path) -> Command {
    let mut command = Command::new("/usr/bin/strace");
    command.args(["-f", "-q", "-y", "-xx", "-s", "4000000", "-e", CALLS, "-o"]).arg(log);
    command
}

/// The steps in a log, for files below `folder`. Paths are relative to it.
pub(super) fn steps(log: &str, folder: &str) -> Vec<Step> {
    let mut reader = Reader { folder, offsets: HashMap::new() };
    let mut unfinished: HashMap<&str, (usize, String)> = HashMap::new();
    let mut steps = Vec::new();
    for line in log.lines() {
        let (process, rest) = line.split_once(' ').unwrap();
        let rest = rest.trim_start();
        let (begun, call) = if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(process, (steps.len(), start.to_owned()));
            continue;
        } else if let Some(end) = rest.strip_prefix("<... ") {
            let Some((begun, start)) = unfinished.remove(process) else { continue };
            let (_, end) = end.split_once(" resumed>").unwrap();
            (begun, start + end)
        } else {
            (steps.len(), rest.to_owned())
        };
        steps.extend(reader.what(&call).map(|what| Step { begun, what }));
    }
    steps
}

struct Reader<'a> {
    folder: &'a str,
    /// Where the next `write` to a file goes.
    offsets: HashMap<u64, usize>,
}

impl Reader<'_> {
    fn what(&mut self, call: &str) -> Option<What> {
        let (name, rest) = call.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(" = ")?;
        let result: i64 = result.split(['<', ' ']).next()?.parse().ok()?;
        if result < 0 {
            return None;
        }
        let result = usize::try_from(result).unwrap();
        let arguments = arguments.trim_end().strip_suffix(')')?;
        let arguments: Vec<&str> = arguments.split(", ").collect();
        let path = |at: usize| self.relative(&text(arguments[at]));
        let fd = || arguments[0].split('<').next().unwrap().parse::<u64>().unwrap();
        let number = |at: usize| arguments[at].parse::<usize>().unwrap();
        match name {
            "openat" => {
                self.offsets.insert(u64::try_from(result).unwrap(), 0);
                let (path, flags) = (self.relative(&text(arguments[1]))?, arguments[2]);
                let is_change = flags.contains("O_CREAT") || flags.contains("O_TRUNC");
                is_change.then(|| What::Open { path, empties: flags.contains("O_TRUNC") })
            }
            "lseek" => {
                self.offsets.insert(fd(), result);
                None
            }
            "write" if fd() == 1 => Some(What::Say(bytes(arguments[1])[..result].to_vec())),
            "write" => {
                let (fd, path) = (fd(), path(0)?);
                let next = self.offsets.entry(fd).or_default();
                let at = std::mem::replace(next, *next + result);
                Some(What::Write { path, at, bytes: bytes(arguments[1])[..result].to_vec() })
            }
            "pwrite64" => {
                let bytes = bytes(arguments[1])[..result].to_vec();
                Some(What::Write { path: path(0)?, at: number(3), bytes })
            }
            "ftruncate" => Some(What::Resize { path: path(0)?, len: number(1) }),
            "fsync" | "fdatasync" => Some(What::Sync(path(0)?)),
            "rename" => Some(What::Rename(path(0)?, path(1)?)),
            "mkdir" => Some(What::Mkdir(path(0)?)),
            "unlink" | "rmdir" => Some(What::Remove(path(0)?)),
            "unlinkat" => {
                let (folder, name) = (path(0)?, text(arguments[1]));
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                self.relative(&path).map(What::Remove)
            }
            // Only the copy that is verified first is written like this.
            "copy_file_range" => None,
            other => {
                assert!(path(0).is_none(), "unknown: {other}");
                None
            }
        }
    }

    /// A path below the folder; `None` elsewhere. The copy that is verified first does not matter.
    fn relative(&self, path: &str) -> Option<String> {
        let below = match path.strip_prefix(self.folder) {
            Some(below) => below,
            None if path.starts_with('/') => return None,
            None => path,
        };
        let names: Vec<&str> = below.split('/').filter(|name| !["", "."].contains(name)).collect();
        (names.first() != Some(&"store.proof")).then(|| names.join("/"))
    }
}

/// The path in `3<...>` or the text in quotes.
fn text(argument: &str) -> String {
    let inner = argument.split_once('<').map_or(argument, |(_, inner)| inner.split('>').next().unwrap());
    String::from_utf8_lossy(&bytes(inner)).into_owned()
}

/// `"\x61\x62"` as bytes.
fn bytes(escaped: &str) -> Vec<u8> {
    let escaped = escaped.trim_matches('"');
    assert!(!escaped.ends_with("..."), "strace cut something off");
    escaped.split("\\x").skip(1).map(|hex| u8::from_str_radix(&hex[..2], 16).unwrap()).collect()
}
