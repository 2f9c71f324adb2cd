//! Sending an invitation again, withdrawing it, and how many an administrator can have sent.

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::registration::RegistrationMode;

use super::{BOB, again, invite, invited, withdraw};
use crate::admin::{admin, with_role};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::unlimited;

both_doors! {
    an_invitation_is_sent_again_after_half_a_minute,
    there_is_nothing_to_send_or_withdraw_once_the_person_has_signed_in,
    a_withdrawn_invitation_leaves_nothing_behind,
    a_disabled_account_is_not_invited_again,
    the_hundred_and_first_email_in_an_hour_is_refused,
    a_test_email_counts_and_arrives,
}

fn gone() -> Answer {
    Answer::refused(410, "gone")
}

fn too_many() -> Answer {
    Answer::refused(429, "too_many_mails")
}

async fn an_invitation_is_sent_again_after_half_a_minute(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let bob = invited(&app, &mut admin, BOB).await;
    app.clock.advance(Duration::from_secs(29));
    assert_eq!(again(&mut admin, &bob).await, too_many());
    assert_eq!(admin.last.as_ref().unwrap().header("retry-after"), Some("1"));
    app.expect_no_letter().await;
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(again(&mut admin, &bob).await, Answer::Done);
    let email = app.news_to(BOB).await;
    assert!(email.link.is_none() && email.code.is_none());
    assert_eq!(app.account(BOB).await, bob);
    assert_eq!(app.events().await.iter().filter(|it| **it == EventName::InvitedAgain).count(), 1);
    if door == Door::Pages {
        app.clock.advance(Duration::from_secs(30));
        let mut htmx = admin.clone().with_script(true);
        let path = format!("/admin/accounts/{}/invite-again", bob.id);
        let reply = htmx.post_form(&path, "").await;
        assert_eq!(reply.status, 200);
        assert!(reply.body.contains("The invitation is on its way."), "{}", reply.body);
        assert!(reply.body.contains("aria-label=\"Withdraw invitation: bob@example.org\""), "{}", reply.body);
        app.news_to(BOB).await;
    }
}

async fn there_is_nothing_to_send_or_withdraw_once_the_person_has_signed_in(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let bob = invited(&app, &mut admin, BOB).await;
    app.signed_in(door, BOB).await;
    app.clock.advance(Duration::from_mins(1));
    let before = app.account(BOB).await;
    assert_eq!(again(&mut admin, &bob).await, gone());
    assert_eq!(withdraw(&mut admin, &bob).await, gone());
    for id in ["0123456789abcdef0123456789abcdef", "nonsense"] {
        for act in ["invite-again", "withdraw"] {
            assert_eq!(admin.act(&format!("/admin/accounts/{id}/{act}"), &[]).await, gone());
        }
    }
    assert_eq!(app.account(BOB).await, before, "nothing was done");
    app.expect_no_letter().await;
}

async fn a_withdrawn_invitation_leaves_nothing_behind(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let bob = invited(&app, &mut admin, BOB).await;
    let mut asked = app.caller(door);
    assert_eq!(asked.ask(BOB).await, Answer::Done);
    let link = app.letter_to(BOB).await.link;
    app.clock.advance(Duration::from_mins(1));
    assert_eq!(withdraw(&mut admin, &bob).await, Answer::Done);
    assert_eq!(app.accounts().await, 1, "only the administrator's");
    app.expect_no_letter().await;
    assert!(app.events().await.contains(&EventName::InvitationWithdrawn));
    assert_eq!(asked.follow(&link).await, Answer::refused(410, "invalid_link"));
    app.clock.advance(Duration::from_mins(2));
    assert_eq!(withdraw(&mut admin, &bob).await, gone());
    assert_eq!(again(&mut admin, &bob).await, gone());
    assert_eq!(app.misfits().await, [""; 0]);
    // The address is like any other now.
    app.house.gatepost.change_settings(gatepost::domain::Settings {
        registration: RegistrationMode::Invite,
        ..unlimited()
    });
    assert_eq!(app.caller(door).ask(BOB).await, Answer::Done);
    assert!(app.news_to(BOB).await.text.replace('\n', " ").contains("no account uses it"));
    let new = invited(&app, &mut admin, BOB).await;
    assert!(new.id != bob.id);
}

async fn a_disabled_account_is_not_invited_again(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let bob = invited(&app, &mut admin, BOB).await;
    app.disable(BOB).await;
    app.clock.advance(Duration::from_mins(1));
    assert_eq!(again(&mut admin, &bob).await, Answer::refused(403, "account_disabled"));
    app.expect_no_letter().await;
}

async fn the_hundred_and_first_email_in_an_hour_is_refused(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    for number in 0..100 {
        let email = format!("p{number}@example.org");
        assert_eq!(invite(&mut admin, &email).await, Answer::Done, "{number}");
        app.news_to(&email).await;
        app.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(invite(&mut admin, BOB).await, too_many());
    let test = [("email", BOB.to_owned())];
    assert_eq!(admin.act("/admin/mail/test", &test).await, too_many());
    assert_eq!(admin.last.as_ref().unwrap().header("retry-after"), Some("3500"));
    assert_eq!(app.accounts().await, 101);
    // Each administrator has a hundred.
    let mut other = with_role(&app, door, "other@example.org", Role::Admin).await;
    invited(&app, &mut other, BOB).await;
    app.clock.advance(Duration::from_secs(3500));
    let mut admin = crate::admin::again(&app, door).await;
    invited(&app, &mut admin, "carl@example.org").await;
}

async fn a_test_email_counts_and_arrives(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let send = [("email", BOB.to_owned())];
    assert_eq!(admin.act("/admin/mail/test", &send).await, Answer::Done);
    if door == Door::Json {
        assert_eq!(admin.last.as_ref().unwrap().status, 202);
    } else {
        assert_eq!(admin.leads_to().as_deref(), Some("/admin/mail"));
        assert!(admin.get("/admin/mail").await.body.contains("The test email is on its way."));
    }
    let email = app.news_to(BOB).await;
    assert!(email.link.is_none() && email.code.is_none());
    assert_eq!(email.subject, "Test email from Gatepost");
    // Spelled in another way, since a form that is sent twice is done once.
    let again = [("email", "BOB@example.org".to_owned())];
    assert_eq!(admin.act("/admin/mail/test", &again).await, too_many());
    let nonsense = [("email", "<b>nonsense".to_owned())];
    let refused = Answer::refused_field(422, "invalid_email", "email");
    assert_eq!(admin.act("/admin/mail/test", &nonsense).await, refused);
    if door == Door::Pages {
        let shown = &admin.last.as_ref().unwrap().body;
        assert!(shown.contains("value=\"&lt;b&gt;nonsense\"") && !shown.contains("<b>nonsense"), "{shown}");
    }
    let count = |events: Vec<EventName>| events.iter().filter(|it| **it == EventName::TestRequested).count();
    assert_eq!(count(app.events().await), 1);
    assert_eq!(app.accounts().await, 1);
}
