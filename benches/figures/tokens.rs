//! Sealing and opening tokens.

use std::hint::black_box;

use gatepost::domain::record::ids::{AccountId, Nonce, SessionId};
use gatepost::domain::token::{KeyRing, LinkClaims, SessionClaims};

use crate::{median, row, stopwatch};

const ROUNDS: u32 = 200_000;
const WINDOWS: usize = 7;

/// Prints a row for each.
pub(crate) fn measure() {
    let ring = KeyRing::parse(&KeyRing::generate(&gatepost::world::real())).expect("a new key ring");
    let link = LinkClaims { key: ring.newest(), nonce: Nonce([7; 12]), generation: 0 };
    let session =
        SessionClaims { key: ring.newest(), account: AccountId([7; 16]), session: SessionId([9; 16]) };
    let link_token = ring.seal_link(&link).expect("the key is in the ring");
    let session_token = ring.seal_session(&session).expect("the key is in the ring");
    print("seal a link token", || _ = black_box(ring.seal_link(black_box(&link))));
    print("open a link token", || _ = black_box(ring.open_link(black_box(link_token.as_str()))));
    print("seal a session token", || _ = black_box(ring.seal_session(black_box(&session))));
    print("open a session token", || _ = black_box(ring.open_session(black_box(session_token.as_str()))));
}

fn print(what: &str, act: impl Fn()) {
    let window = || {
        let elapsed = stopwatch();
        (0..ROUNDS).for_each(|_| act());
        elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
    };
    let nanos = median((0..WINDOWS).map(|_| window()).collect());
    row(what, &format!("{nanos:.0} ns"), "aim: under 1,000 ns", None);
}
