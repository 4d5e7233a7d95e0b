//! `tests/payment.rs` with the example payments of the other bindings, and of C on Windows.

use std::path::Path;
use std::process::Command;

use super::arch::Arch;
use super::build;
use super::compile;
use super::dotnet::{self, DotNet};
use super::importlib;
use super::kills::{as_script, executable};
use super::pascal::{Flavour, Pascal};
use super::wine::Wine;
use crate::place;
use crate::sh::{Result, cargo, copy, fresh_dir, show, write};

/// Under Wine the whole system is on a drive.
const DRIVE: &str = "Z:";

/// C#, which mono runs with the .so: killed, too.
pub(crate) fn mono(so: &Path) -> Result {
    let library = so.parent().ok_or("the .so has no directory")?;
    let dir = place::target().join("test").join("payment-mono");
    fresh_dir(&dir)?;
    let program = dir.join("payment.exe");
    csharp(&program)?;
    let mut command = Command::new("mono");
    command.arg(&program).env("LD_LIBRARY_PATH", library);
    test(&command, &dir, "utf-8", "")
}

/// C, C# and Delphi.
pub(crate) fn wine(wine: &Wine) -> Result {
    let arch = wine.arch();
    let dir = place::target().join("test").join(format!("payment-{arch}"));
    fresh_dir(&dir)?;
    copy(&build::dll(arch), &dir.join("evoucher.dll"))?;

    let program = dir.join("payment-c.exe");
    c(arch, &dir.join("lib"), &program)?;
    test(&wine.command(&program, &dir), &dir, "utf-8", DRIVE)?;

    let program = dir.join("payment-cs.exe");
    csharp(&program)?;
    let command = DotNet::new(arch)?.command(wine, &program, &dir)?;
    test(&command, &dir, "utf-8", DRIVE)?;

    let units = place::repository().join("examples/delphi");
    let pascal = Pascal::new()?;
    for (flavour, charset) in [(Flavour::Delphi7, "gbk"), (Flavour::DelphiUnicode, "utf-8")] {
        let program = dir.join(format!("payment-{charset}.exe"));
        pascal.compile(
            arch,
            flavour,
            &units.join("Payment.dpr"),
            &[&units],
            &program,
        )?;
        test(&wine.command(&program, &dir), &dir, charset, DRIVE)?;
    }
    Ok(())
}

fn c(arch: Arch, libraries: &Path, program: &Path) -> Result {
    importlib::make(arch, libraries)?;
    let source = place::repository().join("examples/c/payment.c");
    let library = libraries.join("libevoucher.dll.a");
    let more = [
        "-DCHANNEL_SECONDS=1".to_owned(),
        library.display().to_string(),
        "-lws2_32".to_owned(),
    ];
    compile::c(arch, &[source], &more, program)
}

fn csharp(program: &Path) -> Result {
    let examples = place::repository().join("examples/csharp");
    let sources = [examples.join("Evoucher.cs"), examples.join("Payment.cs")];
    dotnet::compile(4, &sources, program)
}

/// The test stays where it is and starts this program in place of the C one.
fn test(program: &Command, dir: &Path, charset: &str, drive: &str) -> Result {
    // No signal reaches a program under Wine, so nothing is killed there.
    let skipped: &[&str] = if drive.is_empty() {
        &[]
    } else {
        &["--skip", "the_power_fails"]
    };
    let script = dir.join("payment");
    write(&script, as_script(program))?;
    executable(&script)?;
    show(
        cargo(&["test", "--locked", "--test", "payment", "--"])
            .args(skipped)
            .env("EVOUCHER_PAYMENT", &script)
            .env("EVOUCHER_PAYMENT_CHARSET", charset)
            .env("EVOUCHER_PAYMENT_DRIVE", drive)
            // The 32-bit Wine sees no other folder.
            .env("TMPDIR", dir),
    )
}
