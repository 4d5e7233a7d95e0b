//! C and C++ programs of this project, compiled strictly and run as a user would.

use super::{everything, library_dir};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles a program; it links the library, or loads it itself.
pub fn compile(source: &str, standard: &str, links: bool) -> PathBuf {
    compile_with(source, standard, links, &[])
}

/// The same with more arguments.
pub fn compile_with(source: &str, standard: &str, links: bool, more: &[&str]) -> PathBuf {
    let name = Path::new(source).file_stem().unwrap();
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut cc = Command::new("cc");
    cc.args([
        standard,
        "-pedantic",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-g",
        "-I",
        "include",
    ]);
    add_flags(&mut cc, "CFLAGS");
    cc.arg("-o").arg(&program).arg(source);
    if links {
        link(&mut cc);
    }
    cc.args(["-lm", "-ldl", "-lpthread"]).args(more);
    run(&mut cc);
    program
}

/// Compiles a C++ program, which links the library, under a name of its own.
pub fn compile_cpp(name: &str, sources: &[&str], dialect: &[&str]) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut cpp = Command::new("c++");
    cpp.args(dialect).args(CPP_WARNINGS);
    add_flags(&mut cpp, "CXXFLAGS");
    cpp.args(["-g", "-I", "include", "-o"])
        .arg(&program)
        .args(sources);
    link(&mut cpp);
    run(cpp.arg("-lpthread"));
    program
}

/// What the strictest of programs ask for.
pub const CPP_WARNINGS: [&str; 8] = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wold-style-cast",
    "-Werror",
];

/// Such as a sanitizer, which has to be in the program when the library was built with it.
fn add_flags(compiler: &mut Command, name: &str) {
    let flags = std::env::var(name).unwrap_or_default();
    compiler.args(flags.split_whitespace());
}

fn link(compiler: &mut Command) {
    let folder = library_dir();
    compiler.arg("-L").arg(&folder).arg("-levoucher");
    compiler.arg(format!("-Wl,-rpath,{}", folder.display()));
}

/// Runs a program as it is, and where everything is tested under valgrind, too: no error, no leak.
pub fn run_checked(program: &Path, arguments: &[&str]) {
    run(Command::new(program).args(arguments));
    if everything() {
        run(Command::new("valgrind")
            .args(["--quiet", "--error-exitcode=9", "--leak-check=full"])
            .args(["--errors-for-leak-kinds=definite,indirect,possible"])
            .arg("--suppressions=tests/c/valgrind.supp")
            .args(["--show-leak-kinds=definite,indirect,possible"])
            .arg(program)
            .args(arguments));
    }
}

/// As a user would run it.
pub fn without_cargos(command: &mut Command) -> &mut Command {
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("EVOUCHER_CONFIG")
        // cargo points it at the debug build, and it would come before the program's own path.
        .env_remove("LD_LIBRARY_PATH")
}

/// Runs a program that has to end well, and gives what it said.
pub fn run(command: &mut Command) -> String {
    let output = without_cargos(command).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{said}",
        output.status
    );
    said
}
