//! Securing an account after a sign-in that its owner did not make.
//!
//! 1. A sign-in with the password on a device that is not known sends the owner an email with a link
//!    (`person::new_device`). Looking at the link changes nothing.
//! 2. Someone who opens it and ticks the box ends that session and every other one, voids every request, and
//!    removes the password: someone who knows it would sign in again before a new one is set.
//! 3. In the same commit this browser requests an email to choose a new password, as anyone does who forgot it.
//!    The link is valid for a week and not for an hour, so it proves too little to set a password itself.
//!
//! The email goes to the address that got the link. If someone has changed the account's address since, that
//! address is reserved, and the email is the one that undoes the change.

use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::mailed::link::LinkView;
use crate::domain::mailed::redeemer::{Redeemed, Redeemer, requester_of};
use crate::domain::mailed::request::{EmailRequest, MailQueued};
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::Nonce;
use crate::domain::record::key::Key;
use crate::domain::record::new_device::NewDevice;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{HeldRequest, Outcome, Request, Requester};
use crate::domain::{Decision, Gatepost};

/// The sign-in that a link is about, and its account.
struct Alarm {
    device: NewDevice,
    account: Account,
    found: (Found<NewDevice>, Found<Account>),
}

impl Gatepost {
    /// Looks up the link of an email about a new device (step 1).
    pub(in crate::domain) async fn show_securing(
        &self,
        nonce: Nonce,
        redeemer: Redeemer<'_>,
    ) -> Result<LinkView, Error> {
        let Alarm { device, .. } = self.find_alarm(nonce).await?;
        let led_to = led_to(&device, redeemer)?;
        let view = LinkView::protecting(Purpose::SecureAccount, device.address, device.over_at);
        Ok(LinkView { led_to, ..view })
    }

    /// Secures the account (steps 2 and 3). The browser that did it gets the same answer when it asks again.
    pub(in crate::domain) async fn secure_account(
        &self,
        nonce: Nonce,
        redeemer: Redeemer<'_>,
        client: &Client,
    ) -> Result<Redeemed, Error> {
        self.decide_and_commit(client, || async {
            let alarm = self.find_alarm(nonce).await?;
            if let Some(held) = led_to(&alarm.device, redeemer)? {
                let found: Found<Request> = self.find(Key::request(held.0)).await?;
                let request = found.value.ok_or(Error::InvalidLink)?;
                let reset = self.queued_before(held, &request)?;
                return Ok(Decision::Answer(secured(alarm.account, reset)));
            }
            // A mail scanner does not tick a box.
            if !redeemer.confirm {
                return Err(Error::NotConfirmed);
            }
            self.decide_securing(alarm, client).await
        })
        .await
    }

    async fn decide_securing(&self, alarm: Alarm, client: &Client) -> Result<Decision<Redeemed>, Error> {
        let Alarm { device, mut account, found } = alarm;
        let mut change = Change::new();
        found.0.expected_by(&mut change);
        found.1.expected_by(&mut change);
        let password = account.password.take();
        self.put_workload(&mut change, password.as_ref(), Some(&account)).await?;
        account.move_epoch();
        change.put(Key::account(account.id), Record::from(account.clone()));
        change.delete(Key::session(account.id, device.session));
        // The request has to be made in the new epoch, or it would be void at once.
        let ownership = self.ownership(&device.address).await?.once_written(&account);
        let wanted = EmailRequest::new(Purpose::ResetPassword, &device.address, None);
        let asker = Asker::owner(client);
        let decided = self.decide_new_request(change, &wanted, &ownership, None, &asker).await?;
        let Decision::Commit { mut change, answer: Ok(reset), .. } = decided else {
            return Err(Error::InvalidLink);
        };
        let device = NewDevice { led_to: Some(reset.held.nonce()), ..device };
        change.put(found.0.key, Record::NewDevice(device));
        let event = Event::new(self.world.now(), EventName::AccountSecured, Some(account.id), client);
        Ok(Decision::Commit { change, event: Some(event), answer: Ok(secured(account, reset)) })
    }

    async fn find_alarm(&self, nonce: Nonce) -> Result<Alarm, Error> {
        let device: Found<NewDevice> = self.find(Key::new_device(nonce)).await?;
        let now = self.earliest_now();
        let live = device.value.clone().filter(|device| now < device.over_at).ok_or(Error::InvalidLink)?;
        let owner: Found<Account> = self.find(Key::account(live.account)).await?;
        let account = owner.value.clone().ok_or(Error::InvalidLink)?.at(now);
        Ok(Alarm { device: live, account, found: (device, owner) })
    }
}

/// The request that the link led to in this browser. A link that was used elsewhere is dead.
fn led_to(device: &NewDevice, redeemer: Redeemer<'_>) -> Result<Option<HeldRequest>, Error> {
    match device.led_to {
        Some(nonce) if requester_of(nonce, redeemer.held) == Requester::Yes => Ok(Some(HeldRequest(nonce))),
        Some(_) => Err(Error::InvalidLink),
        None => Ok(None),
    }
}

fn secured(account: Account, reset: MailQueued) -> Redeemed {
    let (purpose, outcome) = (Purpose::SecureAccount, Outcome::AccountSecured);
    Redeemed { purpose, outcome, account: account.into(), signed_in: None, next: None, reset: Some(reset) }
}
