//! What the operator sees of the nodes.

use std::time::Duration;

use hyper::Method;

use crate::harness::caller::Door;
use crate::harness::running::METRICS_TOKEN;
use crate::harness::street::Street;

const BEARER: [(&str, &str); 1] = [("authorization", METRICS_TOKEN)];
/// As a proxy passes on a stranger's request.
const STRANGER: [(&str, &str); 1] = [("x-forwarded-for", "203.0.113.7")];

#[tokio::test]
async fn what_a_node_knows_of_the_others_is_for_this_machine_and_the_bearer_of_the_token() {
    let street = Street::new().await;
    let one = street.node("a").await;
    let plot = street.plot("b");
    plot.profile.lock().unwrap().settings = [2; 16];
    let other = street.node_at(&plot).await.unwrap();
    drop(street.node("c").await.killed());
    street.beats(6, &[&one, &other]).await;
    let run = |name: &str| {
        let nodes = street.nodes();
        let name = name.to_owned();
        async move {
            let (key, _) = nodes.await.into_iter().find(|(_, node)| node.profile.name == name).unwrap();
            key.node_run().unwrap()
        }
    };
    let (a, b, c) = (run("a").await, run("b").await, run("c").await);
    let (status, body) = one.readiness().await;
    assert_eq!(status, 200);
    let expected = [
        format!("node: a (run {a})"),
        format!("other node: b (run {b}), with other settings"),
        format!("other node: c (run {c}), ended without saying so"),
    ];
    for line in &expected {
        assert!(body.lines().any(|it| it == line), "{line}\n{body}");
    }
    assert!(!body.contains("clocks: "), "{body}");
    one.plot.clock.set_ahead(Duration::from_secs(10));
    street.beats(1, &[&one, &other]).await;
    assert!(one.readiness().await.1.contains("\nclocks: this machine says 20"));
    let stranger = one.caller(Door::Json).send(Method::GET, "/readyz", &STRANGER, "").await;
    assert_eq!(stranger.body, "ready\n");
    let bearer = [STRANGER, BEARER].concat();
    let bearer = one.caller(Door::Json).send(Method::GET, "/readyz", &bearer, "").await;
    assert!(bearer.body.contains(&expected[1]), "{}", bearer.body);
}

#[tokio::test]
async fn every_number_of_a_node_names_its_run() {
    let street = Street::new().await;
    let (one, other) = (street.node("a").await, street.node("b").await);
    let mut labels = Vec::new();
    for node in [&one, &other] {
        let reply = node.caller(Door::Json).send(Method::GET, "/metrics", &BEARER, "").await;
        let series: Vec<_> = reply.body.lines().filter(|line| !line.starts_with('#')).collect();
        let run = |line: &str| line.split_once("run=\"").map(|(_, rest)| rest[..16].to_owned());
        let run_of_all = run(series[0]).unwrap_or_else(|| panic!("{}", reply.body));
        assert!(series.iter().all(|line| run(line).as_ref() == Some(&run_of_all)), "{}", reply.body);
        assert!(reply.body.contains("gatepost_ready{run="), "{}", reply.body);
        labels.push(run_of_all);
    }
    assert_ne!(labels[0], labels[1]);
}
