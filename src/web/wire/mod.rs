//! What comes in, each input once: read from a form or from JSON by the same rules.

mod fields;

use poem_openapi::Object;
use serde::Deserialize;

pub use self::fields::Fields;
use crate::domain::password::Password;
use crate::domain::record::next::Next;
use crate::path::LINK;
use crate::web::problem::{Code, Problem};

/// Asking for a letter to sign in.
#[derive(Clone, Debug, Deserialize, Object)]
#[oai(rename = "RequestSignIn")]
pub struct RequestSignIn {
    /// The address to write to.
    #[oai(validator(max_length = 254))]
    pub email: String,
    /// What an earlier answer gave as `request`: asks for one more letter of the same request.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
}

// Not to be printed, as all that hold a password.
/// Registering with a password.
#[derive(Clone, Deserialize, Object)]
pub struct Register {
    /// The address to register.
    #[oai(validator(max_length = 254))]
    pub email: String,
    /// The password to sign in with once the address is confirmed.
    #[oai(validator(max_length = 1024))]
    pub password: String,
    /// What an earlier answer gave as `request`: asks for one more letter of the same request, with
    /// this password in place of the one before.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
}

/// Signing in with a password.
#[derive(Clone, Deserialize, Object)]
pub struct SignInWithPassword {
    /// The address of the account.
    #[oai(validator(max_length = 254))]
    pub email: String,
    /// Its password.
    #[oai(validator(max_length = 1024))]
    pub password: String,
}

/// Asking for one more letter.
#[derive(Clone, Debug, Deserialize, Object)]
pub struct Resend {
    /// What the answer to the first asking gave as `request`.
    pub request: String,
}

/// Asking for a letter about an address: to reset its password, or to change to it.
#[derive(Clone, Debug, Deserialize, Object)]
pub struct RequestLetter {
    /// The address to write to.
    #[oai(validator(max_length = 254))]
    pub email: String,
    /// What an earlier answer gave as `request`: asks for one more letter of the same request.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
}

/// Asking for a letter to oneself.
#[derive(Clone, Debug, Deserialize, Object)]
pub struct RequestReauthentication {
    /// What an earlier answer gave as `request`: asks for one more letter of the same request.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
}

/// Proving once more who is signed in. Not to be printed.
#[derive(Clone, Deserialize, Object)]
pub struct Reauthenticate {
    /// The password of the account.
    #[oai(validator(max_length = 1024))]
    pub password: String,
}

/// Setting a new password. Not to be printed.
#[derive(Clone, Deserialize, Object)]
pub struct ChangePassword {
    /// The new password.
    #[oai(validator(max_length = 1024))]
    pub password: String,
    /// The present one, where there is one.
    #[oai(skip_serializing_if_is_none, validator(max_length = 1024))]
    pub current_password: Option<String>,
}

/// Deleting the account.
#[derive(Clone, Debug, Deserialize, Object)]
pub struct DeleteAccount {
    /// `delete`: nothing else deletes.
    pub confirm: String,
}

impl DeleteAccount {
    /// Whether the word was typed; blanks around it and its case do no harm.
    ///
    /// # Errors
    /// `confirmation_required`, with what to type.
    pub fn expect_confirmed(&self) -> Result<(), Problem> {
        const TYPE_DELETE: &str =
            "Please type the word delete, so that nobody deletes an account by accident.";
        if self.confirm.trim().eq_ignore_ascii_case("delete") {
            return Ok(());
        }
        Err(Problem::of(Code::ConfirmationRequired).field("confirm").detail(TYPE_DELETE))
    }
}

/// Typing the code of a letter. Not to be printed: it may hold a password.
#[derive(Clone, Deserialize, Object)]
pub struct RedeemCode {
    /// What the answer to the asking gave as `request`.
    pub request: String,
    /// The six digits of the letter.
    pub code: String,
    /// With a code to reset the password: the new one.
    #[oai(skip_serializing_if_is_none, validator(max_length = 1024))]
    pub password: Option<String>,
}

/// Asking for one more letter on a page, where `request` is an opaque value the page gave, or left
/// out for the newest request of this browser.
#[derive(Clone, Debug, Deserialize)]
pub struct ResendForm {
    /// Which of this browser's requests.
    pub request: Option<String>,
}

/// Typing the code of a letter on a page. Not to be printed: it may hold a password.
#[derive(Clone, Deserialize)]
pub struct CodeForm {
    /// Which of this browser's requests.
    pub request: Option<String>,
    /// The six digits of the letter.
    pub code: String,
    /// With a code to reset the password: the new one.
    pub password: Option<String>,
}

/// Redeeming a link.
#[derive(Clone, Deserialize, Object)]
pub struct RedeemLink {
    /// What the answer to the asking gave as `request`: proves that it was you who asked.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
    /// `yes`, without `request`: a person said "I asked for this". Where the link undoes a change of
    /// address, with `request` too; where it resets a password or changes an address, never.
    #[oai(skip_serializing_if_is_none)]
    pub confirm: Option<String>,
    /// With `confirm`, where the link confirms a registration: the password to sign in with from now
    /// on. Without it, the account signs in by mail alone. Where the link resets a password: the new one,
    /// which is needed.
    #[oai(skip_serializing_if_is_none, validator(max_length = 1024))]
    pub password: Option<String>,
}

impl RedeemLink {
    /// The password that was chosen, if one was.
    #[must_use]
    pub fn password(&self) -> Option<Password> {
        self.password.clone().map(Password::new)
    }

    /// Whether a person said "I asked for this".
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirm.as_deref() == Some("yes")
    }
}

/// Where a page's `next` leads; nowhere, where it is not a path of ours.
#[must_use]
pub fn next(text: Option<&str>) -> Option<Next> {
    text.and_then(Next::parse)
}

/// The same where it is kept with a request: not a link, whose token must not lie in the store.
#[must_use]
pub fn kept(next: Option<&Next>) -> Option<&Next> {
    next.filter(|next| !next.as_str().starts_with(LINK))
}
