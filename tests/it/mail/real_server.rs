//! Through `OpenSMTPD` into a mailbox: what a real mail server does with our emails.

use mailparse::MailHeaderMap;

use super::opensmtpd::OpenSmtpd;
use super::{House, smtp, through};

#[tokio::test(flavor = "multi_thread")]
async fn a_real_mail_server_delivers_emails_unchanged() {
    let Some(server) = OpenSmtpd::start() else { return };
    let house = House::new().await;
    let worker = house.work(through(smtp(&format!("smtp://127.0.0.1:{}?tls=none", server.port))));
    house.request("Ann.Lee@example.org").await;
    house.request("bob@example.org").await;
    let letters = tokio::task::block_in_place(|| server.delivered(2));
    house.empties_its_outbox().await;
    worker.stops().await;

    let mut to: Vec<String> = Vec::new();
    for letter in letters {
        let mail = mailparse::parse_mail(&letter).unwrap();
        let header = |name: &str| {
            let values = mail.headers.get_all_values(name);
            assert_eq!(values.len(), 1, "{name}: {values:?}");
            values.into_iter().next().unwrap()
        };
        to.push(header("To"));
        assert_eq!(header("From"), "Gatepost <gatepost@id.example.org>");
        assert_eq!(header("Return-Path"), "<gatepost@id.example.org>");
        assert_eq!(header("Auto-Submitted"), "auto-generated");
        assert_eq!(header("Date"), "Thu, 01 Jan 2026 00:00:00 +0000");
        assert!(header("Message-ID").ends_with("@id.example.org>"));
        assert!(header("Received").contains("id.example.org"));
        let subject = header("Subject");
        let code = subject.strip_suffix(" is your Gatepost code").unwrap();
        let [text, html] = &mail.subparts[..] else { panic!("two parts") };
        let (text, html) = (text.get_body().unwrap(), html.get_body().unwrap());
        let link = text.lines().find(|line| line.starts_with("https://id.example.org/link/")).unwrap();
        assert!(link.len() < 77);
        assert!(text.lines().any(|line| line == code));
        assert!(html.contains(&format!("href=\"{link}\"")) && html.contains(code));
    }
    to.sort();
    assert_eq!(to, ["Ann.Lee@example.org", "bob@example.org"]);
}
