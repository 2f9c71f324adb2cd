//! Composing an email when it is sent: its secrets are derived only then, and an email about something
//! that is over is not sent.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::outbox::{Claim, Contents, Delivery, LONGEST_DELAY, Matter, SignInSeen};
use crate::domain::read::{Found, Ownership};
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ended::End;
use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, Letter, LetterKind};
use crate::domain::record::new_device::NewDevice;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;
use crate::domain::token::LinkClaims;

/// The recipient of an email, and what it says.
pub(super) type Composed = (EmailAddress, Matter);

impl Gatepost {
    /// Everything needed to write a claimed email. Nothing if what it is about is over: then it is removed
    /// from the outbox, so that no dead link is sent. Nothing either if it only seems to be over, because
    /// the clock may be ahead: then it stays queued.
    ///
    /// # Errors
    /// `Store`.
    pub async fn contents(&self, claim: &Claim) -> Result<Option<Contents>, Error> {
        let letter = claim.letter();
        let now = self.world.now();
        if letter.give_up_at <= now {
            self.keep_or_give_up(claim, now).await?;
            return Ok(None);
        }
        let Some((to, matter)) = self.compose(letter, now).await? else {
            self.finish(claim, End::Void, None, None).await?;
            return Ok(None);
        };
        Ok(Some(Contents { id: letter.id, to, sent_at: now, matter }))
    }

    /// What an email says. Nothing if what it is about is over.
    pub(super) async fn compose(&self, letter: &Letter, now: Timestamp) -> Result<Option<Composed>, Error> {
        let to_itself = |matter| (letter.to.clone(), matter);
        Ok(match letter.about {
            About::Request { nonce, generation } => self.compose_request(letter, nonce, generation).await?,
            About::Undo { account, nonce } => self.compose_undo(account, nonce).await?,
            About::Account(id) => {
                let account: Found<Account> = self.find(Key::account(id)).await?;
                account.value.map(|_| to_itself(Matter::notice(letter.kind)))
            }
            About::NewDevice(nonce) => {
                let matter = self.compose_new_device(nonce, now).await?;
                matter.map(to_itself)
            }
            About::Nothing => Some(to_itself(Matter::notice(letter.kind))),
        })
    }

    /// An email whose time is over by the clock. If it is not over by the earliest time it can be, it waits:
    /// otherwise a clock that is ahead for a moment would lose every email in the outbox.
    async fn keep_or_give_up(&self, claim: &Claim, now: Timestamp) -> Result<(), Error> {
        if claim.letter().give_up_at <= self.earliest_now() {
            return self.finish(claim, End::GivenUp, None, None).await;
        }
        self.delivered(claim, Delivery::Held(now.plus(LONGEST_DELAY)), None).await
    }

    /// The email of a request.
    async fn compose_request(
        &self,
        letter: &Letter,
        nonce: Nonce,
        generation: u8,
    ) -> Result<Option<Composed>, Error> {
        let now = self.world.now();
        let found: Found<Request> = self.find(Key::request(nonce)).await?;
        let is_its = |it: &Request| it.generation.number == generation && !it.is_over(now);
        let Some(request) = found.value.filter(is_its) else { return Ok(None) };
        let ownership = self.ownership_for(&request).await?;
        if let Some((account, nonce)) = ownership.reserved_for() {
            return self.compose_undo(account, nonce).await;
        }
        // What is true now, which may be something else than when it was queued: meanwhile an account can
        // have been disabled or enabled, or registration opened or closed.
        let kind = match self.letter_kind(&request, &ownership) {
            LetterKind::SignIn if request.handed_out => LetterKind::AccountAdded,
            kind => kind,
        };
        let to = ownership.account().map_or(&letter.to, |account| &account.address).clone();
        let is_forbidden = request.purpose == Purpose::ChangeEmail
            && !self.settings().registration.accepts_change_to(&request.address);
        let is_dead = is_forbidden || request.generation.used.is_some() || request.is_void(nonce, &ownership);
        // A disabled account has no live requests, but its owner should not wait in vain.
        let is_wanted = kind == letter.kind || kind == LetterKind::AccountDisabled;
        if is_dead && (kind.has_secrets() || !is_wanted) {
            return Ok(None);
        }
        if !kind.has_secrets() {
            return Ok(Some((to, Matter::notice(kind))));
        }
        let claims = LinkClaims { key: request.key, nonce, generation };
        let left = request.expires_at.since(now);
        let lifetime = match kind {
            LetterKind::AccountAdded => left,
            _ => request.purpose.link_lifetime(self.settings().link_lifetime).min(left),
        };
        let (link, code) = (self.ring.seal_link(&claims), self.ring.code(&claims));
        // The key may no longer be in the ring.
        Ok(link.zip(code).map(|(link, code)| {
            let link = Some(link).filter(|_| kind != LetterKind::YourCode);
            // No browser waits for the code of an account that was added.
            let code = Some(code).filter(|_| kind != LetterKind::AccountAdded);
            (to, Matter { kind, link, code, lifetime, sign_in: None })
        }))
    }

