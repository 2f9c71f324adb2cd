//! What is said in the clear before STARTTLS: three replies, read here and not by lettre.
//!
//! Lettre would go on with what it had read before TLS began, so whoever sits on the line could
//! slip replies into the protected part (CVE-2011-0411 and its kin). Nothing of ours but the name we
//! greet with is said before TLS.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::fault::{Fault, Step};
use super::wire::plain;

/// The most a server may say before TLS.
const MAX_BYTES: u64 = 64 * 1024;

/// Brings a fresh connection to where the TLS handshake begins.
pub(super) async fn ask_for_tls(
    stream: TcpStream,
    hello: &impl std::fmt::Display,
) -> Result<TcpStream, Fault> {
    let mut talk = BufReader::new(stream.take(MAX_BYTES));
    reply(&mut talk, Step::Greeting).await?;
    say(&mut talk, &format!("EHLO {hello}\r\n"), Step::Greeting).await?;
    let offers = reply(&mut talk, Step::Greeting).await?;
    if !offers.iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
        return Err(Fault::new(
            Step::StartTls,
            "the mail server does not offer it, and nothing is sent without",
        ));
    }
    say(&mut talk, "STARTTLS\r\n", Step::StartTls).await?;
    reply(&mut talk, Step::StartTls).await?;
    if !talk.buffer().is_empty() {
        return Err(Fault::new(Step::StartTls, "somebody spoke between the reply and TLS"));
    }
    Ok(talk.into_inner().into_inner())
}

type Talk = BufReader<tokio::io::Take<TcpStream>>;

async fn say(talk: &mut Talk, command: &str, step: Step) -> Result<(), Fault> {
    let stream = talk.get_mut().get_mut();
    stream.write_all(command.as_bytes()).await.map_err(|error| Fault::new(step, error))
}

/// The texts of a 2xx reply, one a line.
async fn reply(talk: &mut Talk, step: Step) -> Result<Vec<String>, Fault> {
    let mut texts = Vec::new();
    loop {
        let mut line = Vec::new();
        talk.read_until(b'\n', &mut line).await.map_err(|error| Fault::new(step, error))?;
        if line.pop() != Some(b'\n') {
            return Err(Fault::new(step, "the connection ended, or the reply has no end"));
        }
        let line: String = line.into_iter().map(|byte| char::from(plain(byte))).collect();
        let line = line.trim_end();
        let code = line.get(..3).and_then(|code| code.parse::<u16>().ok());
        let code = code.ok_or_else(|| Fault::new(step, "this is no mail server: its reply has no code"))?;
        texts.push(line.get(4..).unwrap_or_default().to_owned());
        match line.as_bytes().get(3) {
            Some(b'-') => {}
            Some(b' ') | None if (200..300).contains(&code) => return Ok(texts),
            _ => return Err(Fault::answered(step, code, texts.join(" "))),
        }
    }
}
