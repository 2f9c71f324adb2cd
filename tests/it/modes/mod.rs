//! Who can get an account without the operator: `[registration] mode`, in each of its forms.

mod changes;
mod domains;
mod equality;
mod meanwhile;
mod queued;
mod registering;
mod signing_in;

use gatepost::domain::Settings;
use gatepost::domain::operator::Role;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::registration::{DomainRule, Domains, RegistrationMode};

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::unlimited;

/// In the domains of [`by_domain`].
const INSIDE: &str = "ann@example.org";
/// In none of them.
const OUTSIDE: &str = "ann@example.com";
const PASSWORD: &str = "three quiet otters";
/// The rule of [`by_domain`], as people read it.
const RULE: &str = "example.org or a subdomain of example.net";

/// Mode `domains` with these.
fn domains(rules: &[&str]) -> RegistrationMode {
    let rules = rules.iter().map(|rule| DomainRule::parse(rule).unwrap());
    RegistrationMode::Domains(Domains::new(rules.collect()).unwrap())
}

fn by_domain() -> RegistrationMode {
    domains(&["example.org", "*.example.net"])
}

/// Each mode, with whether it accepts `INSIDE`, and whether it accepts `OUTSIDE`.
fn modes() -> [(RegistrationMode, [bool; 2]); 4] {
    [
        (RegistrationMode::Open, [true, true]),
        (by_domain(), [true, false]),
        (RegistrationMode::Invite, [false, false]),
        (RegistrationMode::Closed, [false, false]),
    ]
}

/// Each mode and address, with whether one accepts the other.
fn cases() -> impl Iterator<Item = (RegistrationMode, &'static str, bool)> {
    modes()
        .into_iter()
        .flat_map(|(mode, [inside, outside])| [(mode.clone(), INSIDE, inside), (mode, OUTSIDE, outside)])
}

fn settings(registration: RegistrationMode) -> Settings {
    Settings { registration, ..unlimited() }
}

async fn start(mode: RegistrationMode) -> App {
    App::start_as(settings(mode)).await
}

impl App {
    /// From the next request on, as after a reload of the configuration.
    fn change_mode(&self, mode: RegistrationMode) {
        self.house.gatepost.change_settings(settings(mode));
    }
}

/// An account from the command line.
async fn add_account(app: &App, email: &str) {
    let address = EmailAddress::parse(email).unwrap();
    app.house.gatepost.add_account(&address, Role::Member, &Client::operator()).await.unwrap();
}

/// Its owner, signed in with a link from the command line.
async fn by_link(app: &App, door: Door, email: &str) -> Caller {
    let address = EmailAddress::parse(email).unwrap();
    let link = app.house.gatepost.hand_out_link(&address, &Client::operator()).await.unwrap();
    let mut caller = app.caller(door);
    let link = format!("http://localhost/link/{}", link.token.as_str());
    assert_eq!(caller.follow_deliberately(&link).await, Answer::Done, "{email}");
    caller
}

/// The owner of an account from the command line, signed in by email.
async fn member(app: &App, door: Door, email: &str) -> Caller {
    add_account(app, email).await;
    app.signed_in(door, email).await
}

/// What a mode says to an address that it does not accept.
fn refusal(mode: &RegistrationMode) -> Answer {
    match mode {
        RegistrationMode::Domains(_) => outside(),
        _ => Answer::refused(403, "registration_closed"),
    }
}

/// The answer to someone whose address is in none of the domains.
fn outside() -> Answer {
    Answer::refused_field(403, "registration_closed", "email")
}

fn dead_link() -> Answer {
    Answer::refused(410, "invalid_link")
}

fn dead_code() -> Answer {
    Answer::refused(410, "invalid_request")
}

/// The text of the last response.
fn said(caller: &Caller) -> &str {
    &caller.last.as_ref().unwrap().body
}
