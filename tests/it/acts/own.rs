//! What administrators do to their own account.

use super::{ADMIN, act, admin, eve};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    an_administrator_who_ends_the_acting_session_is_led_to_sign_in,
    an_administrator_who_removes_their_own_role_is_led_home,
    the_last_administrator_cannot_leave,
    an_administrator_is_deleted_only_after_the_role_was_removed,
}

/// Where the last answer leads a browser; a program is just answered.
fn assert_led(caller: &Caller, place: &str) {
    if caller.door == Door::Pages {
        let leads_to = caller.leads_to();
        let page = leads_to.as_deref().map(|it| it.split('?').next().unwrap().to_owned());
        assert_eq!(page.as_deref(), Some(place));
    }
}

async fn an_administrator_who_ends_the_acting_session_is_led_to_sign_in(door: Door) {
    for name in ["disable", "end-sessions", "session"] {
        for is_htmx in [false, true] {
            let app = App::start().await;
            let mut adm = admin(&app, door).await;
            eve(&app, door).await;
            let id = app.id_of(ADMIN).await;
            let own = adm.sessions().await[0].0.clone();
            let path = if name == "session" { format!("sessions/{own}/end") } else { name.to_owned() };
            adm = adm.with_script(is_htmx && door == Door::Pages);
            assert_eq!(act(&mut adm, &id, &path, ADMIN).await, Answer::Done, "{name}");
            assert_led(&adm, "/sign-in");
            assert_eq!(adm.who().await, None, "{name}");
            if door == Door::Pages {
                assert!(!adm.cookies.iter().any(|(name, _)| name == "gatepost_session"), "{name}");
            }
            app.news_to(ADMIN).await;
        }
    }
}

async fn an_administrator_who_removes_their_own_role_is_led_home(door: Door) {
    let app = App::start().await;
    let mut adm = admin(&app, door).await;
    eve(&app, door).await;
    let id = app.id_of(ADMIN).await;
    assert_eq!(act(&mut adm, &id, "revoke-admin", ADMIN).await, Answer::Done);
    assert_led(&adm, "/");
    assert_eq!(adm.who().await.as_deref(), Some(ADMIN));
    assert_eq!(act(&mut adm, &id, "grant-admin", ADMIN).await, Answer::refused(403, "admin_required"));
    app.news_to(ADMIN).await;
}

async fn the_last_administrator_cannot_leave(door: Door) {
    let app = App::start().await;
    let mut adm = admin(&app, door).await;
    let (id, before) = (app.id_of(ADMIN).await, app.account(ADMIN).await);
    for name in ["disable", "revoke-admin", "delete"] {
        assert_eq!(act(&mut adm, &id, name, ADMIN).await, Answer::refused(409, "last_admin"), "{name}");
        let body = &adm.last.as_ref().unwrap().body;
        assert!(body.contains("Make someone else an admin first."), "{body}");
    }
    assert_eq!(app.account(ADMIN).await, before);
    // Everything else is theirs to do.
    assert_eq!(act(&mut adm, &id, "send-sign-in", ADMIN).await, Answer::Done);
    let link = app.news_to(ADMIN).await.link.unwrap();
    assert_eq!(act(&mut adm, &id, "end-sessions", ADMIN).await, Answer::Done);
    app.news_to(ADMIN).await;
    assert_eq!(app.caller(door).follow_deliberately(&link).await, Answer::refused(410, "invalid_link"));
}

async fn an_administrator_is_deleted_only_after_the_role_was_removed(door: Door) {
    let app = App::start().await;
    let mut adm = admin(&app, door).await;
    eve(&app, door).await;
    let id = app.id_of(super::EVE).await;
    let wrong = Answer::refused_field(422, "confirmation_required", "confirm");
    for entered in ["", "delete", "nonsense", ADMIN] {
        assert_eq!(act(&mut adm, &id, "delete", entered).await, wrong, "{entered}");
    }
    assert_eq!(act(&mut adm, &id, "delete", super::EVE).await, Answer::refused(409, "still_admin"));
    assert_eq!(act(&mut adm, &id, "revoke-admin", "").await, Answer::Done);
    app.news_to(super::EVE).await;
    assert_eq!(act(&mut adm, &id, "delete", super::EVE).await, Answer::Done);
    app.news_to(super::EVE).await;
    assert_eq!(app.accounts().await, 1);
    assert_led(&adm, "/admin/accounts");
}
