//! The full reply of each thread's last call (rules 3 and 4).

use std::cell::RefCell;
use zeroize::Zeroizing;

thread_local! {
    /// With its NUL; empty when there is none.
    static LAST: RefCell<Zeroizing<Vec<u8>>> = RefCell::default();
}

/// Keeps a reply, and wipes the one before it.
pub(super) fn keep(reply: Zeroizing<Vec<u8>>) {
    // A thread that is ending has no place for it any more.
    let _ = LAST.try_with(|last| last.replace(reply));
}

/// Looks at the kept reply.
pub(super) fn with<T>(look: impl Fn(&[u8]) -> T) -> T {
    LAST.try_with(|last| look(&last.borrow()))
        .unwrap_or_else(|_| look(&[]))
}
