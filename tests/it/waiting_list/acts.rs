//! Sending the email of a registration again, and removing registrations.

use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::record::client::Doer;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::limits::Limits;
use gatepost::domain::record::registration::{DomainRule, Domains, RegistrationMode};

use super::{PASSWORD, UNA, WAITING, all, registered, remove, resend, settings, start};
use crate::admin::admin;
use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::NO_LIMITS;
use crate::profile::WAIT;

both_doors! {
    another_email_has_the_same_code_and_its_link_works,
    another_email_has_to_wait_and_counts_at_its_address,
    nothing_is_sent_where_nothing_waits,
    nothing_is_sent_to_an_address_that_cannot_register_now,
    removed_registrations_are_dead_and_their_holder_cannot_tell,
    removing_what_was_removed_does_nothing,
    a_page_leads_back_to_its_list,
}

async fn another_email_has_the_same_code_and_its_link_works(door: Door) {
    let app = start().await;
    let mut admin = admin(&app, door).await;
    let (mut una, before) = registered(&app, door, UNA).await;
    app.clock.advance(WAIT);
    assert_eq!(resend(&mut admin, "UNA@example.org").await, Answer::Done);
    let letter = app.letter_to(UNA).await;
    assert_eq!(letter.code, before.code);
    let event = app.all_events().await.into_iter().rev().find(|it| it.name == EventName::MailRequested);
    assert!(matches!(event.unwrap().by, Doer::Admin(_)));
    // In the browser that registered, the password is the one that was entered there.
    assert_eq!(una.follow(&letter.link).await, Answer::Done);
    assert!(una.has_password().await);
}

async fn another_email_has_to_wait_and_counts_at_its_address(door: Door) {
    let limits = Limits { mails_per_address_15m: 2, ..NO_LIMITS };
    let app = App::start_as(Settings { limits, ..settings() }).await;
    let mut admin = admin(&app, door).await;
    registered(&app, door, UNA).await;
    app.clock.advance(Duration::from_secs(29));
    let too_many = Answer::refused(429, "too_many_mails");
    assert_eq!(resend(&mut admin, UNA).await, too_many);
    assert_eq!(admin.last.as_ref().unwrap().header("retry-after"), Some("1"));
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(resend(&mut admin, UNA).await, Answer::Done);
    app.letter_to(UNA).await;
    app.clock.advance(WAIT);
    assert_eq!(resend(&mut admin, UNA).await, too_many);
    app.expect_no_letter().await;
}

async fn nothing_is_sent_where_nothing_waits(door: Door) {
    let app = start().await;
    let mut admin = admin(&app, door).await;
    let gone = Answer::refused(410, "gone");
    app.signed_in(door, "ann@example.org").await;
    let (mut una, letter) = registered(&app, door, UNA).await;
    assert_eq!(una.follow(&letter.link).await, Answer::Done);
    app.clock.advance(WAIT);
    for email in ["new@example.org", "ann@example.org", UNA] {
        assert_eq!(resend(&mut admin, email).await, gone, "{email}");
    }
    assert_eq!(remove(&mut admin, UNA).await, gone, "it is an account by now");
    assert_eq!(resend(&mut admin, "una").await, Answer::refused_field(422, "invalid_email", "email"));
    app.expect_no_letter().await;
}

async fn nothing_is_sent_to_an_address_that_cannot_register_now(door: Door) {
    let app = start().await;
    let mut admin = admin(&app, door).await;
    let (_, letter) = registered(&app, door, UNA).await;
    app.clock.advance(WAIT);
    let elsewhere = Domains::new(vec![DomainRule::parse("example.net").unwrap()]).unwrap();
    for (registration, field) in [
        (RegistrationMode::Closed, None),
        (RegistrationMode::Invite, None),
        (RegistrationMode::Domains(elsewhere), Some("email")),
    ] {
        app.house.gatepost.change_settings(Settings { registration, ..settings() });
        let refused = Answer::Refused {
            status: 403,
            code: "registration_closed".into(),
            field: field.map(str::to_owned),
        };
        assert_eq!(resend(&mut admin, UNA).await, refused);
        // It is not said which address is waiting.
        assert_eq!(resend(&mut admin, "other@example.org").await, refused);
        assert_eq!(all(&mut admin, "").await, [UNA]);
        let mut una = app.caller(door);
        assert_eq!(una.follow_deliberately(&letter.link).await, Answer::refused(410, "invalid_link"));
    }
    app.expect_no_letter().await;
    app.house.gatepost.change_settings(settings());
    assert_eq!(resend(&mut admin, UNA).await, Answer::Done);
    app.letter_to(UNA).await;
}

