//! One conversation of the test mail server.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::{Act, Moment, Script, Security, Seen, Stage, TakenMail};

pub(super) struct Talk {
    pub(super) script: Script,
    pub(super) seen: watch::Sender<Seen>,
    pub(super) number: usize,
    pub(super) is_secret: bool,
}

/// Whether the conversation goes on.
enum Next {
    On,
    Over,
    StartTls,
}

impl Talk {
    pub(super) async fn serve(mut self, stream: TcpStream, tls: Security) -> std::io::Result<()> {
        match tls {
            Security::None => self.talk(&mut BufReader::new(stream), None).await.map(drop),
            Security::Implicit(acceptor) => {
                self.is_secret = true;
                let mut stream = BufReader::new(acceptor.accept(stream).await?);
                self.talk(&mut stream, None).await.map(drop)
            }
            Security::StartTls(acceptor) => {
                let mut stream = BufReader::new(stream);
                if !matches!(self.talk(&mut stream, Some("250-STARTTLS\r\n")).await?, Next::StartTls) {
                    return Ok(());
                }
                self.is_secret = true;
                let mut stream = BufReader::new(acceptor.accept(stream.into_inner()).await?);
                self.commands(&mut stream, None).await.map(drop)
            }
        }
    }

    async fn talk<S>(&mut self, stream: &mut BufReader<S>, offer: Option<&str>) -> std::io::Result<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if let Next::Over = self.act(stream, Stage::Greeting, "", "220 sink ready\r\n").await? {
            return Ok(Next::Over);
        }
        self.commands(stream, offer).await
    }

    async fn commands<S>(&mut self, stream: &mut BufReader<S>, offer: Option<&str>) -> std::io::Result<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut from, mut to) = (String::new(), String::new());
        while let Some(line) = self.line(stream).await? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let ehlo =
                format!("250-sink\r\n{}250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n", offer.unwrap_or_default());
            let (stage, reply) = match verb.as_str() {
                "EHLO" => (Stage::Ehlo, ehlo.as_str()),
                "STARTTLS" => (Stage::StartTls, "220 go ahead\r\n"),
                "AUTH" => (Stage::Auth, "235 welcome\r\n"),
                "MAIL" => (Stage::Mail, "250 sender ok\r\n"),
                "RCPT" => (Stage::Rcpt, "250 recipient ok\r\n"),
                "DATA" => (Stage::Data, "354 go ahead\r\n"),
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(Next::Over);
                }
                _ => {
                    stream.write_all(b"500 what?\r\n").await?;
                    continue;
                }
            };
            let next = self.act(stream, stage, &line, reply).await?;
            match (stage, next) {
                (_, Next::Over) => return Ok(Next::Over),
                (Stage::StartTls, Next::On) => return Ok(Next::StartTls),
                (Stage::Mail, _) => from = address(&line),
                (Stage::Rcpt, _) => to = address(&line),
                (Stage::Data, _) => {
                    if let Next::Over = self.letter(stream, &from, &to).await? {
                        return Ok(Next::Over);
                    }
                }
                _ => {}
            }
        }
        Ok(Next::Over)
    }

    async fn letter<S>(&mut self, stream: &mut BufReader<S>, from: &str, to: &str) -> std::io::Result<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut data = Vec::new();
        loop {
            let Some(line) = self.line(stream).await? else { return Ok(Next::Over) };
            if line == "." {
                break;
            }
            data.extend_from_slice(line.strip_prefix('.').unwrap_or(&line).as_bytes());
            data.extend_from_slice(b"\r\n");
            if data.len() == line.len() + 2 {
                let act = self.asked(Stage::Body, to);
                if matches!(act, Act::HangUp) {
                    return Ok(Next::Over);
                }
            }
        }
        let act = self.asked(Stage::Dot, &String::from_utf8_lossy(&data));
        let mail = TakenMail { from: from.to_owned(), to: to.to_owned(), data };
        let takes = match &act {
            Act::Behave | Act::KeepAndHangUp | Act::Hold(_) | Act::Drip => true,
            Act::Say(reply) => reply.starts_with(b"250 "),
            Act::Silence | Act::HangUp | Act::KeepSilently => false,
        };
        if matches!(act, Act::KeepSilently) {
            self.seen.send_modify(|seen| seen.mails.push(mail.clone()));
        }
        let next = self.perform(stream, act, "250 taken\r\n").await?;
        if takes {
            self.seen.send_modify(|seen| seen.mails.push(mail));
        }
        Ok(next)
    }

    async fn line<S: AsyncRead + Unpin>(&self, stream: &mut BufReader<S>) -> std::io::Result<Option<String>> {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await?;
        let text = String::from_utf8_lossy(&line).into_owned();
        if !self.is_secret && !text.is_empty() {
            self.seen.send_modify(|seen| seen.clear.push(text.clone()));
        }
        let text = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
        Ok(text.map(str::to_owned))
    }

    fn asked(&self, stage: Stage, line: &str) -> Act {
        let moment = Moment { stage, line: line.to_owned(), connection: self.number };
        let act = (self.script)(&moment);
        self.seen.send_modify(|seen| seen.moments.push(moment));
        act
    }

    async fn act<S>(&self, stream: &mut S, stage: Stage, line: &str, reply: &str) -> std::io::Result<Next>
    where
        S: AsyncWrite + Unpin,
    {
        let act = self.asked(stage, line);
        self.perform(stream, act, reply).await
    }

    async fn perform<S>(&self, stream: &mut S, act: Act, reply: &str) -> std::io::Result<Next>
    where
        S: AsyncWrite + Unpin,
    {
        match act {
            Act::Behave => stream.write_all(reply.as_bytes()).await?,
            Act::Say(reply) => stream.write_all(&reply).await?,
            Act::Drip => loop {
                stream.write_all(b"250-").await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            },
            Act::Silence | Act::KeepSilently => std::future::pending().await,
            Act::HangUp | Act::KeepAndHangUp => return Ok(Next::Over),
            Act::Hold(mut released) => {
                // An error means that the test has ended.
                let _ = released.wait_for(|released| *released).await;
                stream.write_all(reply.as_bytes()).await?;
            }
        }
        Ok(Next::On)
    }
}

fn address(line: &str) -> String {
    let rest = line.split_once('<').map_or("", |(_, rest)| rest);
    rest.split_once('>').map_or("", |(address, _)| address).to_owned()
}
