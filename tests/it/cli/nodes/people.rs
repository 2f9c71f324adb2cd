//! What people do at one node and then at another.

use super::{ANN, Street};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    #[tokio::test(flavor = "multi_thread")]
    anyone_who_registers_at_one_node_and_confirms_at_the_other_is_signed_in_at_both,
    fifty_clicks_on_one_link_at_two_nodes_make_one_session_and_one_account,
    a_session_that_ends_at_one_node_is_refused_by_the_other_at_once,
    an_address_confirmed_at_two_nodes_at_once_gets_one_account,
    wrong_codes_and_emails_are_counted_over_both_nodes,
}

async fn anyone_who_registers_at_one_node_and_confirms_at_the_other_is_signed_in_at_both(door: Door) {
    let Some(street) = Street::new().await else { return };
    let (one, other) = (street.node(), street.node());
    let mut ann = one.caller(door);
    assert_eq!(ann.register(ANN, "three quiet otters").await, Answer::Done);
    let link = street.sink.letter_to(ANN).await.link();
    let mut ann = ann.at(other.address());
    assert_eq!(ann.follow(&link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
    assert_eq!(ann.at(one.address()).who().await.as_deref(), Some(ANN));
    for node in [&one, &other] {
        let mut ann = node.caller(door);
        assert_eq!(ann.sign_in_with_password(ANN, "three quiet otters").await, Answer::Done);
        let listed = node.site.answer(&["account", "list", "--json"]);
        assert_eq!(listed.lines().count(), 1, "{listed}");
    }
}

async fn fifty_clicks_on_one_link_at_two_nodes_make_one_session_and_one_account(door: Door) {
    let Some(street) = Street::new().await else { return };
    let (one, other) = (street.node(), street.node());
    let mut ann = one.caller(door);
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    let link = street.sink.letter_to(ANN).await.link();
    let clicks = (0..50).map(|number| {
        let (link, ann) = (link.clone(), ann.clone());
        let mut ann = ann.at(if number % 2 == 0 { one.address() } else { other.address() });
        tokio::spawn(async move { (ann.follow(&link).await, ann) })
    });
    let clicks: Vec<_> = clicks.collect();
    let mut last = None;
    for click in clicks {
        let (answer, mut ann) = click.await.unwrap();
        assert_eq!(answer, Answer::Done);
        assert_eq!(ann.who().await.as_deref(), Some(ANN));
        last = Some(ann);
    }
    assert_eq!(last.unwrap().sessions().await.len(), 1);
    assert_eq!((street.records("s/").await.as_str(), street.records("e/").await.as_str()), ("1", "1"));
}

async fn a_session_that_ends_at_one_node_is_refused_by_the_other_at_once(door: Door) {
    let Some(street) = Street::new().await else { return };
    let (one, other) = (street.node(), street.node());
    let mut ann = street.signed_in(one.address(), door).await;
    let mut there = ann.clone().at(other.address());
    assert_eq!(there.who().await.as_deref(), Some(ANN));
    let mut browser = there.in_browser();
    assert_eq!(browser.get("/forward-auth").await.status, 204);
    assert_eq!(ann.sign_out().await, Answer::Done);
    assert_eq!(browser.get("/forward-auth").await.status, 401);
    assert_eq!(there.who().await, None);
}

async fn an_address_confirmed_at_two_nodes_at_once_gets_one_account(door: Door) {
    let Some(street) = Street::new().await else { return };
    let (one, other) = (street.node(), street.node());
    let (mut here, mut there) = (one.caller(door), other.caller(door));
    assert_eq!(here.ask(ANN).await, Answer::Done);
    let first = street.sink.letter_to(ANN).await;
    assert_eq!(there.ask(ANN).await, Answer::Done);
    let second = street.sink.first(|mail| mail.to == ANN && mail.id() != first.id()).await;
    // Each at the node that did not send it.
    let (mut here, mut there) = (here.at(other.address()), there.at(one.address()));
    let (one_link, other_link) = (first.link(), second.link());
    let answers = tokio::join!(here.follow(&one_link), there.follow(&other_link));
    assert!([answers.0, answers.1].contains(&Answer::Done));
    let listed = one.site.answer(&["account", "list", "--json"]);
    assert_eq!((listed.lines().count(), street.records("e/").await.as_str()), (1, "1"), "{listed}");
}

async fn wrong_codes_and_emails_are_counted_over_both_nodes(door: Door) {
    let Some(street) = Street::new().await else { return };
    let (one, other) = (street.node(), street.node());
    let mut ann = one.caller(door);
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    let code = street.sink.letter_to(ANN).await.code().unwrap();
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    let nodes = [&one, &other];
    for number in 0..5 {
        ann = ann.at(nodes[number % 2].address());
        assert_eq!(ann.type_code(&wrong).await, Answer::refused_field(422, "wrong_code", "code"));
    }
    for node in nodes {
        ann = ann.at(node.address());
        assert_eq!(ann.type_code(&code).await, Answer::refused(410, "invalid_request"));
    }
    // Bea gets as many emails as anyone, whichever node she asks.
    let bea = "bea@example.org";
    let mut answers = Vec::new();
    for number in 0..6 {
        let mut caller = Caller::new(door, nodes[number % 2].address());
        answers.push(caller.ask(bea).await);
    }
    let refused = |answer: &Answer| *answer != Answer::Done && answer.code() == "too_many_mails";
    let done = answers.iter().take_while(|answer| **answer == Answer::Done).count();
    assert_eq!(done, 3, "{answers:?}");
    assert!(answers[done..].iter().all(refused), "{answers:?}");
    street.sink.until(|seen| seen.mails.iter().filter(|mail| mail.to == bea).count() == done).await;
}
