//! The outer request: the public parameters around what is sealed (A and B §1.3.2.1).

use super::Sealer;
use crate::json;

/// `version` of the public parameters.
const VERSION: &str = "1.0.0";

/// Seals a service's JSON: the body that goes out, in UTF-8, at this time in milliseconds since the epoch.
///
/// The public parameters are all of them strings, in the documents' order. They are written out
/// here, since nothing in hex needs the escapes that a serializer would look for.
pub fn seal(sealer: &Sealer, org_id: &str, reqt_type: &str, json: &str, now: u64) -> Vec<u8> {
    let sealed = Sealer::sealed_len(json.len());
    let mut body = Vec::with_capacity(sealed + org_id.len() + reqt_type.len() + 128);
    body.extend_from_slice(br#"{"orgId":"#);
    json::write(&mut body, org_id);
    body.extend_from_slice(br#","encData":""#);
    sealer.seal_to(&mut body, json.as_bytes());
    body.extend_from_slice(br#"","version":""#);
    body.extend_from_slice(VERSION.as_bytes());
    body.extend_from_slice(br#"","timestamp":""#);
    json::write(&mut body, &now);
    body.extend_from_slice(br#"","reqtType":"#);
    json::write(&mut body, reqt_type);
    body.push(b'}');
    body
}
