//! The self-test: one harmless call with nothing remembered, and what it says about each step on
//! the way, in words for whoever sets a machine up.
//!
//! The call is `tokenPwdStas` about a patient that does not exist: a service that only reads. It
//! goes out as every call does, so what is found here holds for them too.

use crate::catalogue::codes::{
    EV_BAD_REPLY, EV_BUSINESS, EV_CONNECTION_LOST, EV_HTTP_STATUS, EV_OK,
};
use crate::catalogue::next;
use crate::catalogue::services::SELF_TEST;
use crate::client::Client;
use crate::client::clock::Off;
use crate::config::Config;
use crate::error::{Delivery, Failure, Text, text};
use crate::reply::Reply;
use crate::transport::{HttpReply, Journal, Stage, Transport};
use serde_json::json;
use std::time::{Duration, Instant, SystemTime};
use ureq::http::Uri;
use zeroize::Zeroizing;

/// A token that is no patient's.
const TOKEN: &str = "evoucher-check";

/// The institution where `defaults` has none: of the form that the centre wants, and nobody's.
const ORG_CODG: &str = "H00000000000";

/// The longest text of the centre that is repeated, in characters.
const MAX_SAID: usize = 200;

/// One step, and what was found.
struct Step {
    name: &'static str,
    ok: bool,
    took: Duration,
    finding: Text,
}

/// What the whole came to.
struct Outcome {
    /// 0, or the code of the first step that failed.
    code: i32,
    from_centre: bool,
    delivery: Delivery,
    /// The one line for the operator.
    message: Text,
}

/// Tests everything between this machine and the centre.
pub fn check(client: &Client) -> Reply {
    let mut steps = Vec::new();
    let outcome = run(client, &mut steps);
    let language = client.config().language;
    let steps: Vec<_> = steps
        .iter()
        .map(|step| {
            json!({
                "step": step.name,
                "ok": step.ok,
                "ms": u64::try_from(step.took.as_millis()).unwrap_or(u64::MAX),
                "finding": step.finding.in_language(language),
            })
        })
        .collect();
    Reply {
        code: outcome.code,
        message: outcome.message.in_language(language).to_owned(),
        log_detail: None,
        from_centre: outcome.from_centre,
        delivery: outcome.delivery,
        next: (outcome.code != EV_OK).then(|| next::after_code(Some(&SELF_TEST), outcome.code)),
        service: None,
        data: Some(Zeroizing::new(json!({ "steps": steps }).to_string())),
    }
}

fn run(client: &Client, steps: &mut Vec<Step>) -> Outcome {
    let config = client.config();
    let uri = config.local_url.join(SELF_TEST.path);

    // A transport of its own: names are looked up again and certificates judged again, where a
    // client in use remembers both.
    let began = Instant::now();
    let transport = Transport::new(config);
    let took = began.elapsed();
    let (org_id, reqt_type) = (&config.org_id, &config.reqt_type);
    let transport = match transport {
        Ok(transport) => transport,
        Err(failure) => {
            return stop(steps, "config", took, &failure, failure.text());
        }
    };
    steps.push(Step {
        name: "config",
        ok: true,
        took,
        finding: text!(
            "{uri}，orgId {org_id}，reqtType {reqt_type}",
            "{uri}, orgId {org_id}, reqtType {reqt_type}"
        ),
    });
    let format = config.sealer.format().name();
    steps.push(Step {
        name: "key",
        ok: true,
        took: Duration::ZERO,
        finding: text!("按 {format} 读取", "read as {format}"),
    });

    let configured = config.defaults.iter().find(|(name, _)| *name == "orgCodg");
    let org_codg = configured.map_or(ORG_CODG, |(_, value)| value);
    let request = json!({ "token": TOKEN, "orgCodg": org_codg }).to_string();
    let flight = client.begin(Zeroizing::new(TOKEN.to_owned()), None);
    let sent = SystemTime::now();
    let answer = transport.post(config, &flight.call, &uri, &client.seal(&request), true);
    let received = SystemTime::now();
    let way = Way {
        config,
        uri: &uri,
        journal: flight.call.journal(),
        ended: Instant::now(),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return way.broken(steps, &failure),
    };
    way.passed(steps);

    let took = way.took(Stage::Connected);
    let off = answer.date.map(|date| Off::between(date, sent, received));
    let outcome = judge(client, &answer, configured.is_some(), off);
    steps.push(Step {
        name: "call",
        ok: outcome.code == EV_OK,
        took,
        finding: outcome.message.clone(),
    });
    let Some(off) = off else { return outcome };
    let finding = off.describe();
    let accepted = outcome.code == EV_OK;
    steps.push(Step {
        name: "clock",
        // What the centre accepts is no failure.
        ok: accepted || !off.is_far(),
        took: Duration::ZERO,
        finding: finding.clone(),
    });
    if off.is_far() && accepted {
        let message = Text::join(&[outcome.message, finding]);
        return Outcome { message, ..outcome };
    }
    outcome
}

