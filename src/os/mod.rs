//! The operating system, where the standard library does not reach: the one room beside the C
//! boundary with `unsafe` in it.

pub(crate) mod addresses;
pub mod dpapi;
pub(crate) mod host;
pub(crate) mod lock;
pub(crate) mod per_process;
pub(crate) mod thread_cancel;
pub(crate) mod volume;
pub(crate) mod who;
