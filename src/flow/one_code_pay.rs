//! One-code pay from the question whether the code can pay to the certificate (A §1.4.3.2).

use super::{Progress, Run, field, fields, request_for};
use crate::catalogue::codes::{EV_CANNOT_PAY, EV_OK};
use crate::catalogue::next::Next;
use crate::catalogue::services::{GEN_PAY_CERT, ONE_CODE_PAY, SIGNED_QUERY};
use crate::client::Client;
use crate::error::text;
use crate::reply::Reply;
use crate::risk::Beginning;
use serde_json::{Value, json};

/// Asks for the status, and gets the certificate only where the code is signed up and usable. The
/// reply carries what must be charged, and where; or why not.
pub fn one_code_pay<'a>(
    client: &'a Client,
    request: &str,
    progress: &'a mut Progress<'a>,
) -> Reply {
    let mut run = Run::start(client, &ONE_CODE_PAY, request, progress);
    let request = match run.prepare(&GEN_PAY_CERT, request) {
        Ok(request) => request,
        Err(failure) => return run.refused(&failure),
    };
    // Before the question: of two clicks the second one ends here, however long the first one
    // takes.
    let transaction = match client.begin_transaction(&request, Beginning::Begun) {
        Ok(transaction) => transaction,
        Err(refusal) => {
            let mut story = story(&refusal);
            add(&mut story, &refusal, &["reason", "amount", "issuedBefore"]);
            return run.end(*refusal, story);
        }
    };
    let question = request_for(&SIGNED_QUERY, &request, &GEN_PAY_CERT);

    // By the time that the answer is here the certificate's connection stands.
    client.connect_ahead(&GEN_PAY_CERT, &run.whole.call);
    let status = run.ask(&SIGNED_QUERY, &question);
    let mut story = story(&status);
    if status.next != Some(Next::GetCertificate) {
        let reply = if status.code == EV_OK {
            let reason = field(&status, "abnRea").unwrap_or_default();
            let detail = match field(&status, "stasFlag").as_deref() {
                Some("0") => text!("未签约 {reason}", "not signed up {reason}"),
                Some("2") => text!(
                    "已签约但不可用 {reason}",
                    "signed up but not usable {reason}"
                ),
                _ => text!(
                    "中心答复的状态不在文档之列",
                    "the centre's answer is not one of the documents'"
                ),
            };
            let reply = run.failed(EV_CANNOT_PAY, detail, &status);
            Reply {
                next: status.next,
                ground: status.ground,
                ..reply
            }
        } else {
            status
        };
        return run.end(reply, story);
    }
    if run.is_cancelled() {
        let reply = run.cancelled(&status);
        return run.end(reply, story);
    }

    let certificate = run.ask_within(&GEN_PAY_CERT, &request.json, Some(transaction));
    if certificate.next == Some(Next::Charge) {
        let issued = ["payCert", "payChnlUserName", "payChnlName"];
        add(&mut story, &certificate, &issued);
        add(&mut story, &certificate, &["issuedBefore"]);
        // Exactly this is to be charged (A §1.4.3.3 (2)): the caller's own digits.
        let asked = Reply {
            data: Some(request.json.clone()),
            ..certificate.clone()
        };
        let amount = fields(&asked, &["ownPaySetlAmt", "fixmedinsTrnsSn"]);
        story["ownPaySetlAmt"] = amount["ownPaySetlAmt"].clone();
        story["fixmedinsTrnsSn"] = amount["fixmedinsTrnsSn"].clone();
        story["charge"] = json!(true);
    }
    run.end(certificate, story)
}

/// Adds fields of a reply's data to the story, as they are there.
fn add(story: &mut Value, reply: &Reply, names: &[&str]) {
    let data = reply.data.as_deref();
    let data = data.and_then(|data| serde_json::from_str::<Value>(data).ok());
    for name in names {
        if let Some(value) = data.as_ref().and_then(|data| data.get(name)) {
            story[*name] = value.clone();
        }
    }
}

/// What the flow tells where there is no certificate.
fn story(status: &Reply) -> Value {
    let mut story = fields(
        status,
        &["stasFlag", "abnRea", "payChnlUserName", "payChnlName"],
    );
    story["payCert"] = Value::Null;
    story["charge"] = json!(false);
    story
}
