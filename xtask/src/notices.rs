//! Whose work is linked into what an archive holds: every licence's text for people, and the same
//! as a bill of materials (SBOM, CycloneDX 1.5) for programs.

use crate::place;
use crate::sh::{self, Result, read, write};
use serde_json::{Value, json};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const NOTICES: &str = "THIRD-PARTY-NOTICES.txt";
pub(crate) const SBOM: &str = "evoucher.cdx.json";

/// The library, and the programs that lie beside it.
const ROOTS: [&str; 3] = ["evoucher", "evoucher-sandbox", "evoucher-tool"];

/// What no crate's manifest tells of: name, licence, its text in `packaging/licences`, and whether it
/// is linked on Windows alone.
const RUNTIMES: [(&str, &str, &str, bool); 4] = [
    (
        "The Rust standard library",
        "MIT OR Apache-2.0",
        "rust.txt",
        false,
    ),
    ("SQLite", "blessing", "sqlite.txt", false),
    ("mingw-w64", "ZPL-2.1", "mingw-w64.txt", true),
    (
        "libgcc",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        "libgcc.txt",
        true,
    ),
];

/// A crate that is linked.
struct Crate {
    /// With its version.
    name: String,
    licence: String,
    folder: PathBuf,
    /// In the library, or only in the programs beside it.
    in_library: bool,
    uses: BTreeSet<String>,
}

/// What an archive holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    TheLibrary,
    ProgramsToo,
}

/// Writes both files into an archive's folder, of what is linked for any of the targets in it.
pub(crate) fn make(root: &Path, targets: &[&str], holds: Holds) -> Result {
    let mut all: BTreeMap<String, Crate> = BTreeMap::new();
    for target in targets {
        for linked in crates(target)? {
            match all.entry(linked.name.clone()) {
                Entry::Vacant(place) => drop(place.insert(linked)),
                Entry::Occupied(mut known) => {
                    known.get_mut().in_library |= linked.in_library;
                    known.get_mut().uses.extend(linked.uses);
                }
            }
        }
    }
    let mut crates: Vec<_> = all.into_values().collect();
    crates.retain(|linked| linked.in_library || holds == Holds::ProgramsToo);
    let is_windows = targets.iter().any(|target| target.contains("windows"));
    write(&root.join(NOTICES), notices(&crates, is_windows)?)?;
    let sbom = sbom(&crates, is_windows)?;
    let text = serde_json::to_string_pretty(&sbom).map_err(|error| error.to_string())?;
    write(&root.join(SBOM), text + "\n")
}

/// Every crate that is linked for a target, of other people. What runs only while crates are built
/// is no part of what is handed out.
fn crates(target: &str) -> Result<Vec<Crate>> {
    let text = sh::run(
        Command::new("cargo")
            .current_dir(place::repository())
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(["--filter-platform", target]),
    )?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let (library, all) = (linked(&ROOTS[..1], target)?, linked(&ROOTS, target)?);
    let mut names = BTreeMap::new();
    for package in array(&metadata["packages"]) {
        let name = format!("{} {}", word(&package["name"]), word(&package["version"]));
        names.insert(word(&package["id"]), (name, package));
    }
    // cargo resolves for the whole workspace, so it has more here than what is linked.
    let mut crates = Vec::new();
    for node in array(&metadata["resolve"]["nodes"]) {
        let (name, package) = &names[word(&node["id"])];
        if !all.contains(name) {
            continue;
        }
        let uses = array(&node["dependencies"]).map(|id| names[word(id)].0.clone());
        let manifest = Path::new(word(&package["manifest_path"]));
        crates.push(Crate {
            // An older way to write OR.
            licence: word(&package["license"]).replace('/', " OR "),
            folder: manifest.parent().unwrap_or(manifest).to_owned(),
            in_library: library.contains(name),
            uses: uses.filter(|used| all.contains(used)).collect(),
            name: name.clone(),
        });
    }
    Ok(crates)
}

/// The names and versions of what is linked into these.
fn linked(roots: &[&str], target: &str) -> Result<BTreeSet<String>> {
    let mut tree = Command::new("cargo");
    tree.current_dir(place::repository());
    tree.args(["tree", "--locked", "--edges", "normal,no-proc-macro"]);
    tree.args(["--prefix", "none", "--format", "{p}", "--target", target]);
    let tree = sh::run(tree.args(roots.iter().flat_map(|root| ["-p", root])))?;
    // Ours have their folder behind them, and what was named before has an asterisk.
    let lines = tree
        .lines()
        .filter(|line| !line.is_empty() && !line.contains(" ("));
    Ok(lines.map(|line| line.replacen(" v", " ", 1)).collect())
}

