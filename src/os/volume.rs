//! Where a folder really is.

use std::io;
use std::path::Path;

/// Whether a folder, by its canonical path, lies on another machine: there locks do not hold, and
/// what was written may not be on a disk.
pub(crate) fn is_remote(folder: &Path) -> io::Result<bool> {
    platform::is_remote(folder)
}

#[cfg(target_os = "linux")]
mod platform {
    use std::ffi::CString;
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    /// NFS, SMB (three generations), 9p, FUSE, Ceph, Lustre: `f_type` of statfs(2).
    const REMOTE: [u32; 8] = [
        0x6969,
        0x517B,
        0xFF53_4D42,
        0xFE53_4D42,
        0x0102_1997,
        0x6573_5546,
        0x00C3_6400,
        0x0BD0_0BD0,
    ];

    pub(super) fn is_remote(folder: &Path) -> io::Result<bool> {
        let path = CString::new(folder.as_os_str().as_bytes())?;
        // SAFETY: it is made of numbers.
        let mut found: libc::statfs = unsafe { std::mem::zeroed() };
        // SAFETY: the path is NUL-terminated, and the answer is ours to be filled.
        let done = unsafe { libc::statfs(path.as_ptr(), &raw mut found) };
        if done != 0 {
            return Err(io::Error::last_os_error());
        }
        // The field's type differs by processor; the number is one of 32 bits.
        Ok(REMOTE.contains(&(found.f_type as u32)))
    }
}

#[cfg(windows)]
mod platform {
    use std::io;
    use std::path::{Component, Path, Prefix};
    use windows_sys::Win32::Storage::FileSystem::GetDriveTypeW;

    /// DRIVE_REMOTE
    const REMOTE: u32 = 4;

    #[expect(clippy::unnecessary_wraps, reason = "the same signature everywhere")]
    pub(super) fn is_remote(folder: &Path) -> io::Result<bool> {
        let prefix = match folder.components().next() {
            Some(Component::Prefix(prefix)) => prefix.kind(),
            _ => return Ok(false),
        };
        Ok(match prefix {
            Prefix::UNC(..) | Prefix::VerbatimUNC(..) => true,
            Prefix::Disk(letter) | Prefix::VerbatimDisk(letter) => {
                let root = [u16::from(letter), u16::from(b':'), u16::from(b'\\'), 0];
                // SAFETY: the root is NUL-terminated.
                (unsafe { GetDriveTypeW(root.as_ptr()) }) == REMOTE
            }
            _ => false,
        })
    }
}

#[cfg(not(any(target_os = "linux", windows)))]
mod platform {
    use std::io;
    use std::path::Path;

    pub(super) fn is_remote(_: &Path) -> io::Result<bool> {
        Ok(false)
    }
}
