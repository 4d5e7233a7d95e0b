//! Everything that is tested, and the names of what is not.

use crate::bench;
use crate::deny;
use crate::r#gen;
use crate::install;
use crate::interface;
use crate::page;
use crate::recipes_c;
use crate::sanitize;
use crate::sh::{self, Result};
use std::env;
use std::time::Instant;

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
        install::install(&[install::NATIVE])?;
    } else {
        for (program, _) in install::missing(&[install::NATIVE]) {
            left_out.push(format!("what needs {program}"));
        }
    }
    sh::show(&mut sh::command("rustc", &["--version"]))?;
    part("the format", || cargo("fmt --all --check"))?;
    part("the lints", || {
        cargo("clippy --workspace --all-targets -- -D warnings")
    })?;
    part("what gen makes", || r#gen::run(r#gen::Mode::Check))?;
    match extent {
        Extent::Everything => {
            part("the doc comments", documents)?;
            match install::install(&[install::PIP]) {
                Ok(()) => {
                    part("the dependencies", deny::check)?;
                    part("the station's interface", interface::search)?;
                }
                Err(reason) => left_out.push(format!(
                    "the checks of the dependencies and of the station's interface. {reason}"
                )),
            }
        }
        Extent::Quick => left_out.extend([
            "the doc comments".to_owned(),
            "the check of the dependencies".to_owned(),
            "the search through the station's interface".to_owned(),
        ]),
    }
    // The release library is what is tested, and beside it the one whose exports panic; a test of
    // the library's memory needs the simulated centre in a process of its own.
    part("the release build", || {
        cargo("build --release --package=evoucher-panics --package=evoucher-sandbox")?;
        sh::library()
    })?;
    part("the native tests", || {
        let mut test = sh::cargo(&["test", "--workspace", "--exclude=evoucher-browser"]);
        test.env("EVOUCHER_LIBRARY_DIR", sh::target().join("release"));
        if extent == Extent::Everything {
            test.env("EVOUCHER_TEST_EVERYTHING", "1");
        }
        sh::show(&mut test)
    })?;
    // Without a compiler it is one of those that are named as left out.
    if sh::has("cc") && sh::has("c++") {
        part("the guides' C and C++", recipes_c::run)?;
    }
    match extent {
        Extent::Everything => {
            part(
                "the C and C++ programs with AddressSanitizer",
                sanitize::addresses,
            )?;
            part("what a call costs", bench::costs)?;
            left_out.extend(page::test()?);
            left_out.extend(crate::windows::test()?);
        }
        Extent::Quick => left_out.extend([
            "the C and C++ programs with AddressSanitizer".to_owned(),
            "what a call costs".to_owned(),
            "the station's page in a browser".to_owned(),
            "the Windows half".to_owned(),
        ]),
    }
    for part in &left_out {
        println!("not run: {part}");
    }
    if !left_out.is_empty() && env::var("CI").is_ok() {
        return Err("in CI every part has to run".to_owned());
    }
    Ok(())
}

/// One part of the tests, with its time: who waits wants to know for what.
pub fn part(name: &str, run: impl FnOnce() -> Result) -> Result {
    let started = Instant::now();
    let result = run();
    let seconds = started.elapsed().as_secs();
    match &result {
        Ok(()) => println!("{name}: passed, {seconds} s"),
        Err(_) => println!("{name}: FAILED, {seconds} s"),
    }
    result
}

fn cargo(arguments: &str) -> Result {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    sh::show(&mut sh::cargo(&arguments))
}

/// Every link of a comment leads somewhere.
fn documents() -> Result {
    let mut doc = sh::cargo(&["doc", "--workspace", "--no-deps"]);
    sh::show(doc.env("RUSTDOCFLAGS", "-D warnings"))
}
