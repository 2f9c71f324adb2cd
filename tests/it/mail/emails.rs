//! What arrives, read as a mail program reads it.

use std::sync::Arc;

use gatepost::domain::operator::Role;
use gatepost::domain::password::Password;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::mail::{MailSettings, Sender};
use gatepost::store::memory::MemoryStore;
use mailparse::{MailHeaderMap, ParsedMail};

use super::sink::Sink;
use super::{House, through_sink};

/// What an email is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    SigningIn,
    NoAccount,
    Confirming,
    AlreadyRegistered,
    Added,
}

impl About {
    const ALL: [Self; 5] =
        [Self::SigningIn, Self::NoAccount, Self::Confirming, Self::AlreadyRegistered, Self::Added];

    /// The label of its button, if it has one.
    fn label(self) -> Option<&'static str> {
        match self {
            Self::SigningIn | Self::AlreadyRegistered | Self::Added => Some("Sign in"),
            Self::Confirming => Some("Confirm your email address"),
            Self::NoAccount => None,
        }
    }
}

/// The email that one request causes, as it was sent.
async fn sent(about: About, change: impl Fn(&mut MailSettings)) -> Vec<u8> {
    let house = House::over(Arc::new(MemoryStore::new()), about != About::NoAccount).await;
    let (ann, client) = (EmailAddress::parse("ann@example.org").unwrap(), &Client::server());
    if about == About::AlreadyRegistered {
        house.gatepost.add_account(&ann, Role::Member, client).await.unwrap();
    }
    match about {
        About::SigningIn | About::NoAccount => _ = house.request(ann.as_str()).await,
        About::Added => _ = house.gatepost.add_account_by_email(&ann, Role::Member, client).await.unwrap(),
        About::Confirming | About::AlreadyRegistered => {
            let password = Password::new("three quiet otters".into());
            house.gatepost.register(&ann, &password, None, &[], client).await.unwrap();
        }
    }
    let sink = Sink::good().await;
    let mut settings = through_sink(&sink);
    change(&mut settings);
    let worker = house.work(settings);
    let data = sink.mails(1).await.remove(0).data;
    worker.stops().await;
    data
}

fn parts(mail: &ParsedMail<'_>) -> (String, String) {
    assert_eq!(mail.ctype.mimetype, "multipart/alternative");
    let [text, html] = &mail.subparts[..] else { panic!("two parts") };
    assert_eq!((text.ctype.mimetype.as_str(), html.ctype.mimetype.as_str()), ("text/plain", "text/html"));
    (text.get_body().unwrap().replace('\r', ""), html.get_body().unwrap().replace('\r', ""))
}

/// Headers, text and HTML on one page, for review.
fn shown(data: &[u8]) -> String {
    let mail = mailparse::parse_mail(data).unwrap();
    let headers: Vec<String> =
        mail.headers.iter().map(|header| format!("{}: {}", header.get_key(), header.get_value())).collect();
    let (text, html) = parts(&mail);
    format!("{}\n\n{text}\n{html}", headers.join("\n"))
}

