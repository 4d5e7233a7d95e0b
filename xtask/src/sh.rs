//! Running other programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// What a command of this program comes to; an error is said to whoever typed it.
pub type Result<T = ()> = std::result::Result<T, String>;

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A command that runs in the workspace's folder.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// What builds the library that programs load: as nothing but that, since cargo gives up link-time
/// optimisation for one that Rust programs link, too, and that is a quarter of its size.
pub const LIBRARY: [&str; 5] = [
    "rustc",
    "--package=evoucher",
    "--lib",
    "--crate-type=cdylib",
    "--release",
];

/// Builds it for this machine.
pub fn library() -> Result {
    show(&mut cargo(&LIBRARY))
}

/// The cargo that runs this.
pub fn cargo(arguments: &[&str]) -> Command {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    command(&cargo, arguments)
}

/// Runs a command for whoever waits: it is named, and says what it says.
pub fn show(command: &mut Command) -> Result {
    println!("$ {}", shown(command));
    let status = command
        .status()
        .map_err(|error| format!("{}: {error}", shown(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{}: {status}", shown(command)))
    }
}

/// Runs a command to its end and gives what it wrote on standard output. Silent when it succeeds;
/// all that it said when it does not.
pub fn run(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(failure(command, &output))
    }
}

/// Runs a command to its end, whatever that is.
pub fn output(command: &mut Command) -> Result<Output> {
    command
        .output()
        .map_err(|error| format!("{}: {error}", shown(command)))
}

/// The text for a command that ended badly.
pub fn failure(command: &Command, output: &Output) -> String {
    format!(
        "{}\n  {}\n{}{}",
        shown(command),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Whether a program is on the PATH, or there is something at this whole path.
pub fn has(program: &str) -> bool {
    let Some(path) = env::var_os("PATH") else {
        return false;
    };
    env::split_paths(&path).any(|folder| folder.join(program).exists())
}

/// Reads a file of text.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file.
pub fn write(path: &Path, text: impl AsRef<[u8]>) -> Result {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies a file.
pub fn copy(from: &Path, to: &Path) -> Result {
    fs::copy(from, to)
        .map(|_| ())
        .map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

/// What is in a directory, by name.
pub fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| format!("{}: {error}", dir.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    Ok(entries)
}

/// A directory at this place, with those above it.
pub fn make_dir(path: &Path) -> Result {
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// An empty directory at this place, whatever was there before.
pub fn fresh_dir(path: &Path) -> Result {
    if path.exists() {
        fs::remove_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    make_dir(path)
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or_default().to_string_lossy();
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy());
    std::iter::once(program)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}
