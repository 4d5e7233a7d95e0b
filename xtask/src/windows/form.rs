//! The forms that people copy, with a cashier at them: C# on mono and a display of its own, Pascal under
//! Wine, without one.

use std::path::Path;
use std::process::Command;

use super::build;
use super::dotnet;
use super::matrix;
use super::pascal::{Flavour, Pascal};
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
    let repository = place::repository();
    let sources = SOURCES.map(|source| repository.join(source));
    // As its README has it, and with the cashier in the place of its program.
    dotnet::compile_form(&sources, "FormProgram", &dir.join("form.exe"))?;
    let mut tested = sources.to_vec();
    tested.push(repository.join("tests/csharp/FormTest.cs"));
    let test = dir.join("test.exe");
    dotnet::compile_form(&tested, "FormTest", &test)?;
    let library = so.parent().ok_or("the .so has no directory")?;
    let mut command = Command::new("xvfb-run");
    command.args(["--auto-servernum", "--server-args=-screen 0 1024x768x24"]);
    let mono = dotnet::mono(&test, library, &dir);
    command.arg(mono.get_program()).args(mono.get_args());
    for (name, value) in mono.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.arg(&dir).arg(address.trim_start_matches("http://"));
    run(command.arg("mono").current_dir(&dir)).map(|_| ())
}

/// The patient has a minute, and is asked for often.
fn configure(dir: &Path, charset: &str, sandbox: &Sandbox) -> Result {
    let config = matrix::config(sandbox.address("http")?, charset, sandbox)?;
    let verify = r#"{"verify":{"intervalMs":200,"timeoutMs":60000},"#;
    write(&dir.join("evoucher.json"), config.replacen('{', verify, 1))
}

/// Both dialects, in every Wine.
pub(super) fn pascal(sandbox: &Sandbox, wines: &[Wine]) -> Result {
    let pascal = Pascal::new()?;
    let repository = place::repository();
    let address = sandbox.address("http")?.trim_start_matches("http://");
    for wine in wines {
        for (flavour, name, charset) in [
            (Flavour::Delphi7, "d7", "gbk"),
            (Flavour::DelphiUnicode, "d12", "utf-8"),
        ] {
            let tag = format!("{name}-{}", wine.arch());
            let dir = place::target().join("test").join(format!("form-{tag}"));
            fresh_dir(&dir)?;
            for folder in [
                "examples/delphi",
                "examples/delphi-form",
                "tests/delphi/vcl",
            ] {
                for unit in entries(&repository.join(folder))? {
                    if unit.extension().is_some_and(|kind| kind == "pas") {
                        copy(&unit, &dir.join(unit.file_name().unwrap_or_default()))?;
                    }
                }
            }
            let source = repository.join("tests/delphi/FormTest.dpr");
            let program = dir.join("form.exe");
            pascal.compile(wine.arch(), flavour, &source, &dir, &program)?;
            copy(&build::dll(wine.arch()), &dir.join("evoucher.dll"))?;
            configure(&dir, charset, sandbox)?;
            run(wine.command(&program, &dir).args([address, &tag]))?;
            // Cancelled before its thread ran.
            let early = format!("auto1-early-df-{tag}");
            if sandbox.processed(&early)? != 0 {
                return Err(format!("{tag}: something was sent after a cancel"));
            }
        }
    }
    Ok(())
}
