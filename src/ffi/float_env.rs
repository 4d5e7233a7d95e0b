//! The caller's floating-point environment, put aside while Rust code runs (rule 6).
//!
//! Delphi and other Pascal programs run with floating-point exceptions unmasked, and compiled Rust
//! is free to raise them: a saturating cast from f64 does, on x86.

/// The caller's control words; restored when dropped, on every way out.
#[derive(Debug)]
pub(super) struct FloatEnv {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    control: u16,
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    mxcsr: u32,
}

/// The x87 control word that Rust expects: all exceptions masked, extended precision.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
static STANDARD_CONTROL: u16 = 0x037F;

/// The MXCSR that Rust expects: all exceptions masked, no flag set.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
static STANDARD_MXCSR: u32 = 0x1F80;

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
impl FloatEnv {
    /// Saves the caller's environment and loads the standard one.
    pub(super) fn put_aside() -> Self {
        use std::arch::asm;
        let mut saved = Self {
            control: 0,
            mxcsr: 0,
        };
        // SAFETY: the four instructions read and write only the control words and the two fields
        // and constants that they are given the addresses of.
        unsafe {
            asm!(
                "fnstcw word ptr [{control}]",
                "stmxcsr dword ptr [{mxcsr}]",
                "fldcw word ptr [{standard_control}]",
                "ldmxcsr dword ptr [{standard_mxcsr}]",
                control = in(reg) &raw mut saved.control,
                mxcsr = in(reg) &raw mut saved.mxcsr,
                standard_control = in(reg) &raw const STANDARD_CONTROL,
                standard_mxcsr = in(reg) &raw const STANDARD_MXCSR,
                options(nostack, preserves_flags),
            );
        }
        saved
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
impl Drop for FloatEnv {
    fn drop(&mut self) {
        use std::arch::asm;
        // SAFETY: restores the words that `put_aside` saved. The x87 flags are cleared first: one
        // left over would raise its exception in the caller as soon as that is unmasked again.
        unsafe {
            asm!(
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

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
impl FloatEnv {
    /// Nothing to do on this processor.
    pub(super) fn put_aside() -> Self {
        Self {}
    }
}
