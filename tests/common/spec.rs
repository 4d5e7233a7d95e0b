//! The documents' tables, as they were transcribed to `spec/`: what the library is held against.

use std::collections::HashMap;
use std::sync::LazyLock;

pub const CODES: &str = include_str!("../../spec/codes.tsv");
pub const ID_TYPES: &str = include_str!("../../spec/id-types.tsv");
const SERVICES: &str = include_str!("../../spec/services.tsv");

/// What to do after each of this library's own codes, by service.
pub const NEXT_LOCAL: &str = include_str!("../../spec/next-local.tsv");

/// A row by its column names.
pub type Row = HashMap<&'static str, &'static str>;

/// The rows of a table.
pub fn table(text: &'static str) -> Vec<Row> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<_> = lines.next().unwrap().split('\t').collect();
    lines
        .map(|line| names.iter().copied().zip(line.split('\t')).collect())
        .collect()
}

/// The documents' services.
pub fn services() -> Vec<Row> {
    table(SERVICES.split_once("\n\n").unwrap().0)
}

/// The fields of all of them.
pub fn fields() -> Vec<Row> {
    table(SERVICES.split_once("\n\n").unwrap().1)
}

/// What is to be done after a 0 of a service, by the value of its state field; `*` is any.
pub fn outcomes(service: &Row) -> impl Iterator<Item = (&'static str, &'static str)> {
    let outcomes = service["outcomes"].split(", ");
    outcomes.map(|outcome| outcome.split_once(' ').unwrap())
}

/// What a centre answers that says 1 to whatever it is asked.
pub fn every_state() -> String {
    let states = services()
        .into_iter()
        .map(|row| format!("\"{}\":\"1\"", row["state"]));
    format!("{{{}}}", states.collect::<Vec<_>>().join(","))
}

/// A row's cell for a service: of its own column, or of the one that it goes by.
pub fn cell(row: &Row, service: &str) -> &'static str {
    row.get(service).copied().unwrap_or_else(|| {
        let services = services();
        let service = services.iter().find(|row| row["service"] == service);
        row[service.unwrap()["like"]]
    })
}

/// Those that change nothing.
pub static READING: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let names = services().into_iter().map(|row| row["service"]);
    names.filter(|service| !changes(service)).collect()
});

/// Whether a service changes something.
pub fn changes(service: &str) -> bool {
    let services = services();
    let mut changing = services.iter().filter(|row| row["changes"] == "Y");
    changing.any(|row| row["service"] == service)
}
