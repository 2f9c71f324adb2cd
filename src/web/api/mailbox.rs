//! The letters that would have been sent, for programs that try the server out.

use std::time::Duration;

use poem::Request;
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::refusals::{Refusals, Tag};
use super::session::rfc3339;
use crate::domain::error::Error;
use crate::domain::ports::{Mailbox, ShownLetter};
use crate::domain::record::address::EmailAddress;
use crate::web::direct::came_direct;
use crate::web::house::House;
use crate::web::problem::{Code, Problem};

/// What each operation may be refused for, besides what any may.
pub(super) const REFUSALS: Refusals =
    &[("mailbox", &[Code::NotFound, Code::InvalidEmail, Code::InvalidField])];

/// The longest a request is held.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A letter as it would have been sent.
#[derive(Debug, Object)]
struct Letter {
    /// Its name.
    id: String,
    /// To whom it went.
    to: String,
    /// Its subject line.
    subject: String,
    /// The text part.
    text: String,
    /// The HTML part.
    html: String,
    /// The link alone, where the letter has one.
    #[oai(nullable)]
    link: Option<String>,
    /// The code alone, where the letter has one.
    #[oai(nullable)]
    code: Option<String>,
    /// When it came.
    created_at: String,
}

/// The letters that came.
#[derive(Debug, Object)]
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
            created_at: rfc3339(letter.created_at),
        }
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Mailbox")]
impl Operations {
    /// Read the mailbox
    ///
    /// Only with `transport = "mailbox"`, and only straight from this machine, never through a
    /// proxy: anything else is 404.
    #[oai(path = "/mailbox", method = "get", operation_id = "mailbox")]
    async fn mailbox(
        &self,
        request: &Request,
        Data(house): Data<&House>,
        /// Only letters to this address.
        Query(to): Query<Option<String>>,
        /// Hold the answer for up to this many seconds (30 at most) until every letter that is owed
        /// has come, or the first one, where none came yet.
        Query(wait): Query<Option<u64>>,
    ) -> Result<Json<Letters>, Problem> {
        let mailbox = house.mailbox.as_deref().filter(|_| came_direct(request));
        let mailbox = mailbox.ok_or_else(|| Problem::of(Code::NotFound))?;
        let to = to.map(|text| EmailAddress::parse(&text)).transpose();
        let to = to.map_err(|wrong| Problem::from(Error::from(wrong)).field("to"))?;
        if let Some(secs) = wait {
            let longest = Duration::from_secs(secs).min(LONGEST_WAIT);
            // In time or not, what is there is shown.
            if let Ok(waited) =
                tokio::time::timeout(longest, wait_for_post(house, mailbox, to.as_ref())).await
            {
                waited?;
            }
        }
        let letters = mailbox.letters(to.as_ref()).into_iter().map(Letter::from).collect();
        Ok(Json(Letters { letters }))
    }
}

/// Returns once there are letters to `to` and none is on its way to it any more. So who asks for
/// a letter and then looks here finds that letter and not the one before, however fast the post.
async fn wait_for_post(house: &House, mailbox: &dyn Mailbox, to: Option<&EmailAddress>) -> Result<(), Error> {
    loop {
        let seen = mailbox.arrivals();
        // What is owed is read before what came, or a letter could pass between the two looks.
        let owed = house.gatepost.owed_letters(to).await?;
        let come = mailbox.letters(to);
        if !come.is_empty() && owed.iter().all(|id| come.iter().any(|letter| letter.id == *id)) {
            return Ok(());
        }
        mailbox.arrival_after(seen).await;
    }
}
