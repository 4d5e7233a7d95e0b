//! The commands that a newcomer types.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

mod bench;
mod demo;
mod header;
mod install;
mod recipes;
mod sh;
mod test;
mod windows;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo            build, start the simulated centre, run both conversations, show every step
cargo xtask test            everything; on Debian as root it installs what is missing
cargo xtask test --quick    the inner loop: native only, installs nothing
cargo xtask bench           measure a call against the same job done with libcurl and OpenSSL
cargo xtask header          write include/evoucher.h from the exports
cargo xtask header --check  fail if it is not current
cargo xtask dist            the archives for Windows and Linux, in dist/
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["demo"] => demo::run(),
        ["test"] => test::run(test::Extent::Everything),
        ["test", "--quick"] => test::run(test::Extent::Quick),
        ["bench"] => bench::run(),
        ["header"] => header::write(),
        ["header", "--check"] => header::check(),
        ["dist"] => windows::dist(),
        ["test", "--windows"] => windows::test(),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("\n{problem}");
            ExitCode::FAILURE
        }
    }
}
