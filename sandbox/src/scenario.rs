//! The scenarios: what the centre answers, chosen by the words of the patient's token.
//!
//! A token is words joined by dashes. Known words choose, in any order and case; the rest makes
//! the token unique. Words that belong to one kind of service have a meaning in the other too, so
//! that every token with a known word is a patient to all four services.

use crate::choice::Choice;
use crate::fault::Fault;
use crate::ledger::Notices;
use crate::reply::{Answer, Fields, Issued, text};
use crate::service::Service;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A word of a token: what it makes of the patient.
pub(crate) struct Word {
    /// As it is written; a capital N or X stands for what follows it.
    pub(crate) word: &'static str,
    /// What it does: the line that `--help` prints.
    pub(crate) en: &'static str,
    pub(crate) zh: &'static str,
    /// What the patient is like, in a few words; a word without is for tokens that are written by hand.
    pub(crate) title: Option<[&'static str; 2]>,
    /// Where a number stands for N: which one to begin with, and its bounds.
    pub(crate) number: Option<[u32; 3]>,
    /// Which of one kind goes with no other of it.
    pub(crate) kind: Kind,
}

/// What a word is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Password,
    OneCodePay,
    Money,
    Answer,
    Odd,
}

#[rustfmt::skip] // A row is read at a glance.
const fn word(
    word: &'static str, kind: Kind, title: Option<[&'static str; 2]>, number: Option<[u32; 3]>,
    zh: &'static str, en: &'static str,
) -> Word {
    Word { word, en, zh, title, number, kind }
}

use Kind::{Money, Odd, OneCodePay, Password};

/// Every word with what it does.
#[rustfmt::skip] // A row is read at a glance.
pub(crate) const WORDS: &[Word] = &[
    word("pwd", Password, Some(["需要输入密码", "needs the password"]), None,
        "在右边的手机上输入，或 POST /sandbox/tokens/{token}/verify", "needs a password, entered only by POST /sandbox/tokens/{token}/verify"),
    word("autoN", Password, Some(["自己会输入密码", "enters the password unasked"]), Some([2, 1, 99]),
        "通知之后第 N 次查询状态时已经输入", "needs a password, entered by itself at the N-th status query after the notice"),
    word("nopwd", Password, Some(["免密", "needs no password"]), None,
        "通知和查询都返回 500320", "needs none: 500320 from notice and status"),
    word("nopwdstas", Password, Some(["查询时才知道免密", "needs none, said late"]), None,
        "通知成功，查询返回 500320", "the notice is delivered, the status says 500320"),
    word("notcfail", Password, Some(["收不到通知", "gets no notice"]), None,
        "返回码 0，notcFlag 0", "the notice fails: code 0 with notcFlag 0"),
    word("signed", OneCodePay, Some(["已签约一码付", "has signed up"]), None,
        "stasFlag 1，可以取付款凭据", "one-code pay is usable: stasFlag 1, and certificates are issued"),
    word("unsigned", OneCodePay, Some(["未签约一码付", "has not signed up"]), None,
        "stasFlag 0，取凭据返回 500243", "not signed up: stasFlag 0, and 500243 for a certificate"),
    word("blocked", OneCodePay, Some(["已签约但不可用", "signed up, not usable"]), None,
        "stasFlag 2，取凭据返回 500242", "signed up, not usable: stasFlag 2, and 500242 for a certificate"),
    word("codeN", Kind::Answer, Some(["中心总是返回某个返回码", "always gets this code"]), Some([500_001, 0, 999_999]),
        "每个服务都返回 N；负数写作 codemN", "return code N from every service; codemN for a negative one (codem6 is -6)"),
    word("numflag", Odd, Some(["状态是数字", "states are numbers"]), None,
        "状态字段是 JSON 数字，不是字符串", "state fields are JSON numbers"),
    word("flagX", Odd, Some(["规范之外的状态", "an unlisted state"]), None,
        "状态字段的值是 9；flagN 则是 N", "state fields carry the unlisted value 9; flagN (digits) carries N"),
    word("noflag", Odd, Some(["没有状态字段", "no state"]), None,
        "缺少状态字段（或 payCert）", "the state field (or payCert) is missing"),
    word("emptycert", OneCodePay, Some(["付款凭据是空的", "an empty certificate"]), None,
        "已签约，payCert 为空字符串", "signed up, and payCert is empty"),
    word("blankcert", OneCodePay, Some(["付款凭据是空格", "a blank certificate"]), None,
        "已签约，payCert 是三个空格", "signed up, and payCert is three blanks"),
    word("nullcert", OneCodePay, Some(["付款凭据是 null", "the certificate \"null\""]), None,
        "已签约，payCert 是文字 null", "signed up, and payCert is the text \"null\""),
    word("poor", Money, Some(["余额不足", "has no money"]), None,
        "已签约，每次扣款都失败", "as signed, and the payment channel refuses each charge: insufficient_funds"),
    word("poorN", Money, Some(["前几次余额不足", "has no money at first"]), Some([1, 1, 99]),
        "一张账单的前 N 次扣款失败", "the same for the first N charges of a bill"),
    word("sfalse", Kind::Answer, Some(["业务处理失败", "is told that it failed"]), None,
        "返回码 0，success 为 false", "code 0 with success false"),
    word("fault.NAME", Odd, None, None,
        "故障 NAME，地址里没有指定故障时", "the fault NAME, where the path names none"),
];

