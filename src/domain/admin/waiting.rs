//! Registrations that are not confirmed yet: listing them, sending the email of one again, and removing them.
//!
//! What was registered is kept by address, so the list is in order. A record of it stays until the last of its
//! registrations ends, also after the address was proven: a stranger who registered must not notice. So each is only
//! shown while one of its registrations can still become an account.

use futures_util::future::join_all;

use crate::domain::admin::PageOf;
use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::ports::Change;
use crate::domain::read::{Found, Listed, Ownership};
use crate::domain::record::Record;
use crate::domain::record::address::{CanonicalAddress, EmailAddress};
use crate::domain::record::answer::Answer;
use crate::domain::record::client::Client;
use crate::domain::record::ended::{EmailState, MailState};
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::letter::LetterKind;
use crate::domain::record::limits::Limit;
use crate::domain::record::owner::Owner;
use crate::domain::record::pending::Pending;
use crate::domain::record::registration::RegistrationMode;
use crate::domain::record::request::{BoundTo, Request};
use crate::domain::record::time::Timestamp;
use crate::domain::{Decision, Gatepost};

/// How many rows a page shows.
const ROWS: usize = 50;
/// How many addresses are read at once.
const STEP: usize = 64;
/// How many addresses a page looks through.
const MOST: usize = 2_000;
/// How many emails to an address are looked at. More than one is sent in a day.
const MOST_EMAILS: usize = 20;
/// No address is longer.
const LONGEST_ADDRESS: usize = 254;

/// The registrations of one address that are not confirmed yet.
#[derive(Clone, Debug)]
pub struct Unconfirmed {
    /// The address, as it was entered last.
    pub address: EmailAddress,
    /// When it was registered first.
    pub registered_at: Timestamp,
    /// How many emails about it were sent.
    pub emails: usize,
    /// What the mail server said last.
    pub last_answer: Option<Answer>,
}

/// Which of them someone wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnconfirmedQuery {
    /// Those of addresses that begin with this, in upper or lower case.
    pub beginning: Option<String>,
    /// Where the page before ended, as it said.
    pub after: Option<String>,
}

/// A registration that can still become an account, the newest of its address first.
struct WaitingRequest {
    nonce: Nonce,
    found: Found<Request>,
    request: Request,
}

impl Gatepost {
    /// A page of registrations that are not confirmed yet, in the order of their addresses.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `UnknownPlace`; `Store`.
    pub async fn unconfirmed(
        &self,
        token: &str,
        query: &UnconfirmedQuery,
    ) -> Result<PageOf<Unconfirmed>, Error> {
        self.expect_admin(token).await?;
        let Some(span) = span(query) else { return Ok(PageOf { rows: Vec::new(), next: None }) };
        let mut rest = match &query.after {
            Some(after) => span.after(&self.place_in(&span, after)?),
            None => span,
        };
        let (mut found, mut looked_at, mut last): (Vec<Unconfirmed>, _, Option<Key>) = (Vec::new(), 0, None);
        let next = loop {
            let page = self.list::<Pending>(&rest, STEP).await?;
            let (is_last, keys): (_, Vec<Key>) =
                (page.len() < STEP, page.iter().map(|listed| listed.key.clone()).collect());
            let rows = self.rows_of(page).await?;
            let mut is_full = false;
            for (key, row) in keys.iter().zip(rows) {
                if let Some(row) = row {
                    if found.len() == ROWS {
                        is_full = true;
                        break;
                    }
                    found.push(row);
                }
                last = Some(key.clone());
            }
            looked_at += keys.len();
            if is_full || (looked_at >= MOST && !is_last) {
                break last.as_ref().map(|key| self.ring.seal_place(key));
            }
            let Some(end) = keys.last().filter(|_| !is_last) else { break None };
            rest = rest.after(end);
        };
        let rows = join_all(found.into_iter().map(|row| self.with_emails(row))).await;
        Ok(PageOf { rows: rows.into_iter().collect::<Result<_, _>>()?, next })
    }

    /// Those of one address, if there are any.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `Store`.
    pub async fn unconfirmed_at(
        &self,
        token: &str,
        address: &EmailAddress,
    ) -> Result<Option<Unconfirmed>, Error> {
        self.expect_admin(token).await?;
        let key = Key::pending(&address.canonical());
        let page = self.list_these::<Pending>(vec![key]).await?;
        match self.rows_of(page).await?.pop().flatten() {
            Some(row) => Ok(Some(self.with_emails(row).await?)),
            None => Ok(None),
        }
    }

    /// A row for each of these, with nothing in the place of one that is over. The emails are not counted yet.
    async fn rows_of(&self, page: Vec<Listed<Pending>>) -> Result<Vec<Option<Unconfirmed>>, Error> {
        let owners = page.iter().filter_map(|listed| listed.key.owner_of_pending()).collect();
        let owners = self.find_readable::<Owner>(owners).await?;
        let nonces: Vec<Vec<Nonce>> = page.iter().map(|listed| listed.value.nonces()).collect();
        let keys: Vec<Key> = nonces.iter().flatten().copied().map(Key::request).collect();
        let mut requests = self.find_readable::<Request>(keys).await?.into_iter();
        let mut per_address = Vec::with_capacity(nonces.len());
        for nonces in nonces {
            let own: Vec<(Nonce, Option<Found<Request>>)> =
                nonces.into_iter().map(|nonce| (nonce, requests.next().flatten())).collect();
            per_address.push(own);
        }
        let rows = per_address.into_iter().zip(owners).map(|(own, owner)| {
            let ownership = self.ownership_of_no_account(owner?)?;
            let waiting = self.that_wait(own, &ownership);
            let first = waiting.iter().map(|one| one.request.asked_at).min()?;
            let address = waiting.first()?.request.address.clone();
            Some(Unconfirmed { address, registered_at: first, emails: 0, last_answer: None })
        });
        Ok(rows.collect())
    }

