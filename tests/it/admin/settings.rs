//! The settings of the server.

use serde_json::json;

use super::admin;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::running::METRICS_TOKEN;

both_doors! {
    administrators_see_every_setting_and_no_secret,
}

async fn administrators_see_every_setting_and_no_secret(door: Door) {
    let app = App::start().await;
    let mut admin = admin(&app, door).await;
    let shown = admin.opened("/admin/settings").await;
    assert_eq!(shown.status, 200);
    assert!(!shown.body.contains(METRICS_TOKEN.trim_start_matches("Bearer ")), "{}", shown.body);
    if door == Door::Json {
        let settings = json!([
            { "key": "name", "value": "Gate <b>post", "source": "file", "secret": false },
            { "key": "listen", "value": "127.0.0.1:8080", "source": "default", "secret": false },
            { "key": "metrics_token", "value": null, "source": "environment", "secret": true },
        ]);
        assert_eq!(shown.json(), json!({ "settings": settings }));
    } else {
        for part in [
            "<code>name</code>",
            "<bdi>Gate &lt;b&gt;post</bdi>",
            "from the configuration file",
            "Set, and not shown",
        ] {
            assert!(shown.body.contains(part), "{part}: {}", shown.body);
        }
    }
    let mut member = app.signed_in(door, "bob@example.org").await;
    assert_eq!(member.open("/admin/settings").await, Answer::refused(403, "admin_required"));
    assert_eq!(app.caller(door).open("/admin/settings").await, Answer::refused(401, "sign_in_required"));
}
