//! What belongs to one process: connections, calls and transactions in flight.
//!
//! A child of `fork` inherits the memory of all of them, and with it locks that its parent's other
//! threads held at that moment and nobody will ever give back. It starts with nothing of its own,
//! and touches nothing of its parent's.

use once_cell::race::OnceBox;

/// A value for each process that asks for it, made at its first question.
pub(crate) struct PerProcess<T> {
    first: OnceBox<Node<T>>,
}

struct Node<T> {
    generation: u32,
    value: T,
    /// Of a child, or of a child's child: each has a copy of this list that only it adds to.
    next: OnceBox<Self>,
}

impl<T> PerProcess<T> {
    /// Nobody has asked yet.
    pub(crate) const fn new() -> Self {
        Self {
            first: OnceBox::new(),
        }
    }

    /// This process' own; two threads that ask at once may both make one, and get the same.
    pub(crate) fn get_or_init(&self, make: impl Fn() -> T) -> &T {
        let generation = platform::generation();
        let mut place = &self.first;
        loop {
            let node = place.get_or_init(|| {
                Box::new(Node {
                    generation,
                    value: make(),
                    next: OnceBox::new(),
                })
            });
            if node.generation == generation {
                return &node.value;
            }
            place = &node.next;
        }
    }
}

impl<T> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> std::fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PerProcess")
    }
}

/// Has something done in this process before each fork, and after it; never in the child. Both must
/// not panic.
pub(crate) fn around_fork(before: extern "C" fn(), after: extern "C" fn()) {
    platform::around_fork(before, after);
}

#[cfg(unix)]
mod platform {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    static GENERATION: AtomicU32 = AtomicU32::new(0);

    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }

    /// How many forks lie between this process and the one that called the library first. To ask
    /// for the process' number instead would be a system call each time.
    pub(super) fn generation() -> u32 {
        // Two threads that come at once may have each fork counted twice, which is as well: nobody
        // waits for another thread, which the child of a fork may not have.
        static COUNTED: AtomicBool = AtomicBool::new(false);
        if !COUNTED.load(Ordering::Acquire) {
            // SAFETY: the function does nothing that a child of fork may not do, and this library
            // stays loaded once it was called. Without memory for it nothing is counted.
            unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
            COUNTED.store(true, Ordering::Release);
        }
        GENERATION.load(Ordering::Relaxed)
    }

    pub(super) fn around_fork(before: extern "C" fn(), after: extern "C" fn()) {
        // SAFETY: both run in the parent, as functions of this library, which stays loaded.
        unsafe { libc::pthread_atfork(Some(before), Some(after), None) };
    }
}

#[cfg(not(unix))]
mod platform {
    /// There is no fork.
    pub(super) fn generation() -> u32 {
        0
    }

    pub(super) fn around_fork(_: extern "C" fn(), _: extern "C" fn()) {}
}
