//! Import libraries, so that C and C++ programs can be linked against the DLL: for Visual C++ and
//! for MinGW, with the cdecl names, and on 32 bits also with the stdcall ones.

use std::path::Path;
use std::process::Command;

use super::arch::Arch;
use crate::r#gen::{self, contract::Function};
use crate::sh::{Result, make_dir, run, write};

/// Writes evoucher.def and the import libraries into a directory.
pub(crate) fn make(arch: Arch, dir: &Path) -> Result {
    make_dir(dir)?;
    let functions = r#gen::functions()?;
    let def = dir.join("evoucher.def");
    write(&def, both_names(&functions))?;
    llvm(arch, &def, &dir.join("evoucher.lib"), false)?;
    gnu(arch, &def, &dir.join("libevoucher.dll.a"), false)?;
    if arch == Arch::X86 {
        let def = dir.join("evoucher_stdcall.def");
        write(&def, stdcall(&functions))?;
        llvm(arch, &def, &dir.join("evoucher_stdcall.lib"), true)?;
        gnu(arch, &def, &dir.join("libevoucher_stdcall.dll.a"), true)?;
    }
    Ok(())
}

fn both_names(functions: &[Function]) -> String {
    let mut def = String::from("LIBRARY evoucher.dll\nEXPORTS\n");
    for function in functions {
        def += &format!("    {}\n    {}\n", function.name, function.stdcall_name());
    }
    def
}

/// What a stdcall caller's compiler asks the linker for. The DLL exports the name without the
/// number.
fn stdcall(functions: &[Function]) -> String {
    let mut def = String::from("LIBRARY evoucher.dll\nEXPORTS\n");
    for function in functions {
        // Every argument is a number or a pointer.
        let bytes = 4 * function.arguments.len();
        def += &format!("    {}@{bytes}\n", function.stdcall_name());
    }
    def
}

fn llvm(arch: Arch, def: &Path, lib: &Path, kill_at: bool) -> Result {
    let mut command = Command::new("llvm-dlltool");
    command.args(["-m", arch.llvm_machine(), "-D", "evoucher.dll"]);
    dlltool(command, def, lib, kill_at)
}

/// Its files have a name made of the process' number otherwise, and the time.
fn gnu(arch: Arch, def: &Path, lib: &Path, kill_at: bool) -> Result {
    let mut command = Command::new(arch.mingw("dlltool"));
    command.args(["--temp-prefix", "evoucher", "--deterministic-libraries"]);
    command.current_dir(def.parent().unwrap_or(def));
    dlltool(command, def, lib, kill_at)
}

fn dlltool(mut command: Command, def: &Path, lib: &Path, kill_at: bool) -> Result {
    if kill_at {
        command.arg("-k");
    }
    run(command.arg("-d").arg(def).arg("-l").arg(lib)).map(|_| ())
}
