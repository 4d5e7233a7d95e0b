//! What the tests of the station's page stand on: Chromium, driven as a person would, and programs at
//! a counter that load the real library.
#![allow(
    clippy::missing_panics_doc,
    reason = "for tests: what is not as it should be ends them"
)]

mod counter;
mod page;
mod screen;

// What the tests of the library go by, too.
#[path = "../../common/interface.rs"]
mod interface;
#[allow(missing_docs, reason = "it is of the tests")]
#[path = "../../common/tester.rs"]
pub mod tester;
#[allow(missing_docs, reason = "it is of the tests")]
#[path = "../../common/till.rs"]
pub mod till;

pub use counter::{Counter, api, cashier, csharp, raw_call, send};
pub use page::{Look, Page};
pub use screen::{Screen, place};

use evoucher_sandbox::{Options, Sandbox};
use std::time::{Duration, Instant};

/// Longer than anything takes on a slow machine: only a test that hangs ever sees it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A simulated centre with its station.
pub fn station() -> Sandbox {
    Sandbox::start(Options::default()).expect("the simulated centre starts")
}

/// Asks until there is an answer.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
