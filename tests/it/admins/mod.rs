//! Administrators: an enabled one always remains, whatever is done.

mod older;
mod races;
mod verifying;

use gatepost::domain::error::Error;
use gatepost::domain::operator::{IMPORT_STEP, ImportStep, NewAccount, Refusal, Role};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::admins::Admins;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::ids::AccountId;
use gatepost::domain::record::time::Timestamp;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::profile::registered;

both_doors! {
    the_last_administrator_makes_someone_else_one_before_deleting_the_account,
    a_member_deletes_the_account_where_there_is_no_administrator,
}

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";
const LAST: Refusal = Refusal::House(Error::LastAdmin);

fn address(email: &str) -> EmailAddress {
    EmailAddress::parse(email).unwrap()
}

/// An account to import, with this role.
fn row(email: &str, role: Role, disabled: bool) -> NewAccount {
    let (registered_at, confirmed_at) = (Timestamp(1), Timestamp(1));
    NewAccount { address: address(email), registered_at, confirmed_at, role, disabled, password: None }
}

impl App {
    /// As the operator does.
    async fn grant(&self, email: &str) {
        self.house.gatepost.set_role(&address(email), Role::Admin, &Client::server()).await.unwrap();
    }

    async fn revoke(&self, email: &str) -> Result<(), Refusal> {
        let revoked = self.house.gatepost.set_role(&address(email), Role::Member, &Client::server()).await;
        revoked.map(|_| ())
    }

    async fn add(&self, email: &str, role: Role) {
        self.house.gatepost.add_account(&address(email), role, &Client::server()).await.unwrap();
    }

    async fn import(&self, rows: &[NewAccount]) -> Result<(), Error> {
        let imported = self.house.gatepost.import_accounts(rows, ImportStep::Last, &Client::server()).await?;
        assert_eq!(imported.added, rows.len());
        Ok(())
    }

    /// The ids in the record, and those of the accounts that should be in it: the same.
    async fn administrators(&self) -> Vec<AccountId> {
        let (admins, mut enabled) = (self.admins().await.unwrap(), self.enabled_admins().await);
        enabled.sort_unstable();
        assert!(admins.is_whole());
        assert_eq!(admins.ids().collect::<Vec<_>>(), enabled);
        enabled
    }
}

async fn the_last_administrator_makes_someone_else_one_before_deleting_the_account(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    app.grant(ANN).await;
    // Someone else who is disabled does not count.
    app.add(BOB, Role::Admin).await;
    app.disable(BOB).await;
    let reply = ann.sent("/profile/delete", &[("confirm", "delete".into())]).await;
    assert_eq!(reply.status, 409, "{}", reply.body);
    assert!(reply.body.contains("Make someone else an admin first."), "{}", reply.body);
    assert_eq!(ann.delete_account("delete").await, Answer::refused(409, "last_admin"));
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    app.enable(BOB).await;
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(app.administrators().await, [app.account(BOB).await.id]);
}

async fn a_member_deletes_the_account_where_there_is_no_administrator(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.news_to(ANN).await;
    assert_eq!(app.administrators().await, []);
}

#[tokio::test]
async fn a_new_database_knows_that_it_has_no_administrator() {
    assert_eq!(App::start().await.admins().await, Some(Admins::none()));
}

#[tokio::test]
async fn the_operator_takes_away_the_last_administrator_only_by_insisting() {
    let app = App::start().await;
    let (gatepost, operator) = (&app.house.gatepost, &Client::server());
    let ann = &address(ANN);
    for email in [ANN, BOB] {
        app.add(email, Role::Admin).await;
    }
    app.revoke(BOB).await.unwrap();
    assert_eq!(app.revoke(ANN).await, Err(LAST));
    assert_eq!(gatepost.disable_account(ann, operator).await.unwrap_err(), LAST);
    assert_eq!(gatepost.delete_account_of(ann, operator).await.unwrap_err(), LAST);
    assert_eq!(app.administrators().await, [app.account(ANN).await.id]);
    assert!(!app.account(ANN).await.disabled);
    assert!(gatepost.revoke_admin_anyway(ann, operator).await.unwrap().leaves_no_admin);
    app.grant(ANN).await;
    assert!(gatepost.disable_account_anyway(ann, operator).await.unwrap().leaves_no_admin);
    assert_eq!(app.administrators().await, []);
    app.enable(ANN).await;
    app.grant(BOB).await;
    let disabled = gatepost.disable_account_anyway(ann, operator).await.unwrap();
    assert!(disabled.changed && !disabled.leaves_no_admin, "one is left");
    assert!(gatepost.delete_account_anyway(&address(BOB), operator).await.unwrap().leaves_no_admin);
    app.news_to(BOB).await;
    assert_eq!(app.administrators().await, []);
}

#[tokio::test]
async fn what_is_done_to_a_disabled_administrator_leaves_the_others_alone() {
    let app = App::start().await;
    for email in [ANN, BOB, "eve@example.org"] {
        app.add(email, Role::Admin).await;
        if email != ANN {
            app.disable(email).await;
        }
    }
    let before = app.admins_version().await;
    app.revoke(BOB).await.unwrap();
    app.enable(BOB).await;
    app.house.gatepost.delete_account_of(&address("eve@example.org"), &Client::server()).await.unwrap();
    app.news_to("eve@example.org").await;
    assert_eq!(app.admins_version().await, before);
    assert_eq!(app.administrators().await, [app.account(ANN).await.id]);
}

#[tokio::test]
async fn there_are_at_most_25_enabled_administrators() {
    const TOO_MANY: Refusal = Refusal::House(Error::TooManyAdmins);
    let app = App::start().await;
    let gatepost = &app.house.gatepost;
    let all: Vec<String> = (0..26).map(|number| format!("a{number}@example.org")).collect();
    for email in &all[..25] {
        app.add(email, Role::Admin).await;
    }
    let (last, operator) = (&address(&all[25]), &Client::server());
    assert_eq!(gatepost.add_account(last, Role::Admin, operator).await.unwrap_err(), TOO_MANY);
    assert_eq!(app.import(&[row(&all[25], Role::Admin, false)]).await, Err(Error::TooManyAdmins));
    assert_eq!(app.accounts().await, 25, "nothing of it is done");
    app.import(&[row(&all[25], Role::Admin, true)]).await.unwrap();
    assert_eq!(gatepost.enable_account(last, operator).await.unwrap_err(), TOO_MANY);
    app.add(BOB, Role::Member).await;
    assert_eq!(gatepost.set_role(&address(BOB), Role::Admin, operator).await.unwrap_err(), TOO_MANY);
    app.revoke(&all[0]).await.unwrap();
    app.enable(&all[25]).await;
    assert_eq!(app.administrators().await.len(), 25);
}

#[tokio::test]
async fn imported_administrators_are_known_as_such_even_in_the_largest_step() {
    let app = App::start().await;
    let rows = (0..IMPORT_STEP).map(|number| {
        let role = if number < 20 { Role::Admin } else { Role::Member };
        row(&format!("a{number}@example.org"), role, number % 2 == 0)
    });
    app.import(&rows.collect::<Vec<_>>()).await.unwrap();
    assert_eq!(app.administrators().await.len(), 10);
    for number in [1, 3, 5, 7, 9, 11, 13, 15, 17] {
        app.revoke(&format!("a{number}@example.org")).await.unwrap();
    }
    assert_eq!(app.revoke("a19@example.org").await, Err(LAST));
}
