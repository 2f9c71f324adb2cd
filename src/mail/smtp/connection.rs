//! One connection to the mail server. Each step has its own timeout.
//!
//! 1. Connect and, where it is required, start TLS before anything else is sent.
//! 2. Greet, and log in if there is a login.
//! 3. For each email: the sender (`begin`); the recipient (`announce`); `DATA` (`prepare`); then the message and
//!    its final dot (`finish`). From the dot on the server may have the email, whatever it replies.

use std::fmt::Display;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connect::connect;
use super::fault::{Fault, Step};
use super::journal::Journal;
use super::starttls;
use super::tls::Tls;
use super::wire::Wire;
use crate::mail::message::Mail;
use crate::mail::settings::{Security, SmtpServer};
use crate::mail::timeouts::Timeouts;

/// The ways to log in that we know.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// A connection that is ready for an email.
pub(in crate::mail) struct Connection {
    smtp: AsyncSmtpConnection,
    hello: ClientId,
    limits: Timeouts,
}

impl Connection {
    /// Connects, starts TLS, greets and logs in (steps 1 and 2). `name` is the host of `public_url`.
    pub(super) async fn open(
        server: &SmtpServer,
        tls: &Tls,
        name: &str,
        limits: Timeouts,
        journal: &Journal,
    ) -> Result<Self, Fault> {
        let stream = within(limits.step, Step::Connect, connect(server, journal)).await?;
        let address = stream.local_addr().map_err(|error| Fault::new(Step::Connect, error))?.ip();
        let hello = hello(name, address);
        let stream = secure(stream, server, tls, &hello, limits.step, journal).await?;
        let greeting = AsyncSmtpConnection::connect_with_transport(stream, &hello);
        let smtp = within(limits.step, Step::Greeting, replied(Step::Greeting, greeting)).await?;
        let mut connection = Self { smtp, hello, limits };
        if let Some(login) = &server.login {
            connection.log_in(login).await?;
        }
        Ok(connection)
    }

    async fn log_in(&mut self, login: &Credentials) -> Result<(), Fault> {
        if self.smtp.server_info().get_auth_mechanism(&MECHANISMS).is_none() {
            return Err(self.no_common_mechanism().await);
        }
        let limit = self.limits.step;
        let response =
            within(limit, Step::Login, replied(Step::Login, self.smtp.auth(&MECHANISMS, login))).await?;
        expect(Step::Login, &response, Severity::PositiveCompletion)
    }

    /// Says what the server offers instead. Lettre keeps only what it knows, so the server is asked again.
    async fn no_common_mechanism(&mut self) -> Fault {
        let again = replied(Step::Login, self.smtp.command(Ehlo::new(self.hello.clone())));
        let response = match within(self.limits.step, Step::Login, again).await {
            Ok(response) => response,
            Err(fault) => return fault,
        };
        let mut lines = response.message();
        let offer = lines.find_map(|line| {
            line.get(..4).filter(|word| word.eq_ignore_ascii_case("AUTH")).map(|_| &line[4..])
        });
        Fault::new(
            Step::Login,
            match offer.map(str::trim).filter(|offer| !offer.is_empty()) {
                Some(offer) => format!("it offers only {offer}, and Gatepost knows only PLAIN and LOGIN"),
                None => "it does not offer to log in on this port".to_owned(),
            },
        )
    }

    /// Announces an email from its sender.
    pub(super) async fn begin(&mut self, mail: &Mail) -> Result<(), Fault> {
        let from = MailFrom::new(mail.envelope.from().cloned(), Vec::new());
        self.command(Step::Sender, from, Severity::PositiveCompletion).await
    }

