//! The rooms of `src/` (ARCHITECTURE.md): what each may import, where `unsafe` stands, and how long
//! a file may be.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may import. All of those stand above it: nothing looks up.
const ROOMS: &[(&str, &[&str])] = &[
    ("os", &[]),
    ("catalogue", &[]),
    ("error", &["catalogue"]),
    ("json", &["error"]),
    ("charset", &["catalogue", "error"]),
    ("moment", &[]),
    ("reply", &["os", "catalogue", "error", "json", "moment"]),
    (
        "envelope",
        &["catalogue", "error", "json", "charset", "reply"],
    ),
    (
        "config",
        &["os", "catalogue", "error", "json", "charset", "envelope"],
    ),
    (
        "risk",
        &[
            "os",
            "catalogue",
            "error",
            "json",
            "moment",
            "reply",
            "config",
        ],
    ),
    ("transport", &["os", "catalogue", "error", "config"]),
    (
        "client",
        &[
            "os",
            "catalogue",
            "error",
            "json",
            "moment",
            "reply",
            "envelope",
            "config",
            "risk",
            "transport",
        ],
    ),
    (
        "flow",
        &["catalogue", "error", "json", "reply", "risk", "client"],
    ),
    (
        "dispatch",
        &[
            "catalogue",
            "error",
            "json",
            "charset",
            "reply",
            "config",
            "risk",
            "client",
            "flow",
        ],
    ),
    (
        "ffi",
        &[
            "os",
            "catalogue",
            "error",
            "charset",
            "reply",
            "client",
            "flow",
            "dispatch",
        ],
    ),
];

/// The rooms that may have `unsafe` in them.
const UNSAFE: [&str; 2] = ["os", "ffi"];

const LONGEST_FILE: usize = 450;

/// A file of `src/`, and its room.
struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let inside = path.strip_prefix(&src).unwrap();
                let room = inside.iter().next().unwrap().to_str().unwrap();
                sources.push(Source {
                    room: room.trim_end_matches(".rs").to_owned(),
                    text: fs::read_to_string(&path).unwrap(),
                    path: Path::new("src").join(inside),
                });
            }
        }
    }
    assert!(sources.len() > 20, "that is not all of src/");
    sources
}

/// The text without its comments, each line still where it was.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| match line.trim_start() {
        comment if comment.starts_with("//") => "",
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where each `word` stands that is no part of a longer one: its line, and what follows it.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    code.match_indices(word).filter_map(move |(at, _)| {
        let (before, rest) = (&code[..at], &code[at + word.len()..]);
        let stands_alone = !before.ends_with(is_part) && !rest.starts_with(is_part);
        stands_alone.then(|| (before.matches('\n').count() + 1, rest))
    })
}

/// The name that a text begins with.
fn name(text: &str) -> &str {
    text.split(|c| !is_part(c)).next().unwrap_or_default()
}

/// The first names of what follows `crate::`: one, or those of a group in braces.
fn first_names(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let mut depth = 0;
    let parts = group.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0 || depth < 0
    });
    // What comes behind the group's end is no part of it.
    let parts = parts.map(|part| name(part.trim_start()));
    parts.take_while(|name| !name.is_empty()).collect()
}

/// What of a file looks at another room: the line, and that room's name.
fn looks<'a>(source: &Source, code: &'a str) -> Vec<(usize, &'a str)> {
    let mut looks = Vec::new();
    for (line, rest) in words(code, "crate") {
        if let Some(path) = rest.strip_prefix("::") {
            looks.extend(first_names(path).into_iter().map(|name| (line, name)));
        }
    }
    // From a room's own file `super` is the same place.
    let inside = source.path.iter().count();
    if inside == 2 || inside == 3 && source.path.ends_with("mod.rs") {
        for (line, rest) in words(code, "super") {
            let named = rest.strip_prefix("::").map(name).unwrap_or_default();
            if ROOMS.iter().any(|(room, _)| *room == named) {
                looks.push((line, named));
            }
        }
    }
    looks
}

#[test]
fn no_import_runs_upwards() {
    let mut above = Vec::new();
    for (room, imports) in ROOMS {
        for import in *imports {
            assert!(
                above.contains(import),
                "{import} does not stand above {room}"
            );
        }
        above.push(room);
    }

    let mut wrong = Vec::new();
    for source in sources() {
        let (path, room) = (source.path.display(), &source.room);
        if room == "lib" {
            continue;
        }
        let Some((_, imports)) = ROOMS.iter().find(|(name, _)| name == room) else {
            wrong.push(format!(
                "{path}: {room} has no row in tests/architecture.rs"
            ));
            continue;
        };
        let code = code(&source.text);
        for (line, other) in looks(&source, &code) {
            if other != room && !imports.contains(&other) {
                wrong.push(format!("{path}:{line}: {room} may not import {other}"));
            }
        }
        for (line, _) in words(&code, "super").filter(|(_, rest)| rest.starts_with("::super")) {
            wrong.push(format!(
                "{path}:{line}: say crate:: where super::super:: stands"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_stands_at_the_edges_only() {
    let mut wrong = Vec::new();
    let mut found = 0;
    for source in sources() {
        for (line, _) in words(&code(&source.text), "unsafe") {
            found += 1;
            if !UNSAFE.contains(&&*source.room) {
                wrong.push(format!("{}:{line}: unsafe", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 10, "ffi alone has more than that");
}

#[test]
fn no_file_is_too_long() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE {
            let path = source.path.display();
            wrong.push(format!("{path}:{lines}: more than {LONGEST_FILE} lines"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the rules above stand on.
#[test]
fn imports_are_found_however_they_are_written() {
    assert_eq!(first_names("a::b;\n"), ["a"]);
    assert_eq!(
        first_names("{a, b::{c, d},\n    e};\nuse x;"),
        ["a", "b", "e"]
    );
    assert_eq!(first_names("{b::{c, d}}; x, y"), ["b"]);
    let code = code("// crate::a\nuse crate::b;\n  /// crate::c\n    crate_x(crate::d);");
    let found: Vec<_> = words(&code, "crate").collect();
    assert_eq!(found, [(2, "::b;\n\n    crate_x(crate::d);"), (4, "::d);")]);
}
