//! The tally of a store: its id, the number of its commits, and a digest of all its records. It is
//! written in every batch, and a side file has a copy.

use xxhash_rust::xxh3::xxh3_64;

use super::digest::Digest;

/// The key of the tally in the store. Keys of records never begin with a NUL byte.
pub(super) const TALLY_KEY: &[u8] = b"\0tally";
/// The first key a record can have.
pub(super) const FIRST_KEY: &[u8] = &[1];

const MAGIC: [u8; 8] = *b"gatepost";
/// Since this format, the digest is kept in slices too.
const FORMAT: u32 = 2;
/// The format before there were slices.
const UNSLICED: u32 = 1;
const SUMMED_BYTES: usize = 8 + 4 + 16 + 8 + 8 + 16;

/// The permanent id a store gets when it is created.
pub(super) type StoreId = [u8; 16];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) id: StoreId,
    /// Commits since the store was created; also the newest version of any key.
    pub(super) commits: u64,
    /// Of all records: the wrapping sum of their weights. A commit updates it without reading the others.
    pub(super) digest: Digest,
}

/// A tally as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) tally: Tally,
    /// Whether the store that it belongs to has slices. Older ones do not.
    pub(super) is_sliced: bool,
}

/// Why bytes are not a tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoTally {
    /// They are not the bytes that were written.
    Damaged,
    /// Another version of this program wrote them.
    OtherFormat(u32),
}

impl Tally {
    pub(super) const BYTES: usize = SUMMED_BYTES + 8;

    pub(super) fn new(id: StoreId) -> Self {
        Self { id, commits: 0, digest: Digest::default() }
    }

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let parts: [&[u8]; 6] = [
            &MAGIC,
            &FORMAT.to_be_bytes(),
            &self.id,
            &self.commits.to_be_bytes(),
            &self.digest.records.to_be_bytes(),
            &self.digest.sum.to_be_bytes(),
        ];
        let mut bytes = parts.concat();
        bytes.extend_from_slice(&xxh3_64(&bytes).to_be_bytes());
        bytes.try_into().expect("the parts of a tally have fixed sizes")
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Written, NoTally> {
        Self::fields(bytes).ok_or(NoTally::Damaged).and_then(|(format, tally)| match format {
            FORMAT => Ok(Written { tally, is_sliced: true }),
            UNSLICED => Ok(Written { tally, is_sliced: false }),
            other => Err(NoTally::OtherFormat(other)),
        })
    }

    fn fields(bytes: &[u8]) -> Option<(u32, Self)> {
        let (summed, sum) = bytes.split_last_chunk()?;
        let (magic, rest) = summed.split_first_chunk()?;
        let (format, rest) = rest.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (commits, rest) = rest.split_first_chunk()?;
        let (records, rest) = rest.split_first_chunk()?;
        let digest = rest.try_into().ok()?;
        let tally = Self {
            id: *id,
            commits: u64::from_be_bytes(*commits),
            digest: Digest { records: u64::from_be_bytes(*records), sum: u128::from_be_bytes(digest) },
        };
        let is_whole = *magic == MAGIC && u64::from_be_bytes(*sum) == xxh3_64(summed);
        is_whole.then_some((u32::from_be_bytes(*format), tally))
    }
}
