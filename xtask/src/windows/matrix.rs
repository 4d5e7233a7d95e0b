//! {C, C#, Delphi} × {x86, x64} × {HTTP, HTTPS}: a program in each language against the simulated
//! centre, and what the centre saw of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use super::build;
use super::compile;
use super::dotnet::{self, DotNet};
use super::importlib;
use super::pascal::{Flavour, Pascal};
use super::sandbox::Sandbox;
use super::wine::Wine;
use crate::place;
use crate::sh::{Result, copy, fresh_dir, run, write};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    C,
    CSharp,
    Delphi,
}

impl Language {
    const ALL: [Self; 3] = [Self::C, Self::CSharp, Self::Delphi];
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::C => "C",
            Self::CSharp => "C#",
            Self::Delphi => "Delphi",
        })
    }
}

/// HTTP and HTTPS, as the sandbox names its addresses.
const SCHEMES: [&str; 2] = ["http", "https"];

/// Everything a program needs beyond its own source.
struct Tools {
    pascal: Pascal,
    dotnet: [(Arch, DotNet); 2],
}

/// Runs every cell, prints the table, and fails unless every cell passed.
pub(crate) fn run_all(sandbox: &Sandbox, wines: &[Wine]) -> Result {
    let tools = Tools {
        pascal: Pascal::new()?,
        dotnet: [
            (Arch::X86, DotNet::new(Arch::X86)?),
            (Arch::X64, DotNet::new(Arch::X64)?),
        ],
    };
    // One thread for each Wine: programs spend their time starting and waiting.
    let columns = std::thread::scope(|scope| {
        let columns: Vec<_> = wines
            .iter()
            .map(|wine| scope.spawn(|| column(wine, sandbox, &tools)))
            .collect();
        columns
            .into_iter()
            .map(|column| column.join().map_err(|_| "a column of the table panicked"))
            .collect::<std::result::Result<Vec<_>, _>>()
    })?;
    let cells: Vec<Cell> = columns.into_iter().flatten().collect();
    verdict(&cells)
}

/// What one cell of the table came to.
struct Cell {
    language: Language,
    arch: Arch,
    scheme: &'static str,
    result: Result,
}

/// Everything that runs in one Wine.
fn column(wine: &Wine, sandbox: &Sandbox, tools: &Tools) -> Vec<Cell> {
    let mut cells = Vec::new();
    for language in Language::ALL {
        for scheme in SCHEMES {
            let arch = wine.arch();
            let result = run_cell(language, wine, scheme, sandbox, tools);
            cells.push(Cell {
                language,
                arch,
                scheme,
                result,
            });
        }
    }
    cells
}

/// Prints the table. A cell that failed, and one that is missing, is a failure of the whole.
fn verdict(cells: &[Cell]) -> Result {
    let mut failures = Vec::new();
    let mut table = format!("{:8}", "");
    for arch in Arch::ALL {
        for scheme in SCHEMES {
            table += &format!("{:12}", format!("{arch} {scheme}"));
        }
    }
    for language in Language::ALL {
        table += &format!("\n{language:8}");
        for arch in Arch::ALL {
            for scheme in SCHEMES {
                let found = cells.iter().find(|cell| {
                    cell.language == language && cell.arch == arch && cell.scheme == scheme
                });
                let said = match found.map(|cell| &cell.result) {
                    Some(Ok(())) => "passed",
                    Some(Err(error)) => {
                        failures.push(format!("{language} {arch} {scheme}:\n{error}"));
                        "FAILED"
                    }
                    None => {
                        failures.push(format!("{language} {arch} {scheme} was not run"));
                        "NOT RUN"
                    }
                };
                table += &format!("{said:12}");
            }
        }
    }
    println!("{table}");
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n"))
    }
}

