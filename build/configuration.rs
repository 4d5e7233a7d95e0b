//! The configuration's fields for the header, from the table that the reader takes them by.

#[path = "../src/config/fields.rs"]
#[expect(dead_code, reason = "the Chinese half of it is not for the header")]
mod fields;

use fields::{Field, Kind};

/// A line for each field, or more: these are as long as what follows may be.
const NAME: usize = 20;
const TEXT: usize = 70;

/// What stands in the header in place of `@CONFIGURATION@`.
pub fn lines() -> String {
    fields::fields().iter().map(lines_of).collect()
}

fn lines_of(field: &Field) -> String {
    let mut lines = vec![String::new()];
    for word in said(field).split(' ') {
        let line = lines.last_mut().expect("one at least");
        match line.len() + 1 + word.len() {
            length if length > TEXT && !line.is_empty() => lines.push(word.to_owned()),
            _ => *line = format!("{line} {word}").trim_start().to_owned(),
        }
    }
    let names = std::iter::once(field.name).chain(std::iter::repeat(""));
    let lines = names.zip(lines);
    lines
        .map(|(name, line)| format!(" *     {name:NAME$}{line}\n"))
        .collect()
}

fn said(field: &Field) -> String {
    let text = match field.kind {
        Kind::Path => format!("the path {}", field.en),
        _ => field.en.to_owned(),
    };
    let right = match field.kind {
        Kind::Text | Kind::Path | Kind::Object => String::new(),
        Kind::Limited(max) => format!("1 to {max} characters"),
        Kind::Form(_, right) => right.to_owned(),
        Kind::Choice(words, _) => words.join(" | "),
        Kind::Number(from, to, _) => format!("{from} to {to}"),
        Kind::Texts(_, right) => format!("an array, each {right}"),
        Kind::Several(_, right, max) => format!("{right}; or an array of 1 to {max} of them"),
    };
    let default = match field.default() {
        none if none.is_empty() => none,
        some => format!("by default {some}"),
    };
    let notes: Vec<_> = [right, default]
        .into_iter()
        .filter(|note| !note.is_empty())
        .collect();
    match notes.join("; ") {
        none if none.is_empty() => text,
        notes => format!("{text} ({notes})"),
    }
}
