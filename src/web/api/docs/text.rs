//! The texts of the document, and its values.

use maud::{Markup, html};
use serde_json::Value;

/// Code that scrolls, which the keyboard can reach too.
pub(super) fn code(of: &str, text: &str) -> Markup {
    html! {
        section.docs-code tabindex="0" aria-label=(format!("Example: {of}")) { pre { code { (text) } } }
    }
}

pub(super) fn text(value: &Value) -> Markup {
    with_code(plain(value))
}

/// A text of the document, where backticks enclose code.
fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

pub(super) fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
