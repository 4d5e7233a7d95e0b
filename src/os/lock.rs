//! Locks that the operating system gives back when a process ends, however it ends.

use std::fs::File;
use std::io;

/// Locks a file for this process; `false` if another one has it.
///
/// On Unix a process gives a file's lock back with the first descriptor of that file that it
/// closes: it must not open one again that it holds.
pub(crate) fn hold(file: &File) -> io::Result<bool> {
    platform::hold(file)
}

/// Whether another process holds a file.
pub(crate) fn is_held(file: &File) -> io::Result<bool> {
    platform::is_held(file)
}

#[cfg(unix)]
mod platform {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;

    /// The whole file, for writing. Record locks: those of `flock` would stay with a child of fork.
    fn whole() -> libc::flock {
        // SAFETY: it is made of numbers.
        let mut whole: libc::flock = unsafe { std::mem::zeroed() };
        whole.l_type = libc::F_WRLCK as libc::c_short;
        whole.l_whence = libc::SEEK_SET as libc::c_short;
        whole
    }

    pub(super) fn hold(file: &File) -> io::Result<bool> {
        let whole = whole();
        // SAFETY: the descriptor is open, and the lock is only read.
        let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const whole) };
        if done == 0 {
            return Ok(true);
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EAGAIN | libc::EACCES) => Ok(false),
            _ => Err(error),
        }
    }

    pub(super) fn is_held(file: &File) -> io::Result<bool> {
        let mut found = whole();
        // SAFETY: the descriptor is open, and the answer is ours to be filled.
        let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLK, &raw mut found) };
        if done != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(found.l_type != libc::F_UNLCK as libc::c_short)
    }
}

#[cfg(windows)]
mod platform {
    use std::fs::{File, TryLockError};
    use std::io;

    pub(super) fn hold(file: &File) -> io::Result<bool> {
        free(file.try_lock())
    }

    /// Asks with a shared lock, so that two who ask do not see each other.
    pub(super) fn is_held(file: &File) -> io::Result<bool> {
        let is_free = free(file.try_lock_shared())?;
        if is_free {
            // It is asked, not owned: what is known by now no error of this can change (Wine reports
            // one when all is done), and closing the file gives the lock back as well.
            let _ = file.unlock();
        }
        Ok(!is_free)
    }

    fn free(locked: Result<(), TryLockError>) -> io::Result<bool> {
        match locked {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