/// The texts, each once, after the list of who wants which.
fn notices(crates: &[Crate], is_windows: bool) -> Result<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut number = |text: String| {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let at = texts.iter().position(|known| words(known) == words(&text));
        at.unwrap_or_else(|| {
            texts.push(text);
            texts.len() - 1
        }) + 1
    };
    let mut list = String::new();
    for (name, licence, file, _) in runtimes(is_windows) {
        let text = read(&place::repository().join("packaging/licences").join(file))?;
        list += &format!("{name}: {licence} [{}]\n", number(text));
    }
    for linked in crates {
        let mut numbers: Vec<_> = texts_of(linked, crates)?
            .into_iter()
            .map(&mut number)
            .collect();
        numbers.dedup();
        let numbers: Vec<_> = numbers.iter().map(usize::to_string).collect();
        let (name, licence) = (&linked.name, &linked.licence);
        let place = if linked.in_library { "" } else { " (programs)" };
        list += &format!("{name}: {licence} [{}]{place}\n", numbers.join(", "));
    }
    let mut all = format!(
        "What is linked into the library and the programs of this archive, beside their own code, and the terms of its authors.
What is marked \"(programs)\" is in evoucher-sandbox and evoucher-tool alone. The numbers are those of the texts below.

动态库和程序里编译进去的第三方代码，以及各自的许可证。注明 (programs) 的只在 evoucher-sandbox 和 evoucher-tool 里。方括号里是下面全文的编号。

{list}"
    );
    for (at, text) in texts.iter().enumerate() {
        let line = "-".repeat(80);
        all += &format!("\n{line}\n[{}]\n{line}\n\n{}\n", at + 1, text.trim_end());
    }
    Ok(all)
}

fn runtimes(
    is_windows: bool,
) -> impl Iterator<Item = (&'static str, &'static str, &'static str, bool)> {
    RUNTIMES
        .into_iter()
        .filter(move |(.., windows_only)| is_windows || !windows_only)
}

/// The licence texts that a crate brings; where there is a choice, the MIT licence.
fn texts_of(linked: &Crate, crates: &[Crate]) -> Result<Vec<String>> {
    let mut files = licence_files(&linked.folder)?;
    let is_choice = linked.licence.contains("MIT") && !linked.licence.contains(" AND ");
    let is_mit = |file: &PathBuf| file_name(file).contains("MIT");
    if is_choice && files.iter().any(is_mit) {
        files.retain(is_mit);
    }
    if files.is_empty() {
        // The text of that licence names nobody, so that anybody's copy will do.
        let asked = linked.licence.contains("Apache-2.0");
        let copies = crates.iter().filter_map(|other| {
            let mut files = licence_files(&other.folder).ok()?.into_iter();
            files.find(|file| file_name(file).contains("APACHE"))
        });
        let Some(copy) = copies.take(usize::from(asked)).next() else {
            return Err(format!("{}: it brings no licence's text", linked.name));
        };
        files.push(copy);
    }
    files.iter().map(|file| read(file)).collect()
}

fn licence_files(folder: &Path) -> Result<Vec<PathBuf>> {
    const STARTS: [&str; 4] = ["LICEN", "COPY", "NOTICE", "UNLICEN"];
    let mut files = sh::entries(folder)?;
    files.retain(|file| {
        let name = file_name(file);
        file.is_file() && STARTS.iter().any(|start| name.starts_with(start))
    });
    Ok(files)
}

fn file_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.to_uppercase()
}

/// CycloneDX 1.5. Neither a time nor a random number is in it: the same sources make the same file.
fn sbom(crates: &[Crate], is_windows: bool) -> Result<Value> {
    let version = env!("CARGO_PKG_VERSION");
    let hashes = hashes()?;
    let reference = |name: &str| format!("pkg:cargo/{}", name.replace(' ', "@"));
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for linked in crates {
        let hash = hashes.get(&linked.name);
        let hash = hash.ok_or_else(|| format!("Cargo.lock has no hash of {}", linked.name))?;
        let (name, version) = linked.name.split_once(' ').unwrap_or_default();
        let purl = reference(&linked.name);
        let place = if linked.in_library {
            "library"
        } else {
            "programs"
        };
        components.push(json!({
            "type": "library", "bom-ref": purl, "name": name, "version": version,
            "licenses": [{ "expression": linked.licence }],
            "hashes": [{ "alg": "SHA-256", "content": hash }],
            "purl": purl,
            "properties": [{ "name": "evoucher:in", "value": place }],
        }));
        let uses: Vec<_> = linked.uses.iter().map(|used| reference(used)).collect();
        dependencies.push(json!({ "ref": purl, "dependsOn": uses }));
    }
    for (name, licence, ..) in runtimes(is_windows) {
        let mut component = json!({
            "type": "library", "bom-ref": name, "name": name,
            "licenses": [{ "expression": licence }],
            "properties": [{ "name": "evoucher:in", "value": "library" }],
        });
        if name == "SQLite" {
            component["version"] = sqlite_version(crates)?.into();
        }
        components.push(component);
    }
    let used: BTreeSet<&String> = crates.iter().flat_map(|linked| &linked.uses).collect();
    let mut direct: Vec<String> = crates
        .iter()
        .filter(|linked| !used.contains(&linked.name))
        .map(|linked| reference(&linked.name))
        .collect();
    direct.extend(runtimes(is_windows).map(|(name, ..)| name.to_owned()));
    dependencies.push(json!({ "ref": "evoucher", "dependsOn": direct }));
    Ok(json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "component": {
            "type": "library", "bom-ref": "evoucher", "name": "evoucher", "version": version,
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
        } },
        "components": components,
        "dependencies": dependencies,
    }))
}

