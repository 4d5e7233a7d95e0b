//! The outer request: the public parameters around what is sealed (A and B §1.3.2.1).

use super::Sealer;
use serde::Serialize;

/// `version` of the public parameters.
const VERSION: &str = "1.0.0";

/// The public parameters of a request, all of them strings, in the documents' order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outer<'a> {
    /// 业务系统编码.
    org_id: &'a str,
    enc_data: String,
    version: &'static str,
    /// Milliseconds since the epoch, 13 digits.
    timestamp: String,
    /// 请求方标识, e.g. `sys&350000`.
    reqt_type: &'a str,
}

/// Seals a service's JSON: the body that goes out, at this time in milliseconds since the epoch.
pub fn seal(sealer: &Sealer, org_id: &str, reqt_type: &str, json: &str, now: u64) -> String {
    let body = Outer {
        org_id,
        enc_data: sealer.seal(json.as_bytes()),
        version: VERSION,
        timestamp: now.to_string(),
        reqt_type,
    };
    // Strings only: there is nothing that could fail.
    serde_json::to_string(&body).unwrap_or_default()
}
