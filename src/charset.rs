//! Charsets: what a caller's bytes mean, and how replies are written for it (rule 2 of the C
//! interface). On the wire it is always UTF-8.

use crate::catalogue::codes::EV_INVALID_TEXT;
use crate::error::{Failure, text};
use encoding_rs::{EncoderResult, Encoding, GB18030, UTF_8};
use std::borrow::Cow;
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// The charset of a client's requests and replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// GBK, in truth GB18030: what an ANSI program on Chinese Windows holds.
    Gbk,
    /// UTF-8 in, and out JSON whose every other character is a `\uXXXX`.
    Ascii,
}

impl Charset {
    /// The charset that a configuration calls by this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "utf-8" => Self::Utf8,
            "gbk" | "gb18030" => Self::Gbk,
            "ascii" => Self::Ascii,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gbk => "gbk",
            Self::Ascii => "ascii",
        }
    }

    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Utf8 | Self::Ascii => UTF_8,
            Self::Gbk => GB18030,
        }
    }

    /// Reads a caller's bytes; a UTF-8 byte-order mark is passed over.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Failure> {
        let (bytes, encoding) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
            Some(rest) => (rest, UTF_8),
            None => (bytes, self.encoding()),
        };
        encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
            .ok_or_else(|| self.mismatch(bytes))
    }

    fn mismatch(self, bytes: &[u8]) -> Failure {
        let charset = self.name();
        let detail = match looks_like(bytes) {
            Some(Guess::Utf16) => text!(
                "收到的字节像是 UTF-16（宽字符串），而 charset 是 {charset}；请先转换为 {charset} 再传入",
                "the bytes look like UTF-16 (a wide string), and the charset is {charset}: convert to {charset} first"
            ),
            Some(Guess::Utf8) => text!(
                "收到的字节像是 UTF-8，而 charset 是 {charset}；请把配置的 charset 改为 utf-8，或转换后再传入",
                "the bytes look like UTF-8, and the charset is {charset}: set charset to utf-8, or convert first"
            ),
            Some(Guess::Gbk) => text!(
                "收到的字节像是 GBK，而 charset 是 {charset}；请把配置的 charset 改为 gbk，或转换后再传入",
                "the bytes look like GBK, and the charset is {charset}: set charset to gbk, or convert first"
            ),
            None => text!(
                "收到的字节不是合法的 {charset}，也不像 UTF-8、GBK 或 UTF-16",
                "the bytes are not valid {charset}, and look like neither UTF-8, GBK nor UTF-16"
            ),
        };
        Failure::not_sent(EV_INVALID_TEXT, detail)
    }

    /// Writes JSON text, which comes in UTF-8, never garbled: what the charset cannot hold safely becomes `\uXXXX`,
    /// which JSON text may have wherever a character beyond ASCII may stand.
    ///
    /// For GBK only those characters stand as they are that every GBK program reads alike:
    /// two-byte ones of which Windows has the same opinion, and not those whose second byte is a
    /// backslash, which a byte-wise parser takes for an escape.
    pub fn encode_json(self, json: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
        if self == Self::Utf8 || json.is_ascii() {
            return json;
        }
        // Room for the longest form (two bytes of UTF-8 become six) and a NUL, so that no copy is
        // left behind unwiped.
        let mut bytes = Zeroizing::new(Vec::with_capacity(json.len() * 3 + 1));
        for character in std::str::from_utf8(&json).unwrap_or_default().chars() {
            if character.is_ascii() {
                bytes.push(character as u8);
                continue;
            }
            match self.encode_character(character) {
                Some([lead, trail]) if trail != b'\\' && !is_later_than_gbk(lead, trail) => {
                    bytes.extend([lead, trail]);
                }
                _ => bytes.extend(escaped(character).into_bytes()),
            }
        }
        bytes
    }

    /// The two bytes of a character in GBK, if it has just two.
    fn encode_character(self, character: char) -> Option<[u8; 2]> {
        if self != Self::Gbk {
            return None;
        }
        let mut bytes = [0; 4];
        let mut utf8 = [0; 4];
        let (result, _, written) = GB18030.new_encoder().encode_from_utf8_without_replacement(
            character.encode_utf8(&mut utf8),
            &mut bytes,
            true,
        );
        (result == EncoderResult::InputEmpty && written == 2).then(|| [bytes[0], bytes[1]])
    }

    /// Writes plain text (one field). NUL, which would end it early, and what the charset does not
    /// have are written as `\uXXXX`.
    pub fn encode_plain(self, plain: &str) -> Vec<u8> {
        let plain = plain.replace('\0', "\\u0000");
        match self {
            Self::Utf8 => plain.into_bytes(),
            Self::Ascii => std::mem::take(&mut *self.encode_json(plain.into_bytes().into())),
            Self::Gbk => {
                let mut bytes = Vec::with_capacity(plain.len());
                for character in plain.chars() {
                    let mut utf8 = [0; 4];
                    let (encoded, _, unmappable) = GB18030.encode(character.encode_utf8(&mut utf8));
                    if unmappable {
                        bytes.extend(escaped(character).into_bytes());
                    } else {
                        bytes.extend_from_slice(&encoded);
                    }
                }
                bytes
            }
        }
    }
}

