//! A service's own request: checked against the catalogue, with the configured defaults filled in.

use crate::catalogue::codes::EV_INVALID_REQUEST;
use crate::catalogue::next::Next;
use crate::catalogue::services::{Field, Kind, Target};
use crate::error::{Failure, Text, text};
use crate::json::{self, JSON_SPACE, Object};
use serde_json::value::RawValue;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// A request that fits its service, ready to be sealed.
#[derive(Debug)]
pub struct Request {
    /// The service's own JSON: the caller's text to the letter, with the defaults behind it. Where
    /// a value of a listed field has to change, every other one stands as it was.
    pub json: Zeroizing<String>,
    /// The patient's token, by which a call can be cancelled.
    pub token: Zeroizing<String>,
    /// The fields that are still left out: they are `auto`, which depends on the way that the
    /// request goes.
    pub auto: Vec<&'static str>,
}

impl Request {
    /// The service's own JSON with the fields that were still left out.
    pub(super) fn with(&self, found: &[(&str, String)]) -> Result<Zeroizing<String>, Failure> {
        let object = Object::parse(&self.json).map_err(refuse)?;
        let found = found.iter();
        let found = found.map(|(name, value)| (*name, Some(quoted(value))));
        let found: Vec<_> = found.collect();
        Ok(Zeroizing::new(write(&self.json, &object, &found)))
    }
}

/// A request as the caller wrote it.
pub(super) struct Draft<'a> {
    text: &'a str,
    object: Object<'a>,
    fields: &'static [Field],
    token: Zeroizing<String>,
}

impl<'a> Draft<'a> {
    /// Reads a request; what is in its fields is not looked at yet.
    pub(super) fn read(target: &Target, request: &'a str) -> Result<Self, Failure> {
        if request.chars().next().is_some() && request.chars().nth(1).is_none() {
            return Err(refuse(text!(
                "只收到一个字符；若传入的是宽字符串（UTF-16），请先转换为配置的 charset",
                "only one character arrived; if this was a wide string (UTF-16), convert it to the configured charset first"
            )));
        }
        let object = Object::parse_strictly(request).map_err(refuse)?;
        Ok(Self {
            text: request,
            token: token_of(&object),
            object,
            fields: target.known().map_or(&[][..], |service| service.fields),
        })
    }

    /// The fields that a default may fill.
    pub(super) fn left_out(&self) -> impl Iterator<Item = &'static Field> {
        let fields = self.fields.iter();
        fields.filter(|field| self.given(field).is_none())
    }

    /// A field's value; null is the same as leaving it out.
    fn given(&self, field: &Field) -> Option<&'a RawValue> {
        let value = self.object.get(field.name)?;
        (value.get() != "null").then_some(value)
    }

    /// Checks every field, with the defaults of those that were left out, or `None` for `auto`: each
    /// that is wrong is named at once.
    pub(super) fn finish(
        self,
        mut defaults: Vec<(&'static str, Option<String>)>,
    ) -> Result<Request, Failure> {
        let mut problems = Vec::new();
        let mut changes = Vec::new();
        let mut auto = Vec::new();
        // What is wrong with the code that the patient shows, the cashier puts right; a program
        // that sends none is the program's fault.
        let mut next = Some(Next::Rescan);
        for field in self.fields {
            let is_there = self.object.get(field.name).is_some();
            let default = defaults.iter().position(|(name, _)| *name == field.name);
            let default = default.map(|default| defaults.swap_remove(default).1);
            let read = match (self.given(field), default) {
                (Some(value), _) => field.read(value),
                (None, Some(Some(value))) => {
                    let problem = field.too_long(&value);
                    problem.map_or(Ok(Value::New(quoted(&value))), Err)
                }
                (None, Some(None)) => {
                    auto.push(field.name);
                    Ok(Value::Absent)
                }
                (None, None) if !field.required => Ok(Value::Absent),
                (None, None) if is_there => Err(field.wrong()),
                (None, None) => Err(field.missing()),
            };
            match read {
                Ok(Value::AsItIs) => {}
                Ok(Value::New(json)) => changes.push((field.name, Some(json))),
                Ok(Value::Absent) if is_there => changes.push((field.name, None)),
                Ok(Value::Absent) => {}
                Err(problem) => {
                    problems.push(problem);
                    next = next.filter(|_| field.name == TOKEN && is_there);
                }
            }
        }
        if !problems.is_empty() {
            let failure = refuse(Text::join(&problems));
            return Err(Failure { next, ..failure });
        }
        Ok(Request {
            json: Zeroizing::new(write(self.text, &self.object, &changes)),
            token: self.token,
            auto,
        })
    }
}

/// The field that stands for the patient.
const TOKEN: &str = "token";

/// The patient's token in a request, as it goes out: scanners end it with CR LF.
pub fn token(request: &str) -> Zeroizing<String> {
    Object::parse(request)
        .map(|object| token_of(&object))
        .unwrap_or_default()
}

