//! What passes between us, an app's host and a browser: the ticket that leads to us, the token that hands a sign-in
//! over, and the cookie that a browser keeps for one host.
//!
//! Each is sealed whole and has a key of its own, so that nothing in it can be changed, and none passes for another.
//! Its fields are framed by their lengths, so that no two contents have the same bytes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::ring::KeyRing;
use super::ring_key::{KEY_ID_BITS, RingKey, TAG_BYTES, TokenKey, VERSION};
use crate::domain::record::ids::{AccountId, KeyId, Nonce, RunId, SessionId};
use crate::domain::record::time::Timestamp;

/// The longest of them as text: a URL with it stays below 4 KiB.
const LONGEST: usize = 3900;
/// The bytes of a browser's secret.
const SECRET_BYTES: usize = 16;

/// A browser, by a digest of the secret that it keeps for a host. Whoever reads a ticket or a token in a log does not
/// learn the secret.
#[derive(Clone, Copy, Debug)]
pub struct BrowserMark([u8; 16]);

impl BrowserMark {
    /// The mark of the browser with this secret. Nothing if it is not one of ours.
    #[must_use]
    pub fn of(secret: &str) -> Option<Self> {
        let mut bytes = [0; SECRET_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(secret, &mut bytes).ok()?;
        let digest = blake3::derive_key("gatepost 2026 browser at an app v1", &bytes);
        let mark = digest.first_chunk()?;
        (length == SECRET_BYTES).then_some(Self(*mark))
    }

    /// Whether it is the same browser. Takes the same time whatever the answer.
    #[must_use]
    pub fn is(self, other: Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The secret of a browser, as its cookie has it.
#[must_use]
pub fn browser_secret(random: [u8; SECRET_BYTES]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// Where a browser wanted to go.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The app, by its host.
    pub host: String,
    /// The path and query there.
    pub path: String,
    /// The browser that wants to go there.
    pub browser: BrowserMark,
    /// When it wanted to.
    pub at: Timestamp,
}

/// A sign-in on its way to an app's host.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// Names this token.
    pub nonce: Nonce,
    /// The app, by its host.
    pub host: String,
    /// The path and query there.
    pub path: String,
    /// The only browser that can use it.
    pub browser: BrowserMark,
    /// The account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
    /// When it was made.
    pub at: Timestamp,
    /// The run that made it, if that has its store to itself: it remembers in memory which tokens are spent.
    pub run: Option<RunId>,
}

/// What a browser keeps for one app's host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPass {
    /// The app, by its host.
    pub host: String,
    /// The account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
}

impl KeyRing {
    /// Seals a ticket.
    #[must_use]
    pub fn seal_ticket(&self, ticket: &Ticket) -> String {
        let Ticket { host, path, browser, at } = ticket;
        let fields = [host.as_bytes(), path.as_bytes(), &browser.0, &at.0.to_be_bytes()];
        self.seal_framed(&fields, |key| &key.ticket)
    }

    /// Opens a ticket. Nothing if even one bit is not ours.
    #[must_use]
    pub fn open_ticket(&self, token: &str) -> Option<Ticket> {
        let body = self.open_framed(token, |key| &key.ticket)?;
        let [host, path, browser, at] = fields(&body)?;
        Some(Ticket { host: text(host)?, path: text(path)?, browser: mark(browser)?, at: time(at)? })
    }

    /// Seals a hand-over token.
    #[must_use]
    pub fn seal_hand_over(&self, token: &HandOver) -> String {
        let HandOver { nonce, host, path, browser, account, session, at, run } = token;
        let run: &[u8] = run.as_ref().map_or(&[], |run| &run.0);
        let fields: [&[u8]; 8] = [
            &nonce.0,
            host.as_bytes(),
            path.as_bytes(),
            &browser.0,
            &account.0,
            &session.0,
            &at.0.to_be_bytes(),
            run,
        ];
        self.seal_framed(&fields, |key| &key.hand_over)
    }

    /// Opens a hand-over token.
    #[must_use]
    pub fn open_hand_over(&self, token: &str) -> Option<HandOver> {
        let body = self.open_framed(token, |key| &key.hand_over)?;
        let [nonce, host, path, browser, account, session, at, run] = fields(&body)?;
        Some(HandOver {
            nonce: Nonce(nonce.try_into().ok()?),
            host: text(host)?,
            path: text(path)?,
            browser: mark(browser)?,
            account: AccountId(account.try_into().ok()?),
            session: SessionId(session.try_into().ok()?),
            at: time(at)?,
            run: if run.is_empty() { None } else { Some(RunId(run.try_into().ok()?)) },
        })
    }

    /// Seals the cookie of an app's host.
    #[must_use]
    pub fn seal_pass(&self, pass: &AppPass) -> String {
        let fields: [&[u8]; 3] = [pass.host.as_bytes(), &pass.account.0, &pass.session.0];
        self.seal_framed(&fields, |key| &key.app)
    }

    /// Opens the cookie of an app's host.
    #[must_use]
    pub fn open_pass(&self, token: &str) -> Option<AppPass> {
        let body = self.open_framed(token, |key| &key.app)?;
        let [host, account, session] = fields(&body)?;
        let (account, session) = (account.try_into().ok()?, session.try_into().ok()?);
        Some(AppPass { host: text(host)?, account: AccountId(account), session: SessionId(session) })
    }

