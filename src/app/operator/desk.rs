//! Carrying out the operator's orders.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::order::{Answer, Order, Rehearsed, Treatment};
use super::row::{ImportRow, Row};
use super::shown::{Account, Emailed, Link, Shown, Treated};
use super::work::Work;
use crate::config::key_file::KeyPlace;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::operator::{
    self, AccountState, HandedOut, IMPORT_STEP, ImportStep, Imported, Refusal, Rehearsal, Role,
};
use crate::domain::ports::{Clock, World};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::KeyId;
use crate::path::{self, Origin};
use crate::store::life::Life;

/// How many accounts one answer lists.
const PAGE: usize = 500;

/// Why a link is not emailed.
const NOT_SENT: &str = "mail.transport is \"mailbox\", so no email leaves this server; set it to \"smtp\" or \
                        \"sendmail\", or leave out --email to get the link here";

/// The part of the configuration that orders need.
#[derive(Clone, Debug)]
pub struct DeskSettings {
    /// What links begin with.
    pub public_url: Origin,
    /// Whether emails leave this server.
    pub sends_email: bool,
    /// Where the keys are kept.
    pub keys: KeyPlace,
}

/// Carries out orders.
#[derive(Clone)]
pub struct Desk {
    pub(in crate::app) gatepost: Arc<Gatepost>,
    pub(super) store: Arc<dyn Life>,
    pub(super) settings: DeskSettings,
    pub(super) world: World,
    /// Held by whoever changes the keys.
    pub(super) keys: Arc<Mutex<()>>,
}

impl Desk {
    /// A desk for this `gatepost` and its store.
    #[must_use]
    pub fn new(gatepost: Arc<Gatepost>, store: Arc<dyn Life>, settings: DeskSettings, world: World) -> Self {
        Self { gatepost, store, settings, world, keys: Arc::default() }
    }

    /// Where the keys are kept.
    pub(in crate::app) fn key_place(&self) -> &KeyPlace {
        &self.settings.keys
    }

    /// Lets time pass.
    pub(in crate::app) async fn pause(&self, long: Duration) {
        self.world.clock.sleep(long).await;
    }

