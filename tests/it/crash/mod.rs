//! `kill -9` under load of every kind, again and again: REL-01, REL-02, REL-03, REL-15 and REL-43.
//!
//! Everyone keeps a history: what they are about to do, and then that it was acknowledged. After each kill, the
//! history is compared with a copy of the store as the killed server left it, and then, at the restarted server,
//! with both doors. Everything acknowledged is there; the act that was going on has happened completely or not at
//! all, and if not, its link or code still works; no link works twice; sessions that ended stay ended. Every
//! email arrives, and once more at most for each kill during which it was on its way.

mod acts;
mod after;
mod client;
mod failover;
mod person;
mod scene;

use std::collections::{HashMap, HashSet};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use gatepost::domain::record::ids::LetterId;
use tokio::task::JoinSet;

use self::after::{Happened, Left};
use self::client::{Client, Until};
use self::person::Person;
use self::scene::{Kind, Scene, live};
use crate::harness::process::{Process, free_address};
use crate::mail::sink::Sink;
use crate::store::Seeded;

/// How many times the server is killed in `cargo test`. A variable asks for more.
const ROUNDS: u64 = 10;
/// How long an email may take: one that the mail server may have is sent again after five minutes.
const LONGEST_WAIT: Duration = Duration::from_mins(7);
const CLIENTS: u64 = 12;

/// Prints how to repeat the test when it fails.
struct Repeat(u64);

impl Drop for Repeat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to repeat this: CRASH_SEED={} cargo test --test it -- crash::", self.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_nothing_that_was_acknowledged() {
    let (rounds, seed) =
        (number("CRASH_ROUNDS").unwrap_or(ROUNDS), number("CRASH_SEED").unwrap_or(20_261_129));
    let _repeat = Repeat(seed);
    let mut seeded = Seeded(seed);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let scene = Arc::new(Scene::new().await);
    let environment = Arc::new(environment(scene.sink.port));
    let client = Client { server: free_address(), data: data.clone(), environment, until: Until::Dies };
    let (mut kills, mut happened) = (Kills::default(), HashMap::<Happened, usize>::new());
    let mut server = start(&client);
    for round in 0..rounds {
        scene.kind.send_replace(Kind::of(round));
        scene.held.store(0, Ordering::SeqCst);
        load(&scene, &client, &mut seeded, round, server).await;
        if Kind::of(round) == Kind::Storm {
            for _ in 0..3 {
                kills.note(&Left::by_the_killed(&data).await);
                kill_while_it_starts(&client, seeded.below(80));
            }
        }
        let left = Left::by_the_killed(&data).await;
        kills.note(&left);
        scene.kind.send_replace(Kind::Usual);
        server = start(&client);
        let perhaps_sent = left.perhaps_sent();
        for person in scene.pool.lock().await.iter_mut() {
            let came = person.settle(&left, &client).await;
            *happened.entry(came).or_default() += 1;
            person.is_over |= person.owed.iter().any(|(to, _)| perhaps_sent.contains(to));
        }
        check_all(&scene, &client, |person| person.is_touched).await;
    }
    server.kill();
    finish(&scene, &client, rounds, kills).await;
    println!(
        "{rounds} kills, seed {seed}: {} answers to {} people; acts that were cut off: {happened:?}; {} emails arrived",
        scene.answers.load(Ordering::SeqCst),
        scene.people.load(Ordering::SeqCst),
        scene.sink.seen().mails.len(),
    );
    let times = |it| happened.get(&it).copied().unwrap_or(0);
    assert!(times(Happened::Yes) + times(Happened::No) > 5, "too few acts were cut off: {happened:?}");
}

/// Has everyone act, and kills the server at a moment that the seed chooses.
async fn load(scene: &Arc<Scene>, client: &Client, seeded: &mut Seeded, round: u64, server: Process) {
    let mut tasks = JoinSet::new();
    for _ in 0..CLIENTS {
        let has_mail = Kind::of(round) != Kind::NoMail;
        tasks.spawn(live(client.clone(), scene.clone(), Seeded(seeded.next()), has_mail));
    }
    let most = if Kind::of(round) == Kind::Storm { 25 } else { 160 };
    let target = scene.answers.load(Ordering::SeqCst) + usize::try_from(1 + seeded.below(most)).unwrap();
    while scene.answers.load(Ordering::SeqCst) < target {
        tokio::select! {
            () = scene.more.notified() => {}
            Some(ended) = tasks.join_next() => panic!("a client ended before the kill: {ended:?}"),
        }
    }
    // Not only just after an answer.
    for _ in 0..seeded.below(400) {
        tokio::task::yield_now().await;
    }
    server.kill();
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
}

