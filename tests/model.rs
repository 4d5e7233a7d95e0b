//! A model of the guard and of cashiers who obey `next`: every interleaving of two processes, kills,
//! lost replies, another bill's calls and a clock that jumps. What the guard decides are the
//! library's own functions (`evoucher::risk::state`), so that the model cannot drift from it.
//!
//! What it takes for granted: the payment channel's word is final, and from the question to the
//! channel to the report of its answer nobody else is at the bill. Two desks that share a bill are the
//! hospital's to lock: without that the model finds a second charge.

use evoucher::catalogue::codes::{EV_CONNECTION_LOST, EV_ISSUED_BEFORE};
use evoucher::catalogue::next::{Next, after_code, after_state};
use evoucher::catalogue::services::{GEN_PAY_CERT, TOKEN_PWD_STAS};
use evoucher::config::Mode;
use evoucher::risk::state::{
    Event, Outcome, Reason, State, is_plausible, may_ask, may_forget, may_report, may_retry,
    other_days,
};
use stateright::{Checker, Model, Property};

const DAY: u64 = 86_400_000;
const KEEP_DAYS: u64 = 180;

/// How often a process may be killed, and the centre or the channel lose a reply, in one run.
const KILLS: u8 = 3;
const LOSSES: u8 = 3;

/// A fault that is put in on purpose: the model finds each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// What is in flight in another process is not looked at.
    InFlightUnseen,
    /// The certificate is handed out before "issued" is on the disk.
    HandedOutFirst,
    /// A certificate that was handed out does not stop the next.
    IssuedForgotten,
    /// A clock that jumped is believed.
    ClockBelieved,
    /// The hospital does not lock a bill that two desks share.
    BillNotLocked,
    /// The status of another patient is taken for this one's.
    OthersStatus,
}

/// What a process is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Doing {
    /// Ask for the certificate, or for the password's status before it.
    Idle,
    /// The status is asked for.
    Verifying,
    /// The password is verified, as far as the program knows.
    Verified,
    /// Asked is on the disk, and the request is on its way.
    Asking,
    /// The centre's certificate is in the library.
    Answered,
    /// The program has the certificate.
    Holding,
    /// The charge is made, or not, and nobody has reported it.
    Charged(bool),
    /// The payment channel has to be asked.
    Confirming,
    /// Its word has to be reported.
    Confirmed(bool),
    /// The bill is done with: paid, or openly unpaid.
    Done(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Process {
    doing: Doing,
    /// Changes with each start: what is in flight belongs to one life of a process.
    life: u8,
}

/// The journal's record of the bill's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Record {
    state: State,
    unanswered: u32,
    /// In flight: process and its life.
    flight: Option<(usize, u8)>,
    last: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    processes: [Process; 2],
    record: Record,
    /// The newest event of another bill.
    other_bill: u64,
    now: u64,
    kills: u8,
    losses: u8,
    /// What really happened: charges of this bill, and whether the patient has verified.
    charges: u8,
    verified: bool,
    /// Somebody settled the insurance part without that.
    settled_unverified: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    PatientVerifies,
    AskStatus(usize),
    StatusComes(usize),
    StatusOfAnother(usize),
    StatusIsLost(usize),
    Begin(usize),
    CertificateComes(usize),
    CertificateIsLost(usize),
    HandOut(usize),
    Charge(usize),
    ChargeIsLost(usize, bool),
    Report(usize),
    AskChannel(usize),
    Kill(usize),
    ClockJumps,
    OtherBill,
}

struct Counter {
    fault: Fault,
}

impl Counter {
    fn is_alive(world: &World, (process, life): (usize, u8)) -> bool {
        world.processes[process].life == life
    }

    /// What the journal says, as `Step::record` reads it: what is in flight in a process that is
    /// gone came to no end.
    fn settle(world: &mut World) {
        if let Some(flight) = world.record.flight
            && !Self::is_alive(world, flight)
        {
            Self::note(world, Event::Unanswered);
        }
    }

    fn note(world: &mut World, event: Event) {
        let record = &mut world.record;
        record.flight = None;
        record.state = record.state.after(event);
        record.unanswered = match event {
            Event::Unanswered => record.unanswered + 1,
            _ => 0,
        };
        record.last = world.now;
    }

    /// As each step that writes does, by the library's own rules.
    fn prune(&self, world: &mut World) {
        let now = world.now;
        let newest = world.record.last.max(world.other_bill);
        let of_other_days = [world.record.last, world.other_bill]
            .into_iter()
            .filter(|time| *time < other_days(now))
            .max()
            .unwrap_or_default();
        let is_plausible =
            is_plausible(now, newest, of_other_days) || self.fault == Fault::ClockBelieved;
        let record = &mut world.record;
        if is_plausible
            && record.flight.is_none()
            && may_forget(record.state, record.last, now, KEEP_DAYS)
        {
            record.state = State::None;
            record.unanswered = 0;
        }
    }

