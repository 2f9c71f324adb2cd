//! A disabled account: an email, and nothing else, says so to anyone who requests one for its address.

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::mail::sink::{Act, Security, Sink};

both_doors! {
    the_owner_of_a_disabled_account_is_told_by_email_whatever_was_asked,
    an_account_that_is_enabled_again_gets_links_again,
    an_email_says_what_is_true_when_it_is_sent,
}

const ANN: &str = "ann@example.org";
const PASSWORD: &str = "three quiet otters";
const WAIT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
enum Ask {
    SignIn,
    Register,
    ForgotPassword,
}

impl Ask {
    async fn by(self, caller: &mut Caller, email: &str) -> Answer {
        match self {
            Self::SignIn => caller.ask(email).await,
            Self::Register => caller.register(email, PASSWORD).await,
            Self::ForgotPassword => caller.forgot_password(email).await,
        }
    }
}

async fn the_owner_of_a_disabled_account_is_told_by_email_whatever_was_asked(door: Door) {
    for ask in [Ask::SignIn, Ask::Register, Ask::ForgotPassword] {
        let app = App::start_unlimited().await;
        app.signed_in(door, ANN).await;
        app.disable(ANN).await;
        app.clock.advance(WAIT);
        let mut someone = app.caller(door);
        assert_eq!(ask.by(&mut someone, "Ann@EXAMPLE.org").await, Answer::Done, "{ask:?}");
        for _ in 0..2 {
            let letter = app.news_to(ANN).await;
            assert_eq!(letter.subject, "Your account at Gatepost is disabled", "{ask:?}");
            assert_eq!((letter.link, letter.code), (None, None), "{ask:?}");
            // A resend says it again, after the usual wait.
            assert_eq!(someone.resend().await, Answer::refused(429, "too_many_mails"), "{ask:?}");
            app.clock.advance(WAIT);
            assert_eq!(someone.resend().await, Answer::Done, "{ask:?}");
        }
        app.news_to(ANN).await;
        assert_eq!(
            someone.type_code("123456").await,
            Answer::refused_field(422, "wrong_code", "code"),
            "{ask:?}"
        );
    }
}

async fn an_account_that_is_enabled_again_gets_links_again(door: Door) {
    let app = App::start().await;
    app.signed_in(door, ANN).await;
    app.disable(ANN).await;
    app.clock.advance(WAIT);
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    app.news_to(ANN).await;
    app.enable(ANN).await;
    app.clock.advance(WAIT);
    assert_eq!(ann.resend().await, Answer::Done);
    let letter = app.letter_to(ANN).await;
    assert_eq!(ann.follow(&letter.link).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}

async fn an_email_says_what_is_true_when_it_is_sent(door: Door) {
    let sink = Sink::good().await;
    let port = sink.port;
    let app = App::start_with_smtp(port).await;
    app.caller(door).ask(ANN).await;
    app.caller(door).follow_deliberately(&sink.letter_to(ANN).await.link()).await;
    drop(sink);

    // Disabled while the mail server is down.
    let mut ann = app.caller(door);
    app.clock.advance(WAIT);
    assert_eq!(ann.ask("Ann@EXAMPLE.org").await, Answer::Done);
    app.disable(ANN).await;
    let sink = arrives(&app, port).await;
    let letter = sink.letter_to(ANN).await;
    assert_eq!(letter.subject(), "Your account at Gatepost is disabled");
    drop(sink);

    // Enabled while it is down.
    let mut ann = app.caller(door);
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    app.enable(ANN).await;
    let sink = arrives(&app, port).await;
    assert_eq!(ann.follow(&sink.letter_to(ANN).await.link()).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}

/// A mail server that can be reached again, once it has the email.
async fn arrives(app: &App, port: u16) -> Sink {
    let sink = Sink::start_at(port, Security::None, |_| Act::Behave).await;
    while sink.count_to(ANN) == 0 {
        app.pass(Duration::from_secs(10)).await;
    }
    sink
}
