//! What the side file says while a store is being moved, and afterwards. Older versions take it for a damaged file, and use
//! the store as little as this one does.

use std::fmt;

use crate::domain::record::ids::MoveId;
use crate::domain::record::time::Timestamp;
use crate::store::moving::Left;

const ARRIVING: &str = "gatepost moving here 1";
const LEFT: &str = "gatepost moved away 1";

/// A move, as the side file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Records are being put into the store.
    Arriving(MoveId),
    /// The store was moved.
    Left(Left),
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arriving(id) => writeln!(f, "{ARRIVING}\n{id}"),
            Self::Left(Left { id, to, at }) => writeln!(f, "{LEFT}\n{id}\n{}\n{to}", at.0),
        }
    }
}

impl Passage {
    /// Reads what `Display` writes. Nothing for anything else.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let (head, rest) = text.split_once('\n')?;
        match head {
            ARRIVING => Some(Self::Arriving(MoveId::parse(rest)?)),
            LEFT => {
                let mut lines = rest.splitn(3, '\n');
                let id = MoveId::parse(lines.next()?)?;
                let at = Timestamp(lines.next()?.parse().ok()?);
                Some(Self::Left(Left { id, to: lines.next()?.to_owned(), at }))
            }
            _ => None,
        }
    }
}
