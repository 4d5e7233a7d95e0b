//! The scripts for PowerBuilder and VB6, whose compilers are not at hand: what can be held of them
//! without. That they compile is more than this can say.

use std::collections::BTreeMap;

use crate::r#gen;
use crate::r#gen::contract::Kind;
use crate::place;
use crate::sh::read;

/// How a language writes what is looked for.
struct Language {
    readme: &'static str,
    /// The module that the README's scripts use.
    module: Option<&'static str>,
    comment: &'static str,
    /// What a string may stand between. Neither language has backslashes as escapes.
    quotes: &'static [char],
    /// What stands before the name of a function of the scripts' own, where it begins.
    functions: &'static [&'static str],
    /// How the names of such functions begin, and those of the library's.
    prefixes: &'static [&'static str],
    space: &'static str,
    ask: &'static str,
    /// Where `next` is compared with something.
    compared: &'static [&'static str],
    settle: &'static str,
    charge: &'static str,
    blocks: &'static [Block],
}

/// Which lines open a block, and what closes it.
type Block = (fn(&str) -> bool, &'static str);

const VB6: Language = Language {
    readme: "examples/vb6/README.md",
    module: Some("examples/vb6/Evoucher.bas"),
    comment: "'",
    quotes: &['"'],
    functions: &[
        "Public Function ",
        "Private Function ",
        "Public Sub ",
        "Private Sub ",
    ],
    prefixes: &["Ev"],
    space: "Space$",
    ask: "EvAsk",
    compared: &["NextStep = \"", "Case \""],
    settle: "DoSettle",
    charge: "DoCharge",
    blocks: &[
        (
            |line| line.starts_with("If ") && line.ends_with(" Then"),
            "End If",
        ),
        (|line| line.starts_with("Select Case "), "End Select"),
        (|line| line.starts_with("For "), "Next I"),
        (|line| line.starts_with("Do While "), "Loop"),
        (|line| line.contains(" Type "), "End Type"),
        (
            |line| is_definition(&VB6, line) && line.contains(" Sub "),
            "End Sub",
        ),
        (
            |line| is_definition(&VB6, line) && line.contains(" Function "),
            "End Function",
        ),
    ],
};

const POWERBUILDER: Language = Language {
    readme: "examples/powerbuilder/README.md",
    module: None,
    comment: "//",
    quotes: &['"', '\''],
    functions: &[
        "// global function string ",
        "// global function boolean ",
        "// global function long ",
        "// function ",
        "// event ",
        "// application, event ",
        "// cb_",
    ],
    prefixes: &["Ev", "f_ev_", "of_"],
    space: "Space",
    ask: "f_ev_ask",
    compared: &["\"next\") = \"", "case \""],
    settle: "parent.of_settle",
    charge: "this.of_charge",
    blocks: &[
        (
            |line| line.starts_with("if ") && line.ends_with(" then"),
            "end if",
        ),
        (|line| line.starts_with("choose case "), "end choose"),
        (|line| line.starts_with("for "), "next"),
        (|line| line.starts_with("do while "), "loop"),
        (|line| line == "try", "end try"),
    ],
};

fn is_definition(language: &Language, line: &str) -> bool {
    language
        .functions
        .iter()
        .any(|start| line.starts_with(start))
}

/// A page's blocks of code, each with what stands behind its opening fence.
fn blocks(page: &str) -> Vec<String> {
    let page = read(&place::repository().join(page)).unwrap();
    let blocks = page.split("\n```").skip(1).step_by(2);
    blocks.map(str::to_owned).collect()
}

/// All scripts of a language, the declarations of the library's functions left out.
fn scripts(language: &Language) -> String {
    let mut text: String = blocks(language.readme)
        .iter()
        .filter_map(|block| block.split_once('\n'))
        .map(|(_, block)| format!("{block}\n"))
        .collect();
    if let Some(module) = language.module {
        text += &read(&place::repository().join(module)).unwrap();
    }
    text.lines()
        .filter(|line| !line.contains(".dll\""))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A line without its comment and the blanks around it. A comment that begins a function stays.
fn code<'a>(language: &Language, line: &'a str) -> &'a str {
    if is_definition(language, line) {
        return line;
    }
    let mut quote = None;
    for (at, letter) in line.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if line[at..].starts_with(language.comment) => return line[..at].trim(),
            None if language.quotes.contains(&letter) => quote = Some(letter),
            None => {}
        }
    }
    line.trim()
}

