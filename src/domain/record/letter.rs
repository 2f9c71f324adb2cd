//! An email as stored data: what to send to whom, without its text and its secrets.

use crate::domain::record::address::EmailAddress;
use crate::domain::record::answer::Answer;
use crate::domain::record::ids::{AccountId, LetterId, Nonce, RunId};
use crate::domain::record::time::Timestamp;

/// A queued email. Reading the outbox is not enough to sign in: the text is rendered and the secrets are
/// derived when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Letter {
    /// The id, the same on every attempt. The `Message-ID` is made from it.
    pub id: LetterId,
    /// What it says.
    pub kind: LetterKind,
    /// The recipient.
    pub to: EmailAddress,
    /// What it is about. If that is over, the email is not sent.
    pub about: About,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When delivery is given up.
    pub give_up_at: Timestamp,
    /// How often delivery was attempted.
    pub tries: u16,
    /// The run of the process that is sending it now.
    pub lease: Option<RunId>,
    /// Whether the mail server may have it.
    pub offered: Offered,
    /// How often an attempt ended without an answer after the mail server had all of it.
    pub unanswered: u8,
    /// The last attempt. Not encoded with the rest: an email that was never tried has none, and one that was is
    /// stored as another kind of record.
    #[serde(skip)]
    pub last_try: Option<LastTry>,
}

/// The last attempt to send an email.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LastTry {
    /// When it ended.
    pub at: Timestamp,
    /// What the mail server said.
    pub answer: Option<Answer>,
}

/// Whether the mail server may have an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Offered {
    /// No attempt has come that far. Its request counts it as queued.
    Never,
    /// An earlier attempt handed it over, and what came of that is recorded.
    Before,
    /// The current attempt has handed it over. If the run dies now, no one will ever know the answer.
    Now,
}

/// Where a queued email waits. First attempts are made before others, so that people who have just asked
/// do not wait for those whose mail server is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Queue {
    /// It was never tried.
    First,
    /// It was tried and is due again.
    Again,
    /// The same, but the last attempt took so long that the next one gets a place where it can.
    Slow,
    /// A run is sending it. It is due when the claim of that run ends.
    Claimed,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::First, Self::Again, Self::Slow, Self::Claimed];
}

impl Letter {
    /// An email that was never tried, with when it is queued and when it is given up.
    #[must_use]
    pub fn new(
        id: LetterId,
        kind: LetterKind,
        to: EmailAddress,
        about: About,
        [queued_at, give_up_at]: [Timestamp; 2],
    ) -> Self {
        let (tries, lease, offered, unanswered) = (0, None, Offered::Never, 0);
        let last_try = None;
        Self { id, kind, to, about, queued_at, give_up_at, tries, lease, offered, unanswered, last_try }
    }
}

impl Letter {
    /// The time until which delivery of an email is attempted that is not to be sent any more.
    const NEVER: Timestamp = Timestamp(0);

    /// The same email, not to be sent any more. For one that is being sent right now: only if that fails, there is
    /// something left to stop.
    #[must_use]
    pub fn stopped(self) -> Self {
        Self { give_up_at: Self::NEVER, ..self }
    }

    /// Whether it is not to be sent any more.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.give_up_at == Self::NEVER
    }

    /// The same email after another attempt.
    #[must_use]
    pub fn tried(self) -> Self {
        Self { tries: self.tries.saturating_add(1), ..self }
    }
}

/// What an email depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum About {
    /// One generation of a request. In a later generation the email is dead.
    Request {
        /// Which.
        nonce: Nonce,
        /// The generation the email belongs to.
        generation: u8,
    },
    /// An account's right to undo a change of address.
    Undo {
        /// The account.
        account: AccountId,
        /// Which.
        nonce: Nonce,
    },
    /// An account: a notice to its owner.
    Account(AccountId),
    /// A sign-in on a new device, by the nonce in its link.
    NewDevice(Nonce),
    /// Nothing that could be over, such as the notice that the account was deleted.
    Nothing,
}

/// The kinds of email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum LetterKind {
    /// Link and code to sign in, whether or not the address has an account.
    SignIn,
    /// There is no account here, and none can be created.
    NoAccount,
    /// Link and code to confirm a registration.
    Confirm,
    /// Someone registered an address that has an account: link and code to sign in.
    AlreadyRegistered,
    /// Link and code to set a new password.
    ResetPassword,
    /// Someone forgot a password, but the address has no account.
    NothingToReset,
    /// Someone asked to sign in, to register or to reset the password, but the account is disabled.
    AccountDisabled,
    /// Link and code to confirm the new address of an account.
    ConfirmNewAddress,
    /// To the old address: it is about to change.
    AddressChanging,
    /// To the old address: it has changed, with the link to undo that. Also the answer to every request
    /// for the address while it is reserved.
    AddressChanged,
    /// The old address has been restored.
    AddressRestored,
    /// To the owner of an address that someone else wanted to change to.
    AddressWanted,
    /// The code with which someone signed in confirms who they are.
    YourCode,
    /// The password was changed.
    PasswordChanged,
    /// The account was deleted.
    AccountDeleted,
    /// An account without a password has one now.
    PasswordSet,
    /// The password was removed.
    PasswordRemoved,
    /// The forgotten password was replaced.
    PasswordReset,
    /// Someone signed in with the password on a device that was not known, with the link that secures the
    /// account.
    NewDevice,
    /// The operator created an account: link to sign in to it.
    AccountAdded,
}

impl LetterKind {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::SignIn,
        Self::NoAccount,
        Self::Confirm,
        Self::AlreadyRegistered,
        Self::ResetPassword,
        Self::NothingToReset,
        Self::AccountDisabled,
        Self::ConfirmNewAddress,
        Self::AddressChanging,
        Self::AddressChanged,
        Self::AddressRestored,
        Self::AddressWanted,
        Self::YourCode,
        Self::PasswordChanged,
        Self::AccountDeleted,
        Self::PasswordSet,
        Self::PasswordRemoved,
        Self::PasswordReset,
        Self::NewDevice,
        Self::AccountAdded,
    ];

    /// The word on the wire: what the email is for.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::NoAccount => "no_account",
            Self::Confirm => "register",
            Self::AlreadyRegistered => "already_registered",
            Self::ResetPassword => "reset_password",
            Self::NothingToReset => "nothing_to_reset",
            Self::AccountDisabled => "account_disabled",
            Self::ConfirmNewAddress => "change_email",
            Self::AddressChanging => "email_changing",
            Self::AddressChanged => "email_changed",
            Self::AddressRestored => "email_restored",
            Self::AddressWanted => "email_wanted",
            Self::YourCode => "reauthenticate",
            Self::PasswordChanged => "password_changed",
            Self::AccountDeleted => "account_deleted",
            Self::PasswordSet => "password_set",
            Self::PasswordRemoved => "password_removed",
            Self::PasswordReset => "password_reset",
            Self::NewDevice => "new_device",
            Self::AccountAdded => "account_added",
        }
    }

    /// Whether what became of it is kept for a while. Not of the last email about an account, which would keep the
    /// address of someone who has left.
    #[must_use]
    pub fn is_kept(self) -> bool {
        self != Self::AccountDeleted
    }

    /// Whether it contains the link or code of a request.
    #[must_use]
    pub fn has_secrets(self) -> bool {
        matches!(
            self,
            Self::SignIn
                | Self::Confirm
                | Self::AlreadyRegistered
                | Self::ResetPassword
                | Self::ConfirmNewAddress
                | Self::YourCode
                | Self::AccountAdded
        )
    }
}
