//! One `[[links]]` section: a bookmark, which we do not guard.

use std::path::Path;
use std::sync::Arc;

use url::Url;

use super::admission;
use super::card;
use super::entry::Entry;
use crate::domain::record::front::{Given, Groups};
use crate::web::apps::Link;

/// Reads one link. Nothing if it has no address.
pub(super) fn read(entry: &mut Entry, groups: &Arc<Groups>, folder: &Path) -> Option<Link> {
    for key in ["name", "url"] {
        if !entry.has(key) {
            entry.wrong(key, "is missing");
        }
    }
    let url = entry.text("url", url);
    let allow = admission::allow(entry, groups).unwrap_or_default();
    let card = card::read(entry, "", String::new(), folder);
    let admission = admission::admission((allow, Given::Named(Vec::new())), None, groups);
    Some(Link { url: url?, admission, card })
}

/// Anything else than a web address could run a script on our page.
fn url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    url.map(String::from).ok_or_else(|| "must be a web address such as https://example.org/calendar".into())
}
