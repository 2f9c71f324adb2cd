//! Whether a value is as the document says.

use gatepost::web::api;
use serde_json::Value;

use crate::harness::http::Reply;

pub(super) fn document() -> Value {
    serde_json::from_str(&api::document()).unwrap()
}

pub(super) fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn schema<'a>(document: &'a Value, of: &'a Value) -> &'a Value {
    let of = of.get("allOf").map_or(of, |parts| &parts[0]);
    match of["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => of,
    }
}

/// Fails unless `value` is exactly as documented: every required field, no unknown one, each of its type.
pub(super) fn assert_conforms(document: &Value, of: &Value, value: &Value) {
    let of = schema(document, of);
    if value.is_null() {
        assert_eq!(of["nullable"], true, "null for {of}");
        return;
    }
    if let Some(alternatives) = of["oneOf"].as_array() {
        // Each alternative has other fields.
        let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
        let fits = |of: &&Value| {
            schema(document, of)["properties"].as_object().unwrap().keys().collect::<Vec<_>>() == fields
        };
        let of = alternatives.iter().find(fits).expect("one of the alternatives");
        return assert_conforms(document, of, value);
    }
    if let Some(constant) = of.get("enum") {
        assert_eq!(constant, &serde_json::json!([value]));
    }
    match of["type"].as_str().unwrap() {
        "object" => {
            let properties = of["properties"].as_object().unwrap();
            for required in of["required"].as_array().into_iter().flatten() {
                assert!(value.get(required.as_str().unwrap()).is_some(), "{required} is not in {value}");
            }
            for (name, value) in value.as_object().unwrap() {
                assert_conforms(document, properties.get(name).expect(name), value);
            }
        }
        "array" => {
            for value in value.as_array().unwrap() {
                assert_conforms(document, &of["items"], value);
            }
        }
        "boolean" => assert!(value.is_boolean(), "{value}"),
        "integer" => assert!(value.is_u64(), "{value}"),
        "string" if of["format"] == "date-time" => {
            let time = value.as_str().unwrap();
            let is_exact = time.len() == of["example"].as_str().unwrap().len() && time.find('.') == Some(19);
            assert!(is_exact && time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        }
        "string" => assert!(value.is_string(), "{value}"),
        kind => panic!("{kind}"),
    }
}

/// Fails unless a response is documented.
pub(super) fn assert_said(document: &Value, path: &str, method: &str, answer: &Reply) {
    let said = &document["paths"][path][method]["responses"][answer.status.as_str()];
    assert!(said.is_object(), "{path} {answer:?}");
    let Some(content) = said["content"].as_object() else {
        return assert_eq!(answer.body, "", "{path}");
    };
    assert_conforms(document, &content.values().next().unwrap()["schema"], &answer.json());
}
