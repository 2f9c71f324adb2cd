//! Changing the email address of an account, and undoing that, in each mode.

use gatepost::domain::record::registration::RegistrationMode;

use super::{INSIDE, OUTSIDE, RULE, add_account, by_domain, member, modes, outside, said, start};
use crate::harness::app::without_random_values;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::profile::readdress;

both_doors! {
    only_mode_domains_limits_which_address_an_account_can_change_to,
    a_refused_change_sends_no_email_and_says_which_addresses_are_possible,
    a_taken_address_is_refused_like_any_other,
    an_undo_is_possible_in_every_mode,
}

const NEW: [&str; 3] = ["new@example.org", "new@mail.example.net", "new@example.com"];

async fn only_mode_domains_limits_which_address_an_account_can_change_to(door: Door) {
    for (mode, _) in modes() {
        for new in NEW {
            let app = start(mode.clone()).await;
            let mut ann = member(&app, door, INSIDE).await;
            if mode.domains().is_some() && new.ends_with("example.com") {
                assert_eq!(ann.change_email(new).await, outside(), "{mode:?}");
                app.expect_no_letter().await;
                assert_eq!(ann.who().await.as_deref(), Some(INSIDE));
            } else {
                readdress(&app, &mut ann, INSIDE, new).await;
                assert_eq!(ann.who().await.as_deref(), Some(new), "{mode:?}");
            }
        }
    }
}

async fn a_refused_change_sends_no_email_and_says_which_addresses_are_possible(door: Door) {
    for is_htmx in [false, true] {
        let app = start(by_domain()).await;
        let mut ann = member(&app, door, INSIDE).await.with_script(is_htmx);
        let before = app.account(INSIDE).await;
        assert_eq!(ann.change_email(OUTSIDE).await, outside());
        assert_eq!(said(&ann).matches(&format!("Use one at {RULE}.")).count(), 1, "{}", said(&ann));
        app.expect_no_letter().await;
        assert!(app.account(INSIDE).await == before, "nothing is pending");
        // An account that is outside can keep its address, and entering that one is refused as everywhere.
        let mut other = member(&app, door, OUTSIDE).await;
        assert_eq!(other.change_email(OUTSIDE).await, Answer::refused_field(422, "same_email", "email"));
        assert_eq!(other.change_email("other@example.com").await, outside());
    }
}

async fn a_taken_address_is_refused_like_any_other(door: Door) {
    let app = start(by_domain()).await;
    add_account(&app, OUTSIDE).await;
    let mut ann = member(&app, door, INSIDE).await;
    let mut seen = Vec::new();
    for new in [OUTSIDE, "bob@example.com"] {
        assert_eq!(ann.change_email(new).await, outside());
        seen.push(without_random_values(ann.last.as_ref().unwrap()).replace(new, "the address"));
    }
    assert_eq!(seen[0], seen[1]);
    app.expect_no_letter().await;
}

async fn an_undo_is_possible_in_every_mode(door: Door) {
    for (mode, _) in modes() {
        let app = start(RegistrationMode::Open).await;
        let mut ann = member(&app, door, OUTSIDE).await;
        let undo = readdress(&app, &mut ann, OUTSIDE, INSIDE).await;
        app.change_mode(mode.clone());
        // Whoever asks at the old address gets the same link again.
        let mut asking = app.caller(door);
        assert_eq!(asking.ask(OUTSIDE).await, Answer::Done);
        assert_eq!(app.news_to(OUTSIDE).await.link.as_ref(), Some(&undo), "{mode:?}");
        assert_eq!(asking.look_at(&undo).await, Answer::Done, "{mode:?}");
        assert_eq!(asking.follow_deliberately(&undo).await, Answer::Done, "{mode:?}");
        for email in [OUTSIDE, INSIDE] {
            app.news_to(email).await;
        }
        // The account is at its old address again, and its owner signs in there.
        let mut ann = app.signed_in(door, OUTSIDE).await;
        assert_eq!(ann.who().await.as_deref(), Some(OUTSIDE), "{mode:?}");
        assert_eq!(app.accounts().await, 1);
    }
}
