//! What every operation declares: its group, and the codes it can refuse with.

use poem_openapi::Tags;

use crate::web::problem::Code;

/// The codes of each operation, by its id.
pub(super) type Refusals = &'static [(&'static str, &'static [Code])];

#[derive(Tags)]
pub(super) enum Tag {
    /// Registering, asking for a letter and redeeming its link or code, signing in with a password.
    #[oai(rename = "Sign in")]
    SignIn,
    /// Who is signed in, and signing out.
    Session,
    /// What a person does with their own account.
    Profile,
    /// The letters that would have been sent, for trying things out.
    Mailbox,
}
