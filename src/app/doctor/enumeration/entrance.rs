//! Where a stranger can enter an email address, and what is sent there.

use serde_json::json;

use super::people::Kind;
use crate::app::doctor::caller::Ask;
use crate::path::{API, FORGOT_PASSWORD, Origin, REGISTER, SIGN_IN, SIGN_IN_PASSWORD};

/// Long enough for every configuration, and the password of no account.
pub(super) const PASSWORD: &str = "seven quiet otters count amber lanterns beside the old mill pond at dusk";

/// One entrance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entrance {
    /// Its name for people.
    pub(super) name: &'static str,
    /// Who the known addresses belong to.
    pub(super) known: &'static [Kind],
    path: &'static str,
    has_password: bool,
    is_json: bool,
}

/// Everyone an address can belong to in a store without imported passwords.
const ANYONE: &[Kind] = &[Kind::WithPassword, Kind::WithoutPassword, Kind::Disabled, Kind::Unconfirmed];
/// From the first of them on, every password reply of the store takes as long as its most expensive hash. So
/// these come last.
const IMPORTED: &[Kind] = &[Kind::Imported];

/// All of them.
pub(super) const ENTRANCES: [Entrance; 10] = [
    with_password("password sign-in, JSON", SIGN_IN_PASSWORD, true, ANYONE),
    with_password("password sign-in, page", SIGN_IN_PASSWORD, false, ANYONE),
    with_password("registration, JSON", REGISTER, true, ANYONE),
    with_password("registration, page", REGISTER, false, ANYONE),
    without_password("sign-in by email, JSON", SIGN_IN, true),
    without_password("sign-in by email, page", SIGN_IN, false),
    without_password("forgotten password, JSON", FORGOT_PASSWORD, true),
    without_password("forgotten password, page", FORGOT_PASSWORD, false),
    with_password("password sign-in, imported", SIGN_IN_PASSWORD, true, IMPORTED),
    with_password("registration, imported", REGISTER, true, IMPORTED),
];

const fn with_password(
    name: &'static str,
    path: &'static str,
    is_json: bool,
    known: &'static [Kind],
) -> Entrance {
    Entrance { name, known, path, has_password: true, is_json }
}

const fn without_password(name: &'static str, path: &'static str, is_json: bool) -> Entrance {
    Entrance { name, known: ANYONE, path, has_password: false, is_json }
}

impl Entrance {
    /// What a stranger sends there for an address.
    pub(super) fn ask(&self, address: &str, origin: &Origin) -> Ask {
        match (self.is_json, self.has_password) {
            (true, true) => self.program(&json!({ "email": address, "password": PASSWORD })),
            (true, false) => self.program(&json!({ "email": address })),
            (false, true) => Ask::form(self.path, origin, [("email", address), ("password", PASSWORD)]),
            (false, false) => Ask::form(self.path, origin, [("email", address)]),
        }
    }

    fn program(&self, body: &serde_json::Value) -> Ask {
        Ask::json(format!("{API}{}", self.path), body)
    }

    /// Whether this is how the entrance answers a stranger. A server that allows no new accounts refuses them
    /// for every address.
    pub(super) fn expects(&self, status: u16) -> bool {
        match self.path {
            SIGN_IN_PASSWORD => status == 401,
            REGISTER => matches!(status, 202 | 303 | 403),
            _ => matches!(status, 202 | 303),
        }
    }
}
