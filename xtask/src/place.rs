//! Where things are: the repository, what is built, and what is kept between builds.

use crate::sh::{self, Result, make_dir, run, write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    sh::root()
}

/// What the Windows half builds; `cargo clean` removes it.
pub(crate) fn target() -> PathBuf {
    sh::target().join("windows")
}

/// Tools that take long to make and do not depend on this repository: one directory for each user.
pub(crate) fn cache() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .ok_or("neither XDG_CACHE_HOME nor HOME is set: no place for the tools that tests need")?;
    let cache = base.join("evoucher-xtask");
    make_dir(&cache)?;
    Ok(cache)
}

/// A piece of the cache, made by `make` in the directory it is given unless it is there already.
/// The name carries the version of what it holds. It gets its name only when it is whole, so an
/// interrupted run leaves nothing half made.
pub(crate) fn cached(name: &str, make: impl FnOnce(&Path) -> Result) -> Result<PathBuf> {
    let whole = cache()?.join(name);
    if whole.exists() {
        return Ok(whole);
    }
    let part = cache()?.join(format!("{name}.part-{}", std::process::id()));
    make_dir(&part)?;
    make(&part)?;
    match std::fs::rename(&part, &whole) {
        Ok(()) => Ok(whole),
        // Another run was quicker: its copy is as good.
        Err(_) if whole.exists() => {
            let _ = std::fs::remove_dir_all(&part);
            Ok(whole)
        }
        Err(error) => Err(format!("{}: {error}", whole.display())),
    }
}

/// A piece of the cache that comes as wheels: each is named as pip has it, with its version, and
/// with its hash where it was looked at.
pub(crate) fn wheels(name: &str, wheels: &[&str]) -> Result<PathBuf> {
    cached(name, |dir| {
        let list = dir.join("wheels.txt");
        write(&list, wheels.join("\n"))?;
        run(Command::new("/usr/bin/python3")
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--root-user-action=ignore", "--target"])
            .arg(dir)
            .arg("--requirement")
            .arg(list))
        .map(|_| ())
    })
}

/// A package of npm's, unpacked into `package` in this directory.
pub(crate) fn npm(dir: &Path, name: &str, version: &str, sha256: &str) -> Result {
    let archive = format!("{name}-{version}.tgz");
    run(Command::new("npm").current_dir(dir).args([
        "pack",
        "--silent",
        &format!("{name}@{version}"),
    ]))?;
    check(dir, &archive, sha256)?;
    run(Command::new("tar")
        .current_dir(dir)
        .args(["-xzf", &archive]))?;
    remove(dir, &archive)
}

/// A piece of the cache that a lock file of npm's describes, with a hash for each package: what is in
/// it changes with that file, and so does its name. Nothing of it runs while it is installed.
pub(crate) fn npm_ci(name: &str, folder: &Path) -> Result<PathBuf> {
    let lock = folder.join("package-lock.json");
    let sum = run(Command::new("sha256sum").arg(&lock))?;
    let sum = sum.get(..16).unwrap_or_default();
    cached(&format!("{name}-{sum}"), |dir| {
        for file in ["package.json", "package-lock.json"] {
            sh::copy(&folder.join(file), &dir.join(file))?;
        }
        run(Command::new("npm").current_dir(dir).args([
            "ci",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]))
        .map(|_| ())
    })
}

/// Takes away an archive that has been unpacked.
pub(crate) fn remove(dir: &Path, file: &str) -> Result {
    std::fs::remove_file(dir.join(file)).map_err(|error| format!("{file}: {error}"))
}

/// Holds a download to the one that was looked at.
pub(crate) fn check(dir: &Path, file: &str, sha256: &str) -> Result {
    let sum = run(Command::new("sha256sum").arg(dir.join(file)))?;
    if sum.starts_with(sha256) {
        Ok(())
    } else {
        Err(format!(
            "{file} is not the file that was looked at: SHA-256 {sum}"
        ))
    }
}
