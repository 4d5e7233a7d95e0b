//! The station's page in a real browser, with real programs at the counter.

use crate::install;
use crate::place;
use crate::sh::{self, Result, run};
use crate::test::part;
use std::path::PathBuf;
use std::process::Command;

/// The rules of accessibility that the page is held to, as their project released them.
const AXE: &str = "axe-core-4.14.1";
const AXE_SHA256: &str = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745";

/// Drives Chromium through every part of the page; gives the name of what cannot be tested on this
/// machine.
pub(crate) fn test() -> Result<Option<String>> {
    if let Err(reason) = install::install(&[install::NATIVE, install::BROWSER]) {
        return Ok(Some(format!("the station's page in a browser. {reason}")));
    }
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

fn axe() -> Result<PathBuf> {
    let package = place::cached(AXE, |dir| {
        let name = AXE.replacen("core-", "core@", 1);
        run(Command::new("npm")
            .current_dir(dir)
            .args(["pack", "--silent", &name]))?;
        let archive = format!("{AXE}.tgz");
        place::check(dir, &archive, AXE_SHA256)?;
        run(Command::new("tar")
            .current_dir(dir)
            .args(["-xzf", &archive]))?;
        Ok(())
    })?;
    Ok(package.join("package/axe.min.js"))
}
