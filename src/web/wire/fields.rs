//! The fields of a form or of JSON, one by one: doubled, missing and wrong ones are told by name.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::{Map, Value};

use crate::web::problem::{Code, Problem};

/// The fields of a form or of a JSON object. Prints their names alone: passwords are among them.
#[derive(Default)]
pub struct Fields(Map<String, Value>);

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Fields {
    /// What was typed into a field, whether the rest can be read or not; nothing without it.
    #[must_use]
    pub fn typed(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Takes a form apart.
    ///
    /// # Errors
    /// `malformed` when it is not UTF-8; `invalid_field` when a field stands there twice, since two
    /// readers could take two values (CVE-2023-7028).
    pub fn from_form(body: &[u8]) -> Result<Self, Problem> {
        let mut fields = Map::new();
        for (name, value) in form_urlencoded::parse(body) {
            // The decoder puts this sign where bytes are no UTF-8.
            if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
                return Err(Problem::of(Code::Malformed));
            }
            if fields.contains_key(&*name) {
                return Err(twice(&name));
            }
            fields.insert(name.into_owned(), Value::String(value.into_owned()));
        }
        Ok(Self(fields))
    }

    /// Takes a JSON object apart.
    ///
    /// # Errors
    /// `malformed` when it is no JSON, or no object; `invalid_field` when a field stands there
    /// twice, as in a form.
    pub fn from_json(body: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(body) {
            Ok(Single { repeated: Some(name), .. }) => Err(twice(&name)),
            Ok(Single { fields, .. }) => Ok(Self(fields)),
            Err(_) => {
                Err(Problem::of(Code::Malformed).detail("We could not read this: send one JSON object."))
            }
        }
    }

    /// Reads an input. Unknown fields are passed over.
    ///
    /// # Errors
    /// `missing_field` and `invalid_field`, with the field.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let input = Input { fields: self.0.into_iter(), known: &[], field: None, value: Value::Null };
        T::deserialize(input).map_err(|wrong| match wrong {
            Wrong::Missing(field) => Problem::of(Code::MissingField).field(field),
            Wrong::Invalid(Some(field)) => Problem::of(Code::InvalidField).field(field),
            Wrong::Invalid(None) => Problem::of(Code::InvalidField),
        })
    }
}

/// Two readers could take two values. Only names of ours are repeated to the sender.
fn twice(name: &str) -> Problem {
    let known = ["email", "password", "current_password", "next", "request", "code", "confirm"]
        .into_iter()
        .find(|known| *known == name);
    let problem = Problem::of(Code::InvalidField).detail("This was sent twice.");
    match known {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// A JSON object, and the name of a field that stands in it twice: `serde_json` would keep the last.
struct Single {
    fields: Map<String, Value>,
    repeated: Option<String>,
}

impl<'de> Deserialize<'de> for Single {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SingleVisitor)
    }
}

struct SingleVisitor;

impl<'de> Visitor<'de> for SingleVisitor {
    type Value = Single;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Single, A::Error> {
        let (mut fields, mut repeated) = (Map::new(), None);
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if fields.insert(name.clone(), value).is_some() {
                repeated = Some(name);
            }
        }
        Ok(Single { fields, repeated })
    }
}

/// Reads a struct out of the fields and remembers at which field it is, since serde's errors do not
/// name the field that has the wrong type.
struct Input {
    fields: serde_json::map::IntoIter,
    known: &'static [&'static str],
    field: Option<&'static str>,
    value: Value,
}

#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error("a field is missing")]
    Missing(&'static str),
    #[error("a field is wrong")]
    Invalid(Option<&'static str>),
}

impl serde::de::Error for Wrong {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self::Invalid(None)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

impl<'de> Deserializer<'de> for Input {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.known = known;
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Input {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some((name, value)) = self.fields.next() else { return Ok(None) };
        self.field = self.known.iter().copied().find(|known| *known == name);
        self.value = value;
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(std::mem::take(&mut self.value)).map_err(|_| Wrong::Invalid(self.field))
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;
    use crate::web::problem::{Code, Problem};
    use crate::web::wire::RequestSignIn;

    fn code(read: Result<RequestSignIn, Problem>) -> Option<Code> {
        read.err().map(|problem| problem.code)
    }

    fn from_json(body: &str) -> Result<RequestSignIn, Problem> {
        Fields::from_json(body.as_bytes())?.read()
    }

    fn from_form(body: &[u8]) -> Result<RequestSignIn, Problem> {
        Fields::from_form(body)?.read()
    }

    #[test]
    fn form_and_json_read_alike() {
        let json = from_json(r#"{"email":"ann@example.org","request":null,"colour":"red"}"#);
        assert_eq!(json.map(|input| (input.email, input.request)), Ok(("ann@example.org".into(), None)));
        let form = from_form(b"colour=red&email=ann%40example.org&request=r");
        let form = form.map(|input| (input.email, input.request));
        assert_eq!(form, Ok(("ann@example.org".into(), Some("r".into()))));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_field() {
        let missing = Err(Problem::of(Code::MissingField).field("email"));
        let invalid = |field| Err(Problem::of(Code::InvalidField).field(field));
        for (body, wrong) in [
            ("{}", missing.clone()),
            (r#"{"email":5}"#, invalid("email")),
            (r#"{"email":["a@example.org","b@example.org"]}"#, invalid("email")),
            (r#"{"email":null}"#, invalid("email")),
            (r#"{"email":"ann@example.org","request":{}}"#, invalid("request")),
            (
                r#"{"email":"a@example.org","email":"b@example.org"}"#,
                Err(Problem::of(Code::InvalidField).field("email").detail("This was sent twice.")),
            ),
        ] {
            assert_eq!(from_json(body).map(|input| input.email), wrong, "{body}");
        }
        assert_eq!(from_form(b"").map(|input| input.email), missing);
    }

    #[test]
    fn what_cannot_be_read_is_malformed() {
        for body in ["", "[]", "null", "\"text\"", "{", "{\"email\":\"a\"} more", "\u{feff}{}"] {
            assert_eq!(code(from_json(body)), Some(Code::Malformed), "{body}");
        }
        for body in [&b"email=%ff"[..], b"email=\xff\xfe", b"%ff=a"] {
            assert_eq!(code(from_form(body)), Some(Code::Malformed));
        }
        assert_eq!(code(from_form(b"email=a&email=b")), Some(Code::InvalidField));
    }
}
