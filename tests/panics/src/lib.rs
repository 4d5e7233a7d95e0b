//! A second library around the same guard, whose exports panic: the product has no way to be made
//! to. Built in release, like the product.
#![expect(unsafe_code, reason = "exports of a C library")]

use evoucher::ffi::{Buffer, guard};
use std::ffi::{CStr, c_char};

/// Panics with a message, inside the guard.
///
/// # Safety
/// As for the product's exports.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn test_panic(reply: *mut c_char, reply_size: i32) -> i32 {
    // SAFETY: the caller's buffer, as for the product's exports.
    let buffer = unsafe { Buffer::new(reply, reply_size) };
    guard::reply(Some(buffer), || panic!("on purpose"))
}

/// Panics in the function that has no buffer.
#[unsafe(no_mangle)]
pub extern "C" fn test_panic_without_buffer() -> i32 {
    guard::reply(None, || {
        let nothing: Vec<i32> = Vec::new();
        let index = std::hint::black_box(3);
        unreachable!("{}", nothing[index])
    })
}

/// Panics while it does something with a client.
#[unsafe(no_mangle)]
pub extern "C" fn test_panic_with_client(client: i32) -> i32 {
    guard::call("test_panic_with_client", client, None, |call| {
        let (_, ()) = call.client(Ok(()))?;
        panic!("on purpose")
    })
}

/// Panics, with a client, in words that quote a text.
///
/// # Safety
/// `text` is NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn test_panic_that_quotes(client: i32, text: *const c_char) -> i32 {
    guard::call("test_panic_that_quotes", client, None, |call| {
        // SAFETY: the caller's promise.
        let text = unsafe { CStr::from_ptr(text) };
        let (_, text) = call.client(Ok(text))?;
        panic!("on purpose: {text:?}")
    })
}

/// Does, inside the guard, what raises floating-point exceptions where they are unmasked: a
/// division by zero, an overflow, and an invalid operation, of each of the processor's two kinds of
/// arithmetic. Leaves the flags set.
#[unsafe(no_mangle)]
pub extern "C" fn test_raise_float_exceptions() -> i32 {
    guard::reply(None, || {
        use std::hint::black_box;
        let nonsense = black_box(1.0_f64) / black_box(0.0)
            + black_box(f64::MAX) * black_box(f64::MAX)
            + black_box(0.0) / black_box(0.0);
        black_box(nonsense);
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        // SAFETY: works on the x87 stack alone, and leaves it as it was.
        unsafe {
            std::arch::asm!(
                "fldz",
                "fld1",
                "fdivp",
                "fstp st(0)",
                "fldz",
                "fldz",
                "fdivp",
                "fstp st(0)",
                options(nostack),
            );
        }
        unreachable!("and a panic on top")
    })
}
