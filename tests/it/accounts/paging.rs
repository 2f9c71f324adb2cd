//! A list goes on after its last row, whatever comes and goes meanwhile.

use std::collections::HashSet;

use gatepost::domain::record::client::Client;

use super::{ACCOUNTS, NEWEST, address, import, page, row};
use crate::admin::admin;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::Door;
use crate::harness::limits::unlimited;

both_doors! {
    every_account_that_stays_is_listed_once_while_others_come_and_go,
}

async fn every_account_that_stays_is_listed_once_while_others_come_and_go(door: Door) {
    let app = App::start_as(unlimited()).await;
    let mut admin = admin(&app, door).await;
    let emails: Vec<String> = (0..120).map(|number| format!("m{number:03}@example.org")).collect();
    let rows = emails.iter().zip(0..).map(|(email, at)| {
        let mut row = row(email, 1_000 + at);
        row.disabled = true;
        row
    });
    import(&app, &rows.collect::<Vec<_>>()).await;
    let lists = [
        (ACCOUNTS, "q=m", false),
        (ACCOUNTS, "state=disabled", false),
        (ACCOUNTS, "q=%40example.org", false),
        (NEWEST, "", true),
    ];
    for (round, (list, query, is_newest_first)) in lists.into_iter().enumerate() {
        let (first, next) = page(&mut admin, list, query).await;
        assert_eq!(first.len(), 50, "{list}?{query}");
        // Some that were shown end, the last one too, and some come before and after the place.
        let gone: Vec<String> = first[47..].to_vec();
        for email in &gone {
            let deleted = app.house.gatepost.delete_account_of(&address(email), &Client::server()).await;
            deleted.unwrap();
        }
        for new in ["m000-new", "m119-new"] {
            let mut row = row(&format!("{new}{round}@example.org"), 1_000);
            row.disabled = true;
            import(&app, &[row]).await;
        }
        let (mut whole, mut next) = (first, next);
        while let Some(after) = next {
            let (more, rest) = page(&mut admin, list, &format!("{query}&after={after}")).await;
            assert!(!more.is_empty());
            whole.extend(more);
            next = rest;
        }
        let once: HashSet<&String> = whole.iter().collect();
        assert_eq!(once.len(), whole.len(), "{list}?{query}: each once");
        let is_old = |email: &&String| email.len() == "m000@example.org".len() && email.starts_with('m');
        let old: Vec<&String> = whole.iter().filter(is_old).collect();
        assert_eq!(old.len(), 120 - 3 * round, "{list}?{query}: none is lost");
        let mut sorted = old.clone();
        sorted.sort_unstable();
        if is_newest_first {
            sorted.reverse();
        }
        assert_eq!(old, sorted, "{list}?{query}: in order");
    }
    app.read_all().await;
}