    /// Those of these requests that can still become an account of the address.
    fn that_wait(
        &self,
        of_address: Vec<(Nonce, Option<Found<Request>>)>,
        ownership: &Ownership,
    ) -> Vec<WaitingRequest> {
        let now = self.world.now();
        let waiting = of_address.into_iter().filter_map(|(nonce, found)| {
            let found = found?;
            let request = found.value.clone()?;
            let can_be = request.makes_account() && ownership.is_free() && !request.is_over(now);
            let is_dead = request.generation.used.is_some() || request.is_void(nonce, ownership);
            (can_be && !is_dead).then_some(WaitingRequest { nonce, found, request })
        });
        waiting.collect()
    }

    /// The same with what became of its emails.
    async fn with_emails(&self, row: Unconfirmed) -> Result<Unconfirmed, Error> {
        let states =
            self.list::<MailState>(&Span::mail_states(&row.address.canonical()), MOST_EMAILS).await?;
        let emails = self.emails_with(states.into_iter().map(|state| state.key).collect()).await?;
        let mut own: Vec<_> = emails
            .into_iter()
            .filter(|email| email.letter.kind == LetterKind::Confirm)
            .filter(|email| email.letter.queued_at >= row.registered_at)
            .collect();
        own.sort_by_key(|email| std::cmp::Reverse(email.letter.queued_at));
        let sent = own.iter().filter(|email| email.state == EmailState::Sent).count();
        let last_answer = own.into_iter().find_map(|email| email.answer);
        Ok(Unconfirmed { emails: sent, last_answer, ..row })
    }

    /// Sends the email of the newest registration of an address again.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `RegistrationClosed` and `OutsideDomains` where the
    /// address cannot register now; `Over` if none waits; `Limited`; `Store`.
    pub async fn resend_registration(
        &self,
        token: &str,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<(), Error> {
        let asker = &Asker::admin(client);
        let sent = self.act_as_admin(token, client, |actor, mut change| async move {
            self.expect_accepted(address)?;
            let (ownership, mut waiting) = self.waiting_at(address).await?;
            if waiting.is_empty() {
                return Err(Error::Over);
            }
            let WaitingRequest { nonce, found, mut request } = waiting.swap_remove(0);
            let now = self.world.now();
            let wait = request.resend_after(now);
            if !wait.is_zero() {
                return Err(Error::Limited { limit: Limit::MailsToAddress, retry_after: wait });
            }
            found.expected_by(&mut change);
            request.mailed_at = now;
            request.generation.queued = request.generation.queued.saturating_add(1);
            let client = client.of_admin(actor.account.id);
            let event = Event::new(now, EventName::MailRequested, None, &client);
            let queued = self.queue_letter(change, nonce, request, &ownership, event, asker).await?;
            Ok(queued.map(drop))
        });
        self.settle_mail(asker, sent).await
    }

    /// Voids all registrations that wait for an address: their links and codes are dead. To whoever holds them, they look
    /// as before: it could be someone else's mailbox that a stranger has registered.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over` if the address has an account by now; `Store`.
    pub async fn drop_registrations(
        &self,
        token: &str,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<(), Error> {
        self.act_as_admin(token, client, |actor, mut change| async move {
            let (ownership, waiting) = self.waiting_at(address).await?;
            if ownership.account().is_some() {
                return Err(Error::Over);
            }
            if waiting.is_empty() {
                return Ok(Decision::Answer(()));
            }
            ownership.expected_by(&mut change);
            for WaitingRequest { found, request, .. } in waiting {
                put_voided(&mut change, &found, request);
            }
            let client = client.of_admin(actor.account.id);
            let event = Event::new(self.world.now(), EventName::RegistrationRemoved, None, &client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        })
        .await
    }

    /// The registrations that wait for an address, the newest first, and who it belongs to.
    async fn waiting_at(&self, address: &EmailAddress) -> Result<(Ownership, Vec<WaitingRequest>), Error> {
        let pending: Found<Pending> = self.find(Key::pending(&address.canonical())).await?;
        let nonces = pending.value.as_ref().map(Pending::nonces).unwrap_or_default();
        let keys = nonces.iter().copied().map(Key::request).collect();
        let requests = self.find_readable::<Request>(keys).await?;
        let ownership = self.ownership(address).await?;
        let waiting = self.that_wait(nonces.into_iter().zip(requests).collect(), &ownership);
        Ok((ownership, waiting))
    }

    /// Refuses an address that cannot register.
    fn expect_accepted(&self, address: &EmailAddress) -> Result<(), Error> {
        match &self.settings().registration {
            mode if mode.accepts(address) => Ok(()),
            RegistrationMode::Domains(domains) => Err(Error::OutsideDomains(domains.clone())),
            _ => Err(Error::RegistrationClosed),
        }
    }
}

/// Writes a request as one of an account that does not exist, so no one can redeem it. Nothing that its holder sees
/// depends on that.
fn put_voided(change: &mut Change, found: &Found<Request>, mut request: Request) {
    found.expected_by(change);
    request.generation.bound_to = BoundTo::Account { id: AccountId::NO_ONE, epoch: 0 };
    change.put(found.key.clone(), Record::Request(request));
}

/// The records of a list. Nothing if no address begins like that.
fn span(query: &UnconfirmedQuery) -> Option<Span> {
    let Some(beginning) = &query.beginning else { return Some(Span::pending_from("")) };
    let beginning = CanonicalAddress::beginning(beginning);
    (beginning.len() <= LONGEST_ADDRESS).then(|| Span::pending_from(&beginning))
}
