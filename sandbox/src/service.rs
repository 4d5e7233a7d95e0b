//! The services, and what a request to one must be.
//!
//! The fields are those of `spec/`, which the documents were transcribed to, and not of the
//! library's own table: so no mistake of the library's can hide here.

use crate::json::{Held, Object};
use crate::reply::Answer;
use crate::spec;
use crate::texts::Text;

/// A documented service: a row of the documents' table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// For the selector of a fault: tokens have 40 characters for everything.
    pub(crate) short_name: &'static str,
    /// The field of the reply that decides.
    pub(crate) state_field: &'static str,
}

/// What a field must hold.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// Required text of at most so many characters.
    Text(usize),
    /// Required: 1 to 17 digits and at most two decimals, as text, more than 0.
    Amount,
    /// A decimal, as a number or as text; may be absent.
    Decimal,
}

use Form::{Amount, Decimal};

impl Service {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        spec::services().find(|service| service.name == name)
    }

    /// Checks an opened request, naming every field that is wrong. Fields that are not in the
    /// table pass: provinces add some.
    pub(crate) fn check(self, request: &Object<'_>) -> Result<(), Answer> {
        let fields = spec::fields(self.name);
        let wrong: Vec<_> = fields
            .filter_map(|(name, form)| {
                Some(format!("{name} {}", form.fault(request.get(name))?.zh))
            })
            .collect();
        if !wrong.is_empty() {
            return Err(Answer::because(-2, &wrong.join("；")));
        }
        match request.text("orgCodg").starts_with(['H', 'P']) {
            true => Ok(()),
            false => Err(Answer::refused(500316)),
        }
    }
}

impl Form {
    /// What is wrong with a field, if anything.
    pub(crate) fn fault(self, held: Held) -> Option<Text> {
        match (self, held) {
            (Decimal, Held::Nothing | Held::Number) => None,
            (Decimal, Held::Text(text)) if is_decimal(&text) => None,
            (Decimal, _) => Some(Text::new("须为数值", "must be a number")),
            (_, Held::Nothing) => Some(required()),
            (_, Held::Text(text)) if text.trim().is_empty() => Some(required()),
            (_, Held::Number | Held::Other) => Some(Text::new("须为字符串", "must be a string")),
            (Self::Text(max), Held::Text(text)) => {
                let length = text.chars().count();
                (length > max).then(|| {
                    Text::new(
                        format!("最长 {max} 个字符，收到 {length} 个"),
                        format!("{max} characters at most, {length} came"),
                    )
                })
            }
            (Amount, Held::Text(text)) if is_amount(&text) => None,
            (Amount, Held::Text(_)) => Some(Text::new(
                "须为大于 0 的金额：整数至多 17 位，小数至多两位",
                "must be an amount above 0: 17 digits and two decimals at most",
            )),
        }
    }
}

fn required() -> Text {
    Text::new("必填", "is required")
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) fn is_decimal(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    is_digits(whole) && is_digits(part)
}

pub(crate) fn is_amount(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    is_decimal(text)
        && whole.len() <= 17
        && part.len() <= 2
        && text.contains(|digit| matches!(digit, '1'..='9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        for good in [
            "1",
            "0.01",
            "0.1",
            "12345678901234567",
            "12345678901234567.89",
            "007.50",
        ] {
            assert!(is_amount(good), "{good}");
        }
        for bad in [
            "",
            "0",
            "0.00",
            "-1",
            "+1",
            "1.",
            ".5",
            "1.005",
            "1,5",
            "1e3",
            " 1",
            "１",
            "123456789012345678",
        ] {
            assert!(!is_amount(bad), "{bad}");
        }
    }
}
