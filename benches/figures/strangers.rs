//! What response times tell a stranger: at each entrance, known and unknown addresses are tried alternately,
//! and the two sets of times are compared by the area under the ROC curve. It is the chance that a response
//! for a known address took longer than one for an unknown address: 0.5 tells nothing.
//!
//! The store holds imported passwords meanwhile.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use gatepost::app::doctor::enumeration::roc_area;
use gatepost::domain::Settings;
use gatepost::domain::operator::{IMPORT_STEP, ImportStep, NewAccount, Role};
use gatepost::domain::password::ForeignHash;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::time::Timestamp;

use crate::load::Connection;
use crate::product::{Product, credentials, post};
use crate::{row, stopwatch};

const PORT: u16 = 18_094;
const PAIRS: usize = 2_000;
/// Which areas tell nothing, as far as so many pairs can show.
const ACCEPTED: RangeInclusive<f64> = 0.45..=0.55;
/// The first ones only fill caches.
const UNCOUNTED: usize = 50;
/// What Spring Security makes by default.
const IMPORTED: &str =
    "$argon2id$v=19$m=16384,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$6ROKhAkFvjNrgkxYaTT6hqFGfhFW7V5haFrnw+d4XIU";

/// What an entrance is sent for an address.
type Request = fn(SocketAddr, &str) -> Vec<u8>;

/// An entrance, what a stranger sends there, and what the known addresses have.
struct Entrance {
    name: &'static str,
    request: Request,
    known: Known,
}

#[derive(Clone, Copy)]
enum Known {
    /// An account without a password.
    Account,
    /// An account whose password was imported.
    ImportedPassword,
    /// An account whose password was set here.
    OwnPassword,
}

const ENTRANCES: [Entrance; 11] = [
    entrance("sign-in with a password, JSON", json_password, Known::OwnPassword),
    entrance("sign-in with a password, JSON, imported", json_password, Known::ImportedPassword),
    entrance("sign-in with a password, page", page_password, Known::OwnPassword),
    entrance("sign-in with a password, page, imported", page_password, Known::ImportedPassword),
    entrance("registration, JSON", json_register, Known::Account),
    entrance("registration, JSON, imported", json_register, Known::ImportedPassword),
    entrance("registration, page, imported", page_register, Known::ImportedPassword),
    entrance("sign-in by email, JSON", |to, email| json(to, "/api/sign-in", email), Known::Account),
    entrance("sign-in by email, page", |to, email| page(to, "/sign-in", email), Known::Account),
    entrance("forgotten password, JSON", |to, email| json(to, "/api/forgot-password", email), Known::Account),
    entrance("forgotten password, page", |to, email| page(to, "/forgot-password", email), Known::Account),
];

const fn entrance(name: &'static str, request: Request, known: Known) -> Entrance {
    Entrance { name, request, known }
}

/// Prints a row for each entrance. Fails if one of them tells a stranger something.
pub(crate) async fn measure() {
    let mut telling = Vec::new();
    let folder = tempfile::tempdir_in(".").expect("a folder on a real disk");
    let product = Product::start(folder.path(), PORT, Settings::default()).await;
    let mut connection = Connection::open(product.server).await;
    import(&product, &["first@example.org".to_owned()], Some(IMPORTED)).await;
    for (number, entrance) in ENTRANCES.iter().enumerate() {
        // New addresses for each entrance, so that what one leaves behind does not slow down the next.
        let [known, unknown] = ["known", "unknown"].map(|who| addresses(who, number));
        prepare(&product, &mut connection, entrance.known, &known).await;
        let (mut of_known, mut of_unknown) = (Vec::new(), Vec::new());
        for pair in 0..UNCOUNTED + PAIRS {
            // Each comes first in every second pair.
            for is_known in [pair % 2 == 0, pair % 2 == 1] {
                let email = if is_known { &known[pair] } else { &unknown[pair] };
                let request = (entrance.request)(product.server, email);
                let elapsed = stopwatch();
                let status = connection.send(&request).await.status;
                let took = elapsed();
                assert!(matches!(status, 202 | 303 | 401), "{}: {status}", entrance.name);
                if pair >= UNCOUNTED {
                    if is_known { &mut of_known } else { &mut of_unknown }.push(took);
                }
            }
        }
        let area = roc_area(&of_known, &of_unknown);
        if !ACCEPTED.contains(&area) {
            telling.push(entrance.name);
        }
        let what = format!("what the time tells a stranger: {}", entrance.name);
        row(&what, &format!("{area:.3}"), "0.5 tells nothing; aim: 0.45 to 0.55", None);
    }
    assert!(telling.is_empty(), "response times differ: {}", telling.join("; "));
}

fn addresses(who: &str, entrance: usize) -> Vec<String> {
    (0..UNCOUNTED + PAIRS).map(|number| format!("{who}{entrance}x{number}@example.org")).collect()
}

/// Creates the accounts of the known addresses.
async fn prepare(product: &Product, connection: &mut Connection, known: Known, emails: &[String]) {
    match known {
        Known::Account => import(product, emails, None).await,
        Known::ImportedPassword => import(product, emails, Some(IMPORTED)).await,
        Known::OwnPassword => {
            for email in emails {
                product.register(connection, email).await;
            }
        }
    }
}

async fn import(product: &Product, emails: &[String], password: Option<&str>) {
    let account = |email: &String| NewAccount {
        address: EmailAddress::parse(email).expect("an address"),
        registered_at: Timestamp::default(),
        confirmed_at: Timestamp::default(),
        role: Role::Member,
        disabled: false,
        password: password.map(|hash| ForeignHash::parse(hash).expect("a hash")),
    };
    let accounts: Vec<NewAccount> = emails.iter().map(account).collect();
    for step in accounts.chunks(IMPORT_STEP) {
        product.gatepost.import_accounts(step, ImportStep::Last, &Client::server()).await.expect("an import");
    }
}

fn json_password(server: SocketAddr, email: &str) -> Vec<u8> {
    post(server, "/api/sign-in/password", &credentials(email).replace("otters", "badgers"))
}

fn json_register(server: SocketAddr, email: &str) -> Vec<u8> {
    post(server, "/api/register", &credentials(email))
}

fn json(server: SocketAddr, path: &str, email: &str) -> Vec<u8> {
    post(server, path, &format!(r#"{{"email":"{email}"}}"#))
}

fn page_password(server: SocketAddr, email: &str) -> Vec<u8> {
    form(server, "/sign-in/password", &format!("email={email}&password=three+quiet+badgers"))
}

fn page_register(server: SocketAddr, email: &str) -> Vec<u8> {
    form(server, "/register", &format!("email={email}&password=three+quiet+otters"))
}

fn page(server: SocketAddr, path: &str, email: &str) -> Vec<u8> {
    form(server, path, &format!("email={email}"))
}

/// The bytes of a form as a browser sends it.
fn form(server: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    let port = server.port();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n");
    let lines = "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    format!("{head}{lines}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
