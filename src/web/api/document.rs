//! The `OpenAPI` document: what poem-openapi writes, made fit for validators and generators.

use std::collections::BTreeMap;

use poem::http::StatusCode;
use poem_openapi::LicenseObject;
use serde_json::{Map, Value, json};

use super::{
    ask, examples, link, mailbox, problem, profile, reauthentication, recovery, registration, service,
    session, sessions, sign_in,
};
use crate::web::problem::{Code, Problem};

const ABOUT: &str = "Email sign-in. Every act of the pages, with the same rules and the same \
    refusals. Ask for a letter with `POST /api/sign-in` or `POST /api/register`, redeem its code with \
    `POST /api/code`, and send the session's `token` as `Authorization: Bearer` from then on. Times \
    are RFC 3339 in UTC. Lists of values are open: expect new ones.";

/// What any operation may be refused for.
const ANY: [Code; 5] = [Code::Malformed, Code::WrongHost, Code::Internal, Code::Busy, Code::StoreUnavailable];
/// ... and any with a body.
const ANY_WITH_BODY: [Code; 4] =
    [Code::TooLarge, Code::UnsupportedMediaType, Code::MissingField, Code::InvalidField];

/// The document, the same on every server of this version: it names no host.
///
/// # Panics
/// When an operation does not say what it may be refused for; a test opens every operation.
#[must_use]
pub fn document() -> String {
    let written = service().server("/").license(LicenseObject::new("MIT OR Apache-2.0")).description(ABOUT);
    let mut document: Value = serde_json::from_str(&written.spec()).expect("poem-openapi writes JSON");
    tidy(&mut document);
    let mut inputs = Vec::new();
    for operation in operations(&mut document) {
        inputs.extend(input(operation));
        refusals(operation);
    }
    for (name, schema) in components(&mut document) {
        refine(name, schema, inputs.contains(name));
    }
    let schemas = document["components"]["schemas"].clone();
    for operation in operations(&mut document) {
        describe_answers(operation, &schemas);
    }
    let mut text = serde_json::to_string_pretty(&document).expect("a JSON value can be written");
    text.push('\n');
    text
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().expect("a document has paths");
    paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut)
}

fn components(document: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    document["components"]["schemas"].as_object_mut().expect("a document has schemas").iter_mut()
}

/// `application/json; charset=utf-8` would become part of the types that are generated, and the
/// line breaks of our doc comments part of the texts.
fn tidy(value: &mut Value) {
    let Value::Object(fields) = value else {
        value.as_array_mut().into_iter().flatten().for_each(tidy);
        return;
    };
    if let Some(Value::String(description)) = fields.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    if let Some(Value::Object(content)) = fields.get_mut("content") {
        let plain = |(name, media): (String, Value)| {
            (name.split(';').next().map(str::to_owned).unwrap_or_default(), media)
        };
        *content = std::mem::take(content).into_iter().map(plain).collect();
    }
    fields.values_mut().for_each(tidy);
}

/// The name of the schema an operation takes.
fn input(operation: &Value) -> Option<String> {
    schema_name(&operation["requestBody"]).map(str::to_owned)
}

/// The name of the schema that a body or an answer has.
pub(super) fn schema_name(of: &Value) -> Option<&str> {
    let content = of["content"].as_object()?.values().next()?;
    content["schema"]["$ref"].as_str()?.rsplit('/').next()
}

/// Writes down what an operation may be refused for: one answer a status, its codes in words.
fn refusals(operation: &mut Value) {
    let id = operation["operationId"].as_str().expect("every operation has an id");
    let all = [
        registration::REFUSALS,
        sign_in::REFUSALS,
        ask::REFUSALS,
        link::REFUSALS,
        session::REFUSALS,
        recovery::REFUSALS,
        profile::REFUSALS,
        sessions::REFUSALS,
        reauthentication::REFUSALS,
        mailbox::REFUSALS,
    ];
    let its_own = all.into_iter().flatten().find(|(of, _)| *of == id);
    let (_, its_own) = its_own.expect("every operation says what it may be refused for");
    let with_body = if operation["requestBody"].is_null() { &[][..] } else { &ANY_WITH_BODY };
    let mut by_status: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for code in ANY.iter().chain(with_body).chain(*its_own) {
        let codes = by_status.entry(code.status()).or_default();
        if !codes.contains(code) {
            codes.push(*code);
        }
    }
    let answers = operation["responses"].as_object_mut().expect("every operation has answers");
    // Some generators take a default for one more kind of success.
    answers.remove("default");
    for (status, codes) in by_status {
        answers.insert(status.as_str().to_owned(), refusal(status, &codes));
    }
}

fn refusal(status: StatusCode, codes: &[Code]) -> Value {
    let sentence = |code: &Code| format!("`{}`: {}", code.as_str(), Problem::of(*code).detail);
    let description: Vec<String> = codes.iter().map(sentence).collect();
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    let mut refusal = json!({
        "description": description.join("\n\n"),
        "content": { problem::MEDIA_TYPE: { "schema": schema } },
    });
    let header = match status {
        StatusCode::UNAUTHORIZED if codes.contains(&Code::SignInRequired) => {
            ("WWW-Authenticate", "`Bearer`.", "string")
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            ("Retry-After", "Seconds until it is worth trying again.", "integer")
        }
        _ => return refusal,
    };
    let (name, description, kind) = header;
    refusal["headers"] = json!({ name: { "description": description, "schema": { "type": kind } } });
    refusal
}

/// What the derived schemas cannot say: formats of times, what may be null, an example.
fn refine(name: &str, schema: &mut Value, is_input: bool) {
    let mut required = schema["required"].as_array().cloned().unwrap_or_default();
    for (field, property) in schema["properties"].as_object_mut().into_iter().flatten() {
        if field.ends_with("_at") || field.ends_with("_until") {
            property["format"] = json!("date-time");
        }
        if let Some(Value::Array(parts)) = property.get_mut("allOf") {
            // The description stands beside it once more.
            parts.truncate(1);
        }
        let is_required = required.iter().any(|it| it == field);
        if is_input && !is_required {
            // Inputs take null for "not there".
            property["nullable"] = json!(true);
        } else if property["nullable"] == true && !is_required {
            // Answers have the field in any case.
            required.push(json!(field));
        }
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if let Some(example) = examples::of(name) {
        schema["example"] = example;
    }
}

/// An answer without a description gets that of what it holds.
fn describe_answers(operation: &mut Value, schemas: &Value) {
    let answers = operation["responses"].as_object_mut().expect("every operation has answers");
    for answer in answers.values_mut().filter(|answer| answer["description"] == "") {
        let schema = schema_name(answer).and_then(|name| schemas.get(name));
        answer["description"] = schema.map_or(json!("It is done."), |schema| schema["description"].clone());
    }
}
