//! Every function a second time, as `Ev...`: `__stdcall` on 32-bit Windows, undecorated, for
//! PowerBuilder and VB6, which can call nothing else; elsewhere the same as the first set.
//!
//! build.rs makes the list of these, and their prototypes in the header, from the first set's
//! prototypes.

use super::guard;
use super::lines;
use super::progress::{self, Function};
use std::ffi::{c_char, c_void};

macro_rules! stdcall {
    ($($export:ident = $function:ident($($argument:ident: $type:ty),*);)*) => {$(
        #[doc = concat!("`", stringify!($function), "` in the other calling convention.")]
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $export($($argument: $type),*) -> i32 {
            // SAFETY: the same contract.
            unsafe { super::$function($($argument),*) }
        }
    )*};
}

include!(concat!(env!("OUT_DIR"), "/stdcall.rs"));

/// `ev_on_progress` for a function in the other calling convention, which cannot just be handed on.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EvOnProgress(
    client: i32,
    function: Option<unsafe extern "system" fn(*mut c_void, *const c_char) -> i32>,
    user: *mut c_void,
) -> i32 {
    guard::call("ev_on_progress", client, None, |call| {
        call.set(|client| progress::set(client, function.map(Function::Stdcall), user))
    })
}

/// `ev_on_call` for a function in the other calling convention.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EvOnCall(
    client: i32,
    function: Option<unsafe extern "system" fn(*mut c_void, *const c_char)>,
    user: *mut c_void,
) -> i32 {
    guard::call("ev_on_call", client, None, |call| {
        call.set(|client| lines::set(client, function.map(lines::Function::Stdcall), user))
    })
}
