//! What every route answers, to someone who is signed out, to someone whose registration is not confirmed, to another person and to an
//! administrator. The list of routes comes from the product, so a new one is not in the table and fails.

use std::fmt::Write;

use gatepost::domain::Settings;
use gatepost::domain::operator::Role;
use gatepost::domain::ports::Versioned;
use gatepost::domain::record::Record;
use gatepost::domain::record::account::Account;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::password::Cost;
use gatepost::path;
use gatepost::web::{Door as OfPath, methods};
use hyper::Method;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door, path_of};
use crate::harness::http::Reply;
use crate::harness::limits::unlimited;
use crate::profile::{ANN, OTHER, PASSWORD};

const UNCONFIRMED: &str = "una@example.org";
const BOB: &str = "bob@example.org";
const ADMIN: &str = "adm@example.org";

/// A server, and what belongs to Ann there.
struct Scene {
    app: App,
    door: Door,
    link: String,
    session: String,
    letter: String,
    asset: String,
}

impl Scene {
    async fn new(door: Door) -> Self {
        let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        let app = App::start_as(Settings { password_cost: cost, ..unlimited() }).await;
        let mut ann = app.caller(door);
        ann.register(ANN, PASSWORD).await;
        assert_eq!(ann.follow(&app.letter_to(ANN).await.link).await, Answer::Done);
        app.caller(door).ask(ANN).await;
        let link = path_of(&app.letter_to(ANN).await.link).rsplit('/').next().unwrap().to_owned();
        let page = app.caller(Door::Pages).get(path::SIGN_IN).await.body;
        let (_, asset) = page.split_once(path::ASSETS).unwrap();
        let asset = asset.split('"').next().unwrap().to_owned();
        let (session, letter) = (ann.sessions().await[0].0.clone(), app.letters()[0].id.to_string());
        Self { app, door, link, session, letter, asset }
    }

    /// The four columns of the table.
    async fn callers(&self) -> [Caller; 4] {
        let (app, door) = (&self.app, self.door);
        let mut unconfirmed = app.caller(door);
        assert_eq!(unconfirmed.register(UNCONFIRMED, PASSWORD).await, Answer::Done);
        app.letter_to(UNCONFIRMED).await;
        let address = EmailAddress::parse(ADMIN).unwrap();
        app.house.gatepost.add_account(&address, Role::Admin, &Client::operator()).await.unwrap();
        [app.caller(door), unconfirmed, app.signed_in(door, BOB).await, app.signed_in(door, ADMIN).await]
    }

    /// A path with Ann's things in place of its variable parts.
    fn filled(&self, pattern: &str) -> String {
        let bare = pattern.strip_prefix(path::API).unwrap_or(pattern);
        let part = match bare {
            _ if bare.starts_with(path::LINK) => &self.link,
            _ if bare.starts_with(path::PROFILE_SESSIONS) => &self.session,
            _ if bare.starts_with(path::MAILBOX) || bare.starts_with(path::ADMIN) => &self.letter,
            _ => &self.asset,
        };
        let parts = pattern.split('/').map(|it| if it.starts_with('{') { part.as_str() } else { it });
        parts.collect::<Vec<_>>().join("/")
    }

    /// Everything of Ann's that someone else could change.
    async fn anns(&self) -> (Account, usize) {
        let account = self.app.account(ANN).await;
        let all = self.app.session_records().await.into_iter();
        let is_own =
            |found: &Versioned| matches!(&found.record, Record::Session(it) if it.account == account.id);
        let own = all.filter(is_own).count();
        (account, own)
    }
}

/// The fields that a person would send there.
fn fields(pattern: &str, caller: &Caller) -> Vec<(&'static str, String)> {
    let bare = pattern.strip_prefix(path::API).unwrap_or(pattern);
    let fields = match bare {
        path::SIGN_IN | path::FORGOT_PASSWORD => vec![("email", "someone@example.org")],
        path::PROFILE_EMAIL => vec![("email", "new@example.org")],
        path::REGISTER => vec![("email", "someone@example.org"), ("password", PASSWORD)],
        path::SIGN_IN_PASSWORD => vec![("email", ANN), ("password", OTHER)],
        path::CODE => vec![("code", "000000")],
        path::PROFILE_PASSWORD => vec![("password", OTHER)],
        path::REAUTHENTICATE => vec![("password", PASSWORD)],
        path::PROFILE_DELETE => vec![("confirm", "delete")],
        _ => vec![],
    };
    let mut fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    if [path::CODE, path::RESEND].contains(&bare) && caller.door == Door::Json {
        let request = caller.newest_request().pop();
        fields.push(request.unwrap_or(("request", "none".to_owned())));
    }
    fields
}

