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
    let mut kinds = vec![("evoucher", both_names(&functions), false)];
    if arch == Arch::X86 {
        kinds.push(("evoucher_stdcall", stdcall(&functions), true));
    }
    for (name, def, kill_at) in kinds {
        write(&dir.join(format!("{name}.def")), def)?;
        llvm(arch, dir, name, kill_at)?;
        gnu(arch, dir, name, kill_at)?;
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

fn llvm(arch: Arch, dir: &Path, name: &str, kill_at: bool) -> Result {
    let mut command = Command::new("llvm-dlltool");
    command.args(["-m", arch.llvm_machine(), "-D", "evoucher.dll"]);
    dlltool(command, dir, name, &format!("{name}.lib"), kill_at)
}

/// Its files have a name made of the process' number otherwise, and the time.
fn gnu(arch: Arch, dir: &Path, name: &str, kill_at: bool) -> Result {
    let mut command = Command::new(arch.mingw("dlltool"));
    command.args(["--temp-prefix", "evoucher", "--deterministic-libraries"]);
    let lib = format!("lib{name}.dll.a");
    dlltool(command, dir, name, &lib, kill_at)
}

/// In the directory itself, since a symbol is made of the library's name as it is given.
fn dlltool(mut command: Command, dir: &Path, name: &str, lib: &str, kill_at: bool) -> Result {
    if kill_at {
        command.arg("-k");
    }
    command.current_dir(dir);
    run(command.args(["-d", &format!("{name}.def"), "-l", lib])).map(|_| ())
}