    /// Announces the recipient.
    pub(super) async fn announce(&mut self, mail: &Mail) -> Result<(), Fault> {
        for to in mail.envelope.to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            self.command(Step::Recipient, to, Severity::PositiveCompletion).await?;
        }
        Ok(())
    }

    /// Announces the message. The server waits for it then.
    pub(super) async fn prepare(&mut self) -> Result<(), Fault> {
        self.command(Step::Message, Data, Severity::PositiveIntermediate).await
    }

    /// Sends the message and waits until the server has accepted it, or until it is `late`.
    pub(super) async fn finish(
        &mut self,
        mail: &Mail,
        late: impl Future<Output = ()>,
    ) -> Result<String, Fault> {
        let response = tokio::select! {
            response = replied(Step::Answer, self.smtp.message(&mail.bytes)) => response?,
            () = late => return Err(Fault::slow(Step::Answer, self.limits.answer)),
        };
        expect(Step::Answer, &response, Severity::PositiveCompletion)?;
        Ok(text(&response))
    }

    /// Says goodbye.
    pub(super) async fn quit(mut self) {
        // Everything has been sent, so a failure here changes nothing.
        let _ = self.smtp.quit().await;
    }

    async fn command(&mut self, step: Step, command: impl Display, wanted: Severity) -> Result<(), Fault> {
        let command = replied(step, self.smtp.command(command));
        let response = within(self.limits.step, step, command).await?;
        expect(step, &response, wanted)
    }
}

/// What we greet with: our name, or the address that this connection comes from.
fn hello(name: &str, address: IpAddr) -> ClientId {
    own_name(name).unwrap_or_else(|| literal(address.to_canonical()))
}

/// The host of `public_url`, never the machine's own name. Nothing if it has no dot: many servers refuse such
/// a name, which is none on the internet.
pub(super) fn own_name(host: &str) -> Option<ClientId> {
    match host.trim_matches(['[', ']']).parse() {
        Ok(address) => Some(literal(address)),
        Err(_) => host.contains('.').then(|| ClientId::Domain(host.to_owned())),
    }
}

fn literal(address: IpAddr) -> ClientId {
    match address {
        IpAddr::V4(address) => ClientId::Ipv4(address),
        IpAddr::V6(address) => ClientId::Ipv6(address),
    }
}

/// Lettre only gets a connection on which it may send anything.
async fn secure(
    stream: TcpStream,
    server: &SmtpServer,
    tls: &Tls,
    hello: &ClientId,
    step_limit: Duration,
    journal: &Journal,
) -> Result<Box<dyn AsyncTokioStream>, Fault> {
    let peer = stream.peer_addr().map_err(|error| Fault::new(Step::Connect, error))?;
    let handshake = async |stream| {
        let stream = within(step_limit, Step::Tls, tls.begin(stream, server)).await?;
        let version = stream.get_ref().1.protocol_version().and_then(|version| version.as_str());
        let version = version.unwrap_or("TLS").replace("TLSv1_", "TLS 1.");
        journal.note("tls", version, format_args!("its certificate is valid for {}", server.host));
        Ok::<_, Fault>(stream)
    };
    Ok(match server.security {
        Security::Plain => Box::new(Wire::new(stream, peer, journal)),
        Security::Implicit => Box::new(Wire::new(handshake(stream).await?, peer, journal)),
        Security::StartTls => {
            let greeted = within(step_limit, Step::Greeting, starttls::greeted(stream, journal));
            let greeted = greeted.await.map_err(|fault| fault.unless_replied(TLS_FROM_THE_START))?;
            let stream = within(step_limit, Step::Tls, starttls::request(greeted, hello, journal)).await?;
            Box::new(Wire::greeted(handshake(stream).await?, peer, journal))
        }
    })
}

/// What helps where a server does not greet: it waits for us to start TLS.
const TLS_FROM_THE_START: &str = "if it expects TLS from the start, write smtps:// instead of smtp://";

async fn within<T>(
    limit: Duration,
    step: Step,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(Fault::slow(step, limit)))
}

async fn replied<T>(
    step: Step,
    work: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Fault> {
    work.await.map_err(|error| Fault::from_lettre(step, &error))
}

/// Lettre takes every 2xx and 3xx as a success. A 354 after the final dot is none: the server would be
/// out of step with us, and the email possibly lost.
fn expect(step: Step, response: &Response, wanted: Severity) -> Result<(), Fault> {
    if response.code().severity == wanted {
        return Ok(());
    }
    Err(Fault::new(step, format_args!("unexpected reply {}", text(response))))
}

fn text(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}
