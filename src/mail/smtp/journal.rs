//! What is said in a conversation with the mail server, for the operator who tests it. Neither the login nor the
//! message is in it. For all other email it is silent, and costs nothing.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::mail::outcome::bounded;

/// The most lines of a reply that are kept.
const MAX_LINES: usize = 50;
/// The longest line that is kept whole until its end.
const MAX_LINE_BYTES: usize = 2_000;

/// A byte of a foreign text, made printable.
pub(in crate::mail) fn plain(byte: u8) -> u8 {
    match byte {
        b' '..=b'~' | b'\r' | b'\n' => byte,
        b'\t' => b' ',
        _ => b'?',
    }
}

/// One step of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialStep {
    /// Which one: `connect`, `tls`, `greeting`, `ehlo`, `starttls`, `auth`, `mail`, `rcpt`, `data` or `message`.
    pub step: &'static str,
    /// What we did or said.
    pub said: String,
    /// What the mail server answered, line by line. Empty if it did not answer.
    pub answered: Vec<String>,
}

/// Takes down a conversation, or nothing.
#[derive(Clone, Default)]
pub(in crate::mail) struct Journal(Option<Arc<Mutex<Notes>>>);

/// What the bytes are that are sent next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Commands,
    /// The login, after the server has asked for it.
    Login,
    Message,
    /// Nothing that matters: the email is sent, and we say goodbye.
    Rest,
}

struct Notes {
    steps: UnboundedSender<TrialStep>,
    current: Option<TrialStep>,
    sent: Sent,
    /// A command and a reply of which only the beginning was seen.
    command: Vec<u8>,
    reply: Vec<u8>,
}

impl Journal {
    /// One that takes down, and where its steps arrive.
    pub(in crate::mail) fn new() -> (Self, UnboundedReceiver<TrialStep>) {
        let (steps, arriving) = unbounded_channel();
        let (command, reply) = (Vec::new(), Vec::new());
        let notes = Notes { steps, current: None, sent: Sent::Commands, command, reply };
        (Self(Some(Arc::new(Mutex::new(notes)))), arriving)
    }

    /// A step that is not a command.
    pub(super) fn note(&self, step: &'static str, said: impl fmt::Display, answered: impl fmt::Display) {
        self.write(|notes| {
            notes.end();
            let (said, answered) = (said.to_string(), vec![answered.to_string()]);
            notes.current = Some(TrialStep { step, said, answered });
            notes.end();
        });
    }

    /// These bytes were sent.
    pub(super) fn sent(&self, bytes: &[u8]) {
        self.write(|notes| notes.sent(bytes));
    }

    /// These bytes were received.
    pub(super) fn heard(&self, bytes: &[u8]) {
        self.write(|notes| bytes.iter().for_each(|byte| notes.heard(*byte)));
    }

    fn write(&self, act: impl FnOnce(&mut Notes)) {
        if let Some(notes) = &self.0 {
            act(&mut notes.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Notes {
    fn sent(&mut self, bytes: &[u8]) {
        match self.sent {
            Sent::Login | Sent::Rest => {}
            Sent::Message => {
                let said = "the message".to_owned();
                self.current.get_or_insert(TrialStep { step: "message", said, answered: Vec::new() });
            }
            Sent::Commands => {
                self.command.extend_from_slice(bytes);
                while let Some(end) = self.command.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = self.command.drain(..=end).collect();
                    self.command(String::from_utf8_lossy(&line).trim_end());
                }
            }
        }
    }

    fn command(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let (verb, rest) = (words.next().unwrap_or_default().to_ascii_uppercase(), words.next());
        let step = match verb.as_str() {
            "EHLO" | "HELO" => "ehlo",
            "STARTTLS" => "starttls",
            "AUTH" => "auth",
            "MAIL" => "mail",
            "RCPT" => "rcpt",
            "DATA" => "data",
            _ => {
                self.sent = Sent::Rest;
                return self.end();
            }
        };
        self.end();
        // What follows the mechanism is the login.
        let said =
            if step == "auth" { format!("AUTH {}", rest.unwrap_or_default()) } else { line.to_owned() };
        self.current = Some(TrialStep { step, said, answered: Vec::new() });
    }

    fn heard(&mut self, byte: u8) {
        if byte != b'\n' {
            if self.reply.len() < MAX_LINE_BYTES {
                self.reply.push(byte);
            }
            return;
        }
        let line: String = self.reply.drain(..).map(|byte| char::from(plain(byte))).collect();
        let line = line.trim_end();
        if self.sent == Sent::Rest {
            return;
        }
        let greeting = || TrialStep { step: "greeting", said: String::new(), answered: Vec::new() };
        let current = self.current.get_or_insert_with(greeting);
        if current.answered.len() < MAX_LINES {
            current.answered.push(bounded(line));
        }
        if line.as_bytes().get(3) == Some(&b'-') {
            return;
        }
        match (current.step, line.get(..3)) {
            // The server asks for the login, perhaps in two parts.
            ("auth", Some("334")) => self.sent = Sent::Login,
            ("data", Some("354")) => {
                self.end();
                self.sent = Sent::Message;
            }
            _ => {
                self.end();
                self.sent = Sent::Commands;
            }
        }
    }

    /// The current step is over, whether it was answered or not.
    fn end(&mut self) {
        if let Some(step) = self.current.take() {
            // No one may be listening any more.
            let _ = self.steps.send(step);
        }
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Journal")
    }
}
