//! What is printed: UTF-8, or ASCII for consoles and log collectors that garble anything else.

use evoucher::charset::Charset;
use evoucher::reply::{Reply, Started};
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// Where to print, and how.
pub struct Out {
    /// Everything beyond ASCII as `\uXXXX`.
    pub ascii: bool,
}

impl Out {
    /// Prints a line. One that nobody reads any more is an error, as everywhere.
    pub fn line(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", self.escaped(text))
    }

    /// Prints what comes before an answer, on the same line.
    pub fn prompt(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        write!(out, "{}", self.escaped(text))?;
        out.flush()
    }

    /// Prints a reply: escapes in it mean what they escape.
    pub fn reply(&self, reply: &Reply, started: &Started) -> io::Result<()> {
        let charset = if self.ascii {
            Charset::Ascii
        } else {
            Charset::Utf8
        };
        let mut out = io::stdout().lock();
        out.write_all(&charset.encode_json(reply.to_json(started)))?;
        writeln!(out)
    }

    /// Says what went wrong.
    pub fn error(&self, text: &str) {
        // There is nobody left to tell.
        let _ = writeln!(io::stderr(), "evoucher-tool: {}", self.escaped(text));
    }

    fn escaped(&self, text: &str) -> String {
        if !self.ascii {
            return text.to_owned();
        }
        let mut escaped = String::new();
        for unit in text.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => escaped.push(char::from(byte)),
                // A String takes everything that is written to it.
                _ => drop(write!(escaped, "\\u{unit:04x}")),
            }
        }
        escaped
    }
}
