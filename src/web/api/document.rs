//! The `OpenAPI` document: the one that poem-openapi writes, corrected for validators and generators.

use std::collections::BTreeMap;

use poem::http::StatusCode;
use poem_openapi::{LicenseObject, OpenApi};
use serde_json::{Map, Value, json};

use super::operations::{Operations, service};
use super::outcome::SIGNS_IN;
use super::refusals::{ANY, ANY_WITH_BODY};
use super::{
    emails, examples, link, mailbox, overview, problem, profile, reauthentication, recovery, registration,
    resend, session, sessions, settings, sign_in,
};
use crate::domain::mailed::Need;
use crate::domain::record::ended::EmailState;
use crate::domain::record::event::Means;
use crate::domain::record::letter::LetterKind;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::Outcome;
use crate::web::problem::{Code, Problem};
use crate::web::settings::Source;

const ABOUT: &str = "Email sign-in. Every action on the pages is here too, with the same rules and the same \
    errors. Request an email with `POST /api/sign-in` or `POST /api/register`, redeem its code with \
    `POST /api/code`, and send the session's `token` as `Authorization: Bearer` from then on. Times \
    are RFC 3339 in UTC, always with three decimal places in the seconds. New fields may be added to any \
    object, and new values to any list of values: ignore any you don't recognise.";

/// The document. It names no host, so it is the same on every server of this version.
///
/// # Panics
/// If an operation does not declare its refusals. A test opens every operation.
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
    document["tags"] = groups(&document["tags"]);
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

/// Generated types would contain `application/json; charset=utf-8`, and the descriptions the line breaks of
/// our doc comments.
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

/// The name of the schema of an operation's input.
fn input(operation: &Value) -> Option<String> {
    schema_name(&operation["requestBody"]).map(str::to_owned)
}

/// The name of the schema of a body or a response.
pub(super) fn schema_name(of: &Value) -> Option<&str> {
    let content = of["content"].as_object()?.values().next()?;
    content["schema"]["$ref"].as_str()?.rsplit('/').next()
}

/// The codes of this operation, besides those of any operation.
pub(super) fn own_refusals(operation: &Value) -> &'static [Code] {
    let id = operation["operationId"].as_str().expect("every operation has an id");
    let all = [
        registration::REFUSALS,
        sign_in::REFUSALS,
        resend::REFUSALS,
        link::REFUSALS,
        session::REFUSALS,
        recovery::REFUSALS,
        profile::REFUSALS,
        sessions::REFUSALS,
        reauthentication::REFUSALS,
        mailbox::REFUSALS,
        overview::REFUSALS,
        emails::REFUSALS,
        settings::REFUSALS,
    ];
    let own = all.into_iter().flatten().find(|(of, _)| *of == id);
    own.expect("every operation declares its refusals").1
}

/// Adds the refusals of an operation: one response per status, with all codes of that status.
fn refusals(operation: &mut Value) {
    let own = own_refusals(operation);
    let with_body = if operation["requestBody"].is_null() { &[][..] } else { &ANY_WITH_BODY };
    let mut by_status: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
    for code in ANY.iter().chain(with_body).chain(own) {
        let codes = by_status.entry(code.status()).or_default();
        if !codes.contains(code) {
            codes.push(*code);
        }
    }
    let answers = operation["responses"].as_object_mut().expect("every operation has responses");
    // Some generators treat a default response as another kind of success.
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
            ("Retry-After", "Seconds to wait before trying again.", "integer")
        }
        _ => return refusal,
    };
    let (name, description, kind) = header;
    refusal["headers"] = json!({ name: { "description": description, "schema": { "type": kind } } });
    refusal
}