/// The words that a person sees on the page. The preview before the first table is hidden.
fn read(html: &str) -> Vec<String> {
    let (_, body) = html.split_once("<table").unwrap();
    let mut words = String::new();
    let mut is_tag = true;
    for c in body.chars() {
        match c {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                words.push(' ');
            }
            c if !is_tag => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_sign_in_email_reads_well() {
    insta::assert_snapshot!(shown(&sent(About::SigningIn, |_| {}).await));
}

#[tokio::test]
async fn the_no_account_email_reads_well() {
    insta::assert_snapshot!(shown(&sent(About::NoAccount, |_| {}).await));
}

#[tokio::test]
async fn the_confirmation_email_reads_well() {
    insta::assert_snapshot!(shown(&sent(About::Confirming, |_| {}).await));
}

#[tokio::test]
async fn the_already_registered_email_reads_well() {
    insta::assert_snapshot!(shown(&sent(About::AlreadyRegistered, |_| {}).await));
}

#[tokio::test]
async fn the_email_to_an_account_that_was_added_reads_well() {
    insta::assert_snapshot!(shown(&sent(About::Added, |_| {}).await));
}

#[tokio::test]
async fn link_and_code_have_lines_of_their_own_and_are_sent_unbroken() {
    for about in About::ALL {
        // Lines of the raw message, so no encoding has changed them.
        let data = sent(about, |_| {}).await;
        let raw = String::from_utf8(data.clone()).unwrap();
        let link = raw.lines().find(|line| line.starts_with("https://id.example.org/link/"));
        let code = raw.lines().find(|line| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(raw.is_ascii() && raw.lines().all(|line| line.len() <= 998));
        assert!(!raw.to_ascii_lowercase().contains("quoted-printable"));
        if about == About::NoAccount {
            assert_eq!((link, code), (None, None));
            continue;
        }
        if about == About::Added {
            assert!(link.is_some() && code.is_none() && !raw.contains("@id.example.org #"), "it has no code");
            continue;
        }
        let (link, code) = (link.unwrap(), code.expect("the code has its own line"));
        assert!(link.len() < 77 && !link.contains(['=', '?', '&', '%']), "{link}");
        assert_eq!(link.len(), "https://id.example.org/link/".len() + 40);
        let mail = mailparse::parse_mail(&data).unwrap();
        let (text, html) = parts(&mail);
        assert_eq!(text.lines().last().unwrap(), format!("@id.example.org #{code}"), "{about:?}");
        let subject = mail.headers.get_first_value("Subject").unwrap();
        assert_eq!(subject, format!("{code} is your Gatepost code"));
        assert_eq!(html.matches(&format!("href=\"{link}\"")).count(), 2, "{about:?}");
    }
}

#[tokio::test]
async fn both_parts_say_the_same() {
    for about in About::ALL {
        let data = sent(about, |_| {}).await;
        let (text, html) = parts(&mailparse::parse_mail(&data).unwrap());
        let in_html = read(&html);
        // The HTML also has the product's name at the top and the label of the button. Only the text has
        // the line for autofill.
        let in_text = text.lines().filter(|line| !line.starts_with('@')).flat_map(str::split_whitespace);
        let extras = about.label().unwrap_or_default().split_whitespace().chain(["Gatepost"]);
        let mut expected: Vec<&str> = in_text.chain(extras).collect();
        let mut found: Vec<&str> = in_html.iter().map(String::as_str).collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{about:?}");
    }
}

#[tokio::test]
async fn an_email_fetches_nothing_from_anywhere() {
    for about in About::ALL {
        let data = sent(about, |_| {}).await;
        let (_, html) = parts(&mailparse::parse_mail(&data).unwrap());
        for part in ["src=", "url(", "@import", "<img", "<link", "<script", "<iframe", "background="] {
            assert!(!html.contains(part), "{about:?}: {part}");
        }
        let links = html.matches("http").count();
        assert_eq!(links, html.matches("https://id.example.org/link/").count(), "{about:?}");
    }
}

#[tokio::test]
async fn product_names_in_any_script_arrive_whole_and_add_no_header() {
    let name = "Müllers Tür ✓ \u{5d0}";
    let data = sent(About::SigningIn, |settings| {
        settings.name = name.into();
        settings.from = Sender::parse(&format!("{name} <door@example.org>")).unwrap();
    })
    .await;
    assert!(data.is_ascii(), "a mail server without 8BITMIME takes it");
    let mail = mailparse::parse_mail(&data).unwrap();
    let (text, html) = parts(&mail);
    assert!(text.contains(&format!("Sign in to {name}")), "{text}");
    assert!(text.lines().any(|line| line.starts_with("https://id.example.org/link/") && line.len() < 77));
    assert!(html.contains("M&#252;llers"), "{html}");
    assert!(mail.headers.get_first_value("Subject").unwrap().ends_with(&format!("is your {name} code")));
    assert_eq!(mail.headers.get_first_value("From").unwrap(), format!("{name} <door@example.org>"));
    assert!(mail.headers.get_first_value("Message-ID").unwrap().ends_with("@example.org>"));
    assert_eq!(mail.headers.len(), 8, "{:?}", mail.headers);
}

#[tokio::test]
async fn a_long_product_name_comes_last_in_the_subject_and_breaks_no_header() {
    for name in [
        "The Society for the Preservation of Old Garden Gates".to_owned(),
        "Gesellschaft_zur_Erhaltung_alter_Gartentore_und_Tür".to_owned(),
        "\u{95e8}".repeat(64),
        "\u{1f6aa}".repeat(64),
    ] {
        let data = sent(About::SigningIn, |settings| {
            settings.name.clone_from(&name);
            settings.from = Sender::parse(&format!("{name} <door@example.org>")).unwrap();
        })
        .await;
        assert!(data.is_ascii());
        let raw = String::from_utf8(data.clone()).unwrap();
        let (headers, _) = raw.split_once("\r\n\r\n").unwrap();
        // RFC 5322, 2.1.1 and RFC 2047, 2: the limits of lines and of encoded words.
        assert!(headers.lines().all(|line| line.len() <= 998), "{headers}");
        let mut encoded = headers.split_whitespace().filter(|word| word.starts_with("=?"));
        assert!(encoded.all(|word| word.len() <= 75), "{headers}");
        assert!(!headers.contains("Subject: =?") || !name.is_ascii(), "{headers}");
        let mail = mailparse::parse_mail(&data).unwrap();
        let subject = mail.headers.get_first_value("Subject").unwrap();
        assert!(subject.ends_with(&format!(" is your code for {name}")), "{subject}");
        let from = mail.headers.get_first_value("From").unwrap().replace('"', "");
        assert_eq!(from, format!("{name} <door@example.org>"));
        assert_eq!(mail.headers.len(), 8, "{:?}", mail.headers);
    }
}

#[tokio::test]
async fn a_list_of_emails_previews_the_title_and_the_lifetime() {
    let data = sent(About::SigningIn, |_| {}).await;
    let (_, html) = parts(&mailparse::parse_mail(&data).unwrap());
    let (_, body) = html.split_once("<body").unwrap();
    let preview = "Sign in to Gatepost. The link and code expire 10 minutes after this email was sent and work \
                   only once.</div>";
    let (before, _) = body.split_once(preview).expect("the preview comes first");
    assert!(before.contains("display: none") && !before.contains("<p"), "{before}");
}

#[tokio::test]
async fn hostile_recipients_and_names_change_no_header() {
    let house = House::new().await;
    let hostile = [
        "bcc:x%0d%0a@example.org",
        "a=?utf-8?q?=0d=0aBcc:_x?=@example.org",
        "{{7*7}}@example.org",
        "'or'1'='1@example.org",
        "`id`@example.org",
        "$(id)|cat/etc@example.org",
        "-oQ/tmp@example.org",
        "!x@example.org",
    ];
    let mut owed = Vec::new();
    for address in hostile {
        // Addresses that the strict parser refuses never get an email.
        if EmailAddress::parse(address).is_ok() {
            house.request(address).await;
            owed.push(address);
        }
    }
    assert!(owed.len() >= 5, "{owed:?}");
    let sink = Sink::good().await;
    let mut settings = through_sink(&sink);
    settings.name = "<b>\"Ann\" & Co</b>".into();
    let worker = house.work(settings);
    let mails = sink.mails(owed.len()).await;
    for mail in &mails {
        assert!(owed.contains(&mail.to.as_str()), "{}", mail.to);
        assert_eq!(mail.from, "gatepost@id.example.org");
        let parsed = mailparse::parse_mail(&mail.data).unwrap();
        assert_eq!(parsed.headers.len(), 8, "{:?}", parsed.headers);
        assert_eq!(parsed.headers.get_first_value("To").unwrap(), mail.to);
        let (_, html) = parts(&parsed);
        assert!(!html.contains("<b>") && html.contains("&lt;b&gt;"));
    }
    worker.stops().await;
}
