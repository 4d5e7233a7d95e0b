//! The self-test: one harmless call at each address with nothing remembered, and what it says about each step on
//! the way, in words for whoever sets a machine up.
//!
//! The call is `tokenPwdStas` about a patient that does not exist: a service that only reads. It
//! goes out as every call does, so what is found here holds for them too.

mod verdict;
mod way;

use crate::catalogue::codes::{EV_CANCELLED, EV_JOURNAL, EV_OK};
use crate::catalogue::hints::Cause;
use crate::catalogue::next;
use crate::catalogue::services::SELF_TEST;
use crate::client::Client;
use crate::client::clock::Off;
use crate::config::Config;
use crate::error::{Delivery, Failure, Text, text};
use crate::reply::{Ground, Reply};
use crate::risk;
use crate::transport::{Purpose, Stage, Transport};
use serde_json::json;
use std::time::{Duration, Instant, SystemTime};
use ureq::http::Uri;
use verdict::judge;
use way::Way;
use zeroize::Zeroizing;

/// A token of the documents' shape (at most 40 characters, A and B §1.7), and no patient's.
const TOKEN: &str = "0000000000000000000000000000000000000000";

/// The institution where `defaults` has none: of the form that the centre wants, and nobody's.
const ORG_CODG: &str = "H00000000000";

/// One step, and what was found.
struct Step {
    name: &'static str,
    /// Of the centre's addresses, the one that it is about.
    address: Option<String>,
    mark: Mark,
    took: Duration,
    finding: Text,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Well,
    /// No failure, but worth a word in the one line for the operator.
    Warning,
    Failed,
}

impl Step {
    /// A finding about the set-up, which takes no time.
    fn of_setup(name: &'static str, mark: Mark, finding: Text) -> Self {
        Self {
            name,
            address: None,
            mark,
            took: Duration::ZERO,
            finding,
        }
    }
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
    let mut outcome = run(client, &mut steps);
    let config = client.config();
    let language = config.language;
    let began = Instant::now();
    let risk = risk::examine(config);
    let mark = if risk.ok { Mark::Well } else { Mark::Failed };
    if config.risk.journal.is_some() {
        steps.push(Step {
            took: began.elapsed(),
            ..Step::of_setup("journal", mark, risk.text.clone())
        });
    }
    if !risk.ok && outcome.code == EV_OK {
        outcome.code = EV_JOURNAL;
        outcome.from_centre = false;
        outcome.message = Failure::new(EV_JOURNAL, outcome.delivery, risk.text).text();
    }
    let mut said = vec![outcome.message];
    for step in steps.iter().filter(|step| step.mark == Mark::Warning) {
        if !said.contains(&step.finding) {
            said.push(step.finding.clone());
        }
    }
    let steps: Vec<_> = steps
        .iter()
        .map(|step| {
            json!({
                "step": step.name,
                "address": step.address,
                "ok": step.mark != Mark::Failed,
                "warning": step.mark == Mark::Warning,
                "ms": u64::try_from(step.took.as_millis()).unwrap_or(u64::MAX),
                "finding": step.finding.in_language(language),
            })
        })
        .collect();
    let data = json!({ "steps": steps, "riskControl": risk.mode, "guard": risk.reach });
    Reply {
        code: outcome.code,
        message: Text::join(&said).in_language(language).to_owned(),
        log_detail: None,
        from_centre: outcome.from_centre,
        delivery: outcome.delivery,
        next: (outcome.code != EV_OK)
            .then(|| next::after_code(Some(&SELF_TEST.desk), outcome.code)),
        ground: Ground {
            desk: None,
            cause: Cause::Code(outcome.code),
            language,
        },
        service: None,
        data: Some(Zeroizing::new(data.to_string())),
    }
}

fn run(client: &Client, steps: &mut Vec<Step>) -> Outcome {
    let config = client.config();
    // A transport of its own: names are looked up again and certificates judged again, where a
    // client in use remembers both.
    let began = Instant::now();
    let transport = Transport::new(config);
    let took = began.elapsed();
    let transport = match transport {
        Ok(transport) => transport,
        Err(failure) => return stop(steps, None, "config", took, &failure, failure.text()),
    };
    let uris = config.local_urls.iter().map(|url| url.join(SELF_TEST.path));
    let uris: Vec<_> = uris.collect();
    steps.extend(look_at_setup(config, &uris, took));
    let mut outcomes = Vec::new();
    for uri in &uris {
        let outcome = visit(client, &transport, uri, steps);
        let is_cancelled = outcome.code == EV_CANCELLED;
        outcomes.push((uri, outcome));
        if is_cancelled {
            break;
        }
    }
    conclude(outcomes)
}

