//! A stranger walks through everything that the requests allow.

use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::operator::Role;
use gatepost::domain::ports::Clock;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::password::Cost;

use super::owner::{Before, Middle, happen, link_to, prepare};
use super::{ANN, PASSWORD, WAIT};
use crate::harness::app::{App, without_random_values};
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::limits::unlimited;

const EVE: &str = "eve@example.org";
const NEWER: &str = "planted a little later";
const DAY: Duration = Duration::from_hours(24);
/// Events of the same moment are listed in any order.
const MOMENT: Duration = Duration::from_millis(1);

/// A stranger who holds one request of every kind.
pub(super) struct Walk {
    app: App,
    door: Door,
    is_htmx: bool,
    registered: Caller,
    asked: Caller,
    forgot: Caller,
    /// Signed in to an account of their own, which asks to change to the address.
    changing: Caller,
    seen: Vec<Seen>,
}

/// A response to the stranger.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) when: &'static str,
    pub(super) request: Held,
    response: String,
}

/// Which of the stranger's requests a response is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Held {
    Registration,
    SignIn,
    Reset,
    Change,
    /// None of them.
    Nothing,
}

/// Passwords that take no time, because many are entered.
pub(super) fn settings() -> Settings {
    let cheap = Cost { memory_kib: 8, passes: 1, lanes: 1 };
    // A walk asks more often than the limits allow.
    Settings { password_cost: cheap, ..unlimited() }
}

impl Walk {
    /// All responses to the stranger.
    pub(super) async fn through(door: Door, is_htmx: bool, before: Before, middle: Middle) -> Vec<Seen> {
        Self::with(App::start_as(settings()).await, door, is_htmx, before, middle).await
    }

    /// The same with a server that has just been started.
    pub(super) async fn with(
        app: App,
        door: Door,
        is_htmx: bool,
        before: Before,
        middle: Middle,
    ) -> Vec<Seen> {
        let began = app.clock.now();
        let undo = prepare(&app, door, before).await;
        let changing = eve(&app, door).await.with_script(is_htmx);
        app.clock.advance_to(began.plus(Duration::from_mins(5)));
        let stranger = || app.caller(door).with_script(is_htmx);
        let (registered, asked, forgot) = (stranger(), stranger(), stranger());
        let mut walk = Self { app, door, is_htmx, registered, asked, forgot, changing, seen: vec![] };
        let planted = walk.plant().await;
        walk.app.clock.advance_to(began.plus(Duration::from_mins(6)));
        happen(&walk.app, door, middle, undo.as_deref(), planted.as_deref()).await;
        walk.app.read_all().await;
        if middle == Middle::Restored {
            walk = walk.restored().await;
        }
        walk.app.clock.advance_to(began.plus(Duration::from_mins(8)));
        walk.go_on().await;
        walk.seen
    }

    async fn restored(self) -> Self {
        let Self { app, door, is_htmx, registered, asked, forgot, changing, seen } = self;
        app.note_restored().await;
        let app = app.restarted_as(settings()).await;
        let [registered, asked, forgot, changing] =
            [registered, asked, forgot, changing].map(|caller| caller.at(app.server));
        Self { app, door, is_htmx, registered, asked, forgot, changing, seen }
    }

    /// Requests one email of every kind, and returns the link of the registration.
    async fn plant(&mut self) -> Option<String> {
        assert_eq!(self.registered.register(ANN, PASSWORD).await, Answer::Done);
        self.note("register");
        let planted = link_to(&self.app, ANN).await;
        assert_eq!(self.asked.ask(ANN).await, Answer::Done);
        assert_eq!(self.forgot.forgot_password(ANN).await, Answer::Done);
        assert_eq!(self.changing.change_email(ANN).await, Answer::Done);
        self.note("plant");
        self.app.read_all().await;
        planted
    }

