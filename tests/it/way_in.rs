//! Why someone can't get in, in the words for whoever looks after accounts.

use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::domain::operator::Role;
use gatepost::domain::ports::Clock;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::limits::Limits;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::limits::NO_LIMITS;
use crate::mail::sink::{Act, Security, Sink, Stage};

both_doors! {
    nothing_is_in_the_way_of_someone_who_has_just_signed_in,
    a_disabled_account_is_named_first,
    emails_codes_and_passwords_that_are_used_up_are_named_until_they_are_free_again,
    an_email_that_was_refused_is_told_with_what_the_mail_server_said,
    an_email_that_waits_is_told_once_it_waits_longer_than_usual,
}

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";

impl App {
    /// The sentences about ANN.
    async fn told(&self) -> Vec<String> {
        let way_in = self.house.gatepost.way_in(&self.account(ANN).await).await.unwrap();
        way_in.sentences(self.clock.now())
    }

    /// The codes about ANN, and whether each has an end.
    async fn in_the_way(&self) -> Vec<(&'static str, bool)> {
        let way_in = self.house.gatepost.way_in(&self.account(ANN).await).await.unwrap();
        way_in.reasons.iter().map(|reason| (reason.code(), reason.until().is_some())).collect()
    }

    async fn add_ann(&self) {
        let ann = EmailAddress::parse(ANN).unwrap();
        self.house.gatepost.add_account(&ann, Role::Member, &Client::server()).await.unwrap();
    }
}

async fn nothing_is_in_the_way_of_someone_who_has_just_signed_in(door: Door) {
    let app = App::start().await;
    app.add_ann().await;
    assert_eq!(app.told().await, ["Nothing is in the way."]);
    let mut ann = app.signed_in(door, ANN).await;
    let day = jiff::Timestamp::from(app.clock.now()).strftime("%-d %B").to_string();
    let told = [format!("Nothing is in the way. Last signed in on {day} with a link.")];
    assert_eq!(app.told().await, told);
    // What is known only from the history counts, too.
    assert_eq!(ann.sign_out().await, Answer::Done);
    assert_eq!(app.told().await, told);
    assert!(app.in_the_way().await.is_empty());
}

async fn a_disabled_account_is_named_first(door: Door) {
    let limits = Limits { mails_per_address_15m: 1, ..NO_LIMITS };
    let app = App::start_as(Settings { limits, ..Settings::default() }).await;
    app.signed_in(door, ANN).await;
    app.disable(ANN).await;
    let told = app.told().await;
    assert_eq!(told[0], "This account is disabled.");
    assert_eq!(app.in_the_way().await, [("account_disabled", false), ("too_many_mails", true)]);
    app.enable(ANN).await;
    assert_eq!(app.told().await, told[1..]);
}

async fn emails_codes_and_passwords_that_are_used_up_are_named_until_they_are_free_again(door: Door) {
    let limits =
        Limits { mails_per_address_15m: 2, codes_per_address_day: 2, tries_per_address_15m: 2, ..NO_LIMITS };
    let app = App::start_as(Settings { limits, ..Settings::default() }).await;
    app.add_ann().await;
    let mut ann = app.caller(door);
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    let wrong = app.letter_to(ANN).await.wrong_code();
    for _ in 0..2 {
        assert_eq!(ann.type_code(&wrong).await, Answer::refused_field(422, "wrong_code", "code"));
        let refused = ann.sign_in_with_password(ANN, PASSWORD).await;
        assert_eq!(refused, Answer::refused(401, "invalid_credentials"));
    }
    assert_eq!(app.in_the_way().await, [("too_many_codes", true), ("too_many_tries", true)]);
    assert_eq!(app.caller(door).ask(ANN).await, Answer::Done);
    app.letter_to(ANN).await;
    let free = app.clock.now().plus(Duration::from_mins(15));
    let free = jiff::Timestamp::from(free).strftime("%H:%M").to_string();
    let told = app.told().await;
    assert!(
        told[0].starts_with(&format!("Too many emails were requested. The next can be sent at {free}")),
        "{told:?}"
    );
    assert_eq!(told[1], "Too many wrong codes today (2 of 2). The link in the email still works.");
    assert_eq!(told[2], "Too many password tries. Signing in by email still works.");
    app.clock.advance(Duration::from_mins(15));
    assert_eq!(app.in_the_way().await, [("too_many_codes", true)]);
    app.clock.advance(Duration::from_hours(24));
    assert!(app.in_the_way().await.is_empty());
}

async fn an_email_that_was_refused_is_told_with_what_the_mail_server_said(door: Door) {
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Rcpt => Act::say("550 5.1.1 no such person"),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp(sink.port).await;
    app.add_ann().await;
    app.caller(door).ask(ANN).await;
    app.pass(Duration::ZERO).await;
    while app.house.gatepost.has_letters().await.unwrap() {
        tokio::task::yield_now().await;
    }
    let told = app.told().await;
    assert!(told[0].starts_with("The last email was not delivered. The mail server said: "), "{told:?}");
    assert!(told[0].contains("no such person"), "{told:?}");
    assert_eq!(app.in_the_way().await[0], ("email_refused", false));
}

async fn an_email_that_waits_is_told_once_it_waits_longer_than_usual(door: Door) {
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Rcpt => Act::say("451 4.3.0 come back later"),
        _ => Act::Behave,
    })
    .await;
    let app = App::start_with_smtp(sink.port).await;
    app.add_ann().await;
    let asked = jiff::Timestamp::from(app.clock.now()).strftime("%H:%M").to_string();
    app.caller(door).ask(ANN).await;
    while app.in_the_way().await.is_empty() {
        tokio::task::yield_now().await;
    }
    let told = app.told().await;
    let begin = format!("An email has been waiting to be sent since {asked}. The mail server said: ");
    assert!(told[0].starts_with(&begin) && told[0].contains("come back later"), "{told:?}");
    assert_eq!(app.in_the_way().await, [("email_waiting", false)]);
}
