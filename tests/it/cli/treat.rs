//! What the operator does to somebody's account, with a running server and without one.

use super::Place;
use super::accounts::{both_ways, link_in};
use super::serving::Server;
use crate::harness::caller::{Answer, Caller, Door};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_in_is_out_at_the_next_request() {
    let place = Place::new();
    let server = Server::start(&place.data(), &[]);
    for door in [Door::Pages, Door::Json] {
        let email = format!("{door:?}@example.org").to_lowercase();
        place.answer(&["account", "add", &email]);
        for (command, is_shut) in [("sign-out", false), ("disable", true)] {
            let mut caller = Caller::new(door, server.address);
            let link = link_in(&place.answer(&["account", "link", &email]));
            let waiting = link_in(&place.answer(&["account", "link", &email]));
            assert_eq!(caller.follow_deliberately(&link).await, Answer::Done);
            assert!(caller.who().await.is_some());
            place.answer(&["account", command, &email]);
            assert_eq!(caller.who().await, None, "{command}");
            // What was handed out before is void, also after the account is opened again.
            if is_shut {
                place.refused(&["account", "link", &email]);
                place.answer(&["account", "enable", &email]);
            }
            assert_eq!(caller.follow_deliberately(&waiting).await, Answer::refused(410, "invalid_link"));
            assert_eq!(caller.who().await, None, "{command}");
        }
        let link = link_in(&place.answer(&["account", "link", &email]));
        let mut caller = Caller::new(door, server.address);
        assert_eq!(caller.follow_deliberately(&link).await, Answer::Done);
        place.answer(&["account", "delete", &email]);
        assert_eq!(caller.who().await, None);
    }
}

#[test]
fn an_account_is_shut_opened_and_deleted() {
    both_ways(|place| {
        place.answer(&["account", "add", "ann@example.org"]);
        let shown = place.answer(&["account", "disable", "ann@example.org", "--json"]);
        assert!(shown.contains(r#""disabled":true"#), "{shown}");
        let shown = place.answer(&["account", "enable", "ann@example.org", "--json"]);
        assert!(shown.contains(r#""disabled":false"#), "{shown}");
        place.answer(&["account", "sign-out", "ann@example.org"]);
        place.answer(&["account", "delete", "ann@example.org"]);
        for command in ["show", "disable", "enable", "sign-out", "delete"] {
            let refusal = place.refused(&["account", command, "ann@example.org"]);
            assert!(refusal.contains("ann@example.org has no account"), "{command}: {refusal}");
        }
        place.answer(&["account", "add", "ann@example.org"]);
    });
}
