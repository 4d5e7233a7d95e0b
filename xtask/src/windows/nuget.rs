//! The NuGet package: the C# binding for .NET Framework 4.0 and .NET Standard 2.0, with the native
//! library for each platform. What is done with it is done by the real SDK.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::{Arch, Machine};
use super::build;
use super::dist::{self, VERSION};
use super::dotnet::{self, DotNet};
use super::matrix;
use super::package;
use super::sandbox::Sandbox;
use super::wine::Wine;
use crate::notices::{self, Holds};
use crate::place;
use crate::sh::{Result, copy, entries, fresh_dir, make_dir, run, write};

/// Not as the native library is called, which lies in the same folder: Windows takes Evoucher.dll for
/// evoucher.dll.
const ASSEMBLY: &str = "Evoucher.Client";

/// The native libraries of the package, by NuGet's names for platforms.
fn natives() -> Result<[(&'static str, PathBuf); 4]> {
    Ok([
        ("win-x86", build::dll(Arch::X86)),
        ("win-x64", build::dll(Arch::X64)),
        ("linux-x64", build::so(Machine::X86_64)?),
        ("linux-arm64", build::so(Machine::Aarch64)?),
    ])
}

/// Makes the package in a directory, out of libraries that are built.
pub(super) fn make(into: &Path) -> Result<PathBuf> {
    let root = place::target().join("nuget");
    fresh_dir(&root)?;
    let packaging = place::repository().join("packaging/nuget");
    let spec = package::filled("nuget/Evoucher.nuspec.in", &[("VERSION", VERSION)])?;
    write(&root.join("Evoucher.nuspec"), spec)?;
    for (from, to) in [
        ("content-types.xml", "[Content_Types].xml"),
        ("rels.xml", "_rels/.rels"),
        ("Evoucher.targets", "build/net40/Evoucher.targets"),
        ("README.md", "README.md"),
    ] {
        put(&packaging.join(from), &root.join(to))?;
    }
    for (platform, library) in natives()? {
        let name = library.file_name().unwrap_or_default();
        let folder = root.join("runtimes").join(platform).join("native");
        put(&library, &folder.join(name))?;
        if name == "evoucher.dll" {
            dist::sign(&folder.join(name))?;
        }
    }
    let windows = Arch::ALL.map(Arch::rust_target);
    let linux = Machine::ALL.map(Machine::rust_target);
    notices::make(&root, &[windows, linux].concat(), Holds::TheLibrary)?;
    for framework in [Framework::Net40, Framework::Standard20] {
        compile(framework, &root)?;
    }
    let package = into.join(format!("Evoucher.{VERSION}.nupkg"));
    dist::same_everywhere(&root)?;
    dist::pack(&root, ".", &package)?;
    Ok(package)
}

fn put(from: &Path, to: &Path) -> Result {
    make_dir(to.parent().unwrap_or(to))?;
    copy(from, to)
}

#[derive(Clone, Copy)]
enum Framework {
    Net40,
    Standard20,
}

/// Compiles the binding, the same to the byte in every folder.
fn compile(framework: Framework, root: &Path) -> Result {
    let sdk = dotnet::sdk()?;
    let repository = place::repository();
    let (name, references) = match framework {
        Framework::Net40 => {
            let mono = PathBuf::from("/usr/lib/mono/4.5");
            let names = ["mscorlib.dll", "System.dll", "System.Core.dll"];
            ("net40", names.map(|name| mono.join(name)).to_vec())
        }
        Framework::Standard20 => (
            "netstandard2.0",
            vec![sdk.compilers().join("../../ref/netstandard.dll")],
        ),
    };
    let lib = root.join("lib").join(name);
    make_dir(&lib)?;
    let about = place::target().join("AssemblyInfo.cs");
    write(
        &about,
        format!(
            "using System.Reflection;\n[assembly: AssemblyTitle(\"{ASSEMBLY}\")]\n\
             [assembly: AssemblyVersion(\"{VERSION}.0\")]\n[assembly: AssemblyFileVersion(\"{VERSION}.0\")]\n"
        ),
    )?;
    let mut csc = sdk.command(&["exec"]);
    csc.arg(sdk.compilers().join("csc.dll"));
    csc.args(["-nologo", "-noconfig", "-nostdlib", "-langversion:4"]);
    csc.args([
        "-target:library",
        "-optimize",
        "-deterministic",
        "-warnaserror",
    ]);
    csc.arg(format!("-pathmap:{}=evoucher", repository.display()));
    csc.arg(format!(
        "-out:{}",
        lib.join(format!("{ASSEMBLY}.dll")).display()
    ));
    csc.arg(format!(
        "-doc:{}",
        lib.join(format!("{ASSEMBLY}.xml")).display()
    ));
    csc.args(
        references
            .iter()
            .map(|file| format!("-r:{}", file.display())),
    );
    csc.args(["Evoucher.cs", "Typed.cs"].map(|file| repository.join("examples/csharp").join(file)));
    run(csc.arg(about)).map(|_| ())
}

/// Somebody's projects, which get the package out of a folder and use it.
pub(super) fn used(package: &Path, sandbox: &Sandbox, wines: &[Wine]) -> Result {
    let dir = place::target().join("test/nuget");
    fresh_dir(&dir)?;
    let folder = package.parent().unwrap_or(package);
    write(
        &dir.join("NuGet.config"),
        format!(
            "<configuration><packageSources><clear /><add key=\"folder\" value=\"{}\" /></packageSources></configuration>",
            folder.display()
        ),
    )?;
    let config = matrix::config(sandbox.address("http")?, "utf-8", sandbox)?;
    write(&dir.join("evoucher.json"), config)?;
    let sdk = dotnet::sdk()?;
    let user = User { dir, sdk };

    // .NET Core: the platform's library is found by itself.
    let built = user.builds("core", "netcoreapp3.1", "")?;
    user.pays(user.sdk.command(&[]).arg(built.join("his.dll")), "core")?;

    // .NET Framework: for one bitness its DLL, for AnyCPU both.
    for arch in Arch::ALL {
        let platform = format!("<PlatformTarget>{arch}</PlatformTarget>");
        let built = user.builds(&format!("net-{arch}"), "net45", &platform)?;
        same(&built.join("evoucher.dll"), &build::dll(arch))?;
    }
    let built = user.builds("net-any", "net45", "")?;
    // cargo points it at the debug build.
    let mut mono = Command::new("mono");
    mono.arg(built.join("his.exe"))
        .env_remove("LD_LIBRARY_PATH");
    user.pays(&mut mono, "mono")?;
    for wine in wines {
        let arch = wine.arch();
        same(
            &built.join(format!("{arch}/evoucher.dll")),
            &build::dll(arch),
        )?;
        let program = built.join("his.exe");
        let mut command = DotNet::new(arch)?.command(wine, &program, &user.dir)?;
        user.pays(&mut command, &format!("any-{arch}"))?;
    }
    Ok(())
}

fn same(copied: &Path, library: &Path) -> Result {
    let bytes =
        |file: &Path| std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()));
    match bytes(copied)? == bytes(library)? {
        true => Ok(()),
        false => Err(format!("{} is not {}", copied.display(), library.display())),
    }
}