    async fn go_on(&mut self) {
        self.look("after it").await;
        self.passwords().await;
        self.wrong_codes("first wrong code").await;
        for name in ["another email", "another email at once"] {
            self.resend(name).await;
        }
        self.app.clock.advance(WAIT);
        // The form once more, with another password.
        self.registered.register(ANN, NEWER).await;
        self.asked.ask(ANN).await;
        self.forgot.forgot_password(ANN).await;
        self.changing.change_email(ANN).await;
        self.note("the form again");
        self.app.read_all().await;
        self.passwords().await;
        for name in ["second", "third", "fourth", "fifth", "one too many"] {
            self.wrong_codes(name).await;
        }
        self.look("codes used up").await;
        self.app.clock.advance(WAIT);
        // The registration is the first to get one.
        let end = self.app.clock.now().plus(MOMENT).plus(DAY);
        self.resend("a new code").await;
        self.passwords().await;
        self.wrong_codes("wrong again").await;
        self.look("a new code").await;
        self.changing.cancel_email_change().await;
        self.note("cancelled");
        // The registration's last moment, and its end.
        self.app.clock.advance_to(end.minus(MOMENT));
        // What has expired is there until the sweeper comes, sooner or later.
        self.app.sweep().await;
        self.passwords().await;
        self.look("the last moment").await;
        self.app.clock.advance_to(end);
        self.app.sweep().await;
        self.passwords().await;
        self.wrong_codes("too late").await;
        self.resend("too late").await;
        self.look("the end").await;
    }

    /// Everything that can be seen without doing anything.
    async fn look(&mut self, when: &'static str) {
        let pages: &[&str] = match self.door {
            Door::Pages => &["/unconfirmed", "/check-inbox", "/sign-in", "/register", "/profile", "/"],
            Door::Json => &["/api/profile", "/api/session"],
        };
        for page in pages {
            for caller in [&mut self.registered, &mut self.asked, &mut self.forgot, &mut self.changing] {
                caller.get(page).await;
            }
            self.note(when);
        }
    }

    /// Signs in with every password, in browsers that have never been here.
    async fn passwords(&mut self) {
        for password in [PASSWORD, NEWER, "never entered before"] {
            let mut elsewhere = self.app.caller(self.door).with_script(self.is_htmx);
            elsewhere.sign_in_with_password(ANN, password).await;
            let response = shown(&self.app, &elsewhere);
            self.seen.push(Seen { when: password, request: Held::Nothing, response });
        }
    }

    async fn wrong_codes(&mut self, when: &'static str) {
        for caller in [&mut self.registered, &mut self.asked, &mut self.changing] {
            caller.type_code("no code").await;
        }
        self.note(when);
        for caller in [&mut self.registered, &mut self.asked, &mut self.changing] {
            self.app.clock.advance(MOMENT);
            caller.type_code("000000").await;
        }
        self.forgot.reset_by_code("000000", "short").await;
        self.note(when);
    }

    async fn resend(&mut self, when: &'static str) {
        for caller in [&mut self.registered, &mut self.asked, &mut self.forgot, &mut self.changing] {
            self.app.clock.advance(MOMENT);
            caller.resend().await;
        }
        self.note(when);
        self.app.read_all().await;
    }

    /// The last response to each.
    fn note(&mut self, when: &'static str) {
        for (request, caller) in [
            (Held::Registration, &self.registered),
            (Held::SignIn, &self.asked),
            (Held::Reset, &self.forgot),
            (Held::Change, &self.changing),
        ] {
            if caller.last.is_some() {
                self.seen.push(Seen { when, request, response: shown(&self.app, caller) });
            }
        }
    }
}

/// The stranger's own account. The operator has made it, which takes no email.
async fn eve(app: &App, door: Door) -> Caller {
    let address = EmailAddress::parse(EVE).unwrap();
    let added = app.house.gatepost.add_account(&address, Role::Member, &Client::operator()).await;
    app.clock.advance(MOMENT);
    let mut eve = app.caller(door);
    let link = format!("http://localhost/link/{}", added.unwrap().token.as_str());
    assert_eq!(eve.follow_deliberately(&link).await, Answer::Done);
    eve
}

fn shown(app: &App, caller: &Caller) -> String {
    let port = app.server.port().to_string();
    without_random_values(caller.last.as_ref().unwrap()).replace(&port, "port")
}
