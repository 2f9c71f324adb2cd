//! Removing what is kept about emails that have ended: all of it after a week, and sooner where the account of the
//! address is deleted.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ended::{ENDED_KEPT, EndedLetter, MailState};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::time::Timestamp;
use crate::domain::upkeep::Swept;

/// How many emails one commit removes. Each has two records.
const PAGE: usize = Change::MAX_WRITES / 2;

impl Gatepost {
    /// Removes one page of emails that ended long ago. They are in the order of their end, so none needs a mark.
    pub(super) async fn sweep_ended(&self, now: Timestamp) -> Result<Swept, Error> {
        let old = self.list::<EndedLetter>(&Span::ended_until(now.minus(ENDED_KEPT)), PAGE).await?;
        let mut change = Change::of(Class::Shrink);
        for ended in old {
            change.delete(Key::mail_state(&ended.value.letter));
            change.delete(ended.key);
        }
        if change.writes.is_empty() {
            return Ok(Swept::All);
        }
        self.store.commit(change).await?;
        Ok(Swept::More)
    }

    /// Removes one page of emails to these addresses that have ended, by adding to `change`. Those that wait stay:
    /// they may be someone else's.
    pub(super) async fn sweep_ended_to(
        &self,
        addresses: &[EmailAddress],
        change: &mut Change,
    ) -> Result<(), Error> {
        for address in addresses {
            let mut rest = Span::mail_states(&address.canonical());
            loop {
                let page = self.list::<MailState>(&rest, PAGE).await?;
                let Some(last) = page.last() else { break };
                rest = rest.after(&last.key);
                for listed in page {
                    let (MailState::Ended { at, .. }, Some(id)) = (listed.value, listed.key.mail_state_of())
                    else {
                        continue;
                    };
                    change.delete(Key::ended_letter(at, id));
                    change.delete(listed.key);
                }
                if !change.writes.is_empty() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
