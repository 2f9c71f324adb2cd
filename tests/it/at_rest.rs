//! Neither the database nor the log is enough to sign in as anyone.

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::harness::log::Log;
use crate::profile::{ANN, OTHER, PASSWORD, WAIT, also, readdress, registered};

both_doors! {
    no_token_code_or_password_is_in_the_database_or_the_log,
}

/// SEC-30, SEC-32, SEC-65, G-24.
async fn no_token_code_or_password_is_in_the_database_or_the_log(door: Door) {
    let app = App::start().await;
    app.caller(door).get("/").await;
    let log = Log::default();
    let logging = log.capture();
    let mut secrets = vec![PASSWORD.to_owned(), OTHER.to_owned()];
    let mut keep = |text: &str| secrets.push(text.rsplit('/').next().unwrap().to_owned());
    let mut ann = registered(&app, door, ANN).await;
    keep(&ann.session());
    app.clock.advance(WAIT);
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    keep(&letter.link);
    keep(&letter.code);
    waiting.type_code(&letter.wrong_code()).await;
    assert_eq!(waiting.clone().follow(&letter.link).await, Answer::Done);
    let mut forgetful = app.caller(door);
    forgetful.forgot_password(ANN).await;
    let letter = app.letter_to(ANN).await;
    keep(&letter.link);
    keep(&letter.code);
    for caller in [&waiting, &forgetful] {
        let of_browser = caller.cookies.iter().find(|(name, _)| name == "gatepost_request");
        let request = of_browser.map(|(_, token)| token.clone());
        keep(&request.unwrap_or_else(|| caller.newest_token()));
    }
    let mut other = also(&app, door, ANN, PASSWORD).await;
    keep(&app.device_emails().await[0].link.clone().unwrap());
    let known = other.cookies.iter().find(|(name, _)| name == "gatepost_known");
    assert_eq!(known.is_some(), door == Door::Pages);
    keep(known.map_or(PASSWORD, |(_, seal)| seal));
    assert_ne!(other.reauthenticate(OTHER).await, Answer::Done);
    keep(&other.session());
    keep(&readdress(&app, &mut ann, ANN, "new@example.org").await);
    keep(&ann.session());
    assert_eq!(ann.change_password(OTHER, Some(PASSWORD)).await, Answer::Done);
    app.read_all().await;
    keep(&ann.session());
    drop(logging);
    assert!(secrets.len() > 10);
    // The fractions of a second in a time could be any six digits.
    let log = log.text();
    let log: Vec<&str> = log.lines().filter_map(|line| Some(line.split_once("Z ")?.1)).collect();
    assert!(log.len() > 10);
    for text in [app.at_rest().await, log.join("\n")] {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} is in {text}");
        }
    }
}
