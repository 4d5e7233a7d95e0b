//! The interface's own description: what it names is there, and what is there is named.

mod common;

use common::{Reply, Wire, centre};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

fn ask(url: &str, method: &str, path: &str, body: &str) -> Reply {
    let mut wire = Wire::http(url);
    wire.send(&format!(
        "{} /sandbox/api{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        method.to_uppercase(),
        body.len()
    ));
    wire.reply()
}

fn document(url: &str) -> Value {
    let reply = ask(url, "get", "/openapi.json", "");
    assert_eq!(reply.status, 200);
    reply.json()
}

/// Each path with each method that the document names.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let named = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(|method| (path.clone(), method.clone()))
    });
    named.collect()
}

/// Each path with each method that the sources route.
fn routes() -> BTreeSet<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/station");
    let mut routes = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in source.lines() {
            let Some((_, route)) = line.split_once(".route(\"") else {
                continue;
            };
            let (path, handlers) = route.split_once("\", ").unwrap();
            if path.starts_with("/sandbox") {
                continue;
            }
            for method in METHODS {
                let is_there = handlers.starts_with(&format!("{method}("))
                    || handlers.contains(&format!(").{method}("));
                if is_there {
                    routes.insert((path.to_owned(), method.to_owned()));
                }
            }
        }
    }
    routes
}

#[test]
fn every_route_is_described_and_every_description_has_its_route() {
    let centre = centre();
    let document = document(&centre.url());
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let named = operations(&document);
    assert_eq!(named, routes());
    assert!(named.len() > 20, "{named:?}");
    let of = |(path, method): &(String, String)| document["paths"][path][method].clone();
    let ids: BTreeSet<String> = named
        .iter()
        .map(|one| of(one)["operationId"].to_string())
        .collect();
    assert_eq!(ids.len(), named.len(), "an operation has a name of its own");
}

/// Each reference leads to a schema, and each schema is referred to.
#[test]
fn its_references_lead_somewhere() {
    let centre = centre();
    let document = document(&centre.url());
    let text = document.to_string();
    let used: BTreeSet<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let there: BTreeSet<&str> = schemas.keys().map(String::as_str).collect();
    assert_eq!(used, there);
}

const CASE: &str = "/acceptance/cases/{id}";
const START: &str = "/acceptance/cases/{id}/start";
const WORD: &str = "/acceptance/cases/{id}/word";
const CLOSE: &str = "/acceptance/cases/{id}/close";
const ASIDE: &str = "/acceptance/cases/{id}/not-applicable";

/// What is answered has the status, and the fields, that are described; a wrong question, too.
#[test]
fn what_is_answered_is_described() {
    let centre = centre();
    let document = document(&centre.url());
    let url = centre.url();
    for (method, path, described, body) in [
        ("get", "/exchanges", "/exchanges", ""),
        ("get", "/exchanges?limit=x", "/exchanges", ""),
        ("get", "/exchanges?odd=1", "/exchanges", ""),
        ("get", "/exchanges/wait?timeoutMs=1", "/exchanges/wait", ""),
        (
            "get",
            "/exchanges/wait?timeoutMs=60001",
            "/exchanges/wait",
            "",
        ),
        ("get", "/exchanges/9?save=maybe", "/exchanges/{id}", ""),
        ("get", "/exchanges/9", "/exchanges/{id}", ""),
        ("get", "/patients", "/patients", ""),
        ("post", "/patients", "/patients", r#"{"words":["pwd"]}"#),
        ("post", "/patients", "/patients", r#"{"words":["odd"]}"#),
        ("post", "/patients", "/patients", "{"),
        ("get", "/patients/nobody", "/patients/{token}", ""),
        (
            "post",
            "/patients/nobody/sign",
            "/patients/{token}/sign",
            r#"{"sign":"signed"}"#,
        ),
        ("get", "/channel", "/channel", ""),
        ("put", "/channel", "/channel", r#"{"mode":"odd"}"#),
        ("post", "/channel/charge", "/channel/charge", "{}"),
        ("get", "/faults", "/faults", ""),
        ("get", "/faults/kinds", "/faults/kinds", ""),
        (
            "post",
            "/faults/rules",
            "/faults/rules",
            r#"{"fault":"half"}"#,
        ),
        (
            "post",
            "/faults/rules",
            "/faults/rules",
            r#"{"fault":"odd"}"#,
        ),
        ("delete", "/faults/rules/9", "/faults/rules/{id}", ""),
        (
            "put",
            "/faults/chaos",
            "/faults/chaos",
            r#"{"seed":1,"share":2}"#,
        ),
        (
            "put",
            "/faults/rate",
            "/faults/rate",
            r#"{"perSecond":null}"#,
        ),
        (
            "put",
            "/faults/clock",
            "/faults/clock",
            r#"{"offsetSeconds":1}"#,
        ),
        (
            "post",
            "/faults/held/9/release",
            "/faults/held/{exchange}/release",
            "{}",
        ),
        ("get", "/setup", "/setup", ""),
        ("get", "/acceptance", "/acceptance", ""),
        ("put", "/acceptance", "/acceptance", r#"{"tester":"x"}"#),
        ("put", "/acceptance", "/acceptance", r#"{"amount":"x"}"#),
        ("get", "/acceptance/cases/P01", CASE, ""),
        ("get", "/acceptance/cases/P99", CASE, ""),
        (
            "post",
            "/acceptance/cases/P02/word",
            WORD,
            r#"{"pressed":true}"#,
        ),
        ("post", "/acceptance/cases/P01/start", START, "{}"),
        (
            "post",
            "/acceptance/cases/P01/word",
            WORD,
            r#"{"pressed":true}"#,
        ),
        ("post", "/acceptance/cases/P01/word", WORD, "{}"),
        ("post", "/acceptance/cases/P01/close", CLOSE, "{}"),
        ("post", "/acceptance/cases/P01/not-applicable", ASIDE, "{}"),
        (
            "post",
            "/acceptance/cases/P01/not-applicable",
            ASIDE,
            r#"{"reason":"x"}"#,
        ),
        (
            "get",
            "/acceptance/report?format=json",
            "/acceptance/report",
            "",
        ),
        (
            "get",
            "/acceptance/report?format=odd",
            "/acceptance/report",
            "",
        ),
        ("delete", "/acceptance", "/acceptance", ""),
    ] {
        let reply = ask(&url, method, path, body);
        let answers = &document["paths"][described][method]["responses"];
        let answer = &answers[reply.status.to_string()];
        assert!(
            answer.is_object(),
            "{method} {path}: {} is not described",
            reply.status
        );
        let schema = &answer["content"]["application/json"]["schema"];
        let schema = match schema["$ref"].as_str() {
            Some(name) => document.pointer(name.trim_start_matches('#')).unwrap(),
            None => schema,
        };
        let value = reply.json();
        for field in schema["required"].as_array().into_iter().flatten() {
            let name = field.as_str().unwrap();
            assert!(
                value.get(name).is_some(),
                "{method} {path}: no {name} in {value}"
            );
        }
        if let (Some(known), Some(there)) = (schema["properties"].as_object(), value.as_object()) {
            for name in there.keys() {
                assert!(
                    known.contains_key(name),
                    "{method} {path}: {name} is not described"
                );
            }
        }
    }
}
