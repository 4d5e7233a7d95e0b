//! What the fuzzers found, and where they begin: each file of `fuzz/corpus/` through its target, and
//! some thousand variations of them. `cargo xtask fuzz` searches on, with libFuzzer.
//!
//! `EVOUCHER_FUZZ=N`: so many variations of each target; `EVOUCHER_FUZZ_SEED=S` repeats a run.
#![allow(missing_docs, unsafe_code, reason = "a test, of the C interface")]

mod common;
#[path = "../fuzz/targets/mod.rs"]
mod targets;

use common::show;
use std::env;
use std::fs;
use std::panic;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The seeds of a target, in a certain order.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let files = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Numbers that look like chance: xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }

    /// One of these with a few bytes changed, left out, put in, or from another one.
    fn variation(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            match self.below(5) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                2 => bytes.insert(at, u8::try_from(self.below(256)).unwrap()),
                3 => bytes.truncate(at.max(4)),
                _ => {
                    let other = &seeds[self.below(seeds.len())];
                    let from = self.below(other.len());
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[from..]);
                }
            }
        }
        bytes
    }
}

fn searches(name: &str) {
    let (_, target) = targets::TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap();
    let seeds = corpus(name);
    assert!(!seeds.is_empty());
    let tries = |bytes: &[u8]| {
        let Err(found) = panic::catch_unwind(|| target(bytes)) else {
            return;
        };
        // The library keeps panics to itself, so they are said here.
        let said = found.downcast_ref::<String>().map(String::as_str);
        let said = said.or(found.downcast_ref::<&str>().copied());
        show(&format!(
            "{name}: {}\nfound by {:?}\n",
            said.unwrap_or_default(),
            bytes.escape_ascii().to_string()
        ));
        panic::resume_unwind(found);
    };
    seeds.iter().for_each(|seed| tries(seed));
    let number = |name| env::var(name).ok().and_then(|text| text.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number("EVOUCHER_FUZZ_SEED").unwrap_or(now.as_secs());
    let variations = number("EVOUCHER_FUZZ").unwrap_or(2000);
    show(&format!(
        "{name}: {} seeds, {variations} variations, EVOUCHER_FUZZ_SEED={seed}\n",
        seeds.len()
    ));
    let mut chance = Chance(seed | 1);
    for _ in 0..variations {
        tries(&chance.variation(&seeds));
    }
}

#[test]
fn configurations() {
    searches("config");
}

#[test]
fn replies() {
    searches("reply");
}

#[test]
fn requests() {
    searches("request");
}

#[test]
fn sessions() {
    searches("session");
}

#[test]
fn texts() {
    searches("texts");
}
