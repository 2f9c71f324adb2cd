//! The same people at two servers on one PostgreSQL, of which the primary is killed, or one of the two servers.
//!
//! A standby is promoted by the test, and whoever had no answer is asked what happened, as after any kill. Both servers
//! serve again within ten seconds of the promotion, by themselves. An email arrives once more at most if its server
//! was killed while it was on its way, and never because of the database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatepost::store::postgres::{Access, Durable, PostgresSettings, PostgresStore};
use gatepost::world::real;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::after::{Happened, Left};
use super::client::{Client, Until};
use super::scene::{Scene, live};
use super::{CLIENTS, Kills, LONGEST_WAIT, Repeat, check_all, environment, number, start};
use crate::harness::postgres::{Cluster, settings};
use crate::harness::process::{Process, free_address};
use crate::store::Seeded;

/// How often something is killed in `cargo test`: the primary and a server in turn. A variable asks for more.
const TURNS: u64 = 2;
/// How long after a promotion everyone is served again.
const BACK_AFTER: Duration = Duration::from_secs(10);
const KEY: &str = "gatepost-key-1 1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Whether anything that was sent to the database goes on there.
const NOTHING_GOES_ON: &str =
    "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'gatepost' AND state <> 'idle'";

/// A server that may be killed.
struct Node {
    client: Client,
    process: Option<Process>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_failover_and_no_killed_node_loses_anything_that_was_acknowledged() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let (turns, seed) =
        (number("FAILOVER_TURNS").unwrap_or(TURNS), number("CRASH_SEED").unwrap_or(20_261_129));
    let _repeat = Repeat(seed);
    let mut seeded = Seeded(seed);
    cluster.primary().ask("CREATE SCHEMA gatepost").await;
    let folder = tempfile::tempdir().unwrap();
    let scene = Arc::new(Scene::new().await);
    let over = watch::Sender::new(false);
    let environment = Arc::new(shared_environment(&scene, &cluster));
    let mut nodes = ["one", "other"].map(|name| {
        let (data, environment) = (folder.path().join(name), Arc::clone(&environment));
        let until = Until::Told(over.subscribe());
        let client = Client { server: free_address(), data, environment, until };
        Node { process: Some(start(&client)), client }
    });
    let clients = nodes.each_ref().map(|node| node.client.clone());
    let (mut kills, mut happened, mut back) = (Kills::default(), HashMap::<Happened, usize>::new(), vec![]);
    for turn in 0..turns {
        over.send_replace(false);
        let tasks = load(&scene, &clients, &mut seeded).await;
        let mut perhaps_sent = HashSet::new();
        if turn.is_multiple_of(2) {
            cluster.primary().kill().await;
            over.send_replace(true);
            back.push(served_again(&mut cluster, &clients).await);
        } else {
            let node = &mut nodes[usize::try_from(turn / 2 % 2).unwrap()];
            node.process.take().unwrap().kill();
            let left = left(&cluster).await;
            over.send_replace(true);
            kills.note(&left);
            perhaps_sent = left.perhaps_sent();
            node.process = Some(start(&node.client));
        }
        tasks.join_all().await;
        cluster.primary().wait_until(NOTHING_GOES_ON).await;
        let left = left(&cluster).await;
        for person in scene.pool.lock().await.iter_mut() {
            let client = &clients[person.number % 2];
            *happened.entry(person.settle(&left, client).await).or_default() += 1;
            person.is_over |= person.owed.iter().any(|(to, _)| perhaps_sent.contains(to));
        }
        for client in &clients {
            check_all(&scene, client, |person| person.is_touched).await;
        }
        cluster.is_whole_again().await;
    }
    everything_arrived(&scene, &cluster, &clients, turns, &kills).await;
    let (answers, people) = (scene.answers.load(Ordering::SeqCst), scene.people.load(Ordering::SeqCst));
    println!(
        "{turns} kills, seed {seed}: {answers} answers to {people} people; acts that were cut off: {happened:?}; \
         {} emails arrived; served again after {back:?}",
        scene.sink.seen().mails.len(),
    );
}

/// Has everyone act at both servers, and returns at a moment that the seed chooses.
async fn load(scene: &Arc<Scene>, clients: &[Client; 2], seeded: &mut Seeded) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for number in 0..CLIENTS {
        let client = clients[usize::try_from(number % 2).unwrap()].clone();
        tasks.spawn(live(client, Arc::clone(scene), Seeded(seeded.next()), true));
    }
    let target = scene.answers.load(Ordering::SeqCst) + usize::try_from(20 + seeded.below(140)).unwrap();
    while scene.answers.load(Ordering::SeqCst) < target {
        tokio::select! {
            () = scene.more.notified() => {}
            Some(ended) = tasks.join_next() => panic!("a client ended before the kill: {ended:?}"),
        }
    }
    for _ in 0..seeded.below(400) {
        tokio::task::yield_now().await;
    }
    tasks
}

/// Promotes a standby. Returns how long it took from then until both servers did what they were asked.
async fn served_again(cluster: &mut Cluster, clients: &[Client; 2]) -> Duration {
    let begun = cluster.promote().await;
    let serve = async {
        for client in clients {
            while client.post("/sign-in", None, json!({"email": "zoe@example.org"})).await.is_none() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    };
    let is_served = tokio::time::timeout(LONGEST_WAIT, serve).await.is_ok();
    let took = begun.elapsed();
    assert!(is_served && took < BACK_AFTER, "served again only after {took:?}");
    took
}

/// What is in the database now.
async fn left(cluster: &Cluster) -> Left {
    let folder = tempfile::tempdir().unwrap();
    let settings = PostgresSettings {
        durable: Durable::Majority,
        ..settings(cluster.hosts(), "gatepost", folder.path())
    };
    let store = PostgresStore::open_for(Access::Guest, settings, real()).await.unwrap().store;
    let left = Left::within(&store).await;
    store.close().await;
    left
}

/// Everyone is checked once more, at the server where they were not checked before, and all their emails have arrived.
async fn everything_arrived(
    scene: &Scene,
    cluster: &Cluster,
    clients: &[Client; 2],
    turns: u64,
    kills: &Kills,
) {
    check_all(scene, &clients[1], |_| true).await;
    // These are sent again after five minutes. A short run does not wait for that.
    let but = if turns > TURNS { HashSet::new() } else { left(cluster).await.perhaps_sent() };
    let pool = scene.pool.lock().await;
    let all = async {
        for person in pool.iter() {
            person.collect(&scene.sink, &but).await;
        }
    };
    if tokio::time::timeout(LONGEST_WAIT, all).await.is_err() {
        let left = left(cluster).await;
        pool.iter().for_each(|person| person.miss_nothing(&scene.sink, &but, &left));
    }
    kills.allow(&scene.sink);
}

fn shared_environment(scene: &Scene, cluster: &Cluster) -> Vec<(&'static str, String)> {
    let mut environment = environment(scene.sink.port);
    environment.push(("GATEPOST_STORE__URL", cluster.url()));
    environment.push(("GATEPOST_KEY", KEY.into()));
    environment
}
