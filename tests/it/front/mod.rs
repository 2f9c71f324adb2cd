//! In front of apps on other hosts, as a proxy asks about each request: with the four headers that it sets, and
//! without the proxy itself.

mod acts;
mod answers;
pub(crate) mod browser;
mod cookies;
mod doors;
mod outage;
mod paths;
mod questions;
mod rules;
mod tickets;
mod visits;
mod walks;

use std::fs;
use std::net::Ipv4Addr;
use std::sync::Arc;

use gatepost::config::{Config, Options};
use gatepost::web::Site;
use gatepost::web::apps::Apps;

use crate::harness::app::App;
use crate::harness::running::PROXY;

pub(crate) const WIKI: &str = "https://wiki.example.org";
const GIT: &str = "https://git.example.net";
const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.net";
const PASSWORD: &str = "three brown dogs on a boat";

/// Two apps on two domains, both for everyone.
pub(crate) const TWO: &str = r#"
[[apps]]
url = "https://wiki.example.org"
name = "Wiki"
allow = ["*"]
[[apps]]
url = "https://git.example.net"
allow = ["*"]
"#;

/// The apps of a configuration.
pub(crate) fn apps_of(text: &str) -> Arc<Apps> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any.toml");
    let whole = format!(
        "public_url = \"https://id.example.org\"\ntrusted_proxies = [\"127.0.0.1\"]\nregistration = false\n{text}\n\
         [mail]\ntransport = \"sendmail\"\nfrom = \"id@example.org\"\n"
    );
    fs::write(&path, whole).unwrap();
    let options = Options { file: Some(path), ignores_environment: true, ..Options::default() };
    Config::load(&options).unwrap_or_else(|mistakes| panic!("{mistakes}")).config.apps
}

/// From the next request on, the server is in front of these apps.
fn put_in_front(app: &App, text: &str) {
    let site = Site { apps: apps_of(text), ..(*app.house.site).clone() };
    app.work.turn(site);
}

/// A server in front of these apps. People sign in more often than the limits allow.
async fn in_front_of(text: &str) -> App {
    let app = App::start_unlimited().await;
    put_in_front(&app, text);
    app
}

/// The address of this machine that the proxy has.
fn proxy() -> Ipv4Addr {
    PROXY.parse().unwrap()
}
