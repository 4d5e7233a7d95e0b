//! The functions of the library as the committed header declares them: what exports, import libraries and every
//! binding are held against.

use std::collections::BTreeMap;
use std::path::Path;

use super::place;
use super::run::{Result, read};

/// What one argument is, whatever a language calls it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Argument {
    /// `int32_t`
    Number,
    /// `int32_t *`
    NumberOut,
    /// `const char *`
    Text,
    /// `char *`: a buffer of the caller's
    Buffer,
    /// anything else that is a pointer
    Pointer,
}

/// Functions by their cdecl names, with their arguments.
pub(crate) type Functions = BTreeMap<String, Vec<Argument>>;

/// The functions of `include/evoucher.h`.
pub(crate) fn functions() -> Result<Functions> {
    let header = header();
    let functions = parse(&read(&header)?)?;
    if functions.is_empty() {
        return Err(format!("{}: no function found", header.display()));
    }
    Ok(functions)
}

pub(crate) fn header() -> std::path::PathBuf {
    place::repository().join(Path::new("include/evoucher.h"))
}

/// `ev_signed_query` is `EvSignedQuery` for callers that can only do stdcall.
pub(crate) fn stdcall_name(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect()
}

/// The bytes that a stdcall function takes off a 32-bit stack: every argument is a number or a pointer.
pub(crate) fn stack_bytes(arguments: &[Argument]) -> usize {
    arguments.len() * 4
}

fn parse(header: &str) -> Result<Functions> {
    let text = without_comments(header);
    let mut functions = Functions::new();
    for statement in text.split(';') {
        let Some(start) = statement.find(" ev_") else {
            continue;
        };
        let declaration = &statement[start + 1..];
        let Some((name, arguments)) = declaration.split_once('(') else {
            continue;
        };
        let arguments = arguments.trim_end().strip_suffix(')').ok_or_else(|| {
            format!("the header's declaration of {name} is not understood: {arguments}")
        })?;
        functions.insert(
            name.trim().to_owned(),
            split(arguments).iter().map(|a| kind(a)).collect(),
        );
    }
    Ok(functions)
}

/// The arguments between commas that are not inside the parentheses of a function pointer.
fn split(arguments: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in arguments.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if letter == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts.retain(|part| !matches!(part.trim(), "" | "void"));
    parts
}

fn kind(argument: &str) -> Argument {
    let words: String = argument.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.starts_with("const char *") {
        Argument::Text
    } else if words.starts_with("char *") {
        Argument::Buffer
    } else if words.starts_with("int32_t *") {
        Argument::NumberOut
    } else if words.starts_with("int32_t ") && !words.contains('(') {
        Argument::Number
    } else {
        Argument::Pointer
    }
}

fn without_comments(header: &str) -> String {
    let mut text = String::new();
    let mut rest = header;
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .map(|line| line.split("//").next().unwrap_or_default())
        .fold(String::new(), |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_cbindgen_writes() {
        let header = "#if defined(X)\n/* int32_t ev_no(void); */\nint32_t ev_version(char *reply,\n  int32_t reply_size);\n\
            int32_t ev_open(const char *config, int32_t *client); // int32_t ev_not(int32_t a);\n\
            int32_t ev_last_reply_size(void);\n\
            int32_t ev_on_progress(int32_t client, int32_t (*fn)(void *user, const char *event), void *user);";
        let functions = parse(header).unwrap();
        assert_eq!(functions.len(), 4);
        assert_eq!(
            functions["ev_version"],
            [Argument::Buffer, Argument::Number]
        );
        assert_eq!(functions["ev_open"], [Argument::Text, Argument::NumberOut]);
        assert_eq!(functions["ev_last_reply_size"], []);
        assert_eq!(
            functions["ev_on_progress"],
            [Argument::Number, Argument::Pointer, Argument::Pointer]
        );
    }

    #[test]
    fn names_the_stdcall_twin() {
        assert_eq!(
            stdcall_name("ev_token_pwd_check_notc"),
            "EvTokenPwdCheckNotc"
        );
    }
}
