//! What the pages have of the library's tables, and what the Chinese manual has no place for.

use super::contract::{Function, KINDS, camel};
use super::next::{self, Regions};
use evoucher::catalogue::codes::{self, Code, EV_OK};
use evoucher::catalogue::services::{self, SERVICES};
use evoucher::config::fields::{self, Kind, Needed};

pub(super) const MANUAL: &str = "docs/manual.zh-CN.md";
pub(super) const CPP: &str = "include/evoucher.hpp";
const TROUBLESHOOTING: &str = "docs/troubleshooting.md";

/// Each page, with what goes between its markers.
pub(super) fn regions() -> [(&'static str, Regions); 9] {
    let tables = vec![
        ("services", services()),
        ("codes", codes()),
        ("config", config()),
    ];
    let manual = [tables, next::chinese_with_labels()].concat();
    let troubleshooting = vec![
        ("codes-of-the-centre", sections(|code| code.name.is_empty())),
        (
            "codes-of-the-library",
            sections(|code| !code.name.is_empty()),
        ),
    ];
    [
        (MANUAL, manual),
        (TROUBLESHOOTING, troubleshooting),
        ("README.md", next::english()),
        ("README.zh-CN.md", next::chinese()),
        ("examples/powerbuilder/README.md", next::powerscript()),
        ("examples/powerbuilder/README.zh-CN.md", next::powerscript()),
        ("tests/c/everything.c", vec![("services", functions())]),
        (CPP, next::cpp()),
        ("examples/csharp/Typed.cs", next::csharp_typed()),
    ]
}

fn services() -> String {
    let head = "服务 路径 函数 章节 产生业务影响 请求字段（最多字符数） 应答字段";
    let field = |field: &services::Field| {
        let optional = if field.required { "" } else { "（选填）" };
        format!("`{}` {}{optional}", field.name, field.max)
    };
    let row = |service: &&services::Service| {
        vec![
            quoted(service.name),
            quoted(service.path),
            quoted(service.function),
            service.section.to_owned(),
            yes_or_no(service.changes),
            listed(service.fields.iter().map(field)),
            listed(service.reply.iter().map(|name| quoted(name))),
        ]
    };
    table(head, SERVICES.iter().map(row))
}

/// Each service's function by both its names, in C.
fn functions() -> String {
    let row = |service: &&services::Service| {
        let name = service.function;
        format!("{{{name}, {}}},\n", camel(name))
    };
    SERVICES.iter().map(row).collect()
}

fn codes() -> String {
    let row = |code: &Code| {
        let name = match code.code {
            EV_OK => "EV_OK",
            _ => code.name,
        };
        let source = match code.documents {
            "" => code.scope.to_owned(),
            documents => listed(documents.chars().map(String::from)),
        };
        let (meaning, cause) = (code.zh.to_owned(), code.cause.to_owned());
        vec![code.code.to_string(), quoted(name), source, meaning, cause]
    };
    table("返回码 名称 来源 含义 原因", codes::all().map(row))
}

fn config() -> String {
    let row = |field: &fields::Field| {
        let (kind, values) = match field.kind {
            Kind::Text => ("字符串", "非空".to_owned()),
            Kind::Limited(max) => ("字符串", format!("1 至 {max} 个字符")),
            Kind::Form(right, _) => ("字符串", right.to_owned()),
            Kind::Path => ("字符串", "路径".to_owned()),
            Kind::Choice(words, _) => ("字符串", listed(words.iter().map(|word| quoted(word)))),
            Kind::Number(from, to, _) => ("整数", format!("{from} 至 {to}")),
            Kind::Texts(right, _) => ("字符串数组", format!("每项为{right}")),
            Kind::Several(right, _, max) => ("字符串或数组", format!("{right}；或 1 至 {max} 个")),
            Kind::Object => ("对象", "名称和值都是字符串".to_owned()),
        };
        let needed = match field.needed {
            Needed::OneOf(names) => listed(names.iter().map(|name| quoted(name))) + " 有其一",
            Needed::Yes => yes_or_no(true),
            Needed::No => yes_or_no(false),
        };
        vec![
            quoted(field.name),
            kind.to_owned(),
            needed,
            quoted(&field.default()),
            values,
            field.zh.to_owned(),
            quoted(field.example),
        ]
    };
    let head = "配置项 类型 必填 默认值 取值 含义 示例";
    table(head, fields::fields().iter().map(row))
}

/// A section for each of these codes.
fn sections(such: impl Fn(&&Code) -> bool) -> String {
    let line = |who, words: &str| match words {
        "" => String::new(),
        words => format!("- {who}：{words}\n"),
    };
    let section = |code: &Code| {
        let title = [&code.code.to_string(), code.name, code.zh];
        let title = title.into_iter().filter(|part| !part.is_empty());
        [
            format!("### {}\n\n", title.collect::<Vec<_>>().join(" ")),
            line("原因", code.cause),
            line("收费员", code.operator[0]),
            line("维护者", code.developer[0]),
        ]
        .concat()
    };
    codes::all()
        .filter(such)
        .map(section)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The cells of the head are words.
fn table(head: &str, rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| {
        let cells = cells.iter().map(|cell| match cell.as_str() {
            "" => " |".to_owned(),
            some => format!(" {some} |"),
        });
        format!("|{}\n", cells.collect::<String>())
    };
    let head: Vec<_> = head.split(' ').map(str::to_owned).collect();
    let rule = head.iter().map(|_| "---".to_owned()).collect();
    [head, rule].into_iter().chain(rows).map(line).collect()
}

fn quoted(text: &str) -> String {
    match text {
        "" => String::new(),
        some => format!("`{some}`"),
    }
}

fn listed(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("、")
}

fn yes_or_no(yes: bool) -> String {
    if yes { "是" } else { "否" }.to_owned()
}

/// What the manual, which people write, has no place for, and what it has a place for that is no
/// more.
pub(super) fn missing(manual: &str, functions: &[Function]) -> Vec<String> {
    let section = |title: &str| {
        let (_, rest) = manual.split_once(&format!("\n### {title}"))?;
        Some(rest.split("\n##").next().unwrap_or(rest))
    };
    let mut missing = Vec::new();
    for function in functions {
        let argument = |kind, name: &str| format!("{}{name}", KINDS[kind as usize].1);
        let arguments = match function.list(", ", argument) {
            none if none.is_empty() => "void".to_owned(),
            some => some,
        };
        let prototype = format!("\nint32_t {}({arguments});\n", function.name);
        let section = section(&format!("{}\n", function.name));
        if !section.is_some_and(|section| section.contains(&prototype)) {
            missing.push(format!("no section {} with{prototype}", function.name));
        }
        if !manual.contains(&format!("[{0}](#{0})", function.name)) {
            missing.push(format!("no {} in the list of functions", function.name));
        }
    }
    let titles = manual.lines().filter_map(|line| line.strip_prefix("### "));
    let titles = titles.filter(|title| title.starts_with("ev_"));
    let unknown = titles.filter(|title| functions.iter().all(|known| known.name != *title));
    missing.extend(unknown.map(|title| format!("there is no {title}")));
    let named = missing.into_iter().map(|what| format!("{MANUAL}: {what}"));
    named.collect()
}

/// The functions that the C++ header, which people write, does not call.
pub(super) fn uncalled(cpp: &str, functions: &[Function]) -> Vec<String> {
    let words: Vec<_> = cpp
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    let uncalled = functions.iter().filter(|f| !words.contains(&&*f.name));
    let named = uncalled.map(|function| format!("{CPP}: it calls no {}", function.name));
    named.collect()
}
