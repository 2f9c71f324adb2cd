//! What the operator can order, and how it is obeyed: over the socket of a running server, or by a
//! command that opens the store itself where no server runs.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `socket` | the socket file in the data folder: who may open it, and what a dead server left |
//! | `server` | one order a connection, one answer, beside everything else the server does |
//! | `reach` | finding whoever has the store, and sending orders |
//! | `row`, `import` | accounts that lived elsewhere: a line of their file, and the whole of it |

mod import;
mod reach;
mod row;
mod server;
mod socket;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::import::{ImportError, ImportFile};
pub use self::reach::{Missing, Operator, OperatorError};
pub use self::row::{ImportRow, RowError, RowErrors};
pub(super) use self::server::serve;
pub(super) use self::socket::Socket;
use crate::domain::Gatepost;
use crate::domain::operator::HandedOut;
use crate::domain::operator::{IMPORT_STEP, Imported};
use crate::domain::operator::{Refusal, Role};
use crate::domain::ports::World;
use crate::domain::record::account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::path::{self, Origin};
use crate::web::api::{self, rfc3339};

/// How many accounts one answer lists.
const PAGE: usize = 500;

/// What the operator wants done. Addresses and rows are as they were typed: who obeys reads them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Make a confirmed account and a link that signs in to it.
    AddAccount {
        /// Whose.
        email: String,
        /// What it may do.
        role: Role,
    },
    /// Show the next accounts in the order of their addresses.
    ListAccounts {
        /// The address after which they begin; the first ones without.
        after: Option<String>,
    },
    /// Show one account.
    ShowAccount {
        /// Whose.
        email: String,
    },
    /// Make a link that signs in to an account.
    HandOutLink {
        /// Whose.
        email: String,
    },
    /// Take over accounts that lived elsewhere.
    ImportAccounts {
        /// The next of them.
        rows: Vec<ImportRow>,
    },
    /// Do something to an account that its person could do.
    Treat {
        /// Whose.
        email: String,
        /// What.
        treatment: Treatment,
    },
    /// Make somebody an admin, or nobody special.
    SetRole {
        /// Whom.
        email: String,
        /// What the account may do from now on.
        role: Role,
    },
}

/// What can be done to an account.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Shut it.
    Disable,
    /// Open it again.
    Enable,
    /// End all its sessions.
    SignOut,
    /// Delete it.
    Delete,
}

/// What came of an order.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// One account, as it is now.
    Account(Account),
    /// Some accounts.
    Accounts {
        /// In the order of their addresses.
        accounts: Vec<Account>,
        /// Where the next page begins; nothing after the last.
        next: Option<String>,
    },
    /// A link that signs in.
    Link(Link),
    /// Rows that were taken over.
    Imported(Imported),
    /// It was not done, for this reason.
    Refused(String),
}

/// An account as its operator sees it: what the API shows to its person, and whether it is shut.
#[derive(Serialize, Deserialize)]
pub struct Account {
    /// As the API shows it.
    #[serde(flatten)]
    pub shown: api::Account,
    /// Whether nobody can sign in to it.
    pub disabled: bool,
}

/// A link that no letter brings.
#[derive(Serialize, Deserialize)]
pub struct Link {
    /// Whose account it signs in to.
    pub account: Account,
    /// The whole link.
    pub link: String,
    /// When it is over.
    pub expires_at: String,
}

/// Where orders are obeyed.
#[derive(Clone)]
pub struct Desk {
    gatepost: Arc<Gatepost>,
    origin: Origin,
    world: World,
}

impl Desk {
    /// Orders are obeyed by this house, which is reached at `origin`.
    #[must_use]
    pub fn new(gatepost: Arc<Gatepost>, origin: Origin, world: World) -> Self {
        Self { gatepost, origin, world }
    }

    /// Does what was ordered. What was answered is on the disk.
    pub async fn obey(&self, order: Order) -> Answer {
        self.done(order).await.unwrap_or_else(Answer::Refused)
    }

    async fn done(&self, order: Order) -> Result<Answer, String> {
        let (gatepost, client) = (&self.gatepost, &Client::server());
        let in_words = |refusal: Refusal| refusal.to_string();
        match order {
            Order::AddAccount { email, role } => {
                let added = gatepost.add_account(&address(&email)?, role, client).await;
                added.map(|it| self.link(&it)).map_err(in_words)
            }
            Order::ListAccounts { after } => self.page(after).await,
            Order::ShowAccount { email } => {
                let account = gatepost.account_at(&address(&email)?).await.map_err(in_words)?;
                Ok(Answer::Account(Account::of(&account)))
            }
            Order::HandOutLink { email } => {
                let handed_out = gatepost.hand_out_link(&address(&email)?, client).await;
                handed_out.map(|it| self.link(&it)).map_err(in_words)
            }
            Order::ImportAccounts { rows } => self.import(rows).await,
            Order::Treat { email, treatment } => {
                let address = address(&email)?;
                let treated = match treatment {
                    Treatment::Disable => gatepost.disable_account(&address, client).await,
                    Treatment::Enable => gatepost.enable_account(&address, client).await,
                    Treatment::SignOut => gatepost.sign_out_account(&address, client).await,
                    Treatment::Delete => gatepost.delete_account_of(&address, client).await,
                };
                Ok(Answer::Account(Account::of(&treated.map_err(in_words)?)))
            }
            Order::SetRole { email, role } => {
                let account = gatepost.set_role(&address(&email)?, role, client).await.map_err(in_words)?;
                Ok(Answer::Account(Account::of(&account)))
            }
        }
    }

    async fn page(&self, after: Option<String>) -> Result<Answer, String> {
        let after = after.map(|after| address(&after)).transpose()?.map(|after| after.canonical());
        let page = self.gatepost.list_accounts(after.as_ref(), PAGE).await;
        let page = page.map_err(|error| error.to_string())?;
        Ok(Answer::Accounts {
            accounts: page.accounts.iter().map(Account::of).collect(),
            next: page.next.map(|next| next.as_str().to_owned()),
        })
    }

    /// Takes rows over, a step at a time, so that those who sign in meanwhile come in between.
    async fn import(&self, rows: Vec<ImportRow>) -> Result<Answer, String> {
        let now = self.world.now();
        let check = |row: ImportRow| row.check(now).map_err(|mistakes| mistakes.to_string());
        let rows = rows.into_iter().map(check).collect::<Result<Vec<_>, _>>()?;
        let mut all = Imported::default();
        for step in rows.chunks(IMPORT_STEP) {
            let done = self.gatepost.import_accounts(step, &Client::server()).await;
            all += done.map_err(|error| error.to_string())?;
        }
        if all.added > 0 {
            tracing::info!(event = "user_created", accounts = all.added);
        }
        Ok(Answer::Imported(all))
    }

    fn link(&self, handed_out: &HandedOut) -> Answer {
        Answer::Link(Link {
            account: Account::of(&handed_out.account),
            link: self.origin.link(&path::link(handed_out.token.as_str())),
            expires_at: rfc3339(handed_out.expires_at),
        })
    }
}

impl Account {
    fn of(account: &account::Account) -> Self {
        Self { shown: api::Account::of(account), disabled: account.disabled }
    }
}

fn address(typed: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(typed).map_err(|error| error.to_string())
}
