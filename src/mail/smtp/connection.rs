//! One connection to the mail server, step by step, each with its own time-out.
//!
//! 1. Connect, and begin TLS where it is demanded: nothing else is ever said on that line.
//! 2. Greet, and sign in where there is a login.
//! 3. For each letter: sender, recipient, `DATA` (`begin`); then the letter and its final dot
//!    (`finish`), after which the server may have it, whatever it answers.

use std::fmt::Display;
use std::time::Duration;

use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fault::{Fault, Step};
use super::starttls;
use super::tls::Tls;
use super::wire::Wire;
use crate::mail::message::Mail;
use crate::mail::settings::{Security, SmtpServer};

/// A connection that is ready for a letter.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    patience: Duration,
}

impl Connection {
    /// Connects, secures, greets and signs in (steps 1 and 2).
    pub(super) async fn open(
        server: &SmtpServer,
        tls: &Tls,
        hello: &ClientId,
        patience: Duration,
    ) -> Result<Self, Fault> {
        let stream = within(patience, Step::Connect, connect(server)).await?;
        let stream = secure(stream, server, tls, hello, patience).await?;
        let greeting = AsyncSmtpConnection::connect_with_transport(stream, hello);
        let smtp = within(patience, Step::Greeting, spoken(Step::Greeting, greeting)).await?;
        let mut connection = Self { smtp, patience };
        if let Some(login) = &server.login {
            let auth = connection.smtp.auth(&[Mechanism::Plain, Mechanism::Login], login);
            let response = within(patience, Step::SignIn, spoken(Step::SignIn, auth)).await?;
            expect(Step::SignIn, &response, Severity::PositiveCompletion)?;
        }
        Ok(connection)
    }

    /// Announces a letter: the server waits for it now.
    pub(super) async fn begin(&mut self, mail: &Mail) -> Result<(), Fault> {
        let from = MailFrom::new(mail.envelope.from().cloned(), Vec::new());
        self.command(Step::Sender, from, Severity::PositiveCompletion).await?;
        for to in mail.envelope.to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            self.command(Step::Recipient, to, Severity::PositiveCompletion).await?;
        }
        self.command(Step::Data, Data, Severity::PositiveIntermediate).await
    }

    /// Sends the letter and waits for the word that it is taken.
    pub(super) async fn finish(&mut self, mail: &Mail) -> Result<String, Fault> {
        let message = spoken(Step::Dot, self.smtp.message(&mail.bytes));
        let response = within(self.patience, Step::Dot, message).await?;
        expect(Step::Dot, &response, Severity::PositiveCompletion)?;
        Ok(told(&response))
    }

    /// Takes leave.
    pub(super) async fn quit(mut self) {
        // The letters are sent; a server that fails at a farewell harms nobody.
        let _ = self.smtp.quit().await;
    }

    async fn command(&mut self, step: Step, command: impl Display, wanted: Severity) -> Result<(), Fault> {
        let command = spoken(step, self.smtp.command(command));
        let response = within(self.patience, step, command).await?;
        expect(step, &response, wanted)
    }
}

async fn connect(server: &SmtpServer) -> Result<TcpStream, Fault> {
    let trouble = |error| Fault::new(Step::Connect, error);
    let stream = TcpStream::connect((server.host.as_str(), server.port)).await.map_err(trouble)?;
    // Without it every letter waits 40 ms for an acknowledgement.
    stream.set_nodelay(true).map_err(trouble)?;
    Ok(stream)
}

/// Lettre only ever gets a line on which it may say everything.
async fn secure(
    stream: TcpStream,
    server: &SmtpServer,
    tls: &Tls,
    hello: &ClientId,
    patience: Duration,
) -> Result<Box<dyn AsyncTokioStream>, Fault> {
    let peer = stream.peer_addr().map_err(|error| Fault::new(Step::Connect, error))?;
    let handshake = |stream| within(patience, Step::Tls, tls.begin(stream, &server.host));
    Ok(match server.security {
        Security::Plain => Box::new(Wire::new(stream, peer)),
        Security::Implicit => Box::new(Wire::new(handshake(stream).await?, peer)),
        Security::StartTls => {
            let asked = starttls::ask_for_tls(stream, hello);
            let stream = within(patience, Step::StartTls, asked).await?;
            Box::new(Wire::greeted(handshake(stream).await?, peer))
        }
    })
}

async fn within<T>(
    patience: Duration,
    step: Step,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    timeout(patience, work).await.unwrap_or_else(|_| Err(Fault::slow(step, patience)))
}

async fn spoken<T>(
    step: Step,
    work: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, Fault> {
    work.await.map_err(|error| Fault::from_lettre(step, &error))
}

/// Lettre takes every 2xx and 3xx for a yes. A 354 after the final dot is none: the server and we
/// would be out of step, and the letter perhaps lost.
fn expect(step: Step, response: &Response, wanted: Severity) -> Result<(), Fault> {
    if response.code().severity == wanted {
        return Ok(());
    }
    Err(Fault::new(step, format_args!("the mail server is out of step: it said {}", told(response))))
}

fn told(response: &Response) -> String {
    let text: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), text.join(" "))
}
