//! The account page with as many sessions as an account can have, in a small database and in a large
//! one, alternately in one run. The number of other accounts should make no difference.

use std::sync::Arc;

use gatepost::domain::Settings;
use gatepost::domain::operator::Role;
use gatepost::domain::operator::{IMPORT_STEP, ImportStep, NewAccount};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::session::MAX_SESSIONS;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::load::{rate, same};
use crate::product::{Product, get};
use crate::{median, row};

const WINDOWS: usize = 5;
const LIKELY_PORT: u16 = 18_094;
const CONNECTIONS: usize = 16;
const FEW: usize = 1_000;
const MANY: usize = 200_000;
/// Tasks that add accounts at the same time.
const HANDS: usize = 64;

/// Prints a row for the account page and one for the list of sessions.
pub(crate) async fn measure() {
    let small = Populated::with(FEW, LIKELY_PORT).await;
    let large = Populated::with(MANY, LIKELY_PORT + 1).await;
    let (mut pages, mut lists) = ([vec![], vec![]], [vec![], vec![]]);
    for _ in 0..WINDOWS {
        for (at, server) in [&small, &large].into_iter().enumerate() {
            pages[at].push(server.rate("/profile").await);
            lists[at].push(server.rate("/api/profile/sessions").await);
        }
    }
    for (what, rates) in [("account page", pages), ("list of sessions", lists)] {
        let [few, many] = rates.map(median);
        let what = format!("{what}: {MAX_SESSIONS} sessions, among {MANY} accounts");
        row(&what, &format!("{many:.0} /s"), &format!("{few:.0} /s among {FEW}"), Some(many / few));
    }
}

/// A server with many accounts, one of which has as many sessions as it can.
struct Populated {
    product: Product,
    token: String,
    #[expect(dead_code, reason = "is removed when it is dropped")]
    folder: TempDir,
}

impl Populated {
    async fn with(accounts: usize, port: u16) -> Self {
        let folder = tempfile::tempdir_in(".").expect("a folder on a real disk");
        let product = Product::start(folder.path(), port, Settings::default()).await;
        let mut hands = JoinSet::new();
        for hand in 0..HANDS {
            let gatepost = Arc::clone(&product.gatepost);
            hands.spawn(async move {
                let own: Vec<NewAccount> = (hand..accounts).step_by(HANDS).map(new_account).collect();
                for step in own.chunks(IMPORT_STEP) {
                    gatepost
                        .import_accounts(step, ImportStep::Last, &Client::server())
                        .await
                        .expect("accounts are added");
                }
            });
        }
        hands.join_all().await;
        let mut token = String::new();
        for _ in 0..MAX_SESSIONS {
            token = product.sign_in("ann@example.org").await;
        }
        Self { product, token, folder }
    }

    /// How many times per second the account's owner can load this path.
    async fn rate(&self, path: &str) -> f64 {
        let lines = if path.starts_with("/api/") {
            format!("Authorization: Bearer {}\r\n", self.token)
        } else {
            format!("Cookie: gatepost_session={}\r\n", self.token)
        };
        rate(self.product.server, CONNECTIONS, same(get(self.product.server, path, &lines))).await
    }
}

fn new_account(number: usize) -> NewAccount {
    NewAccount {
        address: EmailAddress::parse(&format!("member{number}@example.org")).expect("an address"),
        registered_at: Timestamp::default(),
        confirmed_at: Timestamp::default(),
        role: Role::Member,
        disabled: false,
        password: None,
    }
}
