//! Emails as administrators see them: those that wait and those that have ended, wherever they are kept.
//!
//! What has become of an email says where it is: in the outbox where it waits, or among those that have ended. While a
//! run is sending it, it is among the claimed ones, and there are never many of those.

use std::collections::HashMap;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::read::Listed;
use crate::domain::record::address::CanonicalAddress;
use crate::domain::record::answer::Answer;
use crate::domain::record::ended::{EmailState, End, EndedLetter, MailPlace, MailState};
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::letter::{Letter, Queue};
use crate::domain::record::time::Timestamp;

/// How often an email is looked for that moves while it is looked for.
const LOOKS: usize = 4;
/// How many claimed emails are looked through. More than all nodes together claim at once.
const CLAIMED: usize = 500;

/// An email as an administrator sees it: without its text, link and code.
#[derive(Clone, Debug)]
pub struct Email {
    /// The email as it is stored.
    pub letter: Letter,
    /// What has become of it.
    pub state: EmailState,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// When the last attempt ended.
    pub tried_at: Option<Timestamp>,
    /// What the mail server said last.
    pub answer: Option<Answer>,
    /// When the next attempt is due, if it waits for one. May be in the past.
    pub next_try_at: Option<Timestamp>,
}

impl Email {
    /// Whether it is being sent right now.
    #[must_use]
    pub fn is_being_sent(&self) -> bool {
        self.state == EmailState::Waiting && self.next_try_at.is_none()
    }

    /// One that waits under this key.
    pub(super) fn waiting(key: &Key, letter: Letter) -> Self {
        let is_claimed = Span::queue(Queue::Claimed).holds(key);
        Self {
            state: EmailState::Waiting,
            ended_at: None,
            tried_at: letter.last_try.as_ref().map(|it| it.at),
            answer: letter.last_try.as_ref().and_then(|it| it.answer.clone()),
            next_try_at: key.letter_due().filter(|_| !is_claimed),
            letter,
        }
    }

    /// One that has ended.
    pub(super) fn ended(ended: EndedLetter) -> Self {
        let EndedLetter { letter, ended_at, end, answer } = ended;
        // What ended it without an attempt says nothing about the last one.
        let was_tried = matches!(end, End::Sent | End::Refused | End::GivenUp) && letter.tries > 0;
        Self {
            state: end.state(),
            ended_at: Some(ended_at),
            tried_at: Some(ended_at).filter(|_| was_tried),
            answer,
            next_try_at: None,
            letter,
        }
    }
}

/// An email where it was found.
pub(super) enum Seen {
    Waiting(Listed<Letter>),
    Ended(Listed<EndedLetter>),
}

impl Seen {
    pub(super) fn email(self) -> Email {
        match self {
            Self::Waiting(listed) => Email::waiting(&listed.key, listed.value),
            Self::Ended(listed) => Email::ended(listed.value),
        }
    }

    fn id(&self) -> LetterId {
        match self {
            Self::Waiting(listed) => listed.value.id,
            Self::Ended(listed) => listed.value.letter.id,
        }
    }
}

impl Gatepost {
    /// The email with this id, for someone who only looks at it.
    pub(in crate::domain) async fn find_email(&self, id: LetterId) -> Result<Option<Email>, Error> {
        Ok(self.see_email(id).await?.map(Seen::email))
    }

    /// The newest email to an address, for someone who only looks at it.
    pub(in crate::domain) async fn newest_email_to(
        &self,
        to: &CanonicalAddress,
    ) -> Result<Option<Email>, Error> {
        let newest = self.list::<MailState>(&Span::mail_states(to), 1).await?;
        let seen = self.see_emails(newest.into_iter().map(|it| it.key).collect()).await?;
        Ok(seen.into_values().next().map(Seen::email))
    }

    /// The email with this id. Nothing if there is none, or none any more.
    pub(super) async fn see_email(&self, id: LetterId) -> Result<Option<Seen>, Error> {
        let found = self.list_these::<MailPlace>(vec![Key::email(id)]).await?.pop();
        let Some(Listed { value: place, .. }) = found else { return Ok(None) };
        let seen = self.see_emails(vec![Key::mail_state_in(&place, id)]).await?;
        Ok(seen.into_values().next())
    }

    /// The emails with these states, by their ids. One that moves while it is looked for is looked for again.
    pub(super) async fn see_emails(&self, mut states: Vec<Key>) -> Result<HashMap<LetterId, Seen>, Error> {
        let mut seen = HashMap::new();
        for _ in 0..LOOKS {
            if states.is_empty() {
                break;
            }
            let found = self.list_these::<MailState>(std::mem::take(&mut states)).await?;
            for one in self.look_at(&found).await? {
                seen.insert(one.id(), one);
            }
            let is_missing = |key: &Key| key.mail_state_of().is_some_and(|(id, _)| !seen.contains_key(&id));
            states = found.into_iter().map(|listed| listed.key).filter(is_missing).collect();
        }
        Ok(seen)
    }

    /// Those of these emails that are where their states say.
    async fn look_at(&self, states: &[Listed<MailState>]) -> Result<Vec<Seen>, Error> {
        let (mut queued, mut ended, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for Listed { key, value: state, .. } in states {
            let Some((id, queued_at)) = key.mail_state_of() else { continue };
            match state {
                MailState::Ended { at, .. } => {
                    ended.push(Key::ended_letter(*at, id));
                    continue;
                }
                MailState::Waiting => queued.push(Key::letter(Queue::First, queued_at, id)),
                MailState::Delayed { queue, due } => queued.push(Key::letter(*queue, *due, id)),
            }
            ids.push(id);
        }
        let queued = self.list_these::<Letter>(queued).await?;
        let ended = self.list_these::<EndedLetter>(ended).await?;
        ids.retain(|id| queued.iter().all(|listed| listed.value.id != *id));
        let claimed = if ids.is_empty() {
            Vec::new()
        } else {
            self.list::<Letter>(&Span::queue(Queue::Claimed), CLAIMED).await?
        };
        let claimed = claimed.into_iter().filter(|listed| ids.contains(&listed.value.id));
        let waiting = queued.into_iter().chain(claimed).map(Seen::Waiting);
        Ok(waiting.chain(ended.into_iter().map(Seen::Ended)).collect())
    }

    /// The emails that have ended under these keys.
    pub(super) async fn see_ended(&self, keys: Vec<Key>) -> Result<HashMap<Key, Email>, Error> {
        let found = self.list_these::<EndedLetter>(keys).await?;
        Ok(found.into_iter().map(|listed| (listed.key, Email::ended(listed.value))).collect())
    }
}
