//! The C interface: the boundary, and nothing else. What stands behind an export is a function of
//! [`crate::dispatch`]. The documentation of the exports is the manual in `include/evoucher.h`,
//! which is made from these files; keep it in ASCII, since compilers read headers in any code page.
//!
//! Each function is written out by hand: cbindgen sees neither `extern "system"` nor what a macro
//! made. `stdcall` exports each of them a second time.

#![expect(
    clippy::missing_safety_doc,
    reason = "what a caller must keep to is rules 2, 3 and 10 at the top of the header"
)]

mod client;
mod float_env;
mod flows;
#[doc(hidden)]
pub mod guard;
mod handle;
mod last_reply;
mod lines;
mod memory;
mod progress;
mod reply;
mod services;
mod stdcall;
mod tools;

pub use client::*;
pub use flows::*;
pub use memory::Buffer;
pub use reply::*;
pub use services::*;
pub use tools::*;
