//! One test email, sent at once for the operator.

use std::net::TcpListener;
use std::time::Duration;

use gatepost::domain::record::address::EmailAddress;
use gatepost::mail::{MailRoom, TrialError};
use gatepost::path::Origin;

use super::sink::{Act, Security, Sink, Stage};
use super::{House, smtp, through, through_sink};

#[tokio::test]
async fn a_test_email_reports_at_once_how_it_went() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let sink = Sink::good().await;
    let answer = MailRoom::new(through_sink(&sink)).send_trial(&to, &house.world).await;
    assert_eq!(answer.as_deref(), Ok("250 taken"));
    let mail = sink.mails(1).await.remove(0);
    assert!(String::from_utf8(mail.data).unwrap().contains("Subject: Test email from Gatepost\r\n"));

    for (stage, step, advice) in [
        (
            Stage::Greeting,
            "the greeting",
            " Check mail.smtp_url, and public_url: Gatepost greets with its host, if that has a dot.",
        ),
        (Stage::Mail, "the sender gatepost@id.example.org", " Check mail.from."),
        (Stage::Rcpt, "the recipient", ""),
        (Stage::Data, "the message", ""),
        (Stage::Dot, "the message", ""),
    ] {
        let sink = Sink::start(Security::None, move |moment| {
            if moment.stage == stage { Act::say("554 no \u{1b}[31m") } else { Act::Behave }
        })
        .await;
        let answer = MailRoom::new(through_sink(&sink)).send_trial(&to, &house.world).await;
        // Escape sequences from the mail server do not reach the operator's terminal.
        let report = format!("127.0.0.1:{} did not accept {step}: 554 no ?[31m.{advice}", sink.port);
        assert_eq!(answer, Err(TrialError::NotSent(report)));
    }
}

#[tokio::test]
async fn a_failed_test_email_names_the_server_the_step_the_fault_and_the_setting() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let report = async |url: String| {
        MailRoom::new(through(smtp(&url))).send_trial(&to, &house.world).await.unwrap_err().to_string()
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(
        report(format!("smtp://127.0.0.1:{port}?tls=none")).await,
        format!("Could not connect to 127.0.0.1:{port}: connection refused. Check mail.smtp_url.")
    );
    let sink = Sink::good().await;
    assert_eq!(
        report(format!("smtp://127.0.0.1:{}", sink.port)).await,
        format!(
            "Could not start TLS with 127.0.0.1:{}: the server does not offer STARTTLS. Check mail.smtp_url.",
            sink.port
        )
    );
    assert_eq!(
        report(format!("smtps://127.0.0.1:{}", sink.port)).await,
        format!(
            "Could not start TLS with 127.0.0.1:{}: the server does not speak TLS from the start on this port; if it \
             uses STARTTLS, write smtp:// instead of smtps://. Check mail.smtp_url.",
            sink.port
        )
    );
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Auth => Act::say("535 5.7.8 bad credentials."),
        _ => Act::Behave,
    })
    .await;
    assert_eq!(
        report(format!("smtp://ann:secret@127.0.0.1:{}?tls=none", sink.port)).await,
        format!(
            "127.0.0.1:{} did not accept the login: 535 5.7.8 bad credentials. Check mail.smtp_user and \
             mail.smtp_password, or the login in mail.smtp_url.",
            sink.port
        )
    );
}

#[tokio::test]
async fn a_silent_or_wordy_mail_server_gets_a_short_report() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let report = async |act: Act, step| {
        let sink = Sink::start(Security::None, move |moment| match moment.stage {
            Stage::Mail => act.clone(),
            _ => Act::Behave,
        })
        .await;
        let mut settings = through_sink(&sink);
        settings.timeouts.step = step;
        let report = MailRoom::new(settings).send_trial(&to, &house.world).await.unwrap_err().to_string();
        report.replace(&sink.port.to_string(), "25")
    };
    let started = "127.0.0.1:25 did not accept the sender gatepost@id.example.org: ";
    let silent = report(Act::Silence, Duration::from_millis(300)).await;
    assert_eq!(silent, format!("{started}no answer within 0.3 s."));
    let wordy = report(Act::say(&format!("451 {}", "x".repeat(400))), Duration::from_secs(30)).await;
    assert_eq!(wordy, format!("{started}451 {}. Check mail.from.", "x".repeat(296)));
    let gone = report(Act::HangUp, Duration::from_secs(30)).await;
    assert_eq!(gone, format!("{started}the server closed the connection."));
    let endless = report(Act::say(&format!("451 {}", "x".repeat(5000))), Duration::from_secs(30)).await;
    assert_eq!(endless, format!("{started}its reply is too long."));
    let garbled = report(Act::say("hello there"), Duration::from_secs(30)).await;
    assert_eq!(garbled, format!("{started}its reply is not one of a mail server."));
}

#[tokio::test]
async fn an_endless_reply_is_cut_off_before_any_timeout() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        // No line break: a client that waits for one would never stop reading.
        Stage::Mail => Act::Say(vec![b'2'; 300_000]),
        _ => Act::Behave,
    })
    .await;
    let answer = MailRoom::new(through_sink(&sink)).send_trial(&to, &house.world).await;
    let report = format!(
        "127.0.0.1:{} did not accept the sender gatepost@id.example.org: its reply is too long.",
        sink.port
    );
    assert_eq!(answer, Err(TrialError::NotSent(report)));
}

#[tokio::test]
async fn a_mail_server_without_a_usual_login_gets_a_report_of_what_it_offers() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    for (offer, problem) in [
        (
            "250-sink\r\n250 AUTH CRAM-MD5 XOAUTH2",
            "it offers only CRAM-MD5 XOAUTH2, and Gatepost knows only PLAIN and LOGIN",
        ),
        ("250-sink\r\n250 8BITMIME", "it does not offer to log in on this port"),
    ] {
        let sink = Sink::start(Security::None, move |moment| match moment.stage {
            Stage::Ehlo => Act::say(offer),
            _ => Act::Behave,
        })
        .await;
        let url = format!("smtp://ann:secret@127.0.0.1:{}?tls=none", sink.port);
        let answer = MailRoom::new(through(smtp(&url))).send_trial(&to, &house.world).await;
        let report = format!(
            "127.0.0.1:{} did not accept the login: {problem}. Check mail.smtp_user and mail.smtp_password, or \
             the login in mail.smtp_url.",
            sink.port
        );
        assert_eq!(answer, Err(TrialError::NotSent(report)));
    }
}

#[tokio::test]
async fn a_server_is_greeted_with_a_name_that_has_a_dot_or_with_an_address() {
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    for (public_url, greeting) in [
        ("https://id.example.org", "EHLO id.example.org"),
        ("http://localhost:8080", "EHLO [127.0.0.1]"),
        ("https://intranet", "EHLO [127.0.0.1]"),
    ] {
        let sink = Sink::good().await;
        let mut settings = through_sink(&sink);
        settings.public_url = Origin::parse(public_url).unwrap();
        MailRoom::new(settings).send_trial(&to, &house.world).await.unwrap();
        let greeted = sink.seen().clear.into_iter().find(|line| line.starts_with("EHLO")).unwrap();
        assert_eq!(greeted.trim_end(), greeting);
    }
}
