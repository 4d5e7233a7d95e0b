//! The words of `next` for the header, from the table that the library speaks by.

#[path = "../src/catalogue/next_words.rs"]
#[expect(dead_code, reason = "the Chinese half of it is not for the header")]
mod next_words;

use next_words::Next;

/// What stands in the header in place of `@NEXT@`.
pub fn lines() -> String {
    let lines = Next::ALL.iter().map(|next| {
        let word = format!("\"{}\"", next.as_str());
        format!(" *     {word:19}{}\n", next.meaning().en)
    });
    lines.collect()
}

/// What stands there in place of `@NEXT_CONSTANTS@`.
pub fn constants() -> String {
    let constants = Next::ALL.iter().map(|next| {
        let word = next.as_str();
        format!("#define EV_NEXT_{} \"{word}\"\n", word.to_uppercase())
    });
    constants.collect()
}
