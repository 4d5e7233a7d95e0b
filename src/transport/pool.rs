//! The connections that are kept between calls.
//!
//! ureq's own pool gets a connection back as soon as a reply was read to its end. Here it is kept
//! only once the reply was understood as well: behind a gateway's 504 the centre's late answer may
//! follow, and would be taken for the answer to the next call, another patient's.

use super::connection::{Connection, Open};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use ureq::http::Uri;
use ureq::http::uri::Authority;

/// How many are kept: one for each thread that a busy host program has.
const MAX_KEPT: usize = 64;

/// How long one is kept: firewalls drop idle ones without a word.
const MAX_AGE: Duration = Duration::from_secs(15);

/// To whom a connection leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    authority: Option<Authority>,
    https: bool,
}

impl Way {
    /// The way to an address.
    pub fn to(uri: &Uri) -> Self {
        Self {
            authority: uri.authority().cloned(),
            https: uri.scheme_str() == Some("https"),
        }
    }
}

#[derive(Debug)]
struct Kept {
    open: Box<Open>,
    since: Instant,
}

/// Connections that wait for a call, the one that waits longest first.
#[derive(Debug, Default)]
pub struct Pool {
    kept: Mutex<Vec<Kept>>,
}

impl Pool {
    /// Keeps a connection.
    pub fn put(&self, open: Box<Open>) {
        let mut kept = self.kept();
        if kept.len() >= MAX_KEPT {
            kept.remove(0);
        }
        kept.push(Kept {
            open,
            since: Instant::now(),
        });
    }

    /// Keeps a connection in place of the oldest one that leads to the same.
    pub fn put_in_place(&self, open: Box<Open>) {
        let mut kept = self.kept();
        let oldest = kept.iter().position(|kept| kept.open.is_like(&open));
        let replaced = oldest.map(|oldest| kept.remove(oldest));
        drop(kept);
        self.put(open);
        drop(replaced);
    }

    /// Takes a connection that leads there, the youngest first. The other side has neither closed
    /// it nor said anything on it unasked.
    pub fn take(&self, way: &Way) -> Option<Connection> {
        loop {
            let mut kept = self.kept();
            kept.retain(|kept| kept.since.elapsed() < MAX_AGE);
            let youngest = kept.iter().rposition(|kept| kept.open.leads(way))?;
            let mut open = kept.remove(youngest).open;
            drop(kept);
            if open.is_quiet().unwrap_or(false) {
                return Some(open.into());
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
