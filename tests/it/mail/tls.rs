//! Where TLS is required, only the name we greet with is sent unencrypted (REL-16).

use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::record::address::EmailAddress;
use gatepost::mail::{MailRoom, MailSettings, SmtpServer, SmtpSettings, TransportSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::sink::{Act, Security, Seen, Sink, Stage};
use super::{House, through};

/// A certificate authority for tests, and a server certificate for `name` that it has signed.
pub(crate) fn authority(name: &str, not_after: (i32, u8, u8)) -> (CertificateDer<'static>, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(not_after.0, not_after.1, not_after.2);
    let leaf = params.signed_by(&key, &ca).unwrap();
    (ca.der().clone(), acceptor(leaf.der().clone(), &key))
}

fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A server certificate that is also a certificate authority, as many small mail servers have one.
fn its_own_authority(name: &str) -> (CertificateDer<'static>, TlsAcceptor) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    (certificate.der().clone(), acceptor(certificate.der().clone(), &key))
}

const FAR: (i32, u8, u8) = (4000, 1, 1);

fn settings(url: &str, trusted: Vec<CertificateDer<'static>>) -> MailSettings {
    let server = SmtpServer::parse(url).unwrap();
    through(TransportSettings::Smtp(SmtpSettings { server, trusted }))
}

/// Asserts that only the commands before TLS were sent unencrypted, and that no email arrived.
fn assert_discreet(seen: &Seen) {
    let is_before_tls = |line: &&String| line.starts_with("EHLO ") || line.starts_with("STARTTLS");
    let clear: Vec<&String> = seen.clear.iter().filter(|line| !is_before_tls(line)).collect();
    // The rest may be bytes of a handshake, but never a command or an email.
    for line in clear {
        for word in ["MAIL", "RCPT", "DATA", "AUTH", "Subject", "/link/", "ann@"] {
            assert!(!line.contains(word), "sent unencrypted: {line:?}");
        }
    }
    assert!(seen.mails.is_empty());
}

/// Asserts that an email through this mail server is delayed, and that nothing was revealed.
async fn is_refused(sink: &Sink, url: &str, trusted: Vec<CertificateDer<'static>>) {
    let house = House::new().await;
    let worker = house.work(settings(url, trusted));
    house.request("ann@example.org").await;
    // It is due again soon, so it was delayed and not rejected.
    house.delayed_until().await;
    worker.stops().await;
    assert!(house.gatepost.has_letters().await.unwrap());
    assert!(sink.seen().connections > 0);
    assert_discreet(&sink.seen());
}

#[tokio::test]
async fn emails_are_sent_over_both_kinds_of_tls_with_a_private_authority() {
    let (ca, acceptor) = authority("localhost", FAR);
    for (tls, scheme) in
        [(Security::Implicit(acceptor.clone()), "smtps"), (Security::StartTls(acceptor), "smtp")]
    {
        let house = House::new().await;
        let sink = Sink::start(tls, |_| Act::Behave).await;
        let url = format!("{scheme}://ann:secret@localhost:{}", sink.port);
        let worker = house.work(settings(&url, vec![ca.clone()]));
        house.request("ann@example.org").await;
        let seen = sink.until(|seen| seen.mails.len() == 1).await;
        assert!(seen.moments.iter().any(|moment| moment.stage == Stage::Auth));
        assert_discreet(&Seen { mails: Vec::new(), ..seen });
        house.empties_its_outbox().await;
        worker.stops().await;
    }
}

#[tokio::test]
async fn a_mail_server_without_starttls_gets_no_email() {
    let sink = Sink::good().await;
    is_refused(&sink, &format!("smtp://ann:secret@localhost:{}", sink.port), Vec::new()).await;
}

#[tokio::test]
async fn a_mail_server_that_refuses_starttls_gets_no_email() {
    let (ca, acceptor) = authority("localhost", FAR);
    for reply in ["454 not now", "554 never", "hello", "220"] {
        let sink = Sink::start(Security::StartTls(acceptor.clone()), move |moment| match moment.stage {
            Stage::StartTls if reply == "220" => Act::say("220 go ahead\r\n250 AUTH PLAIN"),
            Stage::StartTls => Act::say(reply),
            _ => Act::Behave,
        })
        .await;
        is_refused(&sink, &format!("smtp://ann:secret@localhost:{}", sink.port), vec![ca.clone()]).await;
    }
}

#[tokio::test]
async fn a_mail_server_with_an_invalid_certificate_gets_no_email() {
    let (ca, good) = authority("localhost", FAR);
    let (other_ca, unknown) = authority("localhost", FAR);
    let (wrong_name_ca, wrong_name) = authority("mail.example.org", FAR);
    let (expired_ca, expired) = authority("localhost", (2020, 1, 1));
    drop((good, other_ca));
    for (acceptor, trusted) in [(unknown, ca), (wrong_name, wrong_name_ca), (expired, expired_ca)] {
        let both = [(Security::Implicit(acceptor.clone()), "smtps"), (Security::StartTls(acceptor), "smtp")];
        for (tls, scheme) in both {
            let sink = Sink::start(tls, |_| Act::Behave).await;
            let url = format!("{scheme}://ann:secret@localhost:{}", sink.port);
            is_refused(&sink, &url, vec![trusted.clone()]).await;
        }
    }
}

#[tokio::test]
async fn a_failed_test_email_says_what_is_wrong_with_the_certificate() {
    let (_, unknown) = authority("localhost", FAR);
    let (own_ca, own_authority) = its_own_authority("localhost");
    let (wrong_name_ca, wrong_name) = authority("mail.example.org", FAR);
    let (expired_ca, expired) = authority("localhost", (2020, 1, 1));
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    for (acceptor, trusted, problem) in [
        (
            unknown,
            Vec::new(),
            "was not issued by an authority that this machine trusts; to trust another one, add it to this \
             machine's authorities, or name a file with all that you trust in SSL_CERT_FILE",
        ),
        (
            own_authority,
            vec![own_ca],
            "is that of a certificate authority, which no server may use; give it one that this authority has \
             issued, and trust the authority",
        ),
        (wrong_name, vec![wrong_name_ca], "is for a different host name"),
        (expired, vec![expired_ca], "has expired"),
    ] {
        let sink = Sink::start(Security::Implicit(acceptor), |_| Act::Behave).await;
        let room = MailRoom::new(settings(&format!("smtps://localhost:{}", sink.port), trusted));
        let report = room.send_trial(&to, &house.world).await.unwrap_err().to_string();
        let start = format!("Could not start TLS with localhost:{}: its certificate {problem}.", sink.port);
        assert_eq!(report, format!("{start} Check mail.smtp_url."));
    }
}

#[tokio::test]
async fn an_unencrypted_mail_server_gets_no_email_where_tls_is_required() {
    let (ca, _) = authority("localhost", FAR);
    let sink = Sink::good().await;
    is_refused(&sink, &format!("smtps://ann:secret@localhost:{}", sink.port), vec![ca]).await;
}

#[tokio::test]
async fn a_silent_handshake_frees_the_sender() {
    let (ca, acceptor) = authority("localhost", FAR);
    let house = House::new().await;
    let sink = Sink::start(Security::StartTls(acceptor), |moment| match (moment.connection, moment.stage) {
        (0, Stage::StartTls) => Act::Silence,
        _ => Act::Behave,
    })
    .await;
    let mut settings = settings(&format!("smtp://localhost:{}", sink.port), vec![ca]);
    settings.timeouts.step = Duration::from_secs(1);
    settings.connections = 1;
    let worker = house.work(settings);
    let _hurry = house.retries_at_once();
    house.request("ann@example.org").await;
    sink.mails(1).await;
    worker.stops().await;
}

#[tokio::test]
async fn a_server_that_waits_for_tls_is_reported_with_the_scheme_for_it() {
    let (ca, acceptor) = authority("localhost", FAR);
    let house = House::new().await;
    let to = EmailAddress::parse("ann@example.org").unwrap();
    let sink = Sink::start(Security::Implicit(acceptor), |_| Act::Behave).await;
    let mut settings = settings(&format!("smtp://localhost:{}", sink.port), vec![ca]);
    settings.timeouts.step = Duration::from_millis(300);
    let report = MailRoom::new(settings).send_trial(&to, &house.world).await.unwrap_err().to_string();
    let problem =
        "no answer within 0.3 s; if it expects TLS from the start, write smtps:// instead of smtp://";
    assert!(report.contains(problem), "{report}");
}
