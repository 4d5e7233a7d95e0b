//! Whom to tell of calls: for each client one function, whichever thread makes them.

use super::float_env::FloatEnv;
use crate::charset::Charset;
use crate::os::per_process::PerProcess;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

/// A caller's function, in either convention.
#[derive(Clone, Copy)]
pub(super) enum Function {
    Cdecl(unsafe extern "C" fn(*mut c_void, *const c_char)),
    Stdcall(unsafe extern "system" fn(*mut c_void, *const c_char)),
}

struct Listener {
    function: Function,
    user: *mut c_void,
    state: Mutex<State>,
    /// Told when a thread has left the function.
    left: Condvar,
}

#[derive(Default)]
struct State {
    /// How many threads are in the function.
    inside: usize,
    ended: bool,
}

// SAFETY: who set it vouched that every thread may call the function with its `user`.
unsafe impl Send for Listener {}
// SAFETY: the same.
unsafe impl Sync for Listener {}

/// A child of `fork` has none: what they look after is its parent's.
static LISTENERS: PerProcess<RwLock<BTreeMap<i32, Arc<Listener>>>> = PerProcess::new();

thread_local! {
    /// Whether this thread is in a function.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

fn listeners() -> &'static RwLock<BTreeMap<i32, Arc<Listener>>> {
    LISTENERS.get_or_init(RwLock::default)
}

/// Sets, or with `None` ends, whom a client's calls tell. When this returns, no thread is in the
/// function that was set before, and none will call it: what it uses may be given up.
pub(super) fn set(client: i32, function: Option<Function>, user: *mut c_void) {
    let listener = function.map(|function| {
        Arc::new(Listener {
            function,
            user,
            state: Mutex::default(),
            left: Condvar::new(),
        })
    });
    let mut listeners = listeners().write().unwrap_or_else(PoisonError::into_inner);
    let before = match listener {
        Some(listener) => listeners.insert(client, listener),
        None => listeners.remove(&client),
    };
    drop(listeners);
    if let Some(before) = before {
        before.end();
    }
}

/// Whether anybody wants to hear of a client's calls.
pub(super) fn is_heard(client: i32) -> bool {
    find(client).is_some()
}

fn find(client: i32) -> Option<Arc<Listener>> {
    let listeners = listeners().read().unwrap_or_else(PoisonError::into_inner);
    listeners.get(&client).cloned()
}

/// Tells of a call, if anybody wants to hear.
pub(super) fn tell(client: i32, line: &str, charset: Charset, env: &FloatEnv) {
    let Some(listener) = find(client) else {
        return;
    };
    let Some(_inside) = Inside::enter(&listener) else {
        return;
    };
    let mut line = charset.encode_json(line.as_bytes().to_vec().into());
    line.push(0);
    let (line, user) = (line.as_ptr().cast(), listener.user);
    env.as_caller(|| match listener.function {
        // SAFETY: who set the listener vouched that every thread can call it, with its `user` and
        // NUL-terminated text, until it is replaced, which waits for this thread.
        Function::Cdecl(function) => unsafe { function(user, line) },
        // SAFETY: the same.
        Function::Stdcall(function) => unsafe { function(user, line) },
    });
}

impl Listener {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets nobody in any more, and waits until everybody is out: but for a thread that is inside
    /// itself, against the rule, which would wait for ever.
    fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        let is_inside = IS_INSIDE.try_with(Cell::get).unwrap_or(false);
        if !is_inside {
            let all_out = self.left.wait_while(state, |state| state.inside > 0);
            drop(all_out.unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// This thread is in a listener's function.
struct Inside<'a>(&'a Listener);

impl<'a> Inside<'a> {
    fn enter(listener: &'a Listener) -> Option<Self> {
        let mut state = listener.state();
        if state.ended {
            return None;
        }
        state.inside += 1;
        // A thread that is ending has no place for it any more.
        let _ = IS_INSIDE.try_with(|inside| inside.set(true));
        Some(Self(listener))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let _ = IS_INSIDE.try_with(|inside| inside.set(false));
        self.0.state().inside -= 1;
        self.0.left.notify_all();
    }
}
