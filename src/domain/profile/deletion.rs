//! Deleting an account.
//!
//! One commit removes the account, its addresses and its password, so nothing of it works any more, and no
//! email about it is sent except the notice. The sweeper then removes the rest, which can be a lot:
//! sessions, the events of the account, the requests it made.
//!
//! Requests that others made for its address stay until their own end, dead. To its holder every request
//! looks alike; otherwise a stranger would learn that there was an account and that it is gone.

use crate::domain::error::Error;
use crate::domain::limits::LastAdmin;
use crate::domain::record::client::Client;
use crate::domain::record::key::Key;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Deletes the account that is signed in.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `LastAdmin`; `IndexBuilding`; `Store`.
    pub async fn delete_account(&self, token: &str, client: &Client) -> Result<(), Error> {
        self.change_recently(token, client, |actor, mut change| async move {
            change.delete(Key::session(actor.account.id, actor.session.id));
            self.put_workload(&mut change, actor.account.password.as_ref(), None).await?;
            let last = LastAdmin::Stays;
            let removed = self.remove_account(&mut change, &actor.account, last, client).await?;
            Ok(Decision::Commit { change, event: Some(removed.event), answer: Ok(()) })
        })
        .await
    }
}
