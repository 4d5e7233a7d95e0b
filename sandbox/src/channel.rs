//! The payment channel (支付渠道): it charges by certificate, as WeChat or Alipay would.
//!
//! It takes every certificate that the centre issued, a second one of the same bill too, as real
//! channels may. That is the danger that risk control is there for, so nothing here guards a bill.

use crate::fault::Fault;
use crate::json::Object;
use crate::ledger::Entry;
use crate::service::Form;
use crate::spec;
use serde::Serialize;
use std::collections::HashMap;

/// What the channel took from a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Charge {
    /// 1 for the first one, without gaps.
    pub seq: u64,
    /// `payCert`.
    pub certificate: String,
    /// The institution that the certificate was issued to.
    pub org_codg: String,
    /// `fixmedinsTrnsSn`.
    pub serial: String,
    /// As it was asked for.
    pub amount: String,
    /// When, in milliseconds since 1970.
    pub time_ms: u64,
}

/// How the channel answers: to charges, queries and closings alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// At once.
    #[default]
    Normal,
    /// So many milliseconds after it was done.
    Slow(u32),
    /// Never, and nothing is done.
    Silent,
    /// Never, though it was done.
    SilentAfter,
}

/// What `slow` waits, in milliseconds.
const SLOW: u32 = 2000;

impl Mode {
    /// The mode of this name: `normal`, `slow`, `slow-N`, `silent` or `silent-after`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match (name, Fault::from_name(name)) {
            ("normal", _) => Some(Self::Normal),
            ("slow", _) => Some(Self::Slow(SLOW)),
            ("silent", _) => Some(Self::Silent),
            ("silent-after", _) => Some(Self::SilentAfter),
            (_, Some(Fault::Slow(wait))) => Some(Self::Slow(wait)),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Normal => "normal".to_owned(),
            Self::Slow(wait) => format!("slow-{wait}"),
            Self::Silent => "silent".to_owned(),
            Self::SilentAfter => "silent-after".to_owned(),
        }
    }

    pub(crate) fn acts(self) -> bool {
        self != Self::Silent
    }

    /// What the reply meets.
    pub(crate) fn fault(self) -> Fault {
        match self {
            Self::Normal => Fault::None,
            Self::Slow(wait) => Fault::Slow(wait),
            Self::Silent | Self::SilentAfter => Fault::Silence,
        }
    }
}

/// A charge that is asked for.
pub(crate) struct Order {
    pub(crate) certificate: String,
    serial: String,
    amount: String,
}

/// The longest `payCert` (A §1.5.2).
const CERTIFICATE: usize = 200;

impl Order {
    /// Reads the body of a charge; says in Chinese what is wrong with it.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let [certificate, serial, amount] = read(
            body,
            [
                ("payCert", Form::Text(CERTIFICATE)),
                ("fixmedinsTrnsSn", form("fixmedinsTrnsSn")),
                ("amount", form("ownPaySetlAmt")),
            ],
        )?;
        Ok(Self {
            certificate,
            serial,
            amount,
        })
    }
}

/// What a field of genPayCert must hold.
fn form(field: &str) -> Form {
    let mut fields = spec::fields("genPayCert");
    fields
        .find(|(name, _)| *name == field)
        .map_or(Form::Text(CERTIFICATE), |(_, form)| form)
}

/// Reads the serial number whose certificates are to be closed.
pub(crate) fn serial(body: &[u8]) -> Result<String, String> {
    let [serial] = read(body, [("fixmedinsTrnsSn", form("fixmedinsTrnsSn"))])?;
    Ok(serial)
}

/// Reads the mode that is asked for.
pub(crate) fn mode(body: &[u8]) -> Result<Mode, String> {
    let [name] = read(body, [("mode", Form::Text(20))])?;
    Mode::from_name(&name).ok_or_else(|| no_such_mode(&name))
}

pub(crate) fn no_such_mode(name: &str) -> String {
    format!("没有名为 {name} 的模式：须为 normal、slow、slow-N、silent 或 silent-after")
}

/// The texts of these fields, or everything that is wrong with them.
fn read<const N: usize>(body: &[u8], fields: [(&str, Form); N]) -> Result<[String; N], String> {
    let text = std::str::from_utf8(body).map_err(|_| "请求体不是 UTF-8".to_owned())?;
    let object = Object::read(text).map_err(|why| format!("请求体{why}"))?;
    let wrong: Vec<_> = fields
        .iter()
        .filter_map(|(name, form)| Some(format!("{name} {}", form.fault(object.get(name))?.zh)))
        .collect();
    match wrong.is_empty() {
        true => Ok(fields.map(|(name, _)| object.text(name))),
        false => Err(wrong.join("；")),
    }
}

/// Why nothing was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unknown,
    Serial,
    Amount,
    Used,
    Closed,
    Funds,
    Charged,
}

