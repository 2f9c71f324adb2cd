//! A mail server for tests, on a real socket. It behaves well unless its script makes it misbehave at
//! some stage.

mod talk;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gatepost::domain::record::ids::LetterId;
use mailparse::MailHeaderMap;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use self::talk::Talk;

/// Where in the conversation the script can misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The first line of the message has arrived.
    Body,
    /// The final dot has arrived.
    Dot,
}

/// What the mail server does at a stage.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// The right thing.
    Behave,
    /// Replies this instead, byte for byte. At `Dot` the email is kept if the reply is a 250.
    Say(Vec<u8>),
    /// Replies a few bytes at a time, without end.
    Drip,
    /// Never replies.
    Silence,
    /// Closes the connection.
    HangUp,
    /// Keeps the email (at `Dot`), then closes the connection without a reply.
    KeepAndHangUp,
    /// Keeps the email (at `Dot`), and never replies.
    KeepSilently,
    /// Replies correctly when the test allows it.
    Hold(watch::Receiver<bool>),
}

impl Act {
    pub(crate) fn say(reply: &str) -> Self {
        Self::Say(format!("{reply}\r\n").into_bytes())
    }
}

/// What the script sees: the stage, the command (at `Dot` the message) and the number of the connection,
/// counted from 0.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) stage: Stage,
    pub(crate) line: String,
    pub(crate) connection: usize,
}

/// An email that the mail server has accepted.
#[derive(Clone, Debug)]
pub(crate) struct TakenMail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) data: Vec<u8>,
}

/// How the mail server uses TLS.
#[derive(Clone)]
pub(crate) enum Security {
    None,
    Implicit(TlsAcceptor),
    StartTls(TlsAcceptor),
}

impl TakenMail {
    /// The link in its text part.
    pub(crate) fn link(&self) -> String {
        let letter = mailparse::parse_mail(&self.data).unwrap();
        let text = letter.subparts[0].get_body().unwrap();
        text.lines().find(|line| line.starts_with("http")).unwrap().trim().to_owned()
    }

    /// The code in its text part.
    pub(crate) fn code(&self) -> Option<String> {
        let letter = mailparse::parse_mail(&self.data).unwrap();
        let text = letter.subparts[0].get_body().unwrap();
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        text.split_whitespace().find(is_code).map(str::to_owned)
    }

    /// The first line of its text part.
    pub(crate) fn title(&self) -> String {
        let letter = mailparse::parse_mail(&self.data).unwrap();
        letter.subparts[0].get_body().unwrap().lines().next().unwrap_or_default().to_owned()
    }

    pub(crate) fn subject(&self) -> String {
        let letter = mailparse::parse_mail(&self.data).unwrap();
        letter.headers.get_first_value("Subject").unwrap()
    }

    /// Which email of the outbox it is, from its `Message-ID`.
    pub(crate) fn id(&self) -> LetterId {
        let letter = mailparse::parse_mail(&self.data).unwrap();
        let id = letter.headers.get_first_value("Message-ID").unwrap();
        LetterId::parse(id.trim_start_matches('<').split_once('@').unwrap().0).unwrap()
    }
}

type Script = Arc<dyn Fn(&Moment) -> Act + Send + Sync>;

/// The mail server. Dropping it stops it.
pub(crate) struct Sink {
    pub(crate) port: u16,
    seen: watch::Sender<Seen>,
    _accepting: AbortOnDropHandle<()>,
}

/// Everything the mail server has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) mails: Vec<TakenMail>,
    /// Every line that arrived unencrypted.
    pub(crate) clear: Vec<String>,
    /// Every moment that the script has seen.
    pub(crate) moments: Vec<Moment>,
    pub(crate) connections: usize,
    pub(crate) hung_up: usize,
}

impl Sink {
    /// A mail server that always behaves well.
    pub(crate) async fn good() -> Self {
        Self::start(Security::None, |_| Act::Behave).await
    }

    pub(crate) async fn start(
        tls: Security,
        script: impl Fn(&Moment) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self::start_at(0, tls, script).await
    }

    pub(crate) async fn start_at(
        port: u16,
        tls: Security,
        script: impl Fn(&Moment) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = watch::Sender::new(Seen::default());
        let script: Script = Arc::new(script);
        let accepting = tokio::spawn(accept(listener, tls, script, seen.clone()));
        Self { port, seen, _accepting: AbortOnDropHandle::new(accepting) }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Returns when `so` is true of what was seen. Fails the test if that takes too long.
    pub(crate) async fn until(&self, so: impl Fn(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(20), seen.wait_for(|seen| so(seen))).await;
        let result = waited.map(|seen| seen.unwrap().clone());
        result.unwrap_or_else(|_| panic!("it never happened: {:?}", self.seen()))
    }

    /// Waits for the first email to an address, however long that takes.
    pub(crate) async fn letter_to(&self, address: &str) -> TakenMail {
        self.first(|mail| mail.to == address).await
    }

    /// Waits for the first email that is like this, however long that takes.
    pub(crate) async fn first(&self, is_it: impl Fn(&TakenMail) -> bool) -> TakenMail {
        let mut seen = self.seen.subscribe();
        let seen = seen.wait_for(|seen| seen.mails.iter().any(&is_it)).await.unwrap();
        seen.mails.iter().find(|mail| is_it(mail)).unwrap().clone()
    }

    /// Waits for this many different emails that are like this, however long that takes.
    pub(crate) async fn has(&self, count: usize, is_it: impl Fn(&TakenMail) -> bool) {
        let mut seen = self.seen.subscribe();
        let different = |seen: &Seen| {
            let mails = seen.mails.iter().filter(|mail| is_it(mail)).map(TakenMail::id);
            mails.collect::<HashSet<_>>().len()
        };
        seen.wait_for(|seen| different(seen) >= count).await.unwrap();
    }

    /// How many emails to an address have arrived.
    pub(crate) fn count_to(&self, address: &str) -> usize {
        self.seen.borrow().mails.iter().filter(|mail| mail.to == address).count()
    }

    /// Waits for the first `count` emails.
    pub(crate) async fn mails(&self, count: usize) -> Vec<TakenMail> {
        self.until(|seen| seen.mails.len() >= count).await.mails
    }
}

async fn accept(listener: TcpListener, tls: Security, script: Script, seen: watch::Sender<Seen>) {
    let mut talks = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let number = seen.borrow().connections;
        seen.send_modify(|seen| seen.connections += 1);
        let talk = Talk { script: Arc::clone(&script), seen: seen.clone(), number, is_secret: false };
        let (tls, seen) = (tls.clone(), seen.clone());
        talks.spawn(async move {
            // An error means that the client has gone away, as some tests intend.
            let _ = talk.serve(stream, tls).await;
            seen.send_modify(|seen| seen.hung_up += 1);
        });
    }
}
