//! Signing in and registering with a password over HTTP, compared with bare Argon2id on as many threads
//! as there are hashing slots, alternately in one run; and how long the sign-in page takes during that.

use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use gatepost::domain::Settings;
use gatepost::domain::record::password::Cost;

use crate::load::{Connection, WINDOW, rate};
use crate::product::{PASSWORD, Product, credentials, get, post};
use crate::{median, row, stopwatch};

const WINDOWS: usize = 5;
const PORT: u16 = 18_092;
/// Enough to keep the hashing slots busy with a short queue.
const CONNECTIONS: usize = 8;
/// More than connections, so that no account signs in twice at the same time.
const ACCOUNTS: u64 = 64;
/// Time between two loads of the page.
const PAGE_PAUSE: Duration = Duration::from_millis(20);

/// Prints a row for each.
pub(crate) async fn measure() {
    let folder = tempfile::tempdir_in(".").expect("a folder on a real disk");
    let slots = thread::available_parallelism().map_or(1, NonZero::get);
    let settings = Settings { password_slots: slots, ..Settings::default() };
    let product = Product::start(folder.path(), PORT, settings).await;
    let server = product.server;
    confirm_accounts(&product).await;

    let newcomers = Arc::new(AtomicU64::new(0));
    let (mut bare, mut signed_in, mut registered, mut pages) = (vec![], vec![], vec![], vec![]);
    for _ in 0..WINDOWS {
        bare.push(bare_hashes(slots));
        let is_over = Arc::new(AtomicBool::new(false));
        let looking = tokio::spawn(look(server, Arc::clone(&is_over)));
        let sign_in = move |turn| {
            let email = format!("member{}@example.org", turn % ACCOUNTS);
            post(server, "/api/sign-in/password", &credentials(&email))
        };
        signed_in.push(rate(server, CONNECTIONS, sign_in).await);
        is_over.store(true, Ordering::Relaxed);
        pages.extend(looking.await.expect("the page is there"));
        let newcomers = Arc::clone(&newcomers);
        let register = move |_| {
            let email = format!("newcomer{}@example.org", newcomers.fetch_add(1, Ordering::Relaxed));
            post(server, "/api/register", &credentials(&email))
        };
        registered.push(rate(server, CONNECTIONS, register).await);
    }
    let bare = median(bare);
    print("sign-in with a password: one Argon2id, durable", median(signed_in), bare);
    print("registration: one Argon2id, durable, email queued", median(registered), bare);
    pages.sort_unstable();
    let p99 = pages[pages.len() * 99 / 100].as_secs_f64() * 1e3;
    row(
        "sign-in page during password sign-ins, 99th percentile",
        &format!("{p99:.1} ms"),
        "aim: under 50 ms",
        None,
    );
}

fn print(what: &str, figure: f64, bare: f64) {
    row(what, &format!("{figure:.0} /s"), &format!("{bare:.0} /s, bare Argon2id"), Some(figure / bare));
}

/// Argon2id hashes per second on this many threads, each with its own memory.
fn bare_hashes(threads: usize) -> f64 {
    let Cost { memory_kib, passes, lanes } = Cost::default();
    let params = Params::new(memory_kib, passes, lanes, Some(32)).expect("parameters of Argon2");
    let (is_over, count) = (AtomicBool::new(false), AtomicU32::new(0));
    let elapsed = stopwatch();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut memory = vec![Block::new(); params.block_count()];
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
                while !is_over.load(Ordering::Relaxed) {
                    let (password, mut hash) = (PASSWORD.as_bytes(), [0; 32]);
                    argon2
                        .hash_password_into_with_memory(password, &[7; 16], &mut hash, &mut memory)
                        .expect("a hash");
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(WINDOW);
        is_over.store(true, Ordering::Relaxed);
    });
    f64::from(count.into_inner()) / elapsed().as_secs_f64()
}

/// How long each load of the sign-in page took, counted from when it was due. So a stall counts for
/// every visit that was due during it.
async fn look(server: SocketAddr, is_over: Arc<AtomicBool>) -> Vec<Duration> {
    let mut connection = Connection::open(server).await;
    let request = get(server, "/sign-in", "");
    let mut visits = tokio::time::interval(PAGE_PAUSE);
    let mut took = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let due = visits.tick().await;
        assert_eq!(connection.send(&request).await.status, 200);
        took.push(due.elapsed());
    }
    took
}

/// Registers all accounts and confirms each with the link in the email.
async fn confirm_accounts(product: &Product) {
    let mut connection = Connection::open(product.server).await;
    for number in 0..ACCOUNTS {
        product.register(&mut connection, &format!("member{number}@example.org")).await;
    }
}
