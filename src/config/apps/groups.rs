//! Named lists of email addresses.

use toml::Value;

use super::entry::MOST;
use crate::config::source::Sources;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::front::Groups;

const GROUPS: &str = "groups";
/// The most addresses in all groups together.
const MOST_ADDRESSES: usize = 10_000;
/// The longest name, which apps get in a header.
const MAX_NAME_BYTES: usize = 64;

/// Reads `[groups]`.
pub(super) fn read(sources: &mut Sources) -> Groups {
    let (mut groups, mut mistakes) = (Groups::default(), Vec::new());
    let Some((place, table)) = sources.section(GROUPS) else { return groups };
    if table.len() > MOST {
        mistakes.push(format!("{place}: there can be at most {MOST} groups"));
    }
    for (name, value) in table {
        let place = format!("{place}.{}", name.escape_debug());
        if let Err(sentence) = check_name(&name) {
            mistakes.push(format!("{place}: {sentence}"));
        }
        groups.add_empty(&name);
        let Value::Array(parts) = value else {
            mistakes.push(format!("{place}: must be a list of email addresses"));
            continue;
        };
        for part in parts {
            match part.as_str().map(|text| (text, EmailAddress::parse(text))) {
                Some((_, Ok(address))) => groups.add(&name, address.canonical()),
                Some((text, Err(_))) => mistakes.push(format!("{place}: {text:?} is not an email address")),
                None => mistakes.push(format!("{place}: must be a list of quoted strings")),
            }
        }
    }
    if groups.addresses() > MOST_ADDRESSES {
        mistakes.push(format!("{place}: all groups together can have at most {MOST_ADDRESSES} addresses"));
    }
    sources.report(GROUPS, mistakes);
    groups
}

/// Apps get names in a header, separated by commas.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.contains(',') {
        return Err("the name of a group can't have a comma");
    }
    let fits = (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && name != "*" {
        Ok(())
    } else {
        Err("the name of a group must be 1 to 64 visible ASCII characters")
    }
}
