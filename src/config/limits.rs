//! The `[limits]` section: how often things may be done. Each limit has a maximum, because what counts for it is
//! remembered.

use super::source::Sources;
use crate::domain::record::limits::Limits;

/// The most at one address: all of it is in one record.
const MOST_AT_ADDRESS: usize = 100;
/// The most with one account: all of it is in the account's record.
const MOST_OF_ACCOUNT: usize = 1_000;
/// The most of one client, or of the whole server.
const MOST_IN_ALL: usize = 50_000;

pub(super) fn read(sources: &mut Sources) -> Limits {
    let usual = Limits::default();
    let mut number = |key, most, usual| sources.number(key, 0..=most).unwrap_or(usual);
    Limits {
        mails_per_address_15m: number(
            "limits.mails_per_address_15m",
            MOST_AT_ADDRESS,
            usual.mails_per_address_15m,
        ),
        mails_per_address_day: number(
            "limits.mails_per_address_day",
            MOST_AT_ADDRESS,
            usual.mails_per_address_day,
        ),
        mails_per_client_hour: number(
            "limits.mails_per_client_hour",
            MOST_IN_ALL,
            usual.mails_per_client_hour,
        ),
        mails_per_hour: number("limits.mails_per_hour", MOST_IN_ALL, usual.mails_per_hour),
        tries_per_client_5m: number("limits.tries_per_client_5m", MOST_IN_ALL, usual.tries_per_client_5m),
        tries_per_address_15m: number(
            "limits.tries_per_address_15m",
            MOST_AT_ADDRESS,
            usual.tries_per_address_15m,
        ),
        codes_per_address_day: number(
            "limits.codes_per_address_day",
            MOST_AT_ADDRESS,
            usual.codes_per_address_day,
        ),
        changes_per_account_hour: number(
            "limits.changes_per_account_hour",
            MOST_OF_ACCOUNT,
            usual.changes_per_account_hour,
        ),
    }
}
