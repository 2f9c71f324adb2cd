//! The last use of a session costs no one who waits, and few commits.

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::token::SessionToken;

use super::acts::Desk;
use super::store::{Cost, Step};

const SIX_MINUTES: Duration = Duration::from_mins(6);

/// Signs in that many people.
async fn signed_in(desk: &Desk, count: usize) -> Vec<SessionToken> {
    let mut tokens = Vec::new();
    for number in 0..count {
        let address = EmailAddress::parse(&format!("m{number}@example.org")).unwrap();
        let link = desk.house.add_account(&address, Role::Member, &Client::operator()).await.unwrap();
        let here = gatepost::domain::mailed::Redeemer { confirm: true, ..Default::default() };
        let redeemed = desk.house.redeem_link(link.token.as_str(), here, &Client::server()).await.unwrap();
        tokens.push(redeemed.signed_in.unwrap().token);
    }
    tokens
}

fn commits(steps: &[Step]) -> Vec<(usize, usize)> {
    let commits = steps.iter().filter_map(|step| match step.cost() {
        Cost::Commit { expectations, writes } => Some((expectations, writes)),
        Cost::Get { .. } | Cost::Scan => None,
    });
    commits.collect()
}

#[tokio::test]
async fn the_uses_of_two_hundred_sessions_take_three_commits_and_no_request_waits_for_them() {
    let desk = Desk::new().await;
    let tokens = signed_in(&desk, 200).await;
    desk.clock.advance(SIX_MINUTES);
    desk.steps();
    for token in tokens.iter().chain(&tokens) {
        desk.house.session(token.as_str()).await.unwrap();
    }
    assert_eq!(commits(&desk.steps()), []);
    desk.house.write_last_uses().await.unwrap();
    assert_eq!(commits(&desk.steps()), [(90, 90), (90, 90), (20, 20)]);
    // Until they are used again after five minutes.
    desk.clock.advance(Duration::from_mins(4));
    desk.house.session(tokens[0].as_str()).await.unwrap();
    desk.house.write_last_uses().await.unwrap();
    assert_eq!(commits(&desk.steps()), []);
    desk.clock.advance(Duration::from_mins(1));
    desk.house.session(tokens[0].as_str()).await.unwrap();
    desk.house.write_last_uses().await.unwrap();
    assert_eq!(commits(&desk.steps()), [(1, 1)]);
}

#[tokio::test]
async fn a_session_that_ends_before_its_use_is_written_does_not_come_back() {
    let desk = Desk::new().await;
    let tokens = signed_in(&desk, 2).await;
    desk.clock.advance(SIX_MINUTES);
    for token in &tokens {
        desk.house.session(token.as_str()).await.unwrap();
    }
    desk.house.sign_out(tokens[0].as_str(), &Client::server()).await.unwrap();
    desk.steps();
    desk.house.write_last_uses().await.unwrap();
    assert_eq!(commits(&desk.steps()), [(1, 1)]);
    assert!(desk.house.session(tokens[0].as_str()).await.is_err());
    assert!(desk.house.session(tokens[1].as_str()).await.is_ok());
}

/// A use counts from the moment it happens.
#[tokio::test]
async fn a_session_that_was_used_in_time_does_not_end_before_that_is_written() {
    let desk = Desk::new().await;
    let token = signed_in(&desk, 1).await.remove(0);
    desk.clock.advance(Duration::from_hours(7 * 24) - Duration::from_secs(10));
    assert!(desk.house.session(token.as_str()).await.is_ok());
    desk.clock.advance(Duration::from_secs(20));
    desk.house.sweep().await.unwrap();
    assert!(desk.house.session(token.as_str()).await.is_ok());
    desk.house.write_last_uses().await.unwrap();
    assert!(desk.house.session(token.as_str()).await.is_ok());
}