fn run_cell(
    language: Language,
    wine: &Wine,
    scheme: &str,
    sandbox: &Sandbox,
    tools: &Tools,
) -> Result {
    let arch = wine.arch();
    match language {
        Language::C => {
            let stage = Stage::new("c", arch, scheme, "utf-8", sandbox)?;
            let libraries = stage.dir.join("lib");
            importlib::make(arch, &libraries)?;
            copy(&build::dll(arch), &stage.dir.join("evoucher.dll"))?;
            let compiled = |source: PathBuf, name: &str| {
                let exe = stage.dir.join(name);
                let mut more = vec![
                    format!("-DVERSION=\"{}\"", env!("CARGO_PKG_VERSION")),
                    libraries.join("libevoucher.dll.a").display().to_string(),
                ];
                if arch == Arch::X86 {
                    let stdcall = libraries.join("libevoucher_stdcall.dll.a");
                    more.push(stdcall.display().to_string());
                }
                compile::c(arch, &[source], &more, &exe).map(|()| exe)
            };
            let joint = compiled(compile::test_source("joint.c"), "joint.exe")?;
            stage.joint(&mut wine.command(&joint, &stage.dir), sandbox)?;
            let config = format!("@{}/evoucher.json", stage.dir.display());
            let repository = place::repository();
            let cashier = compiled(repository.join("examples/c/cashier.c"), "cashier.exe")?;
            let token = format!("auto1-signed-example-{}", stage.tag);
            run(wine
                .command(&cashier, &stage.dir)
                .args([&config, &token, "12.30", "SN-3"]))?;
            // The native tests' program too; it wants no configuration beside the DLL.
            let alone = stage.dir.join("alone");
            fresh_dir(&alone)?;
            copy(&build::dll(arch), &alone.join("evoucher.dll"))?;
            let everything = compiled(
                repository.join("tests/c/everything.c"),
                "alone/everything.exe",
            )?;
            let token = format!("auto1-signed-all-{}", stage.tag);
            run(wine.command(&everything, &alone).args([&config, &token]))?;
            let loading = compiled(
                repository.join("examples/c/loadlibrary.c"),
                "loadlibrary.exe",
            )?;
            let token = format!("nopwd-example-{}", stage.tag);
            run(wine.command(&loading, &stage.dir).args([&config, &token]))?;
            Ok(())
        }
        Language::CSharp => {
            let stage = Stage::new("cs", arch, scheme, "utf-8", sandbox)?;
            let [joint, example] = stage.csharp()?;
            copy(&build::dll(arch), &stage.dir.join("evoucher.dll"))?;
            let (_, dotnet) = tools
                .dotnet
                .iter()
                .find(|(of, _)| *of == arch)
                .ok_or("no .NET for this architecture")?;
            stage.joint(&mut dotnet.command(wine, &joint, &stage.dir)?, sandbox)?;
            stage.example(|| dotnet.command(wine, &example, &stage.dir))
        }
        Language::Delphi => {
            let repository = place::repository();
            let units = repository.join("examples/delphi");
            for (flavour, name, charset) in [
                (Flavour::Delphi7, "d7", "gbk"),
                (Flavour::DelphiUnicode, "d12", "utf-8"),
            ] {
                let stage = Stage::new(name, arch, scheme, charset, sandbox)?;
                copy(&build::dll(arch), &stage.dir.join("evoucher.dll"))?;
                let joint = stage.dir.join("joint.exe");
                let source = repository.join("tests/delphi/Joint.dpr");
                tools
                    .pascal
                    .compile(arch, flavour, &source, &[&units], &joint)?;
                stage.joint(&mut wine.command(&joint, &stage.dir), sandbox)?;
                let example = stage.dir.join("demo.exe");
                tools.pascal.compile(
                    arch,
                    flavour,
                    &units.join("Demo.dpr"),
                    &[&units],
                    &example,
                )?;
                stage.example(|| Ok(wine.command(&example, &stage.dir)))?;
            }
            Ok(())
        }
    }
}

/// C# on Linux: mono with the .so, over both schemes.
pub(crate) fn mono(sandbox: &Sandbox, so: &Path) -> Result {
    let library = so.parent().ok_or("the .so has no directory")?;
    for scheme in SCHEMES {
        let stage = Stage::named("mono", scheme, "utf-8", sandbox)?;
        let [joint, example] = stage.csharp()?;
        stage.joint(&mut dotnet::mono(&joint, library, &stage.dir), sandbox)?;
        stage.example(|| Ok(dotnet::mono(&example, library, &stage.dir)))?;
    }
    Ok(())
}

/// One directory with the configurations that a test program reads, and the tokens that are its
/// own.
struct Stage {
    dir: PathBuf,
    /// The end of this run's tokens, and short: a token has 40 characters at most.
    tag: String,
}

impl Stage {
    fn new(
        program: &str,
        arch: Arch,
        scheme: &str,
        charset: &str,
        sandbox: &Sandbox,
    ) -> Result<Self> {
        Self::named(&format!("{program}-{arch}"), scheme, charset, sandbox)
    }

