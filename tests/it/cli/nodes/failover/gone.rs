//! All servers of the database are gone, and come back.

use super::{ANN, Town, is_away, says, serves};

#[tokio::test(flavor = "multi_thread")]
async fn without_any_server_of_the_database_nothing_is_served_until_they_are_back() {
    let Some(town) = Town::new().await else { return };
    let (one, other) = (town.node(), town.node());
    let mut ann = town.signed_in(&one, ANN).await;
    for server in town.cluster.servers() {
        server.kill().await;
    }
    for node in [&one, &other] {
        is_away(node, &mut ann.clone().at(node.address())).await;
        says(node, "/readyz", 503, "database: refuses changes (").await;
        says(node, "/readyz?for=reads", 503, "database: cannot be read (").await;
        says(node, "/healthz", 200, "alive").await;
    }
    for server in town.cluster.servers() {
        server.start_again().await;
    }
    for node in [&one, &other] {
        serves(node).await;
        ann = ann.at(node.address());
        assert_eq!(ann.who().await.as_deref(), Some(ANN));
        says(node, "/readyz", 200, "accepts changes").await;
    }
    one.server.stop();
    other.server.stop();
}
