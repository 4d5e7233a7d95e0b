//! The station's page in a real browser, with real programs at the counter.

use crate::install;
use crate::place;
use crate::sh::{self, Result};
use crate::test::part;
use std::path::PathBuf;
use std::process::Command;

/// The rules of accessibility that the page is held to, as their project released them.
const AXE: [&str; 2] = ["axe-core", "4.14.1"];
const AXE_SHA256: &str = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745";

/// Drives Chromium through every part of the page; gives the name of what cannot be tested on this
/// machine.
pub(crate) fn test() -> Result<Option<String>> {
    if let Err(reason) = install::install(&[install::NATIVE, install::BROWSER]) {
        return Ok(Some(format!("the station's page in a browser. {reason}")));
    }
    part("nothing in the page is newer than Chrome 109", compat)?;
    let axe = axe()?;
    part("the station's page in a browser", || {
        sh::library()?;
        // One browser after the other: two on two cores only wait for each other.
        let mut test = sh::cargo(&["test", "--package=evoucher-browser"]);
        test.args(["--", "--test-threads=1"])
            .env("EVOUCHER_LIBRARY_DIR", sh::target().join("release"))
            .env("EVOUCHER_AXE", axe);
        sh::show(&mut test)
    })?;
    Ok(None)
}

/// Measures what the page costs the centre, and fails where a bound is missed.
pub(crate) fn bench() -> Result {
    install::install(&[install::NATIVE, install::BROWSER])?;
    sh::show(&mut sh::cargo(&[
        "bench",
        "--package=evoucher-browser",
        "--bench=page",
    ]))
}

/// Takes the pictures that stand in the guides.
pub(crate) fn pictures() -> Result {
    install::install(&[install::NATIVE, install::BROWSER])?;
    sh::library()?;
    let pictures = place::repository().join("docs/images");
    sh::show(
        sh::cargo(&["test", "--package=evoucher-browser", "--test=pictures"])
            .env("EVOUCHER_LIBRARY_DIR", sh::target().join("release"))
            .env("EVOUCHER_PICTURES", pictures),
    )
}

/// Chrome 109 is the last one for Windows 7, and Debian's is newer: what the page uses is looked up.
fn compat() -> Result {
    let folder = sh::root().join("tests/browser/compat");
    let modules = place::npm_ci("page-compat", &folder)?;
    let page = sh::root().join("sandbox/page");
    let mut files = sh::entries(&page)?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|kind| kind == "js" || kind == "css")
    });
    sh::show(
        Command::new("node")
            .arg(folder.join("check.cjs"))
            .arg(modules)
            .args(files),
    )
}

fn axe() -> Result<PathBuf> {
    let [name, version] = AXE;
    let package = place::cached(&AXE.join("-"), |dir| {
        place::npm(dir, name, version, AXE_SHA256)
    })?;
    Ok(package.join("package/axe.min.js"))
}
