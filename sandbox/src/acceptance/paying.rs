//! The same of one-code pay, and of redirections.

use super::evidence::{CERTIFICATE, Record, SIGNED};
use super::judge::{Seen, Story, is_led_away};
use super::predicates::{pairs, plain, seen};

impl<'a> Story<'a> {
    /// A certificate that was asked for before the patient was known to be signed up.
    pub(super) fn unsigned_certificate(&self) -> Option<Seen> {
        let is_early = |cert: &&Record| {
            let person = self.person(cert);
            let mut before = self.of_person(person).filter(|one| one.end() <= cert.time);
            !before.any(|one| one.is(SIGNED) && one.says("1"))
        };
        let early = self.of(CERTIFICATE).find(is_early)?;
        seen(
            [early],
            "没有先查到 stasFlag 1 就取付款凭据",
            "a certificate before signedQuery had said stasFlag 1",
        )
    }

    /// A certificate for another amount than the tester's.
    pub(super) fn amount_differs(&self) -> Option<Seen> {
        let figure = self.figure("amount");
        let wrong = self
            .of(CERTIFICATE)
            .find(|cert| plain(&cert.amount) != plain(figure))?;
        seen(
            [wrong],
            format!("ownPaySetlAmt 为 {}，HIS 显示 {figure}", wrong.amount),
            format!("ownPaySetlAmt is {}, the HIS shows {figure}", wrong.amount),
        )
    }

    /// Two certificates of one patient's bill that are not alike in this.
    fn differ(&self, part: fn(&Record) -> (&str, &str)) -> Option<(&'a Record, &'a Record)> {
        self.people().find_map(|person| {
            let its = || self.of_person(person).filter(|one| one.is(CERTIFICATE));
            let first = its().next()?;
            let other = its().find(|other| part(other) != part(first))?;
            Some((first, other))
        })
    }

    pub(super) fn another_serial(&self) -> Option<Seen> {
        let (first, other) = self.differ(|one| (&one.serial, ""))?;
        seen(
            [first, other],
            format!("同一账单用了两个流水号：{}、{}", first.serial, other.serial),
            format!(
                "two serial numbers for one bill: {}, {}",
                first.serial, other.serial
            ),
        )
    }

    pub(super) fn another_amount(&self) -> Option<Seen> {
        let (first, other) = self.differ(|one| plain(&one.amount))?;
        seen(
            [first, other],
            format!("同一账单用了两个金额：{}、{}", first.amount, other.amount),
            format!(
                "two amounts for one bill: {}, {}",
                first.amount, other.amount
            ),
        )
    }

    /// Two requests for a certificate under way together, or two certificates.
    pub(super) fn two_certificates(&self) -> Option<Seen> {
        self.people().find_map(|person| {
            let its: Vec<_> = self
                .of_person(person)
                .filter(|one| one.is(CERTIFICATE))
                .collect();
            let overlaps = pairs(its.iter().copied()).any(|(one, next)| next.time < one.end());
            let issued = its.iter().filter(|one| !one.issued.is_empty()).count();
            match overlaps || issued > 1 {
                true => seen(
                    its,
                    "同一账单取了两次付款凭据",
                    "two certificates for one bill",
                ),
                false => None,
            }
        })
    }

    /// A request where only the redirection leads.
    pub(super) fn led_away(&self) -> Option<Seen> {
        let led = self
            .records
            .iter()
            .copied()
            .find(|record| is_led_away(record))?;
        seen(
            [led],
            "有请求到了跳转所指的地址",
            "a request arrived where the redirection leads",
        )
    }

    /// A serial number with two amounts.
    pub(super) fn serial_of_two_amounts(&self) -> Option<Seen> {
        let certs: Vec<_> = self.of(CERTIFICATE).collect();
        let (first, other) = twins(&certs, |one, other| {
            one.serial == other.serial && plain(&one.amount) != plain(&other.amount)
        })?;
        seen(
            [first, other],
            format!(
                "流水号 {} 先后用于 {} 和 {}",
                first.serial, first.amount, other.amount
            ),
            format!(
                "serial number {} for {} and {}",
                first.serial, first.amount, other.amount
            ),
        )
    }

    /// A serial number of two patients.
    pub(super) fn serial_shared(&self) -> Option<Seen> {
        let certs: Vec<_> = self.of(CERTIFICATE).collect();
        let (first, other) = twins(&certs, |one, other| {
            one.serial == other.serial && self.person(one) != self.person(other)
        })?;
        seen(
            [first, other],
            format!("两位参保人共用流水号 {}", first.serial),
            format!("two patients share the serial number {}", first.serial),
        )
    }

    /// The sandbox's channel has charged twice for one serial number.
    pub(super) fn charged_twice(&self) -> Option<Seen> {
        let of = |serial: &str| {
            self.charges
                .iter()
                .filter(|one| one.serial == serial)
                .count()
        };
        let twice = self.charges.iter().find(|one| of(&one.serial) > 1)?;
        let certs = self
            .of(CERTIFICATE)
            .filter(|cert| cert.serial == twice.serial);
        seen(
            certs,
            format!("流水号 {} 扣了 {} 次款", twice.serial, of(&twice.serial)),
            format!(
                "serial number {} was charged {} times",
                twice.serial,
                of(&twice.serial)
            ),
        )
    }
}

/// The first two that are like this.
fn twins<'a>(
    records: &[&'a Record],
    are: impl Fn(&Record, &Record) -> bool,
) -> Option<(&'a Record, &'a Record)> {
    records.iter().enumerate().find_map(|(at, other)| {
        let first = records[..at].iter().find(|first| are(first, other))?;
        Some((*first, *other))
    })
}