impl Refusal {
    /// The word for programs, and the sentence for people.
    pub(crate) fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Unknown => ("unknown_certificate", "付款凭据不存在"),
            Self::Serial => ("wrong_serial", "付款凭据不是为该流水号签发的"),
            Self::Amount => ("wrong_amount", "扣款金额与签发付款凭据的金额不一致"),
            Self::Used => ("used_certificate", "付款凭据已经扣过款"),
            Self::Closed => ("closed_certificate", "付款凭据已经关闭"),
            Self::Funds => ("insufficient_funds", "账户余额不足"),
            Self::Charged => ("already_charged", "该流水号已经扣过款"),
        }
    }
}

/// A certificate that the centre issued.
struct Certificate {
    /// Of its entry in the ledger.
    seq: u64,
    /// How many charges of its bill fail for want of money.
    poor: u32,
    spent: Option<Refusal>,
}

/// What the channel remembers.
#[derive(Default)]
pub(crate) struct Channel {
    pub(crate) mode: Mode,
    /// Whether a second charge of a bill is refused, as some channels do.
    pub(crate) refuse_second: bool,
    /// Whether something has changed since somebody looked.
    pub(crate) changed: bool,
    certificates: HashMap<Box<str>, Certificate>,
    charges: Vec<Charge>,
    /// How many charges of each bill failed for want of money, by institution and serial number.
    failed: HashMap<(String, String), u32>,
}

impl Channel {
    /// The centre has issued a certificate.
    pub(crate) fn issued(&mut self, certificate: &str, seq: u64, poor: u32) {
        let held = Certificate {
            seq,
            poor,
            spent: None,
        };
        self.certificates.insert(certificate.into(), held);
        self.changed = true;
    }

    /// The ledger has forgotten a certificate.
    pub(crate) fn forget(&mut self, certificate: &str) {
        self.certificates.remove(certificate);
    }

    /// The ledger's entry of a certificate.
    pub(crate) fn seq(&self, certificate: &str) -> Option<u64> {
        self.certificates.get(certificate).map(|held| held.seq)
    }

    /// Charges, or says why not; `issued` is the ledger's entry of the certificate.
    pub(crate) fn charge(
        &mut self,
        order: Order,
        issued: Option<Entry>,
        now_ms: u64,
    ) -> Result<Charge, Refusal> {
        let certificate = self.certificates.get_mut(&*order.certificate);
        let (Some(certificate), Some(issued)) = (certificate, issued) else {
            return Err(Refusal::Unknown);
        };
        if issued.serial != order.serial {
            return Err(Refusal::Serial);
        }
        if plain(&issued.amount) != plain(&order.amount) {
            return Err(Refusal::Amount);
        }
        if let Some(spent) = certificate.spent {
            return Err(spent);
        }
        let is_second =
            |charge: &Charge| charge.serial == order.serial && charge.org_codg == issued.org_codg;
        if self.refuse_second && self.charges.iter().any(is_second) {
            return Err(Refusal::Charged);
        }
        self.changed = true;
        if certificate.poor > 0 {
            let bill = (issued.org_codg.clone(), issued.serial);
            let failed = self.failed.entry(bill).or_default();
            if *failed < certificate.poor {
                *failed += 1;
                return Err(Refusal::Funds);
            }
        }
        certificate.spent = Some(Refusal::Used);
        let charge = Charge {
            seq: self.charges.len() as u64 + 1,
            certificate: order.certificate,
            org_codg: issued.org_codg,
            serial: order.serial,
            amount: order.amount,
            time_ms: now_ms,
        };
        self.charges.push(charge.clone());
        Ok(charge)
    }

    /// Nothing is charged with this certificate any more.
    pub(crate) fn close(&mut self, certificate: &str) {
        if let Some(held) = self.certificates.get_mut(certificate) {
            held.spent.get_or_insert(Refusal::Closed);
            self.changed = true;
        }
    }

    /// Whether this certificate was closed uncharged.
    pub(crate) fn is_closed(&self, certificate: &str) -> bool {
        let held = self.certificates.get(certificate);
        held.is_some_and(|held| held.spent == Some(Refusal::Closed))
    }

    /// How often was charged with this certificate.
    pub(crate) fn charges_with(&self, certificate: &str) -> usize {
        let with_it = |charge: &&Charge| charge.certificate == certificate;
        self.charges.iter().filter(with_it).count()
    }

    pub(crate) fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// What was charged under a serial number.
    pub(crate) fn charges_of(&self, serial: &str) -> Vec<Charge> {
        let its = self.charges.iter().filter(|charge| charge.serial == serial);
        its.cloned().collect()
    }
}

/// An amount as a number is compared: 12.5 is 012.50.
fn plain(amount: &str) -> (&str, &str) {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    (whole.trim_start_matches('0'), part.trim_end_matches('0'))
}