    fn seal_framed(&self, fields: &[&[u8]], kind: fn(&RingKey) -> &TokenKey) -> String {
        let key = self.sealing();
        let mut body = vec![VERSION | key.id.0];
        for field in fields {
            let length = u16::try_from(field.len()).expect("no field is that long");
            body.extend_from_slice(&length.to_be_bytes());
            body.extend_from_slice(field);
        }
        let tag = kind(&key).tag(&body);
        body.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(body)
    }

    /// The fields of a token, still framed. The tag is checked before anything else is looked at.
    fn open_framed(&self, token: &str, kind: fn(&RingKey) -> &TokenKey) -> Option<Vec<u8>> {
        if token.len() > LONGEST {
            return None;
        }
        let mut whole = URL_SAFE_NO_PAD.decode(token).ok()?;
        let length = whole.len().checked_sub(TAG_BYTES).filter(|length| *length > 0)?;
        if whole[0] & !KEY_ID_BITS != VERSION {
            return None;
        }
        let (body, tag) = whole.split_at(length);
        let expected = self.with(KeyId(whole[0] & KEY_ID_BITS), |key| kind(key).tag(body))?;
        if !bool::from(expected.ct_eq(tag)) {
            return None;
        }
        whole.truncate(length);
        Some(whole)
    }
}

/// Exactly so many fields, with nothing after them.
fn fields<const N: usize>(body: &[u8]) -> Option<[&[u8]; N]> {
    let mut rest = &body[1..];
    let mut fields = [&[][..]; N];
    for field in &mut fields {
        let (length, after) = rest.split_first_chunk::<2>()?;
        (*field, rest) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    }
    rest.is_empty().then_some(fields)
}

fn text(field: &[u8]) -> Option<String> {
    String::from_utf8(field.to_vec()).ok()
}

fn mark(field: &[u8]) -> Option<BrowserMark> {
    field.try_into().ok().map(BrowserMark)
}

fn time(field: &[u8]) -> Option<Timestamp> {
    field.try_into().ok().map(|bytes| Timestamp(u64::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::browser_secret;
    use super::{
        AccountId, AppPass, BrowserMark, HandOver, KeyRing, Nonce, RunId, SessionId, Ticket, Timestamp,
    };

    fn ring() -> KeyRing {
        KeyRing::parse("gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("it is right")
    }

    /// One of each kind, for the same host.
    fn all(ring: &KeyRing) -> [String; 3] {
        let browser = BrowserMark::of(&browser_secret([7; 16])).expect("it is right");
        let (host, path, at) = ("wiki.example.org".to_owned(), "/page".to_owned(), Timestamp(1));
        let (account, session) = (AccountId([1; 16]), SessionId([2; 16]));
        let (nonce, run) = (Nonce([3; 12]), Some(RunId([4; 8])));
        let ticket = Ticket { host: host.clone(), path: path.clone(), browser, at };
        let token = HandOver { nonce, host: host.clone(), path, browser, account, session, at, run };
        [
            ring.seal_ticket(&ticket),
            ring.seal_hand_over(&token),
            ring.seal_pass(&AppPass { host, account, session }),
        ]
    }

    /// Which kinds a text opens as.
    fn opens(ring: &KeyRing, text: &str) -> [bool; 3] {
        [
            ring.open_ticket(text).is_some(),
            ring.open_hand_over(text).is_some(),
            ring.open_pass(text).is_some(),
        ]
    }

    #[test]
    fn no_kind_opens_as_another_and_no_bit_can_be_changed() {
        let ring = ring();
        for (kind, sealed) in all(&ring).iter().enumerate() {
            let own: Vec<usize> = (0..3).filter(|other| opens(&ring, sealed)[*other]).collect();
            assert_eq!(own, [kind]);
            assert!(ring.open_session(sealed).is_none() && ring.open_link(sealed).is_none());
            for at in 0..sealed.len() {
                for other in ["A", "B", "-"] {
                    let changed = format!("{}{other}{}", &sealed[..at], &sealed[at + 1..]);
                    assert!(changed == *sealed || opens(&ring, &changed) == [false; 3], "{at}");
                }
            }
            for changed in [format!("{sealed}A"), sealed[1..].to_owned(), format!("{sealed}="), String::new()]
            {
                assert_eq!(opens(&ring, &changed), [false; 3]);
            }
        }
    }

    #[test]
    fn a_long_path_stays_below_four_kibibytes() {
        let (ring, browser) = (ring(), BrowserMark::of(&browser_secret([7; 16])).expect("it is right"));
        let (host, path, at) = ("a".repeat(253), format!("/{}", "x".repeat(2047)), Timestamp(u64::MAX));
        let (account, session) = (AccountId([1; 16]), SessionId([2; 16]));
        let (nonce, run) = (Nonce([3; 12]), Some(RunId([4; 8])));
        let token = HandOver { nonce, host, path: path.clone(), browser, account, session, at, run };
        let sealed = ring.seal_hand_over(&token);
        assert!(sealed.len() < 3700, "{}", sealed.len());
        assert_eq!(ring.open_hand_over(&sealed).expect("it is right").path, path);
    }

    #[test]
    fn only_the_same_secret_is_the_same_browser() {
        let [one, other] =
            [[7; 16], [8; 16]].map(|bytes| BrowserMark::of(&browser_secret(bytes)).expect("it is right"));
        assert!(one.is(one) && !one.is(other));
        for odd in
            ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB"]
        {
            assert!(BrowserMark::of(odd).is_none(), "{odd}");
        }
    }
}
