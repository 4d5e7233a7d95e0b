//! The acceptance run (验收): what a program is asked to go through, what it did, and what is judged.
//!
//! `cases` is the table, `judge` is pure, `run` is what is kept, and `report` is what is handed in.

mod cases;
mod evidence;
mod html;
mod judge;
mod junit;
mod paying;
mod play;
mod predicates;
mod report;
mod run;
mod store;
mod wire;

pub(crate) use cases::{Check, find};
pub(crate) use evidence::{Charged, Said, Scan, Word};
pub(crate) use html::page;
pub(crate) use judge::State;
pub(crate) use junit::junit;
pub(crate) use play::{Met, Stage, resume};
pub(crate) use report::{FIGURES, Report};
pub(crate) use run::Run;
pub(crate) use store::Store;

#[cfg(test)]
mod tests;
