//! Debian's packages: installed when we may, named when we may not.

use std::path::Path;
use std::process::Command;

use super::run::{Result, run};

/// A file that shows that a package is there, and the package.
type Need = (&'static str, &'static str);

/// What `cargo xtask dist` needs.
pub(crate) const DIST: &[Need] = &[
    ("/usr/bin/rustc", "rustc-web"),
    ("/usr/lib/rustlib/src/rust/library/std", "rust-web-src"),
    (
        "/usr/lib/rustlib/x86_64-unknown-linux-gnu/lib",
        "libstd-rust-web-dev",
    ),
    (
        "/usr/bin/i686-w64-mingw32-gcc-win32",
        "gcc-mingw-w64-i686-win32",
    ),
    (
        "/usr/bin/x86_64-w64-mingw32-gcc-win32",
        "gcc-mingw-w64-x86-64-win32",
    ),
    ("/usr/bin/llvm-dlltool", "llvm"),
    ("/usr/bin/zip", "zip"),
    ("/usr/lib/python3/dist-packages/pip", "python3-pip"),
];

/// What the Windows half of `cargo xtask test` needs beyond that.
pub(crate) const TEST: &[Need] = &[
    ("/usr/bin/lld-link", "lld"),
    ("/usr/bin/wine-stable", "wine"),
    ("/usr/lib/wine/wine64", "wine64"),
    ("/usr/sbin/debootstrap", "debootstrap"),
    ("/usr/bin/fpc", "fpc"),
    ("/usr/share/fpcsrc", "fpc-source"),
    ("/usr/bin/mcs", "mono-mcs"),
    ("/usr/bin/mono", "mono-runtime"),
    ("/usr/bin/npm", "npm"),
    ("/usr/bin/unzip", "unzip"),
];

/// Sees to it that everything is there.
pub(crate) fn ensure(needs: &[Need]) -> Result {
    let missing: Vec<&str> = needs
        .iter()
        .filter(|(file, _)| !Path::new(file).exists())
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let install = format!(
        "apt-get install --no-install-recommends {}",
        missing.join(" ")
    );
    if !is_debian_12() {
        return Err(format!(
            "this part runs on Debian 12, where it would need: {install}"
        ));
    }
    if !is_root()? {
        return Err(format!("missing; as root: {install}"));
    }
    println!("  {install}");
    run(Command::new("apt-get").arg("update"))?;
    run(Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends"])
        .args(&missing)
        .env("DEBIAN_FRONTEND", "noninteractive"))?;
    Ok(())
}

pub(crate) fn is_root() -> Result<bool> {
    Ok(run(Command::new("id").arg("-u"))?.trim() == "0")
}

fn is_debian_12() -> bool {
    std::fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.contains("VERSION_CODENAME=bookworm"))
}
