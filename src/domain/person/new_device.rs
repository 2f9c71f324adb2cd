//! Notifying the owner of a sign-in with the password on a device that is not known.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::ids::Nonce;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::record::new_device::NewDevice;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::session::Session;

impl Gatepost {
    /// Adds the email to the change of a sign-in, unless the device is known, the owner does not want it, or
    /// there were enough of them today. In the commit of the sign-in, so that whoever got hold of a password has
    /// no session that the owner does not learn of.
    pub(super) async fn tell_of_new_device(
        &self,
        change: &mut Change,
        account: &mut Account,
        session: &Session,
        client: &Client,
    ) -> Result<(), Error> {
        let is_known = self.is_known_device(client, account).await?;
        if is_known || !account.device_emails.count(client.is_browser, session.created_at) {
            return Ok(());
        }
        let nonce = Nonce(self.world.random());
        let over_at = session.created_at.plus(Purpose::SecureAccount.lifetime());
        let device = NewDevice {
            account: account.id,
            address: account.address.clone(),
            session: session.id,
            key: self.ring.newest(),
            at: session.created_at,
            ip: session.ip,
            device: session.device.clone(),
            over_at,
            led_to: None,
        };
        // Anyone who knows the password causes these keys, six times a day at most. The sweeper removes them when
        // the link ends after a week, or with the account.
        let key = Key::new_device(nonce);
        change.put(Key::expiry(over_at, &key), Record::Expiry);
        change.put(Key::asked(account.id, &key), Record::Asked);
        change.put(key, Record::NewDevice(device));
        self.queue_notice(change, LetterKind::NewDevice, &account.address, About::NewDevice(nonce));
        Ok(())
    }
}
