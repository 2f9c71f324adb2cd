//! The addresses that the drill measures with, and who they belong to.

use std::net::Ipv4Addr;

use futures_util::future::try_join_all;

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::Redeemer;
use crate::domain::operator::{IMPORT_STEP, ImportStep, NewAccount, Refusal, Role};
use crate::domain::password::{ForeignHash, Password};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::time::Timestamp;

/// Who a known address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An account with a password that was set here.
    WithPassword,
    /// An account that signs in by email only.
    WithoutPassword,
    /// A disabled account.
    Disabled,
    /// A registration that no one confirmed.
    Unconfirmed,
    /// An account whose password was imported.
    Imported,
}

/// What Spring Security makes by default. It is computed for every sign-in while the store holds it.
const HASH: &str =
    "$argon2id$v=19$m=16384,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$6ROKhAkFvjNrgkxYaTT6hqFGfhFW7V5haFrnw+d4XIU";
/// The password of the accounts that have one. Not the one that is tried.
const OWN_PASSWORD: &str = "nine patient herons fold paper boats along the northern harbour wall at noon";

/// The client addresses of those who settle begin with 172.16.0.0, those of the strangers with 10.
const FIRST_CLIENT: u32 = Ipv4Addr::new(172, 16, 0, 0).to_bits();

impl Kind {
    /// Its name for people.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::WithPassword => "an account with a password",
            Self::WithoutPassword => "an account without a password",
            Self::Disabled => "a disabled account",
            Self::Unconfirmed => "an unconfirmed registration",
            Self::Imported => "an account with an imported password",
        }
    }
}

/// Gives each of these addresses its owner, `at_once` passwords at the same time.
pub(super) async fn settle(
    gatepost: &Gatepost,
    people: &[(Kind, EmailAddress)],
    at_once: usize,
) -> Result<(), Error> {
    let accounts = people.iter().filter(|(kind, _)| *kind != Kind::Unconfirmed);
    let accounts: Vec<NewAccount> = accounts.map(|(kind, address)| account(*kind, address)).collect();
    for step in accounts.chunks(IMPORT_STEP) {
        gatepost.import_accounts(step, ImportStep::Last, &Client::server()).await?;
    }
    let hashed = |kind: &Kind| matches!(kind, Kind::WithPassword | Kind::Unconfirmed);
    let hashed: Vec<&(Kind, EmailAddress)> = people.iter().filter(|(kind, _)| hashed(kind)).collect();
    // Each of them at another client, so that none meets the limits of a client.
    let clients = (0..)
        .map(|number| Client { ip: Ipv4Addr::from_bits(FIRST_CLIENT + number).into(), ..Client::server() });
    let hashed: Vec<_> = hashed.into_iter().zip(clients).collect();
    for some in hashed.chunks(at_once.max(1)) {
        let entered =
            some.iter().map(|((kind, address), client)| enter_password(gatepost, *kind, address, client));
        try_join_all(entered).await?;
    }
    Ok(())
}

fn account(kind: Kind, address: &EmailAddress) -> NewAccount {
    let hash = || ForeignHash::parse(HASH).expect("this is a hash");
    NewAccount {
        address: address.clone(),
        registered_at: Timestamp::default(),
        confirmed_at: Timestamp::default(),
        role: Role::Member,
        disabled: kind == Kind::Disabled,
        password: (kind == Kind::Imported).then(hash),
    }
}

/// Registers, or sets the password of an account as its owner does.
async fn enter_password(
    gatepost: &Gatepost,
    kind: Kind,
    address: &EmailAddress,
    client: &Client,
) -> Result<(), Error> {
    let password = Password::new(OWN_PASSWORD.to_owned());
    if kind == Kind::Unconfirmed {
        gatepost.register(address, &password, None, &[], client).await?;
        return Ok(());
    }
    let link = match gatepost.hand_out_link(address, client).await {
        Ok(link) => link,
        Err(Refusal::House(error)) => return Err(error),
        Err(_) => return Err(Error::NotFound),
    };
    let ticked = Redeemer { confirm: true, ..Redeemer::default() };
    let opened = gatepost.redeem_link(link.token.as_str(), ticked, client).await?;
    let session = opened.signed_in.ok_or(Error::SignInRequired)?;
    gatepost.change_password(session.token.as_str(), &password, None, client).await?;
    Ok(())
}
