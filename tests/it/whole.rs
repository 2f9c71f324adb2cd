//! The complete path in production: the built binary, a real mail server, and the email delivered to a
//! mailbox.

use mailparse::MailHeaderMap;

use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::process::{Process, free_address};
use crate::mail::opensmtpd::OpenSmtpd;
use crate::mail::sink::TakenMail;

both_doors! {
    the_link_in_a_delivered_email_signs_in,
}

async fn the_link_in_a_delivered_email_signs_in(door: Door) {
    let Some(mail_server) = OpenSmtpd::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let smtp_url = format!("smtp://127.0.0.1:{}?tls=none", mail_server.port);
    let environment = [("GATEPOST_MAIL__TRANSPORT", "smtp"), ("GATEPOST_MAIL__SMTP_URL", smtp_url.as_str())];
    let server = Process::start(&folder.path().join("data"), free_address(), &environment);
    let mut ann = Caller::new(door, server.address);
    assert_eq!(ann.ask("ann@example.org").await, Answer::Done);
    let letter = mail_server.delivered(1).remove(0);
    let mail = TakenMail { from: String::new(), to: String::new(), data: letter.clone() };
    assert!(mail.link().len() < 77);
    assert!(letter.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_end() == mail.link().as_bytes()));
    let headers = mailparse::parse_mail(&letter).unwrap().headers;
    for name in ["Message-ID", "Date", "Auto-Submitted", "From", "To", "Subject"] {
        assert_eq!(headers.get_all_values(name).len(), 1, "{name}");
    }
    assert_eq!(ann.look_at(&mail.link()).await, Answer::Done);
    assert_eq!(ann.follow(&mail.link()).await, Answer::Done);
    assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
}
