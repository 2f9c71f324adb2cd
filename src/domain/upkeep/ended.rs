//! Removing what is kept about emails that have ended: all of it after a week, and sooner where the account of the
//! address is deleted.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, Class};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ended::{ENDED_KEPT, End, EndedLetter, MailState};
use crate::domain::record::ids::LetterId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::time::Timestamp;
use crate::domain::upkeep::Swept;

/// How many emails one commit removes. Each has up to four records.
const PAGE: usize = Change::MAX_WRITES / 4;

impl Gatepost {
    /// Removes one page of emails that ended long ago. They are in the order of their end, so none needs a mark.
    pub(super) async fn sweep_ended(&self, now: Timestamp) -> Result<Swept, Error> {
        let old = self.list::<EndedLetter>(&Span::ended_until(now.minus(ENDED_KEPT)), PAGE).await?;
        let mut change = Change::of(Class::Shrink);
        for ended in old {
            // An administrator may just have it tried again.
            change.expect(ended.key.clone(), Some(ended.version));
            let EndedLetter { letter, ended_at, end, .. } = ended.value;
            change.delete(Key::mail_state(&letter));
            delete_lists(&mut change, letter.id, ended_at, end);
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
                    let (MailState::Ended { at, end }, Some((id, _))) =
                        (listed.value, listed.key.mail_state_of())
                    else {
                        continue;
                    };
                    change.expect(listed.key.clone(), Some(listed.version));
                    change.delete(Key::ended_letter(at, id));
                    delete_lists(change, id, at, end);
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

/// Takes an email that has ended from the lists that it is in.
fn delete_lists(change: &mut Change, id: LetterId, ended_at: Timestamp, end: End) {
    change.delete(Key::email(id));
    if let Some(state) = end.listed_as() {
        change.delete(Key::unsent(state, ended_at, id));
    }
}
