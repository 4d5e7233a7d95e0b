//! JSON objects whose values stay exactly the text they were: numbers keep their digits, and
//! unknown fields their place.

use crate::error::{Text, text};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use zeroize::Zeroizing;

/// The fields of a JSON object in their order, each value as its own text.
#[derive(Debug)]
pub struct Object<'a> {
    fields: Vec<(Name<'a>, &'a RawValue)>,
}

/// A field's name, copied only where it has escapes.
#[derive(Debug, Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Object<'a> {
    /// Reads an object. A name that comes twice is an error: nobody could say which value holds.
    pub fn parse(text: &'a str) -> Result<Self, Text> {
        if !is_object(text) {
            return Err(not_an_object());
        }
        serde_json::from_str(text).map_err(|error| describe(&error))
    }

    /// Reads an object that a caller wrote: names that come twice and deep nesting are refused
    /// within its values too, since the other side could not read them as they were meant.
    pub fn parse_strictly(text: &'a str) -> Result<Self, Text> {
        let object = Self::parse(text)?;
        if !object.fields.iter().all(|(_, value)| is_plain(value)) {
            serde_json::from_str::<Strict>(text).map_err(|error| describe(&error))?;
        }
        Ok(object)
    }

    /// The text of a field's value.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.fields
            .iter()
            .find_map(|(field, value)| (field.0 == name).then_some(*value))
    }

    /// The object with some of its fields only, their values as they are.
    pub fn keep(&self, wanted: impl Fn(&str) -> bool) -> String {
        self.rewrite(|name, value| wanted(name).then_some(value))
    }

    /// The object written anew: each field with the value that `rewrite` gives for its name and
    /// its value, or without it.
    pub fn rewrite<'v>(&'v self, rewrite: impl Fn(&str, &'v str) -> Option<&'v str>) -> String {
        let fields = self.fields.iter().filter_map(|(name, value)| {
            let value = rewrite(&name.0, value.get())?;
            Some(format!("{}:{value}", serde_json::Value::from(&*name.0)))
        });
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    }
}

/// Whether a value is a string without escapes: nothing is within it that could be wrong.
fn is_plain(value: &RawValue) -> bool {
    value.get().starts_with('"') && !value.get().contains('\\')
}

/// Whether the text begins as a JSON object does.
pub fn is_object(text: &str) -> bool {
    text.trim_start_matches(JSON_SPACE).starts_with('{')
}

/// Whether the text is a JSON object, whatever is in it.
pub fn whole_object(text: &str) -> Result<(), Text> {
    if !is_object(text) {
        return Err(not_an_object());
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(describe(&error)),
    }
}

fn not_an_object() -> Text {
    text!("不是 JSON 对象", "not a JSON object")
}

/// What JSON calls white space.
pub const JSON_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// What a JSON string stands for: a part of its text, or a copy where it has escapes, wiped when
/// dropped.
#[derive(Debug)]
pub enum Characters<'a> {
    /// Without escapes.
    AsTheyStand(&'a str),
    /// With some.
    Copied(Zeroizing<String>),
}

impl Deref for Characters<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::AsTheyStand(text) => text,
            Self::Copied(text) => text,
        }
    }
}

impl Default for Characters<'_> {
    fn default() -> Self {
        Self::AsTheyStand("")
    }
}

/// The characters of a value that is a JSON string.
pub fn string(value: &RawValue) -> Option<Characters<'_>> {
    // Every reply is asked this of values that are none, and an error is dear to make.
    let within = value.get().strip_prefix('"')?;
    match is_plain(value) {
        true => within.strip_suffix('"').map(Characters::AsTheyStand),
        false => copied(value.get()),
    }
}

fn copied<'a>(json: &str) -> Option<Characters<'a>> {
    serde_json::from_str(json)
        .ok()
        .map(|text| Characters::Copied(Zeroizing::new(text)))
}

/// The same of a string that may have half of a surrogate pair in it, which is no character: shown
/// as U+FFFD.
pub fn string_to_show(value: &RawValue) -> Option<Characters<'_>> {
    string(value).or_else(|| {
        let is_string = value.get().starts_with('"');
        is_string.then(|| copied(&without_lone_surrogates(value.get())))?
    })
}

