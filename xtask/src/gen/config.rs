//! The Chinese manual's table of the configuration.

use evoucher::config::fields::{Field, Kind, Needed, fields};

/// The rows, with their head.
pub(super) fn table() -> String {
    let head = "| 配置项 | 类型 | 必填 | 默认值 | 取值 | 含义 | 示例 |\n\
        | --- | --- | --- | --- | --- | --- | --- |\n";
    fields().iter().fold(head.to_owned(), |table, field| {
        let name = code(field.name);
        let (kind, values) = value(field.kind);
        let needed = needed(field);
        let default = match field.default() {
            none if none.is_empty() => none,
            default => code(&default),
        };
        let (zh, example) = (field.zh, code(field.example));
        let row = format!("{name} | {kind} | {needed} | {default} | {values} | {zh} | {example}");
        format!("{table}| {} |\n", row.replace("  ", " "))
    })
}

/// A kind's type, and the values that are right.
fn value(kind: Kind) -> (&'static str, String) {
    match kind {
        Kind::Text => ("字符串", "非空".to_owned()),
        Kind::Limited(max) => ("字符串", format!("1 至 {max} 个字符")),
        Kind::Form(zh, _) => ("字符串", zh.to_owned()),
        Kind::Path => ("字符串", "路径".to_owned()),
        Kind::Choice(words, _) => ("字符串", list(words.iter())),
        Kind::Number(from, to, _) => ("整数", format!("{from} 至 {to}")),
        Kind::Texts(zh, _) => ("字符串数组", format!("每项为{zh}")),
        Kind::Object => ("对象", "每项为字符串".to_owned()),
    }
}

fn needed(field: &Field) -> String {
    match field.needed {
        Needed::No => "否".to_owned(),
        Needed::Yes => "是".to_owned(),
        Needed::OneOf(names) => {
            let others = names.iter().filter(|name| **name != field.name);
            format!("与 {} 有其一", list(others))
        }
    }
}

fn list<'a>(words: impl Iterator<Item = &'a &'a str>) -> String {
    words.map(|word| code(word)).collect::<Vec<_>>().join("、")
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
