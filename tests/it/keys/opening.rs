//! What a key opens, and what it does not.

use std::time::Duration;

use gatepost::domain::ports::Versioned;
use gatepost::domain::record::Record;

use super::{ANN, APPS, BOB, GIT, WIKI, ask, asked, basic, in_front, make, opens, put_in_front};
use crate::front::browser::Browser;
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Caller, Door};
use crate::harness::log::Log;

both_doors! {
    a_key_opens_its_app_as_the_person_and_no_other,
    a_key_is_the_password_of_basic_where_the_app_says_so,
    a_key_counts_and_not_the_cookie_beside_it,
    a_key_that_is_refused_passes_on_a_public_path_as_no_one,
    a_key_opens_nothing_of_ours,
    the_last_use_is_written_once_an_hour,
    a_key_is_in_no_log,
}

async fn a_key_opens_its_app_as_the_person_and_no_other(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let id = ann.account().await.unwrap();
    let secret = make(&mut ann, "100% Ännchen", WIKI, "30d").await.secret;
    let key = [("gatepost-key", secret.as_str())];
    for path in ["/forward-auth", "/forward-auth/answer"] {
        let reply = asked(&app, path, (WIKI, "POST", "/page"), &key).await;
        assert_eq!(reply.status, 204, "{path}");
        assert_eq!(reply.header("remote-user"), Some(id.as_str()));
        assert_eq!(reply.header("remote-email"), Some(ANN));
        assert_eq!(reply.header("remote-key"), Some("100%25%20%C3%84nnchen"));
        assert!(reply.header("set-cookie").is_none());
        for wrong in [
            [("gatepost-key", secret.as_str()); 2].as_slice(),
            &[("gatepost-key", "")],
            &[("gatepost-key", &secret[..43])],
        ] {
            let reply = asked(&app, path, (WIKI, "GET", "/page"), wrong).await;
            assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (401, Some("invalid_key")));
        }
    }
    for host in [GIT, "bob.example.org"] {
        assert_eq!(opens(&app, host, &secret).await, None, "{host}");
    }
    for at in [3, 4, 10, 20, 43] {
        let mut flipped = secret.clone().into_bytes();
        flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(opens(&app, WIKI, std::str::from_utf8(&flipped).unwrap()).await, None, "{at}");
    }
    // Pages of other sites can't send this header, so it counts wherever the request comes from.
    let from = [key[0], ("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    assert_eq!(asked(&app, "/forward-auth/answer", (WIKI, "POST", "/page"), &from).await.status, 204);
    // An app that takes no keys does not see that there is one.
    let reply = ask(&app, "off.example.org", &key).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (401, Some("sign_in_required")));
}

async fn a_key_is_the_password_of_basic_where_the_app_says_so(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let secret = make(&mut ann, "git", GIT, "never").await.secret;
    for user in ["ann", "", "anything at all"] {
        let reply = ask(&app, GIT, &[("authorization", &basic(user, &secret))]).await;
        assert_eq!((reply.status.as_u16(), reply.header("remote-email")), (204, Some(ANN)), "{user}");
    }
    assert_eq!(opens(&app, GIT, &secret).await.as_deref(), Some(ANN));
    // A password that is no key is the app's own.
    let asks = "Basic realm=\"git.example.net\", charset=\"UTF-8\"";
    for (value, problem) in
        [(basic("ann", "hunter2"), "sign_in_required"), (basic("ann", "gpk_nonsense"), "invalid_key")]
    {
        let reply = ask(&app, GIT, &[("authorization", &value)]).await;
        assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (401, Some(problem)));
        assert_eq!(reply.header("www-authenticate"), Some(asks));
        // No browser is asked: it would show a window of its own.
        let reply = ask(&app, GIT, &[("authorization", &value), ("sec-fetch-mode", "cors")]).await;
        assert_eq!((reply.status.as_u16(), reply.header("www-authenticate")), (401, None));
        let reply = asked(&app, "/forward-auth", (GIT, "GET", "/"), &[("authorization", &value)]).await;
        assert_eq!((reply.status.as_u16(), reply.header("www-authenticate")), (401, None));
    }
    assert_eq!(ask(&app, WIKI, &[]).await.header("www-authenticate"), None);
    // Twice: of two, we could judge the one and the app the other.
    let value = basic("ann", &secret);
    for twice in [
        [("authorization", value.as_str()), ("gatepost-key", secret.as_str())],
        [("authorization", &value), ("authorization", &value)],
        [("authorization", &value), ("authorization", "Bearer x")],
    ] {
        let reply = ask(&app, GIT, &twice).await;
        assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (401, Some("invalid_key")));
    }
    // A browser sends a password that it remembers on its own.
    let from = [("authorization", value.as_str()), ("sec-fetch-site", "cross-site")];
    let reply = asked(&app, "/forward-auth/answer", (GIT, "POST", "/page"), &from).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (403, Some("cross_site")));
    // Where only the header of our own is read, `Authorization` is the app's.
    let own = make(&mut ann, "wiki", WIKI, "30d").await.secret;
    let reply = ask(&app, WIKI, &[("authorization", &basic("ann", &own))]).await;
    assert_eq!(reply.header("x-problem"), Some("sign_in_required"));
}

