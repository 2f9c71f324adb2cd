//! The document as a page for people. It needs no script: the readers that come with poem-openapi need
//! inline scripts, which our content security policy forbids.
//!
//! Operations and objects are folded, so that the page stays short and an open one fits on a screen. A link
//! to something inside a folded part opens it.
//!
//! - `objects`: the objects of the document and their fields
//! - `text`: texts and code

mod objects;
mod text;

use maud::{Markup, html};
use poem_openapi::OpenApi;
use serde_json::{Map, Value};

use self::objects::{fields, objects, reference};
use self::text::{code, entries, plain, text};
use super::document::{own_refusals, schema_name};
use super::operations::Operations;
use super::refusals::{ANY, ANY_WITH_BODY};
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
            (common_errors())
            @for group in reader.groups() { (reader.group(group)) }
            (other_errors())
            (objects(&document["components"]["schemas"]))
        }
    };
    layout::public(site, "API", &content)
}

struct Reader<'a> {
    site: &'a Site,
    document: &'a Value,
}

impl<'a> Reader<'a> {
    fn groups(&self) -> impl Iterator<Item = &'a Value> {
        self.document["tags"].as_array().into_iter().flatten()
    }

    fn contents(&self) -> Markup {
        html! {
            nav.docs-contents aria-label="Contents" {
                ul {
                    li { a href="#errors" { "Errors any request can return" } }
                    @for group in self.groups() {
                        li { a href=(format!("#{}", anchor(group))) { (plain(&group["name"])) } }
                    }
                    li { a href="#other-errors" { "Other errors" } }
                    li { a href="#objects" { "Objects" } }
                }
            }
        }
    }

    fn group(&self, group: &Value) -> Markup {
        html! {
            section id=(anchor(group)) {
                h2 { (plain(&group["name"])) }
                p { (text(&group["description"])) }
                @for (path, method) in operations_of(plain(&group["name"])) {
                    (self.operation(&path, &method, &self.document["paths"][&path][method.to_lowercase()]))
                }
            }
        }
    }

    fn operation(&self, path: &str, method: &str, operation: &Value) -> Markup {
        let title = plain(&operation["summary"]);
        let schema = schema_name(&operation["requestBody"]).map(|name| self.schema(name));
        html! {
            details.docs-operation {
                summary { h3 { code { (method) " " (path) } " " (title) } }
                div.docs-body id=(plain(&operation["operationId"])) {
                    @if !operation["description"].is_null() { p { (text(&operation["description"])) } }
                    (session(&operation["security"]))
                    div.docs-columns {
                        div {
                            (parameters(&operation["parameters"]))
                            @if let Some(schema) = schema { h4 { "Request body" } (fields(schema)) }
                        }
                        div {
                            h4 { "Example" }
                            (code(title, &self.curl(path, method, operation, schema)))
                            h4 { "Responses" }
                            (responses(operation))
                        }
                    }
                }
            }
        }
    }

    fn schema(&self, name: &str) -> &'a Value {
        &self.document["components"]["schemas"][name]
    }

    /// A command to paste into a shell.
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

/// Path and method of each operation in a group, in the order of their definition.
fn operations_of(group: &str) -> impl Iterator<Item = (String, String)> {
    let paths = Operations::meta().into_iter().flat_map(|api| api.paths);
    let operations = paths.flat_map(|path| {
        path.operations.into_iter().map(move |operation| (in_document(&path.path), operation))
    });
    operations
        .filter(move |(_, operation)| operation.tags.contains(&group))
        .map(|(path, operation)| (path, operation.method.to_string()))
}

/// A path as the document writes it: `:token` is `{token}` there.
fn in_document(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    });
    format!("{API}{}", parts.collect::<Vec<_>>().join("/"))
}

fn session(security: &Value) -> Markup {
    html! {
        @if needs_session(security) { p { "Requires a session: " code { "Authorization: Bearer" } "." } }
        @else if !security.is_null() {
            p { "A session is optional: " code { "Authorization: Bearer" } "." }
        }
    }
}

/// An empty alternative means that no session is needed.
fn needs_session(security: &Value) -> bool {
    security.as_array().is_some_and(|ways| ways.iter().all(|way| way != &Value::Object(Map::new())))
}

fn parameters(parameters: &Value) -> Markup {
    let parameters = parameters.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if !parameters.is_empty() {
            h4 { "Parameters" }
            dl {
                @for parameter in parameters {
                    dt { code { (plain(&parameter["name"])) } @if parameter["required"] != true { " (optional)" } }
                    dd { (text(&parameter["description"])) }
                }
            }
        }
    }
}

/// The errors that every operation has are listed once, at the top of the page.
fn responses(operation: &Value) -> Markup {
    let successes = entries(&operation["responses"]).filter(|(status, _)| status.starts_with('2'));
    let own = own_refusals(operation);
    html! {
        dl {
            @for (status, response) in successes {
                dt { code { (status) } @if let Some(name) = schema_name(response) { " " (reference(name)) } }
                dd { (text(&response["description"])) }
            }
        }
        @if !own.is_empty() {
            p {
                "Errors: "
                @for (index, code) in own.iter().enumerate() {
                    @if index > 0 { ", " }
                    code { (code.status().as_u16()) } " "
                    a href=(format!("#{}", code.as_str())) { (code.as_str()) }
                }
                "."
            }
        }
    }
}

fn common_errors() -> Markup {
    html! {
        h2 #errors { "Errors any request can return" }
        p { "Each error is a " (reference("Problem")) ". New codes may be added." }
        dl { @for code in ANY { (error(code)) } }
        p { "A request with a body can also return these:" }
        dl { @for code in ANY_WITH_BODY { (error(code)) } }
    }
}

fn other_errors() -> Markup {
    let is_common = |code: &Code| ANY.contains(code) || ANY_WITH_BODY.contains(code);
    html! {
        h2 #other-errors { "Other errors" }
        dl { @for code in Code::all().filter(|code| !is_common(code)) { (error(code)) } }
    }
}

/// The `type` of a problem leads here.
fn error(code: Code) -> Markup {
    let title = code.title();
    html! {
        dt id=(code.as_str()) { code { (code.status().as_u16()) " " (code.as_str()) } }
        dd { (title) @if !title.ends_with('?') { "." } " " (Problem::of(code).detail) }
    }
}

/// The name of a group as a fragment of this page.
fn anchor(group: &Value) -> String {
    let name = plain(&group["name"]).to_lowercase().replace(' ', "-");
    format!("group-{}", name.replace('\'', ""))
}
