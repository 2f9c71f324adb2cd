//! A server that was the primary before a failover, and comes back as one.

use super::{ANN, Database, Node, Town, serves};

/// Everything that the servers of this program write.
async fn content(town: &Town, server: &Database) -> String {
    let receipts = format!("(SELECT count(*) FROM {}.receipt)", town.site.schema);
    let records = "(SELECT md5(string_agg(k::text || ver, ',' ORDER BY k)) FROM KV)";
    town.ask(server, &format!("SELECT {receipts} || ' ' || {records}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_primary_that_is_first_in_the_list_of_every_node_is_never_written_to() {
    let Some(mut town) = Town::new().await else { return };
    let (one, away) = (town.node(), town.node());
    let mut ann = town.signed_in(&one, ANN).await;
    let Node { site: away, server } = away;
    server.stop();
    town.cluster.primary().kill().await;
    town.cluster.promote().await;
    serves(&one).await;
    let former = &town.cluster.servers()[0];
    former.start_again().await;
    let before = content(&town, former).await;
    // Now everyone asks again which one the primary is.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatepost'";
    town.cluster.primary().ask(end).await;
    let (away, new) = (Node::at(away), town.node());
    // The others know by its timeline that it is over.
    let both = "two primaries; the one with the higher timeline is used";
    assert!(new.server.start.iter().any(|line| line["message"] == both), "{:?}", new.server.start);
    for (number, node) in [&one, &away, &new].into_iter().enumerate() {
        serves(node).await;
        ann = ann.at(node.address());
        assert_eq!(ann.who().await.as_deref(), Some(ANN));
        let other = format!("p{number}@example.org");
        town.signed_in(node, &other).await;
        assert!(node.site.answer(&["account", "list"]).contains(&other));
    }
    assert_eq!(content(&town, former).await, before);
}
