//! An email as a MIME message that every mail server passes on unchanged.
//!
//! Quoted-printable is not used: mail servers have damaged its soft line breaks, and so the links
//! (vaultwarden #7401). Plain ASCII is sent as it is, `7bit`; everything else as base64.

use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::settings::Sender;
use super::words::Words;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::LetterId;
use crate::domain::record::time::Timestamp;

/// A message ready to be sent.
pub(super) struct Mail {
    /// Sender and recipient.
    pub(super) envelope: Envelope,
    /// Headers and body, as they are sent.
    pub(super) bytes: Vec<u8>,
}

/// What the headers of an email are made from.
pub(super) struct Heading<'a> {
    pub(super) id: LetterId,
    pub(super) from: &'a Sender,
    pub(super) to: &'a EmailAddress,
    pub(super) sent_at: Timestamp,
}

/// RFC 3834: asks automatic responders not to reply.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Builds the message. Every attempt to send the same email gives it the same `Message-ID`, so that one
/// which arrives twice can be recognized.
///
/// # Errors
/// If no message can be built. The next attempt would fail too.
pub(super) fn compose(heading: &Heading<'_>, words: &Words) -> Result<Mail, lettre::error::Error> {
    let address = |address: &EmailAddress| {
        address.as_str().parse::<Address>().map_err(|_| lettre::error::Error::NonAsciiChars)
    };
    let from = Mailbox::new(heading.from.name.clone(), address(&heading.from.address)?);
    let to = address(heading.to)?;
    let parts = MultiPart::alternative()
        // Lettre would choose a different one at random on every attempt.
        .boundary(format!("gatepost-{}", heading.id))
        .singlepart(part(ContentType::TEXT_PLAIN, &words.text))
        .singlepart(part(ContentType::TEXT_HTML, &words.html));
    let message = Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(words.subject.clone())
        .date(UNIX_EPOCH + Duration::from_millis(heading.sent_at.0))
        .message_id(Some(format!("<{}@{}>", heading.id, heading.from.domain())))
        .header(AutoSubmitted)
        .multipart(parts)?;
    Ok(Mail { envelope: message.envelope().clone(), bytes: message.formatted() })
}

fn part(kind: ContentType, text: &str) -> SinglePart {
    /// RFC 5322, 2.1.1: mail servers break longer lines.
    const LONGEST_LINE_BYTES: usize = 998;
    let is_plain = text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE_BYTES);
    let body = if is_plain {
        let lines = text.replace('\n', "\r\n").into_bytes();
        Body::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit)
    } else {
        Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::Base64)
            .expect("base64 can encode every text")
    };
    SinglePart::builder().header(kind).body(body)
}
