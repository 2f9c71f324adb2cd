//! Tokens that were changed on their way, or made up. Only the very same bytes open.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::json;

use super::{Case, Wrong, cases};
use crate::harness::app::App;
use crate::harness::caller::Door;
use crate::harness::inside::Inside;
use crate::profile::{ANN, readdress, registered};

const KINDS: [&str; 4] = ["link", "undo", "request", "session"];
const BOB: &str = "bob@example.org";

/// One token of each kind that works, in the order of `KINDS`.
async fn tokens(app: &App) -> [String; 4] {
    let last = |link: &str| link.rsplit('/').next().unwrap().to_owned();
    let mut ann = registered(app, Door::Pages, ANN).await;
    let undo = last(&readdress(app, &mut ann, ANN, "new@example.org").await);
    let mut bob = app.caller(Door::Json);
    bob.ask(BOB).await;
    let link = last(&app.letter_to(BOB).await.link);
    [link, undo, bob.newest_token(), ann.session()]
}

/// What becomes of a token with this change: one or several texts.
fn changed(token: &str, change: &[u8]) -> Vec<Vec<u8>> {
    let (name, rest) = match change.iter().position(|byte| *byte == b' ') {
        Some(at) => (&change[..at], &change[at + 1..]),
        None => (change, &b""[..]),
    };
    let number = |text: &[u8]| String::from_utf8_lossy(text).parse::<isize>().unwrap();
    let whole = URL_SAFE_NO_PAD.decode(token).unwrap();
    let sealed = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes).into_bytes();
    let bytes = token.as_bytes();
    let first = |mask: u8, bits: u8| {
        let mut whole = whole.clone();
        whole[0] = (whole[0] & !mask) | bits;
        vec![sealed(whole)]
    };
    match (name, rest) {
        (b"same", _) => vec![bytes.to_vec()],
        (b"any", b"bit") => {
            let flipped = |bit: usize| {
                let mut whole = whole.clone();
                whole[bit / 8] ^= 1 << (bit % 8);
                sealed(whole)
            };
            (0..whole.len() * 8).map(flipped).collect()
        }
        (b"any", b"cut") => (0..bytes.len()).map(|end| bytes[..end].to_vec()).collect(),
        (b"any", b"drop") => (1..=bytes.len()).map(|start| bytes[start..].to_vec()).collect(),
        (b"append", more) => vec![[bytes, more].concat()],
        (b"prepend", more) => vec![[more, bytes].concat()],
        (b"padded", _) => {
            let padding = &b"=="[..(4 - bytes.len() % 4) % 4];
            vec![[bytes, padding].concat()].into_iter().filter(|padded| padded != bytes).collect()
        }
        (b"standard", _) => {
            vec![STANDARD.encode(&whole).into_bytes()].into_iter().filter(|it| it != bytes).collect()
        }
        (b"stray", _) => stray(token),
        (b"put", rest) => {
            let (at, by) = rest.split_at(rest.iter().position(|byte| *byte == b' ').unwrap());
            let at = number(at).rem_euclid(bytes.len().try_into().unwrap());
            let at = usize::try_from(at).unwrap();
            vec![[&bytes[..at], &by[1..], &bytes[at + 1..]].concat()]
        }
        (b"upper", _) => vec![token.to_ascii_uppercase().into_bytes()],
        (b"lower", _) => vec![token.to_ascii_lowercase().into_bytes()],
        (b"reversed", _) => vec![bytes.iter().rev().copied().collect()],
        (b"twice", _) => vec![[bytes, bytes].concat()],
        (b"version", version) => first(0b1100_0000, u8::try_from(number(version)).unwrap() << 6),
        (b"key", key) => first(0b0011_1111, u8::try_from(number(key)).unwrap()),
        (b"only", text) => vec![text.to_vec()],
        _ => panic!("{:?} is no change", String::from_utf8_lossy(change)),
    }
}

/// The same bytes with other bits after the last one, if there is room for any.
fn stray(token: &str) -> Vec<Vec<u8>> {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (last, rest) = token.as_bytes().split_last().unwrap();
    let room = match token.len() % 4 {
        2 => 16,
        3 => 4,
        _ => 1,
    };
    let at = SIGNS.iter().position(|sign| sign == last).unwrap();
    (1..room).map(|more| [rest, &[SIGNS[at + more]]].concat()).collect()
}

/// Whether a text opens at both doors, or at none of them.
async fn opens(inside: &Inside, kind: &str, token: &[u8]) -> [bool; 2] {
    let text = String::from_utf8_lossy(token).into_owned();
    let asked = match kind {
        "link" | "undo" => {
            let path = percent_encode(token, NON_ALPHANUMERIC).to_string();
            let [page, json] = [format!("/link/{path}"), format!("/api/link/{path}")];
            [
                inside.send(Method::GET, page.as_bytes(), &[], b"").await,
                inside.send(Method::GET, json.as_bytes(), &[], b"").await,
            ]
        }
        "session" => {
            let [cookie, bearer] =
                [&b"gatepost_session="[..], b"Bearer "].map(|before| [before, token].concat());
            [
                inside.send(Method::GET, b"/profile", &[("cookie", &cookie)], b"").await,
                inside.send(Method::GET, b"/api/session", &[("authorization", &bearer)], b"").await,
            ]
        }
        _ => {
            let cookie = [&b"gatepost_request="[..], token].concat();
            let body = json!({ "request": text }).to_string();
            let lines: [(&str, &[u8]); 1] = [("content-type", b"application/json")];
            [
                inside.send(Method::GET, b"/check-inbox", &[("cookie", &cookie)], b"").await,
                inside.send(Method::POST, b"/api/resend", &lines, body.as_bytes()).await,
            ]
        }
    };
    // A request that opens is one whose email cannot be sent again yet.
    asked.map(|reply| {
        let status = reply.map_or(400, |reply| reply.status.as_u16());
        assert!(status < 500, "{kind} {text}: {status}");
        [200, 429].contains(&status)
    })
}

/// SEC-29, SEC-33.
#[tokio::test]
async fn a_token_opens_only_unchanged_and_at_its_own_door() {
    let app = App::start().await;
    let tokens = tokens(&app).await;
    let inside = app.inside(&format!("http://localhost:{}", app.server.port()));
    let mut wrong = Wrong::default();
    for case in cases("tokens.tsv") {
        let of = |kind: &&str| [*kind, "each"].contains(&case.text(0));
        for (kind, token) in KINDS.into_iter().zip(&tokens).filter(|(kind, _)| of(kind)) {
            let door = if case.text(2).is_empty() { kind } else { case.text(2) };
            let expected = [case.text(3) == "opens"; 2];
            for text in changed(token, case.bytes(1)) {
                note(&mut wrong, &case, (kind, &text), opens(&inside, door, &text).await, expected);
            }
        }
    }
    wrong.report();
}

fn note(wrong: &mut Wrong, case: &Case, (kind, text): (&str, &[u8]), found: [bool; 2], expected: [bool; 2]) {
    let text = String::from_utf8_lossy(text);
    wrong.unless(case, &(kind, &text, found), &(kind, &text, expected));
}
