//! A database of an earlier version, which has no lists of accounts.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use gatepost::domain::Settings;
use gatepost::domain::operator::Role;
use gatepost::domain::record::account_places::AccountLists;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::ids::AccountId;
use gatepost::domain::record::key::Key;
use gatepost::domain::upkeep::Indexed;

use super::{ACCOUNTS, NEWEST, address, all, import, row};
use crate::admin::{ADMIN, admin};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::engine::Engine;

both_doors! {
    until_an_older_database_has_its_lists_only_they_are_missing,
    an_older_database_has_its_lists_soon_after_its_start,
}

impl App {
    /// Makes what an older database lacks. In doubt, the server would do it again too.
    async fn lists_made(&self) {
        while !matches!(self.house.gatepost.make_indexes().await, Ok(Indexed::All)) {}
    }
}

async fn scene(count: u64) -> App {
    let app = App::start().await;
    let mut rows: Vec<_> = (0..count).map(|number| row(&format!("m{number}@example.org"), number)).collect();
    for row in rows.iter_mut().step_by(3) {
        row.disabled = true;
        row.role = Role::Admin;
    }
    import(&app, &rows).await;
    app
}

async fn until_an_older_database_has_its_lists_only_they_are_missing(door: Door) {
    let app = scene(3).await;
    let mut admin = admin(&app, door).await;
    let id = app.account("m1@example.org").await.id;
    app.without_account_lists().await;
    for query in ["?state=admin", "?state=disabled&q=m", "?state=invited", "?q=%40example.org", "/newest"] {
        let reply = admin.opened(&format!("{ACCOUNTS}{query}")).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, Some("10")), "{}", reply.body);
        let answer = admin.open(&format!("{ACCOUNTS}{query}")).await;
        assert_eq!(answer, Answer::refused(503, "index_building"), "{query}");
    }
    assert_eq!(all(&mut admin, ACCOUNTS, "q=m1").await, ["m1@example.org"]);
    assert_eq!(all(&mut admin, ACCOUNTS, &format!("q={id}")).await, ["m1@example.org"]);
    assert_eq!(admin.open(&format!("{ACCOUNTS}/{id}")).await, Answer::Done);
    // Everything goes on meanwhile, and keeps up what it changes.
    let (gatepost, operator) = (&app.house.gatepost, &Client::operator());
    gatepost.add_account(&address("new@example.org"), Role::Member, operator).await.unwrap();
    gatepost.enable_account(&address("m0@example.org"), operator).await.unwrap();
    gatepost.delete_account_of(&address("m2@example.org"), operator).await.unwrap();
    app.lists_made().await;
    app.expect_exact_lists("made").await;
    assert_eq!(app.account_lists().await, Some(AccountLists::Whole));
    let all_of_them = all(&mut admin, ACCOUNTS, "").await;
    assert_eq!(all_of_them, [ADMIN, "m0@example.org", "m1@example.org", "new@example.org"]);
    assert_eq!(all(&mut admin, NEWEST, "").await.len(), 4);
    assert_eq!(all(&mut admin, ACCOUNTS, "state=admin").await, [ADMIN, "m0@example.org"]);
    app.read_all().await;
}

async fn an_older_database_has_its_lists_soon_after_its_start(door: Door) {
    let app = scene(3).await;
    let mut admin = admin(&app, door).await;
    app.without_account_lists().await;
    let app = app.restarted_as(Settings::default()).await;
    while app.account_lists().await != Some(AccountLists::Whole) {
        if Engine::named() == Some(Engine::Chaotic) {
            // It may be the next attempt that makes them.
            app.clock.advance(std::time::Duration::from_secs(10));
        }
        tokio::task::yield_now().await;
    }
    app.expect_exact_lists("made").await;
    admin = admin.at(app.server);
    assert_eq!(all(&mut admin, ACCOUNTS, "state=disabled").await, ["m0@example.org"]);
}

/// Begins to make the lists, and ends before they are made.
async fn interrupted(app: &App, polls: usize) {
    let mut making = pin!(app.house.gatepost.make_indexes());
    for _ in 0..polls {
        if poll_fn(|context| Poll::Ready(making.as_mut().poll(context).is_ready())).await {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn making_the_lists_goes_on_wherever_it_was_interrupted() {
    let app = scene(600).await;
    let whole = app.recounted_places().await;
    for polls in 0..20 {
        app.without_account_lists().await;
        interrupted(&app, polls).await;
        app.lists_made().await;
        assert!(app.places().await == whole, "interrupted after {polls}");
    }
    assert_eq!(app.misfits().await, Vec::<String>::new());
}

#[tokio::test]
async fn places_that_an_earlier_version_left_behind_are_removed() {
    let app = scene(4).await;
    let whole = app.places().await;
    app.without_account_lists().await;
    let id = app.account("m1@example.org").await.id;
    let elsewhere = address("m1@elsewhere.example").canonical();
    // The account has another address by now; the other one is gone.
    app.put_place(Key::account_by_domain(&elsewhere), Some(id)).await;
    app.put_place(Key::account_by_domain(&address("gone@example.org").canonical()), Some(AccountId([7; 16])))
        .await;
    app.lists_made().await;
    assert!(app.places().await == whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accounts_that_change_while_the_lists_are_made_are_in_their_places() {
    let app = App::start_on_disk().await;
    let rows: Vec<_> = (0..400).map(|number| row(&format!("m{number}@example.org"), number)).collect();
    import(&app, &rows).await;
    for round in 0..4 {
        app.without_account_lists().await;
        let changes: Vec<_> = (0..4)
            .map(|worker| {
                let gatepost = std::sync::Arc::clone(&app.house.gatepost);
                tokio::spawn(async move {
                    for number in (worker..400).step_by(7) {
                        let email = address(&format!("m{number}@example.org"));
                        let client = Client::server();
                        let changed = match (number + round) % 3 {
                            0 => gatepost.disable_account(&email, &client).await,
                            1 => gatepost.enable_account(&email, &client).await,
                            _ => gatepost.delete_account_of(&email, &client).await,
                        };
                        drop(changed);
                    }
                })
            })
            .collect();
        app.lists_made().await;
        for change in changes {
            change.await.unwrap();
        }
        app.expect_exact_lists("made meanwhile").await;
    }
    app.read_all().await;
}

#[tokio::test]
async fn lists_that_do_not_fit_the_accounts_are_found_and_named() {
    let app = scene(2).await;
    assert_eq!(app.misfits().await, Vec::<String>::new());
    let account = app.account("m1@example.org").await;
    let missing = Key::account_by_time(account.listed_at(), account.id);
    app.put_place(missing.clone(), None).await;
    let foreign = Key::account_by_domain(&address("m1@elsewhere.example").canonical());
    app.put_place(foreign.clone(), Some(account.id)).await;
    let found = app.misfits().await;
    let expected = [
        format!("{foreign:?}: account {} is here, but this is not its place", account.id),
        format!("{missing:?}: account {} is missing here", account.id),
    ];
    assert_eq!(found, expected);
    assert!(found[0].starts_with("D/(address)"), "no address is in it: {}", found[0]);
    // Until the lists of an older database are made, nothing is wrong with them.
    app.without_account_lists().await;
    assert_eq!(app.misfits().await, Vec::<String>::new());
}