    /// The link that undoes a change of address. It always goes to the proven address in its own spelling,
    /// however the request spelled it, since another spelling may be another mailbox.
    async fn compose_undo(&self, account: AccountId, nonce: Nonce) -> Result<Option<Composed>, Error> {
        let now = self.earliest_now();
        let account: Found<Account> = self.find(Key::account(account)).await?;
        let undo = account.value.as_ref().and_then(|account| account.undo(nonce, now));
        Ok(undo.and_then(|undo| {
            let claims = LinkClaims { key: undo.key, nonce, generation: 0 };
            let link = self.ring.seal_undo(&claims)?;
            let lifetime = undo.over_at.since(now);
            let link = Some(link);
            let matter = Matter { link, lifetime, ..Matter::notice(LetterKind::AddressChanged) };
            Some((undo.address.clone(), matter))
        }))
    }

    /// The notice of a sign-in on a new device. It goes where it was queued for, whatever address the account
    /// has by now: someone who signs in with a stolen password could change that at once.
    async fn compose_new_device(&self, nonce: Nonce, now: Timestamp) -> Result<Option<Matter>, Error> {
        let found: Found<NewDevice> = self.find(Key::new_device(nonce)).await?;
        let Some(device) = found.value.filter(|device| device.led_to.is_none()) else { return Ok(None) };
        let account: Found<Account> = self.find(Key::account(device.account)).await?;
        let claims = LinkClaims { key: device.key, nonce, generation: 0 };
        let link = account.value.and_then(|_| self.ring.seal_securing(&claims));
        Ok(link.map(|link| Matter {
            link: Some(link),
            lifetime: device.over_at.since(now),
            sign_in: Some(SignInSeen { at: device.at, device: device.device, ip: device.ip }),
            ..Matter::notice(LetterKind::NewDevice)
        }))
    }

    /// Which email the address of a request gets, by its purpose and who the address belongs to.
    pub(in crate::domain) fn letter_kind(&self, request: &Request, ownership: &Ownership) -> LetterKind {
        let purpose = request.purpose;
        if ownership.reserved_for().is_some() {
            return LetterKind::AddressChanged;
        }
        // Without this, someone whose account is disabled would wait for an email that never comes.
        let asks_to_sign_in = matches!(purpose, Purpose::SignIn | Purpose::Register | Purpose::ResetPassword);
        if asks_to_sign_in && ownership.account().is_some_and(|account| account.disabled) {
            return LetterKind::AccountDisabled;
        }
        match (purpose, ownership.account()) {
            (Purpose::Reauthenticate | Purpose::UndoEmail | Purpose::SecureAccount, _) => {
                LetterKind::YourCode
            }
            (Purpose::ChangeEmail, None) => LetterKind::ConfirmNewAddress,
            (Purpose::ChangeEmail, Some(_)) => LetterKind::AddressWanted,
            (Purpose::ResetPassword, None) => LetterKind::NothingToReset,
            (Purpose::ResetPassword, Some(_)) => LetterKind::ResetPassword,
            (Purpose::SignIn | Purpose::Register, None)
                if !self.settings().registration.accepts(&request.address) =>
            {
                LetterKind::NoAccount
            }
            (Purpose::SignIn, _) => LetterKind::SignIn,
            (Purpose::Register, None) => LetterKind::Confirm,
            (Purpose::Register, Some(_)) => LetterKind::AlreadyRegistered,
        }
    }
}
