//! The journals that a process has open: one connection for each folder, lent to one thread at a
//! time.
//!
//! A child of `fork` may not touch its parent's connection, and SQLite's own memory of who locked
//! what would come with it. So every connection is closed before a fork, and opened again by
//! whoever needs it next. The lock on this process' file among the owners stays: the child does
//! not inherit it.

use super::journal::Open;
use super::owner::Owner;
use super::trouble::Trouble;
use crate::os::per_process::{PerProcess, around_fork};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Instant;

/// What one process has of one journal.
#[derive(Debug)]
pub(super) struct Place {
    folder: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lent: bool,
    forking: bool,
    open: Option<Open>,
    owner: Option<Owner>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

type Places = Mutex<BTreeMap<PathBuf, Arc<Place>>>;

fn places() -> MutexGuard<'static, BTreeMap<PathBuf, Arc<Place>>> {
    static PLACES: PerProcess<Places> = PerProcess::new();
    let places = PLACES.get_or_init(Mutex::default);
    places.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Place {
    /// The one of this folder, by its canonical name.
    pub(super) fn of(folder: PathBuf) -> Arc<Self> {
        static FORKS: Once = Once::new();
        FORKS.call_once(|| around_fork(close_all, go_on));
        let mut places = places();
        let place = places.entry(folder).or_insert_with_key(|folder| {
            Arc::new(Self {
                folder: folder.clone(),
                state: Mutex::default(),
                changed: Condvar::new(),
            })
        });
        Arc::clone(place)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lends out the connection, and whose process this is; waits for whoever has them.
    pub(super) fn take(&self, deadline: Instant) -> Result<Taken<'_>, Trouble> {
        let mut state = self.state();
        while state.lent || state.forking {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Trouble::busy());
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.lent = true;
        Ok(Taken {
            open: state.open.take(),
            owner: state.owner.take(),
            place: self,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is lent; given back when dropped.
pub(super) struct Taken<'a> {
    pub(super) open: Option<Open>,
    pub(super) owner: Option<Owner>,
    place: &'a Place,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut state = self.place.state();
        state.open = self.open.take();
        state.owner = self.owner.take();
        state.lent = false;
        self.place.changed.notify_all();
    }
}

/// Before a fork. Whoever is at a journal is waited for: its call has an end.
extern "C" fn close_all() {
    for place in places().values() {
        let mut state = place.state();
        while state.lent {
            let waited = place.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.forking = true;
        state.open = None;
    }
}

/// After it, in the parent.
extern "C" fn go_on() {
    for place in places().values() {
        place.state().forking = false;
        place.changed.notify_all();
    }
}
