//! .NET for Windows under Wine, and mono on Linux.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use super::wine::Wine;
use crate::place;
use crate::sh::{Result, run, write};

/// A .NET for Windows: the newest of each architecture that package registries hold.
pub(crate) struct DotNet {
    dotnet: PathBuf,
    version: &'static str,
}

impl DotNet {
    pub(crate) fn new(arch: Arch) -> Result<Self> {
        Ok(match arch {
            Arch::X86 => Self {
                dotnet: x86()?.join("package/dotnet.exe"),
                version: "2.1.0",
            },
            Arch::X64 => Self {
                dotnet: x64()?.join("dotnetcore2/bin/dotnet.exe"),
                version: "3.1.0",
            },
        })
    }

    /// A command that runs a compiled C# program. Its directory gets the file that says which .NET
    /// it wants.
    pub(crate) fn command(&self, wine: &Wine, program: &Path, directory: &Path) -> Result<Command> {
        write(
            &program.with_extension("runtimeconfig.json"),
            format!(
                r#"{{"runtimeOptions":{{"framework":{{"name":"Microsoft.NETCore.App","version":"{}"}},
 "configProperties":{{"System.Globalization.Invariant":true}}}}}}"#,
                self.version
            ),
        )?;
        let mut command = wine.command(&self.dotnet, directory);
        command.arg(program);
        Ok(command)
    }
}

/// Compiles C# of a version of the language: 4 is what came with .NET Framework 4.0.
pub(crate) fn compile(language: u8, sources: &[PathBuf], exe: &Path) -> Result {
    run(Command::new("mcs")
        .arg(format!("-langversion:{language}"))
        .args(["-warnaserror", "-platform:anycpu"])
        .arg(format!("-out:{}", exe.display()))
        .args(sources))
    .map(|_| ())
}

fn x64() -> Result<PathBuf> {
    place::cached("dotnet-3.1.23-x64", |dir| {
        let wheel = "dotnetcore2-3.1.23-py3-none-win_amd64.whl";
        run(Command::new("/usr/bin/python3")
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary=:all:",
            ])
            .args(["--platform", "win_amd64", "dotnetcore2==3.1.23", "--dest"])
            .arg(dir))?;
        place::check(
            dir,
            wheel,
            "e2528813677d7a080522336cb530442408d1e2aea76fa8657018fb532c03c252",
        )?;
        run(Command::new("unzip").current_dir(dir).args(["-q", wheel]))?;
        place::remove(dir, wheel)
    })
}

fn x86() -> Result<PathBuf> {
    place::cached("dotnet-2.1.8-x86", |dir| {
        place::npm(
            dir,
            "dotnet-2.1-win-ia32",
            "2.1.1007",
            "5f1e8b8d031e781efc9e6bc1977223e5fae1b5f3f413e024ff5b15cc6079a4ae",
        )
    })
}

/// A command that runs a compiled C# program on mono with the .so in a directory.
pub(crate) fn mono(program: &Path, library: &Path, directory: &Path) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", "300", "mono"])
        .arg(program)
        .env("LD_LIBRARY_PATH", library)
        .env("LC_ALL", "C.UTF-8")
        .current_dir(directory);
    command
}