/// How often each email was on its way when a server was killed.
#[derive(Default)]
struct Kills(HashMap<LetterId, usize>);

impl Kills {
    fn note(&mut self, left: &Left) {
        left.on_their_way().into_iter().for_each(|id| *self.0.entry(id).or_default() += 1);
    }

    /// Checks that no email arrived more often than that explains.
    fn allow(&self, sink: &Sink) {
        let mut times: HashMap<LetterId, usize> = HashMap::new();
        sink.seen().mails.iter().for_each(|mail| *times.entry(mail.id()).or_default() += 1);
        for (id, times) in times {
            let most = 1 + self.0.get(&id).copied().unwrap_or(0);
            assert!(times <= most, "email {id:?} arrived {times} times");
        }
    }
}

/// Everyone is checked once more, and every email arrives that is still about something.
async fn finish(scene: &Scene, client: &Client, rounds: u64, mut kills: Kills) {
    let left = Left::by_the_killed(&client.data).await;
    kills.note(&left);
    let server = start(client);
    check_all(scene, client, |_| true).await;
    // These are sent again after five minutes. A short run does not wait for that.
    let perhaps_sent = if rounds > ROUNDS { HashSet::new() } else { left.perhaps_sent() };
    assert!(perhaps_sent.len() <= 4 * usize::try_from(2 * rounds).unwrap(), "{perhaps_sent:?}");
    let pool = scene.pool.lock().await;
    let all = async {
        for person in pool.iter() {
            person.collect(&scene.sink, &perhaps_sent).await;
        }
    };
    let is_complete = tokio::time::timeout(LONGEST_WAIT, all).await.is_ok();
    server.kill();
    if !is_complete {
        let left = Left::by_the_killed(&client.data).await;
        pool.iter().for_each(|person| person.miss_nothing(&scene.sink, &perhaps_sent, &left));
    }
    kills.allow(&scene.sink);
}

/// Checks everyone at the doors, several at once.
async fn check_all(scene: &Scene, client: &Client, is_due: fn(&Person) -> bool) {
    let mut pool = scene.pool.lock().await;
    let due = stream::iter(pool.iter_mut().filter(|person| is_due(person)));
    due.for_each_concurrent(8, |person| person.check(client)).await;
}

fn start(client: &Client) -> Process {
    let environment: Vec<(&str, &str)> =
        client.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Process::start(&client.data, client.server, &environment)
}

/// Starts the server and kills it some milliseconds later, wherever it is by then.
fn kill_while_it_starts(client: &Client, milliseconds: u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
    command.arg("--data").arg(&client.data).args(["--listen", &client.server.to_string()]).env_clear();
    command.envs(client.environment.iter().map(|(name, value)| (*name, value)));
    let mut child = command.current_dir("/").stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(milliseconds));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// One client does far more than anyone may.
fn environment(port: u16) -> Vec<(&'static str, String)> {
    let limits = [
        "GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR",
        "GATEPOST_LIMITS__MAILS_PER_HOUR",
        "GATEPOST_LIMITS__MAILS_PER_ADDRESS_15M",
        "GATEPOST_LIMITS__MAILS_PER_ADDRESS_DAY",
        "GATEPOST_LIMITS__TRIES_PER_CLIENT_5M",
        "GATEPOST_LIMITS__TRIES_PER_ADDRESS_15M",
        "GATEPOST_LIMITS__CHANGES_PER_ACCOUNT_HOUR",
    ];
    let mut environment: Vec<_> = limits.map(|name| (name, "0".to_owned())).into();
    environment.push(("GATEPOST_MAIL__TRANSPORT", "smtp".into()));
    environment.push(("GATEPOST_MAIL__SMTP_URL", format!("smtp://127.0.0.1:{port}?tls=none")));
    environment
}

/// A number that a variable of the environment gives.
#[expect(clippy::disallowed_methods, reason = "the environment says how long this run takes")]
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}
