//! A disk that is almost full: reading goes on, and people can still leave and lock others out (REL-20).

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::ports::Room;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::chaotic::ChaoticStore;

both_doors! {
    while_the_disk_is_almost_full_people_can_leave_and_lock_others_out,
    what_has_expired_makes_room_while_the_disk_is_almost_full,
    on_a_full_disk_nothing_is_saved_and_a_sign_out_says_so,
}

const ANN: &str = "ann@example.org";
const FULL: u16 = 503;

fn refused() -> Answer {
    Answer::refused(FULL, "store_unavailable")
}

async fn while_the_disk_is_almost_full_people_can_leave_and_lock_others_out(door: Door) {
    let store = Arc::new(ChaoticStore::on_command());
    let app = App::start_on(&store).await;
    let mut ann = app.signed_in(door, ANN).await;
    let [mut thief, mut other, mut bob] = [
        app.signed_in(door, ANN).await,
        app.signed_in(door, ANN).await,
        app.signed_in(door, "bob@example.org").await,
    ];
    app.signed_in(door, "cleo@example.org").await;
    assert_eq!(ann.change_email("anna@example.org").await, Answer::Done);
    app.news_to("anna@example.org").await;
    app.news_to(ANN).await;
    store.calm().leave(Room::Little);
    assert_eq!(ann.get("/readyz").await.status, FULL);
    // Nothing that grows.
    assert_eq!(app.caller(door).ask("new@example.org").await, refused());
    assert_eq!(ann.change_password("three quiet otters", None).await, refused());
    // Reading, and everything that protects.
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(ann.cancel_email_change().await, Answer::Done);
    let (id, _) = ann.sessions().await.into_iter().find(|(_, is_current)| !is_current).unwrap();
    assert_eq!(ann.end_session(&id).await, Answer::Done);
    assert_eq!(ann.end_other_sessions().await, Answer::Done);
    for gone in [&mut thief, &mut other] {
        assert_eq!(gone.who().await, None);
    }
    assert_eq!(bob.delete_account("delete").await, Answer::Done);
    app.disable("cleo@example.org").await;
    assert_eq!(ann.sign_out().await, Answer::Done);
    assert_eq!(ann.who().await, None);
    store.calm().leave(Room::Enough);
    assert_eq!(ann.get("/readyz").await.status, 200);
    // The email about the deletion waited for room.
    app.pass(Duration::from_mins(1)).await;
    app.news_to("bob@example.org").await;
    app.expect_whole().await;
}

async fn what_has_expired_makes_room_while_the_disk_is_almost_full(door: Door) {
    let store = Arc::new(ChaoticStore::on_command());
    let app = App::start_on(&store).await;
    for number in 0..15 {
        let email = format!("a{number}@example.org");
        app.caller(door).ask(&email).await;
        app.letter_to(&email).await;
    }
    let before = app.all_records().await.len();
    store.calm().leave(Room::Little);
    app.sweep_after(Duration::from_hours(25)).await;
    let after = app.all_records().await.len();
    assert!(after + 15 <= before, "{before} records before, {after} after");
}

async fn on_a_full_disk_nothing_is_saved_and_a_sign_out_says_so(door: Door) {
    let store = Arc::new(ChaoticStore::on_command());
    let app = App::start_on(&store).await;
    let mut ann = app.signed_in(door, ANN).await;
    let mut elsewhere = ann.in_program();
    store.calm().leave(Room::None);
    let left = ann.sign_out().await;
    match door {
        Door::Pages => {
            assert_eq!(left, Answer::Done);
            let page = ann.get("/sign-in").await.body;
            assert!(page.contains("the session is still open on the server"), "{page}");
            assert_eq!(ann.who().await, None, "this browser has forgotten it");
        }
        Door::Json => assert_eq!(left, refused()),
    }
    assert_eq!(elsewhere.who().await.as_deref(), Some(ANN), "it was not ended");
    store.calm().leave(Room::Enough);
    assert_eq!(elsewhere.sign_out().await, Answer::Done);
    assert_eq!(elsewhere.who().await, None);
}