/// What is called in a line, as names and arguments: `Name(…)`, and `Name (…)` where one is
/// defined.
fn calls(language: &Language, line: &str) -> Vec<(String, Vec<String>)> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut calls = Vec::new();
    for (at, _) in line.match_indices('(') {
        let before = line[..at].trim_end();
        let start = before
            .rfind(|letter| !is_name(letter))
            .map_or(0, |at| at + 1);
        let name = &before[start..];
        if language
            .prefixes
            .iter()
            .any(|prefix| name.starts_with(prefix))
        {
            calls.push((name.to_owned(), arguments(language, &line[at + 1..])));
        }
    }
    calls
}

/// The arguments up to the parenthesis that closes them.
fn arguments(language: &Language, text: &str) -> Vec<String> {
    let mut arguments = vec![String::new()];
    let mut quote = None;
    let mut depth = 0;
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => break,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            (None, _) if language.quotes.contains(&letter) => quote = Some(letter),
            (None, _) => {}
        }
        if let Some(last) = arguments.last_mut() {
            last.push(letter);
        }
    }
    for argument in &mut arguments {
        *argument = argument.trim().to_owned();
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

/// The words that `next` may be, from the header.
fn next_words(header: &str) -> Vec<&str> {
    header
        .lines()
        .filter_map(|line| line.strip_prefix(" *     \"")?.split_once('"'))
        .map(|(word, _)| word)
        .collect()
}

/// What is wrong with the scripts.
fn problems(language: &Language, text: &str) -> Vec<String> {
    let header = read(&place::repository().join(r#gen::HEADER)).unwrap();
    let library: BTreeMap<String, _> = r#gen::functions()
        .unwrap()
        .into_iter()
        .map(|function| (function.stdcall_name(), function.arguments))
        .collect();
    let lines: Vec<&str> = text.lines().map(|line| code(language, line)).collect();
    // Their own functions; `None` takes any number of arguments.
    let own: BTreeMap<String, Option<usize>> = lines
        .iter()
        .filter(|line| is_definition(language, line))
        .flat_map(|line| calls(language, line))
        .map(|(name, given)| {
            let any = given
                .iter()
                .any(|argument| argument.starts_with("ParamArray"));
            (name, (!any).then_some(given.len()))
        })
        .collect();

    let mut problems = Vec::new();
    let mut times = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        let before = &lines[..number];
        if is_definition(language, line) {
            continue;
        }
        for (name, given) in calls(language, line) {
            *times.entry(name.clone()).or_insert(0) += 1;
            let yours = [language.settle, language.charge]
                .iter()
                .any(|yours| yours.ends_with(&name));
            match (library.get(&name), own.get(&name)) {
                (Some(wanted), _) if wanted.len() == given.len() => {
                    for (at, _) in wanted
                        .iter()
                        .enumerate()
                        .filter(|(_, (kind, _))| *kind == Kind::Buffer)
                    {
                        let (buffer, size) = (&given[at], &given[at + 1]);
                        let made = format!("{buffer} = {}({size})", language.space);
                        let last = before
                            .iter()
                            .rev()
                            .take_while(|line| !is_definition(language, line))
                            .find(|line| line.starts_with(&format!("{buffer} =")));
                        if last != Some(&made.as_str()) {
                            problems.push(format!("no \"{made}\" before: {line}"));
                        }
                    }
                }
                (None, Some(wanted)) if wanted.is_none_or(|wanted| wanted == given.len()) => {}
                (None, None) if yours => {}
                _ => problems.push(format!("no {name} with {} arguments: {line}", given.len())),
            }
            if name == language.ask {
                let known = given[0]
                    .strip_prefix('"')
                    .and_then(|service| service.strip_suffix('"'))
                    .is_some_and(|service| header.contains(&format!("({service}, ")));
                if !known {
                    problems.push(format!("not one of the services: {line}"));
                }
            }
        }
        if let Some(start) = language.compared.iter().find_map(|start| line.find(start)) {
            for word in line[start..].split('"').skip(1).step_by(2) {
                if word != "next" && !next_words(&header).contains(&word) {
                    problems.push(format!("next is never {word:?}: {line}"));
                }
            }
        }
        for (what, word) in [
            (language.settle, "\"settle\""),
            (language.charge, "\"charge\""),
        ] {
            if line.starts_with(what) {
                *times.entry(what.to_owned()).or_insert(0) += 1;
                let guard = before.iter().rev().find(|line| !line.is_empty());
                let guards = |line: &&&str| {
                    line.ends_with(word) && line.starts_with(&language.compared[1].replace('"', ""))
                        || line.contains(&format!("{}{}", language.compared[0], &word[1..]))
                };
                if guard.filter(guards).is_none() {
                    problems.push(format!("not only after {word}: {line}"));
                }
            }
        }
    }
    for once in ["EvOpen", "EvClose", language.settle, language.charge] {
        if times.get(once) != Some(&1) {
            problems.push(format!("{once}: {:?} times, not once", times.get(once)));
        }
    }
    for (opens, closes) in language.blocks {
        let opened = lines.iter().filter(|line| opens(line)).count();
        let closed = lines.iter().filter(|line| line == &closes).count();
        if opened != closed || opened == 0 {
            problems.push(format!("{closes}: {closed} times for {opened}"));
        }
    }
    problems
}

#[test]
fn the_scripts_keep_to_the_library() {
    for language in [VB6, POWERBUILDER] {
        assert_eq!(
            problems(&language, &scripts(&language)),
            [""; 0],
            "{}",
            language.readme
        );
    }
}

/// Who reads the Chinese page copies the scripts from it.
#[test]
fn the_chinese_pages_have_the_same_scripts() {
    for language in [VB6, POWERBUILDER] {
        let page = language.readme.replace(".md", ".zh-CN.md");
        let (english, chinese) = (blocks(language.readme), blocks(&page));
        for (number, (wanted, found)) in english.iter().zip(&chinese).enumerate() {
            assert_eq!(found, wanted, "{page}, block {}", number + 1);
        }
        assert_eq!(chinese.len(), english.len(), "{page}");
    }
}

/// It tells the module by the lines that it quotes.
#[test]
fn what_the_chinese_page_quotes_stands_in_the_module() {
    let read = |file| read(&place::repository().join(file)).unwrap();
    let (page, module) = (
        read("examples/vb6/README.zh-CN.md"),
        read("examples/vb6/Evoucher.bas"),
    );
    let (_, section) = page.split_once("\n## 模块 Evoucher.bas\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let quoted = |line: &str| {
        let quote = line.strip_prefix("- `")?;
        Some(quote.split_once("`：").unwrap_or((quote, "")).0.to_owned())
    };
    let quotes: Vec<String> = section.lines().filter_map(quoted).collect();
    assert_ne!(quotes, [""; 0]);
    for quote in quotes {
        assert!(module.contains(&quote), "{quote}");
    }
}

#[test]
fn mistakes_in_the_scripts_are_noticed() {
    for (language, mistakes) in [
        (
            VB6,
            [
                ("EvOpen(Config, Handle)", "EvOpen(Config)"),
                ("Call EvClose(Handle)", "EvOpen(Config, Handle)"),
                ("Buffer = Space$(REPLY_SIZE)", "Buffer = \"\""),
                ("Buffer = Space$(Size)", "Buffer = Space$(1024)"),
                ("Case \"wait\"", "Case \"waiting\""),
                ("NextStep = \"settle\" Then", "NextStep = \"wait\" Then"),
                ("Case \"charge\"", "Case \"charge\", \"retry\""),
                ("EvAsk(\"signedQuery\"", "EvAsk(\"signedQurey\""),
                ("EvGate(\"qrcode\", ", "EvGate("),
                ("        cmdSettle.Enabled = True\n    End If", ""),
            ],
        ),
        (
            POWERBUILDER,
            [
                (
                    "EvOpen(\"@\" + ls_path, gl_ev_client)",
                    "EvOpen(gl_ev_client)",
                ),
                ("then EvClose(gl_ev_client)", "then return"),
                ("ls_reply = Space(8192)", "ls_reply = \"\""),
                ("ls_reply = Space(ll_size)", "ls_reply = Space(1024)"),
                ("case \"wait\"\n        of", "case \"waiting\"\n        of"),
                ("\"next\") = \"settle\"", "\"next\") <> \"settle\""),
                (
                    "case \"charge\"\n        this.of_charge",
                    "case \"charge\", \"retry\"\n        this.of_charge",
                ),
                ("f_ev_ask(\"signedQuery\"", "f_ev_ask(\"signedQurey\""),
                ("f_ev_gate(\"qrcode\", ", "f_ev_gate("),
                ("        this.enabled = true\n    end if", ""),
            ],
        ),
    ] {
        let text = scripts(&language);
        for (right, wrong) in mistakes {
            let changed = text.replacen(right, wrong, 1);
            assert_ne!(changed, text, "{right}");
            assert_ne!(problems(&language, &changed), [""; 0], "{wrong}");
        }
    }
}
