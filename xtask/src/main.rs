//! What a newcomer types.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]
#![allow(dead_code)]
mod windows;

fn main() -> std::process::ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        Some("dist") => windows::dist(),
        Some("test") => windows::test(),
        _ => Err("cargo xtask dist | test".to_owned()),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
