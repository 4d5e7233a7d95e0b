//! evoucher: the online password check and one-code pay of the national medical-insurance
//! platform, behind blocking C functions.
//!
//! Calls go one way, top to bottom: `ffi` → `client` → `envelope` and `transport`; `flow` holds
//! what the documents say to do next. The C contract is `include/evoucher.h`, and `docs/abi.md`
//! gives its reasons.

pub mod code;
pub mod envelope;
