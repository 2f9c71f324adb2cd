//! The objects of the document, and the fields of each.

use maud::{Markup, html};
use serde_json::Value;

use super::text::{code, entries, plain, text};

/// Every object, folded.
pub(super) fn objects(schemas: &Value) -> Markup {
    html! {
        section #objects {
            h2 { "Objects" }
            @for (name, schema) in entries(schemas) {
                details {
                    summary { h3 { (name) } }
                    div.docs-body.docs-columns id=(format!("object-{name}")) {
                        div { p { (text(&schema["description"])) } (fields(schema)) }
                        div { (code(name, &format!("{:#}", schema["example"]))) }
                    }
                }
            }
        }
    }
}

/// The fields of an object, or the objects that it can be.
pub(super) fn fields(schema: &Value) -> Markup {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if let Some(alternatives) = schema["oneOf"].as_array() {
            p {
                "Either "
                @for (index, name) in alternatives.iter().filter_map(referenced).enumerate() {
                    @if index > 0 { " or " }
                    (reference(name))
                }
                "."
            }
        } @else {
            dl {
                @for (name, property) in entries(&schema["properties"]) {
                    @let is_required = required.iter().any(|it| it == name);
                    dt {
                        code { (name) } " " (kind(property))
                        @if !is_required { " (optional)" } @else if property["nullable"] == true { " or null" }
                    }
                    dd { (text(&property["description"])) }
                }
            }
        }
    }
}

/// The type of a field's value.
fn kind(property: &Value) -> Markup {
    let schema = if property["type"] == "array" { &property["items"] } else { property };
    let named = referenced(schema).or_else(|| referenced(&schema["allOf"][0]));
    html! {
        @if property["type"] == "array" { "list of " }
        @if let Some(name) = named { (reference(name)) }
        @else if schema["format"] == "date-time" { "time" }
        @else { (plain(&schema["type"])) }
    }
}

/// The name of the object that a schema refers to.
fn referenced(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// A link to an object.
pub(super) fn reference(name: &str) -> Markup {
    html! { a href=(format!("#object-{name}")) { (name) } }
}
