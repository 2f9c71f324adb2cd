//! The worker: sends queued emails and records what happened to each.
//!
//! 1. Emails that a dead run had claimed are freed.
//! 2. As many emails as there are free senders are claimed. Each is sent by its own task, so that a
//!    slow or bad recipient delays no other email.
//! 3. The mail server's reply is recorded. Only then is the sender free again.
//! 4. If nothing is due, the worker waits until an email is queued, is due, or was not sent.
//!
//! Stopping finishes what the mail server may already have. Everything else stays queued.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::{Notify, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::message::{Heading, compose};
use super::outcome::{NotSent, bounded};
use super::words::Words;
use super::{MailRoom, Transport};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::outbox::{Claim, Contents, Delivery};
use crate::domain::ports::ShownLetter;

/// One run of the worker.
struct Shift {
    room: Arc<MailRoom>,
    gatepost: Arc<Gatepost>,
    stop: CancellationToken,
    senders: Arc<Semaphore>,
    sending: TaskTracker,
    /// An attempt has ended. Its email may be due again before any other.
    ended: Notify,
}

impl MailRoom {
    /// Sends emails until `stop`, and returns when the last one that had to be finished is recorded.
    /// There must be only one worker per store.
    pub async fn run(self: Arc<Self>, gatepost: Arc<Gatepost>, stop: CancellationToken) {
        let shift = Arc::new(Shift {
            senders: Arc::new(Semaphore::new(self.connections)),
            room: self,
            gatepost,
            stop,
            sending: TaskTracker::new(),
            ended: Notify::new(),
        });
        shift.stop.run_until_cancelled(shift.work()).await;
        shift.sending.close();
        shift.sending.wait().await;
        shift.room.disconnect().await;
    }

    async fn disconnect(&self) {
        if let Transport::Carrier(carrier) = &self.transport {
            carrier.disconnect().await;
        }
    }

    /// Waits until kept connections have been idle for too long. Never returns if there are none.
    async fn idle(&self) {
        match &self.transport {
            Transport::Carrier(carrier) if carrier.is_connected() => sleep(self.timeouts.idle).await,
            _ => std::future::pending().await,
        }
    }

    /// Sends one email. Returns nothing if it was stopped before the mail server had it.
    async fn send(&self, contents: &Contents, stop: &CancellationToken) -> Option<Delivery> {
        let words = self.product.words(contents);
        let carrier = match &self.transport {
            Transport::Carrier(carrier) => carrier,
            Transport::Mailbox(letters) => {
                letters.put(shown(contents, words));
                return Some(Delivery::Taken);
            }
        };
        let heading =
            Heading { id: contents.id, from: &self.from, to: &contents.to, queued_at: contents.queued_at };
        let outcome = match compose(&heading, &words) {
            Ok(mail) => carrier.send(&mail, stop).await?,
            Err(error) => {
                Err(NotSent::delayed("Could not build the email", error).with_delivery(Delivery::Refused))
            }
        };
        Some(match outcome {
            Ok(reply) => {
                log_sent(contents, &carrier.name(), &reply);
                Delivery::Taken
            }
            Err(why) => {
                let delivery = why.delivery;
                log_not_sent(contents, &carrier.name(), why);
                delivery
            }
        })
    }
}

