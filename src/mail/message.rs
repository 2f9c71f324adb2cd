//! A letter as a MIME message that survives every hop.
//!
//! Nothing is quoted-printable: its soft line breaks, damaged on the way, have broken the links of
//! others (vaultwarden #7401). Plain ASCII travels as it is, `7bit`; the rest as base64.

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
    /// Who it is from and to.
    pub(super) envelope: Envelope,
    /// Headers and body, as they go over the wire.
    pub(super) bytes: Vec<u8>,
}

/// What stands on the envelope of a letter.
pub(super) struct Heading<'a> {
    pub(super) id: LetterId,
    pub(super) from: &'a Sender,
    pub(super) to: &'a EmailAddress,
    pub(super) queued_at: Timestamp,
}

/// RFC 3834: tells out-of-office robots that nobody waits for their answer.
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

/// Puts a letter into its envelope. The same letter gives the same bytes on every try.
///
/// # Errors
/// Says why no message can be made of it; none could be at the next try either.
pub(super) fn compose(heading: &Heading<'_>, words: &Words) -> Result<Mail, lettre::error::Error> {
    let address = |address: &EmailAddress| {
        address.as_str().parse::<Address>().map_err(|_| lettre::error::Error::NonAsciiChars)
    };
    let from = Mailbox::new(heading.from.name.clone(), address(&heading.from.address)?);
    let to = address(heading.to)?;
    let parts = MultiPart::alternative()
        // Of our own: lettre would draw a random one, and every try another.
        .boundary(format!("gatepost-{}", heading.id))
        .singlepart(part(ContentType::TEXT_PLAIN, &words.text))
        .singlepart(part(ContentType::TEXT_HTML, &words.html));
    let message = Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(words.subject.clone())
        .date(UNIX_EPOCH + Duration::from_millis(heading.queued_at.0))
        .message_id(Some(format!("<{}@{}>", heading.id, heading.from.domain())))
        .header(AutoSubmitted)
        .multipart(parts)?;
    Ok(Mail { envelope: message.envelope().clone(), bytes: message.formatted() })
}

fn part(kind: ContentType, text: &str) -> SinglePart {
    /// RFC 5322, 2.1.1: no line may be longer, and mail servers break those that are.
    const LONGEST_LINE_BYTES: usize = 998;
    let is_plain = text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE_BYTES);
    let body = if is_plain {
        let lines = text.replace('\n', "\r\n").into_bytes();
        Body::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit)
    } else {
        Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::Base64)
            .expect("every text can be base64")
    };
    SinglePart::builder().header(kind).body(body)
}
