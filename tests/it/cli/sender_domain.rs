//! What the checkup says about the domain of the sender, with a DNS server of our own.

use std::net::UdpSocket;
use std::process::Command;
use std::thread;

use serde_json::Value;

use super::Place;

/// Where our DNS server listens, on the port that the system's configuration cannot change.
const SERVER: &str = "127.77.53.1";

const RECORDS: [(&str, &str); 9] = [
    ("good.example.org", "v=spf1 include:mail.example.net -all"),
    ("good.example.org", "some-verification=1234"),
    ("_dmarc.good.example.org", "v=DMARC1; p=reject"),
    ("selector._domainkey.good.example.org", "v=DKIM1; p=AAAA"),
    ("twice.example.org", "v=spf1 a -all"),
    ("twice.example.org", "v=spf1 mx -all"),
    ("open.example.org", "v=spf1 +all"),
    ("bare.example.org", "v=spf1 mx ALL"),
    ("_dmarc.example.org", "v=DMARC1; p=none"),
];

/// The answer to one question (RFC 1035).
fn answer(question: &[u8]) -> Vec<u8> {
    let mut labels = Vec::new();
    let mut at = 12;
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    let (name, end) = (labels.join("."), at + 5);
    let texts: Vec<&str> =
        RECORDS.iter().filter(|(owner, _)| *owner == name).map(|(_, text)| *text).collect();
    let is_above = RECORDS.iter().any(|(owner, _)| owner.ends_with(&format!(".{name}")));
    let code: u8 = match name.as_str() {
        "refused.example.org" => 5,
        _ if texts.is_empty() && !is_above => 3,
        _ => 0,
    };
    let mut reply = question[..2].to_vec();
    reply.extend([0x85, 0x80 | code, 0, 1, 0, u8::try_from(texts.len()).unwrap(), 0, 0, 0, 0]);
    reply.extend(&question[12..end]);
    for text in texts {
        reply.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, u8::try_from(text.len() + 1).unwrap()]);
        reply.push(u8::try_from(text.len()).unwrap());
        reply.extend(text.as_bytes());
    }
    reply
}

/// Answers until the test ends.
fn serve(socket: UdpSocket) {
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            let _ = socket.send_to(&answer(&question[..length]), from);
        }
    });
}

/// What the checkup of a server with this sender finds, by check: its status and its sentence.
fn found(place: &Place, server: &str, domain: &str) -> Vec<(String, String, String)> {
    let configuration = place.0.path().join("resolv.conf");
    std::fs::write(&configuration, format!("nameserver {server}\n")).unwrap();
    let script = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script]).arg(&configuration).arg(env!("CARGO_BIN_EXE_gatepost"));
    command.args(["doctor", "--json", "--listen", "127.0.0.1:9", "--data"]).arg(place.data()).env_clear();
    command.env("PATH", "/usr/bin:/bin").env("GATEPOST_MAIL__TRANSPORT", "sendmail").current_dir("/");
    let output = command.env("GATEPOST_MAIL__FROM", format!("gatepost@{domain}")).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = told["findings"].as_array().unwrap().iter();
    let findings = findings.map(|it| (text(&it["check"]), text(&it["status"]), text(&it["message"])));
    findings.filter(|(check, ..)| ["sender", "spf", "dkim", "dmarc"].contains(&check.as_str())).collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment decides whether a skipped test is an error")]
fn the_domain_of_the_sender_is_judged_by_its_spf_dkim_and_dmarc_records() {
    let Ok(socket) = UdpSocket::bind((SERVER, 53)) else {
        assert!(std::env::var_os("CI").is_none(), "CI must run this as root");
        println!("skipped: needs port 53");
        return;
    };
    serve(socket);
    let place = Place::with_store();
    for (domain, expected) in [
        (
            "good.example.org",
            [
                ("spf", "ok", "good.example.org has v=spf1 include:mail.example.net -all"),
                ("dkim", "unknown", "good.example.org may have DKIM keys"),
                ("dmarc", "ok", "good.example.org has v=DMARC1; p=reject"),
            ],
        ),
        (
            "twice.example.org",
            [
                ("spf", "wrong", "twice.example.org has 2 SPF records, and only one is allowed"),
                ("dkim", "warning", "twice.example.org has no DKIM key"),
                ("dmarc", "ok", "example.org has v=DMARC1; p=none"),
            ],
        ),
        (
            "open.example.org",
            [
                ("spf", "wrong", "open.example.org lets everyone send its email: v=spf1 +all"),
                ("dkim", "warning", "open.example.org has no DKIM key"),
                ("dmarc", "ok", "example.org has "),
            ],
        ),
        (
            "bare.example.org",
            [
                ("spf", "wrong", "bare.example.org lets everyone send its email: v=spf1 mx ALL"),
                ("dkim", "warning", "bare.example.org has no DKIM key"),
                ("dmarc", "ok", "example.org has "),
            ],
        ),
        (
            "nothing.example.net",
            [
                ("spf", "warning", "nothing.example.net does not say who may send its email"),
                ("dkim", "warning", "nothing.example.net has no DKIM key"),
                ("dmarc", "warning", "nothing.example.net has no DMARC record"),
            ],
        ),
    ] {
        let found = found(&place, SERVER, domain);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for ((check, status, message), (of, how, begins)) in found.iter().zip(expected) {
            assert_eq!((check.as_str(), status.as_str()), (of, how), "{domain}: {message}");
            assert!(message.starts_with(begins), "{domain}: {message}");
        }
    }
    // No one answers there: nothing is said against the domain.
    let silent = UdpSocket::bind(("127.77.53.2", 53)).unwrap();
    let found = found(&place, "127.77.53.2", "good.example.org");
    drop(silent);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found.iter().all(|(_, status, message)| status == "unknown" && message.contains("is unknown: ")),
        "{found:#?}"
    );
}

#[test]
fn a_sender_at_localhost_is_not_looked_up() {
    let place = Place::with_store();
    let mut command = super::gatepost(&["doctor", "--json", "--listen", "127.0.0.1:9", "--data"]);
    let output =
        command.arg(place.data()).env("GATEPOST_MAIL__TRANSPORT", "sendmail").current_dir("/").output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(text.contains("mail.from is at localhost, which no other mail server knows"), "{text}");
    assert!(!text.contains("\"spf\""), "{text}");
}
