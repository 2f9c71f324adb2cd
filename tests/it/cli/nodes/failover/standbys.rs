//! Both standbys stand still, so nothing can be acknowledged.

use super::{ANN, Door, IN_TIME, TIMEOUT, Town, says, serves};

const WRITES: usize = 168;
/// How many connections a node has, and how many of them carry what people change: a quarter is for reads, and one is
/// for the engine.
const CONNECTIONS: usize = 16;
const FOR_COMMITS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn while_no_standby_acknowledges_every_write_is_refused_in_time_and_reads_go_on() {
    let Some(town) = Town::new().await else { return };
    let one = town.node();
    let mut ann = town.signed_in(&one, ANN).await;
    let mut browser = ann.clone().in_browser();
    town.cluster.others().for_each(super::Database::stands_still);
    let writes = (0..WRITES).map(|number| {
        let mut caller = one.caller(Door::Json);
        tokio::spawn(async move {
            let address = format!("p{number}@example.org");
            tokio::time::timeout(TIMEOUT + IN_TIME, caller.ask(&address)).await.expect("an answer in time")
        })
    });
    let writes: Vec<_> = writes.collect();
    let mut most = 0;
    while !writes.iter().all(tokio::task::JoinHandle::is_finished) {
        assert_eq!(ann.who().await.as_deref(), Some(ANN));
        assert_eq!(browser.get("/forward-auth").await.status, 204);
        most = most.max(waiting(&town).await);
    }
    for write in writes {
        let answer = write.await.unwrap();
        assert!(answer.is_unavailable(), "{answer:?}");
    }
    let why = says(&one, "/readyz", 503, "database: refuses changes (").await;
    assert!(why.contains("no standby acknowledges changes"), "{why}");
    says(&one, "/readyz?for=reads", 200, "can be read").await;
    // Those that were given up go on waiting at the server, and count as connections of ours.
    let (waits, all) = (waiting(&town).await, connections(&town).await);
    assert!((1..=FOR_COMMITS).contains(&waits) && most <= FOR_COMMITS, "{waits} of {most}");
    assert!(all <= CONNECTIONS + 1, "{all}");
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    town.cluster.others().for_each(super::Database::goes_on);
    serves(&one).await;
    says(&one, "/readyz", 200, "accepts changes").await;
    town.signed_in(&one, "cid@example.org").await;
    one.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_no_one_uses_finds_out_that_no_standby_acknowledges() {
    let Some(town) = Town::new().await else { return };
    let one = town.node();
    says(&one, "/readyz", 200, "accepts changes").await;
    town.cluster.others().for_each(super::Database::stands_still);
    says(&one, "/readyz", 503, "no standby acknowledges changes").await;
    says(&one, "/readyz?for=reads", 200, "can be read").await;
    town.cluster.others().for_each(super::Database::goes_on);
    says(&one, "/readyz", 200, "accepts changes").await;
    one.server.stop();
}

/// How many commits of ours wait at the primary.
async fn waiting(town: &Town) -> usize {
    count(town, "AND wait_event = 'SyncRep'").await
}

async fn connections(town: &Town) -> usize {
    count(town, "").await
}

async fn count(town: &Town, which: &str) -> usize {
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gatepost'";
    town.cluster.primary().ask(&format!("{ours} {which}")).await.parse().unwrap()
}
