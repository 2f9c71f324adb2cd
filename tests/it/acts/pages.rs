//! The pages that ask first, and what a browser is answered.

use std::time::Duration;

use super::{ANN, NOT_TWICE, act, admin, path};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Door};

const ASKING: [(&str, &str, &str); 4] = [
    ("disable", "Disable <bdi>ann@example.org</bdi>?", "Disable"),
    ("grant-admin", "Make <bdi>ann@example.org</bdi> an administrator?", "Make admin"),
    ("revoke-admin", "Remove the admin rights of <bdi>ann@example.org</bdi>?", "Remove admin"),
    ("delete", "Delete the account of <bdi>ann@example.org</bdi>?", "Delete account"),
];

#[tokio::test]
async fn a_page_asks_before_something_is_done_that_ends_more_than_sessions() {
    let app = App::start().await;
    app.given(ANN, gatepost::domain::operator::Role::Member).await;
    let (mut admin, id) = (admin(&app, Door::Pages).await, app.id_of(ANN).await);
    let before = app.all_but_events().await;
    for (name, question, button) in ASKING {
        let page = admin.get(&path(&id, name)).await.body;
        assert!(page.contains(question), "{page}");
        let form = format!("<form method=\"post\" action=\"{}\">", path(&id, name));
        assert_eq!(page.matches("<form method=\"post\" action=\"/admin").count(), 1, "{page}");
        assert!(page.contains(&form) && page.contains(&format!(">{button}</button>")), "{page}");
    }
    assert!(app.all_but_events().await == before, "asking changes nothing");
    for name in ["enable", "end-sessions", "send-sign-in", "lift-limits"] {
        assert_eq!(admin.get(&path(&id, name)).await.status, 405, "{name}");
    }
    for (name, ..) in ASKING {
        assert_eq!(admin.in_program().get(&format!("/api{}", path(&id, name))).await.status, 405, "{name}");
    }
    app.clock.advance(Duration::from_mins(11));
    let account = format!("%2Fadmin%2Faccounts%2F{id}");
    for (name, question, _) in ASKING {
        let page = admin.get(&path(&id, name)).await.body;
        assert!(page.contains(question) && page.contains("Confirm it's you"), "{page}");
        assert!(!page.contains(&format!("action=\"{}\"", path(&id, name))), "{page}");
        assert!(page.contains(&format!("href=\"/reauthenticate?next={account}\"")), "{page}");
        // What is refused leads back to the account, and never to the action.
        let refused = admin.post_form(&path(&id, name), "confirm=ann%40example.org").await;
        assert_eq!(refused.leads_to().unwrap(), format!("/reauthenticate?next={account}"));
    }
    let away = app.caller(Door::Pages).get(&path(&id, "delete")).await.leads_to().unwrap();
    assert_eq!(away, format!("/sign-in?next={account}%2Fdelete"));
    let away = app.caller(Door::Pages).post_form(&path(&id, "enable"), "").await.leads_to().unwrap();
    assert!(away.ends_with(&format!("next={account}")), "{away}");
}

#[tokio::test]
async fn a_notice_of_what_was_done_is_shown_once() {
    let app = App::start().await;
    app.given(ANN, gatepost::domain::operator::Role::Member).await;
    let (mut admin, id) = (admin(&app, Door::Pages).await, app.id_of(ANN).await);
    assert_eq!(act(&mut admin, &id, "disable", ANN).await, Answer::Done);
    assert_eq!(admin.leads_to().unwrap(), format!("/admin/accounts/{id}"));
    app.news_to(ANN).await;
    let seen = [admin.get("/admin/mail").await.body, admin.get("/admin/mail").await.body];
    assert_eq!(seen.map(|page| page.contains("The account is disabled.")), [true, false]);
}

#[tokio::test]
async fn a_script_gets_the_section_with_what_can_be_done_now() {
    let app = App::start().await;
    let mut ann = app.signed_in(Door::Pages, ANN).await;
    let session = ann.sessions().await[0].0.clone();
    let (admin, id) = (admin(&app, Door::Pages).await, app.id_of(ANN).await);
    let mut admin = admin.with_script(true);
    let reply = admin.post_form(&path(&id, "send-sign-in"), "").await;
    assert!(
        reply.body.starts_with("<section id=\"acts\"><h2 tabindex=\"-1\" autofocus>Actions</h2>"),
        "{}",
        reply.body
    );
    assert!(
        reply.body.contains("A sign-in link is on its way") && !reply.body.contains(">Enable<"),
        "{}",
        reply.body
    );
    app.news_to(ANN).await;
    app.clock.advance(NOT_TWICE);
    let reply = admin.post_form(&path(&id, "send-sign-in"), "").await;
    assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (429, Some("too_many_mails")));
    assert!(reply.body.contains("role=\"alert\"") && reply.body.contains("a moment ago"), "{}", reply.body);
    let reply = admin.post_form(&path(&id, &format!("sessions/{session}/end")), "").await;
    assert!(reply.body.starts_with(&format!("<li id=\"session-{session}\">")), "{}", reply.body);
    app.news_to(ANN).await;
    let reply = admin.post_form(&path(&id, "disable"), "").await;
    assert!(
        reply.body.contains(">Enable</button>") && !reply.body.contains("Email a sign-in link"),
        "{}",
        reply.body
    );
    app.news_to(ANN).await;
}

#[tokio::test]
async fn a_refusal_is_shown_with_what_can_be_done_now() {
    let app = App::start().await;
    app.given(ANN, gatepost::domain::operator::Role::Member).await;
    let (mut admin, id) = (admin(&app, Door::Pages).await, app.id_of(ANN).await);
    let reply = admin.post_form(&path(&id, "delete"), "confirm=nonsense").await;
    assert_eq!(reply.status, 422);
    assert!(
        reply.body.contains("Delete the account of") && reply.body.contains("confirm-error"),
        "{}",
        reply.body
    );
    app.disable(ANN).await;
    let reply = admin.post_form(&path(&id, "send-sign-in"), "").await;
    assert_eq!(reply.status, 403);
    assert!(
        reply.body.contains("Enable it first.") && reply.body.contains(">Enable</button>"),
        "{}",
        reply.body
    );
}
