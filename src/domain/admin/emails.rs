//! Emails: seeing what became of them, having one tried now, and having one not sent.

use crate::domain::error::Error;
use crate::domain::outbox::{Email, EmailPage, EmailQuery, Stopped};
use crate::domain::record::client::Client;
use crate::domain::record::ended::End;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::LetterId;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// A page of emails.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `UnknownPlace`; `Store`.
    pub async fn emails(&self, token: &str, query: &EmailQuery) -> Result<EmailPage, Error> {
        self.expect_admin(token).await?;
        self.email_page(query).await
    }

    /// One email.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `NotFound`; `Store`.
    pub async fn email(&self, token: &str, id: LetterId) -> Result<Email, Error> {
        self.expect_admin(token).await?;
        self.find_email(id).await?.ok_or(Error::NotFound)
    }

    /// Has an email tried now, also if it was given up or dropped. If it is being sent right now, or is due, nothing
    /// is done.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over` if it was sent, if what it is about is over,
    /// or if there is no such email; `Store`.
    pub async fn retry_email(&self, token: &str, id: LetterId, client: &Client) -> Result<Email, Error> {
        let email = self
            .act_as_admin(token, client, |actor, mut change| async move {
                let expected = change.expectations.len();
                let email = self.put_retry(&mut change, id).await?;
                if change.expectations.len() == expected {
                    return Ok(Decision::Answer(email));
                }
                let client = client.of_admin(actor.account.id);
                let event = Event::new(self.world.now(), EventName::MailRetried, None, &client);
                let event = Some(event.of_letter(&email.letter));
                Ok(Decision::Commit { change, event, answer: Ok(email) })
            })
            .await?;
        self.arrivals.wake();
        Ok(email)
    }

    /// Has an email not sent. Nothing is done if it ended without being sent.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over` if it was sent, or if there is no such email;
    /// `Store`.
    pub async fn drop_email(&self, token: &str, id: LetterId, client: &Client) -> Result<Stopped, Error> {
        let (stopped, ends) = self
            .act_as_admin(token, client, |actor, mut change| async move {
                let expected = change.expectations.len();
                let (stopped, letter) = self.put_stop(&mut change, id).await?;
                if change.expectations.len() == expected {
                    return Ok(Decision::Answer((stopped, None)));
                }
                let (name, ends) = match stopped {
                    Stopped::Now => (End::Stopped.event(), Some(End::Stopped)),
                    Stopped::Perhaps => (EventName::MailStopped, None),
                };
                let client = client.of_admin(actor.account.id);
                let event = Some(Event::new(self.world.now(), name, None, &client).of_letter(&letter));
                Ok(Decision::Commit { change, event, answer: Ok((stopped, ends)) })
            })
            .await?;
        if let Some(end) = ends {
            self.mail_totals.count(end);
        }
        Ok(stopped)
    }
}