/// Whether two bytes are a character of GB18030's that code page 936 of Windows does not have
/// there, but one of private use: €, 䶮, ǹ, and what later editions of GB18030 put into gaps.
fn is_later_than_gbk(lead: u8, trail: u8) -> bool {
    matches!(
        (lead, trail),
        (0xA2, 0xE3)
            | (0xA6, 0xD9..=0xDF | 0xEC | 0xED | 0xF3)
            | (0xA8, 0xBC | 0xBF)
            | (0xA9, 0x89..=0x95)
            | (0xFE, 0x50..=0xA0)
    )
}

/// `\uXXXX`, twice for a character beyond the first plane.
fn escaped(character: char) -> String {
    let mut units = [0; 2];
    let mut escaped = String::new();
    for unit in character.encode_utf16(&mut units) {
        // Writing to a String cannot fail.
        let _ = write!(escaped, "\\u{unit:04x}");
    }
    escaped
}

/// Reads text that should be UTF-8: owned where it is GBK instead, the whole of it valid.
pub fn decode_received(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.into()),
        Err(_) => {
            let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes)?;
            Some(text.into_owned().into())
        }
    }
}

/// Reads a text file that somebody saved with whatever editor there was: by its byte-order mark
/// if it has one, else as strict UTF-8, else as GB18030.
pub fn decode_file(bytes: &[u8]) -> Cow<'_, str> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let bytes = &bytes[mark..];
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .unwrap_or_else(|| GB18030.decode_without_bom_handling(bytes).0)
}

#[derive(Clone, Copy)]
enum Guess {
    Utf8,
    Gbk,
    Utf16,
}

fn looks_like(bytes: &[u8]) -> Option<Guess> {
    let valid = |encoding: &'static Encoding| {
        encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
            .is_some()
    };
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        Some(Guess::Utf16)
    } else if valid(UTF_8) {
        Some(Guess::Utf8)
    } else if valid(GB18030) {
        Some(Guess::Gbk)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gbk_bytes_in_a_utf8_client_are_named() {
        // 测试 in GBK, from the code chart.
        let failure = Charset::Utf8.decode(b"\xB2\xE2\xCA\xD4").unwrap_err();
        assert_eq!(failure.code, EV_INVALID_TEXT);
        assert!(failure.detail.en.contains("look like GBK"), "{failure:?}");
        assert!(failure.detail.zh.contains("像是 GBK"), "{failure:?}");
    }

    #[test]
    fn utf8_bytes_in_a_gbk_client_are_named() {
        let failure = Charset::Gbk.decode("测试了".as_bytes()).unwrap_err();
        assert!(failure.detail.en.contains("look like UTF-8"), "{failure:?}");
    }

    #[test]
    fn a_utf16_mark_is_named() {
        let failure = Charset::Utf8.decode(b"\xFF\xFE{").unwrap_err();
        assert!(failure.detail.en.contains("UTF-16"), "{failure:?}");
    }

    #[test]
    fn gbk_replies_hold_only_what_any_gbk_program_reads() {
        // 测 is B2E2. 誠 is D55C: its second byte is a backslash. 😀 and 㐀 have four bytes in GB18030.
        let bytes = Charset::Gbk.encode_json("{\"a\":\"测誠😀㐀\"}".as_bytes().to_vec().into());
        assert_eq!(
            *bytes,
            b"{\"a\":\"\xB2\xE2\\u8aa0\\ud83d\\ude00\\u3400\"}".to_vec()
        );
    }

    #[test]
    fn ascii_replies_are_ascii() {
        let bytes = Charset::Ascii.encode_json("{\"a\":\"测\"}".as_bytes().to_vec().into());
        assert_eq!(*bytes, b"{\"a\":\"\\u6d4b\"}");
    }

    #[test]
    fn plain_gbk_is_gb18030_and_never_ends_early() {
        // 㐀 is 8139EE39 in GB18030.
        let bytes = Charset::Gbk.encode_plain("誠\0㐀");
        assert_eq!(bytes, b"\xD5\x5C\\u0000\x81\x39\xEE\x39".to_vec());
    }

    #[test]
    fn files_are_read_as_any_editor_saved_them() {
        let expected = "{\"orgName\":\"测试\"}";
        let gbk = b"{\"orgName\":\"\xB2\xE2\xCA\xD4\"}";
        let mut marked = b"\xEF\xBB\xBF".to_vec();
        marked.extend(expected.as_bytes());
        let mut wide = b"\xFF\xFE".to_vec();
        wide.extend(expected.encode_utf16().flat_map(u16::to_le_bytes));
        for bytes in [expected.as_bytes(), gbk, &marked, &wide] {
            assert_eq!(decode_file(bytes), expected);
        }
    }
}
