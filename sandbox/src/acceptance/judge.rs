//! The judge: from what happened to what is wrong with it. Nothing but its arguments decides.

use super::cases::{self, Check, Scope, Weight};
use super::evidence::{Charged, Phone, Record, Said, Scan, Word};
use crate::texts::Text;
use serde::Serialize;

/// What happened in a case: everything that it is judged by.
#[derive(Clone, Copy)]
pub(crate) struct Story<'a> {
    pub(crate) scans: &'a [Scan],
    /// The oldest first.
    pub(crate) records: &'a [&'a Record],
    pub(crate) words: &'a [Word],
    pub(crate) phone: &'a [Phone],
    pub(crate) charges: &'a [Charged],
    /// Which ports with bad certificates were tried.
    pub(crate) knocks: &'a [String],
    /// What the tester said to begin with: what is to be paid, and the bill's total.
    pub(crate) amount: &'a str,
    pub(crate) total: &'a str,
}

/// What was seen instead, and in which exchanges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) text: Text,
    pub(crate) exchanges: Vec<u64>,
}

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    pub(crate) weight: Weight,
    pub(crate) section: &'static str,
    pub(crate) expected: Text,
    pub(crate) seen: Text,
    pub(crate) exchanges: Vec<u64>,
}

/// What a case has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    Open,
    Running,
    Passed,
    Warning,
    Failed,
    NotApplicable,
}

impl State {
    pub(crate) const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Open, "未开始", "open"),
        (Self::Running, "进行中", "running"),
        (Self::Passed, "通过", "passed"),
        (Self::Warning, "警告", "warning"),
        (Self::Failed, "不通过", "failed"),
        (Self::NotApplicable, "不适用", "not applicable"),
    ];

    pub(crate) fn title(self) -> Text {
        let found = Self::ALL.iter().find(|(state, ..)| *state == self);
        found.map_or(Text::new("", ""), |(_, zh, en)| Text::new(*zh, *en))
    }
}

/// Every rule of the case that was broken.
pub(crate) fn findings(case: &cases::Case, judged: &Story<'_>) -> Vec<Finding> {
    let broken = |rule: &cases::Rule| {
        let (expected, seen) = match &rule.check {
            Check::Traffic([zh, en], check) => (Text::new(*zh, *en), check(judged)?),
            Check::Asked(question, wrong) => {
                judged.answer(rule.id).filter(|said| said == wrong)?;
                (wanted(*question, !wrong), said(*wrong))
            }
        };
        Some(Finding {
            rule: rule.id,
            weight: rule.weight,
            section: rule.section,
            expected,
            seen: seen.text,
            exchanges: seen.exchanges,
        })
    };
    case.rules.iter().filter_map(broken).collect()
}

const YES_NO: [[&str; 2]; 2] = [["否", "no"], ["是", "yes"]];

fn wanted([zh, en]: cases::Pair, right: bool) -> Text {
    let [zh_right, en_right] = YES_NO[usize::from(right)];
    Text::new(
        format!("“{zh}”应为“{zh_right}”"),
        format!("\"{en}\" should be \"{en_right}\""),
    )
}

fn said(value: bool) -> Seen {
    let [zh, en] = YES_NO[usize::from(value)];
    Seen {
        text: Text::new(
            format!("测试人员回答“{zh}”"),
            format!("the tester said \"{en}\""),
        ),
        exchanges: Vec::new(),
    }
}

/// What must still happen before the case says anything: of what it needs, and questions.
pub(crate) fn missing(case: &cases::Case, judged: &Story<'_>) -> Vec<Text> {
    let needs = case.needs.iter();
    let needs = needs.filter(|need| !need.split('|').any(|word| judged.has(word)));
    let mut missing: Vec<Text> = needs.map(|need| need_text(need)).collect();
    for rule in case.rules {
        if let Check::Asked([zh, en], _) = rule.check
            && judged.answer(rule.id).is_none()
        {
            missing.push(Text::new(
                format!("请回答：{zh}"),
                format!("please answer: {en}"),
            ));
        }
    }
    missing
}

/// The words of what a case needs.
const NEEDS: &[(&str, &str, &str)] = &[
    ("notc", "核验通知请求", "a notice"),
    ("stas", "核验状态查询请求", "a status query"),
    (
        "sign",
        "一码付状态查询请求",
        "a query of the one-code state",
    ),
    ("cert", "付款凭据请求", "a request for a certificate"),
    (
        "everyone",
        "每位参保人至少一次请求",
        "a request for each patient",
    ),
    (
        "each-code",
        "每个码至少一次请求",
        "a request with each of the codes",
    ),
    (
        "pressed",
        "测试人员点“我已操作”",
        "the tester's word that it was done",
    ),
    (
        "cancelled",
        "测试人员点“已取消”",
        "the tester's word that it was called off",
    ),
    (
        "amount",
        "测试人员填写应付金额",
        "the tester's figure of the amount",
    ),
    (
        "corrected",
        "测试人员填写更正后的金额",
        "the tester's figure of the corrected amount",
    ),
    (
        "total",
        "测试人员填写医疗费总额",
        "the tester's figure of the total",
    ),
    (
        "right",
        "参保人在手机上输入正确密码",
        "the right password on the phone",
    ),
    (
        "expired",
        "尝试连接证书已过期的地址",
        "a connection to the address whose certificate has expired",
    ),
    (
        "wrong-name",
        "尝试连接证书属于其他主机的地址",
        "a connection to the address with another's certificate",
    ),
    (
        "self-signed",
        "尝试连接自签名证书的地址",
        "a connection to the address with a self-signed certificate",
    ),
];

