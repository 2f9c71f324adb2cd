//! What administrators do to accounts, on their pages and through `/api/admin`.

mod doing;
mod epochs;
mod history;
mod lifting;
mod links;
mod own;
mod pages;
mod races;
mod roles;
mod who;

use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::{Client, Doer};
use gatepost::domain::record::event::{Event, EventName};
use gatepost::domain::record::password::Cost;

use crate::admin::with_role;
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};

const ADMIN: &str = "adm@example.org";
const EVE: &str = "eve@example.org";
const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";

/// A form that is sent again within this time counts as sent twice.
const NOT_TWICE: Duration = Duration::from_secs(11);

/// What can be done to an account, besides ending one session.
const ACTS: [&str; 8] = [
    "disable",
    "enable",
    "end-sessions",
    "send-sign-in",
    "lift-limits",
    "grant-admin",
    "revoke-admin",
    "delete",
];

fn address(email: &str) -> EmailAddress {
    EmailAddress::parse(email).unwrap()
}

fn gone() -> Answer {
    Answer::refused(410, "gone")
}

/// The usual limits, with passwords that take no time.
async fn limited() -> App {
    let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    App::start_as(Settings { password_cost: cost, ..Settings::default() }).await
}

/// An administrator who has just signed in.
async fn admin(app: &App, door: Door) -> Caller {
    crate::admin::admin(app, door).await
}

/// Another one.
async fn eve(app: &App, door: Door) -> Caller {
    with_role(app, door, EVE, Role::Admin).await
}

fn path(id: &str, act: &str) -> String {
    format!("/admin/accounts/{id}/{act}")
}

/// Does something to an account. `email` is entered where that is needed.
async fn act(caller: &mut Caller, id: &str, act: &str, email: &str) -> Answer {
    let fields = if act == "delete" { vec![("confirm", email.to_owned())] } else { vec![] };
    caller.act(&path(id, act), &fields).await
}

impl App {
    async fn id_of(&self, email: &str) -> String {
        self.account(email).await.id.to_string()
    }

    /// An account that someone was given.
    async fn given(&self, email: &str, role: Role) {
        self.house.gatepost.add_account(&address(email), role, &Client::operator()).await.unwrap();
    }

    async fn set(&self, email: &str, role: Role) {
        self.house.gatepost.set_role(&address(email), role, &Client::operator()).await.unwrap();
    }

    /// What administrators have done, by their accounts.
    async fn done_by_admins(&self) -> Vec<Event> {
        let mut events = self.all_events().await;
        events.retain(|event| matches!(event.by, Doer::Admin(_)));
        events
    }

    async fn names_by_admins(&self) -> Vec<EventName> {
        self.done_by_admins().await.into_iter().map(|event| event.name).collect()
    }
}