    /// What the cashier of a process does when this comes back.
    fn obey(world: &mut World, process: usize, next: Next) {
        let doing = match next {
            Next::Retry | Next::RetryLater => Doing::Verified,
            Next::ConfirmCharge => Doing::Confirming,
            Next::AlreadyPaid => Doing::Done(true),
            Next::Wait => Doing::Idle,
            Next::Settle => {
                world.settled_unverified |= !world.verified;
                Doing::Verified
            }
            // Whatever else it is: openly unpaid.
            _ => Doing::Done(false),
        };
        world.processes[process].doing = doing;
    }

    fn begin(&self, world: &mut World, process: usize) {
        self.prune(world);
        Self::settle(world);
        let state = match world.record.state {
            State::Issued if self.fault == Fault::IssuedForgotten => State::Unknown,
            state => state,
        };
        let in_flight = world.record.flight.is_some() && self.fault != Fault::InFlightUnseen;
        match may_ask(state, in_flight, false, Mode::Guard) {
            Ok(()) => {
                let life = world.processes[process].life;
                world.record.flight = Some((process, life));
                world.record.last = world.now;
                world.processes[process].doing = Doing::Asking;
            }
            Err(reason) => Self::obey(world, process, reason.next(state)),
        }
    }

    /// No usable answer: the service's own `next`, for a bounded time.
    fn unanswered(world: &mut World, process: usize) {
        let again = may_retry(world.record.unanswered);
        Self::note(world, Event::Unanswered);
        let next = after_code(Some(&GEN_PAY_CERT.desk), EV_CONNECTION_LOST);
        assert_eq!(next, Next::Retry);
        let next = if again { next } else { Next::OtherPayment };
        Self::obey(world, process, next);
    }

    fn report(world: &mut World, process: usize, paid: bool) {
        let outcome = if paid { Outcome::Paid } else { Outcome::Failed };
        Self::settle(world);
        let in_flight = world.record.flight.is_some();
        let state = world.record.state;
        let doing = match may_report(state, in_flight, false, outcome) {
            Ok(is_new) => {
                if is_new {
                    Self::note(world, outcome.event());
                }
                // It failed: again, as `next` says.
                if paid {
                    Doing::Done(true)
                } else {
                    Doing::Verified
                }
            }
            Err(Reason::InFlight) => Doing::Confirming,
            Err(_) => Doing::Done(true),
        };
        world.processes[process].doing = doing;
    }
}

impl Model for Counter {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let process = Process {
            doing: Doing::Idle,
            life: 0,
        };
        let now = 10_000 * DAY;
        vec![World {
            processes: [process; 2],
            record: Record {
                state: State::None,
                unanswered: 0,
                flight: None,
                last: now,
            },
            other_bill: now,
            now,
            kills: 0,
            losses: 0,
            charges: 0,
            verified: false,
            settled_unverified: false,
        }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if !world.verified {
            steps.push(Step::PatientVerifies);
        }
        if world.now == 10_000 * DAY {
            steps.push(Step::ClockJumps);
        }
        if world.other_bill < world.now {
            steps.push(Step::OtherBill);
        }
        let may_lose = world.losses < LOSSES;
        for (number, process) in world.processes.iter().enumerate() {
            // Whoever asks the channel has the bill for himself: see the top of this file.
            let is_open = self.fault == Fault::BillNotLocked;
            let other = world.processes[1 - number].doing;
            let may_begin = !matches!(other, Doing::Confirmed(_)) || is_open;
            let is_at_it = matches!(
                other,
                Doing::Asking
                    | Doing::Answered
                    | Doing::Holding
                    | Doing::Charged(_)
                    | Doing::Confirmed(_)
            );
            let may_confirm = !is_at_it || is_open;
            match process.doing {
                Doing::Idle => steps.push(Step::AskStatus(number)),
                Doing::Verifying => {
                    steps.push(Step::StatusComes(number));
                    if may_lose {
                        steps.push(Step::StatusIsLost(number));
                    }
                    if self.fault == Fault::OthersStatus {
                        steps.push(Step::StatusOfAnother(number));
                    }
                }
                Doing::Verified if may_begin => steps.push(Step::Begin(number)),
                Doing::Asking => {
                    steps.push(Step::CertificateComes(number));
                    if may_lose {
                        steps.push(Step::CertificateIsLost(number));
                    }
                }
                Doing::Answered => steps.push(Step::HandOut(number)),
                Doing::Holding => {
                    steps.push(Step::Charge(number));
                    if may_lose {
                        steps.push(Step::ChargeIsLost(number, true));
                        steps.push(Step::ChargeIsLost(number, false));
                    }
                }
                Doing::Charged(_) | Doing::Confirmed(_) => steps.push(Step::Report(number)),
                Doing::Confirming if may_confirm => steps.push(Step::AskChannel(number)),
                Doing::Verified | Doing::Confirming | Doing::Done(_) => {}
            }
            if world.kills < KILLS {
                steps.push(Step::Kill(number));
            }
        }
    }