/// Status and code, and where it leads.
fn cell(reply: &Reply) -> String {
    let is_problem = reply.header("content-type") == Some("application/problem+json");
    let code = if is_problem {
        reply.json()["code"].as_str().map(str::to_owned)
    } else {
        reply.header("x-problem").map(str::to_owned)
    };
    let place = reply.header("location").map(|place| place.split('?').next().unwrap().to_owned());
    let parts = [Some(reply.status.as_u16().to_string()), code, place];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Opens a page as it is, then only its head. Neither changes anything.
async fn opened(scene: &Scene, caller: &mut Caller, place: &str) -> Reply {
    let before = scene.app.all_records().await;
    let cookies = caller.cookies.clone();
    let head = caller.send(Method::HEAD, place, &[], "").await;
    caller.cookies.clone_from(&cookies);
    let reply = caller.get(place).await;
    assert_eq!((head.status, head.body.as_str()), (reply.status, ""), "HEAD {place}");
    assert!(scene.app.all_records().await == before, "opening {place} changes something");
    reply
}

/// One line of the table.
async fn row(pattern: &str, method: &Method) -> String {
    let door = if OfPath::of(pattern) == OfPath::Json { Door::Json } else { Door::Pages };
    let scene = Scene::new(door).await;
    let place = scene.filled(pattern);
    let mut row = format!("{:4} {:34}", method.as_str(), pattern.replace("{part}", "{…}"));
    for mut caller in scene.callers().await {
        let before = scene.anns().await;
        let reply = if *method == Method::GET {
            opened(&scene, &mut caller, &place).await
        } else {
            let fields = fields(pattern, &caller);
            let bare = place.strip_prefix(path::API).unwrap_or(&place);
            caller.sent(bare, &fields).await
        };
        assert!(scene.anns().await == before, "{method} {pattern} changes another account");
        write!(row, " | {:29}", cell(&reply)).unwrap();
    }
    scene.app.read_all().await;
    row.trim_end().to_owned()
}

/// SEC-62, SEC-74, G-23.
#[tokio::test]
async fn every_route_answers_each_role_as_the_table_says() {
    let app = App::start_unlimited().await;
    let mut rows = Vec::new();
    for (pattern, methods) in methods(&app.house) {
        for method in methods {
            let row = row(&pattern, &method).await;
            let is_personal = [path::PROFILE, path::REAUTHENTICATE, path::SESSION, path::ADMIN]
                .iter()
                .any(|own| pattern.strip_prefix(path::API).unwrap_or(&pattern).starts_with(own));
            let signed_out = row.split('|').nth(1).unwrap().trim();
            assert!(!is_personal || !signed_out.starts_with('2'), "no one is signed in: {row}");
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| row[5..].to_owned());
    let head = format!(
        "{:39} | {:29} | {:29} | {:29} | administrator",
        "", "signed out", "unconfirmed", "another person"
    );
    insta::assert_snapshot!(format!("{head}\n{}", rows.join("\n")));
}

/// SEC-74.
#[tokio::test]
async fn each_path_accepts_only_its_own_methods() {
    let app = App::start_unlimited().await;
    let usual = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
        Method::TRACE,
    ];
    let invented = ["BREW", "PROPFIND", "get"].map(|name| Method::from_bytes(name.as_bytes()).unwrap());
    for (pattern, methods) in methods(&app.house) {
        let place = pattern.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let place = place.collect::<Vec<_>>().join("/");
        for method in usual.iter().chain(&invented).filter(|method| !methods.contains(method)) {
            let mut caller = app.caller(Door::Pages);
            // From the page of another site, so that nothing but the method has been looked at.
            let other = [("origin", "https://elsewhere.example")];
            let reply = caller.send(method.clone(), &place, &other, "").await;
            assert_eq!(cell(&reply), "405 method_not_allowed", "{method} {place}");
            let allowed: Vec<&str> = reply.header("allow").unwrap().split(", ").collect();
            assert!(methods.iter().all(|method| allowed.contains(&method.as_str())), "{place} {allowed:?}");
            assert_eq!(allowed.contains(&"HEAD"), methods.contains(&Method::GET), "{place} {allowed:?}");
        }
    }
    for place in ["/nowhere", "/api/nowhere"] {
        for method in &invented {
            let reply = app.caller(Door::Pages).send(method.clone(), place, &[], "").await;
            assert_eq!(cell(&reply), "405 method_not_allowed", "{method} {place}");
        }
        assert_eq!(cell(&app.caller(Door::Pages).get(place).await), "404 not_found");
    }
}
