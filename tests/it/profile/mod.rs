//! What a person does with their own account.

mod again;
mod bad_input;
mod deletion;
mod email;
mod emails;
mod equality;
mod events;
mod export;
mod held;
mod lifetimes;
mod over;
mod password;
mod races;
mod reauthentication;
mod recent;
mod recovery;
mod refusals;
mod sessions;
mod twice;
mod void;

use std::time::Duration;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};

pub(crate) const ANN: &str = "ann@example.org";
pub(crate) const PASSWORD: &str = "three quiet otters";
pub(crate) const OTHER: &str = "seven loud geese";
pub(crate) const WAIT: Duration = Duration::from_secs(30);

/// Someone who registered with `PASSWORD`, confirmed the address and is signed in.
pub(crate) async fn registered(app: &App, door: Door, email: &str) -> Caller {
    let mut caller = app.caller(door);
    caller.register(email, PASSWORD).await;
    let letter = app.letter_to(email).await;
    assert_eq!(caller.follow(&letter.link).await, Answer::Done);
    caller
}

/// The same person on another device.
pub(crate) async fn also(app: &App, door: Door, email: &str, password: &str) -> Caller {
    let mut caller = app.caller(door);
    assert_eq!(caller.sign_in_with_password(email, password).await, Answer::Done);
    caller
}

/// Changes the address and returns the link that undoes it.
pub(crate) async fn readdress(app: &App, caller: &mut Caller, from: &str, to: &str) -> String {
    assert_eq!(caller.change_email(to).await, Answer::Done);
    app.news_to(from).await;
    let letter = app.letter_to(to).await;
    assert_eq!(caller.follow(&letter.link).await, Answer::Done);
    app.news_to(from).await.link.unwrap()
}

fn stale() -> Answer {
    Answer::refused(403, "recent_sign_in_required")
}

fn wrong() -> Answer {
    Answer::refused(401, "invalid_credentials")
}