/// What a token asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// A word of the table above was there.
    known: bool,
    auto: Option<u32>,
    nopwd: bool,
    nopwdstas: bool,
    notcfail: bool,
    signed: bool,
    unsigned: bool,
    blocked: bool,
    code: Option<i32>,
    numflag: bool,
    flag: Option<String>,
    noflag: bool,
    /// What stands for every certificate.
    cert: Option<&'static str>,
    /// How many charges of a bill fail for want of money.
    poor: Option<u32>,
    sfalse: bool,
    /// What the patient has chosen on the phone, whatever the words say.
    pub(crate) standing: Option<Standing>,
    /// The fault, or the text behind `fault.` that names none.
    pub(crate) fault: Option<Result<Choice, String>>,
}

impl Words {
    pub(crate) fn of(token: &str) -> Self {
        let mut words = Self::default();
        let token = token.to_ascii_lowercase();
        let mut rest = token.as_str();
        loop {
            let end = rest.find('-').unwrap_or(rest.len());
            if let Some(name) = rest.strip_prefix("fault.") {
                let (fault, behind) = match Choice::take(name) {
                    Some((choice, behind)) => (Ok(choice), behind),
                    None => (Err(name.to_owned()), &rest[end..]),
                };
                words.fault = Some(fault);
                rest = behind;
            } else {
                words.known |= words.word(&rest[..end]);
                rest = &rest[end..];
            }
            match rest.strip_prefix('-') {
                Some(next) => rest = next,
                None => return words,
            }
        }
    }

    /// Takes one word; `false` when it is not one of the table.
    fn word(&mut self, word: &str) -> bool {
        match word {
            // What any known token is to the password services.
            "pwd" => {}
            "nopwd" => self.nopwd = true,
            "nopwdstas" => self.nopwdstas = true,
            "notcfail" => self.notcfail = true,
            "signed" => self.signed = true,
            "unsigned" => self.unsigned = true,
            "blocked" => self.blocked = true,
            "numflag" => self.numflag = true,
            "flagx" => self.flag = Some("9".to_owned()),
            "noflag" => self.noflag = true,
            "emptycert" => self.cert = Some(""),
            "blankcert" => self.cert = Some("   "),
            "nullcert" => self.cert = Some("null"),
            "poor" => self.poor = Some(u32::MAX),
            "sfalse" => self.sfalse = true,
            _ => return self.numbered(word),
        }
        true
    }

    fn numbered(&mut self, word: &str) -> bool {
        let is_digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let behind = |prefix| word.strip_prefix(prefix).filter(is_digits);
        if let Some(n) = behind("auto").and_then(|digits| digits.parse().ok()) {
            self.auto = Some(n);
        } else if let Some(n) = behind("code").and_then(|digits| digits.parse().ok()) {
            self.code = Some(n);
        } else if let Some(n) = behind("codem").and_then(|digits| digits.parse::<i32>().ok()) {
            self.code = Some(-n);
        } else if let Some(n) = behind("poor").and_then(|digits| digits.parse().ok()) {
            self.poor = Some(n);
        } else if let Some(digits) = behind("flag") {
            self.flag = Some(digits.to_owned());
        } else {
            return false;
        }
        true
    }

    /// The state that the state field shows, as the words have it.
    fn flag(&self, truth: &str) -> Value {
        let shown = self.flag.as_deref().unwrap_or(truth);
        match shown.parse::<u32>() {
            Ok(number) if self.numflag => json!(number),
            _ => json!(shown),
        }
    }
}

/// Gives out the centre's own numbers.
pub(crate) struct Numbers {
    next: u64,
}

impl Numbers {
    /// Begins at the clock, so that numbers differ from those of the last start.
    pub(crate) fn new(now_ms: u64) -> Self {
        Self {
            next: now_ms * 1000,
        }
    }

