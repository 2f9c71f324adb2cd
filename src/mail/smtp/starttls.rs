//! The unencrypted part of a conversation before STARTTLS: three replies, read here and not by lettre.
//!
//! Lettre keeps what it has read before TLS started, so an attacker on the network could slip replies
//! into the encrypted part (CVE-2011-0411 and similar). The only thing of ours that is sent before TLS
//! is the name we greet with.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::fault::{Fault, Step};
use super::journal::{Journal, plain};

/// The longest a server may talk before TLS.
const MAX_BYTES: u64 = 64 * 1024;

/// Waits until the server greets on a new connection.
pub(super) async fn greeted(stream: TcpStream, journal: &Journal) -> Result<Talk, Fault> {
    let mut talk = BufReader::new(stream.take(MAX_BYTES));
    reply(&mut talk, Step::Greeting, journal).await?;
    Ok(talk)
}

/// Brings a connection on which the server has greeted to where the TLS handshake begins.
pub(super) async fn request(
    mut talk: Talk,
    hello: &impl std::fmt::Display,
    journal: &Journal,
) -> Result<TcpStream, Fault> {
    say(&mut talk, &format!("EHLO {hello}\r\n"), Step::Greeting, journal).await?;
    let offers = reply(&mut talk, Step::Greeting, journal).await?;
    if !offers.iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
        return Err(Fault::new(Step::Tls, "the server does not offer STARTTLS"));
    }
    say(&mut talk, "STARTTLS\r\n", Step::Tls, journal).await?;
    reply(&mut talk, Step::Tls, journal).await?;
    if !talk.buffer().is_empty() {
        return Err(Fault::new(Step::Tls, "someone sent data between the STARTTLS reply and TLS"));
    }
    Ok(talk.into_inner().into_inner())
}

/// The unencrypted part of a conversation.
pub(super) type Talk = BufReader<tokio::io::Take<TcpStream>>;

async fn say(talk: &mut Talk, command: &str, step: Step, journal: &Journal) -> Result<(), Fault> {
    journal.sent(command.as_bytes());
    let stream = talk.get_mut().get_mut();
    stream.write_all(command.as_bytes()).await.map_err(|error| Fault::new(step, error))
}

/// The texts of a 2xx reply, one per line.
async fn reply(talk: &mut Talk, step: Step, journal: &Journal) -> Result<Vec<String>, Fault> {
    let mut texts = Vec::new();
    loop {
        let mut line = Vec::new();
        talk.read_until(b'\n', &mut line).await.map_err(|error| Fault::new(step, error))?;
        journal.heard(&line);
        if line.pop() != Some(b'\n') {
            return Err(Fault::new(step, "the server closed the connection, or its reply has no end"));
        }
        let line: String = line.into_iter().map(|byte| char::from(plain(byte))).collect();
        let line = line.trim_end();
        let code = line.get(..3).and_then(|code| code.parse::<u16>().ok());
        let code =
            code.ok_or_else(|| Fault::new(step, "this is not a mail server: its reply has no code"))?;
        texts.push(line.get(4..).unwrap_or_default().to_owned());
        match line.as_bytes().get(3) {
            Some(b'-') => {}
            Some(b' ') | None if (200..300).contains(&code) => return Ok(texts),
            _ => return Err(Fault::replied(step, code, texts.join(" "))),
        }
    }
}
