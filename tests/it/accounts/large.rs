//! Lists of many accounts.

use std::time::Duration;

use gatepost::domain::record::account_places::AccountLists;
use tokio::time::Instant;

use super::{ACCOUNTS, NEWEST, import, page, row};
use crate::admin::admin;
use crate::harness::app::App;
use crate::harness::caller::Door;

/// A tenth of what there may be.
const MANY: u64 = 100_000;
/// A tenth of the time that their lists may take.
const TIME: Duration = Duration::from_secs(18);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: run it by its name, with --ignored"]
async fn a_large_older_database_has_its_lists_in_time_and_shows_a_page_of_each_at_once() {
    let app = App::start_on_disk().await;
    let mut admin = admin(&app, Door::Json).await;
    import(&app, &[row("m@example.org", 1)]).await;
    app.put_older_accounts("m@example.org", MANY).await;
    app.without_account_lists().await;
    let begun = Instant::now();
    app.house.gatepost.make_indexes().await.unwrap();
    let took = begun.elapsed();
    assert_eq!(app.account_lists().await, Some(AccountLists::Whole));
    println!("lists of {MANY} accounts: {took:?}");
    for (list, query) in
        [(ACCOUNTS, ""), (ACCOUNTS, "q=m5"), (ACCOUNTS, "q=%40org"), (ACCOUNTS, "state=admin"), (NEWEST, "")]
    {
        let begun = Instant::now();
        for _ in 0..20 {
            page(&mut admin, list, query).await;
        }
        println!("{list}?{query}: {:?}", begun.elapsed() / 20);
    }
    assert!(took < TIME, "{took:?}");
}