struct User {
    dir: PathBuf,
    sdk: dotnet::Sdk,
}

impl User {
    /// The example program as a project of its own, built; where the result is.
    fn builds(&self, name: &str, framework: &str, more: &str) -> Result<PathBuf> {
        let project = self.dir.join(name);
        make_dir(&project)?;
        let example = place::repository().join("examples/csharp/Program.cs");
        copy(&example, &project.join("Program.cs"))?;
        write(
            &project.join("his.csproj"),
            format!(
                "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType>
<TargetFramework>{framework}</TargetFramework><OutputPath>out</OutputPath>{more}
<AppendTargetFrameworkToOutputPath>false</AppendTargetFrameworkToOutputPath>
<FrameworkPathOverride Condition=\"'{framework}' == 'net45'\">/usr/lib/mono/4.5</FrameworkPathOverride>
</PropertyGroup><ItemGroup><PackageReference Include=\"Evoucher\" Version=\"{VERSION}\" /></ItemGroup></Project>"
            ),
        )?;
        let mut build = self.sdk.command(&["build", "--nologo"]);
        // A package of that version from another run is another one.
        build.env("NUGET_PACKAGES", self.dir.join("packages"));
        run(build.current_dir(&project))?;
        let out = project.join("out");
        let mut names = BTreeSet::new();
        for file in entries(&out)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if !names.insert(name.to_lowercase()) {
                return Err(format!(
                    "{}: {name} is there twice for Windows",
                    out.display()
                ));
            }
        }
        Ok(out)
    }

    /// The program has a patient verified, by both services.
    fn pays(&self, program: &mut Command, tag: &str) -> Result {
        let token = format!("auto1-nuget-{tag}");
        let config = format!("@{}", self.dir.join("evoucher.json").display());
        program.current_dir(&self.dir);
        let said = run(program.args([&config, "password", &token, "100.00"]))?;
        match said.contains("settle") {
            true => Ok(()),
            false => Err(format!("{tag}: no settlement:\n{said}")),
        }
    }
}

#[test]
fn the_package_describes_itself() {
    let spec = package::filled("nuget/Evoucher.nuspec.in", &[("VERSION", VERSION)]).unwrap();
    assert!(
        spec.contains(&format!("<version>{VERSION}</version>")),
        "{spec}"
    );
    let targets =
        crate::sh::read(&place::repository().join("packaging/nuget/Evoucher.targets")).unwrap();
    for platform in ["win-x86", "win-x64", "linux-x64"] {
        assert!(
            targets.contains(&format!("{platform}\\native")),
            "{platform}"
        );
    }
}
