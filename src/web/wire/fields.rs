//! The fields of a form or of a JSON object. A missing, wrong or repeated one is refused by name.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use hyper::body::Bytes;
use zeroize::Zeroize;

use super::reader::{Reader, Wrong, erase};
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
        let reader = Reader::new(fields);
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
    const KNOWN: [&str; 11] = [
        "email",
        "password",
        "current_password",
        "next",
        "request",
        "code",
        "confirm",
        "account",
        "state",
        "to",
        "after",
    ];
    let known = KNOWN.into_iter().find(|known| *known == name);
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
