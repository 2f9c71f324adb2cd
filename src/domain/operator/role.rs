//! The role of an account.

/// The role of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May use its own account.
    Member,
    /// Is also an administrator.
    Admin,
}
