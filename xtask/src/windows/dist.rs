//! `cargo xtask dist`: what hospitals' programmers download.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::{Arch, Machine};
use super::binary;
use super::build;
use super::importlib;
use super::nuget;
use super::package;
use crate::install;
use crate::notices::{self, Holds};
use crate::place;
use crate::sh::{Result, copy, entries, fresh_dir, make_dir, read, run, write};

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Which archive is made.
#[derive(Clone, Copy)]
pub(crate) enum Archive {
    Windows,
    Linux(Machine),
    NuGet,
}

impl Archive {
    pub(crate) const ALL: [Self; 4] = [
        Self::Windows,
        Self::Linux(Machine::X86_64),
        Self::Linux(Machine::Aarch64),
        Self::NuGet,
    ];

    /// As the command has it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|archive| archive.name() == name)
    }

    fn name(self) -> String {
        match self {
            Self::Windows => "windows".to_owned(),
            Self::Linux(machine) => format!("linux-{machine}"),
            Self::NuGet => "nuget".to_owned(),
        }
    }

    /// As its folder and its file are called.
    fn full_name(self) -> String {
        format!("evoucher-{VERSION}-{}", self.name())
    }
}

/// Builds what these archives hold, checks it, and packs it into `dist/`.
pub(crate) fn dist(archives: &[Archive]) -> Result {
    install::install(&[install::PIP, install::DIST])?;
    let dist = place::repository().join("dist");
    make_dir(&dist)?;
    for archive in archives {
        let archive = match archive {
            Archive::Windows => {
                build::dlls()?;
                binary::check_dlls()?;
                windows(&dist)?
            }
            Archive::Linux(machine) => linux(*machine, &dist)?,
            Archive::NuGet => {
                install::install(&[install::NUGET])?;
                build::dlls()?;
                nuget::make(&dist)?
            }
        };
        println!("{}", sum(&archive)?.trim_end());
    }
    Ok(())
}

fn sum(archive: &Path) -> Result<String> {
    let name = archive.file_name().unwrap_or_default();
    let folder = archive.parent().unwrap_or(archive);
    run(Command::new("sha256sum").current_dir(folder).arg(name))
}

fn windows(dist: &Path) -> Result<PathBuf> {
    let root = staging(&Archive::Windows.full_name())?;
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
    package::make(root, &Arch::ALL.map(|arch| arch.to_string()), "")?;
    let packaging = place::repository().join("packaging");
    text(
        &packaging.join("START-HERE.txt"),
        &root.join("START-HERE.txt"),
    )?;
    make_dir(&root.join("tool"))?;
    text(
        &packaging.join("rollout.cmd"),
        &root.join("tool/rollout.cmd"),
    )?;
    notices::make(root, &Arch::ALL.map(Arch::rust_target), Holds::ProgramsToo)?;
    documents(root, text)
}

/// The archives without the programs, which take minutes to build and which nobody links: for tests
/// of what people do with the rest. They lie in `dir`.
pub(crate) fn libraries(dir: &Path) -> Result<[PathBuf; 3]> {
    fresh_dir(dir)?;
    let windows = dir.join(Archive::Windows.full_name());
    windows_libraries(&windows)?;
    let linux = |machine| {
        let root = dir.join(Archive::Linux(machine).full_name());
        linux_libraries(machine, &root)?;
        tar(&root, dir)
    };
    Ok([
        zip(&windows, dir)?,
        linux(Machine::X86_64)?,
        linux(Machine::Aarch64)?,
    ])
}

fn zip(root: &Path, into: &Path) -> Result<PathBuf> {
    sums(root)?;
    let name = root.file_name().unwrap_or_default();
    let zip = into.join(format!("{}.zip", name.to_string_lossy()));
    same_everywhere(root)?;
    pack(root.parent().unwrap_or(root), name, &zip)?;
    Ok(zip)
}

/// Packs a folder of `base`, its files in the order of their names.
pub(super) fn pack(base: &Path, folder: impl AsRef<OsStr>, zip: &Path) -> Result {
    const PACK: &str = r#"find "$2" -type f | LC_ALL=C sort | zip --quiet -nw -X "$1" -@"#;
    remove(zip)?;
    let mut command = Command::new("sh");
    // zip writes local times.
    command.current_dir(base).env("TZ", "UTC");
    command.args(["-ec", PACK, "sh"]).arg(zip).arg(folder);
    run(&mut command).map(|_| ())
}

fn linux(machine: Machine, dist: &Path) -> Result<PathBuf> {
    let root = staging(&Archive::Linux(machine).full_name())?;
    linux_libraries(machine, &root)?;
    let [centre, tool] = two(build::linux_programs(machine)?)?;
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
fn linux_libraries(machine: Machine, root: &Path) -> Result {
    let so = build::so(machine)?;
    binary::check_so(&so)?;
    make_dir(&root.join("lib"))?;
    copy(&so, &root.join("lib/libevoucher.so"))?;
    package::make(root, &["lib".to_owned()], machine.names())?;
    notices::make(root, &[machine.rust_target()], Holds::ProgramsToo)?;
    documents(root, copy)
}

fn tar(root: &Path, into: &Path) -> Result<PathBuf> {
    sums(root)?;
    let name = root.file_name().unwrap_or_default();
    let tar = into.join(format!("{}.tar.gz", name.to_string_lossy()));
    same_everywhere(root)?;
    run(Command::new("tar")
        .current_dir(root.parent().unwrap_or(root))
        .args(["--owner=0", "--group=0", "--numeric-owner"])
        .args(["--sort=name", "--format=gnu", "-czf"])
        .arg(&tar)
        .arg(name))?;
    Ok(tar)
}

/// Takes away what tells one build of a commit from another: when it was, and whose rights were what.
pub(super) fn same_everywhere(root: &Path) -> Result {
    let repository = place::repository();
    let time =
        run(Command::new("git")
            .current_dir(&repository)
            .args(["log", "-1", "--format=%ct"]));
    // Without git's folder: the day that zip's times begin with.
    let time = time.map_or_else(|_| "315532800".to_owned(), |time| time.trim().to_owned());
    run(Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(root))?;
    run(Command::new("find").arg(root).args([
        "-exec",
        "touch",
        "-d",
        &format!("@{time}"),
        "{}",
        "+",
    ]))
    .map(|_| ())
}

/// The simulated centre and the tool, in the order of their build.
pub(super) fn two(programs: Vec<PathBuf>) -> Result<[PathBuf; 2]> {
    programs
        .try_into()
        .map_err(|programs| format!("two programs, not {programs:?}"))
}

/// THE PLACE FOR CODE SIGNING. `EVOUCHER_SIGN` names a program that is run with each finished DLL
/// and EXE as its one argument and signs it in place, before the checksums are taken: a script
/// around osslsigncode or signtool that knows where the certificate is. Without it nothing is
/// signed.
pub(super) fn sign(file: &Path) -> Result {
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
        let is_picture = entry
            .extension()
            .is_some_and(|kind| kind == "webp" || kind == "png");
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
pub(super) fn text(from: &Path, to: &Path) -> Result {
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
            // A C++ function without a name looks like a link.
            let text = read(&page).unwrap();
            let text: String = text.split("\n```").step_by(2).collect();
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
