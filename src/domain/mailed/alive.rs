//! Whether an account has anything that a new epoch would end.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::record::account::Account;
use crate::domain::record::ids::SessionId;
use crate::domain::record::key::{Key, Span};
use crate::domain::record::request::Request;
use crate::domain::record::session::Session;

/// How many requests are looked at to find one that is open. Where there are more, some are taken to be.
const MANY_REQUESTS: usize = 64;

impl Gatepost {
    /// Whether there is a live session of the account besides its `own`, or a request that a new epoch would void.
    pub(in crate::domain) async fn has_anything_live(
        &self,
        account: &Account,
        own: Option<SessionId>,
    ) -> Result<bool, Error> {
        let sessions = self.sessions_of(account.id).await?;
        let is_other = |session: &Session| Some(session.id) != own && self.is_live(session, account);
        if account.pending_change.is_some() || sessions.iter().any(|(_, session)| is_other(session)) {
            return Ok(true);
        }
        if !self.app_keys(account).await?.is_empty() {
            return Ok(true);
        }
        let Some(mut nonces) = self.lately_mailed(&account.address).await? else { return Ok(true) };
        let asked = self.store.scan(&Span::asked(account.id), MANY_REQUESTS).await?;
        if asked.len() == MANY_REQUESTS {
            return Ok(true);
        }
        let asked = asked.iter().filter_map(|(key, _)| key.asked_record());
        let mut keys: Vec<Key> = asked.filter(Key::is_request).collect();
        keys.extend(nonces.drain(..).map(Key::request));
        keys.sort_unstable();
        keys.dedup();
        let now = self.world.now();
        let requests = self.find_readable::<Request>(keys).await?;
        let mut requests = requests.into_iter().filter_map(|found| found?.value);
        Ok(requests.any(|request| !request.is_over(now) && request.is_voided_by(account)))
    }
}
