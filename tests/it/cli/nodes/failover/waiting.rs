//! Commits that wait for a standby, to which something happens. Whatever people are told then is true after a failover
//! to a standby that does not have them.

use super::{Answer, Caller, Door, IN_TIME, TIMEOUT, Town, serves};

/// What happens to a commit that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    Cancelled,
    BackendEnded,
    NamesEmptied,
    NamesEmptiedAndSetAgain,
    WarningsSilenced,
    PrimaryKilled,
    /// Then everyone can see it, although no standby has it.
    PrimaryStartedAgain,
}

const BLOWS: [Blow; 7] = [
    Blow::Cancelled,
    Blow::BackendEnded,
    Blow::NamesEmptied,
    Blow::NamesEmptiedAndSetAgain,
    Blow::PrimaryKilled,
    Blow::PrimaryStartedAgain,
    Blow::WarningsSilenced,
];
/// How many people click at once. Only some of the waiting commits are the node's own work.
const CLICKS: usize = 6;
const WAITING: &str = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

#[tokio::test(flavor = "multi_thread")]
async fn no_one_is_told_that_a_waiting_commit_was_done_which_a_failover_takes_back() {
    let Some(mut town) = Town::new().await else { return };
    let one = town.node();
    for blow in BLOWS {
        serves(&one).await;
        let mut people = Vec::new();
        for number in 0..CLICKS {
            let address = format!("{blow:?}{number}@example.org").to_lowercase();
            let mut caller = one.caller(Door::Json);
            assert_eq!(caller.ask(&address).await, Answer::Done);
            people.push((caller, town.sink.letter_to(&address).await.link(), address));
        }
        if blow == Blow::WarningsSilenced {
            silence(&town).await;
        }
        let sessions = sessions(&town).await;
        for standby in town.cluster.others() {
            standby.kill().await;
        }
        let clicks: Vec<_> =
            people.into_iter().map(|(caller, link, address)| click(caller, link, address)).collect();
        let waits = format!("SELECT count(*) >= {CLICKS} {WAITING}");
        town.cluster.primary().wait_until(&waits).await;
        strike(&town, blow, sessions).await;
        let mut people = Vec::new();
        for clicked in clicks {
            people.push(clicked.await.unwrap());
        }
        fail_over(&mut town, blow).await;
        serves(&one).await;
        for (answer, mut caller, link, address) in people {
            assert_eq!(answer, Answer::refused(503, "store_unavailable"), "{blow:?}");
            // It was not done, so it can be done.
            assert_eq!(caller.follow(&link).await, Answer::Done, "{blow:?}");
            assert_eq!(caller.who().await, Some(address), "{blow:?}");
            assert_eq!(caller.sessions().await.len(), 1, "{blow:?}");
        }
        town.cluster.is_whole_again().await;
    }
    one.server.stop();
}

type Clicked = (Answer, Caller, String, String);

fn click(mut caller: Caller, link: String, address: String) -> tokio::task::JoinHandle<Clicked> {
    tokio::spawn(async move {
        let clicked = tokio::time::timeout(TIMEOUT + IN_TIME, caller.follow(&link)).await;
        (clicked.expect("an answer in time"), caller, link, address)
    })
}

/// From now on, the server sends no warnings to the role of the node.
async fn silence(town: &Town) {
    let primary = town.cluster.primary();
    primary.ask("ALTER ROLE gatepost SET client_min_messages = 'error'").await;
    primary
        .ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatepost'")
        .await;
}

async fn sessions(town: &Town) -> u32 {
    let all = "SELECT count(*) FROM KV WHERE substring(k for 2) = 's/'";
    town.ask(town.cluster.primary(), all).await.parse().unwrap()
}

/// `before` is how many sessions there were before people clicked.
async fn strike(town: &Town, blow: Blow, before: u32) {
    let primary = town.cluster.primary();
    match blow {
        Blow::Cancelled | Blow::WarningsSilenced => {
            primary.ask(&format!("SELECT pg_cancel_backend(pid) {WAITING}")).await;
        }
        Blow::BackendEnded => {
            primary.ask(&format!("SELECT pg_terminate_backend(pid) {WAITING}")).await;
        }
        Blow::NamesEmptied => primary.set("synchronous_standby_names", "").await,
        Blow::NamesEmptiedAndSetAgain => {
            // So that those that wait look at the names only once they are there again.
            primary.holds(&format!("SELECT pid {WAITING}")).await;
            for names in ["", "ANY 1 (walreceiver)"] {
                primary.set("synchronous_standby_names", names).await;
                // By then, the process that ends such waits has seen it.
                primary.ask("CHECKPOINT").await;
            }
            primary.goes_on();
        }
        Blow::PrimaryKilled => primary.kill().await,
        Blow::PrimaryStartedAgain => {
            primary.kill().await;
            primary.start_again().await;
            while sessions(town).await <= before {}
        }
    }
}

/// The primary is lost, and a standby is promoted that was gone when people clicked.
async fn fail_over(town: &mut Town, blow: Blow) {
    if blow != Blow::PrimaryKilled {
        town.cluster.primary().kill().await;
    }
    for standby in town.cluster.others() {
        standby.start_again().await;
    }
    town.cluster.promote().await;
}
