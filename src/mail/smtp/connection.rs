//! One connection to the mail server. Each step has its own timeout.
//!
//! 1. Connect and, where it is required, start TLS before anything else is sent.
//! 2. Greet, and log in if there is a login.
//! 3. For each email: sender, recipient, `DATA` (`begin`); then the message and its final dot
//!    (`finish`). From the dot on the server may have the email, whatever it replies.

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

/// A connection that is ready for an email.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    step_limit: Duration,
}

impl Connection {
    /// Connects, starts TLS, greets and logs in (steps 1 and 2).
    pub(super) async fn open(
        server: &SmtpServer,
        tls: &Tls,
        hello: &ClientId,
        step_limit: Duration,
    ) -> Result<Self, Fault> {
        let stream = within(step_limit, Step::Connect, connect(server)).await?;
        let stream = secure(stream, server, tls, hello, step_limit).await?;
        let greeting = AsyncSmtpConnection::connect_with_transport(stream, hello);
        let smtp = within(step_limit, Step::Greeting, replied(Step::Greeting, greeting)).await?;
        let mut connection = Self { smtp, step_limit };
        if let Some(login) = &server.login {
            let auth = connection.smtp.auth(&[Mechanism::Plain, Mechanism::Login], login);
            let response = within(step_limit, Step::Login, replied(Step::Login, auth)).await?;
            expect(Step::Login, &response, Severity::PositiveCompletion)?;
        }
        Ok(connection)
    }

    /// Announces an email. The server waits for the message then.
    pub(super) async fn begin(&mut self, mail: &Mail) -> Result<(), Fault> {
        let from = MailFrom::new(mail.envelope.from().cloned(), Vec::new());
        self.command(Step::Sender, from, Severity::PositiveCompletion).await?;
        for to in mail.envelope.to() {
            let to = Rcpt::new(to.clone(), Vec::new());
            self.command(Step::Recipient, to, Severity::PositiveCompletion).await?;
        }
        self.command(Step::Message, Data, Severity::PositiveIntermediate).await
    }

    /// Sends the message and waits until the server has accepted it.
    pub(super) async fn finish(&mut self, mail: &Mail) -> Result<String, Fault> {
        let message = replied(Step::Message, self.smtp.message(&mail.bytes));
        let response = within(self.step_limit, Step::Message, message).await?;
        expect(Step::Message, &response, Severity::PositiveCompletion)?;
        Ok(text(&response))
    }

    /// Says goodbye.
    pub(super) async fn quit(mut self) {
        // Everything has been sent, so a failure here changes nothing.
        let _ = self.smtp.quit().await;
    }

    async fn command(&mut self, step: Step, command: impl Display, wanted: Severity) -> Result<(), Fault> {
        let command = replied(step, self.smtp.command(command));
        let response = within(self.step_limit, step, command).await?;
        expect(step, &response, wanted)
    }
}

async fn connect(server: &SmtpServer) -> Result<TcpStream, Fault> {
    let fault = |error| Fault::new(Step::Connect, error);
    let stream = TcpStream::connect((server.host.as_str(), server.port)).await.map_err(fault)?;
    // Otherwise every email waits 40 ms for an acknowledgement.
    stream.set_nodelay(true).map_err(fault)?;
    Ok(stream)
}

/// Lettre only gets a connection on which it may send anything.
async fn secure(
    stream: TcpStream,
    server: &SmtpServer,
    tls: &Tls,
    hello: &ClientId,
    step_limit: Duration,
) -> Result<Box<dyn AsyncTokioStream>, Fault> {
    let peer = stream.peer_addr().map_err(|error| Fault::new(Step::Connect, error))?;
    let handshake = |stream| within(step_limit, Step::Tls, tls.begin(stream, &server.host));
    Ok(match server.security {
        Security::Plain => Box::new(Wire::new(stream, peer)),
        Security::Implicit => Box::new(Wire::new(handshake(stream).await?, peer)),
        Security::StartTls => {
            let request = starttls::request(stream, hello);
            let stream = within(step_limit, Step::Tls, request).await?;
            Box::new(Wire::greeted(handshake(stream).await?, peer))
        }
    })
}

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
