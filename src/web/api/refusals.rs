//! What every operation declares: its group, and the codes it can be refused with.

use poem_openapi::Tags;

use crate::web::problem::Code;

/// The codes of each operation, by its id.
pub(super) type Refusals = &'static [(&'static str, &'static [Code])];

/// Any operation can be refused with these.
pub(super) const ANY: [Code; 5] =
    [Code::Malformed, Code::WrongHost, Code::Internal, Code::Busy, Code::StoreUnavailable];
/// Any operation with a body can be refused with these too.
pub(super) const ANY_WITH_BODY: [Code; 4] =
    [Code::TooLarge, Code::UnsupportedMediaType, Code::MissingField, Code::InvalidField];

/// One group per file of operations, in the order in which a first sign-in meets them.
#[derive(Tags)]
pub(super) enum Tag {
    /// Request an email with a link and a code, or sign in with a password.
    #[oai(rename = "Sign in")]
    SignIn,
    /// Create an account with an email address and a password.
    Register,
    /// Send another email for the same request.
    Resend,
    /// Read the emails that a test server would have sent.
    Mailbox,
    /// Redeem the code or the link from an email.
    #[oai(rename = "Code and link")]
    CodeAndLink,
    /// Look up the current session, and sign out.
    Session,
    /// Choose a new password with an email.
    #[oai(rename = "Forgotten password")]
    ForgottenPassword,
    /// Confirm it's you. Changes to the account require a sign-in within the last ten minutes.
    #[oai(rename = "Confirm it's you")]
    Reauthentication,
    /// Show, change, export and delete your account.
    Account,
    /// List the devices that are signed in, and sign them out.
    Devices,
    /// For administrators: how email and the server are doing.
    Overview,
    /// For administrators: see what became of each email, have one tried again, and not sent.
    Emails,
    /// For administrators: the settings of the server.
    Settings,
}