fn token_of(object: &Object<'_>) -> Zeroizing<String> {
    let token = object.get(TOKEN).and_then(json::string);
    Zeroizing::new(token.unwrap_or_default().trim().to_owned())
}

/// What becomes of a field's value.
enum Value {
    /// It goes out to the letter.
    AsItIs,
    /// This goes out in its place, as JSON.
    New(String),
    /// The field does not go out.
    Absent,
}

fn refuse(detail: Text) -> Failure {
    Failure::not_sent(EV_INVALID_REQUEST, detail)
}

/// The caller's object with some values changed or left out, and more fields at its end.
fn write(request: &str, object: &Object<'_>, changes: &[(&str, Option<String>)]) -> String {
    let is_there = |name: &str| object.get(name).is_some();
    let written = if changes.iter().any(|(name, _)| is_there(name)) {
        Cow::Owned(object.rewrite(|name, value| {
            let change = changes.iter().find(|(changed, _)| *changed == name);
            change.map_or(Some(value), |(_, value)| value.as_deref())
        }))
    } else {
        Cow::Borrowed(request.trim_matches(JSON_SPACE))
    };
    let open = written.strip_suffix('}').unwrap_or(&written);
    let open = open.trim_end_matches(JSON_SPACE);
    // Most often nothing but the brace comes behind it.
    let mut json = String::with_capacity(open.len() + 1);
    json.push_str(open);
    let mut separator = if json.len() == 1 { "" } else { "," };
    for (name, value) in changes.iter().filter(|(name, _)| !is_there(name)) {
        json.push_str(separator);
        json.push_str(&format!(
            "\"{name}\":{}",
            value.as_deref().unwrap_or("null")
        ));
        separator = ",";
    }
    json.push('}');
    json
}

impl Field {
    fn missing(&self) -> Text {
        let name = self.name;
        let right = self.right();
        let (zh, en) = (right.zh, right.en);
        text!("缺少 {name}（{zh}）", "{name} is missing ({en})")
    }

    fn right(&self) -> Text {
        let max = self.max;
        match self.kind {
            Kind::Text if self.name == TOKEN => text!(
                "应为 1 到 {max} 个字符的字符串，中间没有空白",
                "a string of 1 to {max} characters without white space"
            ),
            Kind::Text => text!(
                "应为 1 到 {max} 个字符的字符串",
                "a string of 1 to {max} characters"
            ),
            Kind::Decimal => text!(
                "应为十进制金额，如 123.45",
                "a decimal amount such as 123.45"
            ),
            Kind::Payment => text!(
                "应为大于 0、最多 17 位整数和两位小数的字符串，如 \"12.30\"",
                "a string greater than 0 with at most 17 digits and two decimals, such as \"12.30\""
            ),
            Kind::Word(words) => {
                let words = words.join(" | ");
                text!("应为 {words}", "one of {words}")
            }
        }
    }

    fn too_long(&self, text: &str) -> Option<Text> {
        let (name, max) = (self.name, self.max);
        // There are as many bytes at least, which are counted already.
        if text.len() <= max {
            return None;
        }
        let count = text.chars().count();
        (count > max).then(|| {
            text!(
                "{name} 有 {count} 个字符，最多 {max} 个",
                "{name} has {count} characters, {max} at most"
            )
        })
    }

    fn wrong(&self) -> Text {
        let name = self.name;
        let right = self.right();
        let (zh, en) = (right.zh, right.en);
        text!("{name} {zh}", "{name} must be {en}")
    }

