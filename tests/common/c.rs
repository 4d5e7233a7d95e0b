//! C programs of this project, compiled strictly and run as a user would.

use super::library_dir;
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
    cc.arg("-o").arg(&program).arg(source);
    if links {
        let folder = library_dir();
        cc.arg("-L").arg(&folder).arg("-levoucher");
        cc.arg(format!("-Wl,-rpath,{}", folder.display()));
    }
    cc.args(["-lm", "-ldl", "-lpthread"]).args(more);
    run(&mut cc);
    program
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
