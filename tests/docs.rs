//! The documentation's examples are conversations that take place, and its tables are the code's.

mod common;

use common::{SERVICES, centre, config, library};
use encoding_rs::{GBK, UTF_8};
use evoucher::catalogue::services;
use serde_json::Value;

const SERVICES_PAGE: &str = include_str!("../docs/services.md");
const PACKED: &str = include_str!("../packaging/sandbox-evoucher.json");
const PACKED_GBK: &str = include_str!("../packaging/sandbox-evoucher-gbk.json");

/// The fenced blocks of JSON: what stands behind "json" on the fence, and the text.
fn examples(page: &str) -> Vec<(&str, &str)> {
    page.split("```json ")
        .skip(1)
        .map(|block| {
            let (title, rest) = block.split_once('\n').unwrap();
            (title, rest.split_once("```").unwrap().0)
        })
        .collect()
}

/// A reply without what is another one each time: only that it is there.
fn comparable(mut reply: Value) -> Value {
    for changing in [
        "/requestId",
        "/elapsedMs",
        "/data/resBizNo",
        "/data/payCert",
    ] {
        if let Some(value) = reply.pointer_mut(changing) {
            assert!(!value.is_null(), "{changing}");
            *value = Value::Null;
        }
    }
    reply
}

#[test]
fn the_examples_of_the_services() {
    let centre = centre();
    let client = library().open(&config(centre.url()));
    let examples = examples(SERVICES_PAGE);
    let mut shown = Vec::new();
    for pair in examples.chunks(2) {
        let [(title, request), ("reply", reply)] = pair else {
            panic!("a request, then its reply: {pair:?}");
        };
        let name = title.strip_prefix("request ").unwrap();
        let (_, function) = SERVICES
            .iter()
            .find(|(service, _)| *service == name)
            .unwrap();
        let expected: Value = serde_json::from_str(reply).unwrap();
        let real = client.call_text(function, request.trim_end()).json();
        assert_eq!(comparable(real), comparable(expected), "{name}");
        shown.push(name);
    }
    // The page has the documents' four; the manual has all.
    assert!(shown.len() >= 4, "{shown:?}");
}

#[test]
fn the_fields_of_the_services() {
    for service in services::SERVICES {
        let heading = format!("\n## {}\n", service.name);
        let Some((_, section)) = SERVICES_PAGE.split_once(&heading) else {
            continue;
        };
        let section = section.split("\n## ").next().unwrap();
        let (requests, replies) = section.split_once("| 应答字段 |").unwrap();
        for field in service.fields {
            let required = if field.required { "是" } else { "否" };
            let row = format!("| `{}` | {required} | {} |", field.name, field.max);
            assert!(requests.contains(&row), "{}: {row}", service.name);
        }
        let rows = requests.matches("\n| `").count();
        assert_eq!(rows, service.fields.len(), "{}", service.name);
        assert!(replies.contains(&format!("| `{}` |", service.state)));
    }
}

/// The packages bring a configuration for the simulated centre to each kind of program.
#[test]
fn the_packed_configurations() {
    let centre = centre();
    for (text, encoding) in [(PACKED, UTF_8), (PACKED_GBK, GBK)] {
        let mut config: Value = serde_json::from_str(text).unwrap();
        config["localUrl"] = centre.url().into();
        let client = library().open(&config);
        let reply = client.call_text("ev_signed_query", r#"{"token":"signed-1"}"#);
        let (read, _, garbled) = encoding.decode(&reply.bytes);
        assert!(!garbled);
        assert!(read.contains(r#""message":"成功""#), "{read}");
        assert!(read.contains(r#""next":"get_certificate""#), "{read}");
    }
}
