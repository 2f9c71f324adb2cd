//! What an invitation is, and how its person accepts it.

use gatepost::domain::operator::{ImportStep, NewAccount, Refusal, Role};
use gatepost::domain::ports::Clock;
use gatepost::domain::record::client::{Client, Doer};
use gatepost::domain::record::event::{EventName, Means};
use gatepost::domain::record::registration::RegistrationMode;

use super::{BOB, PASSWORD, address, invite, invited, link_from_command};
use crate::admin::admin;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::unlimited;

both_doors! {
    an_invitation_has_no_link_and_no_code_and_says_where_to_sign_in,
    the_first_sign_in_confirms_the_account,
    a_reset_is_a_first_sign_in_too,
    a_link_from_the_command_line_vouches_for_the_account,
    registrations_that_wait_for_the_address_are_void,
    no_one_becomes_an_administrator_before_signing_in,
    an_import_leaves_people_who_are_invited_alone_and_counts_them,
    people_who_are_invited_sign_in_whatever_the_mode_is_by_then,
}

async fn an_invitation_has_no_link_and_no_code_and_says_where_to_sign_in(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    assert_eq!(invite(&mut admin, " Bob@Example.org ").await, Answer::Done);
    if door == Door::Json {
        let reply = admin.last.clone().unwrap();
        let account = &reply.json()["account"];
        assert_eq!(reply.status, 202);
        assert_eq!((&account["email"], &account["state"]), (&"Bob@example.org".into(), &"invited".into()));
        assert!(account["confirmed_at"].is_null() && account["last_signed_in_at"].is_null(), "{account}");
    } else {
        assert_eq!(admin.leads_to().as_deref(), Some("/admin/accounts"));
    }
    let email = app.news_to("Bob@example.org").await;
    assert!(email.link.is_none() && email.code.is_none());
    for part in [&email.subject, &email.text, &email.html] {
        assert!(!part.contains("/link/"), "{part}");
        let digits = part.split(|it: char| !it.is_ascii_digit()).map(str::len).max();
        // The port of this server has at most five.
        assert!(digits.unwrap() < 6 || *part == email.html, "{part}");
    }
    assert!(email.text.contains("/sign-in\n") && email.html.contains("/sign-in\""), "{}", email.text);
    assert!(email.text.contains("An administrator of Gatepost has invited you."), "{}", email.text);
    let account = app.account("Bob@example.org").await;
    assert!(account.is_invited() && account.password.is_none() && !account.admin);
    let event = app.all_events().await.into_iter().find(|it| it.name == EventName::Invited).unwrap();
    assert_eq!(event.account, Some(account.id));
    assert!(matches!(event.by, Doer::Admin(_)) && event.means == Some(Means::Session), "{event:?}");
    assert_eq!(app.misfits().await, [""; 0]);
}

async fn the_first_sign_in_confirms_the_account(door: Door) {
    for by_code in [false, true] {
        let app = App::start_unlimited().await;
        let mut admin = admin(&app, door).await;
        let account = invited(&app, &mut admin, BOB).await;
        let mut bob = app.caller(door);
        assert_eq!(bob.ask("BOB@example.org").await, Answer::Done);
        let email = app.letter_to(BOB).await;
        let done = if by_code { bob.type_code(&email.code).await } else { bob.follow(&email.link).await };
        assert_eq!(done, Answer::Done);
        assert_eq!(bob.who().await.as_deref(), Some(BOB));
        let confirmed = app.account(BOB).await;
        assert_eq!((confirmed.id, confirmed.confirmed_at), (account.id, Some(app.clock.now())));
        let means = if by_code { Means::Code } else { Means::Link };
        let events = app.all_events().await.into_iter();
        let signed_in =
            events.rev().find(|it| it.account == Some(account.id) && it.name == EventName::SignedIn);
        assert_eq!(signed_in.unwrap().means, Some(means));
    }
}

async fn a_reset_is_a_first_sign_in_too(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    invited(&app, &mut admin, BOB).await;
    let mut bob = app.caller(door);
    assert_eq!(bob.forgot_password(BOB).await, Answer::Done);
    let email = app.letter_to(BOB).await;
    assert_eq!(bob.reset_by_link(&email.link, PASSWORD).await, Answer::Done);
    app.news_to(BOB).await;
    let account = app.account(BOB).await;
    assert!(!account.is_invited() && account.password.is_some());
}

async fn a_link_from_the_command_line_vouches_for_the_account(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    invited(&app, &mut admin, BOB).await;
    let link = link_from_command(&app, BOB).await;
    assert!(!app.account(BOB).await.is_invited());
    assert_eq!(app.events().await.iter().filter(|it| **it == EventName::AccountAdded).count(), 2);
    let mut bob = app.caller(door);
    assert_eq!(bob.follow_deliberately(&link).await, Answer::Done);
    assert_eq!(bob.who().await.as_deref(), Some(BOB));
}

async fn registrations_that_wait_for_the_address_are_void(door: Door) {
    let app = App::start_unlimited().await;
    let mut stranger = app.caller(door);
    assert_eq!(stranger.register(BOB, PASSWORD).await, Answer::Done);
    let before = app.letter_to(BOB).await;
    let mut admin = admin(&app, door).await;
    invited(&app, &mut admin, BOB).await;
    assert_eq!(stranger.follow(&before.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(stranger.type_code(&before.code).await, Answer::refused(410, "invalid_request"));
    let bob = app.signed_in(door, BOB).await;
    assert!(!bob.has_password().await, "the password that a stranger entered is no one's");
}

async fn no_one_becomes_an_administrator_before_signing_in(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    invited(&app, &mut admin, BOB).await;
    let (gatepost, operator) = (&app.house.gatepost, Client::operator());
    let refused = gatepost.set_role(&address(BOB), Role::Admin, &operator).await;
    assert_eq!(refused.unwrap_err(), Refusal::Invited(address(BOB)));
    assert!(!app.account(BOB).await.admin);
    app.signed_in(door, BOB).await;
    assert!(gatepost.set_role(&address(BOB), Role::Admin, &operator).await.unwrap().admin);
}

async fn an_import_leaves_people_who_are_invited_alone_and_counts_them(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let before = invited(&app, &mut admin, BOB).await;
    let row = NewAccount {
        address: address(BOB),
        registered_at: app.clock.now(),
        confirmed_at: app.clock.now(),
        role: Role::Admin,
        disabled: false,
        password: None,
    };
    let rows = [row];
    let imported = app.house.gatepost.import_accounts(&rows, ImportStep::Last, &Client::operator()).await;
    assert_eq!((imported.clone().unwrap().added, imported.unwrap().known), (0, 1));
    assert_eq!(app.account(BOB).await, before);
}

async fn people_who_are_invited_sign_in_whatever_the_mode_is_by_then(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    for (email, registration) in
        [(BOB, RegistrationMode::Closed), ("carl@example.org", RegistrationMode::Invite)]
    {
        app.house.gatepost.change_settings(unlimited());
        invited(&app, &mut admin, email).await;
        app.house.gatepost.change_settings(gatepost::domain::Settings { registration, ..unlimited() });
        let mut invited = app.signed_in(door, email).await;
        assert_eq!(invited.who().await.as_deref(), Some(email));
    }
}
