//! Faults at a switch: what requests meet because a tester said so, and not their address or token.
//! Which request meets what is decided here, from what the rules have seen, and from nothing else.

use crate::fault::Fault;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};

/// How many rules there may be.
const MOST: usize = 100;

/// When a request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    /// Before it takes effect.
    Before,
    /// After that, before its reply.
    After,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Meet(Fault),
    Hold(When),
}

/// A rule that a tester has set.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) act: Act,
    /// Of this patient alone, unless it is empty.
    pub(crate) token: String,
    /// Of this service alone.
    pub(crate) service: Option<&'static str>,
    /// The one of those that fit, the first being 1.
    pub(crate) nth: Option<u64>,
    /// The first so many of them.
    pub(crate) count: Option<u64>,
    /// How many have fitted, and how many of them have met it.
    pub(crate) fitted: u64,
    pub(crate) met: u64,
}

impl Rule {
    /// Whether this request meets it; asked once for each.
    fn meets(&mut self, token: &str, service: &str) -> bool {
        let fits = (self.token.is_empty() || self.token == token)
            && self.service.is_none_or(|of| of == service);
        if !fits {
            return false;
        }
        self.fitted += 1;
        let meets = self.nth.is_none_or(|nth| self.fitted == nth)
            && self.count.is_none_or(|count| self.met < count);
        self.met += u64::from(meets);
        meets
    }

    /// Whether no request will meet it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.count.is_some_and(|count| self.met >= count)
            || self.nth.is_some_and(|nth| self.fitted >= nth)
    }
}

/// Who has chosen a fault here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chooser {
    Rule,
    Chaos,
    Rate,
}

/// What a request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Met {
    pub(crate) fault: Option<(Fault, Chooser)>,
    /// When it is held, and by which rule.
    pub(crate) hold: Option<(When, u64)>,
}

/// Some share of requests, by chance that a seed decides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Chaos {
    pub(crate) seed: u64,
    pub(crate) share: f64,
    /// How many requests it has decided about.
    #[serde(skip)]
    pub(crate) decided: u64,
}

/// Everything that is switched on.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) rules: Vec<Rule>,
    given: u64,
    pub(crate) chaos: Option<Chaos>,
    /// How many requests a second pass.
    pub(crate) rate: Option<u64>,
    /// The second that is counted, and how many came in it.
    second: (u64, u64),
    /// Whether something has changed since somebody looked.
    pub(crate) changed: bool,
}

impl Rules {
    /// Adds a rule, unless there are too many.
    pub(crate) fn add(&mut self, rule: Rule) -> Option<&Rule> {
        if self.rules.len() >= MOST {
            return None;
        }
        self.given += 1;
        self.changed = true;
        self.rules.push(Rule {
            id: self.given,
            ..rule
        });
        self.rules.last()
    }

    /// Takes a rule away; `false` when there is none of that number.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        self.changed = true;
        self.rules.len() < before
    }

    /// Switches everything off.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            given: self.given,
            changed: true,
            ..Self::default()
        };
    }

    /// What a request meets; asked once for each. Where its address or token has chosen, rules only
    /// hold it.
    pub(crate) fn meet(&mut self, token: &str, service: &str, chosen: bool, now_ms: u64) -> Met {
        let mut met = Met::default();
        if self.is_too_fast(now_ms) {
            let busy = Fault::GatewayJson(StatusCode::TOO_MANY_REQUESTS);
            met.fault = Some((busy, Chooser::Rate));
        }
        for rule in &mut self.rules {
            let is_taken = match rule.act {
                Act::Meet(_) => chosen || met.fault.is_some(),
                Act::Hold(_) => met.hold.is_some(),
            };
            if is_taken || !rule.meets(token, service) {
                continue;
            }
            self.changed = true;
            match rule.act {
                Act::Meet(fault) => met.fault = Some((fault, Chooser::Rule)),
                Act::Hold(when) => met.hold = Some((when, rule.id)),
            }
        }
        if let Some(chaos) = self.chaos.as_mut().filter(|_| !chosen) {
            chaos.decided += 1;
            if met.fault.is_none() {
                let fault = chance(chaos.seed, chaos.share, chaos.decided);
                met.fault = fault.map(|fault| (fault, Chooser::Chaos));
            }
        }
        met
    }

    fn is_too_fast(&mut self, now_ms: u64) -> bool {
        let Some(most) = self.rate else {
            return false;
        };
        let second = now_ms / 1000;
        if self.second.0 != second {
            self.second = (second, 0);
        }
        self.second.1 += 1;
        self.second.1 > most
    }
}

