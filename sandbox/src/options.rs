//! What a centre can be started with.

use evoucher::envelope::{KeyFormat, Sealer};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// How to start a [`Sandbox`](crate::Sandbox).
pub struct Options {
    /// Where to serve HTTP; port 0 is any free one.
    pub listen: SocketAddr,
    /// Where to serve HTTPS with the good certificate; port 0 is any free one.
    pub tls: SocketAddr,
    /// Where to write `ca.pem` and `server.pem`.
    pub tls_dir: Option<PathBuf>,
    /// The one `orgId` that is registered.
    pub org_id: String,
    /// The SM4 key that was "issued".
    pub key: String,
    /// How the key is written.
    pub key_format: KeyFormat,
    /// Which `reqtType` is registered: `*` is one character or more, `#` is one digit.
    pub reqt_type: String,
    /// How many processed requests are remembered; the oldest go first.
    pub ledger_max: usize,
    /// How many exchanges are kept as they were on the wire; fewer where they are huge.
    pub exchanges_max: usize,
    /// Beside localhost and numbers, by which names the station may be called.
    pub names: Vec<String>,
    /// Where the acceptance run is kept; without it, for as long as the centre runs.
    pub acceptance: Option<PathBuf>,
    /// How many seconds this centre's clock is ahead of the machine's; negative: behind.
    pub clock_offset: i64,
    /// Where to print every conversation. What is printed holds patients' data.
    pub show: Option<Box<dyn Write + Send>>,
}

impl Default for Options {
    fn default() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: any,
            tls: any,
            tls_dir: None,
            org_id: "testOrgId".to_owned(),
            key: "0123456789ABCDEFFEDCBA9876543210".to_owned(),
            key_format: KeyFormat::Auto,
            reqt_type: "*&######".to_owned(),
            ledger_max: 1_000_000,
            exchanges_max: 10_000,
            names: Vec::new(),
            acceptance: None,
            clock_offset: 0,
            show: None,
        }
    }
}

/// The one registered system (业务系统).
pub(crate) struct Account {
    pub(crate) org_id: String,
    pub(crate) reqt_type: Pattern,
    pub(crate) sealer: Sealer,
}

impl Account {
    pub(crate) fn new(options: &Options) -> io::Result<Self> {
        let sealer = Sealer::new(&options.key, options.key_format).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "the key is no SM4 key in that format",
            )
        })?;
        Ok(Self {
            org_id: options.org_id.clone(),
            reqt_type: Pattern(options.reqt_type.clone()),
            sealer,
        })
    }
}

/// `*` is one character or more, `#` is one digit, anything else is itself.
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn matches(&self, text: &str) -> bool {
        fn fits(pattern: &[char], text: &[char]) -> bool {
            match (pattern.split_first(), text.split_first()) {
                (None, None) => true,
                (Some(('*', behind)), Some((_, rest))) => fits(behind, rest) || fits(pattern, rest),
                (Some(('#', behind)), Some((digit, rest))) => {
                    digit.is_ascii_digit() && fits(behind, rest)
                }
                (Some((same, behind)), Some((other, rest))) => same == other && fits(behind, rest),
                _ => false,
            }
        }
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        fits(&chars(&self.0), &chars(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let any = Pattern(Options::default().reqt_type);
        for good in [
            "sys&350000",
            "testOrgId&110000",
            "医院&350000",
            "a&b&350000",
        ] {
            assert!(any.matches(good), "{good}");
        }
        for bad in [
            "",
            "&350000",
            "sys",
            "sys&35000",
            "sys&3500000",
            "sys&35000x",
            "sys350000",
        ] {
            assert!(!any.matches(bad), "{bad}");
        }
        assert!(Pattern("sys&350000".into()).matches("sys&350000"));
        assert!(!Pattern("sys&350000".into()).matches("sys&350001"));
    }
}
