//! The forms that people copy, with a cashier at them, on a display of its own: C# on mono and
//! .NET, Pascal with the LCL. What a form shows is kept as a picture for the guides.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use super::build;
use super::dotnet::{self, DotNet};
use super::lcl::Lcl;
use super::matrix;
use super::pascal::Flavour;
use super::sandbox::Sandbox;
use super::wine::Wine;
use crate::place;
use crate::sh::{Result, copy, entries, fresh_dir, run, write};

/// What it is compiled from, and what else stands in its project.
const SOURCES: [&str; 5] = [
    "examples/csharp/Evoucher.cs",
    "examples/csharp/Typed.cs",
    "examples/csharp/Payment.cs",
    "examples/csharp-form/CashierForm.cs",
    "examples/csharp-form/FormProgram.cs",
];

pub(super) fn csharp(sandbox: &Sandbox, so: &Path) -> Result {
    let dir = place::target().join("test/form");
    fresh_dir(&dir)?;
    let address = sandbox.address("http")?;
    configure(&dir, "utf-8", sandbox)?;
    let (sources, tested) = sources();
    dotnet::compile_form(&sources, "FormProgram", &dir.join("form.exe"))?;
    let test = dir.join("test.exe");
    dotnet::compile_form(&tested, "FormTest", &test)?;
    let library = so.parent().ok_or("the .so has no directory")?;
    let mut command = on_display(&dotnet::mono(&test, library, &dir), &dir);
    command.arg(&dir).arg(address.trim_start_matches("http://"));
    run(command.arg("mono")).map(|_| ())
}

/// Those of the program as its README has it, and with the cashier in the place of its program.
fn sources() -> (Vec<PathBuf>, Vec<PathBuf>) {
    let repository = place::repository();
    let sources: Vec<_> = SOURCES.iter().map(|file| repository.join(file)).collect();
    let mut tested = sources.clone();
    tested.push(repository.join("tests/csharp/FormTest.cs"));
    (sources, tested)
}

/// The same windows on .NET Core, which .NET 5 and later come from: compiled for it, and under Wine.
pub(super) fn dotnet(sandbox: &Sandbox, wines: &[Wine]) -> Result {
    let dir = place::target().join("test/form-dotnet");
    fresh_dir(&dir)?;
    configure(&dir, "utf-8", sandbox)?;
    let sdk = dotnet::sdk()?;
    let (sources, tested) = sources();
    sdk.compile_form(&sources, "FormProgram", &dir.join("form.dll"))?;
    let test = dir.join("test.dll");
    sdk.compile_form(&tested, "FormTest", &test)?;
    let wine = wines.iter().find(|wine| wine.arch() == Arch::X64);
    let wine = wine.ok_or("no 64-bit Wine")?;
    copy(&build::dll(Arch::X64), &dir.join("evoucher.dll"))?;
    let mut command = on_display(&DotNet::desktop()?.command(wine, &test, &dir)?, &dir);
    let address = sandbox.address("http")?;
    command.args([".", address.trim_start_matches("http://"), "dotnet"]);
    run(&mut command).map(|_| ())
}

/// A command on a display of its own. The key to it lies in the directory, which the 32-bit Wine sees,
/// too.
fn on_display(program: &Command, dir: &Path) -> Command {
    let mut command = Command::new("xvfb-run");
    command
        .args(["--auto-servernum", "--server-args=-screen 0 1024x768x24"])
        .arg(format!("--auth-file={}", dir.join("display").display()))
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(dir);
    for (name, value) in program.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

/// The patient has a minute, and is asked for often.
fn configure(dir: &Path, charset: &str, sandbox: &Sandbox) -> Result {
    let config = matrix::config(sandbox.address("http")?, charset, sandbox)?;
    let verify = r#"{"verify":{"intervalMs":200,"timeoutMs":60000},"#;
    write(&dir.join("evoucher.json"), config.replacen('{', verify, 1))
}

/// Both dialects, in every Wine. A dialect whose strings are bytes holds UTF-8 for the LCL, and GBK for
/// the DLL: only in the other the words are those that people will read.
pub(super) fn pascal(sandbox: &Sandbox, wines: &[Wine]) -> Result {
    let lcl = Lcl::new()?;
    let repository = place::repository();
    let address = sandbox.address("http")?.trim_start_matches("http://");
    for wine in wines {
        let arch = wine.arch();
        for (flavour, name, charset) in [
            (Flavour::Delphi7, "d7", "gbk"),
            (Flavour::DelphiUnicode, "d12", "utf-8"),
        ] {
            let tag = format!("{name}-{arch}");
            let dir = place::target().join("test").join(format!("form-{tag}"));
            fresh_dir(&dir)?;
            for folder in ["examples/delphi", "examples/delphi-form"] {
                for file in entries(&repository.join(folder))? {
                    if file.extension().is_some_and(|kind| kind != "md") {
                        copy(&file, &dir.join(file.file_name().unwrap_or_default()))?;
                    }
                }
            }
            // As its README has it, and with the cashier in the place of its program.
            let example = dir.join("Cashier.dpr");
            lcl.compile(arch, flavour, &example, &dir, &dir.join("cashier.exe"))?;
            let source = repository.join("tests/delphi/FormTest.dpr");
            let program = dir.join("form.exe");
            lcl.compile(arch, flavour, &source, &dir, &program)?;
            copy(&build::dll(arch), &dir.join("evoucher.dll"))?;
            configure(&dir, charset, sandbox)?;
            let mut cashier = wine.command(&program, &dir);
            cashier.args([address, &tag]);
            run(&mut on_display(&cashier, &dir))?;
            // Cancelled before its thread came to anything.
            let early = format!("auto1-early-df-{tag}");
            if sandbox.processed(&early)? != 0 {
                return Err(format!("{tag}: something was sent after a cancel"));
            }
        }
    }
    Ok(())
}
