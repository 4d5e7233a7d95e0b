//! The state table of a transaction (A §1.4.3.3): what may be done in which state, and which state
//! an event leads to. Pure: the guard of a process, the journal of a machine and the model in the
//! tests all go by it.

use crate::catalogue::next::Next;
use crate::config::Mode;

/// What is known of a transaction while nothing of it is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum State {
    /// Never asked for, or never so that anything came of it.
    #[default]
    None,
    /// A certificate was asked for, and none reached the program.
    Unknown,
    /// The charge with a certificate failed, as the program reported.
    Failed,
    /// A certificate was handed out, and what became of it is not known.
    Issued,
    /// The charge was made, as the program reported.
    Paid,
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What happens to a transaction.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event {
            $($(#[$doc])* $name,)*
        }

        impl Event {
            /// As the journal spells it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What the journal spells so.
            pub fn from_name(name: &str) -> Option<Self> {
                [$(Self::$name),*].into_iter().find(|event| event.as_str() == name)
            }
        }
    };
}

events! {
    /// A flow begins: nothing of the certificate was asked yet.
    Begun = "begun",
    /// The certificate is asked for: written before the request leaves.
    Asked = "asked",
    /// The flow ended before it asked for the certificate: it is as it was before.
    Released = "released",
    /// The request never left: it is as it was before.
    Unsent = "unsent",
    /// The centre refused it: it is as it was before.
    Refused = "refused",
    /// No usable answer came: a certificate may have been issued, and none reached the program.
    Unanswered = "unanswered",
    /// A certificate is handed out: written before the program gets it.
    Issued = "issued",
    /// Reported: the charge was made.
    Paid = "paid",
    /// Reported: the charge was not made.
    Failed = "failed",
    /// Reported: nobody knows whether the charge was made.
    Doubtful = "doubtful",
}

impl State {
    /// The state after an event.
    pub fn after(self, event: Event) -> Self {
        match event {
            Event::Begun | Event::Asked | Event::Released | Event::Unsent | Event::Refused => self,
            // What was handed out before stays handed out.
            Event::Unanswered => match self {
                Self::Issued | Self::Paid => self,
                _ => Self::Unknown,
            },
            Event::Issued | Event::Doubtful => Self::Issued,
            Event::Paid => Self::Paid,
            Event::Failed => Self::Failed,
        }
    }
}

/// Why a transaction may not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It is in flight.
    InFlight,
    /// It came before with another amount.
    OtherAmount,
    /// A certificate was handed out for it.
    Issued,
    /// It is paid.
    Paid,
}

impl Reason {
    /// As `data.reason` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InFlight => "in_flight",
            Self::OtherAmount => "other_amount",
            Self::Issued => "issued",
            Self::Paid => "paid",
        }
    }
}

impl Reason {
    /// What the cashier does whose transaction may not go on in this state.
    pub fn next(self, state: State) -> Next {
        match (self, state) {
            (Self::InFlight, _) => Next::RetryLater,
            (Self::Paid, _) => Next::AlreadyPaid,
            // A certificate is out: what became of it comes first.
            (Self::Issued, _) | (Self::OtherAmount, State::Issued) => Next::ConfirmCharge,
            (Self::OtherAmount, _) => Next::FixRequest,
        }
    }
}

/// How often in a row a transaction without an answer is tried again before the patient pays in
/// another way.
const RETRIES: u32 = 3;

/// Whether to try again after so many times in a row without an answer.
pub fn may_retry(unanswered: u32) -> bool {
    unanswered < RETRIES
}

const DAY: u64 = 86_400_000;

/// What nobody has said the end of is kept at least so long.
const OPEN_DAYS: u64 = 30;

/// Whether a transaction may be forgotten whose last event was at `last`. Times are milliseconds
/// since 1970.
pub fn may_forget(state: State, last: u64, now: u64, keep_days: u64) -> bool {
    let days = match state {
        State::Issued | State::Unknown => keep_days.max(OPEN_DAYS),
        State::None | State::Failed | State::Paid => keep_days,
    };
    last < now.saturating_sub(days * DAY)
}

/// Whether the clock can be right, by the newest event of all and the newest that is older than a
/// day: it is behind, or so far ahead of other days that it has rather been set wrong. A clock that
/// jumped has written events of its own by the second time, which is why today's do not count.
pub fn is_plausible(now: u64, newest: u64, newest_of_other_days: u64) -> bool {
    newest <= now + DAY && now < newest_of_other_days + OPEN_DAYS * DAY
}

/// Before when an event is of another day.
pub fn other_days(now: u64) -> u64 {
    now.saturating_sub(DAY)
}

/// Whether a certificate may be asked for: the table of A §1.4.3.3. `other_amount`: the transaction
/// came before with an amount, and it was another one.
pub fn may_ask(
    state: State,
    in_flight: bool,
    other_amount: bool,
    mode: Mode,
) -> Result<(), Reason> {
    if in_flight {
        return Err(Reason::InFlight);
    }
    if mode == Mode::Observe {
        return Ok(());
    }
    match (state, other_amount) {
        (State::None, _) => Ok(()),
        (State::Paid, _) => Err(Reason::Paid),
        (_, true) => Err(Reason::OtherAmount),
        (State::Issued, false) => Err(Reason::Issued),
        (State::Unknown | State::Failed, false) => Ok(()),
    }
}

