//! This library as a guest in a host process: it stays loaded once it has been called (rule 9), and
//! it knows where it lies.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Keeps the library loaded from its first call on, so that unloading it is always safe.
///
/// Without native thread-locals (the win7 targets) each reload would leak thread-local indexes
/// until the host process has none left.
pub(crate) fn pin() {
    // Twice is as well as once: nobody waits for another thread, which the child of a fork may not
    // have.
    static PINNED: AtomicBool = AtomicBool::new(false);
    if !PINNED.load(Ordering::Relaxed) {
        platform::pin();
        PINNED.store(true, Ordering::Relaxed);
    }
}

/// A path in the folder of the program that runs, unless it is absolute.
pub(crate) fn beside_program(path: &Path) -> PathBuf {
    let program = std::env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent);
    folder.map_or_else(|| path.to_owned(), |folder| folder.join(path))
}

/// The library's own file.
pub(crate) fn library_path() -> Option<PathBuf> {
    platform::library_path()
}

/// An address inside this library.
static HERE: u8 = 0;

#[cfg(unix)]
mod platform {
    use super::HERE;
    use std::ffi::{CStr, OsStr};
    use std::os::unix::ffi::OsStrExt;
    use std::path::PathBuf;

    fn with_own_name<T>(look: impl FnOnce(&CStr) -> T) -> Option<T> {
        // SAFETY: Dl_info is made of pointers, for which zero is a value.
        let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: `HERE` is an address of this library, and `info` is ours to fill.
        let found = unsafe { libc::dladdr((&raw const HERE).cast(), &raw mut info) };
        if found == 0 || info.dli_fname.is_null() {
            return None;
        }
        // SAFETY: dladdr gave a NUL-terminated name that lives as long as the library is loaded,
        // which it is while this runs.
        Some(look(unsafe { CStr::from_ptr(info.dli_fname) }))
    }

    pub(super) fn pin() {
        let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
        // SAFETY: the name is NUL-terminated; RTLD_NOLOAD loads nothing. That an executable with
        // the library linked in has no such handle is no matter: it is never unloaded.
        with_own_name(|name| unsafe { libc::dlopen(name.as_ptr(), flags) });
    }

    pub(super) fn library_path() -> Option<PathBuf> {
        let named = with_own_name(|name| PathBuf::from(OsStr::from_bytes(name.to_bytes())))?;
        if named.is_absolute() {
            return Some(named);
        }
        // As the host named it when it loaded it: the current directory may be another by now.
        mapped_file().or(Some(named))
    }

    /// The file that the kernel has mapped where this library lies.
    fn mapped_file() -> Option<PathBuf> {
        let here = (&raw const HERE).addr();
        let maps = std::fs::read("/proc/self/maps").ok()?;
        maps.split(|byte| *byte == b'\n').find_map(|line| {
            // from-to rights offset device inode path
            let from_to = std::str::from_utf8(line.split(|byte| *byte == b' ').next()?).ok()?;
            let (from, to) = from_to.split_once('-')?;
            let address = |digits| usize::from_str_radix(digits, 16).ok();
            let path = &line[line.iter().position(|byte| *byte == b'/')?..];
            let is_here = (address(from)?..address(to)?).contains(&here);
            is_here.then(|| PathBuf::from(OsStr::from_bytes(path)))
        })
    }
}

#[cfg(windows)]
mod platform {
    use super::HERE;
    use std::ffi::OsString;
    use std::os::windows::ffi::OsStringExt;
    use std::path::PathBuf;
    use windows_sys::Win32::Foundation::HMODULE;
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN,
        GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, GetModuleFileNameW, GetModuleHandleExW,
    };

    /// The longest path that Windows has.
    const MAX_PATH: usize = 32_768;

    fn own_module(flag: u32) -> Option<HMODULE> {
        let mut module: HMODULE = std::ptr::null_mut();
        // SAFETY: with FROM_ADDRESS the "name" is any address inside the module; `module` is ours
        // to fill.
        let found = unsafe {
            GetModuleHandleExW(
                GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | flag,
                (&raw const HERE).cast(),
                &raw mut module,
            )
        };
        (found != 0).then_some(module)
    }

    pub(super) fn pin() {
        own_module(GET_MODULE_HANDLE_EX_FLAG_PIN);
    }

    /// The C run-time runs this while the library is being loaded. To be unloaded without ever
    /// having been called would cost a thread-local index too: std takes one in the callback that
    /// Windows makes then.
    // SAFETY: this section is the C run-time's list of functions without arguments to call.
    #[used]
    #[unsafe(link_section = ".CRT$XCU")]
    static AT_LOAD: extern "C" fn() = pin_at_load;

    extern "C" fn pin_at_load() {
        pin();
    }

    pub(super) fn library_path() -> Option<PathBuf> {
        let module = own_module(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)?;
        let mut path = vec![0_u16; MAX_PATH];
        // SAFETY: `path` has as many characters as it is said to have.
        let length = unsafe { GetModuleFileNameW(module, path.as_mut_ptr(), MAX_PATH as u32) };
        let path = path
            .get(..length as usize)
            .filter(|path| !path.is_empty())?;
        Some(OsString::from_wide(path).into())
    }
}
