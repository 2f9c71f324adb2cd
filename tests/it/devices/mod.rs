//! Sign-ins with the password on devices that were not known, and what their owner can do about them.

mod cookie;
mod emails;
mod known;
mod link;
mod notices;
mod seals;

use gatepost::domain::ports::ShownLetter;

use crate::harness::app::App;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{ANN, PASSWORD};

/// Signs in with the password, and returns the emails about new devices that this causes.
async fn emails_of(app: &App, caller: &mut Caller) -> Vec<ShownLetter> {
    emails_of_sign_in(app, caller, ANN, PASSWORD).await
}

/// The same for any account.
async fn emails_of_sign_in(app: &App, caller: &mut Caller, email: &str, password: &str) -> Vec<ShownLetter> {
    assert_eq!(caller.sign_in_with_password(email, password).await, Answer::Done);
    app.device_emails().await
}

/// Someone who knows the password of an account, and the link in the email that its owner gets.
async fn stranger(app: &App, door: Door) -> (Caller, String) {
    let mut stranger = app.caller(door);
    let email = emails_of(app, &mut stranger).await.pop().unwrap();
    assert_eq!(email.to.as_str(), ANN);
    (stranger, email.link.unwrap())
}
