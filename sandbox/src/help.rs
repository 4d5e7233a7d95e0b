//! The tables that `--help` prints.

use crate::{fault, scenario};

/// How a fault is kept to some of the requests.
const CHOICE: &str = "\
NNN is an HTTP status, 200 to 599. NAME may be NAME@SERVICE, for requests to this service alone (notc, stas, sign
and cert are short for the four), NAME@N, for the N-th request with this address or token alone, or
NAME@SERVICE@N, for the N-th of those to this service alone: gateway-504-json@genPayCert@1, half@cert@2
";

/// The tables of `--help`: every word of a token and every fault.
pub fn help() -> String {
    let mut text = "Words of a token, joined by '-', choose what a patient is:\n".to_owned();
    for word in scenario::WORDS {
        text.push_str(&format!("  {:<14} {}\n", word.word, word.en));
    }
    text.push_str("A token without any of them does not exist (500001).\n");
    text.push_str("\nFaults, as localUrl = http://127.0.0.1:18080/fault/NAME or as the word fault.NAME of a token:\n");
    for (name, _, [_, what]) in fault::NAMED {
        text.push_str(&format!("  {name:<16} {what}\n"));
    }
    for (name, [_, what]) in fault::NUMBERED {
        text.push_str(&format!("  {name:<16} {what}\n"));
    }
    text.push_str(CHOICE);
    text.push_str("\nThe sandbox itself: GET /sandbox/ has a list\n");
    text
}
