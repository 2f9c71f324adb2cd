//! The overview.

use serde_json::json;

use super::{admin, queue, until};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::unlimited;
use crate::mail::sink::{Act, Security, Sink, Stage};

both_doors! {
    it_says_how_email_and_the_server_are_doing,
}

async fn it_says_how_email_and_the_server_are_doing(door: Door) {
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Rcpt if moment.line.contains("later") => Act::say("451 4.2.0 come back"),
        Stage::Rcpt => Act::say("550 5.1.1 no such <b>person</b>"),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    for to in ["later@example.org", "gone1@example.org", "gone2@example.org"] {
        queue(&app, to).await;
        if to.starts_with("gone") {
            until(&mut admin, to, "failed").await;
        }
    }
    let shown = admin.opened("/admin").await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    if door == Door::Json {
        let all = shown.json();
        let mail = &all["mail"];
        assert_eq!((&mail["waiting"], &mail["failed"]), (&json!(1), &json!(2)), "{all}");
        assert_eq!(mail["oldest"], json!("2026-01-01T00:00:00.000Z"));
        assert!(mail["last_answer"].as_str().unwrap().contains("5.1.1"), "{all}");
        assert_eq!((&all["engine"], &all["disk_free_bytes"]), (&json!("memory"), &json!(1_234_567_890)));
        assert_eq!(
            all["warnings"],
            json!(["settings: public_url is <open>", "disk: 1177 MiB are free for <data>"])
        );
    } else {
        for part in [
            "1 email</a>",
            "2 emails</a>",
            "no such &lt;b&gt;person&lt;/b&gt;",
            "1177 MiB",
            "for &lt;data&gt;",
            "public_url is &lt;open&gt;",
            "memory",
        ] {
            assert!(shown.body.contains(part), "{part}: {}", shown.body);
        }
        assert!(admin.get("/profile").await.body.contains("<a href=\"/admin\">Admin</a>"));
    }
    let mut member = app.caller(door);
    assert_eq!(member.open("/admin").await, Answer::refused(401, "sign_in_required"));
}
