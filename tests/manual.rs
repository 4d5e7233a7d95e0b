//! The Chinese manual has a place for everything that the library offers: functions, services,
//! codes, values of `next`, fields of the configuration.

use evoucher::catalogue::codes;
use evoucher::catalogue::services::{DEFAULTABLE, Field, SERVICES};
use evoucher::config::Config;
use std::collections::BTreeSet;

const MANUAL: &str = include_str!("../docs/manual.zh-CN.md");
const HEADER: &str = include_str!("../include/evoucher.h");
const NEXT: &str = include_str!("../src/catalogue/next.rs");
const CONFIG: &str = include_str!("../src/config/mod.rs");

/// What stands between two texts.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no {from:?}"));
    rest.split_once(to).map_or(rest, |(found, _)| found)
}

/// The rows of the first table in a text, without its head.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().skip_while(|line| !line.starts_with('|'));
    lines
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// The rows that a generator could write.
fn generated(name: &str) -> Vec<Vec<&'static str>> {
    let from = format!("<!-- gen:{name} -->");
    let rows = rows(between(MANUAL, &from, "<!-- /gen -->"));
    let columns = rows[0].len();
    for row in &rows {
        assert_eq!(row.len(), columns, "{row:?}");
    }
    rows
}

fn unquoted(cell: &str) -> &str {
    cell.trim_matches('`')
}

/// Both have the same, or the difference is named.
fn assert_same<'a>(
    what: &str,
    documented: impl IntoIterator<Item = &'a str>,
    offered: impl IntoIterator<Item = &'a str>,
) {
    let documented: BTreeSet<_> = documented.into_iter().collect();
    let offered: BTreeSet<_> = offered.into_iter().collect();
    let missing: Vec<_> = offered.difference(&documented).collect();
    let unknown: Vec<_> = documented.difference(&offered).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{what}: missing in the manual {missing:?}, only in the manual {unknown:?}"
    );
}

/// Text with every white space the same.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_function_and_its_prototype() {
    let prototypes: Vec<(&str, String)> = HEADER
        .split("int32_t EV_CDECL ")
        .skip(1)
        .map(|rest| {
            let name = rest.split('(').next().unwrap();
            let end = rest.find(';').unwrap();
            (name, format!("int32_t {};", on_one_line(&rest[..end])))
        })
        .collect();
    let headings = MANUAL
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .filter(|heading| heading.starts_with("ev_"));
    assert_same(
        "functions",
        headings,
        prototypes.iter().map(|(name, _)| *name),
    );
    for (name, prototype) in &prototypes {
        let section = between(MANUAL, &format!("\n### {name}\n"), "\n##");
        assert!(section.contains(prototype), "{prototype} in {section}");
    }
}

#[test]
fn every_service_and_its_fields() {
    let field = |field: &Field| {
        let optional = if field.required { "" } else { "（选填）" };
        format!("`{}` {}{optional}", field.name, field.max)
    };
    let rows = generated("services");
    assert_eq!(rows.len(), SERVICES.len());
    for (row, service) in rows.iter().zip(SERVICES) {
        let fields: Vec<_> = service.fields.iter().map(field).collect();
        let changes = if service.changes { "是" } else { "否" };
        assert_eq!(unquoted(row[0]), service.name);
        assert_eq!(unquoted(row[1]), service.path);
        let words = service.name.chars().map(|c| match c {
            'A'..='Z' => format!("_{}", c.to_ascii_lowercase()),
            _ => c.to_string(),
        });
        assert_eq!(
            unquoted(row[2]),
            format!("ev_{}", words.collect::<String>())
        );
        assert_eq!((row[4], row[5]), (changes, &*fields.join("、")), "{row:?}");
        assert!(row[6].contains(&format!("`{}`", service.state)), "{row:?}");
    }
}

#[test]
fn every_code() {
    let constants: Vec<(i32, &str)> = HEADER
        .lines()
        .filter_map(|line| line.strip_prefix("#define EV_")?.split_once(' '))
        .filter_map(|(name, number)| Some((number.parse().ok()?, name)))
        .collect();
    let offered: Vec<String> = codes::all()
        .map(|meaning| {
            let name = constants.iter().find(|(code, _)| *code == meaning.code);
            let name = name.map_or(String::new(), |(_, name)| format!("`EV_{name}`"));
            let source = match meaning.documents {
                "" => "动态库",
                "AB" => "A、B",
                one => one,
            };
            format!("{} | {name} | {source} | {}", meaning.code, meaning.zh)
        })
        .collect();
    let documented: Vec<String> = generated("codes")
        .iter()
        .map(|row| row[..4].join(" | "))
        .collect();
    assert_same(
        "codes",
        documented.iter().map(String::as_str),
        offered.iter().map(String::as_str),
    );
    let numbers: BTreeSet<_> = codes::all().map(|meaning| meaning.code).collect();
    for (number, name) in constants {
        assert!(numbers.contains(&number), "EV_{name} has a meaning");
    }
}

