//! Each file that is made, or holds something that is: written, or compared.

use super::bindings::{self, BINDINGS};
use super::pages;
use super::{HEADER, WRITE, contract};
use crate::sh::{self, Result};
use std::env;

#[test]
fn everything_is_current() {
    let mut wrong = Vec::new();
    for (file, text) in files().unwrap() {
        let path = sh::root().join(file);
        match env::var_os(WRITE) {
            Some(_) => sh::write(&path, &text).unwrap(),
            None => wrong.extend(difference(file, &sh::read(&path).unwrap(), &text)),
        }
    }
    if !wrong.is_empty() {
        wrong.push("cargo xtask gen writes what it should be".to_owned());
    }
    wrong.extend(by_hand().unwrap());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Each file with the text that it should have.
fn files() -> Result<Vec<(&'static str, String)>> {
    let functions = contract::functions(evoucher::HEADER)?;
    let bindings = BINDINGS.iter();
    let bindings = bindings.map(|binding| (binding.file, binding.regions(&functions)));
    let mut files = vec![(HEADER, evoucher::HEADER.to_owned())];
    for (file, regions) in bindings.chain(pages::regions()) {
        let mut text = sh::read(&sh::root().join(file))?;
        for (name, lines) in regions {
            text = with_region(&text, name, &lines)
                .ok_or_else(|| format!("{file}: no <gen:{name}> and </gen:{name}>"))?;
        }
        files.push((file, text));
    }
    Ok(files)
}

/// What a person has to write, and has not.
fn by_hand() -> Result<Vec<String>> {
    let functions = contract::functions(evoucher::HEADER)?;
    let manual = sh::read(&sh::root().join(pages::MANUAL))?;
    let mut missing = pages::missing(&manual, &functions);
    let cpp = sh::read(&sh::root().join(pages::CPP))?;
    missing.extend(pages::uncalled(&cpp, &functions));
    let (defined, known) = (bindings::defined(evoucher::HEADER), bindings::codes());
    let without_row = defined.iter().filter(|code| !known.contains(code));
    missing.extend(without_row.map(|(name, _)| format!("src/catalogue: EV_{name} has no row")));
    let undefined = known.iter().filter(|code| !defined.contains(code));
    missing.extend(undefined.map(|(name, _)| format!("src/catalogue: no constant EV_{name}")));
    Ok(missing)
}

/// The text with these lines between `<gen:name>` and `</gen:name>`, which stand in comments of
/// whatever language it is in and are indented as the lines are to be.
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

#[test]
fn a_function_that_the_cpp_header_leaves_out_is_named() {
    let header = "\nint32_t EV_CDECL ev_seal(void);\nint32_t EV_CDECL ev_check(void);\n";
    let functions = contract::functions(header).unwrap();
    let uncalled = |cpp| pages::uncalled(cpp, &functions).len();
    assert_eq!(uncalled("ask(ev_seal, text); ev_check(handle())"), 0);
    assert_eq!(uncalled("ask(ev_unseal, text); ev_check(handle())"), 1);
}