    fn named(name: &str, scheme: &str, charset: &str, sandbox: &Sandbox) -> Result<Self> {
        let tag = format!("{name}-{scheme}");
        let dir = place::target().join("test").join(&tag);
        fresh_dir(&dir)?;
        let url = sandbox.address(scheme)?;
        let refusing = sandbox.address("http-refusing")?;
        write(&dir.join("evoucher.json"), config(url, charset, sandbox)?)?;
        write(
            &dir.join("refused.json"),
            config(refusing, charset, sandbox)?,
        )?;
        let other = if charset == "utf-8" { "gbk" } else { "utf-8" };
        write(
            &dir.join("other-charset.json"),
            config(url, other, sandbox)?,
        )?;
        Ok(Self { dir, tag })
    }

    /// The test's program and the example's, both with the binding.
    fn csharp(&self) -> Result<[PathBuf; 2]> {
        let repository = place::repository();
        let binding = repository.join("examples/csharp/Evoucher.cs");
        let typed = repository.join("examples/csharp/Typed.cs");
        let tests = repository.join("tests/csharp");
        let joint = self.dir.join("joint.exe");
        let example = self.dir.join("example.exe");
        dotnet::compile(
            4,
            &[
                binding.clone(),
                typed,
                tests.join("Joint.cs"),
                tests.join("JointTyped.cs"),
            ],
            &joint,
        )?;
        dotnet::compile(
            4,
            &[binding, repository.join("examples/csharp/Program.cs")],
            &example,
        )?;
        Ok([joint, example])
    }

    /// Runs the language's test program, then asks the centre what it saw: every request of the
    /// program, and none of them twice, whatever happened to the reply.
    fn joint(&self, command: &mut Command, sandbox: &Sandbox) -> Result {
        run(command.arg(&self.dir).arg(&self.tag))?;
        for (words, times) in [
            ("auto2", 3),
            ("nopwd", 1),
            ("signed", 2),
            ("unsigned", 1),
            ("signed-fault.half", 1),
            // Cancelled before their threads ran.
            ("pwd-early", 0),
            ("signed-early", 0),
            ("nopwd-early", 0),
        ] {
            let token = format!("{words}-{}", self.tag);
            let processed = sandbox.processed(&token)?;
            if processed != times {
                return Err(format!(
                    "the centre processed {processed} requests for {token}, not {times}"
                ));
            }
        }
        Ok(())
    }

    /// The conversations of the language's example, as its reader would run them.
    fn example(&self, mut command: impl FnMut() -> Result<Command>) -> Result {
        let config = format!("@{}/evoucher.json", self.dir.display());
        let token = |words: &str| format!("{words}-example-{}", self.tag);
        let verified = run(command()?.args([&config, "password", &token("auto1"), "100.00"]))?;
        let paid = run(command()?.args([&config, "pay", &token("signed"), "12.30", "SN-3"]))?;
        let waited = run(command()?.args([&config, "wait", &token("auto2")]))?;
        let settles = |said: &str| said.contains("next: settle");
        if !settles(&verified)
            || !paid.contains("charge 12.30 at ")
            || !settles(&waited)
            || !waited.contains("waiting for the patient")
        {
            return Err(format!(
                "the example does not say what to do:\n{verified}{paid}{waited}"
            ));
        }
        // It must not let a settlement through when the patient cannot be checked.
        let refused = command()?
            .args([&config, "password", &token("code500003"), "100.00"])
            .output();
        match refused {
            Ok(output) if output.status.code() == Some(1) => Ok(()),
            Ok(output) => Err(format!(
                "the example ended with {} for a refused patient",
                output.status
            )),
            Err(error) => Err(format!("the example: {error}")),
        }
    }
}

/// A client's configuration for the sandbox's standing data.
pub(crate) fn config(url: &str, charset: &str, sandbox: &Sandbox) -> Result<String> {
    let ca = sandbox.address("ca")?;
    Ok(format!(
        r#"{{"localUrl":"{url}","orgId":"testOrgId","reqtType":"sys&350000","charset":"{charset}",
 "sm4Key":"0123456789ABCDEFFEDCBA9876543210","tls":{{"caFile":"{ca}"}},
 "defaults":{{"orgCodg":"H35010000001","orgName":"测试医院","opterId":"001","opterName":"张三",
  "devId":"AA-BB-CC-DD-EE-FF","devIP":"127.0.0.1"}}}}"#
    ))
}
