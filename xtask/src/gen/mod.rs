//! `cargo xtask gen`: what is made from the exports and from the library's tables, and kept in the
//! repository. build.rs makes the header, which is the one contract; what the bindings declare is
//! made from that, and what the pages list from the tables, by a test that links the library.

#[cfg(test)]
mod bindings;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the test and build.rs need more")
)]
pub(crate) mod contract;
#[cfg(test)]
mod made;
#[cfg(test)]
mod next;
#[cfg(test)]
mod pages;

use crate::sh::{self, Result};

/// The one contract.
pub(crate) const HEADER: &str = "include/evoucher.h";

/// The variable that has the test write.
const WRITE: &str = "EVOUCHER_GEN_WRITE";

/// What is done about a file that is not what it should be.
#[derive(Clone, Copy)]
pub enum Mode {
    /// It is written.
    Write,
    /// Its first wrong line is named, and that is a failure.
    Check,
}

/// Writes, or checks, every file that is made.
pub fn run(mode: Mode) -> Result {
    let mut test = sh::cargo(&[
        "test",
        "-q",
        "-p",
        "xtask",
        "gen::made::everything_is_current",
    ]);
    // What is wrong is said; where in this program it was found is of no interest.
    test.env("RUST_BACKTRACE", "0");
    match mode {
        Mode::Write => test.env(WRITE, "yes"),
        Mode::Check => test.env_remove(WRITE),
    };
    sh::run(&mut test).map(drop)
}

/// The functions of the committed header.
pub(crate) fn functions() -> Result<Vec<contract::Function>> {
    contract::functions(&sh::read(&sh::root().join(HEADER))?)
}
