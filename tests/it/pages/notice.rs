//! Notices, which are shown once.

use crate::harness::app::App;
use crate::harness::caller::{Caller, Door};
use crate::profile::{ANN, PASSWORD, registered};

const KEPT: &str = "gatepost_notice";

fn has_notice(caller: &Caller) -> bool {
    caller.cookies.iter().any(|(name, _)| name == KEPT)
}

/// It would be shown later, on a page that has nothing to do with it.
#[tokio::test]
async fn no_notice_is_kept_where_the_way_leads_to_an_app() {
    let app = App::start_unlimited().await;
    registered(&app, Door::Pages, ANN).await;
    for (next, is_ours) in [
        ("", true),
        ("/", true),
        ("/profile", true),
        ("/profile?a=1", true),
        ("/mailbox/x", true),
        ("/app", false),
        ("/profiles", false),
        ("/profile/export", false),
        ("/profile/../app", false),
        ("/link/../app", false),
        ("/app/../profile", true),
    ] {
        let mut ann = app.caller(Door::Pages);
        ann.get("/sign-in/password").await;
        let password = PASSWORD.replace(' ', "+");
        let form = format!("email=ann%40example.org&password={password}&next={next}");
        ann.post_form("/sign-in/password", &form).await;
        let home = if next.is_empty() { "/" } else { next };
        assert_eq!(ann.leads_to().as_deref(), Some(home));
        assert_eq!(has_notice(&ann), is_ours, "{next}");
    }
}

#[tokio::test]
async fn a_notice_takes_the_focus_when_its_page_is_opened() {
    let app = App::start().await;
    let mut ann = registered(&app, Door::Pages, ANN).await;
    let notice = r#"<p class="notice" tabindex="-1" autofocus>Email address confirmed. Welcome!</p>"#;
    assert!(ann.get("/").await.body.contains(notice));
    assert!(!ann.get("/").await.body.contains("Welcome!"), "once");
}
