//! The builds: both DLLs, the simulated centre for Windows, and the .so for old Linux systems.

use std::path::PathBuf;
use std::process::Command;

use super::arch::{Arch, Machine};
use crate::place;
use crate::sh::{self, Result, run};

/// The two DLLs.
pub(crate) fn dlls() -> Result {
    side_by_side(Arch::ALL, |arch| windows(arch, "evoucher"))
}

/// The .so for both machines.
pub(crate) fn sos() -> Result {
    zig()?;
    side_by_side(Machine::ALL, |machine| so(machine).map(|_| ()))
}

/// Most of a library's time goes into link-time optimisation, which has one thread.
fn side_by_side<T: Send>(targets: [T; 2], build: fn(T) -> Result) -> Result {
    std::thread::scope(|scope| {
        for started in targets.map(|target| scope.spawn(move || build(target))) {
            started.join().map_err(|_| "a build panicked")??;
        }
        Ok(())
    })
}

/// The programs beside the library, for Windows: 32-bit ones run everywhere.
pub(crate) fn exes() -> Result<Vec<PathBuf>> {
    windows(Arch::X86, PROGRAMS)?;
    let release = release_dir(Arch::X86, PROGRAMS);
    Ok(packages(PROGRAMS)
        .map(|program| release.join(format!("{program}.exe")))
        .collect())
}

/// The packages of one build: the simulated centre and the tool for joint testing share theirs.
const PROGRAMS: &str = "evoucher-sandbox evoucher-tool";

fn packages(build: &str) -> impl Iterator<Item = &str> {
    build.split(' ')
}

/// The library is to be small and quick; of the programs beside it nobody asks for more than that they
/// are built in half the time.
fn effort(build: &str) -> &'static [(&'static str, &'static str)] {
    if build == PROGRAMS {
        &[
            ("CARGO_PROFILE_RELEASE_LTO", "off"),
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        ]
    } else {
        &[]
    }
}

/// What cargo is told to build.
fn what(build: &str, verb: &str) -> Vec<String> {
    if build != PROGRAMS {
        return sh::LIBRARY.map(str::to_owned).to_vec();
    }
    let packages = packages(build).map(|package| format!("--package={package}"));
    let first = [verb.to_owned(), "--release".to_owned()];
    first.into_iter().chain(packages).collect()
}

pub(crate) fn dll(arch: Arch) -> PathBuf {
    release_dir(arch, "evoucher").join("evoucher.dll")
}

fn release_dir(arch: Arch, build: &str) -> PathBuf {
    let name = arch.to_string();
    target_dir(&name, build)
        .join(arch.rust_target())
        .join("release")
}

/// One for each build: cargo locks a target directory, and building the simulated centre builds the
/// library once more, with the features that both want together.
fn target_dir(system: &str, build: &str) -> PathBuf {
    let name = if build == PROGRAMS { "programs" } else { build };
    place::target().join(format!("cargo-{system}-{name}"))
}

/// The compiler whose library's sources are installed beside it.
const RUSTC: &str = "/usr/bin/rustc";

/// Says which one that is.
pub(crate) fn rustc() -> Command {
    sh::command(RUSTC, &["--version"])
}

/// One build for one target, with a std built on the way: the win7 targets have no ready-made one.
fn windows(arch: Arch, build: &str) -> Result {
    let target = arch.rust_target();
    let upper = target.to_uppercase().replace('-', "_");
    let lower = target.replace('-', "_");
    let target_dir = target_dir(&arch.to_string(), build);
    run(Command::new("cargo")
        .current_dir(place::repository())
        .args(what(build, "build"))
        .args(["--locked", "--target", target])
        // A std without what prints backtraces, and small.
        .args([
            "-Zbuild-std=std,panic_unwind",
            "-Zbuild-std-features=optimize_for_size",
        ])
        .arg("--target-dir")
        .arg(&target_dir)
        .env(STRIP.0, STRIP.1)
        .envs(effort(build).iter().copied())
        .env(FLAGS, flags(&["-Clink-arg=-Wl,--no-insert-timestamp"])?)
        // -Zbuild-std is not for stable compilers otherwise.
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env(
            format!("CARGO_TARGET_{upper}_LINKER"),
            place::repository().join("xtask/src/windows/linker.sh"),
        )
        .env("EVOUCHER_GCC", arch.mingw("gcc"))
        .env("EVOUCHER_TARGET_DIR", &target_dir)
        .env(format!("CC_{lower}"), arch.mingw("gcc"))
        .env(format!("AR_{lower}"), arch.mingw("ar")))?;
    Ok(())
}

