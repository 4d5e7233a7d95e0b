//! The Windows data-protection API (DPAPI), which ties a secret to this machine or to this user.
//!
//! Not a part of the C boundary: it is here because `unsafe` is allowed nowhere else. The
//! configuration, and the program that rolls keys out, are the two that call it.

use std::io;
use zeroize::Zeroizing;

/// Who can open what was protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every program on this machine.
    Machine,
    /// The programs of this user.
    User,
}

/// Protects a secret, without a window ever.
pub fn protect(secret: &[u8], scope: Scope) -> io::Result<Vec<u8>> {
    platform::protect(secret, scope)
}

/// Opens what was protected on this machine, or by this user, without a window ever.
pub fn unprotect(blob: &[u8]) -> io::Result<Zeroizing<Vec<u8>>> {
    platform::unprotect(blob)
}

#[cfg(not(windows))]
mod platform {
    use super::Scope;
    use std::io;
    use zeroize::Zeroizing;

    pub(super) fn protect(_: &[u8], _: Scope) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn unprotect(_: &[u8]) -> io::Result<Zeroizing<Vec<u8>>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(windows)]
mod platform {
    use super::Scope;
    use std::io;
    use std::ptr::{null, null_mut};
    use windows_sys::Win32::Foundation::LocalFree;
    use windows_sys::Win32::Security::Cryptography::{
        CRYPT_INTEGER_BLOB, CRYPTPROTECT_LOCAL_MACHINE, CRYPTPROTECT_UI_FORBIDDEN,
        CryptProtectData, CryptUnprotectData,
    };
    use zeroize::{Zeroize, Zeroizing};

    pub(super) fn protect(secret: &[u8], scope: Scope) -> io::Result<Vec<u8>> {
        let flags = match scope {
            Scope::Machine => CRYPTPROTECT_UI_FORBIDDEN | CRYPTPROTECT_LOCAL_MACHINE,
            Scope::User => CRYPTPROTECT_UI_FORBIDDEN,
        };
        let input = blob(secret)?;
        let mut output = Output::default();
        // SAFETY: both blobs are as long as they say, the input is only read, and the rest may be
        // NULL.
        let done = unsafe {
            CryptProtectData(
                &raw const input,
                null(),
                null(),
                null(),
                null(),
                flags,
                &raw mut output.0,
            )
        };
        output.take(done).map(|mut blob| std::mem::take(&mut *blob))
    }

    pub(super) fn unprotect(protected: &[u8]) -> io::Result<Zeroizing<Vec<u8>>> {
        let input = blob(protected)?;
        let mut output = Output::default();
        // SAFETY: as above.
        let done = unsafe {
            CryptUnprotectData(
                &raw const input,
                null_mut(),
                null(),
                null(),
                null(),
                CRYPTPROTECT_UI_FORBIDDEN,
                &raw mut output.0,
            )
        };
        output.take(done)
    }

    fn blob(bytes: &[u8]) -> io::Result<CRYPT_INTEGER_BLOB> {
        Ok(CRYPT_INTEGER_BLOB {
            cbData: u32::try_from(bytes.len()).map_err(io::Error::other)?,
            pbData: bytes.as_ptr().cast_mut(),
        })
    }

    /// What Windows made: wiped and given back when dropped.
    #[derive(Default)]
    struct Output(CRYPT_INTEGER_BLOB);

    impl Output {
        fn bytes(&mut self) -> &mut [u8] {
            if self.0.pbData.is_null() {
                return &mut [];
            }
            // SAFETY: Windows made so many bytes there, and they are ours until given back.
            unsafe { std::slice::from_raw_parts_mut(self.0.pbData, self.0.cbData as usize) }
        }

        fn take(mut self, done: i32) -> io::Result<Zeroizing<Vec<u8>>> {
            if done == 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Zeroizing::new(self.bytes().to_vec()))
        }
    }

    impl Drop for Output {
        fn drop(&mut self) {
            self.bytes().zeroize();
            // SAFETY: it is Windows' own allocation, or NULL, and is not used any more.
            unsafe { LocalFree(self.0.pbData.cast()) };
        }
    }
}