/// What networks and gateways do to a request, and a centre that has troubles of its own.
const CHAOS: [Fault; 14] = [
    Fault::CloseEarly,
    Fault::ResetEarly,
    Fault::ProcessClose,
    Fault::ProcessReset,
    Fault::Half,
    Fault::HalfHead,
    Fault::Drip,
    Fault::Silence,
    Fault::Error500Text,
    Fault::Error503Html,
    Fault::GatewayJson(StatusCode::GATEWAY_TIMEOUT),
    Fault::GatewayHtml(StatusCode::BAD_GATEWAY),
    Fault::Slow(3000),
    Fault::CloseAfter,
];

/// What the `k`-th request meets: decided by the seed alone, so that a run can be repeated.
pub(crate) fn chance(seed: u64, share: f64, k: u64) -> Option<Fault> {
    // SplitMix64: each number has nothing to do with the one before.
    let mut mixed = seed.wrapping_add(k.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    let part = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
    let which = usize::try_from(mixed % CHAOS.len() as u64).unwrap_or_default();
    (part < share).then(|| CHAOS[which])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(act: Act) -> Rule {
        Rule {
            id: 0,
            act,
            token: String::new(),
            service: None,
            nth: None,
            count: None,
            fitted: 0,
            met: 0,
        }
    }

    #[test]
    fn the_nth_the_first_and_one_patients() {
        let half = Act::Meet(Fault::Half);
        let faults = |rule: Rule| {
            let mut rules = Rules::default();
            rules.add(rule);
            let mut meet =
                |token: &str, service| rules.meet(token, service, false, 0).fault.is_some();
            [
                meet("a", "genPayCert"),
                meet("b", "signedQuery"),
                meet("a", "genPayCert"),
                meet("a", "signedQuery"),
            ]
        };
        let always = rule(half);
        assert_eq!(faults(always.clone()), [true; 4]);
        let second = Rule {
            nth: Some(2),
            ..always.clone()
        };
        assert_eq!(faults(second), [false, true, false, false]);
        let first_three = Rule {
            count: Some(3),
            ..always.clone()
        };
        assert_eq!(faults(first_three), [true, true, true, false]);
        let of_a = Rule {
            token: "a".to_owned(),
            ..always.clone()
        };
        assert_eq!(faults(of_a), [true, false, true, true]);
        let service = Some("genPayCert");
        let as_certificate = Rule {
            service,
            nth: Some(2),
            ..always
        };
        assert_eq!(faults(as_certificate), [false, false, true, false]);
    }

    #[test]
    fn what_was_chosen_is_only_held() {
        let mut rules = Rules::default();
        rules.add(rule(Act::Meet(Fault::Half)));
        rules.add(rule(Act::Hold(When::After)));
        let met = rules.meet("a", "genPayCert", true, 0);
        assert_eq!((met.fault, met.hold), (None, Some((When::After, 2))));
        let met = rules.meet("a", "genPayCert", false, 0);
        assert_eq!(met.fault, Some((Fault::Half, Chooser::Rule)));
    }

    #[test]
    fn so_many_a_second_pass() {
        let mut rules = Rules {
            rate: Some(2),
            ..Rules::default()
        };
        let mut pass = |now| rules.meet("a", "genPayCert", false, now).fault.is_none();
        let passed = [1000, 1001, 1002, 1999, 2000].map(&mut pass);
        assert_eq!(passed, [true, true, false, false, true]);
    }

    #[test]
    fn chaos_repeats_itself_and_keeps_its_share() {
        let run = |seed, share| (1..=10_000).map(move |k| chance(seed, share, k));
        assert!(run(7, 0.2).eq(run(7, 0.2)));
        assert!(!run(7, 0.2).eq(run(8, 0.2)));
        let met = run(7, 0.2).flatten().count();
        assert!((1800..2200).contains(&met), "{met}");
        for fault in CHAOS {
            assert!(run(7, 0.2).any(|met| met == Some(fault)), "{fault:?}");
        }
        assert_eq!(run(7, 0.0).flatten().count(), 0);
        assert_eq!(run(7, 1.0).flatten().count(), 10_000);
    }
}
