//! Registering, in each mode.

use super::{INSIDE, OUTSIDE, PASSWORD, RULE, add_account, by_domain, cases, modes, refusal, said, start};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    whoever_the_mode_accepts_can_register,
    an_address_that_has_an_account_is_refused_like_any_other,
    a_refused_registration_leaves_nothing_behind,
    the_refusal_says_which_addresses_can_register,
}

async fn whoever_the_mode_accepts_can_register(door: Door) {
    for (mode, email, is_accepted) in cases() {
        let app = start(mode.clone()).await;
        let mut ann = app.caller(door);
        let registered = ann.register(email, PASSWORD).await;
        if !is_accepted {
            assert_eq!(registered, refusal(&mode), "{mode:?}: {email}");
            app.expect_no_letter().await;
            continue;
        }
        assert_eq!(registered, Answer::Done, "{mode:?}: {email}");
        let letter = app.letter_to(email).await;
        assert_eq!(ann.look_at(&letter.link).await, Answer::Done);
        assert_eq!(ann.follow(&letter.link).await, Answer::Done);
        assert_eq!(ann.who().await.as_deref(), Some(email));
        assert!(ann.has_password().await);
    }
}

async fn an_address_that_has_an_account_is_refused_like_any_other(door: Door) {
    for (mode, email, is_accepted) in cases() {
        let app = start(mode.clone()).await;
        add_account(&app, email).await;
        let mut stranger = app.caller(door);
        let registered = stranger.register(email, PASSWORD).await;
        if is_accepted {
            assert_eq!(registered, Answer::Done, "{mode:?}: {email}");
            let letter = app.letter_to(email).await;
            assert!(letter.text.replace('\n', " ").contains("already have an account"), "{}", letter.text);
        } else {
            assert_eq!(registered, refusal(&mode), "{mode:?}: {email}");
            app.expect_no_letter().await;
        }
    }
}

async fn a_refused_registration_leaves_nothing_behind(door: Door) {
    for (mode, email, _) in cases().filter(|(_, _, is_accepted)| !is_accepted) {
        let app = start(mode.clone()).await;
        let before = app.all_records().await;
        // Refused before the password is looked at: otherwise a weak one would get another answer.
        for password in [PASSWORD, "short"] {
            let mut ann = app.caller(door);
            assert_eq!(ann.register(email, password).await, refusal(&mode), "{mode:?}: {email}");
        }
        assert!(app.all_records().await == before, "{mode:?}: {email}");
        assert_eq!(app.house.gatepost.passwords_hashed(), 0);
    }
}

async fn the_refusal_says_which_addresses_can_register(door: Door) {
    let app = start(by_domain()).await;
    for is_htmx in [false, true] {
        let mut ann = app.caller(door).with_script(is_htmx);
        ann.register(OUTSIDE, PASSWORD).await;
        assert_eq!(said(&ann).matches(&format!("Use one at {RULE}.")).count(), 1, "{}", said(&ann));
        // The form again, with the address that was entered.
        assert!(door == Door::Json || said(&ann).contains(&format!("value=\"{OUTSIDE}\"")), "{}", said(&ann));
    }
}

#[tokio::test]
async fn the_form_says_which_addresses_can_register() {
    let app = start(by_domain()).await;
    let page = app.caller(Door::Pages).get("/register").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.body.matches(RULE).count(), 1, "{}", page.body);
    assert!(page.body.contains("action=\"/register\""), "{}", page.body);
    let mut ann = app.signed_in(Door::Pages, INSIDE).await;
    let account = ann.get("/profile").await.body;
    assert_eq!(account.matches(RULE).count(), 1, "the form for another address says so too: {account}");
}

#[tokio::test]
async fn the_form_exists_and_is_linked_to_only_where_someone_can_register() {
    for (mode, [inside, outside]) in modes() {
        let has_form = inside || outside;
        let app = start(mode.clone()).await;
        let mut browser = app.caller(Door::Pages);
        for _ in 0..2 {
            let page = browser.get("/register").await;
            let expected = if has_form { (200, None) } else { (403, Some("registration_closed")) };
            assert_eq!((page.status.as_u16(), page.header("x-problem")), expected, "{mode:?}");
            assert_eq!(page.body.contains("id=\"register-form\""), has_form, "{}", page.body);
        }
        let sign_in = browser.get("/sign-in").await;
        assert_eq!(sign_in.body.contains("href=\"/register\""), has_form, "{mode:?}: {}", sign_in.body);
    }
}
