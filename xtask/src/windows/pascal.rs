//! Free Pascal for Windows. Debian's makes Linux programs; its sources hold all that is missing:
//! the run-time units for both Windows targets, and the compiler for 32 bits. No assembler or
//! linker of Windows is needed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use crate::place;
use crate::sh::{Result, make_dir, run};

pub(crate) struct Pascal {
    version: String,
    tools: PathBuf,
}

/// How Pascal's `string` is to be read: as bytes, like Delphi 7 does, or as UTF-16, like Delphi
/// 2009 and later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    Delphi7,
    DelphiUnicode,
}

impl Pascal {
    pub(crate) fn new() -> Result<Self> {
        let version = run(Command::new("fpc").arg("-iV"))?.trim().to_owned();
        let tools = place::cached(&format!("fpc-{version}-windows"), |dir| make(dir, &version))?;
        Ok(Self { version, tools })
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn sources(&self) -> PathBuf {
        sources(&self.version)
    }

    /// Compiles a program with the units of these directories.
    pub(crate) fn compile(
        &self,
        arch: Arch,
        flavour: Flavour,
        program: &Path,
        units: &[&Path],
        exe: &Path,
    ) -> Result {
        let objects = exe.with_extension("units");
        make_dir(&objects)?;
        let mut command = self.compiler(arch);
        command.arg(match flavour {
            Flavour::Delphi7 => "-Mdelphi",
            Flavour::DelphiUnicode => "-Mdelphiunicode",
        });
        for folder in units {
            command.arg(format!("-Fu{}", folder.display()));
        }
        command
            .arg(format!("-FU{}", objects.display()))
            .arg(format!("-o{}", exe.display()))
            .arg(program);
        run(&mut command).map(|_| ())
    }

    /// The compiler with its run-time units.
    pub(super) fn compiler(&self, arch: Arch) -> Command {
        let mut command = compiler(&self.tools, arch);
        let units = self.tools.join(arch.to_string());
        command.arg(format!("-Fu{}", units.display()));
        command
    }
}

fn compiler(tools: &Path, arch: Arch) -> Command {
    let mut command = match arch {
        Arch::X86 => Command::new(tools.join("ppcross386")),
        Arch::X64 => Command::new("ppcx64"),
    };
    // Without /etc/fpc.cfg, whose units are those of Linux.
    command.args(["-n", "-v0e"]).arg(target(arch));
    command
}

fn target(arch: Arch) -> &'static str {
    match arch {
        Arch::X86 => "-Twin32",
        Arch::X64 => "-Twin64",
    }
}

fn sources(version: &str) -> PathBuf {
    PathBuf::from("/usr/share/fpcsrc").join(version)
}

fn make(dir: &Path, version: &str) -> Result {
    let sources = sources(version);
    messages(dir, &sources, version)?;
    cross_compiler(dir, &sources)?;
    for arch in Arch::ALL {
        run_time(dir, arch, &sources.join("rtl"))?;
    }
    Ok(())
}

/// The compiler's messages as its own sources want them: Debian has them installed in another form.
fn messages(dir: &Path, sources: &Path, version: &str) -> Result {
    let mut command = Command::new("fpc");
    command
        .current_dir(sources.join("compiler/utils"))
        .arg("-v0e")
        .arg(format!("-FU{}", dir.display()))
        .arg(format!("-o{}", dir.join("msg2inc").display()))
        .arg("msg2inc.pp");
    run(&mut command)?;
    let installed = format!("/usr/lib/x86_64-linux-gnu/fpc/{version}/msg/errore.msg");
    run(Command::new(dir.join("msg2inc"))
        .current_dir(dir)
        .args([&installed, "msg", "msg"]))
    .map(|_| ())
}

fn cross_compiler(dir: &Path, sources: &Path) -> Result {
    let objects = dir.join("compiler");
    make_dir(&objects)?;
    let mut command = Command::new("fpc");
    command
        .current_dir(sources.join("compiler"))
        .args([
            "-v0e",
            "-di386",
            "-Fui386",
            "-Fux86",
            "-Fusystems",
            "-Fuopts",
            "-Fii386",
            "-Fix86",
        ])
        .arg(format!("-Fi{}", dir.display()))
        .arg(format!("-FU{}", objects.display()))
        .arg(format!("-o{}", dir.join("ppcross386").display()))
        .arg("pp.pas");
    run(&mut command).map(|_| ())
}

fn run_time(dir: &Path, arch: Arch, rtl: &Path) -> Result {
    let units = dir.join(arch.to_string());
    make_dir(&units)?;
    let (system, processor) = match arch {
        Arch::X86 => ("win32", "i386"),
        Arch::X64 => ("win64", "x86_64"),
    };
    // The system unit first: nothing compiles without it, and it alone compiles without any other.
    let mut command = compiler(dir, arch);
    command
        .current_dir(rtl.join(system))
        .args(["-Us", "-Sg", "-Fi../inc", "-Fi../win"])
        .arg(format!("-Fi../{processor}"))
        .arg(format!("-FU{}", units.display()))
        .arg("system.pp");
    run(&mut command)?;
    // The second is what programs in the Unicode dialect begin with.
    for unit in ["buildrtl.pp", "../inc/uuchar.pp"] {
        let mut command = compiler(dir, arch);
        command.current_dir(rtl.join(system));
        for place in [
            "inc",
            processor,
            "win",
            "win/wininc",
            "objpas",
            "objpas/sysutils",
            "objpas/classes",
            "common",
        ] {
            command
                .arg(format!("-Fi../{place}"))
                .arg(format!("-Fu../{place}"));
        }
        command.arg(format!("-FU{}", units.display())).arg(unit);
        run(&mut command)?;
    }
    Ok(())
}
