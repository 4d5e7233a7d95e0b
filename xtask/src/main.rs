//! The commands that a newcomer types.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

mod bench;
mod demo;
mod deny;
mod fuzz;
// A keyword, and the name of the command.
mod r#gen;
mod hosts;
mod install;
mod interface;
mod mutants;
mod notices;
mod page;
mod place;
mod recipes;
mod recipes_c;
mod sanitize;
mod sh;
mod test;
mod windows;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo            build, start the simulated centre, run both conversations, show every step
cargo xtask test            everything; on Debian as root it installs what is missing
cargo xtask test --quick    the inner loop: native only, installs nothing
cargo xtask test --page     the station's page alone, in a browser
cargo xtask bench           measure a call against the same job done with libcurl and OpenSSL
cargo xtask bench --costs   fail if a call costs more instructions or system calls than is committed
cargo xtask bench --sizes   what the library's size is made of, by crate
cargo xtask bench --page    what the page costs the simulated centre: its rate, long tasks, memory
cargo xtask gen             write what is made from the exports and tables: header, bindings, pages
cargo xtask gen --check     fail if any of it is not current
cargo xtask fuzz NAME SECS  search with libFuzzer: config, reply, request, session or texts
cargo xtask sanitize threads    ThreadSanitizer over the tests in which threads share something
cargo xtask sanitize addresses  AddressSanitizer and LeakSanitizer over the C and C++ programs
cargo xtask mutants [FILE]…     one change at a time to what costs money: does a test notice?
cargo xtask pictures        the guides' pictures of the station's page, as it looks now
cargo xtask dist            the archives for Windows and Linux, in dist/
cargo xtask dist NAME       one of them alone: windows, linux-x86_64, linux-aarch64 or nuget
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["demo"] => demo::run(),
        ["test"] => test::run(test::Extent::Everything),
        ["test", "--quick"] => test::run(test::Extent::Quick),
        ["bench"] => bench::run(),
        ["bench", "--sizes"] => bench::sizes(),
        ["bench", "--costs"] => sh::library().and_then(|()| bench::costs()),
        ["bench", "--page"] => page::bench(),
        ["gen"] => r#gen::run(r#gen::Mode::Write),
        ["gen", "--check"] => r#gen::run(r#gen::Mode::Check),
        ["dist"] => windows::dist(&windows::Archive::ALL),
        ["dist", name] => match windows::Archive::named(name) {
            Some(archive) => windows::dist(&[archive]),
            None => Err(USAGE.to_owned()),
        },
        ["test", "--windows"] => windows::test().and_then(whole),
        ["test", "--page"] => page::test().and_then(whole),
        ["fuzz", name, seconds] => fuzz::run(name, seconds),
        ["sanitize", "threads"] => sanitize::threads(),
        ["sanitize", "addresses"] => sanitize::addresses(),
        ["mutants", ref files @ ..] => mutants::run(files),
        ["pictures"] => page::pictures(),
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

/// What was asked for by its name has to be run.
fn whole(left_out: Option<String>) -> sh::Result {
    match left_out {
        Some(part) => Err(format!("not run: {part}")),
        None => Ok(()),
    }
}
