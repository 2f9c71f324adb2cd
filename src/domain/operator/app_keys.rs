//! Keys for programs, as the operator lists and ends them.

use crate::domain::error::Error;
use crate::domain::operator::refusal::Refusal;
use crate::domain::ports::Change;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::app_key::AppKey;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AppKeyId;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// The keys of an account that work, the newest first.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn app_keys_at(&self, address: &EmailAddress) -> Result<Vec<AppKey>, Refusal> {
        let account = self.account_at(address).await?;
        Ok(self.app_keys(&account).await?)
    }

    /// Ends one of them. Its owner gets an email.
    ///
    /// # Errors
    /// `NoAccount`; `NoAppKey`; `House`.
    pub async fn end_app_key_at(
        &self,
        address: &EmailAddress,
        id: AppKeyId,
        client: &Client,
    ) -> Result<AppKey, Refusal> {
        self.decide_and_commit(client, || async {
            let ownership = self.ownership(address).await?;
            let Some(account) = ownership.account() else {
                return Ok(Decision::Answer(Err(Refusal::NoAccount(address.clone()))));
            };
            let mut change = Change::new();
            ownership.expected_by(&mut change);
            let key = match self.put_key_end(&mut change, account, id).await {
                Ok(key) => key,
                Err(Error::NotFound) => {
                    return Ok(Decision::Answer(Err(Refusal::NoAppKey(address.clone()))));
                }
                Err(error) => return Err(error),
            };
            let kind = LetterKind::KeyEndedByAdmin;
            self.queue_notice(&mut change, kind, &account.address, About::Account(account.id));
            let event = Event::new(self.world.now(), EventName::KeyEnded, Some(account.id), client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(Ok(key)) })
        })
        .await?
    }
}
