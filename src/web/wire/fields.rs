//! The fields of a form or of a JSON object. A missing, wrong or repeated one is refused by name.

use std::fmt;

use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::{Map, Value};

use hyper::body::Bytes;
use zeroize::Zeroize;

use super::{Input, form};
use crate::domain::error::Error;
use crate::web::problem::{Code, Problem};

/// The fields of a form or of a JSON object. `Debug` prints only their names, because some are passwords; for
/// the same reason, values that no one has read are erased when it is dropped.
#[derive(Default)]
pub struct Fields(Map<String, Value>);

impl Drop for Fields {
    fn drop(&mut self) {
        self.0.values_mut().for_each(erase);
    }
}

fn erase(value: &mut Value) {
    if let Value::String(text) = value {
        text.zeroize();
    }
}

/// Erases a body that has been read: it may contain a password. Nothing else holds it by then.
fn erase_body(body: Bytes) {
    if let Ok(mut bytes) = body.try_into_mut() {
        bytes.as_mut().zeroize();
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Fields {
    /// The text that was entered in a field, even if the other fields cannot be read. Empty without it.
    #[must_use]
    pub fn typed(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Parses the body of a form, and erases it.
    ///
    /// # Errors
    /// As [`Self::from_query`].
    pub fn from_form(body: Bytes) -> Result<Self, Problem> {
        let fields = Self::from_query(&body);
        erase_body(body);
        fields
    }

    /// Parses a form or the query of a URL.
    ///
    /// # Errors
    /// `malformed` if it is not UTF-8. `invalid_field` if a field was sent twice, because two readers
    /// could take two different values (CVE-2023-7028).
    pub fn from_query(form: &[u8]) -> Result<Self, Problem> {
        let mut fields = Self::default();
        for pair in form::pairs(form) {
            let (name, value) = pair.ok_or_else(|| Problem::of(Code::Malformed))?;
            if let Some(mut earlier) = fields.0.insert(name.clone(), Value::String(value)) {
                erase(&mut earlier);
                return Err(twice(&name));
            }
        }
        Ok(fields)
    }

    /// Parses a JSON object, and erases it.
    ///
    /// # Errors
    /// `malformed` if it is not JSON, or not an object. `invalid_field` if a field was sent twice, as in
    /// a form.
    pub fn from_json(body: Bytes) -> Result<Self, Problem> {
        let parsed = serde_json::from_slice(&body);
        erase_body(body);
        match parsed {
            Ok(Single { repeated: Some(name), .. }) => Err(twice(&name)),
            Ok(Single { fields, .. }) => Ok(fields),
            Err(_) => {
                Err(Problem::of(Code::Malformed)
                    .detail("We couldn't read that request. Send one JSON object."))
            }
        }
    }

    /// Reads an input. Ignores unknown fields.
    ///
    /// # Errors
    /// `missing_field` and `invalid_field`, with the field. `weak_password` for a new password that is
    /// longer than any can be; `invalid_field` for one with control characters.
    pub fn read<T: Input>(mut self) -> Result<T, Problem> {
        let fields = std::mem::take(&mut self.0).into_iter();
        let reader = Reader { fields, known: &[], field: None, value: Value::Null };
        let input = T::deserialize(reader).map_err(|wrong| match wrong {
            Wrong::Missing(field) => Problem::of(Code::MissingField).field(field),
            Wrong::Invalid(Some(field)) => Problem::of(Code::InvalidField).field(field),
            Wrong::Invalid(None) => Problem::of(Code::InvalidField),
        })?;
        if let Some(password) = input.new_password() {
            password.check_form().map_err(Error::from)?;
        }
        Ok(input)
    }
}

/// Only our own field names are repeated to the sender.
fn twice(name: &str) -> Problem {
    let known = ["email", "password", "current_password", "next", "request", "code", "confirm", "account"]
        .into_iter()
        .find(|known| *known == name);
    let problem = Problem::of(Code::InvalidField).detail("This field was sent twice.");
    match known {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// A JSON object, and the name of a field that is in it twice. `serde_json` would silently keep the last.
struct Single {
    fields: Fields,
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
        let (mut fields, mut repeated) = (Fields::default(), None);
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if let Some(mut earlier) = fields.0.insert(name.clone(), value) {
                erase(&mut earlier);
                repeated = Some(name);
            }
        }
        Ok(Single { fields, repeated })
    }
}

/// Reads a struct from the fields. It remembers the current field, because serde's errors do not name
/// the field that has the wrong type.
struct Reader {
    fields: serde_json::map::IntoIter,
    known: &'static [&'static str],
    field: Option<&'static str>,
    value: Value,
}

impl Drop for Reader {
    fn drop(&mut self) {
        erase(&mut self.value);
        self.fields.by_ref().for_each(|(_, mut value)| erase(&mut value));
    }
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

impl<'de> Deserializer<'de> for Reader {
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

impl<'de> MapAccess<'de> for Reader {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        for (name, mut value) in self.fields.by_ref() {
            self.field = self.known.iter().copied().find(|known| *known == name);
            if self.field.is_some() {
                self.value = value;
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            // Not left to serde, which ignores it too, but does not erase it.
            erase(&mut value);
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        seed.deserialize(std::mem::take(&mut self.value)).map_err(|_| Wrong::Invalid(self.field))
    }
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;

    use super::Fields;
    use crate::web::problem::{Code, Problem};
    use crate::web::wire::RequestSignIn;

    fn code(read: Result<RequestSignIn, Problem>) -> Option<Code> {
        read.err().map(|problem| problem.code)
    }

    fn from_json(body: &str) -> Result<RequestSignIn, Problem> {
        Fields::from_json(Bytes::copy_from_slice(body.as_bytes()))?.read()
    }

    fn from_form(body: &[u8]) -> Result<RequestSignIn, Problem> {
        Fields::from_query(body)?.read()
    }

    #[test]
    fn a_form_and_json_are_read_alike() {
        let json = from_json(r#"{"email":"ann@example.org","request":null,"colour":"red"}"#);
        assert_eq!(json.map(|input| (input.email, input.request)), Ok(("ann@example.org".into(), None)));
        let form = from_form(b"colour=red&email=ann%40example.org&request=r");
        let form = form.map(|input| (input.email, input.request));
        assert_eq!(form, Ok(("ann@example.org".into(), Some("r".into()))));
    }

    #[test]
    fn a_refusal_names_the_wrong_field() {
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
                Err(Problem::of(Code::InvalidField).field("email").detail("This field was sent twice.")),
            ),
        ] {
            assert_eq!(from_json(body).map(|input| input.email), wrong, "{body}");
        }
        assert_eq!(from_form(b"").map(|input| input.email), missing);
    }

    #[test]
    fn a_body_that_cannot_be_read_is_malformed() {
        for body in ["", "[]", "null", "\"text\"", "{", "{\"email\":\"a\"} more", "\u{feff}{}"] {
            assert_eq!(code(from_json(body)), Some(Code::Malformed), "{body}");
        }
        for body in [&b"email=%ff"[..], b"email=\xff\xfe", b"%ff=a"] {
            assert_eq!(code(from_form(body)), Some(Code::Malformed));
        }
        assert_eq!(code(from_form(b"email=a&email=b")), Some(Code::InvalidField));
    }
}
