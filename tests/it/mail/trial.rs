//! One letter right now, for the operator.

use gatepost::domain::record::address::EmailAddress;
use gatepost::mail::{MailRoom, TrialError};

use super::sink::{Act, Security, Sink, Stage};
use super::{House, smtp, through, through_sink};

#[tokio::test]
async fn a_trial_letter_tells_how_it_went_at_once() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let sink = Sink::good().await;
    let answer = MailRoom::new(through_sink(&sink)).send_trial(&to, &house.world).await;
    assert_eq!(answer.as_deref(), Ok("250 taken"));
    let mail = sink.mails(1).await.remove(0);
    assert!(String::from_utf8(mail.data).unwrap().contains("Subject: A test letter from Gatepost\r\n"));

    for (stage, told) in [
        (Stage::Greeting, "at greeting and EHLO: the mail server said 554 no \u{1b}[31m"),
        (Stage::Mail, "at MAIL FROM: the mail server said 554 no \u{1b}[31m"),
        (Stage::Rcpt, "at RCPT TO: the mail server said 554 no \u{1b}[31m"),
        (Stage::Dot, "at the end of the letter: the mail server said 554 no \u{1b}[31m"),
    ] {
        let sink = Sink::start(Security::None, move |moment| {
            if moment.stage == stage { Act::say("554 no \u{1b}[31m") } else { Act::Behave }
        })
        .await;
        let answer = MailRoom::new(through_sink(&sink)).send_trial(&to, &house.world).await;
        // Escape sequences of a stranger do not reach the operator's terminal.
        assert_eq!(answer, Err(TrialError::NotTaken(told.replace('\u{1b}', "?"))));
    }
    let port = { Sink::good().await.port };
    let down = MailRoom::new(through(smtp(&format!("smtp://127.0.0.1:{port}?tls=none"))));
    let answer = down.send_trial(&to, &house.world).await.unwrap_err().to_string();
    assert!(answer.starts_with("at connecting: "), "{answer}");
}

#[tokio::test]
async fn a_reply_without_end_is_cut_off_long_before_any_time_out() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        // No line break: who waits for one reads on and on.
        Stage::Mail => Act::Say(vec![b'2'; 300_000]),
        _ => Act::Behave,
    })
    .await;
    let answer = MailRoom::new(through_sink(&sink)).send_trial(&to, &house.world).await;
    let told = "at MAIL FROM: the reply of the mail server has no end";
    assert_eq!(answer, Err(TrialError::NotTaken(told.into())));
}
