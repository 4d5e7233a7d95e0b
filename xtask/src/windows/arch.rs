//! The builds for Windows and for Linux, and the names that tools give them.

use std::fmt;

/// A DLL's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arch {
    X86,
    X64,
}

impl Arch {
    pub(crate) const ALL: [Self; 2] = [Self::X86, Self::X64];

    /// Windows 7 targets: the stock ones need Windows 10.
    pub(crate) fn rust_target(self) -> &'static str {
        match self {
            Self::X86 => "i686-win7-windows-gnu",
            Self::X64 => "x86_64-win7-windows-gnu",
        }
    }

    pub(crate) fn mingw(self, tool: &str) -> String {
        match self {
            Self::X86 => format!("i686-w64-mingw32-{tool}"),
            Self::X64 => format!("x86_64-w64-mingw32-{tool}"),
        }
    }

    /// The machine's name for `llvm-dlltool -m`.
    pub(crate) fn llvm_machine(self) -> &'static str {
        match self {
            Self::X86 => "i386",
            Self::X64 => "i386:x86-64",
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X86 => "x86",
            Self::X64 => "x64",
        })
    }
}

/// The processor that an archive for Linux is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Machine {
    X86_64,
    /// Kunpeng and Phytium machines.
    Aarch64,
}

impl Machine {
    pub(crate) const ALL: [Self; 2] = [Self::X86_64, Self::Aarch64];

    pub(crate) fn rust_target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Aarch64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// What CMake may call it.
    pub(crate) fn names(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64|amd64|AMD64",
            Self::Aarch64 => "aarch64|arm64|ARM64",
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        })
    }
}