/// What the holder of a registration sees of it, action by action, without ever having the right code.
async fn seen_by_holder(app: &App, una: &mut Caller) -> Vec<String> {
    let mut seen = Vec::new();
    let mut note = |caller: &Caller| {
        let port = app.server.port().to_string();
        seen.push(without_random_values(caller.last.as_ref().unwrap()).replace(&port, "port"));
    };
    if una.door == Door::Pages {
        una.get("/unconfirmed").await;
        note(una);
    }
    una.type_code("no code").await;
    note(una);
    una.sign_in_with_password(UNA, PASSWORD).await;
    note(una);
    app.clock.advance(WAIT);
    una.resend().await;
    note(una);
    app.read_all().await;
    una.type_code("still no code").await;
    note(una);
    seen
}

async fn removed_registrations_are_dead_and_their_holder_cannot_tell(door: Door) {
    let mut seen = Vec::new();
    for is_removed in [false, true] {
        let app = start().await;
        let mut admin = admin(&app, door).await;
        let (mut una, letter) = registered(&app, door, UNA).await;
        let (_, second) = registered(&app, door, UNA).await;
        if is_removed {
            assert_eq!(remove(&mut admin, "Una@Example.org").await, Answer::Done);
            let mut events = app.all_events().await.into_iter();
            let event = events.find(|it| it.name == EventName::RegistrationRemoved).unwrap();
            assert_eq!(event.account, None);
            assert!(matches!(event.by, Doer::Admin(_)), "{event:?}");
            assert_eq!(all(&mut admin, "").await, [""; 0]);
            for link in [&letter.link, &second.link] {
                let mut other = app.caller(door);
                let dead = Answer::refused(410, "invalid_link");
                assert_eq!(other.look_at(link).await, dead);
                assert_eq!(other.follow_deliberately(link).await, dead);
                assert_eq!(una.clone().follow(link).await, dead);
            }
            let dead = Answer::refused(410, "invalid_request");
            assert_eq!(una.clone().type_code(&letter.code).await, dead);
            assert_eq!(app.accounts().await, 1);
        }
        seen.push(seen_by_holder(&app, &mut una).await);
    }
    assert_eq!(seen[0], seen[1]);
}

async fn removing_what_was_removed_does_nothing(door: Door) {
    let app = start().await;
    let mut admin = admin(&app, door).await;
    registered(&app, door, UNA).await;
    assert_eq!(remove(&mut admin, UNA).await, Answer::Done);
    let before = app.all_records().await;
    assert_eq!(remove(&mut admin, "UNA@example.org").await, Answer::Done);
    assert_eq!(remove(&mut admin, "other@example.org").await, Answer::Done);
    assert!(app.all_records().await == before, "nothing is written, and no event either");
    app.expect_no_letter().await;
}

async fn a_page_leads_back_to_its_list(door: Door) {
    if door == Door::Json {
        return;
    }
    let app = start().await;
    let mut admin = admin(&app, door).await;
    registered(&app, door, UNA).await;
    app.clock.advance(WAIT);
    let fields = [("email", UNA.to_owned()), ("q", "una".to_owned())];
    let mut htmx = admin.clone().with_script(true);
    let reply = htmx.sent(&format!("{WAITING}/resend"), &fields).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.starts_with("<li>") && reply.body.contains("Another email is on its way."));
    app.letter_to(UNA).await;
    let reply = admin.sent(&format!("{WAITING}/drop"), &fields).await;
    assert_eq!(reply.leads_to().as_deref(), Some("/admin/accounts/waiting?q=una"));
    let shown = admin.get("/admin/accounts/waiting?q=una").await.body;
    assert!(shown.contains("The registration is removed."), "{shown}");
    assert!(!admin.get("/admin/accounts/waiting?q=una").await.body.contains("is removed."), "shown once");
    // A refusal is the page again with its status.
    let reply = admin.sent(&format!("{WAITING}/resend"), &fields).await;
    assert_eq!(reply.status, 410);
    assert!(reply.body.contains("Not confirmed yet</h1>"), "{}", reply.body);
}
