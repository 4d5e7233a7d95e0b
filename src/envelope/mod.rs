//! The envelope (A and B §1.3): what goes around a service's own JSON on its way out, and what
//! comes around the centre's.
//!
//! Pure: bytes in, bytes out; no clock, no network.

pub mod reply;
pub mod request;
mod sealer;

use sealer::BLOCK;
pub use sealer::{KeyFormat, Sealer, UnsealError};