fn need_text(need: &str) -> Text {
    let words = need.split('|').filter_map(|word| {
        let known = NEEDS.iter().find(|(name, ..)| *name == word);
        known.map(|(_, zh, en)| (*zh, *en))
    });
    let (zh, en): (Vec<_>, Vec<_>) = words.unzip();
    Text::new(
        format!("尚缺：{}", zh.join("，或")),
        format!("still missing: {}", en.join(", or ")),
    )
}

impl<'a> Story<'a> {
    /// Whether this has happened: a word of what cases need.
    fn has(&self, word: &str) -> bool {
        match word {
            "notc" => self.of(super::evidence::NOTICE).next().is_some(),
            "stas" => self.of(super::evidence::STATUS).next().is_some(),
            "sign" => self.of(super::evidence::SIGNED).next().is_some(),
            "cert" => self.of(super::evidence::CERTIFICATE).next().is_some(),
            "everyone" => self
                .people()
                .all(|person| self.of_person(person).next().is_some()),
            "each-code" => self.scans.iter().all(|scan| {
                let mut records = self.records.iter();
                records.any(|record| record.token == scan.token)
            }),
            "pressed" => self.presses().next().is_some(),
            "cancelled" => self.cancelled().is_some(),
            "amount" => !self.figure("amount").is_empty(),
            "corrected" => !self.figure("corrected").is_empty(),
            "total" => !self.figure("total").is_empty(),
            "right" => self.phone.iter().any(|answer| answer.right),
            port => self.knocks.iter().any(|knock| knock == port),
        }
    }

    /// The tester's last answer to a question.
    pub(crate) fn answer(&self, id: &str) -> Option<bool> {
        let answers = self.words.iter().rev();
        let mut answers = answers.filter_map(|word| match &word.said {
            Said::Answer { question, value } if question == id => Some(*value),
            _ => None,
        });
        answers.next()
    }

    /// When the tester answered yes, as the last word on it.
    pub(crate) fn said_yes(&self, id: &str) -> Option<u64> {
        let answers = self.words.iter().rev();
        let mut answers = answers.filter_map(|word| match &word.said {
            Said::Answer { question, value } if question == id => Some((*value, word.time)),
            _ => None,
        });
        let (value, time) = answers.next()?;
        value.then_some(time)
    }

    pub(crate) fn cancelled(&self) -> Option<u64> {
        let cancelled = |word: &&Word| word.said == Said::Cancelled(true);
        self.words.iter().find(cancelled).map(|word| word.time)
    }

    /// When the tester asked for something to be sent.
    pub(crate) fn presses(&self) -> impl Iterator<Item = u64> {
        let presses = self.words.iter();
        let presses = presses.filter(|word| word.said == Said::Pressed(true));
        presses.map(|word| word.time)
    }

    /// What the tester said that the program showed; of the amount and the total, what was said to
    /// begin with.
    pub(crate) fn figure(&self, of: &str) -> &'a str {
        let figures = self.words.iter().rev();
        let mut figures = figures.filter_map(|word| match &word.said {
            Said::Figure { name, value } if name == of => Some(&**value),
            _ => None,
        });
        figures.next().unwrap_or(match of {
            "amount" => self.amount,
            "total" => self.total,
            _ => "",
        })
    }

    pub(crate) fn of(&self, service: &'static str) -> impl Iterator<Item = &'a Record> + use<'a> {
        let records = self.records.iter().copied();
        records.filter(move |record| record.is(service))
    }

    /// Whose token that is: of a token of nobody's, the only one there is.
    pub(crate) fn person(&self, record: &Record) -> &'a str {
        let scan = self.scans.iter().find(|scan| scan.token == record.token);
        let scan = scan.or_else(|| self.scans.first());
        scan.map_or("", |scan| &scan.person)
    }

    /// Everybody, once.
    pub(crate) fn people(&self) -> impl Iterator<Item = &'a str> {
        let scans = self.scans;
        let is_first = move |(at, scan): &(usize, &'a Scan)| {
            !scans[..*at]
                .iter()
                .any(|before| before.person == scan.person)
        };
        let scans = scans.iter().enumerate().filter(is_first);
        scans.map(|(_, scan)| &*scan.person)
    }

    pub(crate) fn of_person(&self, person: &'a str) -> impl Iterator<Item = &'a Record> {
        let records = self.records.iter().copied();
        records.filter(move |record| self.person(record) == person)
    }
}

/// What a case comes to once it is due: `None` while something is missing.
pub(crate) fn verdict(findings: &[Finding], missing: &[Text]) -> Option<State> {
    let worst = findings.iter().map(|finding| finding.weight).max();
    match worst {
        Some(Weight::Fails) => Some(State::Failed),
        _ if !missing.is_empty() => None,
        Some(Weight::Warns) => Some(State::Warning),
        None => Some(State::Passed),
    }
}

/// Whether all requests of a run are judged with this one: it is to the centre, it came to its end, and
/// no redirection brought it, which is another case's.
pub(crate) fn is_of_run(record: &Record) -> bool {
    // There the sandbox itself does not read on.
    let is_unread =
        matches!(&*record.fault, "close-early" | "reset-early") && record.body.is_empty();
    is_to_centre(record) && record.status.is_some() && !is_unread && !is_led_away(record)
}

/// A browser that asks for an icon is no program under test.
fn is_to_centre(record: &Record) -> bool {
    record.path.contains("/cfc/api/")
}

/// A request to where only a redirection leads.
pub(crate) fn is_led_away(record: &Record) -> bool {
    record.path.contains("/fault/none/")
}

/// Whether a case takes a request of a token that nobody knows.
pub(crate) fn takes(scope: Scope, record: &Record) -> bool {
    match scope {
        Scope::Strangers => is_to_centre(record),
        Scope::Ports => !matches!(&*record.port, "" | "good"),
        Scope::Patients | Scope::Run => false,
    }
}
