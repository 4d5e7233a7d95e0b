//! `pthread_cancel`, which unwinds a thread through whatever it is in: through this library it would
//! end the host's process.

/// While this lives, the thread puts off being cancelled; a cancel that came meanwhile takes effect
/// at the host's own next cancellation point.
#[derive(Debug)]
pub(crate) struct PutOff {
    #[cfg(target_os = "linux")]
    before: libc::c_int,
}

#[cfg(target_os = "linux")]
mod platform {
    use libc::c_int;

    /// As in `<pthread.h>`; the crate `libc` has it for other systems only.
    pub(super) const PTHREAD_CANCEL_DISABLE: c_int = 1;

    unsafe extern "C" {
        pub(super) fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
    }
}

#[cfg(target_os = "linux")]
impl PutOff {
    /// From here on.
    pub(crate) fn begin() -> Self {
        let mut before = 0;
        // SAFETY: the state is one of the two, and `before` is ours to fill.
        unsafe {
            platform::pthread_setcancelstate(platform::PTHREAD_CANCEL_DISABLE, &raw mut before);
        }
        Self { before }
    }
}

#[cfg(target_os = "linux")]
impl Drop for PutOff {
    fn drop(&mut self) {
        // SAFETY: the state is what it was, and nobody asks for the one that it is.
        unsafe { platform::pthread_setcancelstate(self.before, std::ptr::null_mut()) };
    }
}

#[cfg(not(target_os = "linux"))]
impl PutOff {
    /// Nothing to do here.
    pub(crate) fn begin() -> Self {
        Self {}
    }
}
