//! What each fault of the simulated centre has to come to, at the library.

/// What has to come of a fault, by the interface's table of codes.
#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    /// The reply that the centre meant.
    Good,
    /// This code and delivery, from every service.
    All(i32, &'static str),
    /// The same, but the service that no document lists has its good reply: the fault is in what
    /// the documents say of theirs.
    Four(i32, &'static str),
}

use Outcome::*;

const LOST: Outcome = All(-10023, "unknown");
const LATE: Outcome = All(-10022, "unknown");
const BAD: Outcome = All(-10025, "unknown");
const REFUSED: Outcome = All(-10027, "answered");
const SEALED_WRONG: Outcome = All(-10026, "answered");

/// Every fault that the simulated centre has: its name, what has to come of it, and whether the
/// request takes effect in spite of it.
pub const FAULTS: &[(&str, Outcome, bool)] = &[
    ("none", Good, true),
    ("close-early", LOST, false),
    ("reset-early", LOST, false),
    ("process-close", LOST, true),
    ("process-reset", LOST, true),
    ("half", LOST, true),
    ("half-head", LOST, true),
    ("drip", LATE, true),
    ("silence", LATE, true),
    ("slow-60000", LATE, true),
    ("slow-50", Good, true),
    ("redirect", All(-10024, "answered"), false),
    ("redirect307", All(-10024, "answered"), false),
    ("500-empty", All(-10024, "unknown"), true),
    ("500-text", All(-10024, "unknown"), true),
    ("500-json", All(-1, "answered"), true),
    ("503-html", All(-10024, "unknown"), true),
    ("404-html", All(-10024, "answered"), false),
    ("html", BAD, true),
    ("not-json", BAD, true),
    ("empty", BAD, true),
    ("wrong-key", SEALED_WRONG, true),
    ("bad-hex", SEALED_WRONG, true),
    ("odd-hex", SEALED_WRONG, true),
    ("bad-padding", SEALED_WRONG, true),
    ("not-object", SEALED_WRONG, true),
    ("no-encdata", Four(-10025, "unknown"), true),
    ("data-null", Four(-10025, "unknown"), true),
    ("duplicate-key", Four(-10025, "unknown"), true),
    ("reserved-code", BAD, true),
    ("huge", BAD, true),
    ("gateway-504-json", All(-10024, "unknown"), true),
    ("gateway-502-html", All(-10024, "unknown"), true),
    ("gateway-403-json", All(-10024, "answered"), true),
    ("gateway-200-json", BAD, true),
    ("late-504", All(-10024, "unknown"), true),
    ("late-200", BAD, true),
    ("success-zero", REFUSED, true),
    ("success-zerotext", REFUSED, true),
    ("success-false", REFUSED, true),
    ("success-one", REFUSED, true),
    ("success-truetext", Good, true),
    ("success-null", Good, true),
    ("data-string", Good, true),
    ("code-string", Good, true),
    ("lower-hex", Good, true),
    ("bom", Good, true),
    ("gbk", Good, true),
    ("chunked", Good, true),
    ("no-length", Good, true),
    ("close-after", Good, true),
    ("close-later", Good, true),
    ("reset-after", Good, true),
];
