//! A request to change the address gets the same bytes, no matter who the new address belongs to.

use std::time::Duration;

use super::{ANN, WAIT, readdress, registered};
use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    the_response_to_a_change_does_not_reveal_who_the_address_belongs_to,
}

const NEW: &str = "new@example.org";

/// Who the address belongs to.
#[derive(Clone, Copy, Debug)]
enum Behind {
    Nobody,
    Registration,
    Account,
    /// An account that has moved to another address and can still get this one back.
    Held,
}

async fn the_response_to_a_change_does_not_reveal_who_the_address_belongs_to(door: Door) {
    // The script of a page gets fragments.
    let ways = if door == Door::Pages { &[false, true][..] } else { &[false] };
    for is_htmx in ways.iter().copied() {
        let nobody = seen(door, is_htmx, Behind::Nobody).await;
        for behind in [Behind::Registration, Behind::Account, Behind::Held] {
            let somebody = seen(door, is_htmx, behind).await;
            assert_eq!(somebody.len(), nobody.len());
            for (somebody, nobody) in somebody.iter().zip(&nobody) {
                assert_eq!(somebody, nobody, "{behind:?}");
            }
        }
    }
}

/// Gives the address its owner.
async fn prepare(app: &App, door: Door, behind: Behind) {
    match behind {
        Behind::Nobody => {}
        Behind::Registration => {
            app.caller(door).register(NEW, "planted by a stranger").await;
            app.letter_to(NEW).await;
        }
        Behind::Account => _ = app.signed_in(door, NEW).await,
        Behind::Held => {
            let mut bob = app.signed_in(door, NEW).await;
            readdress(app, &mut bob, NEW, "bob@example.org").await;
        }
    }
    app.clock.advance(Duration::from_mins(30));
}

/// The responses to the requesting account, action by action.
async fn seen(door: Door, is_htmx: bool, behind: Behind) -> Vec<(&'static str, String)> {
    let app = App::start().await;
    prepare(&app, door, behind).await;
    let mut ann = registered(&app, door, ANN).await.with_script(is_htmx);
    let mut seen = Vec::new();
    let mut note = |act, caller: &Caller| {
        let port = app.server.port().to_string();
        let reply = without_random_values(caller.last.as_ref().unwrap()).replace(&port, "port");
        seen.push((act, reply));
    };
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    note("change", &ann);
    app.news_to(ANN).await;
    app.news_to(NEW).await;
    look_around(&mut ann, &mut note).await;
    ann.resend().await;
    note("resend at once", &ann);
    app.clock.advance(WAIT);
    assert_eq!(ann.resend().await, Answer::Done);
    note("resend", &ann);
    app.news_to(NEW).await;
    for code in ["000000", "no code"] {
        app.clock.advance(Duration::from_millis(1));
        assert_eq!(ann.type_code(code).await, Answer::refused_field(422, "wrong_code", "code"));
        note("wrong code", &ann);
    }
    look_around(&mut ann, &mut note).await;
    app.clock.advance(WAIT);
    assert_eq!(ann.change_email(NEW).await, Answer::Done);
    note("change again", &ann);
    app.news_to(NEW).await;
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
    note("cancel", &ann);
    look_around(&mut ann, &mut note).await;
    ann.type_code("000000").await;
    note("wrong code", &ann);
    ann.resend().await;
    note("resend", &ann);
    seen
}

/// Everything that can be seen without reading an email.
async fn look_around(ann: &mut Caller, note: &mut impl FnMut(&'static str, &Caller)) {
    let pages: &[&'static str] = match ann.door {
        Door::Pages => &["/check-inbox", "/profile", "/profile/export"],
        Door::Json => &["/api/profile", "/api/profile/export"],
    };
    for page in pages {
        ann.get(page).await;
        note(page, ann);
    }
}
