//! `cargo xtask gen`: what is made from the exports and kept in the repository. build.rs makes the header, which is the
//! one contract, with every build; the bindings' regions are made from that.

mod bindings;
pub(crate) mod contract;

use crate::sh::{self, Result};
use std::path::Path;

/// The one contract.
pub(crate) const HEADER: &str = "include/evoucher.h";

/// What is done about a file that is not what it should be.
#[derive(Clone, Copy)]
pub enum Mode {
    /// It is written.
    Write,
    /// Its first wrong line is named, and that is a failure.
    Check,
}

/// Writes, or checks, every file that is made.
pub fn run(mode: Mode) -> Result {
    let mut wrong = Vec::new();
    for (file, text) in made()? {
        let path = sh::root().join(file);
        match mode {
            Mode::Write => sh::write(&path, &text)?,
            Mode::Check => wrong.extend(difference(file, &sh::read(&path)?, &text)),
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    wrong.push("cargo xtask gen writes what it should be".to_owned());
    Err(wrong.join("\n"))
}

/// The functions of the committed header.
pub(crate) fn functions() -> Result<Vec<contract::Function>> {
    contract::functions(&sh::read(&sh::root().join(HEADER))?)
}

/// Each file with the text that it should have.
fn made() -> Result<Vec<(&'static str, String)>> {
    let header = header()?;
    let functions = contract::functions(&header)?;
    let codes = bindings::codes(&header);
    let mut files = vec![(HEADER, header.clone())];
    for binding in &bindings::BINDINGS {
        let mut text = sh::read(&sh::root().join(binding.file))?;
        for (name, lines) in binding.regions(&functions, &codes) {
            text = with_region(&text, name, &lines)
                .ok_or_else(|| format!("{}: no <gen:{name}> and </gen:{name}>", binding.file))?;
        }
        files.push((binding.file, text));
    }
    Ok(files)
}

/// The header that the present sources make.
fn header() -> Result<String> {
    let check = ["check", "-q", "-p", "evoucher", "--message-format=json"];
    let messages = sh::run(&mut sh::cargo(&check))?;
    let folder = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "build-script-executed")
        .filter_map(|message| message["out_dir"].as_str().map(str::to_owned))
        .find(|folder| Path::new(folder).join("evoucher.h").is_file())
        .ok_or("build.rs made no header")?;
    sh::read(&Path::new(&folder).join("evoucher.h"))
}

/// The text with these lines between `<gen:name>` and `</gen:name>`, which stand in comments of whatever language it is
/// in and are indented as the lines are to be.
fn with_region(text: &str, name: &str, lines: &str) -> Option<String> {
    let (open, close) = (format!("<gen:{name}>"), format!("</gen:{name}>"));
    let (before, rest) = text.split_once(&open)?;
    let (between, after) = rest.split_once(&close)?;
    let (open_end, _) = between.split_once('\n')?;
    let (_, close_start) = between.rsplit_once('\n')?;
    let indent = &close_start[..close_start.len() - close_start.trim_start().len()];
    let lines: String = lines.lines().map(|l| format!("{indent}{l}\n")).collect();
    Some(format!(
        "{before}{open}{open_end}\n{lines}{close_start}{close}{after}"
    ))
}

/// The first line that is not what it should be.
fn difference(file: &str, is: &str, wanted: &str) -> Option<String> {
    if is == wanted {
        return None;
    }
    let (is, wanted): (Vec<_>, Vec<_>) = (is.split('\n').collect(), wanted.split('\n').collect());
    let same = is.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
    let line = |lines: &[&str]| lines.get(same).copied().unwrap_or_default().to_owned();
    Some(format!(
        "{file}, line {}\n  is:        {}\n  should be: {}",
        same + 1,
        line(&is),
        line(&wanted)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\n  { <gen:x> by gen }\n  old\n  { </gen:x> }\nb\n";

    #[test]
    fn a_region_is_replaced_and_nothing_else() {
        let wanted = "a\n  { <gen:x> by gen }\n  one\n  two\n  { </gen:x> }\nb\n";
        let made = with_region(TEXT, "x", "one\ntwo\n").unwrap();
        assert_eq!(made, wanted);
        assert_eq!(with_region(&made, "x", "one\ntwo\n").unwrap(), wanted);
        assert_eq!(with_region(&made, "x", "old\n").unwrap(), TEXT);
        assert_eq!(with_region(TEXT, "y", ""), None);
        assert_eq!(with_region("<gen:x> a\nb", "x", ""), None);
    }

    #[test]
    fn the_first_wrong_line_is_named() {
        assert_eq!(difference("f", "a\nb\n", "a\nb\n"), None);
        let wrong = |is| difference("f", is, "a\nb\n").unwrap();
        assert!(wrong("a\nc\nd\n").starts_with("f, line 2\n  is:        c\n  should be: b"));
        assert!(wrong("a\n").starts_with("f, line 2\n"));
        assert!(wrong("a\nb").starts_with("f, line 3\n"));
        assert!(wrong("a\nb\nc\n").starts_with("f, line 3\n"));
    }
}
