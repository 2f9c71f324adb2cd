//! New administrators, and every other one's notice.

use gatepost::domain::operator::Role;

use super::{ADMIN, ANN, BOB, act, admin};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    every_other_administrator_gets_an_email_about_a_new_one,
    there_is_no_twenty_sixth_administrator,
}

const NOTICE: &str = "Someone became an administrator of Gatepost";

/// In one commit, with as many others as there can be.
async fn every_other_administrator_gets_an_email_about_a_new_one(door: Door) {
    let app = App::start().await;
    let mut adm = admin(&app, door).await;
    for number in 0..23 {
        app.given(&format!("a{number}@example.org"), Role::Admin).await;
    }
    for email in [ANN, BOB] {
        app.given(email, Role::Member).await;
    }
    assert_eq!(act(&mut adm, &app.id_of(ANN).await, "grant-admin", ANN).await, Answer::Done);
    let letters = app.read_all().await;
    let mut notified: Vec<&str> =
        letters.iter().filter(|it| it.subject == NOTICE).map(|it| it.to.as_str()).collect();
    notified.sort_unstable();
    assert_eq!(notified.len(), 24, "{notified:?}");
    assert!(notified.contains(&ADMIN) && !notified.contains(&ANN) && !notified.contains(&BOB));
    assert!(letters.iter().all(|letter| !letter.text.contains(ANN)), "no email names another address");
}

async fn there_is_no_twenty_sixth_administrator(door: Door) {
    let app = App::start().await;
    let mut adm = admin(&app, door).await;
    for number in 0..24 {
        app.given(&format!("a{number}@example.org"), Role::Admin).await;
    }
    app.given(ANN, Role::Member).await;
    let id = app.id_of(ANN).await;
    let too_many = Answer::refused(409, "too_many_admins");
    assert_eq!(act(&mut adm, &id, "grant-admin", ANN).await, too_many);
    // A disabled one is not counted, and cannot be enabled while there is no place.
    let other = app.id_of("a0@example.org").await;
    assert_eq!(act(&mut adm, &other, "disable", "").await, Answer::Done);
    app.read_all().await;
    assert_eq!(act(&mut adm, &id, "grant-admin", ANN).await, Answer::Done);
    app.read_all().await;
    assert_eq!(act(&mut adm, &other, "enable", "").await, too_many);
    assert!(app.account("a0@example.org").await.disabled);
    app.expect_no_letter().await;
}
