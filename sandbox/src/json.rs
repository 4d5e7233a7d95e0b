//! A JSON object as it was sent: every field in its order, numbers with the digits they have.

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The fields of an object. A field that stands twice is refused: two readers would disagree.
pub(crate) struct Object<'a>(Vec<(String, &'a RawValue)>);

/// What a field holds.
pub(crate) enum Held {
    /// The field is not there, or null.
    Nothing,
    Text(String),
    Number,
    /// A boolean, an array or an object.
    Other,
}

impl<'a> Object<'a> {
    /// Reads text; says in Chinese why it is no usable object.
    pub(crate) fn read(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("不是可用的 JSON 对象（{error}）"))
    }

    pub(crate) fn get(&self, name: &str) -> Held {
        let Some((_, raw)) = self.0.iter().find(|(known, _)| known == name) else {
            return Held::Nothing;
        };
        let raw = raw.get();
        match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).map_or(Held::Other, Held::Text),
            Some(b'-' | b'0'..=b'9') => Held::Number,
            Some(b'n') => Held::Nothing,
            _ => Held::Other,
        }
    }

    /// The field as it is shown: its text, or a number's digits.
    pub(crate) fn shown(&self, name: &str) -> String {
        match self.get(name) {
            Held::Number => {
                let raw = self.0.iter().find(|(known, _)| known == name);
                raw.map_or(String::new(), |(_, raw)| raw.get().to_owned())
            }
            _ => self.text(name),
        }
    }

    /// All fields in their order, each value as it was written.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, raw)| (&**name, raw.get()))
    }

    /// The field's text, or nothing when it holds anything else.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.get(name) {
            Held::Text(text) => text,
            _ => String::new(),
        }
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::<(String, &RawValue)>::new();
        while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("{name} 重复")));
            }
            fields.push((name, raw));
        }
        Ok(Object(fields))
    }
}
