//! Whom to tell of a flow's steps: each thread's own choice for each client.

use super::float_env::FloatEnv;
use crate::charset::Charset;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};

/// A caller's function, in either convention.
#[derive(Clone, Copy)]
pub(super) enum Function {
    Cdecl(unsafe extern "C" fn(*mut c_void, *const c_char) -> i32),
    Stdcall(unsafe extern "system" fn(*mut c_void, *const c_char) -> i32),
}

thread_local! {
    static LISTENERS: RefCell<BTreeMap<i32, (Function, *mut c_void)>> =
        const { RefCell::new(BTreeMap::new()) };
}

/// Sets, or with `None` ends, whom this thread's flows on a client tell.
pub(super) fn set(client: i32, function: Option<Function>, user: *mut c_void) {
    // A thread that is ending has no flows any more.
    let _ = LISTENERS.try_with(|listeners| {
        let mut listeners = listeners.borrow_mut();
        match function {
            Some(function) => listeners.insert(client, (function, user)),
            None => listeners.remove(&client),
        }
    });
}

/// Tells of a step, if anybody wants to hear; `false` if they want the flow to end.
pub(super) fn tell(client: i32, event: &str, charset: Charset, env: &FloatEnv) -> bool {
    let listener = LISTENERS.try_with(|listeners| listeners.borrow().get(&client).copied());
    let Ok(Some((function, user))) = listener else {
        return true;
    };
    let mut event = charset.encode_json(event.as_bytes().to_vec().into());
    event.push(0);
    let event = event.as_ptr().cast();
    let wants_end = env.as_caller(|| match function {
        // SAFETY: who set the listener vouched that it can be called, on this thread, with its
        // `user` and NUL-terminated text, until it is replaced.
        Function::Cdecl(function) => unsafe { function(user, event) },
        // SAFETY: the same.
        Function::Stdcall(function) => unsafe { function(user, event) },
    });
    wants_end == 0
}
