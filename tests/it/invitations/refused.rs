//! Which addresses cannot be invited.

use gatepost::domain::Settings;
use gatepost::domain::operator::Role;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::registration::RegistrationMode;

use super::{BOB, address, invite, invited};
use crate::admin::admin;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::unlimited;
use crate::profile::readdress;

both_doors! {
    a_taken_address_cannot_be_invited,
    an_address_that_its_former_owner_can_have_back_cannot_be_invited,
    a_mode_in_which_no_one_gets_an_account_invites_no_one,
    what_was_entered_is_shown_again_as_text,
}

async fn a_taken_address_cannot_be_invited(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    app.house.gatepost.add_account(&address(BOB), Role::Member, &Client::operator()).await.unwrap();
    invited(&app, &mut admin, "carl@example.org").await;
    let before = app.all_but_events().await;
    for email in [BOB, "BOB@Example.org", "carl@example.org", crate::admin::ADMIN] {
        assert_eq!(
            invite(&mut admin, email).await,
            Answer::refused_field(422, "address_taken", "email"),
            "{email}"
        );
    }
    app.expect_no_letter().await;
    assert!(app.all_but_events().await == before, "nothing was done");
}

async fn an_address_that_its_former_owner_can_have_back_cannot_be_invited(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let mut bob = app.signed_in(door, BOB).await;
    readdress(&app, &mut bob, BOB, "elsewhere@example.org").await;
    assert_eq!(invite(&mut admin, BOB).await, Answer::refused_field(422, "address_held", "email"));
    app.expect_no_letter().await;
}

async fn a_mode_in_which_no_one_gets_an_account_invites_no_one(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    for (registration, answer) in [
        (RegistrationMode::Closed, Answer::refused(403, "registration_closed")),
        (RegistrationMode::Invite, Answer::Done),
    ] {
        app.house.gatepost.change_settings(Settings { registration, ..unlimited() });
        assert_eq!(invite(&mut admin, BOB).await, answer);
    }
    app.news_to(BOB).await;
    assert_eq!(app.accounts().await, 2);
    // Where no one can come in, it is not said who has an account.
    app.house.gatepost.change_settings(Settings { registration: RegistrationMode::Closed, ..unlimited() });
    assert_eq!(invite(&mut admin, "BOB@example.org").await, Answer::refused(403, "registration_closed"));
}

async fn what_was_entered_is_shown_again_as_text(door: Door) {
    let app = App::start_unlimited().await;
    let mut admin = admin(&app, door).await;
    let entered = "\"><script>alert(1)</script>";
    let refused = Answer::refused_field(422, "invalid_email", "email");
    assert_eq!(invite(&mut admin, entered).await, refused);
    assert_eq!(invite(&mut admin, "").await, refused);
    if door == Door::Pages {
        invite(&mut admin, entered).await;
        let shown = admin.last.clone().unwrap().body;
        assert!(shown.contains("&quot;&gt;&lt;script&gt;") && !shown.contains("<script>alert"), "{shown}");
        let mut htmx = admin.clone().with_script(true);
        let reply = htmx.sent("/admin/accounts/invite", &[("email", BOB.to_owned())]).await;
        assert_eq!(reply.status, 200);
        assert!(reply.body.contains("The invitation is on its way.") && !reply.body.contains("<html"));
        app.news_to(BOB).await;
    }
}
