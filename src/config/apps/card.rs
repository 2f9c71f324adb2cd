//! How an app or a link is shown to people.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::entry::Entry;
use crate::config::value;
use crate::web::apps::{Card, Icon};

/// The longest description.
const MAX_DESCRIPTION_CHARS: usize = 200;

/// Reads name, description, icon and whether it is shown. `default` is the name of one that has none. Icons are files
/// beside the configuration.
pub(super) fn read(entry: &mut Entry, default: &str, start: String, folder: &Path) -> Card {
    Card {
        name: entry.text("name", value::name).unwrap_or_else(|| default.to_owned()),
        description: entry.text("description", description).unwrap_or_default(),
        icon: entry.text("icon", |name| icon(&folder.join(name))),
        start,
        is_listed: entry.switch("listed").unwrap_or(true),
    }
}

fn description(text: &str) -> Result<String, String> {
    if text.chars().count() <= MAX_DESCRIPTION_CHARS && !text.contains(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be one line of at most {MAX_DESCRIPTION_CHARS} characters"))
    }
}

fn icon(path: &Path) -> Result<Icon, String> {
    let shown = path.display();
    let mut bytes = Vec::new();
    // A pipe would wait for someone to write to it.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(format!("{shown}: is not a file"));
    }
    File::open(path)
        .and_then(|file| file.take(Icon::MAX_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("{shown}: {error}"))?;
    if bytes.len() > Icon::MAX_BYTES {
        return Err(format!("{shown}: is larger than 64 KiB"));
    }
    Icon::new(bytes).ok_or_else(|| format!("{shown}: is no PNG, WebP or SVG"))
}
