//! Which addresses are in a domain.

use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::registration::{DomainRule, DomainRuleError, Domains};

use super::{PASSWORD, domains, outside, said, start};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};

both_doors! {
    a_wildcard_means_all_subdomains_and_not_the_domain_itself,
    a_domain_means_itself_and_no_subdomain,
    a_domain_is_the_same_in_capitals_and_encoded,
}

/// Registers with each of these addresses.
async fn expect(door: Door, rules: &[&str], accepted: &[&str], refused: &[&str]) {
    let app = start(domains(rules)).await;
    for email in accepted {
        let mut caller = app.caller(door);
        assert_eq!(caller.register(email, PASSWORD).await, Answer::Done, "{rules:?}: {email}");
        app.read_all().await;
    }
    for email in refused {
        assert_eq!(app.caller(door).register(email, PASSWORD).await, outside(), "{rules:?}: {email}");
    }
}

async fn a_wildcard_means_all_subdomains_and_not_the_domain_itself(door: Door) {
    let accepted = ["ann@mail.example.net", "ann@deep.mail.example.net", "ann@MAIL.Example.NET"];
    let refused = ["ann@example.net", "ann@notexample.net", "ann@mail.example.net.example.com"];
    expect(door, &["*.example.net"], &accepted, &refused).await;
}

async fn a_domain_means_itself_and_no_subdomain(door: Door) {
    let accepted = ["ann@example.org", "Ann@EXAMPLE.org", " ann@example.org "];
    let refused = ["ann@mail.example.org", "ann@notexample.org", "ann@example.org.example.com"];
    expect(door, &["example.org"], &accepted, &refused).await;
}

async fn a_domain_is_the_same_in_capitals_and_encoded(door: Door) {
    let same = ["ann@b\u{fc}cher.example", "bob@B\u{dc}CHER.example", "eve@XN--BCHER-KVA.Example"];
    for rule in
        ["b\u{fc}cher.example", "B\u{dc}CHER.EXAMPLE", "xn--bcher-kva.example", "XN--Bcher-KVA.example"]
    {
        expect(door, &[rule], &same, &["ann@bucher.example"]).await;
        // People read it in its own letters.
        let app = start(domains(&[rule])).await;
        let mut caller = app.caller(door);
        caller.register("ann@bucher.example", PASSWORD).await;
        assert!(said(&caller).contains("Use one at b\u{fc}cher.example."), "{}", said(&caller));
    }
    let below = ["ann@post.b\u{fc}cher.example", "ann@post.xn--bcher-kva.example"];
    expect(door, &["*.B\u{dc}cher.example"], &below, &["ann@b\u{fc}cher.example"]).await;
}

#[test]
fn the_rule_in_words_lists_each_domain_once() {
    let cases: [(&[&str], &str); 5] = [
        (&["example.org"], "example.org"),
        (&["*.example.org"], "a subdomain of example.org"),
        (&["example.org", "*.example.org"], "example.org or a subdomain of example.org"),
        (&["a.example", "b.example", "*.c.example"], "a.example, b.example or a subdomain of c.example"),
        (&["a.example", "A.Example", "b.example", "a.example"], "a.example or b.example"),
    ];
    for (rules, words) in cases {
        let mode = domains(rules);
        assert_eq!(mode.domains().unwrap().to_string(), words);
    }
    assert_eq!(Domains::new(vec![]), None);
}

#[test]
fn the_example_of_some_domains_is_in_them() {
    for rules in [&["example.org"][..], &["*.example.org"], &["*.b\u{fc}cher.example", "example.org"]] {
        let mode = domains(rules);
        let example = format!("x@{}", mode.domains().unwrap().example());
        assert!(mode.accepts(&EmailAddress::parse(&example).unwrap()), "{example}");
    }
}

#[test]
fn what_is_no_domain_is_no_rule() {
    let long = format!("{}.example", "x".repeat(64));
    for text in [
        "",
        ".",
        "*",
        "*.",
        "org",
        "example.org.",
        ".example.org",
        "example..org",
        " example.org",
        "ann@example.org",
        "@example.org",
        "https://example.org",
        "example.org/x",
        "example.org:25",
        "exa mple.org",
        "example_.org",
        "192.0.2.1",
        "[192.0.2.1]",
        "example.123",
        "-example.org",
        // Mapping changes more than the letter case.
        "\u{ff45}xample.org",
        &long,
    ] {
        let error = if text == "*" { DomainRuleError::Wildcard } else { DomainRuleError::Domain };
        assert_eq!(DomainRule::parse(text), Err(error), "{text}");
    }
    for text in
        ["**.example.org", "*.*.example.org", "mail.*.example.org", "*example.org", "example.*", "ex*.org"]
    {
        assert_eq!(DomainRule::parse(text), Err(DomainRuleError::Wildcard), "{text}");
    }
    for text in ["example.org", "localhost", "*.org", "*.example.org", "b\u{fc}cher.example"] {
        assert!(DomainRule::parse(text).is_ok(), "{text}");
    }
}
