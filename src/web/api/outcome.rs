//! What a sign-in or a link results in. Outcomes with and without a session are separate objects, so that a generated
//! client never has to assert that there is a token.

use poem_openapi::{Object, Union};

use super::session::{Account, NewSession};
use crate::domain::mailed::Redeemed;
use crate::domain::record::request::Outcome;
use crate::domain::session::SignedIn;

/// The values of `outcome` that come with a session.
pub(super) const SIGNS_IN: [Outcome; 5] =
    [Outcome::Confirmed, Outcome::SignedIn, Outcome::PasswordReset, Outcome::EmailChanged, Outcome::Recent];

/// The result of a sign-in.
#[derive(Debug, Object)]
#[oai(rename = "Outcome")]
pub(super) struct SignInOutcome {
    /// The result. `confirmed` means that the account was created.
    outcome: String,
    /// The account.
    account: Account,
    /// The session.
    session: NewSession,
}

/// The result of a link that restored an earlier email address. It signs no one in.
#[derive(Debug, Object)]
pub(super) struct EmailRestored {
    /// Always `email_restored`.
    outcome: String,
    /// The account, with its earlier email address.
    account: Account,
}

/// The result of a link that secured an account. It signs no one in, and the account is not shown: its email
/// address may have been changed since the link was sent.
#[derive(Debug, Object)]
pub(super) struct AccountSecured {
    /// Always `account_secured`.
    outcome: String,
    /// The request of the email to choose a new password. Send it with the code or the link from that email.
    request: String,
    /// When the request expires.
    expires_at: String,
    /// Seconds to wait before requesting another email.
    resend_after: u64,
}

/// The result of redeeming a link.
#[derive(Debug, Union)]
#[oai(one_of)]
pub(super) enum LinkOutcome {
    Outcome(SignInOutcome),
    EmailRestored(EmailRestored),
    AccountSecured(AccountSecured),
}

impl SignInOutcome {
    pub(super) fn of(outcome: Outcome, signed_in: &SignedIn) -> Self {
        Self {
            outcome: outcome.as_str().to_owned(),
            account: Account::of(&signed_in.account),
            session: NewSession::of(signed_in),
        }
    }
}

impl From<Redeemed> for LinkOutcome {
    fn from(redeemed: Redeemed) -> Self {
        let outcome = redeemed.outcome.as_str().to_owned();
        match (&redeemed.signed_in, &redeemed.reset) {
            (Some(signed_in), _) => Self::Outcome(SignInOutcome::of(redeemed.outcome, signed_in)),
            (None, Some(reset)) => Self::AccountSecured(AccountSecured {
                outcome,
                request: reset.request.as_str().to_owned(),
                expires_at: reset.expires_at.to_string(),
                resend_after: reset.resend_after.as_secs(),
            }),
            (None, None) => {
                Self::EmailRestored(EmailRestored { outcome, account: Account::of(&redeemed.account) })
            }
        }
    }
}
