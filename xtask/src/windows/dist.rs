//! `cargo xtask dist`: what hospitals' programmers download.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use super::binary;
use super::build;
use super::importlib;
use super::package;
use super::package_users;
use super::sandbox::Sandbox;
use crate::install;
use crate::place;
use crate::sh::{Result, copy, entries, fresh_dir, make_dir, read, run, write};

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Builds everything, checks it, and packs it into `dist/`.
pub(crate) fn dist() -> Result {
    install::install(&[install::PIP, install::DIST, install::PACKAGES])?;
    build::dlls()?;
    binary::check_dlls()?;
    let dist = place::repository().join("dist");
    make_dir(&dist)?;
    println!("{}", windows(&dist)?.display());
    let linux = linux(&dist)?;
    let sandbox = Sandbox::start(&place::target().join("tls"))?;
    package_users::linux(&linux, &sandbox)?;
    println!("{}", linux.display());
    Ok(())
}

fn windows(dist: &Path) -> Result<PathBuf> {
    let root = staging(&format!("evoucher-{VERSION}-windows"))?;
    windows_libraries(&root)?;
    let sandbox = root.join("sandbox");
    make_dir(&sandbox)?;
    let [centre, tool] = two(build::exes()?)?;
    let tools = root.join("tool");
    make_dir(&tools)?;
    for (from, to) in [
        (centre, sandbox.join("evoucher-sandbox.exe")),
        (tool, tools.join("evoucher-tool.exe")),
    ] {
        copy(&from, &to)?;
        sign(&to)?;
    }
    zip(&root, dist)
}

/// What the archive for Windows has beside the programs: all that somebody's own program needs.
fn windows_libraries(root: &Path) -> Result {
    for arch in Arch::ALL {
        let dir = root.join(arch.to_string());
        importlib::make(arch, &dir)?;
        let dll = dir.join("evoucher.dll");
        copy(&build::dll(arch), &dll)?;
        sign(&dll)?;
    }
    package::make(root, &Arch::ALL.map(|arch| arch.to_string()))?;
    text(
        &place::repository().join("packaging/START-HERE.txt"),
        &root.join("START-HERE.txt"),
    )?;
    documents(root, text)
}

/// The archives without the programs, which take minutes to build and which nobody links: for tests
/// of what people do with the rest. They lie in `dir`.
pub(crate) fn libraries(dir: &Path) -> Result<[PathBuf; 2]> {
    fresh_dir(dir)?;
    let windows = dir.join(format!("evoucher-{VERSION}-windows"));
    windows_libraries(&windows)?;
    let linux = dir.join(format!("evoucher-{VERSION}-linux-x86_64"));
    linux_libraries(&linux)?;
    Ok([zip(&windows, dir)?, tar(&linux, dir)?])
}

fn zip(root: &Path, into: &Path) -> Result<PathBuf> {
    sums(root)?;
    let name = root.file_name().unwrap_or_default();
    let zip = into.join(format!("{}.zip", name.to_string_lossy()));
    remove(&zip)?;
    run(Command::new("zip")
        .current_dir(root.parent().unwrap_or(root))
        .args(["--quiet", "--recurse-paths", "-X"])
        .arg(&zip)
        .arg(name))?;
    Ok(zip)
}

fn linux(dist: &Path) -> Result<PathBuf> {
    let root = staging(&format!("evoucher-{VERSION}-linux-x86_64"))?;
    linux_libraries(&root)?;
    let [centre, tool] = two(build::linux_programs()?)?;
    for (from, to) in [
        (centre, "sandbox/evoucher-sandbox"),
        (tool, "tool/evoucher-tool"),
    ] {
        binary::check_glibc(&from)?;
        copy(&from, &root.join(to))?;
    }
    tar(&root, dist)
}

/// The same of the archive for Linux.
fn linux_libraries(root: &Path) -> Result {
    let so = build::so()?;
    binary::check_so(&so)?;
    make_dir(&root.join("lib"))?;
    copy(&so, &root.join("lib/libevoucher.so"))?;
    package::make(root, &["lib".to_owned()])?;
    documents(root, copy)
}

fn tar(root: &Path, into: &Path) -> Result<PathBuf> {
    sums(root)?;
    let name = root.file_name().unwrap_or_default();
    let tar = into.join(format!("{}.tar.gz", name.to_string_lossy()));
    run(Command::new("tar")
        .current_dir(root.parent().unwrap_or(root))
        .args(["--owner=0", "--group=0", "--sort=name", "-czf"])
        .arg(&tar)
        .arg(name))?;
    Ok(tar)
}

/// The simulated centre and the tool, in the order of their build.
fn two(programs: Vec<PathBuf>) -> Result<[PathBuf; 2]> {
    programs
        .try_into()
        .map_err(|programs| format!("two programs, not {programs:?}"))
}

/// THE PLACE FOR CODE SIGNING. `EVOUCHER_SIGN` names a program that is run with each finished DLL
/// and EXE as its one argument and signs it in place, before the checksums are taken: a script
/// around osslsigncode or signtool that knows where the certificate is. Without it nothing is
/// signed.
fn sign(file: &Path) -> Result {
    match std::env::var_os("EVOUCHER_SIGN") {
        Some(program) => run(Command::new(program).arg(file)).map(|_| ()),
        None => Ok(()),
    }
}

