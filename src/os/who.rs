//! Which machine this is, and whose process: for whoever reconciles what several machines did.

/// The machine's name.
pub(crate) fn machine() -> String {
    platform::machine()
}

/// The user; on Unix by number, since looking up a name may ask a server.
pub(crate) fn user() -> String {
    platform::user()
}

#[cfg(unix)]
mod platform {
    pub(super) fn machine() -> String {
        let mut name = [0_u8; 256];
        // SAFETY: the buffer is as long as it is said to be.
        let done = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) };
        let length = name.iter().position(|byte| *byte == 0);
        match (done, length) {
            (0, Some(length)) => String::from_utf8_lossy(&name[..length]).into_owned(),
            _ => String::new(),
        }
    }

    pub(super) fn user() -> String {
        // SAFETY: it takes nothing and always succeeds.
        let user = unsafe { libc::geteuid() };
        user.to_string()
    }
}

#[cfg(windows)]
mod platform {
    use windows_sys::Win32::System::WindowsProgramming::{GetComputerNameW, GetUserNameW};

    /// UNLEN + 1, which is the longer of both.
    const LONGEST: usize = 257;

    fn name(ask: impl FnOnce(*mut u16, *mut u32) -> i32) -> String {
        let mut name = [0_u16; LONGEST];
        let mut length = LONGEST as u32;
        if ask(name.as_mut_ptr(), &raw mut length) == 0 {
            return String::new();
        }
        let end = name.iter().position(|unit| *unit == 0).unwrap_or(LONGEST);
        String::from_utf16_lossy(&name[..end])
    }

    pub(super) fn machine() -> String {
        // SAFETY: the buffer is as long as it is said to be.
        name(|name, length| unsafe { GetComputerNameW(name, length) })
    }

    pub(super) fn user() -> String {
        // SAFETY: the buffer is as long as it is said to be.
        name(|name, length| unsafe { GetUserNameW(name, length) })
    }
}
