//! One node and two of them over one PostgreSQL, by HTTP, alternately in one run: a part of `cargo bench -- shared=…`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::ports::{Company, Membership};
use gatepost::domain::record::node::Profile;
use gatepost::domain::token::KeyRing;
use gatepost::mail::{RecentLetters, TransportSettings};
use gatepost::store::codec::FORMATS;
use gatepost::store::postgres::PostgresStore;
use gatepost::world;

use crate::load::{rate, same};
use crate::product::{CONNECTIONS, Ground, Product, get};
use crate::shared::Server;
use crate::{median, row};

const WINDOWS: usize = 3;
/// Open at the same time, at all nodes together.
const CALLERS: usize = 16;
const LIKELY_PORT: u16 = 18_110;

/// Prints the rows. Each of the two folders belongs to one node.
pub(crate) async fn measure(server: &Server, folders: [&Path; 2]) {
    let keys = KeyRing::generate(&world::real());
    let one = node(server, folders[0], &keys, LIKELY_PORT).await;
    let token = one.sign_in("ann@example.org").await;
    let session = format!("Authorization: Bearer {token}\r\n");
    let check = |product: &Product| same(get(product.server, "/api/session", &session));
    let (mut alone, mut bare, mut redeemed) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..WINDOWS {
        alone.push(rate(one.server, CALLERS, check(&one)).await);
        bare.push(server.bare_reads_a_second(CALLERS).await);
        redeemed.push(one.redemptions(CALLERS, |link| format!("a{turn}n{link}@example.org")).await);
    }
    let (alone, bare, redeemed) = (median(alone), median(bare), median(redeemed));
    let reference = format!("{bare:.0} /s, a bare get by the same client");
    row("session check, one node on PostgreSQL", &format!("{alone:.0} /s"), &reference, Some(alone / bare));
    row("redemption, one node on PostgreSQL", &format!("{redeemed:.0} /s"), "aim: 1,000 /s", None);

    let two = node(server, folders[1], &keys, LIKELY_PORT + 1).await;
    let (mut checks, mut redemptions) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for turn in 0..WINDOWS {
        checks[0].push(rate(one.server, CALLERS, check(&one)).await);
        let (here, there) = tokio::join!(
            rate(one.server, CALLERS / 2, check(&one)),
            rate(two.server, CALLERS / 2, check(&two)),
        );
        checks[1].push(here + there);
        redemptions[0].push(one.redemptions(CALLERS, |link| format!("b{turn}n{link}@example.org")).await);
        let (here, there) = tokio::join!(
            one.links(CALLERS / 2, |link| format!("c{turn}n{link}@example.org")),
            two.links(CALLERS / 2, |link| format!("d{turn}n{link}@example.org")),
        );
        let (here, there) = tokio::join!(one.redeem(here), two.redeem(there));
        redemptions[1].push(here + there);
    }
    for (what, [one, two]) in [("session check", checks), ("redemption", redemptions)] {
        let (one, two) = (median(one), median(two));
        let reference = format!("{one:.0} /s, one node with as many callers");
        row(
            &format!("{what}, two nodes on PostgreSQL"),
            &format!("{two:.0} /s"),
            &reference,
            Some(two / one),
        );
    }
}

async fn node(server: &Server, folder: &Path, keys: &str, port: u16) -> Product {
    let store = PostgresStore::open(server.settings(folder), world::real()).await.expect("a database");
    let store = Arc::new(store);
    let profile = Profile {
        name: port.to_string(),
        version: "1.0.0".into(),
        formats: FORMATS,
        settings: [1; 16],
        shows_emails: false,
    };
    let member = Membership { engine: store.clone(), profile, timeout: Duration::from_secs(5) };
    let ground = Ground { store, company: Company::Shared(Box::new(member)), keys: keys.to_owned() };
    let transport = TransportSettings::Mailbox(Arc::new(RecentLetters::new()));
    Product::start_on(ground, port, Settings::default(), (transport, CONNECTIONS)).await
}
