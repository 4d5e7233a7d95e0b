//! What belongs to one process: connections, calls and transactions in flight.
//!
//! A child of `fork` inherits the memory of all of them, and with it locks that its parent's other
//! threads held at that moment and nobody will ever give back. It starts with nothing of its own,
//! and touches nothing of its parent's.

use once_cell::race::OnceBox;
use std::process;

/// A value for each process that asks for it, made at its first question.
pub(crate) struct PerProcess<T> {
    first: OnceBox<Node<T>>,
}

struct Node<T> {
    process: u32,
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
        let process = process::id();
        let mut place = &self.first;
        loop {
            let node = place.get_or_init(|| {
                Box::new(Node {
                    process,
                    value: make(),
                    next: OnceBox::new(),
                })
            });
            if node.process == process {
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