async fn a_key_counts_and_not_the_cookie_beside_it(door: Door) {
    let app = in_front().await;
    let mut bob = Browser::signed_in(&app, BOB).await;
    bob.passes(&format!("https://{WIKI}/page")).await;
    let mut ann = app.signed_in(door, ANN).await;
    let secret = make(&mut ann, "x", WIKI, "30d").await.secret;
    let url = format!("https://{WIKI}/page");
    let reply = bob.send(hyper::Method::GET, &url, &[("gatepost-key", &secret)]).await;
    assert_eq!((reply.status.as_u16(), reply.header("remote-email")), (204, Some(ANN)));
    let reply = bob.send(hyper::Method::GET, &url, &[("gatepost-key", "gpk_nonsense")]).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (401, Some("invalid_key")));
}

async fn a_key_that_is_refused_passes_on_a_public_path_as_no_one(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let secret = make(&mut ann, "x", WIKI, "30d").await.secret;
    for (key, email, name) in [(secret.as_str(), ANN, "x"), ("gpk_nonsense", "", "")] {
        let reply =
            asked(&app, "/forward-auth/answer", (WIKI, "GET", "/open"), &[("gatepost-key", key)]).await;
        assert_eq!(reply.status, 204);
        assert_eq!((reply.header("remote-email"), reply.header("remote-key")), (Some(email), Some(name)));
    }
}

async fn a_key_opens_nothing_of_ours(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let secret = make(&mut ann, "x", GIT, "30d").await.secret;
    let mut program = Caller::new(Door::Json, app.server);
    program.bearer = Some(secret.clone());
    assert_eq!(program.open("/session").await.code(), "sign_in_required");
    assert_eq!(program.open("/profile").await.code(), "sign_in_required");
    let own_key = ("gatepost-key", secret.as_str());
    let password = basic("ann", &secret);
    for path in ["/profile", "/api/profile", "/api/session", "/enter", "/api/profile/keys"] {
        for header in [own_key, ("authorization", password.as_str())] {
            let mut stranger = Caller::new(Door::Pages, app.server);
            let reply = stranger.send(hyper::Method::GET, path, &[header], "").await;
            let is_refused = [401, 410].contains(&reply.status.as_u16())
                || reply.leads_to().is_some_and(|place| place.starts_with("/sign-in"));
            assert!(is_refused && !reply.body.contains(ANN), "{path} {reply:?}");
        }
    }
    // In place of a cookie, at our own host and at the app's.
    for (host, name) in [(GIT, "__Host-gatepost_app"), (WIKI, "__Host-gatepost_app")] {
        let reply = ask(&app, host, &[("cookie", &format!("{name}={secret}"))]).await;
        assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (401, Some("sign_in_required")));
    }
    let mut stranger = Caller::new(Door::Pages, app.server);
    stranger.cookies.push(("gatepost_session".to_owned(), secret));
    assert_eq!(stranger.who().await, None);
}

/// The key that is stored, with its version.
async fn stored(app: &App) -> Versioned {
    let records = app.all_records().await.into_iter().map(|(_, found)| found);
    records.into_iter().find(|found| matches!(found.record, Record::AppKey(_))).unwrap()
}

async fn the_last_use_is_written_once_an_hour(door: Door) {
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let made = make(&mut ann, "x", WIKI, "30d").await;
    let program = ann.in_program();
    let last = async || {
        let reply = program.clone().opened("/profile/keys").await;
        reply.json()["keys"][0]["last_used_at"].as_str().map(str::to_owned)
    };
    assert_eq!(last().await, None);
    let before = stored(&app).await;
    assert_eq!(opens(&app, WIKI, &made.secret).await.as_deref(), Some(ANN));
    let first = last().await;
    assert!(first.is_some());
    // The answer does not wait for it.
    assert_eq!(stored(&app).await, before);
    app.uses_written().await;
    let written = stored(&app).await;
    assert!(written != before && last().await == first);
    for _ in 0..50 {
        app.clock.advance(Duration::from_mins(1));
        for _ in 0..20 {
            assert!(opens(&app, WIKI, &made.secret).await.is_some());
        }
        app.uses_written().await;
    }
    assert_eq!(stored(&app).await, written);
    app.clock.advance(Duration::from_mins(10));
    assert!(opens(&app, WIKI, &made.secret).await.is_some());
    app.uses_written().await;
    assert!(stored(&app).await != written && last().await > first);
}

async fn a_key_is_in_no_log(door: Door) {
    let log = Log::default();
    let _guard = log.capture();
    let app = in_front().await;
    let mut ann = app.signed_in(door, ANN).await;
    let secret = make(&mut ann, "x", GIT, "30d").await.secret;
    assert!(opens(&app, GIT, &secret).await.is_some());
    ask(&app, GIT, &[("authorization", &basic("ann", &secret))]).await;
    assert_eq!(opens(&app, WIKI, &secret).await, None);
    // Even where someone has put it into an address.
    ann.get(&format!("/{secret}")).await;
    ann.get(&format!("/?key={secret}")).await;
    asked(&app, "/forward-auth/answer", (GIT, "GET", &format!("/{secret}")), &[]).await;
    put_in_front(&app, APPS);
    let log = log.text();
    assert!(log.contains("key_made") && !log.contains(&secret) && !log.contains(&secret[4..]), "{log}");
}
