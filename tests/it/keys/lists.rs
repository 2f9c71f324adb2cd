//! Where keys are listed.

use super::{ANN, GIT, WIKI, in_front, make, opens};
use crate::harness::both_doors;
use crate::harness::caller::Door;

both_doors! {
    keys_are_listed_without_their_secrets,
}

async fn keys_are_listed_without_their_secrets(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let first = make(&mut ann, "Körper", WIKI, "30d").await;
    app.clock.advance(super::NOT_TWICE);
    let second = make(&mut ann, "git", GIT, "never").await;
    assert!(opens(&app, WIKI, &first.secret).await.is_some());
    let reply = ann.in_program().opened("/profile/keys").await;
    let keys = reply.json()["keys"].clone();
    assert_eq!((&keys[0]["id"], &keys[1]["id"]), (&second.id.clone().into(), &first.id.clone().into()));
    assert_eq!((keys[1]["name"].as_str(), keys[1]["app"].as_str()), (Some("Körper"), Some(WIKI)));
    assert!(
        keys[0]["expires_at"].is_null() && keys[0]["last_used_at"].is_null() && keys[0]["last_ip"].is_null()
    );
    assert!(keys[1]["expires_at"].is_string() && keys[1]["last_used_at"].is_string());
    assert_eq!(keys[1]["last_ip"], "127.9.9.9");
    let export = ann.export().await;
    assert_eq!(export["keys"], keys);
    let page = ann.in_browser().opened("/profile").await.body;
    assert!(
        page.contains("Keys for programs") && page.contains("Körper") && !page.contains("bob.example.org")
    );
    for text in [reply.body, export.to_string(), page] {
        assert!(!text.contains("gpk_"), "{text}");
    }
}
