//! A password as a field: read straight into the type that is erased from memory, and never written.

use std::borrow::Cow;

use poem_openapi::registry::MetaSchemaRef;
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::domain::password::Password;

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        String::deserialize(field).map(Self::new)
    }
}

/// In the API document it is a string.
impl Type for Password {
    const IS_REQUIRED: bool = true;

    type RawValueType = String;

    type RawElementValueType = String;

    fn name() -> Cow<'static, str> {
        String::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        String::schema_ref()
    }

    fn as_raw_value(&self) -> Option<&String> {
        None
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a String> + 'a> {
        Box::new(std::iter::empty())
    }
}

impl ParseFromJSON for Password {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        String::parse_from_json(value).map(Self::new).map_err(ParseError::propagate)
    }
}

impl ToJSON for Password {
    fn to_json(&self) -> Option<Value> {
        None
    }
}