/// By name and version, from Cargo.lock.
fn hashes() -> Result<BTreeMap<String, String>> {
    let lock = read(&place::repository().join("Cargo.lock"))?;
    let mut hashes = BTreeMap::new();
    for package in lock.split("[[package]]") {
        let value = |name: &str| {
            let start = format!("{name} = \"");
            let line = package.lines().find_map(|line| line.strip_prefix(&start))?;
            Some(line.trim_end_matches('"'))
        };
        if let (Some(name), Some(version), Some(hash)) =
            (value("name"), value("version"), value("checksum"))
        {
            hashes.insert(format!("{name} {version}"), hash.to_owned());
        }
    }
    Ok(hashes)
}

/// Of the one that is built in.
fn sqlite_version(crates: &[Crate]) -> Result<String> {
    let bindings = crates
        .iter()
        .find(|linked| linked.name.starts_with("libsqlite3-sys "));
    let bindings = bindings.ok_or("SQLite's bindings are not linked")?;
    let header = read(&bindings.folder.join("sqlite3/sqlite3.h"))?;
    let line = header
        .lines()
        .find_map(|line| line.strip_prefix("#define SQLITE_VERSION "));
    let version = line.ok_or("sqlite3.h has no version")?;
    Ok(version.trim().trim_matches('"').to_owned())
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// CycloneDX's own judge, with the schema that it brings.
const JUDGE: [&str; 1] = ["cyclonedx-python-lib[json-validation]==11.12.0"];

/// Holds both files in an archive's folder against that judge, and against the finished libraries.
pub(crate) fn check(folder: &Path, libraries: &[PathBuf]) -> Result {
    validate(&folder.join(SBOM))?;
    let notices = read(&folder.join(NOTICES))?;
    libraries
        .iter()
        .try_for_each(|library| name_all(&notices, library))
}

fn validate(sbom: &Path) -> Result {
    const PROGRAM: &str = "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1], encoding='utf-8').read())
sys.exit(str(wrong)[:2000] if wrong else 0)";
    let judge = place::wheels("cyclonedx-11.12.0", &JUDGE)?;
    let mut command = Command::new("/usr/bin/python3");
    command.env("PYTHONPATH", judge).args(["-c", PROGRAM]);
    sh::run(command.arg(sbom)).map(|_| ())
}

/// Whether the crates whose panics a finished file can name have a notice. A panic's place has the
/// crate's folder, and in its name the version.
fn name_all(notices: &str, program: &Path) -> Result {
    let bytes =
        std::fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut found = 0;
    for (at, _) in text.match_indices("/src/") {
        let Some((before, folder)) = text[..at].rsplit_once('/') else {
            continue;
        };
        let Some((name, version)) = folder.rsplit_once('-') else {
            continue;
        };
        if !before.ends_with("crates") || !version.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        found += 1;
        // What std is built from is named with it.
        let is_std = |line: &str| line.starts_with('(') && line.contains(name);
        if !notices.contains(&format!("\n{name} {version}: ")) && !notices.lines().any(is_std) {
            return Err(format!("{}: {folder} has no notice", program.display()));
        }
    }
    match found {
        0 => Err(format!("{}: it names no crate", program.display())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_linked_is_named_with_its_text() {
        for target in ["i686-pc-windows-gnu", "x86_64-unknown-linux-gnu"] {
            let crates = crates(target).unwrap();
            let is_windows = target.contains("windows");
            let notices = notices(&crates, is_windows).unwrap();
            let licence_of = |name: &str| {
                let line = notices.lines().find(|line| line.starts_with(name));
                line.unwrap_or_else(|| panic!("no {name}"))
            };
            for name in [
                "ureq ",
                "sm4 ",
                "rustls ",
                "ring ",
                "SQLite",
                "The Rust standard library",
            ] {
                let line = licence_of(name);
                assert!(line.contains(": ") && line.ends_with(']'), "{line}");
            }
            assert!(licence_of("axum ").ends_with(" (programs)"));
            assert_eq!(notices.contains("libgcc"), is_windows);
            assert_eq!(notices.contains("schannel "), is_windows);
            // What runs only while crates are built.
            for name in ["cbindgen ", "serde_derive ", "syn "] {
                assert!(
                    !notices.lines().any(|line| line.starts_with(name)),
                    "{name}"
                );
            }
            for words in [
                "May you do good and not evil",
                "Apache License",
                "ISC",
                "Isis Agora Lovecruft",
            ] {
                assert!(notices.contains(words), "{words}");
            }
        }
    }
}
