//! Deleting an account.
//!
//! One commit takes the account, its addresses and its password, so that nothing of it opens or is mailed
//! any more but the letter that says so. What is then left over, and can be much, is removed by the
//! sweeper: sessions, the events under the account, the requests it asked for.
//!
//! What others asked for at its address stays until its own end, dead: to its holder every request looks
//! alike, or a stranger would learn that there was an account, and that it is gone.

use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::record::client::Client;
use crate::domain::record::key::Key;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Deletes the account of a session.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `Store`.
    pub async fn delete_account(&self, token: &str, client: &Client) -> Result<(), Error> {
        self.decide_and_commit(client, || async {
            let actor = self.recently_signed_in_with(token).await?;
            let mut change = Change::new();
            actor.expected_by(&mut change);
            change.delete(Key::session(actor.account.id, actor.session.id));
            let event = self.remove_account(&mut change, &actor.account, client).await?;
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }
}
