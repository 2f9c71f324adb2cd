//! The same requests in a small, a larger and a very large database, alternately in one run. The number of other
//! accounts should make no difference.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatepost::domain::Settings;
use gatepost::domain::operator::Role;
use gatepost::domain::operator::{IMPORT_STEP, ImportStep, NewAccount};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::session::MAX_SESSIONS;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::load::{Connection, rate, same};
use crate::product::{Product, get, post};
use crate::{median, row};

const WINDOWS: usize = 3;
const LIKELY_PORT: u16 = 18_094;
const CONNECTIONS: usize = 16;
/// How many accounts the databases have.
const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];
/// Tasks that add accounts at the same time.
const HANDS: u32 = 64;
/// The first number of an address without an account.
const STRANGERS: usize = 2_000_000;
/// How many addresses a window of requests may use.
const ADDRESSES: usize = 1_000_000;

const KINDS: [(&str, Kind); 5] = [
    ("session check", Kind::Read("/api/session")),
    ("account page with as many sessions as there can be", Kind::Read("/profile")),
    ("list of these sessions", Kind::Read("/api/profile/sessions")),
    ("link request", Kind::Request),
    ("redemption", Kind::Redemption),
];

/// What is done again and again.
#[derive(Clone, Copy)]
enum Kind {
    Read(&'static str),
    Request,
    Redemption,
}

/// Prints a row for each kind of request and each database but the first.
pub(crate) async fn measure() {
    let mut servers = Vec::new();
    for (port, accounts) in (LIKELY_PORT..).zip(SIZES) {
        servers.push(Populated::with(accounts, port).await);
    }
    for (what, kind) in KINDS {
        let mut rates = SIZES.map(|_| Vec::new());
        for _ in 0..WINDOWS {
            for (server, rates) in servers.iter().zip(&mut rates) {
                rates.push(server.rate(kind).await);
            }
        }
        let [few, more @ ..] = rates.map(median);
        for (accounts, many) in SIZES[1..].iter().zip(more) {
            let what = format!("{what}, among {accounts} accounts");
            row(
                &what,
                &format!("{many:.0} /s"),
                &format!("{few:.0} /s among {}", SIZES[0]),
                Some(many / few),
            );
        }
    }
}

/// A server with many accounts, one of which has as many sessions as it can.
struct Populated {
    product: Product,
    token: String,
    /// How many addresses without an account were used.
    used: AtomicUsize,
    #[expect(dead_code, reason = "is removed when it is dropped")]
    folder: TempDir,
}

impl Populated {
    async fn with(accounts: u32, port: u16) -> Self {
        let folder = tempfile::tempdir_in(".").expect("a folder on a real disk");
        let product = Product::start(folder.path(), port, Settings::default()).await;
        let mut hands = JoinSet::new();
        for hand in 0..HANDS {
            let gatepost = Arc::clone(&product.gatepost);
            hands.spawn(async move {
                let own: Vec<u32> = (hand..accounts).step_by(HANDS as usize).collect();
                for step in own.chunks(IMPORT_STEP) {
                    let step: Vec<NewAccount> = step.iter().map(|number| new_account(*number)).collect();
                    let imported = gatepost.import_accounts(&step, ImportStep::Last, &Client::server()).await;
                    imported.expect("accounts are added");
                }
            });
        }
        hands.join_all().await;
        let mut connection = Connection::open(product.server).await;
        product.register(&mut connection, "ann@example.org").await;
        let mut token = String::new();
        for _ in 0..MAX_SESSIONS {
            token = product.sign_in_with_password(&mut connection, "ann@example.org").await;
        }
        Self { product, token, used: AtomicUsize::new(0), folder }
    }

    /// How many times per second this can be done.
    async fn rate(&self, kind: Kind) -> f64 {
        let server = self.product.server;
        match kind {
            Kind::Read(path) => {
                let lines = if path.starts_with("/api/") {
                    format!("Authorization: Bearer {}\r\n", self.token)
                } else {
                    format!("Cookie: gatepost_session={}\r\n", self.token)
                };
                rate(server, CONNECTIONS, same(get(server, path, &lines))).await
            }
            Kind::Request => {
                let strangers = self.strangers();
                let make = move |turn| {
                    let turn = usize::try_from(turn).expect("a window is short");
                    post(
                        server,
                        "/api/sign-in",
                        &format!(r#"{{"email":"{}"}}"#, email(strangers.start + turn)),
                    )
                };
                let rate = rate(server, CONNECTIONS, make).await;
                // So that it is not done during the measurement of another server.
                self.product.delivered().await;
                rate
            }
            Kind::Redemption => {
                let strangers = self.strangers();
                self.product.redemptions(CONNECTIONS, |link| email(strangers.start + link)).await
            }
        }
    }

    /// The numbers of addresses that were not used yet.
    fn strangers(&self) -> Range<usize> {
        let from = STRANGERS + self.used.fetch_add(ADDRESSES, Ordering::Relaxed);
        from..from + ADDRESSES
    }
}

/// Addresses are spread, so that one that has no account is anywhere between those that have one.
fn email(number: usize) -> String {
    const SPREAD: usize = 0x9E37_79B1;
    format!("{:08x}@example.org", number.wrapping_mul(SPREAD) % (1 << 32))
}

fn new_account(number: u32) -> NewAccount {
    NewAccount {
        address: EmailAddress::parse(&email(number as usize)).expect("an address"),
        registered_at: Timestamp::default(),
        confirmed_at: Timestamp::default(),
        role: Role::Member,
        disabled: false,
        password: None,
    }
}
