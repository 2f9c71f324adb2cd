//! A stranger learns nothing: whoever an address belongs to, every response has the same bytes and takes
//! the same work.

use std::time::Duration;

use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    responses_do_not_reveal_who_an_address_belongs_to,
}

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";

/// Who an address belongs to.
#[derive(Clone, Copy, Debug)]
enum Owner {
    NoOne,
    Registration,
    AccountWithPassword,
    AccountWithout,
    /// An account that has another address now and may take this one back.
    Held,
    Disabled,
    Deleted,
}

const OWNERS: [Owner; 6] = [
    Owner::Registration,
    Owner::AccountWithPassword,
    Owner::AccountWithout,
    Owner::Held,
    Owner::Disabled,
    Owner::Deleted,
];

/// The response to one action, and how many passwords were hashed for it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    act: &'static str,
    reply: String,
    hashed: u64,
}

async fn responses_do_not_reveal_who_an_address_belongs_to(door: Door) {
    // The script of a page gets fragments.
    let ways = if door == Door::Pages { &[false, true][..] } else { &[false] };
    for is_htmx in ways.iter().copied() {
        let unknown = seen(door, is_htmx, Owner::NoOne).await;
        let hashed: Vec<(&str, u64)> = unknown.iter().map(|seen| (seen.act, seen.hashed)).collect();
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
        for owner in OWNERS {
            let known = seen(door, is_htmx, owner).await;
            assert_eq!(known.len(), unknown.len());
            for (known, unknown) in known.iter().zip(&unknown) {
                assert_eq!(known, unknown, "{owner:?}");
            }
        }
    }
}

/// Gives the address its owner.
async fn prepare(app: &App, door: Door, owner: Owner) {
    match owner {
        Owner::NoOne => {}
        Owner::AccountWithout => _ = app.signed_in(door, ANN).await,
        Owner::Held => {
            let mut ann = app.signed_in(door, ANN).await;
            assert_eq!(ann.change_email("new@example.org").await, Answer::Done);
            app.news_to(ANN).await;
            let letter = app.letter_to("new@example.org").await;
            assert_eq!(ann.follow(&letter.link).await, Answer::Done);
            app.news_to(ANN).await;
        }
        Owner::Disabled => {
            app.signed_in(door, ANN).await;
            app.disable(ANN).await;
        }
        Owner::Deleted => {
            let mut ann = app.signed_in(door, ANN).await;
            assert_eq!(ann.delete_account("delete").await, Answer::Done);
            app.news_to(ANN).await;
        }
        Owner::Registration | Owner::AccountWithPassword => {
            let mut ann = app.caller(door);
            assert_eq!(ann.register(ANN, PASSWORD).await, Answer::Done);
            let letter = app.letter_to(ANN).await;
            if let Owner::AccountWithPassword = owner {
                assert_eq!(ann.follow(&letter.link).await, Answer::Done);
            }
        }
    }
    app.clock.advance(Duration::from_mins(30));
}

/// The responses to a stranger, action by action.
async fn seen(door: Door, is_htmx: bool, owner: Owner) -> Vec<Seen> {
    let app = App::start_unlimited().await;
    prepare(&app, door, owner).await;
    let mut seen = Vec::new();
    let mut done = app.house.gatepost.passwords_hashed();
    let mut note = |act: &'static str, caller: &Caller| {
        let now = app.house.gatepost.passwords_hashed();
        let port = app.server.port().to_string();
        let reply = without_random_values(caller.last.as_ref().unwrap()).replace(&port, "port");
        // In doubt, it was sent again, and hashed again.
        let hashed = (now - done) / caller.attempts();
        seen.push(Seen { act, reply, hashed });
        done = now;
    };
    let caller = || app.caller(door).with_script(is_htmx);
    let mut guessing = caller();
    guessing.sign_in_with_password(ANN, "seven loud geese").await;
    note("password", &guessing);
    let mut asking = caller();
    assert_eq!(asking.ask(ANN).await, Answer::Done);
    note("sign in", &asking);
    // There is not an email for every owner.
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
    // The password that was just registered, and one that no one has entered.
    for password in ["a wholly new password", "seven loud geese"] {
        let mut caller = caller();
        caller.sign_in_with_password(ANN, password).await;
        note("password again", &caller);
    }
    seen
}
