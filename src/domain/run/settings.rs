//! What the operator configures about one run.

use std::time::Duration;

use crate::domain::password::PasswordPolicy;
use crate::domain::record::limits::Limits;
use crate::domain::record::password::Cost;
use crate::domain::record::registration::RegistrationMode;

/// The part of the configuration that the domain needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a link and its code are valid after the mail server accepted the email.
    pub link_lifetime: Duration,
    /// Who can get an account without the operator.
    pub registration: RegistrationMode,
    /// Which new passwords are accepted.
    pub passwords: PasswordPolicy,
    /// The cost of hashing a password.
    pub password_cost: Cost,
    /// How many passwords are hashed at the same time.
    pub password_slots: usize,
    /// How long a session may be idle.
    pub session_idle: Duration,
    /// The maximum lifetime of a session.
    pub session_absolute: Duration,
    /// How often things may be done.
    pub limits: Limits,
    /// How long events, and counts of refusals, are kept.
    pub events_kept: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            link_lifetime: Duration::from_mins(10),
            registration: RegistrationMode::default(),
            passwords: PasswordPolicy { min_bytes: 12, product: "Gatepost".into() },
            password_cost: Cost::default(),
            password_slots: 2,
            session_idle: Duration::from_hours(7 * 24),
            session_absolute: Duration::from_hours(30 * 24),
            limits: Limits::default(),
            events_kept: Duration::from_hours(90 * 24),
        }
    }
}
