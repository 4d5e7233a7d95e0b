//! What the configuration's table in the Chinese manual says is right is what the reader takes.

use evoucher::config::Config;
use evoucher::config::fields::{Kind, fields};

const MANUAL: &str = include_str!("../docs/manual.zh-CN.md");

/// The rows of the table.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let (_, rest) = MANUAL.split_once("<gen:config>").unwrap();
    let (table, _) = rest.split_once("</gen:config>").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

fn unquoted(cell: &str) -> &str {
    cell.trim_matches('`')
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
    for row in rows() {
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
    let of = |such: fn(&Kind) -> bool| fields().iter().filter(|field| such(&field.kind)).count();
    assert_eq!(numbers, of(|kind| matches!(kind, Kind::Number(..))));
    assert_eq!(choices, of(|kind| matches!(kind, Kind::Choice(..))));
    assert!(numbers > 0 && choices > 0);
}
