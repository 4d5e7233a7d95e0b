//! The declarations in every language's binding, against the header. For VB6 and PowerBuilder, whose compilers are not
//! at hand, this is what keeps them right.

use std::collections::BTreeMap;

use super::contract::{self, Argument, Functions};
use super::place;
use super::run::{Result, read};

/// A language's way to declare the functions.
struct Binding {
    file: &'static str,
    /// What stands before a function's name in its declaration.
    before: &'static str,
    stdcall: bool,
    /// Text that goes in and buffers for text that comes out are of one type.
    one_text_type: bool,
    /// What kind of argument a declared one is.
    kind: fn(&str) -> Option<Argument>,
    /// What the language cannot call.
    without: &'static [&'static str],
    /// How the name of a code is written in this language: by the header's.
    constant: Option<fn(&str) -> String>,
}

const BINDINGS: &[Binding] = &[
    Binding {
        file: "examples/csharp/Evoucher.cs",
        before: "static extern int ",
        stdcall: false,
        one_text_type: false,
        kind: |declared| {
            let words: Vec<&str> = declared.split_whitespace().collect();
            match words[..] {
                ["buffer", _] => Some(Argument::Buffer),
                ["byte[]", _] => Some(Argument::Text),
                ["out", "int", _] => Some(Argument::NumberOut),
                ["int", _] => Some(Argument::Number),
                ["ProgressCall" | "IntPtr", _] => Some(Argument::Pointer),
                _ => None,
            }
        },
        without: &[],
        // EV_INVALID_TEXT is EvoucherCode.InvalidText.
        constant: Some(|name| contract::stdcall_name(&name.to_lowercase()).replacen("Ev", "", 1)),
    },
    Binding {
        file: "examples/delphi/Evoucher.pas",
        before: "function ",
        stdcall: true,
        one_text_type: true,
        kind: |declared| match declared.split_once(':')? {
            (name, " Integer") if name.starts_with("var ") => Some(Argument::NumberOut),
            (_, " Integer") => Some(Argument::Number),
            (_, " PAnsiChar") => Some(Argument::Text),
            (_, " TEvProgress" | " Pointer") => Some(Argument::Pointer),
            _ => None,
        },
        without: &[],
        constant: Some(str::to_owned),
    },
    Binding {
        file: "examples/vb6/Evoucher.bas",
        before: "Public Declare Function ",
        stdcall: true,
        one_text_type: true,
        kind: |declared| {
            let words: Vec<&str> = declared.split_whitespace().collect();
            match words[..] {
                ["ByVal", _, "As", "String"] => Some(Argument::Text),
                // What AddressOf gives is a Long like any other.
                ["ByVal", "Callback" | "User", "As", "Long"] => Some(Argument::Pointer),
                ["ByVal", _, "As", "Long"] => Some(Argument::Number),
                ["ByRef", _, "As", "Long"] => Some(Argument::NumberOut),
                _ => None,
            }
        },
        without: &[],
        constant: Some(str::to_owned),
    },
    Binding {
        file: "examples/powerbuilder/external_functions.txt",
        before: "FUNCTION long ",
        stdcall: true,
        one_text_type: false,
        kind: |declared| {
            let words: Vec<&str> = declared.split_whitespace().collect();
            match words[..] {
                ["REF", "string", _] => Some(Argument::Buffer),
                ["string", _] => Some(Argument::Text),
                ["REF", "long", _] => Some(Argument::NumberOut),
                ["long", _] => Some(Argument::Number),
                _ => None,
            }
        },
        // PowerBuilder has no function that a DLL could call back.
        without: &["EvOnProgress"],
        constant: None,
    },
];