/// Ends the test at a step.
fn stop(
    steps: &mut Vec<Step>,
    name: &'static str,
    took: Duration,
    failure: &Failure,
    finding: Text,
) -> Outcome {
    steps.push(Step {
        name,
        ok: false,
        took,
        finding: finding.clone(),
    });
    Outcome {
        code: failure.code,
        from_centre: false,
        delivery: failure.delivery,
        message: finding,
    }
}

/// How the call got to the centre, or how far.
struct Way<'a> {
    config: &'a Config,
    uri: &'a Uri,
    journal: Journal,
    ended: Instant,
}

impl Way<'_> {
    /// How long a stage took.
    fn took(&self, stage: Stage) -> Duration {
        let mut stages = self.journal.stages.iter();
        let began = stages.find(|(entered, _)| *entered == stage);
        let ended = stages.next().map_or(self.ended, |(_, at)| *at);
        began.map_or(Duration::ZERO, |(_, at)| ended.duration_since(*at))
    }

    /// The steps that were taken before the last stage.
    fn passed(&self, steps: &mut Vec<Step>) {
        let Some(((last, _), passed)) = self.journal.stages.split_last() else {
            return;
        };
        debug_assert!(passed.iter().all(|(stage, _)| stage != last));
        for (stage, _) in passed {
            steps.push(Step {
                name: name(*stage),
                ok: true,
                took: self.took(*stage),
                finding: self.found(*stage),
            });
        }
    }

    /// The same, and the last stage's failure.
    fn broken(&self, steps: &mut Vec<Step>, failure: &Failure) -> Outcome {
        self.passed(steps);
        let stages = &self.journal.stages;
        let last = stages.last().map_or(Stage::Resolving, |(stage, _)| *stage);
        let mut finding = describe(failure);
        if let (Stage::Resolving | Stage::Connecting, Some(proxy)) = (last, self.proxy()) {
            let (zh, en) = (finding.zh, finding.en);
            finding = text!("{zh}（经代理 {proxy}）", "{en} (through the proxy {proxy})");
        }
        stop(steps, name(last), self.took(last), failure, finding)
    }

    fn found(&self, stage: Stage) -> Text {
        match stage {
            Stage::Resolving => {
                let host = match &self.config.proxy {
                    Some(proxy) => proxy.host(),
                    None => self.uri.host().unwrap_or_default(),
                };
                let found = self.journal.addresses.iter();
                let found: Vec<_> = found.map(|address| address.ip().to_string()).collect();
                let found = found.join(", ");
                let proxy = self.proxy().is_some();
                let (zh, en) = if proxy {
                    ("代理 ", "proxy ")
                } else {
                    ("", "")
                };
                text!("{zh}{host} → {found}", "{en}{host} -> {found}")
            }
            Stage::Connecting => {
                let ends = self.journal.ends.map(|(ours, theirs)| (ours.ip(), theirs));
                let Some((ours, theirs)) = ends else {
                    return text!("已连接", "connected");
                };
                let proxy = self.proxy().is_some();
                let (zh, en) = if proxy {
                    ("代理 ", "proxy ")
                } else {
                    ("", "")
                };
                text!(
                    "已连接 {zh}{theirs}，本机地址 {ours}",
                    "connected to {en}{theirs} from {ours}"
                )
            }
            Stage::Handshaking => {
                let version = self.journal.tls.and_then(|version| version.as_str());
                let version = version.unwrap_or_default().replace("v1_", " 1.");
                if self.config.tls.pins.is_empty() {
                    text!("{version}，证书可信", "{version}, certificate trusted")
                } else {
                    text!(
                        "{version}，证书在 tls.pinSha256 之列",
                        "{version}, certificate among tls.pinSha256"
                    )
                }
            }
            Stage::Connected => text!("", ""),
        }
    }

    /// Without its user and password.
    fn proxy(&self) -> Option<String> {
        let proxy = self.config.proxy.as_ref()?;
        Some(format!("{}:{}", proxy.host(), proxy.port()))
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Resolving => "name",
        Stage::Connecting => "connect",
        Stage::Handshaking => "tls",
        Stage::Connected => "call",
    }
}

