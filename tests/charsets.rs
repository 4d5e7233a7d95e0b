//! Rule 2: text in the client's charset, never garbled, and a clear word about the wrong one.

mod common;

use common::{centre, config_with, library, request};
use encoding_rs::GB18030;
use evoucher::catalogue::codes::EV_INVALID_TEXT;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// 微信支付 in GBK, from the code chart: the channel that the simulated centre names.
const CHANNEL_GBK: &[u8] = b"\xCE\xA2\xD0\xC5\xD6\xA7\xB8\xB6";

fn gbk(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

#[test]
fn the_same_conversation_in_each_charset() {
    let centre = centre();
    let name = "测试医院㐀😀誠";
    let mut request = request("signed-1");
    request["orgName"] = name.into();
    let request = request.to_string();
    for charset in ["utf-8", "gbk", "gb18030", "ascii"] {
        let client = library().open(&config_with(centre.url(), json!({ "charset": charset })));
        let is_gbk = charset.starts_with('g');
        let bytes = if is_gbk {
            gbk(&request)
        } else {
            request.clone().into_bytes()
        };
        let reply = library().call4("ev_signed_query", client.handle, &bytes, 8192);
        assert_eq!(reply.returned, 0, "{charset}");

        // On the wire it is always UTF-8.
        let seen = centre.requests();
        let inner: Value =
            serde_json::from_str(seen.last().unwrap().opened.as_deref().unwrap()).unwrap();
        assert_eq!(inner["orgName"], name, "{charset}");

        let channel = client.field(&reply.bytes, "data.payChnlName", 100);
        let contains = |bytes: &[u8]| reply.bytes.windows(bytes.len()).any(|part| part == bytes);
        match charset {
            "utf-8" => assert!(contains("微信支付".as_bytes()) && channel.text() == "微信支付"),
            "ascii" => {
                let escaped = "\\u5fae\\u4fe1\\u652f\\u4ed8";
                assert!(reply.bytes.is_ascii() && contains(escaped.as_bytes()));
                assert_eq!(channel.text(), escaped);
            }
            _ => {
                assert!(contains(CHANNEL_GBK));
                assert_eq!(channel.bytes, CHANNEL_GBK);
            }
        }
    }
}

#[test]
fn bytes_of_another_charset_are_refused_by_name_before_anything_is_sent() {
    let centre = centre();
    let request = request("auto1-signed").to_string();
    let utf16: Vec<u8> = request.encode_utf16().flat_map(u16::to_le_bytes).collect();
    // What a C function sees of a wide string: its first character.
    let wide = &utf16[..1];
    let marked = b"\xFF\xFE{";
    let odd = "{\"token\":\"测试了\"}".as_bytes();
    for (charset, bytes, says) in [
        ("utf-8", gbk(&request).as_slice(), "GBK"),
        ("ascii", gbk(&request).as_slice(), "GBK"),
        ("gbk", odd, "UTF-8"),
        ("utf-8", marked.as_slice(), "UTF-16"),
        ("gbk", marked.as_slice(), "UTF-16"),
        ("utf-8", wide, "UTF-16"),
        ("gbk", wide, "UTF-16"),
    ] {
        for language in ["zh", "en"] {
            let more = json!({ "charset": charset, "language": language });
            let client = library().open(&config_with(centre.url(), more));
            for (_, function) in common::SERVICES {
                let reply = library().call4(function, client.handle, bytes, 8192);
                let message = client.field(&reply.bytes, "message", 1000);
                let message = match charset {
                    "gbk" => GB18030.decode(&message.bytes).0.into_owned(),
                    _ => message.text(),
                };
                assert!(message.contains(says), "{charset}: {message}");
                let delivery = client.field(&reply.bytes, "delivery", 100);
                assert_eq!(delivery.text(), "not_sent");
                if bytes != wide {
                    assert_eq!(reply.returned, EV_INVALID_TEXT);
                }
            }
        }
    }
    assert_eq!(centre.seen(), 0);
}

#[test]
fn a_utf8_mark_before_a_request_is_passed_over() {
    let centre = centre();
    for charset in ["utf-8", "gbk"] {
        let client = library().open(&config_with(centre.url(), json!({ "charset": charset })));
        let request = format!("\u{feff}{}", request("signed-1"));
        let reply = library().call4("ev_signed_query", client.handle, request.as_bytes(), 8192);
        assert_eq!(reply.returned, 0, "{charset}");
    }
}

/// The characters of code page 936 of Windows, with their two bytes.
fn code_page_936() -> BTreeMap<char, [u8; 2]> {
    let mut characters = BTreeMap::new();
    let lines = include_str!("windows/cp936.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let (lead, row) = line.split_once(' ').unwrap();
        let lead = u8::from_str_radix(lead, 16).unwrap();
        for (character, trail) in row.chars().zip(0x40..) {
            if character != '\u{fffd}' {
                characters.insert(character, [lead, trail]);
            }
        }
    }
    assert_eq!(characters.len(), 21_791, "that is not the table");
    characters
}

/// What stands as it is in a `gbk` reply, every program of a Chinese Windows reads alike. Private
/// use is left out: there Windows has its own opinion, and no document a character.
#[test]
fn gbk_replies_hold_what_windows_reads_and_nothing_else() {
    let centre = centre();
    let client = library().open(&config_with(centre.url(), json!({ "charset": "gbk" })));
    let code_page = code_page_936();
    let first_plane = ('\u{80}'..='\u{ffff}').filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c));
    let characters: Vec<char> = first_plane.chain(['😀', '𠂇']).collect();
    for part in characters.chunks(2000) {
        let text: String = part.iter().collect();
        let request = gbk(&json!({ "text": text }).to_string());
        let path = common::ECHO.as_bytes();
        let reply = library().call5("ev_call", client.handle, path, &request, 65_536);
        assert_eq!(reply.returned, 0);
        let mut expected = b"\"text\":\"".to_vec();
        for character in part {
            match code_page.get(character) {
                Some(bytes) if bytes[1] != b'\\' => expected.extend(bytes),
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        expected.extend(format!("\\u{unit:04x}").into_bytes());
                    }
                }
            }
        }
        expected.push(b'"');
        let stands = reply
            .bytes
            .windows(expected.len())
            .any(|part| part == expected);
        let (from, to) = (part[0], part[part.len() - 1]);
        assert!(stands, "between {from:?} and {to:?}: {:?}", reply.bytes);
    }
    for character in ['€', '䶮'] {
        assert!(!code_page.contains_key(&character));
    }
}

#[test]
fn without_a_client_replies_are_ascii() {
    let (code, _) = library().open_bytes(b"{\"orgId\":\"x\"}");
    assert_ne!(code, 0);
    let reply = library().last_reply();
    assert!(reply.bytes.is_ascii(), "{reply:?}");
    assert!(reply.at("message").contains("缺少 localUrl"));
    assert!(library().explain(-3, 0).bytes.is_ascii());
}
