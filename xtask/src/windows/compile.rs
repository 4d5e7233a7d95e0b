//! C programs for Windows.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use crate::place;
use crate::sh::{Result, run};

/// Compiles and links a program with MinGW. `more` are options and libraries.
pub(crate) fn c(arch: Arch, sources: &[PathBuf], more: &[String], exe: &Path) -> Result {
    run(Command::new(arch.mingw("gcc"))
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-O1", "-I"])
        .arg(place::repository().join("include"))
        .args(sources)
        .args(more)
        .arg("-o")
        .arg(exe))
    .map(|_| ())
}

/// A test's source.
pub(crate) fn test_source(name: &str) -> PathBuf {
    place::repository().join("tests/c/windows").join(name)
}