#[test]
fn every_value_of_next() {
    let names = NEXT.lines().filter_map(|line| {
        let (variant, name) = line.trim().split_once(" => \"")?;
        variant.starts_with("Self::").then_some(())?;
        name.strip_suffix("\",")
    });
    let table = rows(between(MANUAL, "\n### next", "\n##"));
    assert_same("next", table.iter().map(|row| unquoted(row[0])), names);
}

/// The names that the configuration's reader takes, of the receivers of one kind.
fn taken<'a>(source: &'a str, receivers: &[&str]) -> Vec<&'a str> {
    let methods = [
        "required",
        "text",
        "texts",
        "path",
        "number",
        "milliseconds",
        "choice",
        "take",
    ];
    let mut names = Vec::new();
    for receiver in receivers {
        for method in methods {
            let call = format!("{receiver}.{method}(\"");
            let calls = source.split(call.as_str()).skip(1);
            names.extend(calls.map(|rest| rest.split('"').next().unwrap()));
        }
    }
    names
}

#[test]
fn every_field_of_the_configuration() {
    let source: String = CONFIG.split_whitespace().collect();
    let rows = generated("config");
    let (nested, outer): (Vec<_>, Vec<_>) = rows
        .iter()
        .map(|row| unquoted(row[0]))
        .partition(|name| name.contains('.'));
    assert_same("configuration", outer, taken(&source, &["reader"]));

    let (sections, fields): (Vec<_>, Vec<_>) = nested
        .iter()
        .map(|name| name.split_once('.').unwrap())
        .unzip();
    let offered = source.split("reader.section(\"").skip(1);
    let offered = offered.map(|rest| rest.split('"').next().unwrap());
    assert_same("sections of the configuration", sections, offered);
    let defaults = DEFAULTABLE.iter().map(|(name, _)| *name);
    let offered = taken(&source, &["section", "log"]).into_iter();
    assert_same(
        "fields of its sections",
        fields,
        offered.chain(defaults).collect::<Vec<_>>(),
    );
}

/// What is refused is refused with the bounds, or the words, that the manual has.
#[test]
fn the_bounds_of_the_configuration() {
    let refusal = |name: &str, value: &str| {
        let field = match name.split_once('.') {
            Some((section, field)) => format!("{{\"{section}\":{{\"{field}\":{value}}}}}"),
            None => format!("{{\"{name}\":{value}}}"),
        };
        let failure = Config::read(field.as_bytes()).err().unwrap();
        failure.detail.zh
    };
    let mut numbers = 0;
    let mut choices = 0;
    for row in generated("config") {
        let (name, kind, bounds) = (unquoted(row[0]), row[1], row[4]);
        if kind == "整数" {
            let (from, to) = bounds.split_once(" 至 ").unwrap();
            let said = format!("{name}：应为 {from} 到 {to} 的整数");
            for value in ["0".to_owned(), format!("{to}1")] {
                let refusal = refusal(name, &value);
                assert!(refusal.contains(&said), "{said} in {refusal}");
            }
            numbers += 1;
        } else if let Some((_, max)) = name
            .strip_prefix("defaults.")
            .and_then(|_| bounds.split_once(" 至 "))
        {
            let max: usize = max.trim_end_matches(" 个字符").parse().unwrap();
            let refusal = refusal(name, &format!("\"{}\"", "x".repeat(max + 1)));
            let said = format!("{name}：有 {} 个字符，最多 {max} 个", max + 1);
            assert!(refusal.contains(&said), "{said} in {refusal}");
        } else if bounds.starts_with('`') && bounds.contains('、') {
            let words: Vec<_> = bounds.split('、').map(unquoted).collect();
            let said = format!("{name}：应为 {}", words.join(" | "));
            let refusal = refusal(name, "\"?\"");
            assert!(refusal.contains(&said), "{said} in {refusal}");
            choices += 1;
        }
    }
    assert_eq!((numbers, choices), (5, 4));
}