/// What the centre's answer says about key and orgId.
fn judge(
    client: &Client,
    answer: &HttpReply,
    org_codg_configured: bool,
    off: Option<Off>,
) -> Outcome {
    let reply = match client.read(Some(&SELF_TEST), answer) {
        Ok(reply) => reply,
        Err(failure) => {
            return Outcome {
                code: failure.code,
                from_centre: false,
                delivery: failure.delivery,
                message: describe(&failure),
            };
        }
    };
    let code = reply.code;
    let said = one_line(&reply.message);
    let answered = |code, message| Outcome {
        code,
        from_centre: true,
        delivery: Delivery::Answered,
        message,
    };
    match code {
        -2 | -4 => answered(code, refused(code, &said, off)),
        -5 => answered(
            code,
            text!(
                "中心没有这个地址（{code}，“{said}”），请核对 localUrl 的路径",
                "the centre has no such address ({code}, \"{said}\"): check the path of localUrl"
            ),
        ),
        500316 if org_codg_configured => answered(
            code,
            text!(
                "中心已接受 orgId 和密钥，但 defaults.orgCodg 不对（{code}，“{said}”），应为 H 或 P 开头的国家机构代码",
                "the centre accepts orgId and key, but defaults.orgCodg is wrong ({code}, \"{said}\"): the national institution code, which begins with H or P"
            ),
        ),
        500100 => answered(
            EV_OK,
            text!(
                "中心已接受 orgId 和密钥，但未对其开通线上密码核验（{code}，“{said}”）",
                "the centre accepts orgId and key, but has not opened the online password check to them ({code}, \"{said}\")"
            ),
        ),
        EV_OK | EV_BUSINESS | 500_000..=599_999 => answered(
            EV_OK,
            text!(
                "正常，中心已接受 orgId 和密钥",
                "all is well: the centre accepts orgId and key"
            ),
        ),
        _ => answered(
            code,
            text!(
                "中心有应答，但看不出是否接受 orgId 和密钥（{code}，“{said}”），请稍后再试或咨询中心",
                "the centre answers, but not whether it accepts orgId and key ({code}, \"{said}\"): try again later, or ask the centre"
            ),
        ),
    }
}

/// What may be wrong where a centre refuses a request, with the words by which its text names it.
/// The texts of the codes themselves name nothing.
#[rustfmt::skip]
const SUSPECTS: [(&[&str], &str, &str); 4] = [
    (&["orgid", "业务系统编码"], "orgId", "orgId"),
    (&["encdata", "解密", "密钥", "decrypt"], "sm4Key 和 keyFormat", "sm4Key and keyFormat"),
    (&["reqttype", "请求方标识", "区划"], "reqtType（或 reqtPrefix、admdvs）", "reqtType (or reqtPrefix and admdvs)"),
    (&["timestamp", "时间戳"], "本机时钟", "this machine's clock"),
];

fn refused(code: i32, said: &str, off: Option<Off>) -> Text {
    let lower = said.to_lowercase();
    let named = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let any = SUSPECTS.iter().any(|(words, ..)| named(words));
    let suspects = || {
        SUSPECTS
            .iter()
            .filter(move |(words, ..)| !any || named(words))
    };
    let zh: Vec<_> = suspects().map(|(_, zh, _)| *zh).collect();
    let en: Vec<_> = suspects().map(|(.., en)| *en).collect();
    let (zh, en) = (zh.join("、"), en.join(", "));
    let refused = text!(
        "中心拒绝了请求（{code}，“{said}”），请核对 {zh}",
        "the centre refused the request ({code}, \"{said}\"): check {en}"
    );
    match off.filter(Off::is_far) {
        Some(off) => Text::join(&[refused, off.describe()]),
        None => refused,
    }
}

/// What failed, and where to look when no centre would answer like that.
fn describe(failure: &Failure) -> Text {
    let address = text!(
        "请核对 localUrl 的协议、端口和路径，那里可能不是电子凭证中心",
        "check the scheme, port and path of localUrl: there may be no e-voucher centre"
    );
    match failure.code {
        EV_HTTP_STATUS | EV_BAD_REPLY | EV_CONNECTION_LOST => {
            Text::join(&[failure.text(), address])
        }
        _ => failure.text(),
    }
}

/// The centre's text, as a part of one line.
fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().take(MAX_SAID).map(plain).collect()
}