/// What a program says became of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was made.
    Paid,
    /// It was not made.
    Failed,
    /// Nobody knows.
    Unknown,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Paid, Self::Failed, Self::Unknown];

    /// As requests spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// The event that it is.
    pub fn event(self) -> Event {
        match self {
            Self::Paid => Event::Paid,
            Self::Failed => Event::Failed,
            Self::Unknown => Event::Doubtful,
        }
    }
}

/// Whether an outcome may be reported; `false` if it is known already.
pub fn may_report(
    state: State,
    in_flight: bool,
    other_amount: bool,
    outcome: Outcome,
) -> Result<bool, Reason> {
    if in_flight {
        return Err(Reason::InFlight);
    }
    match (state, outcome) {
        (State::None, _) => Ok(true),
        _ if other_amount => Err(Reason::OtherAmount),
        (State::Paid, Outcome::Paid) | (State::Failed, Outcome::Failed) => Ok(false),
        (State::Paid, _) => Err(Reason::Paid),
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::*;

    /// The table as the contract has it: state, in flight, and for the same and another amount the
    /// reason of a refusal.
    #[test]
    fn who_may_ask() {
        let go = Ok(());
        let refused = Err;
        for (state, in_flight, same, other) in [
            (None, false, go, go),
            (
                None,
                true,
                refused(Reason::InFlight),
                refused(Reason::InFlight),
            ),
            (Unknown, false, go, refused(Reason::OtherAmount)),
            (
                Unknown,
                true,
                refused(Reason::InFlight),
                refused(Reason::InFlight),
            ),
            (
                Issued,
                false,
                refused(Reason::Issued),
                refused(Reason::OtherAmount),
            ),
            (Failed, false, go, refused(Reason::OtherAmount)),
            (
                Failed,
                true,
                refused(Reason::InFlight),
                refused(Reason::InFlight),
            ),
            (Paid, false, refused(Reason::Paid), refused(Reason::Paid)),
        ] {
            for (other_amount, expected) in [(false, same), (true, other)] {
                assert_eq!(
                    may_ask(state, in_flight, other_amount, Mode::Guard),
                    expected,
                    "{state:?} {in_flight} {other_amount}"
                );
                let observed = if in_flight { Err(Reason::InFlight) } else { go };
                assert_eq!(
                    may_ask(state, in_flight, other_amount, Mode::Observe),
                    observed
                );
            }
        }
    }

    #[test]
    fn who_may_report() {
        for (state, outcome, same, other) in [
            (None, Outcome::Paid, Ok(true), Ok(true)),
            (None, Outcome::Unknown, Ok(true), Ok(true)),
            (Issued, Outcome::Paid, Ok(true), Err(Reason::OtherAmount)),
            (Issued, Outcome::Failed, Ok(true), Err(Reason::OtherAmount)),
            (Unknown, Outcome::Paid, Ok(true), Err(Reason::OtherAmount)),
            (Failed, Outcome::Paid, Ok(true), Err(Reason::OtherAmount)),
            (Failed, Outcome::Failed, Ok(false), Err(Reason::OtherAmount)),
            (Paid, Outcome::Paid, Ok(false), Err(Reason::OtherAmount)),
            (
                Paid,
                Outcome::Failed,
                Err(Reason::Paid),
                Err(Reason::OtherAmount),
            ),
            (
                Paid,
                Outcome::Unknown,
                Err(Reason::Paid),
                Err(Reason::OtherAmount),
            ),
        ] {
            assert_eq!(may_report(state, false, false, outcome), same, "{state:?}");
            assert_eq!(may_report(state, false, true, outcome), other, "{state:?}");
            assert_eq!(
                may_report(state, true, false, outcome),
                Err(Reason::InFlight)
            );
        }
    }

    #[test]
    fn what_an_event_leads_to() {
        for state in [None, Unknown, Failed, Issued, Paid] {
            for event in [
                Event::Begun,
                Event::Asked,
                Event::Released,
                Event::Unsent,
                Event::Refused,
            ] {
                assert_eq!(state.after(event), state);
            }
            assert_eq!(state.after(Event::Issued), Issued);
            assert_eq!(state.after(Event::Doubtful), Issued);
            assert_eq!(state.after(Event::Paid), Paid);
            assert_eq!(state.after(Event::Failed), Failed);
        }
        for (state, unanswered) in [
            (None, Unknown),
            (Unknown, Unknown),
            (Failed, Unknown),
            (Issued, Issued),
            (Paid, Paid),
        ] {
            assert_eq!(state.after(Event::Unanswered), unanswered);
        }
    }

    #[test]
    fn events_are_spelled_one_way() {
        for event in [Event::Begun, Event::Unanswered, Event::Doubtful] {
            assert_eq!(Event::from_name(event.as_str()), Some(event));
        }
        assert_eq!(Event::from_name("x"), Option::None);
    }
}
