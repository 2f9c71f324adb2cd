//! One account: why its person can't get in, where it is signed in, its emails and events.

use std::time::Duration;

use gatepost::domain::record::client::Client;

use super::{ACCOUNTS, address};
use crate::admin::{ADMIN, admin};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::http::Reply;
use crate::harness::limits::unlimited;
use crate::mail::sink::{Act, Security, Sink, Stage};
use crate::profile::{OTHER, PASSWORD, registered};

both_doors! {
    an_account_shows_its_devices_emails_and_events,
    an_account_says_why_its_person_cannot_get_in,
    text_from_outside_is_text_and_nothing_else,
    no_secret_is_shown,
    an_event_names_who_did_it,
}

const ANN: &str = "ann@example.org";

async fn look(app: &App, admin: &mut Caller, email: &str) -> Reply {
    let id = app.account(email).await.id;
    let reply = admin.opened(&format!("{ACCOUNTS}/{id}")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

async fn an_account_shows_its_devices_emails_and_events(door: Door) {
    let app = App::start_as(unlimited()).await;
    let mut admin = admin(&app, door).await;
    let mut ann = registered(&app, door, ANN).await;
    app.clock.advance(Duration::from_mins(1));
    for _ in 0..2 {
        app.caller(door).sign_in_with_password(ANN, OTHER).await;
    }
    let shown = look(&app, &mut admin, ANN).await;
    let account = app.account(ANN).await;
    if door == Door::Json {
        let shown = shown.json();
        assert_eq!(shown["account"]["email"], ANN);
        assert_eq!((&shown["reasons"], &shown["keys"]), (&serde_json::json!([]), &serde_json::json!([])));
        let sessions = shown["sessions"].as_array().unwrap();
        assert_eq!((sessions.len(), &sessions[0]["current"]), (1, &false.into()));
        assert_eq!(shown["emails"][0]["to"], ANN);
        assert_eq!(shown["emails"][0]["purpose"], "register");
        let events = shown["events"].as_array().unwrap();
        assert_eq!(
            (&events[0]["what"], &events[0]["count"]),
            (&"2 wrong passwords entered.".into(), &2.into())
        );
        assert_eq!(events[0]["account"], account.id.to_string());
        let confirmed = &events[1];
        assert_eq!((&confirmed["name"], &confirmed["means"]), (&"user_created".into(), &"link".into()));
        let by = serde_json::json!({ "kind": "person", "account": account.id.to_string(), "email": ANN });
        assert_eq!(confirmed["by"], by);
        // One's own session is marked where one looks at oneself.
        let own = look(&app, &mut admin, ADMIN).await.json();
        assert_eq!(own["sessions"][0]["current"], true);
    } else {
        let shown = shown.body;
        for part in [
            "<h1><bdi>ann@example.org</bdi></h1>",
            "Nothing is in the way. Last signed in on",
            "<span class=\"tag\">Sent</span>",
            "2 wrong passwords entered.",
            "Email address confirmed. Account created.",
            "href=\"/admin/mail?to=ann%40example.org\"",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("keys for programs"), "{shown}");
        let disable = format!("href=\"/admin/accounts/{}/disable\"", account.id);
        assert!(shown.contains(&disable), "what can be done: {shown}");
        // From the email, the way back to the account.
        let mail = admin.get("/admin/mail?to=ann").await.body;
        assert!(mail.contains(&format!("href=\"/admin/accounts/{}\"", account.id)), "{mail}");
    }
    assert_eq!(ann.sign_out().await, Answer::Done);
    let shown = look(&app, &mut admin, ANN).await;
    match door {
        Door::Json => assert_eq!(shown.json()["sessions"], serde_json::json!([])),
        Door::Pages => {
            assert!(shown.body.contains("<h2>Signed-in devices</h2><p>None.</p>"), "{}", shown.body);
        }
    }
    app.house.gatepost.delete_account_of(&address(ANN), &Client::operator()).await.unwrap();
    app.news_to(ANN).await;
    let gone = admin.open(&format!("{ACCOUNTS}/{}", account.id)).await;
    assert_eq!(gone, Answer::refused(404, "not_found"));
}

async fn an_account_says_why_its_person_cannot_get_in(door: Door) {
    let app = App::start().await;
    let mut admin = admin(&app, door).await;
    registered(&app, door, ANN).await;
    app.disable(ANN).await;
    // As often as it may be tried.
    while app.caller(door).sign_in_with_password(ANN, OTHER).await != Answer::refused(429, "too_many_tries") {
    }
    let shown = look(&app, &mut admin, ANN).await;
    let [disabled, tries] =
        ["This account is disabled.", "Too many password tries. Signing in by email still works."];
    if door == Door::Json {
        let reasons = &shown.json()["reasons"];
        assert_eq!(reasons[0], serde_json::json!({ "code": "account_disabled", "text": disabled }));
        assert_eq!((&reasons[1]["code"], &reasons[1]["text"]), (&"too_many_tries".into(), &tries.into()));
        assert!(reasons[1]["until"].is_string(), "{reasons}");
    } else {
        let (first, second) = (shown.body.find(disabled).unwrap(), shown.body.find(tries).unwrap());
        assert!(first < second && !shown.body.contains("Nothing is in the way"), "{}", shown.body);
    }
}

async fn text_from_outside_is_text_and_nothing_else(door: Door) {
    let said = "550 <script>alert(1)</script> \u{202e}txet";
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Rcpt => Act::say(said),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp_as(unlimited(), sink.port).await;
    let mut admin = admin(&app, door).await;
    let email = "o'neil&co@example.org";
    let handed_out = app
        .house
        .gatepost
        .add_account(&address(email), gatepost::domain::operator::Role::Member, &Client::operator())
        .await
        .unwrap();
    let mut hostile = app.caller(door).with_agent("<img src=x onerror=alert(2)> Firefox/145.0");
    let link = format!("http://localhost/link/{}", handed_out.token.as_str());
    assert_eq!(hostile.follow_deliberately(&link).await, Answer::Done);
    app.house.gatepost.request_sign_in(&address(email), None, &[], &Client::server()).await.unwrap();
    let failed = "550";
    let shown = loop {
        let shown = look(&app, &mut admin, email).await;
        if shown.body.contains(failed) {
            break shown;
        }
        tokio::task::yield_now().await;
    };
    if door == Door::Json {
        assert_eq!(shown.json()["account"]["email"], email);
        return;
    }
    let shown = shown.body;
    assert!(!shown.contains("<script>alert") && !shown.contains("<img src=x"), "{shown}");
    assert!(shown.contains("<h1><bdi>o'neil&amp;co@example.org</bdi></h1>"), "{shown}");
    assert!(shown.contains("<strong><bdi>"), "the device is set apart: {shown}");
    assert!(!shown.contains('\u{202e}'), "{shown}");
}

async fn no_secret_is_shown(door: Door) {
    let app = App::start_as(unlimited()).await;
    let mut admin = admin(&app, door).await;
    let mut ann = registered(&app, door, ANN).await;
    app.caller(door).ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    let account = app.account(ANN).await;
    let hash: Vec<String> = account.password.unwrap().hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let token = letter.link.rsplit('/').next().unwrap().to_owned();
    let mut secrets = vec![token, letter.code, hash.concat(), PASSWORD.to_owned()];
    let cookies = ann.cookies.iter().chain(&admin.cookies).map(|(_, value)| value.clone());
    secrets.extend(cookies.filter(|value| value.len() > 20));
    secrets.extend(ann.bearer.take().into_iter().chain(admin.bearer.clone()));
    let id = account.id;
    for place in [ACCOUNTS.to_owned(), super::NEWEST.to_owned(), format!("{ACCOUNTS}/{id}")] {
        let shown = admin.opened(&place).await.body;
        for secret in &secrets {
            assert!(!shown.contains(secret.as_str()), "{place} shows {secret}");
        }
    }
}

async fn an_event_names_who_did_it(door: Door) {
    let app = App::start_as(unlimited()).await;
    let mut admin = admin(&app, door).await;
    let ann = address(ANN);
    app.house
        .gatepost
        .add_account(&ann, gatepost::domain::operator::Role::Member, &Client::operator())
        .await
        .unwrap();
    let own = app.account(ADMIN).await.id;
    app.clock.advance(Duration::from_secs(1));
    // By an administrator at some browser.
    let client = Client { user_agent: Some("Firefox/145.0".into()), ..Client::operator() }.of_admin(own);
    app.house.gatepost.disable_account(&ann, &client).await.unwrap();
    let shown = look(&app, &mut admin, ANN).await;
    if door == Door::Json {
        let events = &shown.json()["events"];
        let by = serde_json::json!({ "kind": "admin", "account": own.to_string(), "email": ADMIN });
        assert_eq!((&events[0]["by"], &events[0]["ip"]), (&by, &"127.0.0.1".into()));
        let by = serde_json::json!({ "kind": "operator", "account": null, "email": null });
        assert_eq!((&events[1]["by"], &events[1]["ip"], &events[1]["device"]), (&by, &().into(), &().into()));
        return;
    }
    let named = format!(", done by <a href=\"/admin/accounts/{own}\"><bdi>{ADMIN}</bdi></a>");
    assert!(shown.body.contains(&named), "{}", shown.body);
    assert!(shown.body.contains(", done by the operator"), "{}", shown.body);
}
