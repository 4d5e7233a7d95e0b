//! What to do now (`next` of a reply), by what was asked and code or state.
//!
//! The patient stands at the counter: after a service or a flow `next` names what gets them served,
//! and what has to be put right is the advice of `ev_explain`. Where the documents are silent a row
//! has this library's reason. What is not in a table is never `settle` or `charge`.

pub use super::next_words::Next;

use super::codes::{EV_HTTP_STATUS, meaning};
use super::hints::Cause;
use super::services::{Desk, Outcome, SELF_TEST, Service};
use Next::*;

/// What to do after one code.
#[derive(Debug, Clone, Copy)]
pub struct After {
    desk: Rule,
    /// Where nobody stands at a counter: on a path that no document lists, in functions that are no
    /// service.
    elsewhere: Next,
    /// In the self-test: whoever reads it is setting a machine up.
    check: Next,
}

/// What a cashier does after one code, by what was asked.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// The same whatever was asked.
    Same(Next),
    /// In the password check; one-code pay cannot be used then.
    Password(Next),
    /// The same again.
    Again,
    /// What there is to do when no answer came.
    Unanswered,
    /// The centre did not do it: the password check goes on, one-code pay cannot be used.
    Failed,
    /// Nobody knows how far it got: a certificate may have been issued.
    Fault,
    /// The patient is served in another way.
    Otherwise,
}

const fn row(desk: Rule) -> After {
    After {
        desk,
        elsewhere: AskCentre,
        check: AskCentre,
    }
}

/// The same whatever was asked.
pub(super) const fn always(next: Next) -> After {
    After {
        desk: Rule::Same(next),
        elsewhere: next,
        check: next,
    }
}

/// The password check has this, and one-code pay cannot be used.
pub(super) const fn password(next: Next) -> After {
    row(Rule::Password(next))
}

/// All else: the patient is served in another way, and somebody else puts it right.
pub(super) const fn otherwise(elsewhere: Next) -> After {
    After {
        desk: Rule::Otherwise,
        elsewhere,
        check: elsewhere,
    }
}

/// No answer of use. A notice leads to the offline check (B §1.4.3.2 (8) A); asking again changes
/// nothing; whether a certificate was issued is unknown.
pub(super) const AFTER_NO_ANSWER: After = row(Rule::Unanswered);

/// The same, where the notice may simply be sent again (B §1.4.4 (5) A).
pub(super) const AFTER_A_FAILURE: After = row(Rule::Again);

/// The centre says that it did not do it.
pub(super) const AFTER_A_REFUSAL: After = row(Rule::Failed);

/// A fault of this library.
pub(super) const AFTER_A_FAULT: After = row(Rule::Fault);

impl After {
    pub(super) const fn in_check(self, check: Next) -> Self {
        Self { check, ..self }
    }

    pub(super) const fn elsewhere(self, elsewhere: Next) -> Self {
        Self { elsewhere, ..self }
    }
}

/// What the cashier does by a rule.
fn at(desk: &Desk, rule: Rule) -> Next {
    let password = desk.otherwise == OfflineCheck;
    match rule {
        Rule::Same(next) => next,
        Rule::Password(next) if password => next,
        Rule::Failed if password => desk.again,
        Rule::Fault => desk.fault,
        Rule::Again => desk.again,
        Rule::Unanswered => desk.unanswered,
        _ => desk.otherwise,
    }
}

/// What to do after any code but a centre's 0; without a desk, in what is no service and no flow.
pub fn after_code(desk: Option<&Desk>, code: i32) -> Next {
    // A code that nobody lists.
    let after = meaning(code).map_or(otherwise(AskCentre), |known| known.next);
    match desk {
        Some(desk) if *desk == SELF_TEST.desk => after.check,
        Some(desk) => at(desk, after.desk),
        None => after.elsewhere,
    }
}

/// What to do after a failure of a call. With an HTTP status below 500 it was `answered`, by a
/// gateway that let nothing through: then no waiting and no asking again helps, unless it was a 429.
pub fn after_failure(desk: Option<&Desk>, code: i32, answered: bool) -> Next {
    match desk {
        Some(desk) if code == EV_HTTP_STATUS && answered && *desk != SELF_TEST.desk => {
            desk.otherwise
        }
        desk => after_code(desk, code),
    }
}

/// What to do after a 0, with the value of the service's state field.
pub fn after_state(service: &Service, state: &str) -> (Next, Cause) {
    let fits = |outcome: &&Outcome| outcome.state.is_none_or(|value| value == state);
    match service.states.iter().find(fits) {
        Some(outcome) => (outcome.next, Cause::Known(outcome.known)),
        None => (service.desk.otherwise, Cause::Unlisted),
    }
}

/// Whether it is for IT support to put right what this code is about.
pub(super) fn needs_support(code: i32) -> bool {
    meaning(code).is_some_and(|known| matches!(known.next.elsewhere, FixRequest | FixSetup))
}
