//! How a run stands, for a person to read.

use super::each;
use crate::Tongue;
use crate::out::Out;
use serde_json::Value;
use std::io;

/// Who was tested, how many cases came to what, and everything that was found.
pub fn show(whole: &Value, tongue: Tongue, out: &Out) -> io::Result<()> {
    let about = ["institution", "program", "version", "tester"];
    let about = about.map(|name| whole["about"][name].as_str().unwrap_or_default());
    let about: Vec<_> = about.into_iter().filter(|text| !text.is_empty()).collect();
    let heading = [&[tongue.of(["验收", "acceptance"])], &*about].concat();
    out.line(&heading.join("  "))?;
    for count in each(&whole["counts"]) {
        let title = padded(tongue.text(&count["title"]), 16);
        let cases = count["cases"].as_u64().unwrap_or_default();
        out.line(&format!("  {title}{cases:>3}"))?;
    }
    for case in each(&whole["cases"]) {
        if ["failed", "warning"].contains(&case["state"].as_str().unwrap_or_default()) {
            show_case(case, tongue, out)?;
        }
    }
    for count in each(&whole["counts"]) {
        let state = &count["state"];
        if *state == "open" || *state == "running" {
            let cases = each(&whole["cases"]).filter(|case| case["state"] == *state);
            let ids: Vec<_> = cases.filter_map(|case| case["id"].as_str()).collect();
            if !ids.is_empty() {
                let title = padded(tongue.text(&count["title"]), 16);
                out.line(&format!("{title}{}", ids.join(" ")))?;
            }
        }
    }
    Ok(())
}

/// What a case has come to, and what was found.
pub fn show_case(case: &Value, tongue: Tongue, out: &Out) -> io::Result<()> {
    let state = padded(tongue.text(&case["stateTitle"]), 16);
    let id = case["id"].as_str().unwrap_or_default();
    let title = tongue.text(&case["title"]);
    let reason = match case["reason"].as_str() {
        Some(reason) => format!(": {reason}"),
        None => String::new(),
    };
    out.line(&format!("{state}{id}  {title}{reason}"))?;
    for finding in each(&case["findings"]) {
        show_finding(finding, tongue, out)?;
    }
    Ok(())
}

fn show_finding(finding: &Value, tongue: Tongue, out: &Out) -> io::Result<()> {
    let fails = finding["weight"] == "fails";
    let mark = match fails {
        true => tongue.of(["不通过", "fails"]),
        false => tongue.of(["警告", "warns"]),
    };
    let section = finding["section"].as_str().unwrap_or_default();
    out.line(&format!("  {mark}  [{section}]"))?;
    for (name, text) in [
        (["应", "expected"], &finding["expected"]),
        (["实", "seen"], &finding["seen"]),
    ] {
        let name = padded(tongue.of(name), 10);
        out.line(&format!("    {name}{}", tongue.text(text)))?;
    }
    let exchanges = each(&finding["exchanges"]).map(Value::to_string);
    let exchanges: Vec<_> = exchanges.collect();
    if !exchanges.is_empty() {
        let name = padded(tongue.of(["交互", "exchanges"]), 10);
        out.line(&format!("    {name}{}", exchanges.join(", ")))?;
    }
    Ok(())
}

/// A word in so many columns: Chinese characters are two wide.
pub fn padded(word: &str, columns: usize) -> String {
    let wide = word.chars().filter(|c| !c.is_ascii()).count();
    let pad = columns.saturating_sub(word.chars().count() + wide);
    format!("{word}{:pad$}", "")
}