/// The oldest glibc that the .so runs on: Kylin V10 and UOS 20 have 2.28, CentOS 7 has this one.
pub(crate) const GLIBC: &str = "2.17";

/// The .so against an old glibc: a build with Debian 12's own asks for 2.34.
pub(crate) fn so(machine: Machine) -> Result<PathBuf> {
    Ok(linux(machine, "evoucher")?.join("libevoucher.so"))
}

/// The programs beside it, for the same systems.
pub(crate) fn linux_programs(machine: Machine) -> Result<Vec<PathBuf>> {
    let release = linux(machine, PROGRAMS)?;
    Ok(packages(PROGRAMS)
        .map(|program| release.join(program))
        .collect())
}

/// What is handed out has no symbols; the build that is tested on this machine keeps them, for
/// valgrind.
const STRIP: (&str, &str) = ("CARGO_PROFILE_RELEASE_STRIP", "symbols");

const FLAGS: &str = "CARGO_ENCODED_RUSTFLAGS";

/// The compiler's flags, by which the same sources make the same file in every folder and for
/// everybody: whose home the crates lie in is not told.
fn flags(more: &[&str]) -> Result<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let sources = home.ok_or("no CARGO_HOME")?.join("registry/src");
    // One folder for each registry, named for its address.
    let mut flags: Vec<String> = more.iter().copied().map(str::to_owned).collect();
    if sources.exists() {
        for folder in sh::entries(&sources)? {
            flags.push(format!("--remap-path-prefix={}=crates", folder.display()));
        }
    }
    Ok(flags.join("\u{1f}"))
}

/// The sources of the ready-made std are named by where they lie, if they are installed beside it; as if
/// they were not.
fn own_std() -> Result<String> {
    let rustc = |argument: &str| run(&mut sh::command("rustc", &[argument]));
    let version = rustc("-vV")?;
    let commit = version
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "));
    Ok(format!(
        "--remap-path-prefix={}/lib/rustlib/src/rust=/rustc/{}",
        rustc("--print=sysroot")?.trim_end(),
        commit.ok_or("rustc has no commit")?
    ))
}

fn linux(machine: Machine, build: &str) -> Result<PathBuf> {
    let tools = zig()?;
    let target = machine.rust_target();
    let target_dir = target_dir(&format!("linux-{machine}"), build);
    let mut cargo = Command::new(tools.join("bin/cargo-zigbuild"));
    cargo
        .current_dir(place::repository())
        .args(what(build, "zigbuild"))
        .args(["--locked", "--target", &format!("{target}.{GLIBC}")])
        .arg("--target-dir")
        .arg(&target_dir)
        .env(STRIP.0, STRIP.1)
        .envs(effort(build).iter().copied())
        .env(FLAGS, flags(&[&own_std()?])?)
        .env("CARGO_ZIGBUILD_ZIG_PATH", tools.join("ziglang/zig"));
    if machine != Machine::X86_64 {
        // A std of this machine's own is all that is installed.
        cargo.arg("-Zbuild-std=std,panic_unwind");
        cargo.env("RUSTC", RUSTC).env("RUSTC_BOOTSTRAP", "1");
    }
    run(&mut cargo)?;
    Ok(target_dir.join(target).join("release"))
}

/// Zig, which has every glibc's symbols, and what has cargo link with it.
pub(crate) fn zig() -> Result<PathBuf> {
    place::wheels(
        "zigbuild-0.24.0-zig-0.17.1",
        &["cargo-zigbuild==0.24.0", "ziglang==0.17.1"],
    )
}
