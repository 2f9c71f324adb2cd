//! What comes in. Each input is defined once, and is read from a form or from JSON by the same rules.

mod emails;
mod fields;
mod form;
mod password;
mod reader;

use poem_openapi::Object;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use self::emails::{ALL, ListEmails};
pub use self::fields::Fields;
use crate::domain::password::Password;
use crate::domain::record::next::Next;
use crate::path::{is_link, takes_only_post};
use crate::web::problem::{Code, Problem};

/// An input. It is read as a whole before anything is looked up, so that a refusal of the input reveals
/// nothing that the server knows.
pub trait Input: DeserializeOwned {
    /// The password to set, if the input carries one. [`Fields::read`] refuses one that can't be a password.
    fn new_password(&self) -> Option<&Password> {
        None
    }
}

/// Requests an email to sign in.
#[derive(Clone, Debug, Deserialize, Object)]
pub struct RequestSignIn {
    /// The email address to send to.
    #[oai(validator(max_length = 254))]
    pub email: String,
    /// The `request` from an earlier response. Sends another email for the same request.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
}

impl Input for RequestSignIn {}

// An input with a password has no `Debug`, so that no log can show it. Only doc comments (three
// slashes) reach the API document.

/// Registers with a password.
#[derive(Clone, Deserialize, Object)]
pub struct Register {
    /// The email address to register.
    #[oai(validator(max_length = 254))]
    pub email: String,
    /// The password for signing in once the email address is confirmed.
    #[oai(validator(max_length = 1024))]
    pub password: Password,
    /// The `request` from an earlier response. Sends another email for the same request, and this
    /// password replaces the earlier one.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
}

impl Input for Register {
    fn new_password(&self) -> Option<&Password> {
        Some(&self.password)
    }
}

/// Signs in with a password.
#[derive(Clone, Deserialize, Object)]
pub struct SignInWithPassword {
    /// The email address of the account.
    #[oai(validator(max_length = 254))]
    pub email: String,
    /// The password of the account.
    pub password: Password,
}

impl Input for SignInWithPassword {}

/// Requests another email.
#[derive(Clone, Debug, Deserialize, Object)]
pub struct Resend {
    /// The `request` from the earlier response.
    pub request: String,
}

impl Input for Resend {}

/// Requests an email to reset the password, or to change the email address.
#[derive(Clone, Debug, Deserialize, Object)]
#[oai(rename = "RequestEmail")]
pub struct RequestLetter {
    /// The email address to send to.
    #[oai(validator(max_length = 254))]
    pub email: String,
    /// The `request` from an earlier response. Sends another email for the same request.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
}

impl Input for RequestLetter {}

/// Requests an email with a code to the address of the account.
#[derive(Clone, Debug, Deserialize, Object)]
pub struct RequestReauthentication {
    /// The `request` from an earlier response. Sends another email for the same request.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
}

impl Input for RequestReauthentication {}

/// Confirms with the password that it's you.
#[derive(Clone, Deserialize, Object)]
pub struct Reauthenticate {
    /// The password of the account.
    pub password: Password,
}

impl Input for Reauthenticate {}

/// Sets a new password.
#[derive(Clone, Deserialize, Object)]
pub struct ChangePassword {
    /// The new password.
    #[oai(validator(max_length = 1024))]
    pub password: Password,
    /// The current password, if one is set.
    #[oai(skip_serializing_if_is_none)]
    pub current_password: Option<Password>,
}

impl Input for ChangePassword {
    fn new_password(&self) -> Option<&Password> {
        Some(&self.password)
    }
}

/// Changes which emails about the account are sent.
#[derive(Clone, Debug, Deserialize, Object)]
pub struct ChangeNotices {
    /// Whether to send an email when someone signs in with the password on a new device: `yes` or `no`.
    pub new_device: String,
}

impl Input for ChangeNotices {}

impl ChangeNotices {
    /// Whether emails about new devices are wanted.
    ///
    /// # Errors
    /// `invalid_field` for anything but `yes` and `no`.
    pub fn new_device(&self) -> Result<bool, Problem> {
        match self.new_device.as_str() {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err(Problem::of(Code::InvalidField).field("new_device")),
        }
    }
}

/// Deletes the account.
#[derive(Clone, Debug, Deserialize, Object)]
pub struct DeleteAccount {
    /// The word `delete`. Anything else is refused.
    pub confirm: String,
}

impl Input for DeleteAccount {}

impl DeleteAccount {
    /// Accepts the word in any case and with spaces around it.
    ///
    /// # Errors
    /// `confirmation_required`, with the word to enter.
    pub fn expect_confirmed(&self) -> Result<(), Problem> {
        if self.confirm.trim().eq_ignore_ascii_case("delete") {
            return Ok(());
        }
        let problem = Problem::of(Code::ConfirmationRequired).field("confirm");
        Err(problem.detail("Enter the word delete to confirm."))
    }
}

/// Redeems the code from an email.
#[derive(Clone, Deserialize, Object)]
pub struct RedeemCode {
    /// The `request` from the earlier response.
    pub request: String,
    /// The six digits from the email.
    pub code: String,
    /// The new password. Required with a code to reset the password.
    #[oai(skip_serializing_if_is_none, validator(max_length = 1024))]
    pub password: Option<Password>,
}

impl Input for RedeemCode {
    fn new_password(&self) -> Option<&Password> {
        self.password.as_ref()
    }
}

/// Requests another email on a page. There, `request` is an opaque value from the page, and without it
/// the newest request of this browser is meant.
#[derive(Clone, Debug, Deserialize)]
pub struct ResendForm {
    /// Which of this browser's requests.
    pub request: Option<String>,
}

impl Input for ResendForm {}

/// Redeems the code from an email on a page.
#[derive(Clone, Deserialize)]
pub struct CodeForm {
    /// Which of this browser's requests.
    pub request: Option<String>,
    /// The six digits from the email.
    pub code: String,
    /// The new password, with a code to reset it.
    pub password: Option<Password>,
}

impl Input for CodeForm {
    fn new_password(&self) -> Option<&Password> {
        self.password.as_ref()
    }
}

/// Redeems a link.
#[derive(Clone, Deserialize, Object)]
pub struct RedeemLink {
    /// The `request` from the earlier response. It proves that you requested the email.
    #[oai(skip_serializing_if_is_none)]
    pub request: Option<String>,
    /// `yes` if you have no `request` but a person confirmed that they requested the email. Always
    /// required to undo a change of email address or to secure an account. Not used to reset a password or to
    /// change an email address.
    #[oai(skip_serializing_if_is_none)]
    pub confirm: Option<String>,
    /// The new password. Required to reset a password. Optional with `confirm` for a registration: without
    /// it, the account has no password and you sign in by email.
    #[oai(skip_serializing_if_is_none, validator(max_length = 1024))]
    pub password: Option<Password>,
}

impl Input for RedeemLink {
    fn new_password(&self) -> Option<&Password> {
        self.password.as_ref()
    }
}

impl RedeemLink {
    /// Whether a person confirmed that they requested the email.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirm.as_deref() == Some("yes")
    }
}

/// The `next` of a page. Nothing if it is empty.
#[must_use]
pub fn next(text: &str) -> Option<Next> {
    match Next::read(text)? {
        Next::To(place) if takes_only_post(place.as_str()) => Some(Next::Elsewhere),
        next => Some(next),
    }
}

/// The `next` to keep with a request. A link is not kept, because its token must not get into the
/// database.
#[must_use]
pub fn kept(next: Option<&Next>) -> Option<&Next> {
    next.filter(|next| !is_link(next.text()))
}
