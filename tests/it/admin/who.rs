//! Who may come in, and what everyone else is answered.

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;

use super::{MAIL, admin, newest, queue, with_role};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::unlimited;
use crate::mail::sink::{Act, Security, Sink, Stage};

both_doors! {
    only_an_administrator_who_has_just_signed_in_may_act,
    only_an_administrator_learns_what_there_is,
    an_old_sign_in_is_enough_to_look,
    a_role_that_was_taken_away_is_worth_nothing,
}

const UNKNOWN: &str = "0123456789abcdef01234567";

/// A server with an email that waits, and its id.
async fn scene(door: Door) -> (App, Sink, Caller, String) {
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Rcpt => Act::say("451 4.2.0 come back"),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    queue(&app, "ann@example.org").await;
    let id = loop {
        let (listed, _) = super::page(&mut admin, "to=ann@").await;
        let is_tried = sink.seen().moments.iter().any(|moment| moment.stage == Stage::Rcpt);
        if let Some(listed) = listed.into_iter().next().filter(|_| is_tried) {
            break listed.id;
        }
        tokio::task::yield_now().await;
    };
    (app, sink, admin, id)
}

/// What every page and action answers.
async fn answers(caller: &mut Caller, id: &str) -> Vec<Answer> {
    let mut answers = vec![
        caller.open(MAIL).await,
        caller.open(&format!("{MAIL}?state=none")).await,
        caller.open("/admin/nothing").await,
        caller.open("/admin/mail/nothing/at/all").await,
    ];
    for id in [id, UNKNOWN, "nonsense"] {
        for act in ["retry", "drop"] {
            answers.push(caller.act(&format!("{MAIL}/{id}/{act}"), &[]).await);
        }
    }
    answers
}

async fn only_an_administrator_who_has_just_signed_in_may_act(door: Door) {
    let (app, _sink, mut admin, id) = scene(door).await;
    let mut member = with_role(&app, door, "bob@example.org", Role::Member).await;
    let mut stranger = app.caller(door);
    let mut unconfirmed = app.caller(door);
    unconfirmed.register("una@example.org", crate::profile::PASSWORD).await;
    let before = newest(&mut admin, "ann@").await;
    let stranger = answers(&mut stranger, &id).await;
    assert!(stranger.iter().all(|it| *it == Answer::refused(401, "sign_in_required")), "{stranger:?}");
    assert_eq!(answers(&mut unconfirmed, &id).await, stranger);
    let member = answers(&mut member, &id).await;
    assert!(member.iter().all(|it| *it == Answer::refused(403, "admin_required")), "{member:?}");
    app.clock.advance(Duration::from_mins(11));
    let (not_found, old) =
        (Answer::refused(404, "not_found"), Answer::refused(403, "recent_sign_in_required"));
    let bad_state = Answer::refused_field(422, "invalid_field", "state");
    let looks = [Answer::Done, bad_state, not_found.clone(), not_found];
    let stale = answers(&mut admin, &id).await;
    assert_eq!(stale[..4], looks);
    assert!(stale[4..].iter().all(|it| *it == old), "{stale:?}");
    assert_eq!(newest(&mut admin, "ann@").await, before, "nothing was done");
}

async fn only_an_administrator_learns_what_there_is(door: Door) {
    let (app, _sink, _, id) = scene(door).await;
    let mut member = with_role(&app, door, "bob@example.org", Role::Member).await;
    let mut bodies = Vec::new();
    for place in [MAIL.to_owned(), "/admin".into(), "/admin/nothing".into(), format!("{MAIL}/{id}")] {
        let reply = member.opened(&place).await;
        assert_eq!(reply.status, 403, "{place}");
        bodies.push(reply.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    if door == Door::Pages {
        assert!(!member.get("/profile").await.body.contains(">Admin<"));
        let mut htmx = member.clone().with_script(true);
        assert_eq!(htmx.open(MAIL).await, Answer::refused(403, "admin_required"));
    }
}

async fn an_old_sign_in_is_enough_to_look(door: Door) {
    let (app, _sink, mut admin, id) = scene(door).await;
    for minutes in [11, 50] {
        app.clock.advance(Duration::from_mins(minutes));
        assert_eq!(admin.open(MAIL).await, Answer::Done);
    }
    if door == Door::Json {
        return;
    }
    let shown = admin.get(&format!("{MAIL}?to=ann")).await;
    assert!(!shown.body.contains("/retry") && !shown.body.contains("/drop"), "{}", shown.body);
    assert!(
        shown.body.contains("href=\"/reauthenticate?next=%2Fadmin%2Fmail%3Fto%3Dann\""),
        "{}",
        shown.body
    );
    assert!(shown.body.contains(">Admin<") && shown.body.contains("Confirm it's you"));
    let act = format!("{MAIL}/{id}/retry");
    let refused = admin.post_form(&act, "").await;
    assert_eq!(refused.leads_to().unwrap(), "/reauthenticate?next=%2Fadmin%2Fmail");
    let asked = admin.get("/reauthenticate?next=%2Fadmin%2Fmail").await.body;
    assert!(asked.contains("<code>gatepost account link adm@example.org</code>"), "{asked}");
    let mut htmx = admin.clone().with_script(true);
    let refused = htmx.post_form(&act, "").await;
    assert_eq!(
        (refused.status.as_u16(), refused.leads_to().unwrap().as_str()),
        (403, "/reauthenticate?next=%2Fadmin%2Fmail")
    );
    // Signed out, the way back is the page that was asked for.
    let away = app.caller(door).get(&format!("{MAIL}?to=ann")).await;
    assert_eq!(away.leads_to().unwrap(), "/sign-in?next=%2Fadmin%2Fmail%3Fto%3Dann");
    let away = app.caller(door).with_script(true).get(MAIL).await;
    assert_eq!(
        (away.status.as_u16(), away.leads_to().unwrap().as_str()),
        (401, "/sign-in?next=%2Fadmin%2Fmail")
    );
}

async fn a_role_that_was_taken_away_is_worth_nothing(door: Door) {
    let (app, _sink, mut admin, id) = scene(door).await;
    let (gatepost, operator) = (&app.house.gatepost, Client::operator());
    let other = EmailAddress::parse("other@example.org").unwrap();
    gatepost.add_account(&other, Role::Admin, &operator).await.unwrap();
    let address = EmailAddress::parse(super::ADMIN).unwrap();
    gatepost.set_role(&address, Role::Member, &operator).await.unwrap();
    let former = answers(&mut admin, &id).await;
    assert!(former.iter().all(|it| *it == Answer::refused(403, "admin_required")), "{former:?}");
    gatepost.set_role(&address, Role::Admin, &operator).await.unwrap();
    assert_eq!(admin.open(MAIL).await, Answer::Done);
    gatepost.disable_account(&address, &operator).await.unwrap();
    let disabled = answers(&mut admin, &id).await;
    assert!(disabled.iter().all(|it| *it == Answer::refused(401, "sign_in_required")), "{disabled:?}");
}
