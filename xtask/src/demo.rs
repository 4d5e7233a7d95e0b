//! The newcomer's first look.

use crate::sh::Result;

/// Builds, starts the simulated centre, and runs both conversations.
pub fn run() -> Result {
    Ok(())
}
