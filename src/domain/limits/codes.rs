//! Wrong codes at one address, in all its requests: otherwise someone could request email after email and guess
//! five times for each. The link still works.

use super::limited;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::client::Client;
use crate::domain::record::limits::Budget;
use crate::domain::record::request::Request;
use crate::domain::record::throttle::Throttle;

impl Gatepost {
    /// Refuses every code, right or wrong, once too many were wrong: the answer must not tell them apart. Returns
    /// what this depends on, if codes are limited.
    pub(in crate::domain) async fn check_codes(
        &self,
        request: &Request,
        client: &Client,
    ) -> Result<Option<Found<Throttle>>, Error> {
        let allowances = self.settings().limits.at_address(Budget::Codes);
        if allowances.is_empty() {
            return Ok(None);
        }
        let by = self.payer_of_mail(client, request).await?;
        let found = self.find_throttle(Budget::Codes, &request.address, by.is_some()).await?;
        let wait = found.value.as_ref().map(|throttle| throttle.wait(&allowances, by, self.world.now()));
        match wait.filter(|wait| !wait.is_zero()) {
            Some(wait) => Err(limited(Budget::Codes.limit(), wait)),
            None => Ok(Some(found)),
        }
    }

    /// Counts a wrong code, in the change that counts it in its request.
    pub(in crate::domain) async fn put_wrong_code(
        &self,
        change: &mut Change,
        request: &Request,
        client: &Client,
    ) -> Result<(), Error> {
        let by = self.payer_of_mail(client, request).await?;
        self.put_use(change, Budget::Codes, &request.address, by, None).await
    }
}
