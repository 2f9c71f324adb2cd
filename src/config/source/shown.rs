//! The values as administrators see them: of every setting its value and where that comes from, and of a secret only
//! whether it is set.

use toml::{Table, Value};

use super::keys::{FORMS, KEYS, Shows};
use super::{Given, Typed, Values};
use crate::web::{Setting, Source};

/// All settings with their defaults, as comments.
const EXAMPLE: &str = include_str!("../../../config.toml");

/// Every setting, in the order of the file with all of them.
pub(in crate::config) fn shown(given: &Values) -> Vec<Setting> {
    let defaults = defaults();
    let setting = |(key, shows): (&'static str, Shows)| {
        let given = given.get(key);
        let text = given.map(|given| in_one_line(&given.value)).or_else(|| default_of(&defaults, key));
        Setting {
            key,
            value: match shows {
                Shows::Value => text,
                Shows::Url => text.map(|text| without_login(&text)),
                Shows::Secret => None,
            },
            source: given.map_or(Source::Default, |Given { source, .. }| *source),
            is_secret: shows == Shows::Secret,
        }
    };
    let is_short = given.contains_key(FORMS[0]);
    // Of a setting with two forms, only the one that counts.
    let counts = |key: &str| !FORMS.contains(&key) || is_short == (key == FORMS[0]);
    KEYS.into_iter().filter(|(key, _)| counts(key)).map(setting).collect()
}

/// The file with all settings, with nothing commented out but sentences.
fn defaults() -> Table {
    let is_setting = |line: &str| line.starts_with('#') && !line.starts_with("# ") && line.contains(" = ");
    let lines = EXAMPLE.lines().map(|line| if is_setting(line) { &line[1..] } else { line });
    lines.collect::<Vec<_>>().join("\n").parse().expect("the example is a configuration")
}

fn default_of(defaults: &Table, key: &str) -> Option<String> {
    let (section, name) = key.split_once('.').map_or((None, key), |(section, name)| (Some(section), name));
    let table = match section {
        Some(section) => defaults.get(section)?.as_table()?,
        None => defaults,
    };
    table.get(name).map(of_toml)
}

fn in_one_line(value: &Typed) -> String {
    match value {
        Typed::Text(text) => text.clone(),
        Typed::Toml(value) => of_toml(value),
    }
}

fn of_toml(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(of_toml).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A URL without user and password. Of its parameters, only those stay that are known to be harmless.
fn without_login(url: &str) -> String {
    const HARMLESS: [&str; 5] = ["tls", "host", "port", "sslmode", "target_session_attrs"];
    let (rest, query) = url.split_once('?').map_or((url, None), |(rest, query)| (rest, Some(query)));
    let bare = match rest.split_once("://") {
        // A password may contain anything, even a slash, so all before the last sign goes.
        Some((scheme, rest)) => {
            format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
        }
        None if rest.contains('@') => "…".to_owned(),
        None => rest.to_owned(),
    };
    let is_harmless = |pair: &&str| HARMLESS.contains(&pair.split('=').next().unwrap_or_default());
    let kept: Vec<&str> = query.into_iter().flat_map(|query| query.split('&')).filter(is_harmless).collect();
    if kept.is_empty() { bare } else { format!("{bare}?{}", kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::without_login;

    #[test]
    fn a_url_is_shown_without_its_login() {
        for (url, shown) in [
            ("sled", "sled"),
            ("smtps://mail.example.org:465", "smtps://mail.example.org:465"),
            ("smtp://ann:hunter2@mail.example.org:25?tls=none", "smtp://mail.example.org:25?tls=none"),
            ("smtps://ann%40example.org:hunt@er/2@mail.example.org", "smtps://mail.example.org"),
            ("postgres://g:hunter2@db1,db2/g?host=/run&password=hunter2", "postgres://db1,db2/g?host=/run"),
            ("ann:hunter2@mail.example.org", "…"),
        ] {
            assert_eq!(without_login(url), shown);
        }
    }
}
