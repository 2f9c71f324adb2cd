//! What each action does: its effect, one event with the administrator, and the email to the owner.

use gatepost::domain::operator::Role;
use gatepost::domain::record::account::Account;
use gatepost::domain::record::client::Doer;
use gatepost::domain::record::event::EventName;

use super::{ADMIN, ANN, NOT_TWICE, act, admin, gone, limited};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    each_action_has_its_effect_one_event_and_one_email_and_none_again,
    an_action_that_is_sent_twice_at_once_is_done_once,
}

/// An action, its event, the subject of the email to the owner, and what is answered the second time.
type Row = (&'static str, EventName, Option<&'static str>, fn() -> Answer);

const ROWS: [Row; 9] = [
    ("disable", EventName::AccountDisabled, Some("Your account at Gatepost was disabled"), || Answer::Done),
    ("enable", EventName::AccountEnabled, Some("Your account at Gatepost was enabled again"), || {
        Answer::Done
    }),
    ("end-sessions", EventName::AllSignedOut, Some("You were signed out of Gatepost everywhere"), || {
        Answer::Done
    }),
    ("sessions", EventName::SessionEnded, Some("One of your devices was signed out of Gatepost"), gone),
    ("send-sign-in", EventName::SignInSent, Some("Sign in to Gatepost"), || {
        Answer::refused(429, "too_many_mails")
    }),
    ("lift-limits", EventName::LimitsLifted, None, || Answer::Done),
    ("grant-admin", EventName::AdminGranted, Some("You are an administrator of Gatepost now"), || {
        Answer::Done
    }),
    ("revoke-admin", EventName::AdminRevoked, Some("You are no longer an administrator of Gatepost"), || {
        Answer::Done
    }),
    ("delete", EventName::AccountDeleted, Some("Your account at Gatepost has been deleted"), gone),
];

/// What an account shows of an action.
async fn assert_effect(name: &str, before: &Account, app: &App, ann: &mut Caller) {
    if name == "delete" {
        assert_eq!((app.accounts().await, ann.who().await), (1, None));
        return;
    }
    let after = app.account(ANN).await;
    let is_signed_out = ["disable", "enable", "end-sessions", "sessions"].contains(&name);
    assert_eq!(ann.who().await.is_none(), is_signed_out, "{name}");
    let moves_epoch = ["disable", "end-sessions"].contains(&name);
    assert_eq!(after.epoch != before.epoch, moves_epoch, "{name}");
    assert_eq!(after.disabled, name == "disable", "{name}");
    assert_eq!(after.admin, name == "grant-admin", "{name}");
}

/// The account in the answer, as it is now.
fn assert_answer(name: &str, admin: &Caller, after: Option<&Account>) {
    let reply = admin.last.as_ref().unwrap();
    let Some(account) = after else {
        return assert_eq!((reply.status.as_u16(), reply.body.as_str()), (204, ""));
    };
    assert_eq!(reply.status.as_u16(), if name == "send-sign-in" { 202 } else { 200 }, "{name}");
    let shown = &reply.json()["account"];
    assert_eq!(shown["email"], ANN);
    assert_eq!(shown["id"], account.id.to_string());
    assert_eq!(shown["state"], if account.disabled { "disabled" } else { "active" }, "{name}");
    assert_eq!(shown["admin"], account.admin, "{name}");
    let is_signed_out = ["disable", "enable", "end-sessions", "sessions"].contains(&name);
    assert_eq!(shown["session_count"], u8::from(!is_signed_out), "{name}");
    assert!(shown["last_signed_in_at"].is_string() && shown["confirmed_at"].is_string(), "{shown}");
}

async fn each_action_has_its_effect_one_event_and_one_email_and_none_again(door: Door) {
    for (name, event, subject, second) in ROWS {
        let app = limited().await;
        let mut admin = admin(&app, door).await;
        let mut ann = app.signed_in(door, ANN).await;
        let id = app.id_of(ANN).await;
        match name {
            "enable" => app.disable(ANN).await,
            "revoke-admin" => app.set(ANN, Role::Admin).await,
            _ => {}
        }
        let path = match name {
            "sessions" => format!("sessions/{}/end", ann.sessions().await[0].0),
            name => name.to_owned(),
        };
        let before = app.account(ANN).await;
        let events = app.events().await.len();
        assert_eq!(act(&mut admin, &id, &path, "Ann@EXAMPLE.org").await, Answer::Done, "{name}");
        if door == Door::Json {
            let after = if name == "delete" { None } else { Some(app.account(ANN).await) };
            assert_answer(name, &admin, after.as_ref());
        }
        assert_effect(name, &before, &app, &mut ann).await;
        if let Some(subject) = subject {
            let letter = app.news_to(ANN).await;
            assert_eq!(letter.subject, subject);
            let text = letter.text.replace('\n', " ");
            assert!(text.contains("by an administrator of Gatepost"), "{name}: {text}");
            assert_eq!((letter.link.is_some(), letter.code), (name == "send-sign-in", None), "{name}");
        }
        if name == "grant-admin" {
            assert_eq!(app.news_to(ADMIN).await.subject, "Someone became an administrator of Gatepost");
        }
        let done = app.done_by_admins().await;
        let by = app.account(ADMIN).await.id;
        assert_eq!(done.len(), 1, "{name}: {done:?}");
        assert_eq!((done[0].name, done[0].by), (event, Doer::Admin(by)));
        // That of the action, and one for each email that was sent.
        let sent = if name == "grant-admin" { 2 } else { usize::from(subject.is_some()) };
        assert_eq!(app.events().await.len(), events + 1 + sent, "{name}");
        let epoch = if name == "delete" { 0 } else { app.account(ANN).await.epoch };
        app.clock.advance(NOT_TWICE);
        assert_eq!(act(&mut admin, &id, &path, ANN).await, second(), "{name}, again");
        assert_eq!(app.done_by_admins().await.len(), 1, "{name}, again");
        assert!(name == "delete" || app.account(ANN).await.epoch == epoch, "{name}, again");
        app.expect_no_letter().await;
    }
}

async fn an_action_that_is_sent_twice_at_once_is_done_once(door: Door) {
    for (name, event, subject, _) in ROWS {
        let app = limited().await;
        let mut admin = admin(&app, door).await;
        let mut ann = app.signed_in(door, ANN).await;
        let id = app.id_of(ANN).await;
        match name {
            "enable" => app.disable(ANN).await,
            "revoke-admin" => app.set(ANN, Role::Admin).await,
            _ => {}
        }
        let path = match name {
            "sessions" => format!("sessions/{}/end", ann.sessions().await[0].0),
            name => name.to_owned(),
        };
        // The same browser sends a form once; another one of the same administrator is another sender.
        let mut other = admin.clone().with_agent("Chrome/142.0 on Windows");
        tokio::join!(act(&mut admin, &id, &path, ANN), act(&mut other, &id, &path, ANN));
        assert_eq!(app.names_by_admins().await, [event], "{name}");
        let letters = app.read_all().await;
        let to_ann = letters.iter().filter(|letter| letter.to.as_str() == ANN).count();
        assert_eq!(to_ann, usize::from(subject.is_some()), "{name}");
    }
}
