//! How email is doing, at a glance.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::answer::Answer;
use crate::domain::record::ended::{EmailState, EndedLetter, MailPlace};
use crate::domain::record::key::Span;
use crate::domain::record::time::Timestamp;

/// How many records are counted at once.
const PAGE: usize = 500;

/// How email is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailOverview {
    /// How many emails wait to be sent.
    pub waiting: u64,
    /// How many of the last week could not be delivered.
    pub failed: u64,
    /// When the oldest one that waits was queued.
    pub oldest: Option<Timestamp>,
    /// What the mail server said last.
    pub last_answer: Option<Answer>,
    /// When this was counted.
    pub counted_at: Timestamp,
}

impl Gatepost {
    /// How email is doing. Counts what is listed as waiting and as not delivered, and reads no email.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `Store`.
    pub async fn mail_overview(&self, token: &str) -> Result<MailOverview, Error> {
        self.expect_admin(token).await?;
        let (waiting, failed) = (Span::waiting_emails(), Span::unsent(EmailState::Failed));
        let oldest = self.list::<MailPlace>(&waiting, 1).await?.pop().map(|listed| listed.value.queued_at);
        Ok(MailOverview {
            waiting: self.count(waiting).await?,
            failed: self.count(failed).await?,
            oldest,
            last_answer: self.last_answer().await?,
            counted_at: self.world.now(),
        })
    }

    /// How many records there are in a range.
    async fn count(&self, mut rest: Span) -> Result<u64, Error> {
        let mut count = 0;
        loop {
            let page = self.store.scan(&rest, PAGE).await?;
            count += page.len() as u64;
            let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) else { return Ok(count) };
            rest = rest.after(last);
            // The store never waits, so without this no one else would be served.
            tokio::task::yield_now().await;
        }
    }

    /// What a mail server said last to this run or, if it has not said anything yet, about the email that ended last.
    async fn last_answer(&self) -> Result<Option<Answer>, Error> {
        if let Some(answer) = self.mail_totals.last_answer() {
            return Ok(Some(answer));
        }
        let last = self.list::<EndedLetter>(&Span::ended(), 1).await?.pop();
        Ok(last.and_then(|listed| listed.value.answer))
    }
}
