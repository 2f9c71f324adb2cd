//! The test email, and what is shown of the conversation with the mail server.

use std::net::TcpListener;
use std::process::Output;

use serde_json::Value;

use super::{gatepost, refusal};
use crate::mail::sink::{Act, Security, Sink, Stage};

const ANN: &str = "ann@example.org";

/// Sends a test email through a mail server of this machine.
fn send(url: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = gatepost(&[&["mail", "test", ANN], arguments].concat());
    command.env("GATEPOST_MAIL__TRANSPORT", "smtp").env("GATEPOST_MAIL__SMTP_URL", url);
    command.envs(environment.iter().copied()).current_dir("/").output().unwrap()
}

fn shown(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_test_email_says_that_the_file_with_certificate_authorities_is_missing() {
    // It never accepts a connection: the file is needed before TLS starts.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let output = send(&format!("smtps://{server}"), &[], &[("SSL_CERT_FILE", "/nowhere/ca.pem")]);
    let expected = format!(
        "gatepost: Could not check the certificate of {server}: cannot read /nowhere/ca.pem, which SSL_CERT_FILE \
         or SSL_CERT_DIR names: no such file or directory."
    );
    assert_eq!(refusal(&output), expected);
    assert_eq!(shown(&output), format!("connect   {server}\n          connected\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_email_shows_each_step_and_never_the_login() {
    let sink = Sink::good().await;
    let url = format!("smtp://ann:s3cret-words@127.0.0.1:{}?tls=none", sink.port);
    let output = send(&url, &[], &[]);
    let port = sink.port;
    let expected = format!(
        "connect   127.0.0.1:{port}\n          connected\n\
         greeting  220 sink ready\n\
         ehlo      EHLO [127.0.0.1]\n          250-sink\n          250-AUTH PLAIN LOGIN\n          250 8BITMIME\n\
         auth      AUTH PLAIN\n          235 welcome\n\
         mail      MAIL FROM:<gatepost@localhost>\n          250 sender ok\n\
         rcpt      RCPT TO:<ann@example.org>\n          250 recipient ok\n\
         data      DATA\n          354 go ahead\n\
         message   the message\n          250 taken\n\
         The mail server accepted the message: 250 taken\n"
    );
    assert_eq!(shown(&output), expected, "{output:?}");
    assert_eq!(sink.mails(1).await.len(), 1);
    let json = send(&url, &["--json"], &[]);
    let told: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (&told["accepted"], &told["reply"], &told["error"]),
        (&true.into(), &"250 taken".into(), &Value::Null)
    );
    let steps: Vec<&str> =
        told["steps"].as_array().unwrap().iter().map(|it| it["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["connect", "greeting", "ehlo", "auth", "mail", "rcpt", "data", "message"]);
    // Base64 of NUL, the user, NUL, the password.
    for text in [shown(&output), shown(&json)] {
        assert!(!text.contains("s3cret") && !text.contains("AGFubgBzM2NyZXQ"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_two_parts_is_not_shown_either() {
    let sink = Sink::start(Security::None, |moment| match moment.stage {
        Stage::Ehlo => Act::say("250-sink\r\n250 AUTH LOGIN"),
        Stage::Auth => Act::say("334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n535 5.7.8 no"),
        _ => Act::Behave,
    })
    .await;
    let output = send(&format!("smtp://ann:s3cret-words@127.0.0.1:{}?tls=none", sink.port), &[], &[]);
    let text = shown(&output);
    assert!(text.contains("auth      AUTH LOGIN\n          334 VXNlcm5hbWU6\n"), "{text}");
    // Base64 of the user and of the password.
    assert!(!text.contains("YW5u") && !text.contains("czNjcmV0"), "{text}");
    assert!(refusal(&output).contains("Check mail.smtp_user and mail.smtp_password"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_is_the_last_one_shown_and_the_line_below_says_what_to_check() {
    for (stage, step, act, answer, advice) in [
        (Stage::Greeting, "greeting", Act::say("554 go away"), "554 go away", "Check mail.smtp_url"),
        (
            Stage::Ehlo,
            "ehlo",
            Act::say("550 who are you"),
            "550 who are you",
            "Check mail.smtp_url, and public_url",
        ),
        (Stage::Auth, "auth", Act::say("535 5.7.8 wrong"), "535 5.7.8 wrong", "Check mail.smtp_user and"),
        (Stage::Mail, "mail", Act::say("553 not yours"), "553 not yours", "Check mail.from."),
        (
            Stage::Rcpt,
            "rcpt",
            Act::say("550 no such user"),
            "550 no such user",
            "did not accept the recipient",
        ),
        (Stage::Rcpt, "rcpt", Act::HangUp, "(no answer)", "the server closed the connection."),
        (
            Stage::Dot,
            "message",
            Act::say("554 \u{1b}[31mspam"),
            "554 ?[31mspam",
            "did not accept the message",
        ),
        (Stage::Dot, "message", Act::HangUp, "(no answer)", "the server closed the connection."),
    ] {
        let label = format!("{stage:?} {act:?}");
        let sink = Sink::start(
            Security::None,
            move |moment| {
                if moment.stage == stage { act.clone() } else { Act::Behave }
            },
        )
        .await;
        let url = format!("smtp://ann:secret@127.0.0.1:{}?tls=none", sink.port);
        let output = send(&url, &[], &[]);
        let text = shown(&output);
        assert!(text.ends_with(&format!("{answer}\n")), "{label}: {text}");
        let last = text.lines().rfind(|line| !line.starts_with(' ')).unwrap();
        assert!(last.starts_with(step), "{label}: {text}");
        assert!(refusal(&output).contains(advice), "{label}: {output:?}");
        let json = send(&url, &["--json"], &[]);
        let told: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!((&told["accepted"], json.status.code()), (&false.into(), Some(1)), "{label}");
        assert!(told["error"].as_str().unwrap().contains(advice), "{label}: {told}");
        assert_eq!(told["steps"].as_array().unwrap().last().unwrap()["step"], step, "{label}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_that_was_tried_is_shown() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = send(&format!("smtp://localhost:{port}?tls=none"), &[], &[]);
    let text = shown(&output);
    assert!(text.contains(&format!("connect   127.0.0.1:{port}\n          connection refused\n")), "{text}");
    assert!(
        refusal(&output).starts_with(&format!("gatepost: Could not connect to localhost:{port}: ")),
        "{output:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_email_over_tls_shows_both_conversations() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, acceptor) = crate::mail::tls::authority("localhost", (4000, 1, 1));
    let file = folder.path().join("authorities.pem");
    std::fs::write(&file, pem(&authority)).unwrap();
    let trusted = [("SSL_CERT_FILE", file.to_str().unwrap())];
    let sink = Sink::start(Security::StartTls(acceptor.clone()), |_| Act::Behave).await;
    let url = format!("smtp://ann:s3cret-words@localhost:{}", sink.port);
    let told: Value = serde_json::from_slice(&send(&url, &["--json"], &trusted).stdout).unwrap();
    let steps: Vec<&str> =
        told["steps"].as_array().unwrap().iter().map(|it| it["step"].as_str().unwrap()).collect();
    let steps: Vec<&str> = steps.into_iter().skip_while(|step| *step == "connect").collect();
    let expected = ["greeting", "ehlo", "starttls", "tls", "ehlo", "auth", "mail", "rcpt", "data", "message"];
    assert_eq!(steps, expected, "{told}");
    assert!(
        told.to_string().contains("\"said\":\"TLS 1.3\"") && !told.to_string().contains("s3cret"),
        "{told}"
    );
    // One that does not offer it: nothing but the greeting was said.
    let sink = Sink::good().await;
    let output = send(&format!("smtp://ann:s3cret-words@localhost:{}", sink.port), &[], &trusted);
    assert!(shown(&output).ends_with("250 8BITMIME\n"), "{output:?}");
    assert!(refusal(&output).contains("the server does not offer STARTTLS. Check mail.smtp_url."));
}

/// A certificate as text.
pub(super) fn pem(certificate: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
