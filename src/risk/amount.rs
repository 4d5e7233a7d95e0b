//! Amounts of money, compared as the numbers that they are.

use std::fmt;

/// An amount in yuan, in the one form in which equal amounts are equal: without zeros in front, with
/// two decimals, and more only where they are not zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount(String);

impl Amount {
    /// An amount that was checked: digits with decimals or without, white space around it or not.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        let decimals = decimals.trim_end_matches('0');
        Self(format!("{whole}.{decimals:0<2}"))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_amounts_are_equal_however_written() {
        for (one, other, same) in [
            ("12.3", "12.30", true),
            ("12.30", "012.3", true),
            ("12.30", " 12.3000\t", true),
            ("12", "12.00", true),
            ("0.50", "00.5", true),
            ("12.30", "12.31", false),
            ("12.30", "1.23", false),
            ("12", "120", false),
        ] {
            assert_eq!(
                Amount::new(one) == Amount::new(other),
                same,
                "{one} {other}"
            );
        }
        assert_eq!(Amount::new("00.5").to_string(), "0.50");
    }
}
