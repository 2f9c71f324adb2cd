//! Reads an input from its fields.

use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::Value;
use zeroize::Zeroize;

/// Reads a struct from the fields. It remembers the current field, because serde's errors do not name
/// the field that has the wrong type.
pub(super) struct Reader {
    fields: serde_json::map::IntoIter,
    known: &'static [&'static str],
    field: Option<&'static str>,
    value: Value,
}

impl Reader {
    pub(super) fn new(fields: serde_json::map::IntoIter) -> Self {
        Self { fields, known: &[], field: None, value: Value::Null }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        erase(&mut self.value);
        self.fields.by_ref().for_each(|(_, mut value)| erase(&mut value));
    }
}

/// What is wrong with a field, and which one it is.
#[derive(Debug, thiserror::Error)]
pub(super) enum Wrong {
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

/// Erases a text: it may be a password.
pub(super) fn erase(value: &mut Value) {
    if let Value::String(text) = value {
        text.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;

    use crate::web::problem::{Code, Problem};
    use crate::web::wire::Fields;
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
