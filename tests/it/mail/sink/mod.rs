//! A mail server of the tests, on a real socket: does what a mail server does, unless a script
//! tells it to misbehave at a step.

mod talk;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use self::talk::Talk;

/// Where in the conversation a script may misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The first line of the letter has come.
    Body,
    /// The final dot has come.
    Dot,
}

/// What the mail server does at a stage.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// What a mail server should.
    Behave,
    /// Answers this instead, byte for byte. At `Dot` the letter is kept if it is a 250.
    Say(Vec<u8>),
    /// Answers what it should, but one byte a while, and never ends.
    Drip,
    /// Never answers.
    Silence,
    /// Closes the connection.
    HangUp,
    /// Keeps the letter (at `Dot`), then closes the connection without an answer.
    KeepAndHangUp,
    /// Answers as it should once the test lets it.
    Hold(watch::Receiver<bool>),
}

impl Act {
    pub(crate) fn say(reply: &str) -> Self {
        Self::Say(format!("{reply}\r\n").into_bytes())
    }
}

/// What the script is asked: the stage, the command (at `Dot` the letter), the number of the
/// connection (from 0).
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) stage: Stage,
    pub(crate) line: String,
    pub(crate) connection: usize,
}

/// A letter the mail server has taken.
#[derive(Clone, Debug)]
pub(crate) struct TakenMail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) data: Vec<u8>,
}

/// How the mail server speaks TLS.
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
}

type Script = Arc<dyn Fn(&Moment) -> Act + Send + Sync>;

/// The mail server. It is gone when it is dropped.
pub(crate) struct Sink {
    pub(crate) port: u16,
    seen: watch::Sender<Seen>,
    _accepting: AbortOnDropHandle<()>,
}

/// All that a mail server saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) mails: Vec<TakenMail>,
    /// Every line that came in the clear.
    pub(crate) clear: Vec<String>,
    /// Every moment its script was asked about.
    pub(crate) moments: Vec<Moment>,
    pub(crate) connections: usize,
    pub(crate) hung_up: usize,
}

impl Sink {
    /// A mail server that always does what it should.
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

    /// Returns once `so` is true of what was seen. A test that waits in vain fails.
    pub(crate) async fn until(&self, so: impl Fn(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(20), seen.wait_for(|seen| so(seen))).await;
        let result = waited.map(|seen| seen.unwrap().clone());
        result.unwrap_or_else(|_| panic!("it never came to pass: {:?}", self.seen()))
    }

    /// The first letter to an address, once it is there. For as long as that takes.
    pub(crate) async fn letter_to(&self, address: &str) -> TakenMail {
        let is_to = |mail: &&TakenMail| mail.to == address;
        let mut seen = self.seen.subscribe();
        let seen = seen.wait_for(|seen| seen.mails.iter().any(|mail| is_to(&mail))).await.unwrap();
        seen.mails.iter().find(is_to).unwrap().clone()
    }

    /// How many letters to an address there are.
    pub(crate) fn count_to(&self, address: &str) -> usize {
        self.seen.borrow().mails.iter().filter(|mail| mail.to == address).count()
    }

    /// The first `count` letters, once they are there.
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
            // A client that goes away is none of the mail server's business.
            let _ = talk.serve(stream, tls).await;
            seen.send_modify(|seen| seen.hung_up += 1);
        });
    }
}
