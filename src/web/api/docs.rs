//! The document as a page to read. Without a script: the readers that come with poem-openapi need
//! inline ones, which our content security policy refuses.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::document::schema_name;
use crate::path::{API, OPENAPI};
use crate::web::house::Site;
use crate::web::pages::layout;
use crate::web::problem::{Code, Problem};

/// The whole page.
pub(super) fn page(site: &Site, document: &str) -> Markup {
    let document: Value = serde_json::from_str(document).expect("the document is JSON");
    let reader = Reader { site, document: &document };
    let content = html! {
        section.card.wide.docs {
            h1 { (site.name) " API" }
            p { (text(&document["info"]["description"])) }
            p { "For programs: " a href=(format!("{API}{OPENAPI}")) { "the OpenAPI document" } "." }
            (reader.contents())
            @for (path, method, operation) in reader.operations() { (reader.operation(path, &method, operation)) }
            (objects(&document["components"]["schemas"]))
            (problems())
        }
    };
    layout::public(site, "API", &content)
}

struct Reader<'a> {
    site: &'a Site,
    document: &'a Value,
}

impl<'a> Reader<'a> {
    fn operations(&self) -> impl Iterator<Item = (&'a str, String, &'a Value)> {
        entries(&self.document["paths"]).flat_map(|(path, methods)| {
            entries(methods).map(move |(method, operation)| (path, method.to_uppercase(), operation))
        })
    }

    fn contents(&self) -> Markup {
        html! {
            nav class="docs-contents" aria-label="Operations" {
                ul {
                    @for (path, method, operation) in self.operations() {
                        li {
                            a href=(format!("#{}", plain(&operation["operationId"]))) {
                                code { (method) " " (path) }
                            }
                            " " (text(&operation["summary"]))
                        }
                    }
                }
            }
        }
    }

    fn operation(&self, path: &str, method: &str, operation: &Value) -> Markup {
        let input = schema_name(&operation["requestBody"]).map(|name| (name, self.schema(name)));
        html! {
            section class="docs-operation" id=(plain(&operation["operationId"])) {
                h2 { (text(&operation["summary"])) }
                p { code { (method) " " (path) } }
                @if !operation["description"].is_null() { p { (text(&operation["description"])) } }
                (session(&operation["security"]))
                (parameters(&operation["parameters"]))
                @if let Some((_, schema)) = input { h3 { "Send" } (fields(schema)) }
                pre { code { (self.curl(path, method, operation, input.map(|(_, schema)| schema))) } }
                h3 { "Answers" }
                dl {
                    @for (status, answer) in entries(&operation["responses"]) {
                        dt { code { (status) } @if let Some(name) = schema_name(answer) { " " (reference(name)) } }
                        dd { @for line in plain(&answer["description"]).split("\n\n") { p { (with_code(line)) } } }
                    }
                }
            }
        }
    }

    fn schema(&self, name: &str) -> &'a Value {
        &self.document["components"]["schemas"][name]
    }

    /// The operation as a command to paste.
    fn curl(&self, path: &str, method: &str, operation: &Value, input: Option<&Value>) -> String {
        let mut parts = vec![format!("curl {}", self.site.public_url.link(path))];
        if method != "GET" {
            parts.push(format!("-X {method}"));
        }
        if needs_session(&operation["security"]) {
            parts.push("-H 'Authorization: Bearer …'".to_owned());
        }
        if let Some(schema) = input {
            parts.push("-H 'Content-Type: application/json'".to_owned());
            parts.push(format!("-d '{}'", schema["example"]));
        }
        parts.join(" \\\n  ")
    }
}

fn session(security: &Value) -> Markup {
    html! {
        @if needs_session(security) { p { "With a session, as " code { "Authorization: Bearer" } "." } }
        @else if !security.is_null() {
            p { "With or without a session, as " code { "Authorization: Bearer" } "." }
        }
    }
}

/// Whether it is done for the signed-in alone: an empty way says that none is needed.
fn needs_session(security: &Value) -> bool {
    security.as_array().is_some_and(|ways| ways.iter().all(|way| way != &Value::Object(Map::new())))
}

fn parameters(parameters: &Value) -> Markup {
    let parameters = parameters.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if !parameters.is_empty() {
            h3 { "In the address" }
            dl {
                @for parameter in parameters {
                    dt { code { (plain(&parameter["name"])) } @if parameter["required"] != true { " (optional)" } }
                    dd { (text(&parameter["description"])) }
                }
            }
        }
    }
}

fn fields(schema: &Value) -> Markup {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        dl {
            @for (name, property) in entries(&schema["properties"]) {
                dt {
                    code { (name) } " " (kind(property))
                    @if !required.iter().any(|it| it == name) { " (optional)" }
                }
                dd { (text(&property["description"])) }
            }
        }
    }
}

fn objects(schemas: &Value) -> Markup {
    html! {
        h2 { "Objects" }
        @for (name, schema) in entries(schemas) {
            section class="docs-object" id=(format!("object-{name}")) {
                h3 { (name) }
                p { (text(&schema["description"])) }
                (fields(schema))
                pre { code { (format!("{:#}", schema["example"])) } }
            }
        }
    }
}

/// Every refusal there is. The `type` of a problem leads here.
fn problems() -> Markup {
    html! {
        h2 { "Refusals" }
        p { "Each is a " (reference("Problem")) ". Expect codes that are not in this list." }
        dl {
            @for code in Code::all() {
                dt id=(code.as_str()) { code { (code.status().as_u16()) " " (code.as_str()) } " " (code.title()) }
                dd { (Problem::of(code).detail) }
            }
        }
    }
}

/// What kind of value a field holds.
fn kind(property: &Value) -> Markup {
    let reference_of =
        |schema: &Value| schema["$ref"].as_str().and_then(|it| it.rsplit('/').next().map(str::to_owned));
    let schema = if property["type"] == "array" { &property["items"] } else { property };
    let named = reference_of(schema).or_else(|| reference_of(&schema["allOf"][0]));
    html! {
        @if property["type"] == "array" { "list of " }
        @if let Some(name) = named { (reference(&name)) }
        @else if let Some(format) = schema["format"].as_str() { (format) }
        @else { (plain(&schema["type"])) }
        @if property["nullable"] == true { " or null" }
    }
}

fn reference(name: &str) -> Markup {
    html! { a href=(format!("#object-{name}")) { (name) } }
}

fn text(value: &Value) -> Markup {
    with_code(plain(value))
}

/// A text of the document: what stands between backticks is code.
fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
