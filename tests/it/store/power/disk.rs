//! A disk that keeps only what was synced. Names count as synced once their folder was.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::trace::{Step, What};
use crate::store::Seeded;

/// The unit that a disk writes at once.
const PAGE: usize = 4096;

/// What a power cut leaves of the writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Nothing.
    All,
    /// Some pages of some of them, and half a page of one.
    Torn,
}

#[derive(Clone, Debug)]
struct Change {
    /// Its place in the log.
    over: usize,
    what: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

/// The names in a folder and what they stand for.
type Names = BTreeMap<String, usize>;

#[derive(Clone, Debug)]
enum Node {
    Folder { now: Names, synced: Names },
    File { synced: Vec<u8>, later: Vec<Change> },
}

/// The data folder is node 0.
pub(super) struct Disk(Vec<Node>);

impl Disk {
    /// A disk that has all of a folder.
    pub(super) fn with(folder: &Path) -> Self {
        let mut disk = Self(vec![]);
        disk.take(folder);
        disk
    }

    fn take(&mut self, path: &Path) -> usize {
        let id = self.0.len();
        if path.is_file() {
            self.0.push(Node::File { synced: fs::read(path).unwrap(), later: vec![] });
            return id;
        }
        self.0.push(Node::Folder { now: Names::new(), synced: Names::new() });
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let child = self.take(&entry.path());
            let name = entry.file_name().into_string().unwrap();
            let Node::Folder { now, synced } = &mut self.0[id] else { unreachable!() };
            now.insert(name.clone(), child);
            synced.insert(name, child);
        }
        id
    }

    /// Does what the process did. `over` is the place of the step in the log.
    pub(super) fn apply(&mut self, over: usize, step: &Step) {
        match &step.what {
            What::Open { path, empties } => {
                let file = self.find(path).unwrap_or_else(|| self.create(path, Node::file()));
                if *empties {
                    self.change(file, over, Kind::Resize(0));
                }
            }
            What::Mkdir(path) => {
                _ = self.create(path, Node::Folder { now: Names::new(), synced: Names::new() });
            }
            What::Rename(from, to) => {
                let node = self.find(from).unwrap_or_else(|| panic!("{from} is not there"));
                let (folder, name) = self.place(from);
                self.names(folder).remove(&name);
                let (folder, name) = self.place(to);
                self.names(folder).insert(name, node);
            }
            What::Remove(path) => {
                let (folder, name) = self.place(path);
                self.names(folder).remove(&name);
            }
            What::Write { path, at, bytes } => {
                let Some(file) = self.find(path) else { return };
                self.change(file, over, Kind::Write { at: *at, bytes: bytes.clone() });
            }
            What::Resize { path, len } => {
                let Some(file) = self.find(path) else { return };
                self.change(file, over, Kind::Resize(*len));
            }
            What::Sync(path) => {
                let Some(node) = self.find(path) else { return };
                self.0[node].sync(step.begun);
            }
            What::Say(_) => {}
        }
    }

    fn change(&mut self, file: usize, over: usize, what: Kind) {
        let Node::File { later, .. } = &mut self.0[file] else { panic!("a folder was written") };
        later.push(Change { over, what });
    }

    fn find(&self, path: &str) -> Option<usize> {
        let mut node = 0;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let Node::Folder { now, .. } = &self.0[node] else { return None };
            node = *now.get(name)?;
        }
        Some(node)
    }

    fn place(&self, path: &str) -> (usize, String) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let found = self.find(folder);
        (found.unwrap_or_else(|| panic!("{path} has no folder")), name.to_owned())
    }

    fn names(&mut self, folder: usize) -> &mut Names {
        let Node::Folder { now, .. } = &mut self.0[folder] else { panic!("not a folder") };
        now
    }

    fn create(&mut self, path: &str, node: Node) -> usize {
        let id = self.0.len();
        self.0.push(node);
        let (folder, name) = self.place(path);
        self.names(folder).insert(name, id);
        id
    }

    /// Writes what is left after a power cut into an empty folder.
    pub(super) fn cut(&self, loss: Loss, seeded: &mut Seeded, to: &Path) {
        self.write(0, loss, seeded, to);
    }

    fn write(&self, node: usize, loss: Loss, seeded: &mut Seeded, to: &Path) {
        match &self.0[node] {
            Node::Folder { now, synced } => {
                fs::create_dir_all(to).unwrap();
                let keeps_names = loss == Loss::Torn && seeded.below(2) == 0;
                for (name, node) in if keeps_names { now } else { synced } {
                    self.write(*node, loss, seeded, &to.join(name));
                }
            }
            Node::File { synced, later } => {
                let mut bytes = synced.clone();
                if loss == Loss::Torn {
                    let torn = seeded.below(later.len().max(1) as u64);
                    for (number, change) in later.iter().enumerate() {
                        change.what.keep_some(&mut bytes, number as u64 == torn, seeded);
                    }
                }
                fs::write(to, bytes).unwrap();
            }
        }
    }
}

impl Node {
    fn file() -> Self {
        Self::File { synced: vec![], later: vec![] }
    }

    /// Everything that was over before the sync began is on the disk.
    fn sync(&mut self, begun: usize) {
        match self {
            Self::Folder { now, synced } => synced.clone_from(now),
            Self::File { synced, later } => {
                let rest = later.split_off(later.partition_point(|change| change.over < begun));
                for change in std::mem::replace(later, rest) {
                    change.what.apply(synced);
                }
            }
        }
    }
}

impl Kind {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => put(file, *at, bytes),
            Self::Resize(len) => file.resize(*len, 0),
        }
    }

    fn keep_some(&self, file: &mut Vec<u8>, is_torn: bool, seeded: &mut Seeded) {
        let Self::Write { at, bytes } = self else {
            if seeded.below(2) == 0 {
                self.apply(file);
            }
            return;
        };
        let mut start = 0;
        while start < bytes.len() {
            let end = bytes.len().min(start + PAGE - (at + start) % PAGE);
            if seeded.below(2) == 0 {
                put(file, at + start, &bytes[start..end]);
            } else if is_torn {
                let part = usize::try_from(seeded.below((end - start) as u64)).unwrap();
                put(file, at + start, &bytes[start..start + part]);
            }
            start = end;
        }
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}
