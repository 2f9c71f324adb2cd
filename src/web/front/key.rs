//! The key of a person that a program sends: in a header of our own or, where the app says so, as the password of HTTP
//! Basic (RFC 7617).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use poem::http::HeaderMap;
use poem::http::header::{AUTHORIZATION, HeaderValue};
use zeroize::Zeroizing;

use crate::domain::record::app_key::KeyName;
use crate::domain::token::AppKeySecret;
use crate::web::apps::{App, Keys};

/// The header of our own. A page of another site can't send it without asking first (CORS).
const HEADER: &str = "gatepost-key";

/// A key that was sent.
pub(super) struct Sent {
    /// As it was sent; nothing if it was sent twice, or is no text: of two, we could judge the one and an app the other.
    pub(super) secret: Option<Zeroizing<String>>,
    /// Whether a browser sends it on its own, as it does with a password of Basic that it remembers.
    pub(super) is_remembered: bool,
}

/// Finds the key in a request to an app. Nothing if there is none, or if the app takes none.
pub(super) fn sent(app: &App, headers: &HeaderMap) -> Option<Sent> {
    let own: Vec<&HeaderValue> = headers.get_all(HEADER).iter().collect();
    let passwords = match app.keys {
        Keys::Off => return None,
        Keys::Header => Vec::new(),
        Keys::Basic => passwords(headers),
    };
    // Beside a password that is a key, another `Authorization` is a second one, whatever is in it.
    let authorizations = if passwords.is_empty() { 0 } else { headers.get_all(AUTHORIZATION).iter().count() };
    let secret = match (&own[..], passwords.into_iter().next()) {
        ([], None) => return None,
        ([value], None) => value.to_str().ok().map(|text| Zeroizing::new(text.to_owned())),
        ([], password) if authorizations == 1 => password,
        _ => None,
    };
    Some(Sent { secret, is_remembered: own.is_empty() })
}

/// The passwords of Basic that say of themselves that they are keys. Every other one is the app's own.
fn passwords(headers: &HeaderMap) -> Vec<Zeroizing<String>> {
    headers.get_all(AUTHORIZATION).iter().filter_map(password).collect()
}

fn password(value: &HeaderValue) -> Option<Zeroizing<String>> {
    let (scheme, credentials) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(credentials.trim()).ok()?);
    // A user name has no colon; a password may have some.
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let password = std::str::from_utf8(&decoded[colon + 1..]).ok()?;
    AppKeySecret::is_meant(password).then(|| Zeroizing::new(password.to_owned()))
}

/// The name of a key as a header can have it. With `%` encoded as well, so that it can be read back.
pub(super) fn in_header(name: &KeyName) -> HeaderValue {
    const HIDDEN: AsciiSet = CONTROLS.add(b' ').add(b'%');
    HeaderValue::from_str(&utf8_percent_encode(name.as_str(), &HIDDEN).to_string()).expect("visible ASCII")
}
