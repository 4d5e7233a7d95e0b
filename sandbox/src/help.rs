//! The tables that `--help` prints.

use crate::{fault, scenario};

/// The tables of `--help`: every word of a token and every fault.
pub fn help() -> String {
    let mut text = "Words of a token, joined by '-', choose what a patient is:\n".to_owned();
    for (word, what) in scenario::WORDS {
        text.push_str(&format!("  {word:<14} {what}\n"));
    }
    text.push_str("A token without any of them does not exist (500001).\n");
    text.push_str("\nFaults, as localUrl = http://127.0.0.1:18080/fault/NAME or as the word fault.NAME of a token:\n");
    for (name, _, what) in fault::NAMED {
        text.push_str(&format!("  {name:<14} {what}\n"));
    }
    text.push_str(&format!("  {:<14} {}\n", "slow-N", fault::SLOW));
    text.push_str("\nThe sandbox itself: GET and DELETE /sandbox/ledger, POST /sandbox/tokens/{token}/verify\n");
    text
}