    /// What becomes of a value, or what is wrong with it. Never the value itself: it may be a
    /// patient's.
    fn read(&self, value: &RawValue) -> Result<Value, Text> {
        let given = match self.kind {
            Kind::Text | Kind::Payment | Kind::Word(_) => json::string(value),
            Kind::Decimal => json::string_or_number(value),
        };
        let given = given.ok_or_else(|| self.wrong())?;
        // A name may have spaces around it for all that is known. What a scanner or an amount's
        // own program put around a token or an amount means nothing.
        let trimmed = match self.kind {
            Kind::Text if self.name != TOKEN => &*given,
            Kind::Word(_) => &*given,
            _ => given.trim(),
        };
        if trimmed.is_empty() && !self.required {
            return Ok(Value::Absent);
        }
        let is_right = match self.kind {
            Kind::Text => {
                if let Some(problem) = self.too_long(trimmed) {
                    return Err(problem);
                }
                let has_space = self.name == TOKEN && trimmed.contains(char::is_whitespace);
                !trimmed.is_empty() && !has_space
            }
            Kind::Decimal => trimmed.len() <= self.max && is_decimal(trimmed),
            Kind::Payment => trimmed.len() <= self.max && is_payment(trimmed),
            Kind::Word(words) => words.contains(&trimmed),
        };
        match is_right {
            false => Err(self.wrong()),
            // A BigDecimal is a number; programs whose JSON has only texts give it as one.
            true if self.kind == Kind::Decimal && value.get().starts_with('"') => {
                Ok(Value::New(number(trimmed).to_owned()))
            }
            true if trimmed.len() == given.len() => Ok(Value::AsItIs),
            true => Ok(Value::New(quoted(trimmed))),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A decimal as JSON has it: its own digits, without zeros before them.
fn number(decimal: &str) -> &str {
    let digits = decimal.trim_start_matches('0');
    if digits.starts_with(|first: char| first.is_ascii_digit()) {
        return digits;
    }
    // Of "00.50" and "0" one zero stays.
    &decimal[decimal.len() - digits.len() - 1..]
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits, with decimals or without; an amount of money has no exponent.
fn is_decimal(text: &str) -> bool {
    match text.split_once('.') {
        Some((whole, decimals)) => is_digits(whole) && is_digits(decimals),
        None => is_digits(text),
    }
}

/// `\d{1,17}(\.\d{1,2}0*)?`, greater than 0.
fn is_payment(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    is_digits(whole)
        && whole.len() <= 17
        && is_digits(decimals)
        && decimals.bytes().skip(2).all(|digit| digit == b'0')
        && text.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::services::{GEN_PAY_CERT, Service, TOKEN_PWD_CHECK_NOTC, TOKEN_PWD_STAS};

    fn prepare(service: &'static Service, request: &str) -> Result<String, String> {
        Draft::read(&Target::Known(service), request)
            .and_then(|draft| draft.finish(Vec::new()))
            .map(|request| request.json.to_string())
            .map_err(|failure| failure.detail.en)
    }

    #[test]
    fn own_pay_amounts() {
        for (amount, accepted) in [
            ("\"12.30\"", true),
            ("\"0.01\"", true),
            ("\"12345678901234567.89\"", true),
            ("\"007\"", true),
            ("\"0\"", false),
            ("\"0.00\"", false),
            ("\"12.3000\"", true),
            ("\" 12.30\\r\\n\"", true),
            ("\"12.000000000000000000\"", false),
            ("\"0.000\"", false),
            ("\"12.345\"", false),
            ("\"12.3450\"", false),
            ("\"1 2.30\"", false),
            ("\"12.\"", false),
            ("\".5\"", false),
            ("\"-1\"", false),
            ("\"1e3\"", false),
            ("\"1,000\"", false),
            ("\"123456789012345678\"", false),
            ("\"１２\"", false),
            ("12.30", false),
            ("null", false),
        ] {
            let field = &GEN_PAY_CERT.fields[1];
            let value: &RawValue = serde_json::from_str(amount).unwrap();
            assert_eq!(field.read(value).is_ok(), accepted, "{amount}");
        }
    }

    #[test]
    fn total_amounts_come_as_number_or_string() {
        for (amount, accepted) in [
            ("12.30", true),
            ("\"12.30\"", true),
            ("0", true),
            ("123456789012345678901234567.890", true),
            ("-1", false),
            ("1e3", false),
            ("\"abc\"", false),
            ("true", false),
        ] {
            let field = &TOKEN_PWD_CHECK_NOTC.fields[3];
            let value: &RawValue = serde_json::from_str(amount).unwrap();
            assert_eq!(field.read(value).is_ok(), accepted, "{amount}");
        }
    }

    #[test]
    fn lengths_count_characters() {
        let forty = "测".repeat(40);
        let request = |token: &str| format!("{{\"token\":\"{token}\",\"orgCodg\":\"H1\"}}");
        assert!(prepare(&TOKEN_PWD_STAS, &request(&forty)).is_ok());
        let error = prepare(&TOKEN_PWD_STAS, &request(&format!("{forty}x"))).unwrap_err();
        assert_eq!(error, "token has 41 characters, 40 at most");
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let error = prepare(&GEN_PAY_CERT, r#"{"token":1,"orgCodg":""}"#).unwrap_err();
        for field in GEN_PAY_CERT.fields {
            assert!(error.contains(field.name), "{} in {error}", field.name);
        }
    }

    #[test]
    fn the_callers_text_goes_out_to_the_letter() {
        let request = r#"{ "token" : "t", "x" : 12.30, "orgCodg":"H1", "y":{"z":[1E5, 0.10]} }"#;
        let sent = prepare(&TOKEN_PWD_STAS, request).unwrap();
        assert_eq!(sent, request.replace("} }", "}}"));
    }

    #[test]
    fn defaults_fill_only_what_was_left_out() {
        let target = Target::Known(&TOKEN_PWD_STAS);
        let prepare = |request| {
            let draft = Draft::read(&target, request).unwrap();
            let left_out: Vec<_> = draft.left_out().map(|field| field.name).collect();
            let defaults = left_out
                .into_iter()
                .map(|name| (name, Some("H\"1".to_owned())));
            draft.finish(defaults.collect()).unwrap().json.to_string()
        };
        let filled = prepare(r#"{"token":"t"}"#);
        assert_eq!(filled, r#"{"token":"t","orgCodg":"H\"1"}"#);
        let given = r#"{"token":"t","orgCodg":"P2"}"#;
        assert_eq!(prepare(given), given);
    }
}
