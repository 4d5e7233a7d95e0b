//! The outer request: the public parameters around what is sealed (A and B §1.3.2.1).

use super::Sealer;
use crate::json;

/// `version` of the public parameters.
const VERSION: &str = "1.0.0";

/// Seals a service's JSON: the body that goes out, at this time in milliseconds since the epoch.
///
/// The public parameters are all of them strings, in the documents' order. They are written out
/// here, since nothing in hex needs the escapes that a serializer would look for.
pub fn seal(sealer: &Sealer, org_id: &str, reqt_type: &str, json: &str, now: u64) -> String {
    let enc_data = sealer.seal(json.as_bytes());
    let mut body = Vec::with_capacity(enc_data.len() + org_id.len() + reqt_type.len() + 128);
    body.extend_from_slice(br#"{"orgId":"#);
    json::write_string(&mut body, org_id);
    body.extend_from_slice(br#","encData":""#);
    body.extend_from_slice(enc_data.as_bytes());
    body.extend_from_slice(br#"","version":""#);
    body.extend_from_slice(VERSION.as_bytes());
    body.extend_from_slice(br#"","timestamp":""#);
    body.extend_from_slice(now.to_string().as_bytes());
    body.extend_from_slice(br#"","reqtType":"#);
    json::write_string(&mut body, reqt_type);
    body.push(b'}');
    String::from_utf8(body).unwrap_or_default()
}