/// A JSON string's text with an escaped U+FFFD for each half of a surrogate pair.
fn without_lone_surrogates(json: &str) -> String {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                whole.push_str(before);
                whole.push_str("\\ufffd");
                rest = &escape[6..];
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        let (kept, after) = rest.split_at(at + length);
        whole.push_str(kept);
        rest = after;
    }
    whole.push_str(rest);
    whole
}

/// A value that may come as a string or as a bare number: its characters or digits.
pub fn string_or_number(value: &RawValue) -> Option<Characters<'_>> {
    let digits = value.get();
    let is_number = digits.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if is_number {
        Some(Characters::AsTheyStand(digits))
    } else {
        string(value)
    }
}

/// Writes text, or a number.
pub fn write(json: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Into memory: there is nothing that could fail.
    let _ = serde_json::to_writer(json, value);
}

/// The value at a path such as `data.payCert` or `data.items.0`.
pub fn at_path<'a>(json: &'a str, path: &str) -> Option<&'a RawValue> {
    let mut value: &RawValue = serde_json::from_str(json).ok()?;
    for name in path.split('.') {
        value = match value.get().as_bytes().first()? {
            b'{' => Object::parse(value.get()).ok()?.get(name)?,
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
                items.get(name.parse::<usize>().ok()?).copied()?
            }
            _ => return None,
        };
    }
    Some(value)
}

/// Where the text stops being JSON, and never what it says there.
fn describe(error: &serde_json::Error) -> Text {
    let (line, column) = (error.line(), error.column());
    let reason = error.to_string();
    if let Some(name) = reason
        .strip_prefix(DUPLICATE)
        .and_then(|rest| rest.split('`').next())
    {
        let quiet = text!(
            "有字段重复出现（第 {line} 行第 {column} 列），每个字段只能出现一次",
            "a field comes twice (line {line} column {column}); each may come once"
        );
        return text!(
            "字段 {name} 重复出现（第 {line} 行第 {column} 列），每个字段只能出现一次",
            "field {name} comes twice (line {line} column {column}); each may come once"
        )
        .quoting(quiet);
    }
    if reason.starts_with("recursion limit") {
        return text!(
            "JSON 嵌套过深（第 {line} 行第 {column} 列），最多 127 层",
            "JSON nested too deep (line {line} column {column}); 127 levels at most"
        );
    }
    text!(
        "不是合法的 JSON（第 {line} 行第 {column} 列）",
        "not valid JSON (line {line} column {column})"
    )
}

const DUPLICATE: &str = "duplicate field `";

fn refuse_duplicates<'n, E: serde::de::Error>(
    names: impl ExactSizeIterator<Item = &'n str> + Clone,
) -> Result<(), E> {
    /// So few are compared each with each, which is quicker than to put them in order.
    const FEW: usize = 8;
    let twice = if names.len() <= FEW {
        let mut rest = names.clone();
        names.into_iter().find(|name| {
            rest.next();
            rest.clone().any(|other| other == *name)
        })
    } else {
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        twice.map(|pair| pair[0])
    };
    match twice {
        Some(name) => Err(E::custom(format_args!("{DUPLICATE}{name}`"))),
        None => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Vec<(Name<'de>, &RawValue)> = Vec::with_capacity(12);
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                refuse_duplicates(fields.iter().map(|(name, _)| &*name.0))?;
                Ok(Object { fields })
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// Any JSON value without a name that comes twice in one object, nested no deeper than serde_json
/// goes.
struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Strict;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
                let mut names: Vec<Name<'de>> = Vec::new();
                while let Some((name, Strict)) = map.next_entry()? {
                    names.push(name);
                }
                refuse_duplicates(names.iter().map(|name| &*name.0))?;
                Ok(Strict)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
                while items.next_element::<Strict>()?.is_some() {}
                Ok(Strict)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
                Ok(Strict)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
                Ok(Strict)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
                Ok(Strict)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
                Ok(Strict)
            }

            fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
                Ok(Strict)
            }

            fn visit_unit<E>(self) -> Result<Strict, E> {
                Ok(Strict)
            }
        }

        deserializer.deserialize_any(Any)
    }
}
