//! The caller's floating-point environment, put aside while Rust code runs (rule 6).
//!
//! Delphi and other Pascal programs run with floating-point exceptions unmasked, and compiled Rust
//! is free to raise them: a saturating cast from f64 does, on x86.

/// The caller's environment; restored when dropped, on every way out.
#[derive(Debug)]
pub(super) struct FloatEnv {
    callers: Words,
}

impl FloatEnv {
    /// Saves the caller's environment and loads the standard one.
    pub(super) fn put_aside() -> Self {
        let callers = Words::current();
        Words::STANDARD.load();
        Self { callers }
    }

    /// Does something in the caller's own environment: calls it back.
    pub(super) fn as_caller<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Puts the environment aside again, also when the work panics.
        struct Return;
        impl Drop for Return {
            fn drop(&mut self) {
                Words::STANDARD.load();
            }
        }
        self.callers.load();
        let _return = Return;
        work()
    }
}

impl Drop for FloatEnv {
    fn drop(&mut self) {
        self.callers.load();
    }
}

/// The x87 control word and MXCSR.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
struct Words {
    control: u16,
    mxcsr: u32,
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
impl Words {
    /// What Rust expects: all exceptions masked, extended precision, no flag set.
    const STANDARD: Self = Self {
        control: 0x037F,
        mxcsr: 0x1F80,
    };

    fn current() -> Self {
        let mut words = Self::STANDARD;
        // SAFETY: writes the two words to the fields that it is given the addresses of.
        unsafe {
            std::arch::asm!(
                "fnstcw word ptr [{control}]",
                "stmxcsr dword ptr [{mxcsr}]",
                control = in(reg) &raw mut words.control,
                mxcsr = in(reg) &raw mut words.mxcsr,
                options(nostack, preserves_flags),
            );
        }
        words
    }

    /// The x87 flags are cleared first: one left over would raise its exception as soon as that is
    /// unmasked.
    fn load(self) {
        // SAFETY: reads the two words from the fields that it is given the addresses of; both came
        // from the processor or are valid constants.
        unsafe {
            std::arch::asm!(
                "fnclex",
                "fldcw word ptr [{control}]",
                "ldmxcsr dword ptr [{mxcsr}]",
                control = in(reg) &raw const self.control,
                mxcsr = in(reg) &raw const self.mxcsr,
                options(nostack, preserves_flags),
            );
        }
    }
}

/// Nothing to do on this processor.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
#[derive(Debug, Clone, Copy)]
struct Words;

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
impl Words {
    const STANDARD: Self = Self;

    fn current() -> Self {
        Self
    }

    fn load(self) {}
}
