//! HTTP headers that a gateway on the way asks for.

use super::reader::Reader;
use crate::error::text;
use ureq::http::{HeaderName, HeaderValue};

/// What the transport sets itself, and nobody else may.
const OWN_HEADERS: [&str; 7] = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "transfer-encoding",
    "accept-encoding",
];

/// The most that all of them may come to, in bytes: many gateways take no more than 8 KiB of head.
const MAX_HEADERS: usize = 8 << 10;

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
    for (name, value) in reader.object("headers") {
        let parsed = (
            name.parse::<HeaderName>(),
            value.as_str().map(str::parse::<HeaderValue>),
        );
        match parsed {
            (Ok(header), _) if OWN_HEADERS.contains(&header.as_str()) => reader.wrong(
                "headers",
                text!(
                    "{name} 由动态库设置，不能改",
                    "{name} is set by the library"
                ),
            ),
            (Ok(header), Some(Ok(value))) => headers.push((header, value)),
            _ => reader.wrong(
                "headers",
                text!(
                    "{name} 不是合法的 HTTP 头名或其值不是合法的字符串",
                    "{name} is no valid header name, or its value no valid string"
                ),
            ),
        }
    }
    // Each with a colon, a space and the end of its line.
    let lengths = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4);
    let bytes: usize = lengths.sum();
    if bytes >= MAX_HEADERS {
        reader.wrong(
            "headers",
            text!(
                "合计 {bytes} 字节，应少于 {MAX_HEADERS}",
                "{bytes} bytes together: less than {MAX_HEADERS} are needed"
            ),
        );
    }
    headers
}
