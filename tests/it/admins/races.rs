//! Many acts at once, each of which would remove an administrator.

use std::sync::Arc;

use gatepost::domain::Gatepost;
use gatepost::domain::operator::Role;
use gatepost::domain::record::client::Client;

use super::{ANN, BOB, address};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    // Several threads and a store that takes its time, because on one thread no action is interrupted.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    fifty_acts_at_once_leave_one_of_two_administrators,
    two_administrators_who_are_removed_at_once_in_any_way_leave_one,
}

/// How an administrator ends.
#[derive(Clone, Copy, Debug)]
enum Act {
    OwnDeletion,
    Revoke,
    Disable,
    Delete,
}

const ACTS: [Act; 4] = [Act::OwnDeletion, Act::Revoke, Act::Disable, Act::Delete];

impl Act {
    /// Returns whether it was done.
    async fn on(self, mut caller: Caller, gatepost: Arc<Gatepost>, email: &str) -> bool {
        let (address, operator) = (address(email), Client::operator());
        match self {
            Self::OwnDeletion => caller.delete_account("delete").await == Answer::Done,
            Self::Revoke => gatepost.set_role(&address, Role::Member, &operator).await.is_ok(),
            Self::Disable => gatepost.disable_account(&address, &operator).await.is_ok(),
            Self::Delete => gatepost.delete_account_of(&address, &operator).await.is_ok(),
        }
    }
}

async fn fifty_acts_at_once_leave_one_of_two_administrators(door: Door) {
    let app = App::start_on_disk().await;
    let mut callers = Vec::new();
    for email in [ANN, BOB] {
        callers.push((app.signed_in(door, email).await, email));
        app.grant(email).await;
    }
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let (caller, email) = callers[number % 2].clone();
            let (gatepost, act) = (Arc::clone(&app.house.gatepost), ACTS[number / 2 % 4]);
            tokio::spawn(async move { act.on(caller, gatepost, email).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(app.administrators().await.len(), 1);
    app.read_all().await;
}

async fn two_administrators_who_are_removed_at_once_in_any_way_leave_one(door: Door) {
    let app = App::start_on_disk().await;
    let pairs = ACTS.iter().flat_map(|one| ACTS.iter().map(move |other| (*one, *other)));
    for (number, (one, other)) in pairs.enumerate() {
        let emails = [format!("a{number}@example.org"), format!("b{number}@example.org")];
        let before = app.administrators().await;
        let [mut first, mut second] = [None, None];
        for (email, caller) in emails.iter().zip([&mut first, &mut second]) {
            *caller = Some(app.signed_in(door, email).await);
            app.grant(email).await;
        }
        for id in before {
            let last = app.house.gatepost.disable_account(&app.address_of(id).await, &Client::server()).await;
            assert!(last.unwrap().changed);
        }
        let [gatepost, also] = [Arc::clone(&app.house.gatepost), Arc::clone(&app.house.gatepost)];
        let [a, b] = emails.clone();
        let done = tokio::join!(
            tokio::spawn(async move { one.on(first.unwrap(), gatepost, &a).await }),
            tokio::spawn(async move { other.on(second.unwrap(), also, &b).await }),
        );
        assert_eq!(app.administrators().await.len(), 1, "{one:?} {other:?}");
        assert!(!(done.0.unwrap() && done.1.unwrap()), "{one:?} {other:?}");
    }
    app.read_all().await;
}
