//! Settings for scenarios that do more than the limits allow.

use gatepost::domain::Settings;
use gatepost::domain::record::limits::Limits;

use super::app::App;
use super::engine::Engine;

/// Nothing is limited.
pub(crate) const NO_LIMITS: Limits = Limits {
    mails_per_address_15m: 0,
    mails_per_address_day: 0,
    mails_per_client_hour: 0,
    mails_per_hour: 0,
    tries_per_client_5m: 0,
    tries_per_address_15m: 0,
    codes_per_address_day: 0,
    changes_per_account_hour: 0,
};

/// The usual settings without limits.
pub(crate) fn unlimited() -> Settings {
    Settings { limits: NO_LIMITS, ..Settings::default() }
}

impl App {
    /// For a scenario that does more than the limits allow, because it is about something else.
    pub(crate) async fn start_unlimited() -> Self {
        Self::start_as(unlimited()).await
    }
}

/// What the server gets for these settings. Where everything is left to chance, whoever does something again
/// because no one knew whether it was done may be counted twice. So the usual limits are higher there; everything
/// is counted all the same.
pub(super) fn with_room(settings: Settings) -> Settings {
    if Engine::named() != Some(Engine::Chaotic) || settings.limits != Limits::default() {
        return settings;
    }
    let limits = Limits {
        mails_per_address_15m: 60,
        mails_per_address_day: 90,
        mails_per_client_hour: 500,
        mails_per_hour: 5_000,
        tries_per_client_5m: 500,
        tries_per_address_15m: 90,
        codes_per_address_day: 90,
        changes_per_account_hour: 600,
    };
    Settings { limits, ..settings }
}
