//! A database of an earlier version, which does not know yet who the administrators are.

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::error::Error;
use gatepost::domain::operator::{Refusal, Role};
use gatepost::domain::record::admins::Admins;
use gatepost::domain::record::client::Client;
use gatepost::domain::upkeep::Indexed;

use super::{ANN, BOB, LAST, address, row};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::engine::Engine;

both_doors! {
    until_an_older_database_knows_its_administrators_none_of_them_is_removed,
    an_older_database_knows_its_administrators_soon_after_its_start,
}

const NOT_YET: Refusal = Refusal::House(Error::IndexBuilding);

async fn until_an_older_database_knows_its_administrators_none_of_them_is_removed(door: Door) {
    for begun in [None, Some(Admins::begun())] {
        let app = App::start().await;
        let (gatepost, operator) = (&app.house.gatepost, &Client::server());
        let mut ann = app.signed_in(door, ANN).await;
        app.grant(ANN).await;
        app.add(BOB, Role::Admin).await;
        for email in ["carl@example.org", "dora@example.org", "eve@example.org"] {
            app.add(email, Role::Member).await;
        }
        app.put_admins(begun).await;
        let reply = ann.sent("/profile/delete", &[("confirm", "delete".into())]).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, Some("10")), "{}", reply.body);
        assert_eq!(ann.delete_account("delete").await, Answer::refused(503, "index_building"));
        assert_eq!(app.revoke(BOB).await, Err(NOT_YET));
        let bob = &address(BOB);
        assert_eq!(gatepost.disable_account_anyway(bob, operator).await.unwrap_err(), NOT_YET);
        assert_eq!(gatepost.delete_account_of(bob, operator).await.unwrap_err(), NOT_YET);
        // Everything else works, making new ones too.
        gatepost.disable_account(&address("carl@example.org"), operator).await.unwrap();
        app.enable("carl@example.org").await;
        app.grant("dora@example.org").await;
        app.import(&[row("frank@example.org", Role::Admin, false)]).await.unwrap();
        gatepost.delete_account_of(&address("eve@example.org"), operator).await.unwrap();
        app.news_to("eve@example.org").await;
        app.indexes_made().await;
        assert_eq!(app.administrators().await.len(), 4);
        app.revoke("dora@example.org").await.unwrap();
        app.revoke("frank@example.org").await.unwrap();
        app.revoke(BOB).await.unwrap();
        assert_eq!(ann.delete_account("delete").await, Answer::refused(409, "last_admin"));
    }
}

async fn an_older_database_knows_its_administrators_soon_after_its_start(door: Door) {
    // Those of a start that was killed in between are not all of them yet.
    for begun in [None, Some(Admins::begun())] {
        let app = App::start().await;
        let ann = app.signed_in(door, ANN).await;
        app.grant(ANN).await;
        app.put_admins(begun).await;
        let app = app.restarted_as(Settings::default()).await;
        while !app.admins().await.is_some_and(|admins| admins.is_whole()) {
            if Engine::named() == Some(Engine::Chaotic) {
                // It may be the next attempt that makes it.
                app.clock.advance(Duration::from_secs(10));
            }
            tokio::task::yield_now().await;
        }
        let refused = ann.at(app.server).delete_account("delete").await;
        assert_eq!(refused, Answer::refused(409, "last_admin"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accounts_that_change_while_the_administrators_are_looked_for_are_counted() {
    let app = App::start_on_disk().await;
    for step in 0..20 {
        let rows = (0..40).map(|number| {
            let is_admin = number == 0 && step < 4;
            let role = if is_admin { Role::Admin } else { Role::Member };
            row(&format!("a{}@example.org", step * 40 + number), role, false)
        });
        app.import(&rows.collect::<Vec<_>>()).await.unwrap();
    }
    for round in 0..4 {
        app.put_admins(None).await;
        let new: Vec<String> =
            (1..5).map(|number| format!("a{}@example.org", number * 150 + round)).collect();
        let grants: Vec<_> = new
            .into_iter()
            .map(|email| {
                let gatepost = Arc::clone(&app.house.gatepost);
                tokio::spawn(async move {
                    while gatepost.set_role(&address(&email), Role::Admin, &Client::server()).await.is_err() {
                    }
                })
            })
            .collect();
        app.indexes_made().await;
        for grant in grants {
            grant.await.unwrap();
        }
        assert_eq!(app.administrators().await.len(), 4 + 4 * (round + 1));
    }
}

#[tokio::test]
async fn a_database_with_more_administrators_than_there_can_be_keeps_them_and_gets_no_more() {
    let app = App::start().await;
    for number in 0..30 {
        app.import(&[row(&format!("a{number}@example.org"), Role::Admin, true)]).await.unwrap();
    }
    app.put_admins(None).await;
    // As in an earlier version, no one counts them.
    for number in 0..30 {
        app.enable(&format!("a{number}@example.org")).await;
    }
    app.indexes_made().await;
    assert_eq!(app.administrators().await.len(), 30);
    app.add(BOB, Role::Member).await;
    let granted = app.house.gatepost.set_role(&address(BOB), Role::Admin, &Client::server()).await;
    assert_eq!(granted.unwrap_err(), Refusal::House(Error::TooManyAdmins));
    for number in 0..29 {
        app.revoke(&format!("a{number}@example.org")).await.unwrap();
    }
    assert_eq!(app.revoke("a29@example.org").await, Err(LAST));
}

impl App {
    /// Makes what an older database lacks. In doubt, the server would do it again too.
    async fn indexes_made(&self) {
        while !matches!(self.house.gatepost.make_indexes().await, Ok(Indexed::All)) {}
    }
}