type Copy = fn(&Path, &Path) -> Result;

/// What people read, and what the programs of the archive are tried with: the same in every
/// archive, since the pages link to one another.
fn documents(root: &Path, copy: Copy) -> Result {
    let repository = place::repository();
    for directory in ["include", "sandbox", "tool"] {
        make_dir(&root.join(directory))?;
    }
    for file in [
        "include/evoucher.h",
        "include/evoucher.hpp",
        "sandbox/README.md",
        "sandbox/README.zh-CN.md",
        "tool/README.md",
        "tool/README.zh-CN.md",
    ] {
        copy(&repository.join(file), &root.join(file))?;
    }
    for name in ["evoucher.json", "evoucher-gbk.json"] {
        copy(
            &repository.join("packaging").join(format!("sandbox-{name}")),
            &root.join("sandbox").join(name),
        )?;
    }
    for entry in entries(&repository)? {
        let name = entry
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let starts = [
            "README",
            "CHANGELOG",
            "CONTRIBUTING",
            "ARCHITECTURE",
            "LICENSE",
        ];
        if entry.is_file() && starts.iter().any(|start| name.starts_with(start)) {
            copy(&entry, &root.join(&name))?;
        }
    }
    for directory in ["docs", "examples"] {
        tree(&repository.join(directory), &root.join(directory), copy)?;
    }
    Ok(())
}

/// A directory with everything in it.
fn tree(from: &Path, to: &Path, copy: Copy) -> Result {
    make_dir(to)?;
    for entry in entries(from)? {
        let target = to.join(entry.file_name().unwrap_or_default());
        let is_picture = entry.extension().is_some_and(|kind| kind == "webp");
        if entry.is_dir() {
            tree(&entry, &target, copy)?;
        } else if is_picture {
            crate::sh::copy(&entry, &target)?;
        } else {
            copy(&entry, &target)?;
        }
    }
    Ok(())
}

/// A text as old Windows tools read it: CRLF, and a byte-order mark where there is more than ASCII
/// (without one the C# compiler and Notepad take it for the machine's code page). Not in JSON: a
/// byte-order mark is no part of it.
fn text(from: &Path, to: &Path) -> Result {
    let text = read(from)?;
    let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let mark = if text.is_ascii() || to.extension().is_some_and(|kind| kind == "json") {
        ""
    } else {
        "\u{feff}"
    };
    write(to, format!("{mark}{lines}"))
}

fn staging(name: &str) -> Result<PathBuf> {
    let root = place::target().join("dist").join(name);
    fresh_dir(&root)?;
    Ok(root)
}

fn sums(root: &Path) -> Result {
    let sums = run(Command::new("sh").current_dir(root).args([
        "-c",
        "find . -type f ! -name SHA256SUMS | LC_ALL=C sort | sed 's|^\\./||' | xargs -d '\\n' sha256sum",
    ]))?;
    write(&root.join("SHA256SUMS"), sums)
}

fn remove(file: &Path) -> Result {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", file.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(dir: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in entries(dir).unwrap() {
            if entry.is_dir() {
                found.extend(pages(&entry));
            } else if entry.extension().is_some_and(|kind| kind == "md") {
                found.push(entry);
            }
        }
        found
    }

    /// What a page's headings are called in links, as GitHub makes it.
    fn anchors(page: &str) -> Vec<String> {
        let headings = page.lines().filter(|line| line.starts_with('#'));
        headings
            .map(|line| {
                let title = line.trim_start_matches('#').trim().to_lowercase();
                let kept = title
                    .chars()
                    .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
                kept.collect::<String>().replace(' ', "-")
            })
            .collect()
    }

    #[test]
    fn every_link_of_a_packed_page_leads_somewhere_in_the_archive() {
        let root = place::target().join("test/documents");
        fresh_dir(&root).unwrap();
        documents(&root, copy).unwrap();
        let root = root.canonicalize().unwrap();
        let mut links = 0;
        for page in pages(&root) {
            let text = read(&page).unwrap();
            for link in text
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split_once(')'))
            {
                let link = link.0;
                if link.contains("://") {
                    continue;
                }
                links += 1;
                let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target = match file {
                    "" => page.clone(),
                    file => page.parent().unwrap().join(file),
                };
                let target = target
                    .canonicalize()
                    .unwrap_or_else(|_| panic!("{}: {link}", page.display()));
                assert!(target.starts_with(&root), "{}: {link}", page.display());
                let there = anchor.is_empty()
                    || anchors(&read(&target).unwrap()).iter().any(|a| a == anchor);
                assert!(there, "{}: {link}", page.display());
            }
        }
        assert!(links > 0);
    }

    #[test]
    fn what_start_here_names_is_packed() {
        let root = place::target().join("test/start-here");
        fresh_dir(&root).unwrap();
        documents(&root, copy).unwrap();
        let page = read(&place::repository().join("packaging/START-HERE.txt")).unwrap();
        let named: Vec<String> = page
            .split(|c: char| !(c.is_ascii_alphanumeric() || "\\-.".contains(c)))
            .map(|word| word.trim_end_matches('.').replace('\\', "/"))
            .filter(|word| word.contains('/') && word.ends_with(".json"))
            .collect();
        assert!(!named.is_empty());
        for name in named {
            assert!(root.join(&name).is_file(), "{name}");
        }
    }
}
