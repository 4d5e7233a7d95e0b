//! Which requests meet a fault: all that name it, or those to one service, or one of them.

use crate::fault::Fault;
use crate::http::ECHO;
use crate::spec;
use std::num::NonZeroU64;

/// A fault with its selectors: `NAME`, `NAME@SERVICE`, `NAME@N` or `NAME@SERVICE@N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) fault: Fault,
    /// The only service whose requests meet it.
    service: Option<&'static str>,
    /// Which of those requests meets it.
    nth: Option<NonZeroU64>,
}

impl Choice {
    pub(crate) fn from_name(text: &str) -> Option<Self> {
        match Self::take(text)? {
            (choice, "") => Some(choice),
            _ => None,
        }
    }

    /// Takes the choice that `text` begins with, and gives what is left behind it.
    pub(crate) fn take(text: &str) -> Option<(Self, &str)> {
        let (fault, rest) = Fault::take(text)?;
        let mut choice = Self {
            fault,
            service: None,
            nth: None,
        };
        let Some(rest) = rest.strip_prefix('@') else {
            return Some((choice, rest));
        };
        let (selectors, rest) = rest.split_at(rest.find('-').unwrap_or(rest.len()));
        match selectors.split_once('@') {
            Some((service, nth)) => {
                choice.service = Some(service_of(service)?);
                choice.nth = Some(number_of(nth)?);
            }
            None => match number_of(selectors) {
                Some(nth) => choice.nth = Some(nth),
                None => choice.service = Some(service_of(selectors)?),
            },
        }
        Some((choice, rest))
    }

    /// What a request to this service meets; `count` counts it among those of this choice.
    pub(crate) fn met(&self, service: &str, count: impl FnOnce() -> u64) -> Fault {
        let is_its = self.service.is_none_or(|only| only == service)
            && self.nth.is_none_or(|nth| nth.get() == count());
        if is_its { self.fault } else { Fault::None }
    }
}

/// The service of this name or short name, in any case.
fn service_of(text: &str) -> Option<&'static str> {
    spec::services()
        .map(|service| (service.name, service.short_name))
        .chain([(ECHO, ECHO)])
        .find(|(name, short)| text.eq_ignore_ascii_case(name) || text.eq_ignore_ascii_case(short))
        .map(|(name, _)| name)
}

fn number_of(text: &str) -> Option<NonZeroU64> {
    // Rust's own numbers may have a plus sign.
    text.starts_with(|first: char| first.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors() {
        let choice = |service, nth| Choice {
            fault: Fault::HalfHead,
            service,
            nth: NonZeroU64::new(nth),
        };
        for (text, expected, rest) in [
            ("half-head", choice(None, 0), ""),
            ("half-head-7", choice(None, 0), "-7"),
            ("half-head@2", choice(None, 2), ""),
            (
                "half-head@GENPAYCERT-7",
                choice(Some("genPayCert"), 0),
                "-7",
            ),
            (
                "half-head@stas@12-7",
                choice(Some("tokenPwdStas"), 12),
                "-7",
            ),
            ("half-head@echo", choice(Some("echo"), 0), ""),
        ] {
            assert_eq!(Choice::take(text), Some((expected, rest)), "{text}");
        }
        for text in [
            "half-head@",
            "half-head@0",
            "half-head@+1",
            "half-head@nobody-7",
            "half-head@2@cert",
            "half-head@cert@",
            "half-head@cert@0",
            "half-head@cert@+1",
            "half-head@cert@1@1",
            "half-head@notc@stas",
        ] {
            assert_eq!(Choice::take(text), None, "{text}");
        }
        assert_eq!(Choice::from_name("half-head@2-7"), None);
    }
}