impl Shift {
    async fn work(self: &Arc<Self>) {
        while let Err(error) = self.gatepost.free_dead_claims().await {
            self.pause(&error).await;
        }
        loop {
            match AssertUnwindSafe(self.look()).catch_unwind().await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.pause(&error).await,
                Err(_) => self.pause(&"reading it panicked").await,
            }
        }
    }

    /// Looks into the outbox once (steps 2 and 4).
    async fn look(self: &Arc<Self>) -> Result<(), Error> {
        // Claims no more than can be sent at once, so that no claim expires while its email waits for
        // a sender.
        drop(self.senders.acquire().await);
        let claims = self.gatepost.claim_letters(self.senders.available_permits()).await?;
        if claims.is_empty() {
            return self.wait().await;
        }
        for claim in claims {
            let sender = Arc::clone(&self.senders).acquire_owned().await;
            let shift = Arc::clone(self);
            self.sending.spawn(async move {
                shift.try_letter(&claim).await;
                drop(sender);
                shift.ended.notify_one();
            });
        }
        Ok(())
    }

    async fn wait(&self) -> Result<(), Error> {
        let next = self.gatepost.next_letter_due().await?;
        let due = async {
            match next {
                Some(at) => self.gatepost.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.gatepost.letter_queued() => {}
            () = self.ended.notified() => {}
            () = due => {}
            () = self.room.idle() => self.room.disconnect().await,
        }
        Ok(())
    }

    async fn try_letter(&self, claim: &Claim) {
        // A bug of ours, or in a library that a hostile server exploits, must not end the worker.
        let ending = AssertUnwindSafe(self.sent(claim)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(letter.id = %claim.letter().id, "sending an email panicked; trying again later");
            Some(Delivery::Delayed)
        });
        let Some(delivery) = ending else { return };
        // Until this is recorded, another attempt would send the email twice.
        while let Err(error) = self.gatepost.delivered(claim, delivery).await {
            if self.stop.is_cancelled() {
                return;
            }
            self.stop.run_until_cancelled(self.pause(&error)).await;
        }
    }

    async fn sent(&self, claim: &Claim) -> Option<Delivery> {
        match self.gatepost.contents(claim).await {
            Ok(Some(contents)) => self.room.send(&contents, &self.stop).await,
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(letter.id = %claim.letter().id, %error, "cannot read an email from the database; trying again later");
                Some(Delivery::Delayed)
            }
        }
    }

    async fn pause(&self, error: &(dyn Display + Sync)) {
        tracing::warn!(%error, "cannot use the outbox; no email is sent until this works");
        sleep(self.room.timeouts.store).await;
    }
}

fn shown(contents: &Contents, words: Words) -> ShownLetter {
    ShownLetter {
        id: contents.id,
        to: contents.to.clone(),
        title: words.title,
        subject: words.subject,
        text: words.text,
        html: words.html,
        link: words.link,
        code: words.code.map(|code| code.as_str().to_owned()),
        created_at: contents.queued_at,
    }
}

fn log_sent(contents: &Contents, server: &str, reply: &str) {
    let (id, to, reply) = (contents.id, contents.to.masked(), bounded(&discreet(reply, contents)));
    tracing::info!(letter.id = %id, to, server, reply, "email sent");
}

fn log_not_sent(contents: &Contents, server: &str, why: NotSent) {
    let (id, to) = (contents.id, contents.to.masked());
    let why = why.with_reason(|reason| discreet(reason, contents));
    let ending = if why.delivery == Delivery::Refused { "email rejected" } else { "email delayed" };
    tracing::warn!(letter.id = %id, to, server, error = %why, "{ending}");
}

/// A mail server's reply without address, link and code. The server has read the email, so it could
/// repeat them, and they must not end up in the log.
fn discreet(reply: &str, contents: &Contents) -> String {
    let reply = without(reply, contents.to.as_str(), &contents.to.masked());
    let (link, code) = (&contents.matter.link, &contents.matter.code);
    let reply = link.as_ref().map_or(reply.clone(), |link| without(&reply, link.as_str(), "(link)"));
    code.as_ref().map_or(reply.clone(), |code| without(&reply, code.as_str(), "(code)"))
}

/// `text` with every `secret` replaced, in upper or lower case.
fn without(text: &str, secret: &str, instead: &str) -> String {
    let (lower, secret) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let mut rest = 0;
    let mut clean = String::new();
    for (at, found) in lower.match_indices(&secret) {
        clean.push_str(&text[rest..at]);
        clean.push_str(instead);
        rest = at + found.len();
    }
    clean.push_str(&text[rest..]);
    clean
}
