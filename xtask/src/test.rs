//! Everything that is tested, and the names of what is not.

use crate::r#gen;
use crate::install;
use crate::recipes_c;
use crate::sh::{self, Result};
use std::env;

/// How much is tested.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Everything,
    /// What needs neither an installation nor minutes.
    Quick,
}

/// Runs the tests.
pub fn run(extent: Extent) -> Result {
    let mut left_out = Vec::new();
    if extent == Extent::Everything {
        install::install(install::NATIVE)?;
    } else {
        for needed in install::missing(install::NATIVE) {
            left_out.push(format!("what needs {}", needed.program));
        }
    }
    r#gen::run(r#gen::Mode::Check)?;
    // The release library is what is tested, and beside it the one whose exports panic; a test of
    // the library's memory needs the simulated centre in a process of its own.
    sh::run(&mut sh::cargo(&[
        "build",
        "--release",
        "--package=evoucher",
        "--package=evoucher-panics",
        "--package=evoucher-sandbox",
    ]))?;
    let mut test = sh::cargo(&["test", "--workspace"]);
    test.env("EVOUCHER_LIBRARY_DIR", sh::target().join("release"));
    if extent == Extent::Everything {
        test.env("EVOUCHER_TEST_EVERYTHING", "1");
    }
    sh::run(&mut test)?;
    // Without a C compiler it is one of those that are named as left out.
    if sh::has("cc") {
        recipes_c::run()?;
    }
    match extent {
        Extent::Everything => crate::windows::test()?,
        Extent::Quick => left_out.push("the Windows half".to_owned()),
    }
    for part in &left_out {
        println!("not run: {part}");
    }
    if !left_out.is_empty() && env::var("CI").is_ok() {
        return Err("in CI every part has to run".to_owned());
    }
    Ok(())
}
