//! Lazarus' LCL for Windows: the nearest to Delphi's VCL that there is without Delphi. Debian has its
//! sources, and those of what it needs of Free Pascal's packages.

use std::path::{Path, PathBuf};

use super::arch::Arch;
use super::pascal::{Flavour, Pascal};
use crate::place;
use crate::sh::{Result, entries, make_dir, run, write};

pub(super) struct Lcl {
    pascal: Pascal,
    units: PathBuf,
}

/// Whatever these need is compiled with them.
const UNITS: &str = "unit Units;
interface
uses Interfaces, Forms, Controls, StdCtrls, ExtCtrls, Dialogs, Graphics;
implementation
end.
";

/// Where Lazarus' units are.
const LCL: [&str; 5] = [
    "lcl",
    "lcl/forms",
    "lcl/interfaces/win32",
    "lcl/widgetset",
    "components/lazutils",
];

/// Where those of Free Pascal's packages are: what is for Windows before what is for all systems.
const PACKAGES: [&str; 14] = [
    "chm/src",
    "fcl-base/src",
    "fcl-image/src",
    "fcl-json/src",
    "fcl-process/src/win",
    "fcl-process/src",
    "fcl-xml/src",
    "hash/src",
    "pasjpeg/src",
    "paszlib/src",
    "rtl-objpas/src/win",
    "rtl-objpas/src/inc",
    "rtl-objpas/src/common",
    "winunits-base/src",
];

impl Lcl {
    pub(super) fn new() -> Result<Self> {
        let pascal = Pascal::new()?;
        let sources = entries(Path::new("/usr/lib/lazarus"))?
            .into_iter()
            .find(|dir| dir.join("lcl/interfaces/win32").exists())
            .ok_or("no sources of the LCL in /usr/lib/lazarus")?;
        let lazarus = sources.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("lcl-{lazarus}-fpc-{}-windows", pascal.version());
        let units = place::cached(&name, |dir| {
            write(&dir.join("units.pas"), UNITS)?;
            Arch::ALL
                .into_iter()
                .try_for_each(|arch| make(dir, arch, &pascal, &sources))
        })?;
        Ok(Self { pascal, units })
    }

    /// Compiles a program with windows, with the units of one more directory.
    pub(super) fn compile(
        &self,
        arch: Arch,
        flavour: Flavour,
        program: &Path,
        units: &Path,
        exe: &Path,
    ) -> Result {
        let lcl = self.units.join(arch.to_string());
        self.pascal
            .compile(arch, flavour, program, &[units, &lcl], exe)
    }
}

fn make(dir: &Path, arch: Arch, pascal: &Pascal, sources: &Path) -> Result {
    let units = dir.join(arch.to_string());
    make_dir(&units)?;
    let mut command = pascal.compiler(arch);
    command.args(["-Mobjfpc", "-Sc", "-Sg", "-Sh"]);
    let packages = pascal.sources().join("packages");
    let lcl = LCL.map(|folder| sources.join(folder));
    let packages = PACKAGES.map(|folder| packages.join(folder));
    for folder in lcl.iter().chain(&packages) {
        command
            .arg(format!("-Fu{}", folder.display()))
            .arg(format!("-Fi{}", folder.display()));
    }
    command
        .arg(format!("-Fi{}", sources.join("lcl/include").display()))
        .arg(format!("-FU{}", units.display()))
        .arg(dir.join("units.pas"));
    run(&mut command).map(|_| ())
}
