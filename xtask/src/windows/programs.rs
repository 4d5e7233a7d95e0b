//! What only C programs can see: stack pointers, loading and unloading, import libraries, and where
//! the configuration is looked for.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use super::binary;
use super::build;
use super::compile;
use super::importlib;
use super::matrix;
use super::sandbox::Sandbox;
use super::wine::Wine;
use crate::r#gen;
use crate::place;
use crate::sh::{Result, copy, failure, fresh_dir, output, run, write};

/// A fresh directory with the DLL, and a program in it.
fn program(name: &str, arch: Arch, more: &[String]) -> Result<(PathBuf, PathBuf)> {
    let dir = place::target().join("test").join(format!("{name}-{arch}"));
    fresh_dir(&dir)?;
    copy(&build::dll(arch), &dir.join("evoucher.dll"))?;
    let exe = dir.join(format!("{name}.exe"));
    compile::c(
        arch,
        &[compile::test_source(&format!("{name}.c"))],
        more,
        &exe,
    )?;
    Ok((dir, exe))
}

/// The stack pointer around a call of every function, in both conventions.
pub(crate) fn stack_pointers(wine: &Wine) -> Result {
    let dir = place::target().join("test/stdcall-functions");
    fresh_dir(&dir)?;
    let mut list = String::new();
    for function in r#gen::functions()? {
        list += &format!(
            "F({}, {}, {})\n",
            function.name,
            function.stdcall_name(),
            function.arguments.len()
        );
    }
    write(&dir.join("functions.inc"), list)?;
    let (dir, exe) = program("stdcall", Arch::X86, &[format!("-I{}", dir.display())])?;
    run(&mut wine.command(&exe, &dir)).map(|_| ())
}

/// Loading, calling, unloading and loading again, 500 times from each of several threads.
pub(crate) fn reload(wine: &Wine) -> Result<String> {
    let (dir, exe) = program("reload", wine.arch(), &["-lntdll".to_owned()])?;
    run(wine
        .command(&exe, &dir)
        .arg("evoucher.dll")
        .args(binary::needed_dlls(wine.arch())?))
}

/// evoucher.json beside the DLL is found, in a directory with Chinese characters and spaces, and
/// none elsewhere is.
pub(crate) fn beside(wine: &Wine, sandbox: &Sandbox) -> Result {
    let (dir, exe) = program("beside", wine.arch(), &[])?;
    let elsewhere = dir.join("elsewhere");
    fresh_dir(&elsewhere)?;
    write(&elsewhere.join("evoucher.json"), "{}")?;
    write(
        &dir.join("evoucher.json"),
        matrix::config(sandbox.address("http")?, "utf-8", sandbox)?,
    )?;
    run(wine
        .command(&exe, &dir)
        .arg(&dir)
        .arg(format!("signed-beside-{}", wine.arch())))
    .map(|_| ())
}

/// One-code pay opens the certificate's connection while the centre answers its question: one that
/// is two seconds old by then is left for a third.
pub(crate) fn opened_ahead(wine: &Wine, sandbox: &Sandbox) -> Result {
    let arch = wine.arch();
    let libraries = place::target()
        .join("test")
        .join(format!("ahead-lib-{arch}"));
    importlib::make(arch, &libraries)?;
    let library = libraries.join("libevoucher.dll.a").display().to_string();
    let (dir, exe) = program("ahead", arch, &[library])?;
    for scheme in ["http", "https"] {
        let config = matrix::config(sandbox.address(scheme)?, "utf-8", sandbox)?;
        write(&dir.join("config.json"), config)?;
        let tokens =
            ["300", "2100"].map(|ms| format!("signed-fault.slow-{ms}@sign-{arch}-{scheme}"));
        let config = format!("@{}/config.json", dir.display());
        run(wine.command(&exe, &dir).arg(config).args(&tokens))?;
        for (token, behind) in tokens.iter().zip([1, 2]) {
            let connections = sandbox.connections(token)?;
            match connections[..] {
                [question, certificate] if certificate == question + behind => {}
                _ => return Err(format!("{token} came on the connections {connections:?}")),
            }
        }
    }
    Ok(())
}

/// The import libraries for Visual C++, with the linker that takes them: cdecl, and on 32 bits
/// stdcall.
pub(crate) fn visual_c_libraries(wine: &Wine) -> Result {
    let arch = wine.arch();
    let dir = place::target().join("test").join(format!("linked-{arch}"));
    fresh_dir(&dir)?;
    importlib::make(arch, &dir)?;
    copy(&build::dll(arch), &dir.join("evoucher.dll"))?;
    let object = dir.join("linked.obj");
    compile::c(
        arch,
        &[compile::test_source("linked.c")],
        &["-c".to_owned()],
        &object,
    )?;
    let mut link = Command::new("lld-link");
    link.current_dir(&dir).args([
        "/nologo",
        "/nodefaultlib",
        "/subsystem:console",
        "/entry:start",
        "/safeseh:no",
        "/out:linked.exe",
        "linked.obj",
        "evoucher.lib",
    ]);
    if arch == Arch::X86 {
        link.arg("evoucher_stdcall.lib");
    }
    run(&mut link)?;
    run_linked(wine, &dir)
}

/// The same for the stdcall import library of MinGW.
pub(crate) fn mingw_stdcall_library(wine: &Wine) -> Result {
    let dir = place::target().join("test/linked-stdcall");
    fresh_dir(&dir)?;
    importlib::make(Arch::X86, &dir)?;
    copy(&build::dll(Arch::X86), &dir.join("evoucher.dll"))?;
    let exe = dir.join("linked.exe");
    compile::c(
        Arch::X86,
        &[compile::test_source("linked.c")],
        &[
            "-nostdlib".to_owned(),
            "-Wl,-e_start".to_owned(),
            dir.join("libevoucher.dll.a").display().to_string(),
            dir.join("libevoucher_stdcall.dll.a").display().to_string(),
        ],
        &exe,
    )?;
    run_linked(wine, &dir)
}

/// Runs linked.exe, which ends with 42 when it could call.
fn run_linked(wine: &Wine, dir: &Path) -> Result {
    let mut command = wine.command(dir.join("linked.exe"), dir);
    let ended = output(&mut command)?;
    if ended.status.code() == Some(42) {
        Ok(())
    } else {
        Err(failure(&command, &ended))
    }
}
