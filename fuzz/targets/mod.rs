//! What machines search: one function for each target, over any bytes. libFuzzer drives them from
//! `fuzz_targets/`, and a plain `cargo test` puts the committed corpus through them
//! (`tests/fuzz.rs`). Each has an oracle, not only that nothing crashes.

mod centre;
mod host;
mod judge;
mod reply;
mod request;
mod session;
mod texts;

pub use reply::reply;
pub use request::request;
pub use session::session;
pub use texts::{config, texts};

/// A target: what it is given is any bytes.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: &[(&str, Target)] = &[
    ("config", config),
    ("reply", reply),
    ("request", request),
    ("session", session),
    ("texts", texts),
];
