//! Through `msmtp`, a real sendmail program, to the test mail server.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use mailparse::MailHeaderMap;

use super::Program;
use crate::mail::opensmtpd::is_ci;
use crate::mail::sink::{Act, Security, Sink, Stage, TakenMail};
use crate::mail::{House, through_sink};

const PROGRAM: &str = "/usr/bin/msmtp";

/// `msmtp`, configured for this mail server. Returns nothing and prints a line where it is not installed.
/// On CI the test fails then.
fn msmtp(sink: &Sink) -> Option<Program> {
    if !Path::new(PROGRAM).exists() {
        assert!(!is_ci(), "{PROGRAM} must be there on CI");
        eprintln!("skipped: needs {PROGRAM}");
        return None;
    }
    let program = Program::new(&format!("exec {PROGRAM} -C \"$here/conf\" \"$@\""));
    let conf = format!("account default\nhost 127.0.0.1\nport {}\ntls off\nauth off\n", sink.port);
    fs::write(program.path("conf"), conf).unwrap();
    Some(program)
}

#[tokio::test]
async fn a_real_program_passes_emails_on_unchanged() {
    let sink = Sink::good().await;
    let Some(program) = msmtp(&sink) else { return };
    let house = House::new().await;
    let worker = house.work(program.settings());
    house.request("Ann.Lee@example.org").await;
    let letter = sink.mails(1).await.remove(0);
    house.empties_its_outbox().await;
    worker.stops().await;

    assert_eq!(letter.from, "gatepost@id.example.org");
    assert_eq!(letter.to, "Ann.Lee@example.org");
    let mail = mailparse::parse_mail(&letter.data).unwrap();
    for name in ["To", "From", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"] {
        assert_eq!(mail.headers.get_all_values(name).len(), 1, "{name}");
    }
    let subject = mail.headers.get_first_value("Subject").unwrap();
    let code = subject.strip_suffix(" is your Gatepost code").unwrap();
    let [text, html] = &mail.subparts[..] else { panic!("two parts") };
    let (text, html) = (text.get_body().unwrap(), html.get_body().unwrap());
    let link = text.lines().find(|line| line.starts_with("https://id.example.org/link/")).unwrap();
    assert!(link.len() < 77 && text.lines().any(|line| line == code), "{text}");
    assert!(html.contains(&format!("href=\"{link}\"")) && html.contains(code));

    // Sent to the mail server directly, from the same seed, it is the same bytes and one more line
    // break.
    let twin = House::new().await;
    let worker = twin.work(through_sink(&sink));
    twin.request("Ann.Lee@example.org").await;
    let direct = sink.mails(2).await.remove(1);
    let text = |mail: TakenMail| String::from_utf8(mail.data).unwrap();
    assert_eq!(format!("{}\r\n", text(letter)), text(direct));
    worker.stops().await;
}

#[tokio::test]
async fn a_permanent_refusal_through_a_real_program_is_final_and_others_are_retried() {
    let tries = AtomicUsize::new(0);
    let sink = Sink::start(Security::None, move |moment| match (moment.stage, moment.line.as_str()) {
        (Stage::Rcpt, line) if line.contains("gone@") => Act::say("550 no such person"),
        (Stage::Rcpt, line) if line.contains("late@") && tries.fetch_add(1, Ordering::SeqCst) < 2 => {
            Act::say("451 greylisted, come back")
        }
        _ => Act::Behave,
    })
    .await;
    let Some(program) = msmtp(&sink) else { return };
    let house = House::new().await;
    // Two of them look like options.
    let people = ["gone@example.org", "late@example.org", "--version@example.org", "-oQ/tmp@example.org"];
    for to in people {
        house.request(to).await;
    }
    let worker = house.work(program.settings());
    let _hurry = house.retries_at_once();
    house.empties_its_outbox().await;
    worker.stops().await;
    let mut taken: Vec<String> = sink.seen().mails.into_iter().map(|mail| mail.to).collect();
    taken.sort();
    assert_eq!(taken, ["--version@example.org", "-oQ/tmp@example.org", "late@example.org"]);
    let late = "late@example.org";
    assert_eq!(program.calls(), [people[2], people[3], "gone@example.org", late, late, late]);
}
