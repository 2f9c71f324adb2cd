//! Administrators against each other.

use std::sync::Arc;

use gatepost::domain::Gatepost;
use gatepost::domain::operator::Role;
use gatepost::domain::record::client::Client;

use super::{ADMIN, EVE, act, address};
use crate::admin::{signed_in_with, with_role};
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};

/// How one administrator ends the other, or themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Revoke,
    Disable,
    OwnDeletion,
    Command,
}

const ACTS: [Act; 4] = [Act::Revoke, Act::Disable, Act::OwnDeletion, Act::Command];

impl Act {
    /// Returns whether it was done.
    async fn by(
        self,
        mut caller: Caller,
        gatepost: Arc<Gatepost>,
        other: String,
        email: &'static str,
    ) -> bool {
        match self {
            Self::Revoke => act(&mut caller, &other, "revoke-admin", "").await == Answer::Done,
            Self::Disable => act(&mut caller, &other, "disable", "").await == Answer::Done,
            Self::OwnDeletion => caller.delete_account("delete").await == Answer::Done,
            Self::Command => {
                gatepost.set_role(&address(email), Role::Member, &Client::operator()).await.is_ok()
            }
        }
    }
}

/// Makes someone an administrator who is signed in, whatever has become of them.
async fn restored(app: &App, door: Door, email: &str) -> Caller {
    let (gatepost, operator) = (&app.house.gatepost, Client::operator());
    if gatepost.enable_account(&address(email), &operator).await.is_err() {
        return with_role(app, door, email, Role::Admin).await;
    }
    app.set(email, Role::Admin).await;
    let link = gatepost.hand_out_link(&address(email), &operator).await.unwrap();
    signed_in_with(app, door, link.token.as_str()).await
}

/// Through both doors in turn. Several threads and a store that takes its time, because on one thread no action is
/// interrupted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_times_each_pair_of_actions_leaves_exactly_one_administrator() {
    let app = App::start_on_disk().await;
    for (index, one) in ACTS.into_iter().enumerate() {
        for other in ACTS.into_iter().skip(index) {
            for number in 0..50 {
                let door = if number % 2 == 0 { Door::Pages } else { Door::Json };
                let (adm, eve) = (restored(&app, door, ADMIN).await, restored(&app, door, EVE).await);
                let (of_adm, of_eve) = (adm.account().await.unwrap(), eve.account().await.unwrap());
                let [gatepost, also] = [Arc::clone(&app.house.gatepost), Arc::clone(&app.house.gatepost)];
                let done = tokio::join!(
                    tokio::spawn(async move { one.by(adm, gatepost, of_eve, EVE).await }),
                    tokio::spawn(async move { other.by(eve, also, of_adm, ADMIN).await }),
                );
                let (first, second) = (done.0.unwrap(), done.1.unwrap());
                assert!(first || second, "{one:?} {other:?} {number}");
                assert_eq!(app.admins().await.unwrap().count(), 1, "{one:?} {other:?} {number}");
            }
            let left: Vec<_> = app.admins().await.unwrap().ids().collect();
            assert_eq!(app.enabled_admins().await, left, "{one:?} {other:?}");
        }
    }
    app.read_all().await;
}
