//! What the owner of an account sees of what was done to it: never who did it, and never from where.

use std::time::Duration;

use gatepost::domain::record::client::Client;

use super::{ADMIN, ANN, act, address, admin};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    the_owner_sees_what_was_done_but_not_by_whom_or_from_where,
}

async fn the_owner_sees_what_was_done_but_not_by_whom_or_from_where(door: Door) {
    let app = App::start().await;
    app.signed_in(door, ANN).await;
    let admin = admin(&app, door).await;
    let mut admin = admin.coming_from([127, 9, 8, 7].into()).with_agent("Vivaldi on Windows");
    let (id, by) = (app.id_of(ANN).await, app.id_of(ADMIN).await);
    app.clock.advance(Duration::from_secs(1));
    let acts =
        ["lift-limits", "disable", "enable", "grant-admin", "revoke-admin", "send-sign-in", "end-sessions"];
    for name in acts {
        assert_eq!(act(&mut admin, &id, name, ANN).await, Answer::Done, "{name}");
        app.read_all().await;
        app.clock.advance(Duration::from_secs(1));
    }
    // The operator's actions look the same.
    app.house.gatepost.disable_account(&address(ANN), &Client::operator()).await.unwrap();
    app.clock.advance(Duration::from_secs(1));
    app.house.gatepost.enable_account(&address(ANN), &Client::operator()).await.unwrap();
    app.clock.advance(Duration::from_secs(1));
    let mut ann = app.signed_in(door, ANN).await;
    let profile = ann.in_browser().get("/profile").await.body;
    for sentence in
        ["Account disabled.", "Account enabled again.", "Admin rights granted.", "Signed out everywhere."]
    {
        assert!(profile.contains(sentence), "{sentence}: {profile}");
    }
    assert_eq!(profile.matches("by an administrator of this site").count(), 9, "{profile}");
    let export = ann.export().await;
    let events = export["events"].as_array().unwrap();
    let done: Vec<_> = events.iter().filter(|event| event["by"] == "admin").collect();
    assert_eq!(done.len(), acts.len(), "{export}");
    assert!(done.iter().all(|event| event["ip"].is_null() && event["device"].is_null()), "{done:?}");
    for text in [profile, export.to_string()] {
        for secret in ["127.9.8.7", "Vivaldi", ADMIN, &by] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}