    fn next_state(&self, last: &World, step: Step) -> Option<World> {
        let mut world = last.clone();
        match step {
            Step::PatientVerifies => world.verified = true,
            Step::AskStatus(process) => world.processes[process].doing = Doing::Verifying,
            Step::StatusComes(process) => {
                let state = if world.verified { "1" } else { "0" };
                let (next, _) = after_state(&TOKEN_PWD_STAS, state);
                Self::obey(&mut world, process, next);
            }
            Step::StatusOfAnother(process) => {
                let (next, _) = after_state(&TOKEN_PWD_STAS, "1");
                Self::obey(&mut world, process, next);
            }
            Step::StatusIsLost(process) => {
                world.losses += 1;
                let next = after_code(Some(&TOKEN_PWD_STAS.desk), EV_CONNECTION_LOST);
                Self::obey(&mut world, process, next);
            }
            Step::Begin(process) => self.begin(&mut world, process),
            Step::CertificateComes(process) => {
                world.processes[process].doing = Doing::Answered;
                if self.fault == Fault::HandedOutFirst {
                    // The program charges before the library notes.
                    world.charges += 1;
                }
            }
            Step::CertificateIsLost(process) => {
                world.losses += 1;
                Self::unanswered(&mut world, process);
            }
            Step::HandOut(process) => {
                Self::note(&mut world, Event::Issued);
                world.processes[process].doing = match self.fault {
                    Fault::HandedOutFirst => Doing::Charged(true),
                    _ => Doing::Holding,
                };
            }
            Step::Charge(process) => {
                world.charges += 1;
                world.processes[process].doing = Doing::Charged(true);
            }
            Step::ChargeIsLost(process, made) => {
                world.losses += 1;
                world.charges += u8::from(made);
                // Nobody knows: `unknown` is reported, and `next` says what comes.
                Self::note(&mut world, Outcome::Unknown.event());
                world.processes[process].doing = Doing::Confirming;
            }
            Step::Report(process) => match world.processes[process].doing {
                Doing::Charged(paid) | Doing::Confirmed(paid) => {
                    Self::report(&mut world, process, paid);
                }
                _ => return None,
            },
            Step::AskChannel(process) => {
                world.processes[process].doing = Doing::Confirmed(world.charges > 0);
            }
            Step::Kill(process) => {
                world.kills += 1;
                world.processes[process].life += 1;
                // Its program comes back, and asks for what is still open.
                world.processes[process].doing = Doing::Idle;
            }
            Step::ClockJumps => world.now += 4000 * DAY,
            Step::OtherBill => {
                world.other_bill = world.now;
                self.prune(&mut world);
            }
        }
        (world != *last).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("never charged twice", |_, world: &World| world.charges <= 1),
            Property::always("never settled unverified", |_, world: &World| {
                !world.settled_unverified
            }),
            Property::always("what is called paid is paid", |_, world: &World| {
                let paid = |process: &Process| process.doing == Doing::Done(true);
                !world.processes.iter().any(paid) || world.charges == 1
            }),
            Property::sometimes("paid", |_, world: &World| {
                world.record.state == State::Paid && world.charges == 1
            }),
            Property::sometimes("openly unpaid", |_, world: &World| {
                let unpaid = |process: &Process| process.doing == Doing::Done(false);
                world.processes.iter().all(unpaid)
            }),
            Property::sometimes("confirmed after a kill", |_, world: &World| {
                world.kills > 0
                    && world.charges == 1
                    && world.processes[1].doing == Doing::Confirmed(true)
            }),
        ]
    }
}

fn check(fault: Fault) -> impl Checker<Counter> {
    Counter { fault }.checker().threads(2).spawn_bfs().join()
}

#[test]
fn no_cashier_who_obeys_charges_twice_or_settles_unverified() {
    let checked = check(Fault::None);
    checked.assert_properties();
    assert!(checked.is_done());
    let states = checked.unique_state_count();
    assert!(states > 10_000, "{states}: too few to mean anything");
}

#[test]
fn the_model_finds_what_is_put_in() {
    for (fault, broken) in [
        (Fault::InFlightUnseen, "never charged twice"),
        (Fault::HandedOutFirst, "never charged twice"),
        (Fault::IssuedForgotten, "never charged twice"),
        (Fault::ClockBelieved, "never charged twice"),
        (Fault::BillNotLocked, "never charged twice"),
        (Fault::OthersStatus, "never settled unverified"),
    ] {
        let found = check(fault).discoveries();
        assert!(found.contains_key(broken), "{fault:?}");
    }
}

/// The code that leads to `confirm_charge` says so by itself, too.
#[test]
fn issued_before_is_confirmed() {
    assert_eq!(
        after_code(Some(&GEN_PAY_CERT.desk), EV_ISSUED_BEFORE),
        Next::ConfirmCharge
    );
}
