//! `tests/kills.rs` with the scripted cashier as a Windows program and the DLL beside it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::{fs, iter};

use super::build;
use super::compile;
use super::wine::Wine;
use crate::place;
use crate::sh::{Result, cargo, copy, fresh_dir, show, write};

/// A program takes its time to start under Wine.
const KILLS: &str = "60";

/// Runs it. The test stays where it is and starts the program under Wine in place of the native
/// one.
pub(crate) fn run(wine: &Wine) -> Result {
    let arch = wine.arch();
    let dir = place::target().join("test").join(format!("kills-{arch}"));
    fresh_dir(&dir)?;
    let library = dir.join("evoucher.dll");
    copy(&build::dll(arch), &library)?;
    let exe = dir.join("counter.exe");
    let source = place::repository().join("tests/c/counter.c");
    compile::c(arch, &[source], &["-lws2_32".to_owned()], &exe)?;
    let script = dir.join("counter");
    write(&script, as_script(&wine.command(&exe, &dir)))?;
    executable(&script)?;
    show(
        cargo(&["test", "--locked", "--test", "kills"])
            .env("EVOUCHER_COUNTER", &script)
            .env("EVOUCHER_COUNTER_LIBRARY", &library)
            .env("EVOUCHER_KILLS", KILLS)
            // The 32-bit Wine sees no other folder.
            .env("TMPDIR", &dir),
    )
}

/// A script that runs the command with more arguments.
pub(super) fn as_script(command: &Command) -> String {
    let quoted = |text: &std::ffi::OsStr| {
        let text = text.to_string_lossy().replace('\'', r"'\''");
        format!("'{text}'")
    };
    let mut script = "#!/bin/sh\n".to_owned();
    if let Some(dir) = command.get_current_dir() {
        script += &format!("cd {} || exit\n", quoted(dir.as_os_str()));
    }
    for (name, value) in command.get_envs() {
        let name = name.to_string_lossy();
        script += &match value {
            Some(value) => format!("export {name}={}\n", quoted(value)),
            None => format!("unset {name}\n"),
        };
    }
    let words = iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(quoted).collect();
    script + &format!("exec {} \"$@\"\n", words.join(" "))
}

pub(super) fn executable(script: &Path) -> Result {
    fs::set_permissions(script, fs::Permissions::from_mode(0o755))
        .map_err(|error| format!("{}: {error}", script.display()))
}
