//! A stranger learns nothing: whoever stands behind an address, every answer is made of the same bytes
//! and the same work.

use std::time::Duration;

use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    every_answer_is_the_same_whoever_stands_behind_the_address,
}

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";

/// Who stands behind an address.
#[derive(Clone, Copy, Debug)]
enum Behind {
    Nobody,
    Registration,
    AccountWithPassword,
    AccountWithout,
    /// An account that has another address now, and may have this one back.
    Held,
    Disabled,
    Deleted,
}

const SOMEBODY: [Behind; 6] = [
    Behind::Registration,
    Behind::AccountWithPassword,
    Behind::AccountWithout,
    Behind::Held,
    Behind::Disabled,
    Behind::Deleted,
];

/// What one act showed, and how many passwords it took to hash.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    act: &'static str,
    reply: String,
    hashed: u64,
}

async fn every_answer_is_the_same_whoever_stands_behind_the_address(door: Door) {
    // A page's script is answered with pieces of pages.
    let ways = if door == Door::Pages { &[false, true][..] } else { &[false] };
    for is_htmx in ways.iter().copied() {
        let nobody = seen(door, is_htmx, Behind::Nobody).await;
        let hashed: Vec<(&str, u64)> = nobody.iter().map(|seen| (seen.act, seen.hashed)).collect();
        let expected = [
            ("password", 1),
            ("sign in", 0),
            ("register", 1),
            ("resend", 0),
            ("forgot", 0),
            ("wrong code", 0),
            ("password again", 1),
        ];
        for (act, count) in expected {
            assert!(hashed.contains(&(act, count)), "{act}: {hashed:?}");
        }
        for behind in SOMEBODY {
            let known = seen(door, is_htmx, behind).await;
            assert_eq!(known.len(), nobody.len());
            for (known, nobody) in known.iter().zip(&nobody) {
                assert_eq!(known, nobody, "{behind:?}");
            }
        }
    }
}

/// Puts somebody behind the address.
async fn prepare(app: &App, door: Door, behind: Behind) {
    match behind {
        Behind::Nobody => {}
        Behind::AccountWithout => _ = app.signed_in(door, ANN).await,
        Behind::Held => {
            let mut ann = app.signed_in(door, ANN).await;
            assert_eq!(ann.change_email("new@example.org").await, Answer::Done);
            app.news_to(ANN).await;
            let letter = app.letter_to("new@example.org").await;
            assert_eq!(ann.follow(&letter.link).await, Answer::Done);
            app.news_to(ANN).await;
        }
        Behind::Disabled => {
            app.signed_in(door, ANN).await;
            app.disable(ANN).await;
        }
        Behind::Deleted => {
            let mut ann = app.signed_in(door, ANN).await;
            assert_eq!(ann.delete_account("delete").await, Answer::Done);
            app.news_to(ANN).await;
        }
        Behind::Registration | Behind::AccountWithPassword => {
            let mut ann = app.caller(door);
            assert_eq!(ann.register(ANN, PASSWORD).await, Answer::Done);
            let letter = app.letter_to(ANN).await;
            if let Behind::AccountWithPassword = behind {
                assert_eq!(ann.follow(&letter.link).await, Answer::Done);
            }
        }
    }
    app.clock.advance(Duration::from_mins(30));
}

/// What a stranger is answered, act by act.
async fn seen(door: Door, is_htmx: bool, behind: Behind) -> Vec<Seen> {
    let app = App::start().await;
    prepare(&app, door, behind).await;
    let mut seen = Vec::new();
    let mut done = app.house.gatepost.passwords_hashed();
    let mut note = |act: &'static str, caller: &Caller| {
        let now = app.house.gatepost.passwords_hashed();
        let port = app.server.port().to_string();
        let reply = without_random_values(caller.last.as_ref().unwrap()).replace(&port, "port");
        seen.push(Seen { act, reply, hashed: now - done });
        done = now;
    };
    let caller = || app.caller(door).with_script(is_htmx);
    let mut guessing = caller();
    guessing.sign_in_with_password(ANN, "seven loud geese").await;
    note("password", &guessing);
    let mut asking = caller();
    assert_eq!(asking.ask(ANN).await, Answer::Done);
    note("sign in", &asking);
    // A shut account is mailed nothing.
    app.read_all().await;
    let mut stranger = caller();
    assert_eq!(stranger.register(ANN, "a wholly new password").await, Answer::Done);
    note("register", &stranger);
    app.read_all().await;
    for (act, page) in [("page", "/unconfirmed"), ("page", "/check-inbox")] {
        if door == Door::Pages {
            stranger.get(page).await;
            note(act, &stranger);
        }
    }
    app.clock.advance(Duration::from_secs(30));
    for caller in [&mut stranger, &mut asking] {
        assert_eq!(caller.resend().await, Answer::Done);
        note("resend", caller);
        app.read_all().await;
    }
    let mut forgetful = caller();
    assert_eq!(forgetful.forgot_password(ANN).await, Answer::Done);
    note("forgot", &forgetful);
    app.read_all().await;
    for password in ["a wholly new password", "short"] {
        forgetful.reset_by_code("000000", password).await;
        note("wrong code", &forgetful);
    }
    // The one just registered, whose request is told again; and one that nobody ever typed.
    for password in ["a wholly new password", "seven loud geese"] {
        let mut caller = caller();
        caller.sign_in_with_password(ANN, password).await;
        note("password again", &caller);
    }
    seen
}