    /// The clock by which its clients are waited for.
    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.world.clock)
    }

    /// Carries out an order. The effect of one that is answered at once is on disk when this returns.
    pub async fn begin(&self, order: Order) -> Work {
        match order {
            Order::VerifyStore {} => Work::verify(Arc::clone(&self.store)).await,
            Order::BackUp {} => Work::back_up(&*self.store, self.world.now().to_string()).await,
            order => Work::Done(self.done(order).await.unwrap_or_else(Answer::Refused)),
        }
    }

    async fn done(&self, order: Order) -> Result<Answer, String> {
        let (gatepost, client) = (&self.gatepost, &Client::operator());
        match order {
            Order::AddAccount { by_email: true, .. } if !self.settings.sends_email => Err(NOT_SENT.into()),
            Order::AddAccount { email, role, by_email: true } => {
                let added = gatepost.add_account_by_email(&address(&email)?, role, client).await;
                let operator::Emailed { account, expires_at } = added.map_err(in_words)?;
                let (account, expires_at) = (Account::of(&account), expires_at.to_string());
                Ok(Answer::Emailed(Emailed { account, expires_at }))
            }
            Order::AddAccount { email, role, by_email: false } => {
                let added = gatepost.add_account(&address(&email)?, role, client).await;
                added.map(|it| self.link(&it)).map_err(in_words)
            }
            Order::ListAccounts { after, state } => self.page(after, state).await,
            Order::ShowAccount { email } => self.show(&address(&email)?).await,
            Order::HandOutLink { email } => {
                let handed_out = gatepost.hand_out_link(&address(&email)?, client).await;
                handed_out.map(|it| self.link(&it)).map_err(in_words)
            }
            Order::ImportAccounts { rows, step } => self.import(rows, step).await,
            Order::Treat { email, treatment, force } => self.treat(&address(&email)?, treatment, force).await,
            Order::VerifyStore {} | Order::BackUp {} => unreachable!("these take long"),
            Order::ListKeys {} => self.list_keys().await,
            Order::RotateKey { seal: true } => self.seal_with_key().await,
            Order::RotateKey { seal: false } if self.is_shared() => self.rotate_shared_key().await,
            Order::RotateKey { seal: false } => self.rotate_key().await,
            Order::RetireKey { key, force } if self.is_shared() => {
                self.retire_shared_key(KeyId(key), force).await
            }
            Order::RetireKey { key, force } => self.retire_key(KeyId(key), force).await,
            Order::RehearseLink { request } => {
                let rehearsal = gatepost.rehearse_link(&request, client).await;
                rehearsal.map(rehearsed).map_err(|error| error.to_string())
            }
            Order::SetRole { email, role: Role::Member, force: true } => {
                let treated = gatepost.revoke_admin_anyway(&address(&email)?, client).await;
                treated.map(|it| Answer::Treated(Treated::of(&it))).map_err(in_words)
            }
            Order::SetRole { email, role, .. } => {
                let account = gatepost.set_role(&address(&email)?, role, client).await.map_err(in_words)?;
                Ok(Answer::Account(Account::of(&account)))
            }
        }
    }

    async fn treat(
        &self,
        address: &EmailAddress,
        treatment: Treatment,
        force: bool,
    ) -> Result<Answer, String> {
        let (gatepost, client) = (&self.gatepost, &Client::operator());
        let treated = match treatment {
            Treatment::Disable if force => gatepost.disable_account_anyway(address, client).await,
            Treatment::Disable => gatepost.disable_account(address, client).await,
            Treatment::Enable => gatepost.enable_account(address, client).await,
            Treatment::SignOut => gatepost.sign_out_account(address, client).await,
            Treatment::Delete if force => gatepost.delete_account_anyway(address, client).await,
            Treatment::Delete => gatepost.delete_account_of(address, client).await,
        };
        treated.map(|it| Answer::Treated(Treated::of(&it))).map_err(in_words)
    }

    async fn show(&self, address: &EmailAddress) -> Result<Answer, String> {
        let account = self.gatepost.account_at(address).await.map_err(in_words)?;
        let way_in = self.gatepost.way_in(&account).await.map_err(|error| error.to_string())?;
        Ok(Answer::Shown(Shown::new(&account, &way_in, self.world.now())))
    }

    async fn page(&self, after: Option<String>, state: AccountState) -> Result<Answer, String> {
        let after = after.map(|after| address(&after)).transpose()?.map(|after| after.canonical());
        let page = self.gatepost.list_accounts(after.as_ref(), PAGE, state).await;
        let page = page.map_err(|error| error.to_string())?;
        Ok(Answer::Accounts {
            accounts: page.accounts.iter().map(Account::of).collect(),
            next: page.next.map(|next| next.as_str().to_owned()),
        })
    }

    /// Imports rows in steps, so that people who sign in meanwhile are served between two steps. `step` is that
    /// of the last of them.
    async fn import(&self, rows: Vec<ImportRow>, step: ImportStep) -> Result<Answer, String> {
        let now = self.world.now();
        let check = |row: ImportRow| row.check(now).map_err(|mistakes| mistakes.to_string());
        let mut all = Imported::default();
        let mut accounts = Vec::new();
        for row in rows {
            match check(row)? {
                Row::Account(account) => accounts.push(account),
                Row::Unconfirmed(_) => all.unconfirmed += 1,
            }
        }
        // The last step is done even if it has no accounts, because the event of the import comes with it.
        let last = accounts.split_off(accounts.len().saturating_sub(1) / IMPORT_STEP * IMPORT_STEP);
        let earlier = accounts.chunks(IMPORT_STEP).map(|accounts| (accounts, ImportStep::Earlier));
        for (accounts, step) in earlier.chain([(&*last, step)]) {
            let done = self.gatepost.import_accounts(accounts, step, &Client::operator()).await;
            all += done.map_err(|error| error.to_string())?;
        }
        Ok(Answer::Imported(all))
    }

    fn link(&self, handed_out: &HandedOut) -> Answer {
        Answer::Link(Link {
            account: Account::of(&handed_out.account),
            link: self.settings.public_url.link(&path::link(handed_out.token.as_str())),
            expires_at: handed_out.expires_at.to_string(),
        })
    }
}

/// Why an order was not carried out. What only a command can do about it is not said by the domain.
fn in_words(refusal: Refusal) -> String {
    match refusal {
        Refusal::House(Error::LastAdmin) => format!("{}, or add --force", Error::LastAdmin),
        refusal => refusal.to_string(),
    }
}

fn rehearsed(rehearsal: Rehearsal) -> Answer {
    let Rehearsal { token, handover, works, expires_at } = rehearsal;
    let (path, expires_at) = (path::link(token.as_str()), expires_at.to_string());
    Answer::Rehearsed(Rehearsed { path, handover, works, expires_at })
}

fn address(entered: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(entered).map_err(|error| error.to_string())
}
