//! The centre itself: what every connection shares.

use crate::acceptance::{self, Store};
use crate::ledger::Books;
use crate::options::{Account, Options};
use crate::station::{Bus, Setup};
use ring::rand::{SecureRandom, SystemRandom};
use std::io::{self, Write};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Locks; a panic elsewhere changes nothing of what these locks guard.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A key that nobody guesses.
fn new_key() -> io::Result<String> {
    let mut key = [0; 16];
    let filled = SystemRandom::new().fill(&mut key);
    filled.map_err(|_| io::Error::other("no random numbers"))?;
    Ok(hex::encode(key))
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
    /// In milliseconds.
    pub(crate) clock_offset: AtomicI64,
    show: Option<Mutex<Box<dyn Write + Send>>>,
    /// Beside localhost and numbers, how the station may be called.
    pub(crate) names: Vec<String>,
    /// What another machine has to know to look at the station; of a centre on this machine alone
    /// there is none.
    pub(crate) key: Option<String>,
    pub(crate) bus: Bus,
    pub(crate) setup: OnceLock<Setup>,
    /// Where the acceptance run is kept.
    pub(crate) store: Option<Store>,
    /// Connections ever accepted: their ids, which `clear` does not begin again.
    accepted: AtomicU64,
}

impl Centre {
    pub(crate) fn new(mut options: Options) -> io::Result<Arc<Self>> {
        let is_local = options.listen.ip().is_loopback() && options.tls.ip().is_loopback();
        let key = (!is_local).then(new_key).transpose()?;
        let mut books = Books::new(options.ledger_max, options.exchanges_max, now_ms());
        let (store, run) = options
            .acceptance
            .take()
            .map(Store::open)
            .transpose()?
            .unzip();
        if let Some(run) = run.flatten() {
            acceptance::resume(&mut books, run, now_ms());
        }
        Ok(Arc::new(Self {
            key,
            account: Account::new(&options)?,
            books: Mutex::new(books),
            store,
            clock_offset: AtomicI64::new(options.clock_offset.saturating_mul(1000)),
            show: options.show.take().map(Mutex::new),
            names: std::mem::take(&mut options.names),
            bus: Bus::default(),
            setup: OnceLock::new(),
            accepted: AtomicU64::new(0),
        }))
    }

    /// What this centre's clock says.
    pub(crate) fn now_ms(&self) -> u64 {
        now_ms().saturating_add_signed(self.clock_offset.load(Relaxed))
    }

    /// The `Date` of replies, where it is not the machine's.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        let now = Duration::from_millis(self.now_ms());
        (self.clock_offset.load(Relaxed) != 0).then_some(UNIX_EPOCH + now)
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        lock(&self.books)
    }

    /// Saves the acceptance run, if it has changed and there is a file for it.
    pub(crate) fn save_run(&self) -> Result<(), String> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let saved = store.save(|| {
            let mut books = self.books();
            let stage = &mut books.stage;
            let is_news = std::mem::take(&mut stage.unsaved);
            stage.run.clone().filter(|_| is_news)
        });
        if saved.is_err() {
            self.books().stage.unsaved = true;
        }
        saved
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
