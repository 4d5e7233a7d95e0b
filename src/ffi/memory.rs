//! The caller's memory: text that comes in, and the buffer that a reply goes to (rules 2, 3, 10).

use crate::catalogue::codes::{EV_BUFFER_TOO_SMALL, EV_INVALID_ARGUMENT, EV_OK};
use crate::error::{Failure, Text, text};
use std::ffi::c_char;

/// The longest text that is taken, without its NUL.
const MAX_INPUT: usize = 1 << 20;

fn refuse(detail: Text) -> Failure {
    Failure::not_sent(EV_INVALID_ARGUMENT, detail)
}

/// A pointer of the caller's that must not be NULL, and is.
pub(super) fn null(name: &str) -> Failure {
    refuse(text!("{name} 为 NULL", "{name} is NULL"))
}

/// A NUL-terminated text of the caller's.
#[derive(Debug)]
pub(super) struct Input {
    pointer: *const c_char,
    name: &'static str,
}

impl Input {
    /// An argument of a caller. Looks at the pointer only.
    ///
    /// # Safety
    /// `pointer` is NULL or points to NUL-terminated text that stays as it is while this lives.
    pub(super) unsafe fn new(pointer: *const c_char, name: &'static str) -> Self {
        Self { pointer, name }
    }

    /// Its bytes, without the NUL.
    pub(super) fn read(&self) -> Result<&[u8], Failure> {
        self.optional()?.ok_or_else(|| null(self.name))
    }

    /// The same, where NULL means that there is none.
    pub(super) fn optional(&self) -> Result<Option<&[u8]>, Failure> {
        if self.pointer.is_null() {
            return Ok(None);
        }
        let bytes = self.pointer.cast::<u8>();
        // Up to and with the NUL of the longest: an inclusive range takes twice the time.
        for length in 0..MAX_INPUT + 1 {
            // SAFETY: no byte before this one was NUL, so this one is still within the text.
            let byte = unsafe { *bytes.wrapping_add(length) };
            if byte == 0 {
                // SAFETY: all `length` bytes were just read, and stay as they are for as long as
                // `new` was promised.
                return Ok(Some(unsafe { std::slice::from_raw_parts(bytes, length) }));
            }
        }
        let name = self.name;
        Err(refuse(text!(
            "{name} 超过 {MAX_INPUT} 字节",
            "{name} has more than {MAX_INPUT} bytes"
        )))
    }
}

/// Where a reply goes.
#[derive(Debug, Clone, Copy)]
pub struct Buffer {
    pointer: *mut u8,
    size: i32,
}

impl Buffer {
    /// The buffer of a caller. Looks at the two values only.
    ///
    /// # Safety
    /// `pointer` is NULL or `size` bytes can be written there until the buffer has been filled.
    pub unsafe fn new(pointer: *mut c_char, size: i32) -> Self {
        let pointer = pointer.cast();
        Self { pointer, size }
    }

    /// How many bytes it has.
    pub(super) fn size(&self) -> usize {
        match usize::try_from(self.size) {
            Ok(size) if !self.pointer.is_null() => size,
            _ => 0,
        }
    }

    /// Whether it can be used at all.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.size < 0 {
            return Err(refuse(text!(
                "应答缓冲区的大小为负数",
                "the reply buffer's size is negative"
            )));
        }
        if self.pointer.is_null() && self.size > 0 {
            return Err(refuse(text!(
                "应答缓冲区为 NULL，而其大小不为 0",
                "the reply buffer is NULL, and its size is not 0"
            )));
        }
        Ok(())
    }

    /// Writes text with its NUL, whole or not at all; then an empty string, if there is a byte for
    /// it. Returns `EV_BUFFER_TOO_SMALL` when it did not fit.
    pub(super) fn write(&self, text: &[u8]) -> i32 {
        let size = self.size();
        let fits = text.len() < size;
        let text = if fits { text } else { &[] };
        if size > 0 {
            // SAFETY: `new` was promised `size` writable bytes, and whatever they hold can be
            // overwritten as bytes; nothing else refers to them while this runs.
            let target = unsafe { std::slice::from_raw_parts_mut(self.pointer, size) };
            target[..text.len()].copy_from_slice(text);
            target[text.len()] = 0;
        }
        if fits { EV_OK } else { EV_BUFFER_TOO_SMALL }
    }
}
