//! What the DLL does while it is being loaded, read from Wine's trace of every call between
//! modules. A host waits for that with the loader's lock held, so it must be next to nothing: no
//! file, no socket, no registry.

use std::collections::BTreeSet;

use super::build;
use super::compile;
use super::wine::Wine;
use crate::place;
use crate::sh::{Result, copy, failure, fresh_dir, output};

/// All that a DLL's start may do: the C run-time's initialisers, memory, looking for functions that
/// this Windows has or not, and staying in the process. The semaphore is the lock of the 32-bit
/// compiler's exception tables.
const ALLOWED: &[&str] = &[
    "KERNEL32.CreateSemaphoreW",
    "KERNEL32.GetModuleHandleA",
    "KERNEL32.GetModuleHandleExW",
    "KERNEL32.GetProcAddress",
    "msvcrt._initterm",
    "msvcrt._lock",
    "msvcrt._unlock",
    "msvcrt.calloc",
    "ntdll.LdrAddRefDll",
    "ntdll.LdrGetDllHandleEx",
    "ntdll.NtCreateSemaphore",
    "ntdll.RtlAllocateHeap",
    "ntdll.RtlAnsiStringToUnicodeString",
    "ntdll.RtlInitAnsiString",
    "ntdll.RtlInitUnicodeString",
    "ntdll.RtlNtStatusToDosError",
    "ntdll.RtlPcToFileHeader",
];

pub(crate) fn check(wine: &Wine) -> Result {
    let arch = wine.arch();
    let dir = place::target().join("test").join(format!("load-{arch}"));
    fresh_dir(&dir)?;
    copy(&build::dll(arch), &dir.join("evoucher.dll"))?;
    let exe = dir.join("load.exe");
    compile::c(arch, &[compile::test_source("load.c")], &[], &exe)?;
    let mut command = wine.command(&exe, &dir);
    command.env("WINEDEBUG", "+relay");
    let traced = output(&mut command)?;
    if !traced.status.success() {
        return Err(failure(&command, &traced));
    }
    let trace = String::from_utf8_lossy(&traced.stderr);
    let calls =
        calls_of_start(&trace).ok_or("Wine's trace does not show evoucher.dll being started")?;
    let forbidden: Vec<_> = calls
        .iter()
        .filter(|call| !ALLOWED.contains(call))
        .collect();
    if forbidden.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "while it is loaded the {arch} DLL calls {forbidden:?}"
        ))
    }
}

/// The functions called between the entry and the return of the DLL's start, by the thread that
/// loads it.
fn calls_of_start(trace: &str) -> Option<BTreeSet<&str>> {
    let of_start = |line: &&str| line.contains("L\"evoucher.dll\",reason=PROCESS_ATTACH");
    let mut lines = trace.lines().skip_while(|line| !of_start(line));
    let thread = lines.next()?.split_once(":Call PE DLL")?.0;
    let mut calls = BTreeSet::new();
    for line in lines {
        if of_start(&line) {
            return Some(calls);
        }
        let call = line
            .strip_prefix(thread)
            .and_then(|line| line.strip_prefix(":Call "));
        calls.extend(call.and_then(|call| call.split('(').next()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_the_start_calls_and_nothing_else() {
        let trace = "0024:Call KERNEL32.LoadLibraryA(1 \"evoucher.dll\") ret=2\n\
            0024:Call PE DLL (proc=1,module=2 L\"evoucher.dll\",reason=PROCESS_ATTACH,res=0)\n\
            0024:Call KERNEL32.CreateFileW(1,2) ret=3\n\
            0028:Call KERNEL32.Sleep(1) ret=2\n\
            0024:Ret  KERNEL32.CreateFileW() retval=1 ret=3\n\
            0024:Ret  PE DLL (proc=1,module=2 L\"evoucher.dll\",reason=PROCESS_ATTACH,res=0) retval=1\n\
            0024:Call KERNEL32.CloseHandle(1) ret=3\n";
        assert_eq!(
            calls_of_start(trace),
            Some(BTreeSet::from(["KERNEL32.CreateFileW"]))
        );
        assert_eq!(calls_of_start("0024:Call KERNEL32.Sleep(1) ret=2"), None);
    }
}
