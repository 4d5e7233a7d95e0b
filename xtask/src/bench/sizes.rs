//! What the library's size is made of, by crate.

use crate::sh::{self, Result};
use std::collections::BTreeMap;
use std::process::Command;

/// Crates that are smaller than this stand in one row.
const SMALLEST: u64 = 10_000;

/// Builds the library with its symbols, and prints the table.
pub(super) fn table() -> Result {
    let target = sh::target().join("sizes");
    let mut build = sh::cargo(&sh::LIBRARY);
    build.arg("--target-dir").arg(&target);
    sh::show(build.env("CARGO_PROFILE_RELEASE_STRIP", "none"))?;
    let library = target.join("release/libevoucher.so");
    let symbols = sh::run(Command::new("nm").args(["-S", "-C"]).arg(&library))?;
    let mut sizes = BTreeMap::<&str, u64>::new();
    for (size, name) in symbols.lines().filter_map(symbol) {
        *sizes.entry(crate_of(name)).or_default() += size;
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    println!("| crate | bytes of code and constants |\n| --- | --- |");
    let mut rest = 0;
    for (name, size) in sizes {
        match size < SMALLEST {
            true => rest += size,
            false => println!("| {name} | {size} |"),
        }
    }
    println!("| all others | {rest} |");
    Ok(())
}

/// Size and name of a line of `nm`: address, size, kind, name. What takes no room in the file has
/// none.
fn symbol(line: &str) -> Option<(u64, &str)> {
    let mut parts = line.splitn(4, ' ').skip(1);
    let size = u64::from_str_radix(parts.next()?, 16).ok()?;
    let kind = parts.next()?;
    let name = parts.next()?;
    (!kind.eq_ignore_ascii_case("b")).then_some((size, name))
}

/// By the name's first part: `<&mut serde_json::ser::Serializer<W> as …>::…` is serde_json's.
fn crate_of(name: &str) -> &str {
    if !name.contains("::") {
        // C: there is no other but these two.
        return match name.contains("ring_core") {
            true => "ring",
            false => "SQLite",
        };
    }
    let mut name = name;
    for before in ["<", "&", "[", "(", "*", "dyn ", "mut ", "const "].repeat(2) {
        name = name.strip_prefix(before).unwrap_or(name);
    }
    let end = name.find(|char: char| !char.is_alphanumeric() && char != '_');
    match &name[..end.unwrap_or(name.len())] {
        // A type's parameter or a number: generic code of the standard library.
        "core" | "alloc" | "std" | "hashbrown" | "gimli" | "addr2line" | "rustc_demangle"
        | "miniz_oxide" | "memchr" | "T" | "I" | "str" => "std",
        "ureq_proto" => "ureq",
        "rustls_pki_types" | "webpki" => "rustls",
        name => name,
    }
}