/// What the configuration says, before anything is sent: each is a step of its own.
fn look_at_setup(config: &Config, uris: &[Uri], took: Duration) -> Vec<Step> {
    let uris: Vec<_> = uris.iter().map(ToString::to_string).collect();
    let uris = uris.join(" | ");
    let (org_id, reqt_type) = (&config.org_id, &config.reqt_type);
    let format = config.sealer.format().name();
    let mut steps = vec![
        Step {
            took,
            ..Step::of_setup(
                "config",
                Mark::Well,
                text!(
                    "{uris}，orgId {org_id}，reqtType {reqt_type}",
                    "{uris}, orgId {org_id}, reqtType {reqt_type}"
                ),
            )
        },
        Step::of_setup(
            "key",
            Mark::Well,
            text!("按 {format} 读取", "read as {format}"),
        ),
    ];
    steps.extend(
        division(reqt_type).map(|finding| Step::of_setup("admdvs", Mark::Warning, finding)),
    );
    steps
}

/// The documents want a province's division code (A and B §1.3.2.1): one that ends in 0000.
fn division(reqt_type: &str) -> Option<Text> {
    let code = reqt_type.rsplit('&').next().unwrap_or_default();
    let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    let province = code.get(..2).unwrap_or_default();
    (is_code && !code.ends_with("0000")).then(|| {
        text!(
            "区划代码 {code} 不是省级的：规范要求省级医保区划代码，如 {province}0000，请与中心核对",
            "division code {code} is not a province's: the documents want one such as {province}0000; ask the centre"
        )
    })
}

/// What the addresses come to together. One that works is enough for every call; what is wrong with
/// the others is told all the same.
fn conclude(mut outcomes: Vec<(&Uri, Outcome)>) -> Outcome {
    let first_good = outcomes
        .iter()
        .position(|(_, outcome)| outcome.code == EV_OK);
    let several = outcomes.len() > 1;
    let decisive = first_good.unwrap_or_default();
    let about = |(uri, outcome): &(&Uri, Outcome)| {
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        match several {
            true => outcome.message.about(authority),
            false => outcome.message.clone(),
        }
    };
    let mut said = vec![about(&outcomes[decisive])];
    for (index, outcome) in outcomes.iter().enumerate() {
        if index != decisive && outcome.1.code != EV_OK {
            said.push(about(outcome));
        }
    }
    let (_, outcome) = outcomes.swap_remove(decisive);
    Outcome {
        message: Text::join(&said),
        ..outcome
    }
}

/// Makes the call at one of the centre's addresses.
fn visit(client: &Client, transport: &Transport, uri: &Uri, steps: &mut Vec<Step>) -> Outcome {
    let config = client.config();
    let configured = config.default_of("orgCodg");
    let org_codg = configured.as_deref().unwrap_or(ORG_CODG);
    let request = json!({ "token": TOKEN, "orgCodg": org_codg }).to_string();
    let flight = client.begin(Zeroizing::new(TOKEN.to_owned()), Purpose::Test);
    let sent = SystemTime::now();
    let answer = transport.post(config, &flight.call, uri, &client.seal(&request), true);
    let received = SystemTime::now();
    let way = Way {
        config,
        uri,
        journal: flight.call.journal(),
        ended: Instant::now(),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return way.broken(steps, &failure),
    };
    way.passed(steps);

    let took = way.took(Stage::Connected);
    let off = answer.date().map(|date| Off::between(date, sent, received));
    let outcome = judge(client, &answer, configured.is_some(), off);
    let is_accepted = outcome.code == EV_OK;
    steps.push(Step {
        name: "call",
        address: way.address(),
        mark: if is_accepted {
            Mark::Well
        } else {
            Mark::Failed
        },
        took,
        finding: outcome.message.clone(),
    });
    if let Some(off) = off {
        steps.push(Step {
            address: way.address(),
            ..Step::of_setup(
                "clock",
                match (off.is_far(), is_accepted) {
                    (false, _) => Mark::Well,
                    // What the centre accepts is no failure.
                    (true, true) => Mark::Warning,
                    (true, false) => Mark::Failed,
                },
                off.describe(),
            )
        });
    }
    outcome
}

/// Ends the test of an address at a step.
fn stop(
    steps: &mut Vec<Step>,
    address: Option<String>,
    name: &'static str,
    took: Duration,
    failure: &Failure,
    finding: Text,
) -> Outcome {
    steps.push(Step {
        name,
        address,
        mark: Mark::Failed,
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
