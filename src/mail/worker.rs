//! The worker: sends what is owed, and writes down what became of it.
//!
//! 1. What a run that died had claimed is freed.
//! 2. As many letters as there are free senders are claimed, and each is sent by a task of its own:
//!    a slow or bad recipient holds up no other letter.
//! 3. The mail server's answer is recorded; only then is the sender free again.
//! 4. When nothing is due, the worker waits for a letter to be owed, to be due, or to come back.
//!
//! To stop is to finish what the mail server may already have; all else stays owed.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::{Notify, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::carrier::Outcome;
use super::message::{Heading, compose};
use super::words::Words;
use super::{MailRoom, Transport};
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::outbox::Contents;
use crate::domain::outbox::{Claim, Delivery};
use crate::domain::ports::ShownLetter;

/// One run of the worker.
struct Shift {
    room: Arc<MailRoom>,
    gatepost: Arc<Gatepost>,
    stop: CancellationToken,
    senders: Arc<Semaphore>,
    sending: TaskTracker,
    /// A try has ended: its letter may be due again before any other.
    ended: Notify,
}

impl MailRoom {
    /// Sends letters until `stop`, and returns when the last one that had to be finished is
    /// recorded. One worker a store.
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

    /// Waits until kept connections have been idle for too long; for ever, when there is none.
    async fn idle(&self) {
        match &self.transport {
            Transport::Carrier(carrier) if carrier.is_connected() => sleep(self.patience.idle).await,
            _ => std::future::pending().await,
        }
    }

    /// Sends one letter. Nothing, when it was stopped before anybody had it.
    async fn send(&self, contents: &Contents, stop: &CancellationToken) -> Option<Delivery> {
        let words = self.house.words(contents);
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
            Err(error) => (Delivery::Refused, error.to_string()),
        };
        tell(contents, &outcome);
        Some(outcome.0)
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
                Err(_) => self.pause(&"looking into it panicked").await,
            }
        }
    }

    /// One look into the outbox (steps 2 and 4).
    async fn look(self: &Arc<Self>) -> Result<(), Error> {
        // Claims no more than can be sent at once, so that no claim ends while its letter waits for
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
            () = self.gatepost.letter_owed() => {}
            () = self.ended.notified() => {}
            () = due => {}
            () = self.room.idle() => self.room.disconnect().await,
        }
        Ok(())
    }

    async fn try_letter(&self, claim: &Claim) {
        // A fault of ours, or of a library that a hostile server leads astray, costs a delay and
        // never the worker.
        let ending = AssertUnwindSafe(self.sent(claim)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(letter.id = %claim.letter().id, "sending a letter panicked; it is tried again");
            Some(Delivery::Delayed)
        });
        let Some(delivery) = ending else { return };
        // Until this is recorded, another try would send the letter twice.
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
                tracing::warn!(letter.id = %claim.letter().id, %error, "a letter cannot be read now");
                Some(Delivery::Delayed)
            }
        }
    }

    async fn pause(&self, error: &(dyn Display + Sync)) {
        tracing::warn!(%error, "the outbox cannot be used now; no mail is sent meanwhile");
        sleep(self.room.patience.store).await;
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

fn tell(contents: &Contents, (delivery, answer): &Outcome) {
    let (id, to, answer) = (contents.id, contents.to.masked(), discreet(answer, contents));
    match delivery {
        Delivery::Taken => tracing::info!(letter.id = %id, to, answer, "mail taken"),
        Delivery::Delayed => tracing::warn!(letter.id = %id, to, answer, "mail delayed"),
        Delivery::Refused => tracing::warn!(letter.id = %id, to, answer, "mail refused"),
    }
}

/// A mail server's answer as it may stand in a log. It is a stranger's text, and that stranger has
/// read the letter: it could bring address, link and code into the log, or escape sequences.
fn discreet(answer: &str, contents: &Contents) -> String {
    const MAX_CHARS: usize = 300;
    let answer: String = answer.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let answer = without(&answer, contents.to.as_str(), &contents.to.masked());
    let (link, code) = (&contents.matter.link, &contents.matter.code);
    let answer = link.as_ref().map_or(answer.clone(), |link| without(&answer, link.as_str(), "(link)"));
    let answer = code.as_ref().map_or(answer.clone(), |code| without(&answer, code.as_str(), "(code)"));
    answer.chars().take(MAX_CHARS).collect()
}

/// `text` with every `secret` replaced, in whatever case it is repeated.
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
