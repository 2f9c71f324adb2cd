//! The emails that would have been sent, for programs that try the server out.

use std::time::Duration;

use poem::Request;
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use tokio::time::sleep;

use super::refusals::{Refusals, Tag};
use crate::domain::error::Error;
use crate::domain::ports::{Mailbox, ShownLetter};
use crate::domain::record::address::EmailAddress;
use crate::web::direct::came_direct;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals =
    &[("mailbox", &[Code::NotFound, Code::InvalidEmail, Code::InvalidField])];

/// The longest that a request waits.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// An email as it would have been sent.
#[derive(Debug, Object)]
#[oai(rename = "Email")]
struct Letter {
    /// Identifier.
    id: String,
    /// The recipient's email address.
    to: String,
    /// The subject line.
    subject: String,
    /// The text part.
    text: String,
    /// The HTML part.
    html: String,
    /// The link, if the email has one.
    #[oai(nullable)]
    link: Option<String>,
    /// The code, if the email has one.
    #[oai(nullable)]
    code: Option<String>,
    /// When the email would have been sent.
    created_at: String,
}

/// The emails in the mailbox.
#[derive(Debug, Object)]
#[oai(rename = "Emails")]
struct Letters {
    /// Newest first.
    letters: Vec<Letter>,
}

impl From<ShownLetter> for Letter {
    fn from(letter: ShownLetter) -> Self {
        Self {
            id: letter.id.to_string(),
            to: letter.to.to_string(),
            subject: letter.subject,
            text: letter.text,
            html: letter.html,
            link: letter.link,
            code: letter.code,
            created_at: letter.created_at.to_string(),
        }
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Mailbox")]
impl Operations {
    /// Read the mailbox
    ///
    /// Only works with `mail.transport = "mailbox"`, and only from the same machine without a proxy.
    /// Otherwise the response is 404.
    #[oai(path = "/mailbox", method = "get", operation_id = "mailbox")]
    async fn mailbox(
        &self,
        request: &Request,
        Data(house): Data<&House>,
        /// Return only emails to this address.
        Query(to): Query<Option<String>>,
        /// Wait up to this many seconds (at most 30) until all queued emails have arrived or, if there are
        /// none yet, until the first one has.
        Query(wait): Query<Option<u64>>,
    ) -> Result<Json<Letters>, Problem> {
        let mailbox = house.mailbox.as_deref().filter(|_| came_direct(request));
        let mailbox = mailbox.ok_or_else(|| Problem::of(Code::NotFound))?;
        let to = to.map(|text| EmailAddress::parse(&text)).transpose();
        let to = to.map_err(|wrong| Problem::from(Error::from(wrong)).field("to"))?;
        if let Some(secs) = wait {
            let longest = Duration::from_secs(secs).min(LONGEST_WAIT);
            // After the wait, the response is what is there by then.
            tokio::select! {
                waited = wait_for_post(house, mailbox, to.as_ref()) => waited?,
                () = sleep(longest) => {}
                () = house.closing.cancelled() => {}
            }
        }
        let letters = mailbox.letters(to.as_ref()).into_iter().map(Letter::from).collect();
        Ok(Json(Letters { letters }))
    }
}

/// Returns once there are emails to `to` and no more are queued. So a program that requests an email and
/// then looks here finds that email and not an earlier one, however long sending takes.
async fn wait_for_post(house: &House, mailbox: &dyn Mailbox, to: Option<&EmailAddress>) -> Result<(), Error> {
    loop {
        let seen = mailbox.arrivals();
        // The queue is read before the mailbox; otherwise an email could move from one to the other between
        // the two reads.
        let queued = house.gatepost.queued_letters(to).await?;
        let come = mailbox.letters(to);
        if !come.is_empty() && queued.iter().all(|id| come.iter().any(|letter| letter.id == *id)) {
            return Ok(());
        }
        mailbox.arrival_after(seen).await;
    }
}