    /// 16 digits.
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// A patient's request to a service, and what the centre does about it.
pub(crate) fn run(
    service: Service,
    token: &str,
    words: &Words,
    fault: Fault,
    notices: &mut Notices,
    numbers: &mut Numbers,
) -> Answer {
    if let Some(code) = words.code.filter(|code| *code != 0) {
        return Answer::refused(code);
    }
    if !words.known {
        return Answer::refused(500001);
    }
    let result = match service.name {
        "tokenPwdCheckNotc" => notify(token, words, notices, numbers),
        "tokenPwdStas" => status(token, words, notices, numbers),
        "signedQuery" => Ok(signed_query(words)),
        "genPayCert" => certificate(words, numbers),
        // The documents' service that has no scenario yet.
        _ => Err(NOT_OFFERED),
    };
    let mut answer = match result {
        Ok(mut fields) => {
            let state = service.state_field;
            if words.noflag {
                fields.retain(|(name, _)| *name != state);
            }
            let issued = issued(words, &fields);
            if fault == Fault::DuplicateKey {
                contradict(&mut fields, state);
            }
            Answer {
                issued,
                ..Answer::done(text(&Fields(fields)))
            }
        }
        // A business failure has the last word: code 0, and no result.
        Err(_) if words.sfalse => Answer {
            plain: None,
            ..Answer::done(String::new())
        },
        Err(code) => Answer::refused(code),
    };
    if words.sfalse {
        answer.success = Some(false);
        answer.message = "业务处理失败".to_owned();
    }
    answer
}

/// 无接口权限.
const NOT_OFFERED: i32 = 500100;

/// The fields of a result, or the code of a refusal.
type Outcome = Result<Vec<(&'static str, Value)>, i32>;

fn notify(token: &str, words: &Words, notices: &mut Notices, numbers: &mut Numbers) -> Outcome {
    if words.nopwd {
        return Err(500320);
    }
    if !words.notcfail {
        notices.send(token);
    }
    Ok(vec![
        ("resBizNo", serial(numbers)),
        (
            "notcFlag",
            words.flag(if words.notcfail { "0" } else { "1" }),
        ),
    ])
}

fn status(token: &str, words: &Words, notices: &mut Notices, numbers: &mut Numbers) -> Outcome {
    if words.nopwd || words.nopwdstas {
        return Err(500320);
    }
    let verified = notices.ask(token, words.auto);
    Ok(vec![
        ("checkStas", words.flag(if verified { "1" } else { "0" })),
        ("resBizNo", serial(numbers)),
    ])
}

fn signed_query(words: &Words) -> Vec<(&'static str, Value)> {
    let (stas, why, user, channel) = match standing(words) {
        Standing::Signed => ("1", "", USER, CHANNEL),
        Standing::Unsigned => ("0", "用户未在展码渠道签约一码付", "", ""),
        Standing::Blocked => (
            "2",
            "支付渠道账户状态异常，请在展码渠道检查签约信息",
            USER,
            CHANNEL,
        ),
    };
    vec![
        ("stasFlag", words.flag(stas)),
        ("abnRea", json!(why)),
        ("payChnlUserName", json!(user)),
        ("payChnlName", json!(channel)),
    ]
}

fn certificate(words: &Words, numbers: &mut Numbers) -> Outcome {
    match standing(words) {
        Standing::Signed => {}
        Standing::Unsigned => return Err(500243),
        Standing::Blocked => return Err(500242),
    }
    let certificate = match words.cert {
        Some(certificate) => certificate.to_owned(),
        None => format!("PC{:016}", numbers.next()),
    };
    Ok(vec![
        (CERTIFICATE, json!(certificate)),
        ("payChnlUserName", json!(USER)),
        ("payChnlName", json!(CHANNEL)),
    ])
}

/// The one state field that is no flag.
const CERTIFICATE: &str = "payCert";

/// The certificate that a result hands out, if it is one that the channel would take.
fn issued(words: &Words, fields: &[(&'static str, Value)]) -> Option<Issued> {
    let (_, certificate) = fields.iter().find(|(name, _)| *name == CERTIFICATE)?;
    let is_real = words.cert.is_none() && !words.sfalse;
    is_real.then(|| Issued {
        certificate: certificate.as_str().unwrap_or_default().to_owned(),
        poor: words.poor.unwrap_or_default(),
    })
}

const USER: &str = "张*三";
const CHANNEL: &str = "微信支付";

/// How a patient stands with one-code pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    Signed,
    Unsigned,
    Blocked,
}

/// As the phone or the words have it.
pub(crate) fn standing(words: &Words) -> Standing {
    if let Some(standing) = words.standing {
        standing
    } else if words.blocked {
        Standing::Blocked
    } else if (words.signed || words.cert.is_some() || words.poor.is_some()) && !words.unsigned {
        Standing::Signed
    } else {
        Standing::Unsigned
    }
}

/// A 响应流水号: digits, as in the documents' sample.
fn serial(numbers: &mut Numbers) -> Value {
    json!(numbers.next().to_string())
}

/// Adds the state field again, saying the opposite.
fn contradict(fields: &mut Vec<(&'static str, Value)>, state: &'static str) {
    let Some((_, truth)) = fields.iter().find(|(name, _)| *name == state) else {
        return;
    };
    let other = match truth.as_str() {
        Some(certificate) if state == CERTIFICATE => {
            json!(format!("{certificate}-2"))
        }
        _ if *truth == json!("1") || *truth == json!(1) => json!("0"),
        _ => json!("1"),
    };
    fields.push((state, other));
}

/// What the undocumented service answers: what it was asked.
pub(crate) fn echo(opened: &str, words: &Words) -> Answer {
    match words.code.filter(|code| *code != 0) {
        Some(code) => Answer::refused(code),
        None => Answer::done(format!("{{\"echo\":{opened}}}")),
    }
}
