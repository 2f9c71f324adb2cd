//! A proxy swallows the answer to a commit.

use super::super::{ANN, Street};
use super::{IN_TIME, PAUSE, TIMEOUT};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::postgres::{Fate, Flow, Proxy};

/// The key of an email begins with this, and this is the key of the account's address.
const EMAIL: &str = "o/";
const ADDRESS: &str = "e/ann@example.org";

both_doors! {
    #[tokio::test(flavor = "multi_thread")]
    a_commit_whose_answer_is_swallowed_is_done_once,
}

async fn a_commit_whose_answer_is_swallowed_is_done_once(door: Door) {
    let Some(mut street) = Street::new().await else { return };
    let proxy = Proxy::to(street.database.port()).await;
    street.site = street
        .site
        .with("GATEPOST_STORE__URL", format!("postgres://gatepost@127.0.0.1:{}/postgres", proxy.port()))
        .with("GATEPOST_STORE__TIMEOUT", "2s");
    let one = street.node();
    let mut ann = one.caller(door);
    // On another connection, the engine finds out that it was done.
    proxy.treat(EMAIL, Fate::Unanswered);
    assert_eq!(ann.register(ANN, "three quiet otters").await, Answer::Done);
    assert!(proxy.has_treated());
    let link = street.sink.letter_to(ANN).await.link();
    // Otherwise the end of the email may change the request while it is used, and nothing is left to say so.
    while street.records(EMAIL).await != "0" {
        tokio::time::sleep(PAUSE).await;
    }
    // This time there is no other connection that is answered.
    proxy.treat(ADDRESS, Fate::LastOfAll);
    let clicking = tokio::spawn(click(ann.clone(), link.clone()));
    assert_eq!(clicking.await.unwrap(), Answer::refused(503, "store_unavailable"));
    assert_eq!(street.records("s/").await, "1", "it was done all the same");
    proxy.answers(Flow::Passes);
    proxy.cut();
    // Whoever clicks again finds out what came of it.
    let again = async {
        while click(ann.clone(), link.clone()).await.is_unavailable() {
            tokio::time::sleep(PAUSE).await;
        }
        ann.follow(&link).await
    };
    let again = tokio::time::timeout(super::PATIENCE, again).await;
    assert_eq!(again.unwrap(), Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(ann.sessions().await.len(), 1);
    let listed = one.site.answer(&["account", "list", "--json"]);
    assert_eq!((listed.lines().count(), street.sink.count_to(ANN)), (1, 1), "{listed}");
    one.server.stop();
}

async fn click(mut caller: Caller, link: String) -> Answer {
    tokio::time::timeout(TIMEOUT + IN_TIME, caller.follow(&link)).await.expect("an answer in time")
}
