//! When a key no longer works.

use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::record::Record;
use gatepost::domain::record::event::EventName;
use gatepost::domain::record::ids::KeyId;

use super::{ANN, APPS, BOB, DAY, GIT, Made, NOT_TWICE, WIKI, in_front, make, opens, put_in_front};
use crate::admin::admin;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    a_person_ends_a_key_and_no_one_elses,
    a_key_ends_with_its_time,
    a_key_ends_with_the_epoch_of_its_account,
    a_key_does_not_work_for_a_disabled_account,
    a_key_does_not_work_where_the_app_no_longer_takes_it,
    a_key_does_not_work_after_a_restore,
    an_administrator_ends_a_key,
    signing_someone_out_everywhere_ends_their_keys,
    a_deleted_account_leaves_nothing_of_its_keys,
    an_expired_key_is_removed,
}

/// The keys and their places that are stored.
async fn stored(app: &App) -> usize {
    let records = app.all_records().await.into_iter();
    records.filter(|(_, it)| matches!(it.record, Record::AppKey(_) | Record::AppKeyPlace(_))).count()
}

async fn with_key(door: Door) -> (App, Caller, Made) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let made = make(&mut ann, "x", WIKI, "90d").await;
    assert_eq!(opens(&app, WIKI, &made.secret).await.as_deref(), Some(ANN));
    app.read_all().await;
    (app, ann, made)
}

async fn end(caller: &mut Caller, id: &str) -> Answer {
    caller.act(&format!("/profile/keys/{id}/end"), &[]).await
}

async fn a_person_ends_a_key_and_no_one_elses(door: Door) {
    let (app, mut ann, made) = with_key(door).await;
    let mut bob = app.signed_in(door, BOB).await;
    for id in [made.id.as_str(), "nonsense", "0"] {
        assert_eq!(end(&mut bob, id).await, Answer::refused(404, "not_found"), "{id}");
    }
    assert!(opens(&app, WIKI, &made.secret).await.is_some());
    assert_eq!(end(&mut ann, &made.id).await, Answer::Done);
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
    assert_eq!(app.news_to(ANN).await.subject, "A key for a program was ended at Gatepost");
    assert_eq!(app.events().await.iter().filter(|name| **name == EventName::KeyEnded).count(), 1);
    app.clock.advance(NOT_TWICE);
    assert_eq!(end(&mut ann, &made.id).await, Answer::refused(404, "not_found"));
    assert_eq!(end(&mut app.caller(door), &made.id).await, Answer::refused(401, "sign_in_required"));
    assert_eq!(stored(&app).await, 0);
}

async fn a_key_ends_with_its_time(door: Door) {
    let (app, mut ann, made) = with_key(door).await;
    let endless = make(&mut ann, "y", GIT, "never").await;
    app.clock.advance(DAY * 90 - Duration::from_secs(1));
    assert!(opens(&app, WIKI, &made.secret).await.is_some());
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
    app.clock.advance(DAY * 1000);
    assert!(opens(&app, GIT, &endless.secret).await.is_some());
}

async fn a_key_ends_with_the_epoch_of_its_account(door: Door) {
    let (app, mut ann, made) = with_key(door).await;
    assert_eq!(ann.change_password("seven loud geese", None).await, Answer::Done);
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
    // With no other device and nothing else alive, the keys are there to be ended.
    let made = make(&mut ann, "x", WIKI, "90d").await;
    app.clock.advance(Duration::from_mins(1));
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
    // What has ended is removed when another one is made.
    make(&mut ann, "x", WIKI, "90d").await;
    assert_eq!(stored(&app).await, 2);
}

async fn a_key_does_not_work_for_a_disabled_account(door: Door) {
    let (app, _, made) = with_key(door).await;
    app.disable(ANN).await;
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
    app.enable(ANN).await;
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
}

async fn a_key_does_not_work_where_the_app_no_longer_takes_it(door: Door) {
    let (app, _, made) = with_key(door).await;
    put_in_front(&app, &APPS.replacen("[\"*\"]", "[\"bob@example.net\"]", 1));
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
    put_in_front(&app, &APPS.replacen("keys = \"header\"", "keys = \"off\"", 1));
    let reply = super::ask(&app, WIKI, &[("gatepost-key", &made.secret)]).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (401, Some("sign_in_required")));
    put_in_front(&app, &APPS.replacen("wiki.", "other.", 1));
    assert_eq!(super::ask(&app, WIKI, &[("gatepost-key", &made.secret)]).await.status, 421);
    assert_eq!(opens(&app, "other.example.org", &made.secret).await, None);
    put_in_front(&app, APPS);
    assert!(opens(&app, WIKI, &made.secret).await.is_some());
}

async fn a_key_does_not_work_after_a_restore(door: Door) {
    let (app, _, made) = with_key(door).await;
    app.note_restored().await;
    let app = app.restarted_as(Settings::default()).await;
    put_in_front(&app, APPS);
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
}

async fn an_administrator_ends_a_key(door: Door) {
    let (app, mut ann, made) = with_key(door).await;
    let other = make(&mut ann, "y", WIKI, "90d").await;
    app.read_all().await;
    let mut adm = admin(&app, door).await;
    let account = app.account(ANN).await.id.to_string();
    let path = format!("/admin/accounts/{account}/keys/{}/end", made.id);
    assert_eq!(ann.act(&path, &[]).await.code(), "admin_required");
    assert_eq!(adm.act(&path, &[]).await, Answer::Done);
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
    assert!(opens(&app, WIKI, &other.secret).await.is_some());
    assert_eq!(app.news_to(ANN).await.subject, "One of your keys at Gatepost was ended");
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    app.clock.advance(NOT_TWICE);
    assert_eq!(adm.act(&path, &[]).await, Answer::refused(410, "gone"));
    let nonsense = format!("/admin/accounts/{account}/keys/nonsense/end");
    assert_eq!(adm.act(&nonsense, &[]).await, Answer::refused(410, "gone"));
}

async fn signing_someone_out_everywhere_ends_their_keys(door: Door) {
    let (app, mut ann, made) = with_key(door).await;
    // Nothing but the key is left to end.
    assert_eq!(ann.sign_out().await, Answer::Done);
    let mut adm = admin(&app, door).await;
    let account = app.account(ANN).await.id.to_string();
    assert_eq!(adm.act(&format!("/admin/accounts/{account}/end-sessions"), &[]).await, Answer::Done);
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
}

async fn a_deleted_account_leaves_nothing_of_its_keys(door: Door) {
    let (app, mut ann, made) = with_key(door).await;
    assert_eq!(stored(&app).await, 2);
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
    app.sweep().await;
    assert_eq!(stored(&app).await, 0);
}

async fn an_expired_key_is_removed(door: Door) {
    let (app, _, _) = with_key(door).await;
    app.sweep_after(DAY * 91).await;
    assert_eq!(stored(&app).await, 0);
}

#[tokio::test]
async fn rotating_keeps_keys_valid_and_retiring_ends_them() {
    let (app, mut ann, made) = with_key(Door::Json).await;
    let gatepost = &app.house.gatepost;
    let first = gatepost.key_uses().await.unwrap().remove(0);
    assert_eq!(first.app_keys, 1);
    app.rotate().await;
    assert!(opens(&app, WIKI, &made.secret).await.is_some());
    let newer = make(&mut ann, "y", WIKI, "90d").await;
    gatepost.retire_key(KeyId(first.key)).await.unwrap();
    assert_eq!(opens(&app, WIKI, &made.secret).await, None);
    assert!(opens(&app, WIKI, &newer.secret).await.is_some());
}
