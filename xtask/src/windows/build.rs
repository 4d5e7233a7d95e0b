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
    Ok(release_dir(Arch::X86, "evoucher-sandbox").join("evoucher-sandbox.exe"))
}

pub(crate) fn dll(arch: Arch) -> PathBuf {
    release_dir(arch, "evoucher").join("evoucher.dll")
}

fn release_dir(arch: Arch, package: &str) -> PathBuf {
    let name = arch.to_string();
    target_dir(&name, package)
        .join(arch.rust_target())
        .join("release")
}

/// One for each build: cargo locks a target directory, and building the simulated centre builds the library once more,
/// with the features that both want together.
fn target_dir(system: &str, package: &str) -> PathBuf {
    place::target().join(format!("cargo-{system}-{package}"))
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
        .arg(target_dir(&arch.to_string(), package))
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

/// The .so against an old glibc: a build with Debian 12's own asks for 2.34.
pub(crate) fn so() -> Result<PathBuf> {
    Ok(linux("evoucher")?.join("libevoucher.so"))
}

/// The simulated centre for the same systems.
pub(crate) fn linux_sandbox() -> Result<PathBuf> {
    Ok(linux("evoucher-sandbox")?.join("evoucher-sandbox"))
}

fn linux(package: &str) -> Result<PathBuf> {
    let tools = place::cached("zigbuild-0.24.0-zig-0.17.1", |dir| {
        run(Command::new("/usr/bin/python3")
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--root-user-action=ignore",
                "--target",
            ])
            .arg(dir)
            .args(["cargo-zigbuild==0.24.0", "ziglang==0.17.1"]))
        .map(|_| ())
    })?;
    let target_dir = target_dir("linux", package);
    run(Command::new(tools.join("bin/cargo-zigbuild"))
        .current_dir(place::repository())
        .args(["zigbuild", "--release", "--locked", "--package", package])
        .args(["--target", &format!("{LINUX_TARGET}.{GLIBC}")])
        .arg("--target-dir")
        .arg(&target_dir)
        .env("CARGO_ZIGBUILD_ZIG_PATH", tools.join("ziglang/zig")))?;
    Ok(target_dir.join(LINUX_TARGET).join("release"))
}
