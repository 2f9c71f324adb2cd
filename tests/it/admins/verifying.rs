//! Verifying a database finds administrators that are not known as such, and others that are.

use gatepost::domain::operator::Role;
use gatepost::domain::record::admins::Admins;
use gatepost::domain::record::ids::AccountId;

use super::{ANN, BOB, LAST};
use crate::harness::app::App;

#[tokio::test]
async fn a_list_of_administrators_that_does_not_fit_the_accounts_is_found_and_named() {
    let app = App::start().await;
    app.add(ANN, Role::Admin).await;
    app.add(BOB, Role::Admin).await;
    app.disable(BOB).await;
    assert_eq!(app.misfits().await, Vec::<String>::new());
    let [ann, bob] = [app.account(ANN).await.id, app.account(BOB).await.id];
    app.put_admins(Some(Admins::none().with(&[bob]))).await;
    let missing = format!("admins: account {ann}, an enabled administrator, is missing here");
    let wrong = format!("admins: account {bob} is here, but is not an enabled administrator");
    assert_eq!(app.misfits().await, [missing.clone(), wrong]);
    app.put_admins(Some(Admins::none())).await;
    assert_eq!(app.misfits().await, [missing]);
    // An older database has none, and it is not whole while it is made.
    for begun in [None, Some(Admins::begun())] {
        app.put_admins(begun).await;
        assert_eq!(app.misfits().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn administrators_whom_an_earlier_version_has_removed_do_not_count() {
    let app = App::start().await;
    for email in [ANN, BOB, "eve@example.org"] {
        app.add(email, Role::Admin).await;
    }
    let [ann, bob] = [app.account(ANN).await.id, app.account(BOB).await.id];
    app.revoke(BOB).await.unwrap();
    app.put_admins(Some(Admins::none().with(&[ann, bob, AccountId([7; 16])]))).await;
    assert_eq!(app.revoke(ANN).await, Err(LAST));
    let eve = app.account("eve@example.org").await.id;
    app.put_admins(Some(Admins::none().with(&[ann, bob, eve, AccountId([7; 16])]))).await;
    app.revoke(ANN).await.unwrap();
    assert_eq!(app.administrators().await, [eve]);
}
