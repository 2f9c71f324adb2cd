//! A sign-in that is handed over to an app at one node, and arrives at another.

use gatepost::web::Site;
use hyper::{Method, StatusCode};

use crate::front::browser::{Browser, opening};
use crate::front::{TWO, WIKI, apps_of};
use crate::harness::caller::{Answer, Door};
use crate::harness::http::Reply;
use crate::harness::street::{Node, Street};

const ANN: &str = "ann@example.org";

/// Two nodes in front of the same apps.
async fn two() -> (Street, Node, Node) {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    for node in [&one, &other] {
        node.work.turn(Site { apps: apps_of(TWO), ..(*node.house.site).clone() });
    }
    (street, one, other)
}

/// A browser that is signed in, and the address that brings its sign-in to the wiki. Both are made at one node.
async fn on_the_way(street: &Street, node: &Node) -> (Browser, String) {
    let mut browser = Browser::at(node.server);
    assert_eq!(browser.own.door, Door::Pages);
    browser.own.ask(ANN).await;
    let letter = street.letter_to(ANN, &[]).await;
    assert_eq!(browser.own.follow(&letter.link()).await, Answer::Done);
    let reply = browser.send(Method::GET, &format!("{WIKI}/page"), &opening("none")).await;
    let reply = browser.send(Method::GET, &reply.leads_to().unwrap(), &opening("none")).await;
    (browser, reply.leads_to().unwrap())
}

async fn come(browser: &Browser, node: &Node, place: &str) -> Reply {
    let mut there = browser.clone();
    there.own = there.own.at(node.server);
    there.send(Method::GET, place, &opening("cross-site")).await
}

#[tokio::test]
async fn it_arrives_at_any_node_as_often_as_its_browser_comes() {
    let (street, one, other) = two().await;
    let (browser, place) = on_the_way(&street, &one).await;
    for node in [&other, &one, &other, &other] {
        let reply = come(&browser, node, &place).await;
        assert_eq!((reply.status, reply.header("location")), (StatusCode::SEE_OTHER, Some("/page")));
        assert!(reply.header("set-cookie").unwrap().starts_with("__Host-gatepost_app="));
    }
    assert_eq!(street.records("used/").await.len(), 0, "nothing is written");
    drop(one);
    assert_eq!(come(&browser, &other, &place).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn another_browser_at_either_node_spends_it_at_both() {
    let (street, one, other) = two().await;
    let (browser, place) = on_the_way(&street, &one).await;
    let stranger = Browser::at(other.server);
    for node in [&other, &one] {
        let reply = come(&stranger, node, &place).await;
        assert_eq!((reply.status, reply.header("set-cookie")), (StatusCode::GONE, None));
    }
    for node in [&one, &other] {
        let reply = come(&browser, node, &place).await;
        assert_eq!((reply.status, reply.header("set-cookie")), (StatusCode::GONE, None));
    }
    assert_eq!(street.records("used/").await.len(), 1);
}
