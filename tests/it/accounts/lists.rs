//! Each list and each way to search.

use std::time::Duration;

use gatepost::domain::operator::Role;
use gatepost::domain::ports::Clock;
use gatepost::domain::record::client::Client;

use super::{ACCOUNTS, NEWEST, address, all, between, import, page, row};
use crate::admin::{ADMIN, admin};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};

both_doors! {
    each_list_has_its_accounts_in_its_order,
    an_account_is_found_by_the_beginning_of_its_address_its_domain_or_its_id,
    a_row_shows_the_state_the_rights_the_last_sign_in_and_the_devices,
    query_values_that_are_none_are_refused,
    a_search_with_a_script_changes_only_the_rows_and_their_number,
    whoever_finds_no_account_is_led_to_the_emails,
}

const NO_ONE: [&str; 0] = [];

async fn scene(door: Door) -> (App, Caller) {
    let app = App::start().await;
    let admin = admin(&app, door).await;
    let rows = [
        row("zoe@example.org", 5),
        row("Ann@Example.org", 3),
        row("anna@sub.example.org", 9),
        row("ann@example.org.evil.example", 7),
        row("bob@myexample.org", 1),
        row("carl@example.net", 2),
        row("dora@xn--mnchen-3ya.example", 4),
    ];
    import(&app, &rows).await;
    (app, admin)
}

async fn each_list_has_its_accounts_in_its_order(door: Door) {
    let (app, mut admin) = scene(door).await;
    app.disable("zoe@example.org").await;
    app.disable("bob@myexample.org").await;
    app.house.gatepost.set_role(&address("zoe@example.org"), Role::Admin, &Client::server()).await.unwrap();
    let by_address = [
        ADMIN,
        "Ann@example.org",
        "ann@example.org.evil.example",
        "anna@sub.example.org",
        "bob@myexample.org",
        "carl@example.net",
        "dora@xn--mnchen-3ya.example",
        "zoe@example.org",
    ];
    for query in ["", "state=", "state=all", "q=", "q=+&unknown=1"] {
        assert_eq!(all(&mut admin, ACCOUNTS, query).await, by_address, "{query}");
    }
    assert_eq!(all(&mut admin, ACCOUNTS, "state=admin").await, [ADMIN, "zoe@example.org"]);
    let disabled = all(&mut admin, ACCOUNTS, "state=disabled").await;
    assert_eq!(disabled, ["bob@myexample.org", "zoe@example.org"]);
    assert_eq!(all(&mut admin, ACCOUNTS, "state=invited").await, NO_ONE);
    let newest = [
        ADMIN,
        "anna@sub.example.org",
        "ann@example.org.evil.example",
        "zoe@example.org",
        "dora@xn--mnchen-3ya.example",
        "Ann@example.org",
        "carl@example.net",
        "bob@myexample.org",
    ];
    assert_eq!(all(&mut admin, NEWEST, "q=ann&state=none").await, newest);
}

