//! Who may do something to an account.

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::record::client::Client;

use super::{ACTS, ANN, BOB, EVE, act, address, admin, eve, gone};
use crate::admin::with_role;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    no_one_but_an_administrator_who_has_just_signed_in_can_do_anything_to_an_account,
    what_is_over_and_what_never_was_get_the_same_answer,
}

const UNKNOWN: &str = "0123456789abcdef0123456789abcdef";

/// What every action answers, for an account that there is and for others.
async fn answers(caller: &mut Caller, id: &str, session: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for id in [id, UNKNOWN, "nonsense"] {
        for name in ACTS {
            answers.push(act(caller, id, name, ANN).await);
        }
        answers.push(caller.act(&format!("/admin/accounts/{id}/delete"), &[]).await);
        for session in [session, UNKNOWN] {
            answers.push(act(caller, id, &format!("sessions/{session}/end"), "").await);
        }
        if caller.door == Door::Pages {
            for name in ["disable", "grant-admin", "revoke-admin", "delete"] {
                answers.push(caller.open(&super::path(id, name)).await);
            }
        }
    }
    answers
}

async fn no_one_but_an_administrator_who_has_just_signed_in_can_do_anything_to_an_account(door: Door) {
    let app = App::start_unlimited().await;
    let mut ann = app.signed_in(door, ANN).await;
    let (id, session) = (app.id_of(ANN).await, ann.sessions().await[0].0.clone());
    let mut stale = admin(&app, door).await;
    let [mut former, mut disabled, mut member] = [
        with_role(&app, door, "for@example.org", Role::Admin).await,
        eve(&app, door).await,
        with_role(&app, door, BOB, Role::Member).await,
    ];
    app.set("for@example.org", Role::Member).await;
    app.house.gatepost.disable_account(&address(EVE), &Client::operator()).await.unwrap();
    let before = app.account(ANN).await;
    let signed_out = Answer::refused(401, "sign_in_required");
    for caller in [&mut app.caller(door), &mut disabled] {
        let answers = answers(caller, &id, &session).await;
        assert!(answers.iter().all(|it| *it == signed_out), "{answers:?}");
    }
    for caller in [&mut member, &mut former] {
        let answers = answers(caller, &id, &session).await;
        assert!(answers.iter().all(|it| *it == Answer::refused(403, "admin_required")), "{answers:?}");
    }
    app.clock.advance(Duration::from_mins(11));
    let old = Answer::refused(403, "recent_sign_in_required");
    let stale = answers(&mut stale, &id, &session).await;
    let looks = |it: &&Answer| **it == Answer::Done || **it == Answer::refused(404, "not_found");
    let refused = stale.iter().filter(|it| **it == old).count();
    assert_eq!(refused, 3 * (ACTS.len() + 3), "{stale:?}");
    assert_eq!(stale.iter().filter(looks).count(), if door == Door::Pages { 12 } else { 0 }, "{stale:?}");
    assert_eq!(app.account(ANN).await, before);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(app.names_by_admins().await, []);
    app.expect_no_letter().await;
}

async fn what_is_over_and_what_never_was_get_the_same_answer(door: Door) {
    let app = App::start_unlimited().await;
    let mut ann = app.signed_in(door, ANN).await;
    let mut bob = app.signed_in(door, BOB).await;
    let of_bob = bob.sessions().await[0].0.clone();
    let of_ann = ann.sessions().await[0].0.clone();
    let (id, deleted) = (app.id_of(ANN).await, app.id_of(BOB).await);
    let mut admin = admin(&app, door).await;
    // A session of someone else is none of this account, and neither is one that has ended.
    for session in [of_bob.as_str(), UNKNOWN, "nonsense"] {
        assert_eq!(act(&mut admin, &id, &format!("sessions/{session}/end"), "").await, gone(), "{session}");
    }
    ann.sign_out().await;
    assert_eq!(act(&mut admin, &id, &format!("sessions/{of_ann}/end"), "").await, gone());
    assert_eq!(bob.who().await.as_deref(), Some(BOB));
    bob.delete_account("delete").await;
    app.news_to(BOB).await;
    for id in [deleted.as_str(), UNKNOWN, "nonsense", "../../mail"] {
        let id = id.replace('/', "%2f");
        for name in ACTS {
            assert_eq!(act(&mut admin, &id, name, BOB).await, gone(), "{id} {name}");
        }
        if door == Door::Pages {
            assert_eq!(admin.open(&super::path(&id, "delete")).await, Answer::refused(404, "not_found"));
        }
    }
    // What is wrong with the form is said first.
    let missing = Answer::refused_field(422, "missing_field", "confirm");
    assert_eq!(admin.act(&super::path(UNKNOWN, "delete"), &[]).await, missing);
    assert_eq!(app.names_by_admins().await, []);
}
