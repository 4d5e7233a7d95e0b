//! The builds: both DLLs, the simulated centre for Windows, and the .so for old Linux systems.

use std::path::PathBuf;
use std::process::Command;

use super::arch::Arch;
use super::place;
use super::run::{Result, run};

/// The two DLLs, built side by side: most of the time goes into link-time optimisation, which has one thread.
pub(crate) fn dlls() -> Result {
    std::thread::scope(|scope| {
        let x86 = scope.spawn(|| windows(Arch::X86, "evoucher"));
        let x64 = scope.spawn(|| windows(Arch::X64, "evoucher"));
        x86.join().map_err(|_| "the x86 build panicked")??;
        x64.join().map_err(|_| "the x64 build panicked")?
    })
}

/// The simulated centre for Windows: one 32-bit program runs everywhere.
pub(crate) fn sandbox_exe() -> Result<PathBuf> {
    windows(Arch::X86, "evoucher-sandbox")?;
    Ok(release_dir(Arch::X86).join("evoucher-sandbox.exe"))
}

pub(crate) fn dll(arch: Arch) -> PathBuf {
    release_dir(arch).join("evoucher.dll")
}

fn release_dir(arch: Arch) -> PathBuf {
    target_dir(arch).join(arch.rust_target()).join("release")
}

// One for each: cargo locks a target directory, and the library must not share features with the simulated centre.
fn target_dir(arch: Arch) -> PathBuf {
    place::target().join(format!("cargo-{arch}"))
}

/// One package for one target, with a std built on the way: the win7 targets have no ready-made one.
fn windows(arch: Arch, package: &str) -> Result {
    let target = arch.rust_target();
    let upper = target.to_uppercase().replace('-', "_");
    let lower = target.replace('-', "_");
    run(Command::new("cargo")
        .current_dir(place::repository())
        .args(["build", "--release", "--locked", "--package", package])
        .args(["-Zbuild-std=std,panic_unwind", "--target", target])
        .arg("--target-dir")
        .arg(target_dir(arch))
        // The compiler whose library sources are installed beside it; -Zbuild-std is not for stable ones otherwise.
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env(format!("CARGO_TARGET_{upper}_LINKER"), arch.mingw("gcc"))
        .env(format!("CC_{lower}"), arch.mingw("gcc"))
        .env(format!("AR_{lower}"), arch.mingw("ar")))?;
    Ok(())
}

/// The oldest glibc that the .so runs on: Kylin V10 and UOS 20 have 2.28, CentOS 7 has this one.
pub(crate) const GLIBC: &str = "2.17";

const LINUX_TARGET: &str = "x86_64-unknown-linux-gnu";

/// The .so and the simulated centre against an old glibc: a build with Debian 12's own asks for 2.34.
pub(crate) fn linux() -> Result<[PathBuf; 2]> {
    let tools = place::cached("zigbuild-0.24.0-zig-0.17.1", |dir| {
        run(Command::new("/usr/bin/python3")
            .args(["-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--target"])
            .arg(dir)
            .args(["cargo-zigbuild==0.24.0", "ziglang==0.17.1"]))
        .map(|_| ())
    })?;
    let target_dir = place::target().join("cargo-linux");
    for package in ["evoucher", "evoucher-sandbox"] {
        run(Command::new(tools.join("bin/cargo-zigbuild"))
            .current_dir(place::repository())
            .args(["zigbuild", "--release", "--locked", "--package", package])
            .args(["--target", &format!("{LINUX_TARGET}.{GLIBC}")])
            .arg("--target-dir")
            .arg(&target_dir)
            .env("CARGO_ZIGBUILD_ZIG_PATH", tools.join("ziglang/zig")))?;
    }
    let release = target_dir.join(LINUX_TARGET).join("release");
    Ok([release.join("libevoucher.so"), release.join("evoucher-sandbox")])
}
