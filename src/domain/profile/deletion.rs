//! Deleting an account.
//!
//! One commit removes the account, its addresses and its password, so nothing of it works any more, and no
//! email about it is sent except the notice. The sweeper then removes the rest, which can be a lot:
//! sessions, the events of the account, the requests it made.
//!
//! Requests that others made for its address stay until their own end, dead. To its holder every request
//! looks alike; otherwise a stranger would learn that there was an account and that it is gone.

use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::record::client::Client;
use crate::domain::record::key::Key;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Deletes the account that is signed in.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `Store`.
    pub async fn delete_account(&self, token: &str, client: &Client) -> Result<(), Error> {
        self.decide_and_commit(client, || async {
            let actor = self.recently_signed_in_with(token).await?;
            let mut change = Change::new();
            actor.expected_by(&mut change);
            change.delete(Key::session(actor.account.id, actor.session.id));
            self.put_workload(&mut change, actor.account.password.as_ref(), None).await?;
            let event = self.remove_account(&mut change, &actor.account, client).await?;
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }
}
