//! The numbers of the requirements at their full size. The crowd comes through the doors without a socket, each
//! client with an address of its own.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::record::limits::Limits;
use hyper::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Door, path_of};
use crate::harness::http::Reply;
use crate::harness::inside::Inside;

const ANN: &str = "ann@example.org";
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Very many clients.
#[derive(Clone)]
struct Crowd(Arc<Inside>);

impl Crowd {
    fn of(app: &App) -> Self {
        Self(Arc::new(app.inside(&format!("http://localhost:{}", app.server.port()))))
    }

    /// Sends what a program sends, from the client with this number.
    async fn call(&self, client: u32, path: &str, body: Value) -> Reply {
        let headers = ("content-type", &b"application/json"[..]);
        self.post(client, &format!("/api{path}"), headers, body.to_string()).await
    }

    /// Sends the form of a page.
    async fn submit(&self, client: u32, path: &str, form: &str) -> Reply {
        let headers = ("content-type", &b"application/x-www-form-urlencoded"[..]);
        self.post(client, path, headers, form.to_owned()).await
    }

    async fn post(&self, client: u32, path: &str, kind: (&str, &[u8]), body: String) -> Reply {
        let address = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + client).to_string();
        let lines = [kind, ("x-forwarded-for", address.as_bytes())];
        self.0.send(Method::POST, path.as_bytes(), &lines, body.as_bytes()).await.unwrap()
    }

    /// Requests an email, through the one door or the other.
    async fn ask(self, client: u32, email: String) -> Reply {
        if client.is_multiple_of(2) {
            self.call(client, "/sign-in", json!({ "email": email })).await
        } else {
            self.submit(client, "/sign-in", &format!("email={email}")).await
        }
    }

    /// Redeems a link deliberately, in a browser or a program that has nothing of its request.
    async fn redeem(self, client: u32, link: String) -> Reply {
        if client.is_multiple_of(2) {
            self.call(client, &link, json!({ "confirm": "yes" })).await
        } else {
            self.submit(client, &link, "confirm=yes").await
        }
    }
}

/// How many of these were done. All others have to be refused with this status and code.
async fn done(mut asking: JoinSet<Reply>, status: u16, code: &str) -> usize {
    let mut done = 0;
    while let Some(reply) = asking.join_next().await {
        let reply = reply.unwrap();
        if reply.status.as_u16() < 400 {
            done += 1;
        } else {
            let is_it = reply.header("x-problem") == Some(code) || reply.body.contains(code);
            assert!(reply.status == status && is_it, "{reply:?}");
        }
    }
    done
}

/// SEC-24.
#[ignore = "takes a minute: just full-size"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_links_that_fifty_redeem_at_once_give_one_session_each() {
    for round in 0..20 {
        let app = App::start_on_disk().await;
        let crowd = Crowd::of(&app);
        for number in 0..100 {
            let email = format!("p{number}@example.org");
            let asked = crowd.clone().ask(number, email.clone()).await;
            assert!(asked.status.as_u16() < 400, "{asked:?}");
            let link = path_of(&app.letter_to(&email).await.link);
            let mut redeeming = JoinSet::new();
            for client in 0..50 {
                redeeming.spawn(crowd.clone().redeem(client, link.clone()));
            }
            assert_eq!(done(redeeming, 410, "invalid_link").await, 1, "{round}: {email}");
        }
        let records = app.records().await;
        assert_eq!((records.accounts, records.sessions), (100, 100), "{round}");
    }
}

/// SEC-52. Every five minutes, 250 requests from a hundred clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_thousand_requests_for_one_address_ten_a_day_send_an_email_and_its_owner_gets_more() {
    let app = App::start().await;
    let mut ann = app.signed_in(Door::Pages, ANN).await;
    assert_eq!(ann.sign_out().await, Answer::Done);
    app.clock.advance(DAY);
    let (crowd, before) = (Crowd::of(&app), app.arrived());
    let (mut sent, mut own) = (Vec::new(), 0);
    for step in 0..40 {
        let mut asking = JoinSet::new();
        for number in 0..250 {
            asking.spawn(crowd.clone().ask(number % 100, ANN.to_owned()));
        }
        sent.push(done(asking, 429, "too_many_mails").await);
        // A browser that has been signed in before gets an email at once, ten a day like everyone.
        if step % 4 == 3 {
            assert_eq!(ann.ask(ANN).await, Answer::Done, "{step}");
            own += 1;
        }
        app.read_all().await;
        app.clock.advance(5 * MINUTE);
    }
    assert_eq!(sent[..10], [3, 0, 0, 3, 0, 0, 3, 0, 0, 1]);
    assert!(sent[10..].iter().all(|sent| *sent == 0), "{sent:?}");
    assert_eq!((app.arrived() - before, own), (20, 10));
    // Elsewhere, the owner waits until the first of them are a day old.
    let mut elsewhere = app.caller(Door::Pages);
    app.clock.advance(DAY.saturating_sub(40 * 5 * MINUTE + MINUTE));
    assert_eq!(elsewhere.ask(ANN).await, Answer::refused(429, "too_many_mails"));
    app.clock.advance(MINUTE);
    assert_eq!(elsewhere.ask(ANN).await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(elsewhere.follow(&letter.link).await, Answer::Done);
}

/// SEC-52. From a thousand clients, so that the limit of each is not reached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_thousand_requests_for_ten_thousand_addresses_no_more_send_an_email_than_the_server_may() {
    let app = App::start().await;
    let mut ann = app.signed_in(Door::Json, ANN).await;
    app.clock.advance(2 * HOUR);
    let (crowd, before) = (Crowd::of(&app), app.arrived());
    let most = Limits::default().mails_per_hour;
    let strangers = most - most / 4;
    let mut sent = 0;
    for batch in 0..20 {
        let mut asking = JoinSet::new();
        for number in batch * 500..(batch + 1) * 500 {
            asking.spawn(crowd.clone().ask(number % 1_000, format!("p{number}@example.org")));
        }
        sent += done(asking, 429, "too_many_mails").await;
        app.read_all().await;
    }
    assert_eq!((sent, app.arrived() - before), (strangers, strangers.try_into().unwrap()));
    // The rest is kept for people who are signed in.
    assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
    assert_eq!(app.caller(Door::Json).ask("bob@example.org").await, Answer::refused(429, "too_many_mails"));
    app.clock.advance(HOUR);
    assert_eq!(app.caller(Door::Json).ask("bob@example.org").await, Answer::Done);
    app.read_all().await;
}
