//! One `[[apps]]` section.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::admission;
use super::card;
use super::entry::Entry;
use crate::config::value;
use crate::domain::record::front::{Groups, PublicPath};
use crate::path::{Origin, Scheme, app_path};
use crate::web::apps::{App, CrossSite, Keys, Mapped, MappedHeaders};

const DAY: Duration = Duration::from_hours(24);

/// Reads one app. Nothing if it has no address.
pub(super) fn read(entry: &mut Entry, groups: &Arc<Groups>, folder: &Path) -> Option<App> {
    if !entry.has("url") {
        entry.wrong("url", "must be the origin of the app, such as https://wiki.example.org");
    }
    let url = entry.text("url", origin);
    let allow = admission::allow(entry, groups).unwrap_or_default();
    let given = admission::given(entry, &allow, groups);
    let max_age = entry.text("max_age", max_age).flatten();
    let keys = entry.text("keys", keys).unwrap_or(Keys::Off);
    if max_age.is_some() && keys != Keys::Off {
        // A key has no sign-in that could be recent.
        entry.wrong("max_age", "can't be combined with keys, since a key is no sign-in");
    }
    let headers = MappedHeaders::new(entry.pairs("headers", Mapped::parse)).unwrap_or_else(|[one, other]| {
        entry.wrong("headers", &format!("{one} and {other} are one name to some programs"));
        MappedHeaders::default()
    });
    let cross_site = entry.list("cross_site", cross_site).unwrap_or_default();
    let is_any = cross_site.iter().any(|it| it == "*");
    let cross_site = if is_any { CrossSite::Any } else { CrossSite::Only(cross_site) };
    let start = entry.text("start", start).unwrap_or_else(|| "/".to_owned());
    let default = url.as_ref().map(|url| url.host().to_owned()).unwrap_or_default();
    let public = entry.list("public", PublicPath::parse).unwrap_or_default();
    let preflight = entry.switch("preflight").unwrap_or(false);
    let keys_forever = entry.switch("keys_forever").unwrap_or(false);
    let card = card::read(entry, &default, start, folder);
    let admission = admission::admission((allow, given), max_age, groups);
    Some(App { url: url?, admission, public, preflight, headers, cross_site, keys, keys_forever, card })
}

fn origin(text: &str) -> Result<Origin, String> {
    let url = Origin::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() == Scheme::Http && !url.is_loopback() {
        return Err("http is allowed only for localhost; use https for anything others can reach".into());
    }
    Ok(url)
}

/// How old a proof may be; "0" is no limit.
fn max_age(text: &str) -> Result<Option<Duration>, String> {
    if text == "0" { Ok(None) } else { value::duration(400 * DAY, "400d")(text).map(Some) }
}

fn keys(text: &str) -> Result<Keys, String> {
    match text {
        "off" => Ok(Keys::Off),
        "header" => Ok(Keys::Header),
        "basic" => Ok(Keys::Basic),
        _ => Err("must be \"off\", \"header\" or \"basic\"".into()),
    }
}

fn cross_site(text: &str) -> Result<String, String> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    // Browsers send an origin in exactly one spelling.
    Origin::parse(text).map(|origin| origin.to_string()).map_err(|_| "is not an origin".into())
}

fn start(text: &str) -> Result<String, String> {
    let path = app_path(text);
    if path == text { Ok(path) } else { Err("must be a path of the app such as /home".into()) }
}
