//! The C# of the guides, compiled and run against the simulated centre. Its host program is the
//! cashier, and counts what is settled.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::build;
use super::dotnet::{self, DotNet};
use super::matrix;
use super::sandbox::Sandbox;
use super::wine::Wine;
use crate::hosts;
use crate::place;
use crate::sh::{Result, copy, fresh_dir, run, write};

/// On mono with the .so.
pub(crate) fn mono(sandbox: &Sandbox, so: &Path) -> Result {
    let library = so.parent().ok_or("the .so has no directory")?;
    let (dir, program) = stage("mono", sandbox)?;
    let mut command = dotnet::mono(&program, library, &dir);
    // The default client's; on Windows it is beside the DLL.
    command.env("EVOUCHER_CONFIG", dir.join("evoucher.json"));
    play(command, &dir, "mono", sandbox)
}

/// On .NET with the DLL.
pub(crate) fn dotnet(wine: &Wine, sandbox: &Sandbox) -> Result {
    let arch = wine.arch();
    let tag = arch.to_string();
    let (dir, program) = stage(&tag, sandbox)?;
    copy(&build::dll(arch), &dir.join("evoucher.dll"))?;
    let command = DotNet::new(arch)?.command(wine, &program, &dir)?;
    play(command, &dir, &tag, sandbox)
}

/// A directory with the program, and with the configurations of its cases.
fn stage(tag: &str, sandbox: &Sandbox) -> Result<(PathBuf, PathBuf)> {
    let dir = place::target()
        .join("test")
        .join(format!("recipes-cs-{tag}"));
    fresh_dir(&dir)?;
    for (name, address, interval, timeout) in [
        ("quick", "http", 50, 60_000),
        // The first question comes a minute after the notice: whoever cancels comes before that.
        ("slow", "http", 60_000, 120_000),
        ("impatient", "http", 50, 300),
        ("refused", "http-refusing", 50, 300),
    ] {
        let verify = format!(r#"{{"verify":{{"intervalMs":{interval},"timeoutMs":{timeout}}},"#);
        let config = matrix::config(sandbox.address(address)?, "utf-8", sandbox)?;
        write(
            &dir.join(format!("{name}.json")),
            config.replacen('{', &verify, 1),
        )?;
    }
    write(&dir.join("broken.json"), r#"{"orgId":"testOrgId"}"#)?;
    let source = dir.join("Recipes.cs");
    write(&source, hosts::program("Recipes.cs", "csharp")?)?;
    let program = dir.join("recipes.exe");
    let binding = place::repository().join("examples/csharp/Evoucher.cs");
    // The first C# that has "await".
    dotnet::compile(5, &[binding, source], &program)?;
    Ok((dir, program))
}

/// Runs all cases, then asks the centre: nothing was sent for those who were cancelled before their
/// thread ran.
fn play(mut command: Command, dir: &Path, tag: &str, sandbox: &Sandbox) -> Result {
    run(command.arg(dir).arg(tag))?;
    for (words, times) in [
        ("auto1-form", 2),
        ("auto1-readme", 2),
        ("auto1-trans", 2),
        ("auto1-early", 0),
        ("auto1-shut", 0),
        ("auto1-before", 0),
    ] {
        let token = format!("{words}-{tag}");
        let processed = sandbox.processed(&token)?;
        if processed != times {
            return Err(format!(
                "the centre processed {processed} requests for {token}, not {times}"
            ));
        }
    }
    Ok(())
}