/// Every binding declares every function of the header with its arguments, and every code with its number.
fn check() -> Result {
    let functions = contract::functions()?;
    let codes = codes(&read(&contract::header())?);
    let mut problems = Vec::new();
    for binding in BINDINGS {
        let text = read(&place::repository().join(binding.file))?;
        problems.extend(check_functions(binding, &text, &functions));
        if let Some(constant) = binding.constant {
            for (name, number) in &codes {
                if !declares(&text, &constant(name), *number) {
                    problems.push(format!(
                        "{}: no {} = {number}",
                        binding.file,
                        constant(name)
                    ));
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

fn check_functions(binding: &Binding, text: &str, functions: &Functions) -> Vec<String> {
    let file = binding.file;
    let mut problems = Vec::new();
    let mut declared = declared(binding, text);
    for (name, wanted) in functions {
        let name = if binding.stdcall {
            contract::stdcall_name(name)
        } else {
            name.clone()
        };
        match declared.remove(&name) {
            None if binding.without.contains(&name.as_str()) => {}
            None => problems.push(format!("{file}: {name} is not declared")),
            Some(arguments) if !fits(binding, &arguments, wanted) => problems.push(format!(
                "{file}: {name}({arguments}) is not what the header declares: {wanted:?}"
            )),
            Some(_) => {}
        }
    }
    problems.extend(
        declared
            .keys()
            .map(|name| format!("{file}: the library has no {name}")),
    );
    problems
}

/// The declared functions with the text of their arguments.
fn declared(binding: &Binding, text: &str) -> BTreeMap<String, String> {
    let mut declared = BTreeMap::new();
    for line in text.lines() {
        let Some((_, rest)) = line.split_once(binding.before) else {
            continue;
        };
        // A binding has functions of its own too: those name no library.
        if !line.contains("evoucher.dll") && !binding.before.contains("extern") {
            continue;
        }
        let name: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let arguments = rest
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'))
            .map_or("", |(arguments, _)| arguments);
        declared.insert(name, arguments.to_owned());
    }
    declared
}

fn fits(binding: &Binding, arguments: &str, wanted: &[Argument]) -> bool {
    let separator = if binding.file.ends_with(".pas") {
        ';'
    } else {
        ','
    };
    let declared: Vec<Option<Argument>> = arguments
        .replace("[In, Out] byte[]", "buffer")
        .split(separator)
        .filter(|argument| !argument.trim().is_empty())
        .map(|argument| (binding.kind)(argument.trim()))
        .collect();
    declared.len() == wanted.len()
        && declared
            .iter()
            .zip(wanted)
            .all(|(declared, wanted)| match (declared, wanted) {
                (Some(Argument::Text), Argument::Buffer) => binding.one_text_type,
                (Some(declared), wanted) => declared == wanted,
                (None, _) => false,
            })
}

/// The library's own codes: every `#define EV_… -N` of the header.
fn codes(header: &str) -> Vec<(String, i32)> {
    header
        .lines()
        .filter_map(|line| {
            let (name, number) = line.strip_prefix("#define ")?.split_once(' ')?;
            let number = number.trim().parse().ok()?;
            (name.starts_with("EV_") && number < 0).then(|| (name.to_owned(), number))
        })
        .collect()
}

/// A line that gives this name this number.
fn declares(text: &str, name: &str, number: i32) -> bool {
    text.lines().any(|line| {
        let Some((left, right)) = line.split_once('=') else {
            return false;
        };
        left.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| word == name)
            && right.trim().trim_end_matches(';') == number.to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_binding_declares_what_the_header_does() {
        check().unwrap();
    }

    #[test]
    fn wrong_declarations_are_noticed() {
        let functions = contract::functions().unwrap();
        for binding in BINDINGS {
            let text = read(&place::repository().join(binding.file)).unwrap();
            assert_eq!(check_functions(binding, &text, &functions), [""; 0]);
            let name = if binding.stdcall { "EvSeal" } else { "ev_seal" };
            let line = text
                .lines()
                .find(|line| {
                    line.contains(&format!("{name}(")) || line.contains(&format!("{name} Lib"))
                })
                .unwrap();
            let comma = line.find([',', ';']).unwrap();
            let shorter = line.replacen(&line[..=comma], &line[..line.find('(').unwrap() + 1], 1);
            for (what, changed) in [
                ("a function is missing", text.replace(line, "")),
                (
                    "another name",
                    text.replace(line, &line.replace(name, "EvSeel")),
                ),
                ("an argument is missing", text.replace(line, &shorter)),
            ] {
                assert_ne!(changed, text, "{}: {what}", binding.file);
                assert!(
                    !check_functions(binding, &changed, &functions).is_empty(),
                    "{}: {what}",
                    binding.file
                );
            }
        }
    }

    #[test]
    fn old_compilers_read_these_in_any_code_page() {
        for folder in ["delphi", "powerbuilder", "vb6"] {
            let folder = place::repository().join("examples").join(folder);
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|kind| kind != "md") {
                    assert!(read(&path).unwrap().is_ascii(), "{}", path.display());
                }
            }
        }
    }
}
