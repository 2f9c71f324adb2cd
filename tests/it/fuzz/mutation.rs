//! Random changes of kept inputs, the same for the same seed.

/// What parsers trip over.
const PIECES: [&[u8]; 40] = [
    b"%00",
    b"%ff",
    b"%0d%0a",
    b"%",
    b"%2f",
    b"%5c",
    b"+",
    b"&",
    b"=",
    b"&email=",
    b"\r\n",
    b"\n",
    b"\0",
    b"\t",
    b" ",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{ff20}".as_bytes(),
    "\u{fffd}".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{1f511}".as_bytes(),
    b"@",
    b".",
    b"xn--",
    b"//",
    b"\\",
    b"..",
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"null",
    b"1e999",
    b"-1",
    b"\\ud800",
    b"<b>",
];
/// The longest input.
const MOST_BYTES: usize = 20_000;

/// A source of mutations.
pub(super) struct Mutations(u64);

impl Mutations {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of the inputs, changed once or a few times.
    pub(super) fn of(&mut self, kept: &[Vec<u8>]) -> Vec<u8> {
        let mut input = self.any(kept).clone();
        for _ in 0..=self.below(4) {
            self.change(&mut input, kept);
        }
        input.truncate(MOST_BYTES);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, kept: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = at + self.below((input.len() - at).min(16) + 1);
        match self.below(8) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = u8::try_from(self.below(256)).unwrap_or_default(),
            2 => drop(input.drain(at..end)),
            3 => {
                let again = input[at..end].to_vec();
                let times = [1, 2, 10, 300][self.below(4)];
                drop(input.splice(at..at, again.repeat(times)));
            }
            4 => {
                let other = self.any(kept).clone();
                let from = self.below(other.len() + 1);
                drop(input.splice(at..end, other[from..].iter().copied()));
            }
            5 => input.truncate(at),
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                let times = [1, 1, 1, 2, 50][self.below(5)];
                drop(input.splice(at..end, piece.repeat(times)));
            }
        }
    }

    fn any<'a>(&mut self, kept: &'a [Vec<u8>]) -> &'a Vec<u8> {
        &kept[self.below(kept.len())]
    }

    /// A number below `end`. `SplitMix64`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let most = u64::try_from(end).unwrap();
        usize::try_from((mixed ^ (mixed >> 31)) % most).unwrap()
    }
}
