//! The header's lines on the configuration: the table in English.

use crate::fields::{Field, Kind, Needed, fields};

/// Where cbindgen.toml wants them.
pub const MARK: &str = " *     <configuration>\n";

/// A line of the header, as wide as the others.
const WIDTH: usize = 100;

/// Each field with what it is for and what it may be.
pub fn lines() -> String {
    fields().iter().map(entry).collect()
}

fn entry(field: &Field) -> String {
    let indent = " *     ".len() + 20;
    let mut lines = format!(" *     {:<19}", field.name);
    let mut length = lines.len();
    for word in format!("{} ({})", field.en, facts(field)).split(' ') {
        if length + 1 + word.len() > WIDTH {
            lines.push_str(&format!("\n{:<1$}", " *", indent - 1));
            length = indent - 1;
        }
        lines.push_str(&format!(" {word}"));
        length += 1 + word.len();
    }
    assert!(lines.is_ascii(), "{}: the header is ASCII", field.name);
    lines + "\n"
}

fn facts(field: &Field) -> String {
    let quoted = |word: &&str| format!("\"{word}\"");
    let value = match field.kind {
        Kind::Text => "text".to_owned(),
        Kind::Limited(max) => format!("text of at most {max} characters"),
        Kind::Form(_, en) => en.to_owned(),
        Kind::Path => "a path".to_owned(),
        Kind::Choice(words, _) => words.iter().map(quoted).collect::<Vec<_>>().join(" | "),
        Kind::Number(from, to, _) => format!("{from} to {to}"),
        Kind::Texts(_, en) => format!("an array; each {en}"),
        Kind::Object => "an object of texts".to_owned(),
    };
    let needed = match field.needed {
        Needed::No => String::new(),
        Needed::Yes => "; required".to_owned(),
        Needed::OneOf(names) => {
            let others = names.iter().filter(|name| **name != field.name);
            let others: Vec<_> = others.copied().collect();
            format!("; required without {}", others.join(" and "))
        }
    };
    let default = match field.default() {
        none if none.is_empty() => none,
        default => format!("; default {default}"),
    };
    value + &needed + &default
}
