//! Only requests meant for this server are answered.

use poem::Request;
use poem::http::header::HOST;

use super::EdgeSettings;
use crate::path::{FORWARD_AUTH, HEALTHZ, READYZ};
use crate::web::house::Door;
use crate::web::problem::{Code, Problem};

/// Refuses a request whose Host is not ours.
///
/// If an attacker points their name at our address (DNS rebinding), the browser sends that name as Host.
/// Two Host headers are refused, because a proxy might use one of them and we the other.
pub(super) fn check(request: &Request, settings: &EdgeSettings) -> Result<(), Problem> {
    let path = request.uri().path();
    // Monitoring often connects by IP address.
    if [HEALTHZ, READYZ].contains(&path) {
        return Ok(());
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Problem::of(Code::Malformed));
    };
    let is_ours = |name: &[u8]| {
        let is_named = |ours: &str| name.eq_ignore_ascii_case(ours.as_bytes());
        let has_more_names = Door::of(path) == Door::Json || path == FORWARD_AUTH;
        is_named(settings.public_url.authority())
            || (has_more_names && settings.hosts.iter().any(|ours| is_named(ours)))
    };
    // `GET http://name/ HTTP/1.1` contains a second host name, which must also be ours.
    let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    if is_ours(host.as_bytes()) && target.is_none_or(is_ours) {
        Ok(())
    } else {
        let ours = settings.public_url.authority();
        Err(Problem::of(Code::WrongHost).detail(format!("This site lives at {ours}.")))
    }
}
