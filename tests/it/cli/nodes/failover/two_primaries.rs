//! Both standbys are promoted, which is a mistake: no one can say which one is right.

use super::{ANN, Town, is_away, says, serves};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_primaries_with_one_timeline_none_is_used_and_both_are_named() {
    let Some(mut town) = Town::new().await else { return };
    let one = town.node();
    let mut ann = town.signed_in(&one, ANN).await;
    town.cluster.primary().kill().await;
    town.cluster.promote_both().await;
    let why = says(&one, "/readyz", 503, "are both primaries with timeline 2; stop one of them").await;
    for server in town.cluster.servers().iter().skip(1) {
        assert!(why.contains(&format!("127.0.0.1:{}", server.port())), "{why}");
    }
    is_away(&one, &mut ann).await;
    says(&one, "/readyz?for=reads", 503, "cannot be read").await;
    // A new node does not use either of them.
    let refused = town.site.beside().refused(&["account", "list"]);
    assert!(refused.contains("are both primaries with timeline 2"), "{refused}");
    // All but one become standbys.
    town.cluster.is_whole_again().await;
    serves(&one).await;
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    one.server.stop();
}
