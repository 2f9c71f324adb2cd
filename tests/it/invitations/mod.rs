//! Invitations: accounts that no one has signed in to yet.

mod accepted;
mod again;
mod refused;
mod who;

use gatepost::domain::record::account::Account;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller};

const BOB: &str = "bob@example.org";
const PASSWORD: &str = "three quiet otters";

fn address(email: &str) -> EmailAddress {
    EmailAddress::parse(email).unwrap()
}

async fn invite(admin: &mut Caller, email: &str) -> Answer {
    admin.act("/admin/accounts/invite", &[("email", email.to_owned())]).await
}

async fn again(admin: &mut Caller, account: &Account) -> Answer {
    admin.act(&format!("/admin/accounts/{}/invite-again", account.id), &[]).await
}

async fn withdraw(admin: &mut Caller, account: &Account) -> Answer {
    admin.act(&format!("/admin/accounts/{}/withdraw", account.id), &[]).await
}

/// Someone who was invited, and has read the email.
async fn invited(app: &App, admin: &mut Caller, email: &str) -> Account {
    assert_eq!(invite(admin, email).await, Answer::Done);
    app.news_to(email).await;
    app.account(email).await
}

/// A sign-in link from the command line.
async fn link_from_command(app: &App, email: &str) -> String {
    let link = app.house.gatepost.hand_out_link(&address(email), &Client::operator()).await.unwrap();
    format!("http://localhost/link/{}", link.token.as_str())
}
