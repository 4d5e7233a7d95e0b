//! evoucher: the online password check and one-code pay of the national medical-insurance
//! platform, behind blocking C functions.
//!
//! Calls go one way, top to bottom: `ffi` → `client` → `service`, `envelope` and `transport`;
//! `flow` holds what the documents say to do next. The C contract is `include/evoucher.h`;
//! `docs/abi.md` gives its reasons. "A" and "B" are the two documents: 医保码一码付接入规范 V1.0
//! and 线上密码核验认证.

pub mod client;
pub mod code;
pub mod config;
pub mod envelope;
pub mod error;
#[expect(unsafe_code, reason = "the C boundary, and the only place with any")]
pub mod ffi;
pub mod flow;
mod json;
pub mod log;
pub mod reply;
pub mod service;
pub mod text;
pub mod transport;
