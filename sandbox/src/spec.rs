//! The documents' tables, as they were transcribed to `spec/`.

use crate::service::{Form, Service};

const CODES: &str = include_str!("../../spec/codes.tsv");
const SERVICES: &str = include_str!("../../spec/services.tsv");

/// The cells of each row; of the heading, too.
fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split('\t').collect())
}

/// What the documents say of a code.
pub(crate) fn meaning(code: i32) -> Option<&'static str> {
    let code = code.to_string();
    rows(CODES).find(|row| row[0] == code).map(|row| row[3])
}

/// The services that the documents list.
pub(crate) fn services() -> impl Iterator<Item = Service> {
    rows(SERVICES).filter_map(|row| match row[..] {
        // Not the heading.
        [name, short_name, path, _, _, state_field, ..] if path.starts_with('/') => Some(Service {
            name,
            short_name,
            state_field,
        }),
        _ => None,
    })
}

/// The section that describes this service.
pub(crate) fn section(service: &str) -> Option<&'static str> {
    rows(SERVICES)
        .find(|row| row[0] == service && row.get(2).is_some_and(|path| path.starts_with('/')))
        .map(|row| row[3])
}

/// The fields of a request to this service.
pub(crate) fn fields(service: &str) -> impl Iterator<Item = (&'static str, Form)> {
    rows(SERVICES).filter_map(move |row| match row[..] {
        [of, "request", name, required, length, kind] if of == service => {
            Some((name, form(required, length, kind)?))
        }
        _ => None,
    })
}

fn form(required: &str, length: &str, kind: &str) -> Option<Form> {
    match (kind, required) {
        ("text", "Y") => Some(Form::Text(length.parse().ok()?)),
        ("amount", "Y") => Some(Form::Amount),
        ("decimal", "N") => Some(Form::Decimal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_understood() {
        let understood = services().map(|service| fields(service.name).count());
        let understood: Vec<_> = understood.collect();
        let is_request = |row: &Vec<&str>| row.get(1) == Some(&"request");
        let listed = rows(SERVICES).filter(is_request).count();
        assert_eq!(understood.iter().sum::<usize>(), listed);
        assert!(!understood.contains(&0), "{understood:?}");
        assert!(understood.len() >= 4, "{understood:?}");
    }
}
