//! The centre itself: what every connection shares.

use crate::ledger::Books;
use crate::options::{Account, Options};
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Locks; a panic elsewhere changes nothing of what these locks guard.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What every connection shares.
pub(crate) struct Centre {
    pub(crate) account: Account,
    books: Mutex<Books>,
    show: Option<Mutex<Box<dyn Write + Send>>>,
    /// Connections ever accepted: their ids, which `clear` does not begin again.
    accepted: AtomicU64,
}

impl Centre {
    pub(crate) fn new(mut options: Options) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            account: Account::new(&options)?,
            books: Mutex::new(Books::new(options.ledger_max, now_ms())),
            show: options.show.take().map(Mutex::new),
            accepted: AtomicU64::new(0),
        }))
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        lock(&self.books)
    }

    /// Counts a connection and gives its id.
    pub(crate) fn accepted(&self) -> u64 {
        self.books().connections += 1;
        self.accepted.fetch_add(1, Relaxed) + 1
    }

    /// Takes a connection out of the count that begins with a request to `/sandbox/…`: asking for
    /// the count must not change it.
    pub(crate) fn uncount(&self) {
        let mut books = self.books();
        books.connections = books.connections.saturating_sub(1);
    }

    /// Prints, if that was asked for. A reader that went away is no reason to stop serving.
    pub(crate) fn show(&self, text: impl FnOnce() -> String) {
        if let Some(show) = &self.show {
            let text = text();
            let mut show = lock(show);
            let _ = show.write_all(text.as_bytes()).and_then(|()| show.flush());
        }
    }
}
