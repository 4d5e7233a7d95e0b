//! Handles: small integers that are never used twice, so that a stale one is an error and not
//! somebody else's client (rule 8).
//!
//! A child of `fork` goes on with its parent's handles, whatever another thread of its parent's was
//! doing at that moment: the table is whole after each of its writes, and the locks are each
//! process' own.

use crate::catalogue::codes::{EV_INVALID_CLIENT, EV_INVALID_CONFIG};
use crate::client::Client;
use crate::dispatch;
use crate::error::{Failure, text};
use crate::os::host::{self, beside_program};
use crate::os::per_process::PerProcess;
use once_cell::race::OnceBox;
use std::env;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The default client's handle.
pub(super) const DEFAULT: i32 = 0;

/// What `*client` becomes when `ev_open` fails: never a client, and not the default one either.
pub(super) const NO_CLIENT: i32 = -1;

/// Names the default client's configuration file.
const CONFIG_VARIABLE: &str = "EVOUCHER_CONFIG";

/// The same, beside the library.
const CONFIG_FILE: &str = "evoucher.json";

/// A place for a client. It is used again for another handle once its client is closed.
struct Slot {
    handle: AtomicI32,
    /// A `Box`, or NULL while it is free. Looked at, and changed, under this process' lock only.
    client: AtomicPtr<Arc<Client>>,
    next: OnceBox<Self>,
}

/// The first slot is the default client's.
static SLOTS: Slot = Slot::new(DEFAULT);

/// The last handle that was given.
static LAST: AtomicI32 = AtomicI32::new(DEFAULT);

/// Held to look and to change, never while anything is waited for.
fn lock() -> MutexGuard<'static, ()> {
    static LOCK: PerProcess<Mutex<()>> = PerProcess::new();
    let lock = LOCK.get_or_init(Mutex::default);
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Slot {
    const fn new(handle: i32) -> Self {
        Self {
            handle: AtomicI32::new(handle),
            client: AtomicPtr::new(ptr::null_mut()),
            next: OnceBox::new(),
        }
    }

    fn is_free(&self) -> bool {
        self.client.load(Ordering::Acquire).is_null()
    }

    /// Takes another client in, and gives out the one before.
    fn put(
        &self,
        _locked: &MutexGuard<'_, ()>,
        client: Option<Arc<Client>>,
    ) -> Option<Arc<Client>> {
        let client = client.map_or(ptr::null_mut(), |client| Box::into_raw(Box::new(client)));
        let before = self.client.swap(client, Ordering::AcqRel);
        // SAFETY: what is not NULL came from `into_raw` here, and is given out once.
        (!before.is_null()).then(|| *unsafe { Box::from_raw(before) })
    }

    fn get(&self, _locked: &MutexGuard<'_, ()>) -> Option<Arc<Client>> {
        // SAFETY: what is not NULL came from `into_raw` in `put`, which gives it out under the lock
        // only.
        let client = unsafe { self.client.load(Ordering::Acquire).as_ref() };
        client.cloned()
    }
}

fn slots() -> impl Iterator<Item = &'static Slot> {
    std::iter::successors(Some(&SLOTS), |slot| slot.next.get())
}

/// The slot of a handle that is open.
fn find(handle: i32) -> Option<&'static Slot> {
    slots().find(|slot| slot.handle.load(Ordering::Acquire) == handle && !slot.is_free())
}

/// Gives a client a handle.
pub(super) fn add(client: Client) -> i32 {
    let locked = lock();
    let mut slot = &SLOTS;
    loop {
        slot = slot.next.get_or_init(|| Box::new(Slot::new(NO_CLIENT)));
        if slot.is_free() {
            break;
        }
    }
    let handle = LAST.fetch_add(1, Ordering::AcqRel) + 1;
    slot.handle.store(handle, Ordering::Release);
    slot.put(&locked, Some(Arc::new(client)));
    handle
}

/// The client behind a handle.
pub(super) fn get(handle: i32) -> Result<Arc<Client>, Failure> {
    if handle == DEFAULT {
        return default_client();
    }
    let locked = lock();
    find(handle)
        .and_then(|slot| slot.get(&locked))
        .ok_or_else(|| unknown(handle))
}

/// Closes a handle; calls that are running keep their client until they end.
pub(super) fn close(handle: i32) -> Result<(), Failure> {
    if !(DEFAULT..=LAST.load(Ordering::Acquire)).contains(&handle) {
        return Err(unknown(handle));
    }
    // One that is being opened has read a file that may have changed since: it is closed as well.
    let opening = (handle == DEFAULT).then(opening);
    let locked = lock();
    let client = find(handle).and_then(|slot| slot.put(&locked, None));
    drop((locked, opening));
    // Its connections are closed here, where nobody waits for that.
    drop(client);
    Ok(())
}

fn unknown(handle: i32) -> Failure {
    Failure::not_sent(
        EV_INVALID_CLIENT,
        text!(
            "{handle}，请用 ev_open 返回的句柄",
            "{handle}; use a handle that ev_open gave"
        ),
    )
}

/// Held while the default client is being opened, so that two threads do not both do it.
fn opening() -> MutexGuard<'static, ()> {
    static OPENING: PerProcess<Mutex<()>> = PerProcess::new();
    let opening = OPENING.get_or_init(Mutex::default);
    opening.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opened on first use.
fn default_client() -> Result<Arc<Client>, Failure> {
    let opened = || SLOTS.get(&lock());
    if let Some(client) = opened() {
        return Ok(client);
    }
    let _opening = opening();
    if let Some(client) = opened() {
        return Ok(client);
    }
    let path = env::var_os(CONFIG_VARIABLE)
        .map(|path| beside_program(Path::new(&path)))
        .or_else(|| Some(host::library_path()?.with_file_name(CONFIG_FILE)))
        .ok_or_else(|| {
            Failure::not_sent(
                EV_INVALID_CONFIG,
                text!(
                    "找不到动态库所在的目录，请用环境变量 {CONFIG_VARIABLE} 指定配置文件",
                    "the library's own folder cannot be found: name the configuration file in {CONFIG_VARIABLE}"
                ),
            )
        })?;
    let client = Arc::new(dispatch::open_file(&path)?);
    let before = SLOTS.put(&lock(), Some(Arc::clone(&client)));
    drop(before);
    Ok(client)
}
