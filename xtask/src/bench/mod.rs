//! A whole status query through the C interface against the same job done with libcurl and OpenSSL,
//! in one run on loopback. Absolute times drift with the machine, the ratios of one run hold; what a
//! call costs in instructions and system calls hardly moves, so the tests hold that.

mod costs;
mod setup;
mod sizes;
mod times;
mod trips;

use crate::install;
use crate::sh::{self, Result};
use setup::Setup;

/// Builds the programs, measures them in turn, and prints the tables.
pub fn run() -> Result {
    install::install(&[install::BENCH])?;
    sh::library()?;
    let setup = Setup::prepare()?;
    times::tables(&setup)?;
    println!();
    costs::tables(&setup)?;
    println!();
    trips::table(&setup)?;
    println!();
    sizes::table()
}

/// Fails when a call costs more than the figures that are committed, with the library that is built.
pub fn costs() -> Result {
    install::install(&[install::BENCH])?;
    costs::check(&Setup::prepare()?)
}

/// Builds the library with its symbols, and prints what its size is made of.
pub fn sizes() -> Result {
    sizes::table()
}
