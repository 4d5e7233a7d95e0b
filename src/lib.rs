//! evoucher: the online password check and one-code pay of the national medical-insurance
//! platform, behind blocking C functions.
//!
//! Calls go one way, top to bottom: `ffi` → `dispatch` → `flow` → `client` → `risk`, `transport` and
//! `envelope`; the `catalogue` has what the documents say of services and codes. The C contract is
//! `include/evoucher.h`; `docs/abi.md` gives its reasons. "A" and "B" are the two documents:
//! 医保码一码付接入规范 V1.0 and 线上密码核验认证.

pub mod catalogue;
pub mod charset;
pub mod client;
pub mod config;
pub mod dispatch;
pub mod envelope;
pub mod error;
#[expect(unsafe_code, reason = "the C boundary")]
pub mod ffi;
pub mod flow;
mod json;
pub mod moment;
#[expect(unsafe_code, reason = "calls the operating system")]
pub mod os;
pub mod reply;
pub mod risk;
pub mod transport;

/// The C header, as build.rs makes it from the exports: `cargo xtask gen` keeps it.
pub const HEADER: &str = include_str!(concat!(env!("OUT_DIR"), "/evoucher.h"));