/// The groups, in the order of the operations. poem-openapi sorts them by name.
fn groups(written: &Value) -> Value {
    let operations =
        Operations::meta().into_iter().flat_map(|api| api.paths).flat_map(|path| path.operations);
    let mut groups: Vec<&Value> = Vec::new();
    for tag in operations.flat_map(|operation| operation.tags) {
        let group = written.as_array().into_iter().flatten().find(|group| group["name"] == tag);
        let group = group.expect("every group is in the document");
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    json!(groups)
}

/// The known values of a field. They are not an `enum`, since a strict client would refuse a value that a
/// later version adds.
fn known_values(schema: &str, field: &str) -> Option<Vec<&'static str>> {
    Some(match (schema, field) {
        ("Outcome", "outcome") => SIGNS_IN.map(Outcome::as_str).to_vec(),
        ("Link", "purpose") => {
            let with_a_link = [
                Purpose::SignIn,
                Purpose::Register,
                Purpose::ResetPassword,
                Purpose::ChangeEmail,
                Purpose::UndoEmail,
                Purpose::SecureAccount,
            ];
            with_a_link.map(Purpose::as_str).to_vec()
        }
        ("Link", "needs") => [Need::Confirm, Need::Password, Need::Session].map(Need::as_str).to_vec(),
        ("Problem", "code") => Code::all().map(Code::as_str).collect(),
        ("MailQueued", "code") => vec!["mail_queued"],
        ("Event", "outcome") => vec!["success", "failure"],
        ("Event", "by") => vec!["person", "operator", "admin"],
        ("Event", "means") => {
            let all = [Means::Link, Means::Code, Means::Password, Means::Session, Means::Command];
            all.map(Means::as_str).to_vec()
        }
        ("Setting", "source") => Source::ALL.map(Source::as_str).to_vec(),
        ("AdminEmail", "state") => EmailState::ALL.map(EmailState::as_str).to_vec(),
        ("AdminEmail", "purpose") => LetterKind::ALL.map(LetterKind::as_str).to_vec(),
        _ => return None,
    })
}

/// Adds the known values to a field, for programs and for readers.
fn add_known_values(property: &mut Value, values: &[&str]) {
    let description = property["description"].as_str().unwrap_or_default();
    let list: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    let description = format!("{description} Known values: {}. New values may be added.", list.join(", "));
    property["description"] = json!(description);
    let texts = if property["type"] == "array" { &mut property["items"] } else { property };
    texts["x-extensible-enum"] = json!(values);
}

/// Adds what the derived schemas lack: formats of times, known values, what may be null, an example.
fn refine(name: &str, schema: &mut Value, is_input: bool) {
    let mut required = schema["required"].as_array().cloned().unwrap_or_default();
    for (field, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
    {
        if field == "at" || field.ends_with("_at") || field.ends_with("_until") {
            property["format"] = json!("date-time");
            property["example"] = json!("2026-11-02T09:01:12.500Z");
        }
        if let Some(values) = known_values(name, field) {
            add_known_values(property, &values);
        }
        // The one value that distinguishes such an object from an `Outcome`.
        let only = match (name, field.as_str()) {
            ("EmailRestored", "outcome") => Some(Outcome::EmailRestored),
            ("AccountSecured", "outcome") => Some(Outcome::AccountSecured),
            _ => None,
        };
        if let Some(only) = only {
            property["enum"] = json!([only.as_str()]);
        }
        if let Some(Value::Array(parts)) = property.get_mut("allOf") {
            // The second part only repeats the description beside it.
            parts.truncate(1);
        }
        let is_required = required.iter().any(|it| it == field);
        if is_input && !is_required {
            // An input may have null for a missing field.
            property["nullable"] = json!(true);
        } else if property["nullable"] == true && !is_required {
            // A response always has the field.
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

/// A response without a description gets that of its object.
fn describe_answers(operation: &mut Value, schemas: &Value) {
    let answers = operation["responses"].as_object_mut().expect("every operation has responses");
    for answer in answers.values_mut().filter(|answer| answer["description"] == "") {
        let schema = schema_name(answer).and_then(|name| schemas.get(name));
        answer["description"] = schema.map_or(json!("Done."), |schema| schema["description"].clone());
    }
}
