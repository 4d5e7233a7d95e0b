//! Rule 5: a panic inside an export comes back as a code. The product has no way to be made to
//! panic, so a second library around the same guard does it, built like the product.

mod common;

use common::Library;
use evoucher::code::EV_INTERNAL;
use std::ffi::c_char;

#[test]
#[expect(unsafe_code, reason = "calls C functions")]
fn a_panic_comes_back_as_ev_internal() {
    let panics = Library::load("libevoucher_panics.so");
    type Panic = unsafe extern "C" fn(*mut c_char, i32) -> i32;
    let with_buffer = panics.function::<Panic>("test_panic");
    let without = panics.function::<unsafe extern "C" fn() -> i32>("test_panic_without_buffer");
    for _ in 0..3 {
        let mut buffer = [0x55_u8; 2048];
        // SAFETY: the buffer has as many bytes as it is said to have.
        let code = unsafe { with_buffer(buffer.as_mut_ptr().cast(), 2048) };
        assert_eq!(code, EV_INTERNAL);
        let end = buffer.iter().position(|byte| *byte == 0).unwrap();
        let reply: serde_json::Value = serde_json::from_slice(&buffer[..end]).unwrap();
        assert_eq!(reply["code"], EV_INTERNAL);
        assert_eq!(reply["delivery"], "unknown");
        assert_eq!(reply["next"], "ask_centre");
        assert!(
            !reply.to_string().contains("on purpose"),
            "the payload is not for the screen"
        );

        // SAFETY: it takes nothing.
        assert_eq!(unsafe { without() }, EV_INTERNAL);
        assert_eq!(panics.last_reply().at("code"), EV_INTERNAL.to_string());
    }
}
