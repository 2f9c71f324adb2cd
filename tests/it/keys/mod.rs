//! Keys for programs: a person makes one for one app, and a program opens that app with it. The proxy asks as in `front`,
//! without the proxy itself.

mod ending;
mod lists;
mod making;
mod opening;

use std::time::Duration;

use gatepost::web::Site;
use hyper::Method;

use crate::front::apps_of;
use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::http::{Reply, Way, send};
use crate::harness::running::PROXY;

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.net";
const WIKI: &str = "wiki.example.org";
const GIT: &str = "git.example.net";
const DAY: Duration = Duration::from_hours(24);
/// A form that is sent again within this time counts as sent twice.
const NOT_TWICE: Duration = Duration::from_secs(11);

/// One app that takes keys in the header of our own, one that takes them as passwords too, one that takes none, and one
/// that only Bob may open.
const APPS: &str = r#"
[[apps]]
url = "https://wiki.example.org"
allow = ["*"]
public = ["/open"]
keys = "header"
[[apps]]
url = "https://git.example.net"
allow = ["*"]
keys = "basic"
keys_forever = true
[[apps]]
url = "https://off.example.org"
allow = ["*"]
[[apps]]
url = "https://bob.example.org"
allow = ["bob@example.net"]
keys = "header"
keys_forever = true
"#;

/// From the next request on, the server is in front of these apps.
fn put_in_front(app: &App, text: &str) {
    let site = Site { apps: apps_of(text), ..(*app.house.site).clone() };
    app.work.turn(site);
}

/// A server in front of the apps.
async fn in_front() -> App {
    let app = App::start_unlimited().await;
    put_in_front(&app, APPS);
    app
}

/// A key that was made.
#[derive(Clone, Debug)]
struct Made {
    id: String,
    secret: String,
}

fn fields(name: &str, host: &str, expires: &str) -> Vec<(&'static str, String)> {
    vec![("name", name.to_owned()), ("app", host.to_owned()), ("expires", expires.to_owned())]
}

/// Tries to make a key.
async fn try_make(caller: &mut Caller, name: &str, host: &str, expires: &str) -> Answer {
    caller.act("/profile/keys", &fields(name, host, expires)).await
}

/// Makes a key, and reads its secret where the door shows it.
async fn make(caller: &mut Caller, name: &str, host: &str, expires: &str) -> Made {
    assert_eq!(try_make(caller, name, host, expires).await, Answer::Done, "{:?}", caller.last);
    if caller.door == Door::Json {
        let key = caller.last.as_ref().unwrap().json()["key"].clone();
        let text = |field: &str| key[field].as_str().unwrap().to_owned();
        return Made { id: text("id"), secret: text("secret") };
    }
    let page = caller.leads_to().unwrap();
    let secret = shown(&caller.opened(&page).await.body).unwrap();
    Made { id: page.rsplit('/').next().unwrap().to_owned(), secret }
}

/// The secret that a page shows.
fn shown(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("value=\"gpk_")?;
    Some(format!("gpk_{}", rest.split_once('"').unwrap().0))
}

/// Asks about a request to an app, as its proxy does.
async fn asked(
    app: &App,
    path: &str,
    (host, method, target): (&str, &str, &str),
    headers: &[(&str, &str)],
) -> Reply {
    let mut all = vec![
        ("host", "127.0.0.1:8080"),
        ("x-forwarded-host", host),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-method", method),
        ("x-forwarded-uri", target),
    ];
    all.extend(headers);
    let way = Way::from_proxy(PROXY.parse().unwrap(), app.server);
    send(way, Method::GET, &format!("{path}?app={host}"), &all, "").await
}

async fn ask(app: &App, host: &str, headers: &[(&str, &str)]) -> Reply {
    asked(app, "/forward-auth/answer", (host, "GET", "/page"), headers).await
}

/// Whom a key opens an app for.
async fn opens(app: &App, host: &str, secret: &str) -> Option<String> {
    let reply = ask(app, host, &[("gatepost-key", secret)]).await;
    if reply.status == 204 {
        return reply.header("remote-email").map(str::to_owned);
    }
    assert_eq!((reply.status.as_u16(), reply.header("x-problem")), (401, Some("invalid_key")));
    assert!(reply.header("location").is_none() && reply.header("set-cookie").is_none());
    assert_eq!(reply.header("remote-user"), Some(""));
    None
}

/// What a program sends for HTTP Basic.
fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// Signs in once more, so that the sign-in is recent.
async fn again(app: &App, door: Door, email: &str) -> Caller {
    app.signed_in(door, email).await
}