async fn an_account_is_found_by_the_beginning_of_its_address_its_domain_or_its_id(door: Door) {
    let (app, mut admin) = scene(door).await;
    app.disable("Ann@example.org").await;
    let anns = ["Ann@example.org", "ann@example.org.evil.example", "anna@sub.example.org"];
    for (query, found) in [
        ("q=ann", &anns[..]),
        ("q=++ANN", &anns),
        ("q=ann%40", &anns[..2]),
        ("q=ANN%40EXAMPLE.ORG", &anns[..2]),
        ("q=zoe%40example.org", &["zoe@example.org"]),
        ("q=ann&state=disabled", &anns[..1]),
        ("q=zoe&state=disabled", &[]),
        ("q=nn", &[]),
        ("q=%40example.org", &[ADMIN, "Ann@example.org", "zoe@example.org", "anna@sub.example.org"]),
        ("q=%40EXAMPLE.org", &[ADMIN, "Ann@example.org", "zoe@example.org", "anna@sub.example.org"]),
        ("q=%40sub.example.org", &["anna@sub.example.org"]),
        // Whole labels only.
        ("q=%40exam", &[]),
        ("q=%40le.org", &[]),
        ("q=%40net", &["carl@example.net"]),
        ("q=%40m%C3%BCnchen.example", &["dora@xn--mnchen-3ya.example"]),
        ("q=%40", &[]),
        ("q=%40.org", &[]),
        ("q=%2F", &[]),
        ("q=%00", &[]),
    ] {
        assert_eq!(all(&mut admin, ACCOUNTS, query).await, found, "{query}");
    }
    let id = app.account("carl@example.net").await.id.to_string();
    assert_eq!(all(&mut admin, ACCOUNTS, &format!("q={id}")).await, ["carl@example.net"]);
    assert_eq!(all(&mut admin, ACCOUNTS, &format!("q=+{}", id.to_uppercase())).await, ["carl@example.net"]);
    // An address may look like an id.
    let like_an_id = format!("{}@example.org", "0".repeat(32));
    import(&app, &[row(&like_an_id, 1)]).await;
    assert_eq!(all(&mut admin, ACCOUNTS, &format!("q={}", "0".repeat(32))).await, [like_an_id]);
    assert_eq!(all(&mut admin, ACCOUNTS, &format!("q={}", "a".repeat(255))).await, NO_ONE);
    // An address that was given up leads to no one.
    app.house.gatepost.delete_account_of(&address("zoe@example.org"), &Client::server()).await.unwrap();
    assert_eq!(all(&mut admin, ACCOUNTS, "q=zoe").await, NO_ONE);
    app.read_all().await;
}

async fn a_row_shows_the_state_the_rights_the_last_sign_in_and_the_devices(door: Door) {
    let (app, mut admin) = scene(door).await;
    let mut first = app.signed_in(door, "Ann@example.org").await;
    app.clock.advance(Duration::from_mins(2));
    app.signed_in(door, "Ann@example.org").await;
    let last = app.clock.now();
    app.clock.advance(Duration::from_mins(2));
    first.sign_out().await;
    app.disable("carl@example.net").await;
    let ann = admin.opened(&format!("{ACCOUNTS}?q=ann%40example.org")).await;
    let carl = admin.opened(&format!("{ACCOUNTS}?q=carl")).await;
    if door == Door::Json {
        let (ann, carl) = (&ann.json()["accounts"][0], &carl.json()["accounts"][0]);
        assert_eq!((&ann["state"], &ann["admin"]), (&"active".into(), &false.into()));
        assert_eq!(ann["last_signed_in_at"], last.to_string());
        assert_eq!(ann["session_count"], 1);
        assert_eq!((&carl["state"], &carl["session_count"]), (&"disabled".into(), &0.into()));
        assert!(carl["last_signed_in_at"].is_null() && carl["confirmed_at"].is_string(), "{carl}");
        let own = admin.opened(&format!("{ACCOUNTS}?q=adm%40")).await.json();
        assert_eq!(own["accounts"][0]["admin"], true);
        return;
    }
    assert!(ann.body.contains(&format!("<dd><time datetime=\"{last}\">")), "{}", ann.body);
    assert!(ann.body.contains("<dt>Signed-in devices</dt><dd>1</dd>"), "{}", ann.body);
    assert!(carl.body.contains("<span class=\"tag\">Disabled</span>"), "{}", carl.body);
    assert!(carl.body.contains("<dd>None known</dd>") && carl.body.contains("<dd>0</dd>"), "{}", carl.body);
    let own = admin.opened(&format!("{ACCOUNTS}?q=adm%40")).await.body;
    assert!(own.contains("<span class=\"tag\">Administrator</span>"), "{own}");
}

