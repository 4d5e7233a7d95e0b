//! This machine's clock against the centre's, which refuses what comes with a `timestamp` far off.

use crate::error::{Text, text};
use std::time::{Duration, SystemTime};

/// The documents do not say how far off a clock may be; a machine that keeps its time at all is
/// well within this.
const CLOCK_LIMIT: Duration = Duration::from_secs(60);

/// How far this machine's clock is off the centre's.
#[derive(Clone, Copy)]
pub(super) struct Off {
    by: Duration,
    behind: bool,
}

impl Off {
    /// The centre's date was written while the call lasted, and has whole seconds.
    pub(super) fn between(date: SystemTime, sent: SystemTime, received: SystemTime) -> Self {
        let end = date + Duration::from_secs(1);
        let behind = date.duration_since(received).unwrap_or_default();
        let ahead = sent.duration_since(end).unwrap_or_default();
        Self {
            by: behind.max(ahead),
            behind: !behind.is_zero(),
        }
    }

    pub(super) fn is_far(&self) -> bool {
        self.by > CLOCK_LIMIT
    }

    pub(super) fn describe(&self) -> Text {
        let seconds = self.by.as_secs();
        let (zh, en) = if self.behind {
            ("慢", "behind")
        } else {
            ("快", "ahead of")
        };
        if self.is_far() {
            text!(
                "本机时钟比中心{zh} {seconds} 秒，请校准",
                "this machine's clock is {seconds} s {en} the centre's: set it right"
            )
        } else if seconds > 0 {
            text!(
                "本机时钟比中心{zh} {seconds} 秒",
                "this machine's clock is {seconds} s {en} the centre's"
            )
        } else {
            text!(
                "本机时钟与中心一致",
                "this machine's clock agrees with the centre's"
            )
        }
    }
}