async fn query_values_that_are_none_are_refused(door: Door) {
    let (app, mut admin) = scene(door).await;
    let rows: Vec<_> = (0..60).map(|number| row(&format!("later{number:02}@example.org"), number)).collect();
    import(&app, &rows).await;
    let next = page(&mut admin, ACCOUNTS, "").await.1.unwrap();
    let altered = format!("{}{}", &next[..next.len() - 1], if next.ends_with('A') { 'B' } else { 'A' });
    let id = app.account("carl@example.net").await.id;
    for (list, query, field) in [
        (ACCOUNTS, "state=none".to_owned(), "state"),
        (ACCOUNTS, "state=ADMIN".to_owned(), "state"),
        (ACCOUNTS, "state=active".to_owned(), "state"),
        (ACCOUNTS, "state=admin&q=%40example.org".to_owned(), "state"),
        (ACCOUNTS, format!("state=disabled&q={id}"), "state"),
        (ACCOUNTS, "after=none".to_owned(), "after"),
        (ACCOUNTS, format!("after={altered}"), "after"),
        // A place in another list.
        (ACCOUNTS, format!("state=admin&after={next}"), "after"),
        (ACCOUNTS, format!("q=zoe&after={next}"), "after"),
        (NEWEST, format!("after={next}"), "after"),
        (NEWEST, "after=none".to_owned(), "after"),
        (ACCOUNTS, "state=all&state=all".to_owned(), "state"),
        (ACCOUNTS, "q=a&q=b".to_owned(), "q"),
    ] {
        let refused = admin.open(&format!("{list}?{query}")).await;
        assert_eq!(refused, Answer::refused_field(422, "invalid_field", field), "{list}?{query}");
    }
}

async fn a_search_with_a_script_changes_only_the_rows_and_their_number(door: Door) {
    if door == Door::Json {
        return;
    }
    let (_app, admin) = scene(door).await;
    let mut htmx = admin.with_script(true);
    let found = htmx.get(&format!("{ACCOUNTS}?q=ann")).await.body;
    assert!(found.starts_with("<div id=\"accounts\">"), "{found}");
    assert!(found.contains("role=\"status\" hx-swap-oob=\"true\">3 accounts<"), "{found}");
    assert!(!found.contains("<form") && !found.contains("<h1"), "{found}");
    let mut plain = htmx.with_script(false);
    let page = plain.get(&format!("{ACCOUNTS}?q=carl")).await.body;
    assert!(page.contains("role=\"status\">1 account<"), "{page}");
    let domain = plain.get(&format!("{ACCOUNTS}?q=%40example.org")).await.body;
    assert!(domain.contains("<select id=\"state\" name=\"state\" disabled>"), "no state applies: {domain}");
    assert!(!page.contains(" disabled>"), "{page}");
    let form = between(&page, "<form class=\"search\"", ">");
    for part in ["method=\"get\"", "hx-push-url=\"true\"", "hx-trigger=\"submit, input delay:300ms\""] {
        assert!(form.contains(part), "{form}");
    }
    assert!(page.contains("value=\"carl\"") && page.contains("aria-current=\"page\">Accounts<"), "{page}");
}

async fn whoever_finds_no_account_is_led_to_the_emails(door: Door) {
    let (_app, mut admin) = scene(door).await;
    assert_eq!(all(&mut admin, ACCOUNTS, "q=no.one%3Cb%3E").await, NO_ONE);
    if door == Door::Pages {
        let page = admin.get(&format!("{ACCOUNTS}?q=no.one%3Cb%3E")).await.body;
        assert!(page.contains("begins with <bdi>no.one&lt;b&gt;</bdi>."), "{page}");
        assert!(page.contains("href=\"/admin/mail?to=no.one%3Cb%3E\""), "{page}");
        assert!(page.contains("role=\"status\">0 accounts<"), "{page}");
        let page = admin.get(&format!("{ACCOUNTS}?q=%40nowhere.example")).await.body;
        assert!(page.contains("No account under <bdi>@nowhere.example</bdi>."), "{page}");
    }
}
