//! The cipher: SM4/ECB/PKCS#7 in hex, under the key as it was issued (A and B §1.3.1).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cipher::block_padding::Pkcs7;
use cipher::common::InnerInit;
use cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyInit};
use sm4::Sm4;
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of an SM4 key, and of an SM4 block.
pub(super) const BLOCK: usize = 16;

/// In which form the issued key is written. The documents do not say, so it is configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFormat {
    /// 32 hex digits are hex, 16 bytes are text, 24 Base64 characters of 16 bytes are Base64.
    Auto,
    /// 32 hex digits.
    Hex,
    /// The 16 bytes of the text itself.
    Text,
    /// 24 Base64 characters.
    Base64,
}

impl KeyFormat {
    /// The format that a configuration calls by this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "auto" => Self::Auto,
            "hex" => Self::Hex,
            "text" => Self::Text,
            "base64" => Self::Base64,
            _ => return None,
        })
    }

    /// What a configuration calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Hex => "hex",
            Self::Text => "text",
            Self::Base64 => "base64",
        }
    }
}

/// Why hex text could not be opened. Says nothing of the content: it may be a patient's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsealError {
    /// A character that is no hex digit, or an odd number of them.
    NotHex,
    /// Nothing, or not a whole number of 16-byte blocks.
    Length,
    /// The padding is wrong: most often another key sealed it.
    Padding,
}

/// The issued key, ready for use. The key schedule is wiped when dropped.
#[derive(Clone)]
pub struct Sealer {
    cipher: Sm4,
    format: KeyFormat,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// Reads the key as it was issued; `None` when it is not a key in that form.
    pub fn new(key: &str, format: KeyFormat) -> Option<Self> {
        let format = match (format, key.len()) {
            (KeyFormat::Auto, 32) => KeyFormat::Hex,
            (KeyFormat::Auto, 16) => KeyFormat::Text,
            (KeyFormat::Auto, 24) => KeyFormat::Base64,
            (format, _) => format,
        };
        let bytes = Zeroizing::new(match format {
            KeyFormat::Hex => hex::decode(key).ok()?,
            KeyFormat::Text => key.as_bytes().to_vec(),
            KeyFormat::Base64 => BASE64_STANDARD.decode(key).ok()?,
            KeyFormat::Auto => return None,
        });
        let cipher = Sm4::new_from_slice(&bytes).ok()?;
        Some(Self { cipher, format })
    }

    /// The form in which the key was read: never [`KeyFormat::Auto`].
    pub fn format(&self) -> KeyFormat {
        self.format
    }

    /// Seals text: the upper-case hex of its SM4/ECB/PKCS#7 ciphertext (§1.3.1.1).
    pub fn seal(&self, plain: &[u8]) -> String {
        let mut hex = Vec::with_capacity(Self::sealed_len(plain.len()));
        self.seal_to(&mut hex, plain);
        String::from_utf8(hex).unwrap_or_default()
    }

    /// Seals text to the end of something longer.
    pub(super) fn seal_to(&self, to: &mut Vec<u8>, plain: &[u8]) {
        let encryptor = ecb::Encryptor::inner_init(self.cipher.clone());
        hex_upper(to, &encryptor.encrypt_padded_vec::<Pkcs7>(plain));
    }

    /// The hex digits of so many sealed bytes: one more at least, up to a whole block.
    pub(super) fn sealed_len(plain: usize) -> usize {
        2 * (plain / BLOCK + 1) * BLOCK
    }

    /// Opens sealed text, in either hex case.
    pub fn unseal(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let mut bytes = unhex(sealed.as_bytes()).ok_or(UnsealError::NotHex)?;
        if bytes.is_empty() || !bytes.len().is_multiple_of(BLOCK) {
            return Err(UnsealError::Length);
        }
        let decryptor = ecb::Decryptor::inner_init(self.cipher.clone());
        let length = decryptor
            .decrypt_padded::<Pkcs7>(&mut bytes)
            .map_err(|_| UnsealError::Padding)?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// What `hex::encode_upper` gives, which takes as long as the cipher.
fn hex_upper(to: &mut Vec<u8>, bytes: &[u8]) {
    /// The two digits of each byte.
    const DIGITS: [[u8; 2]; 256] = {
        let digit = b"0123456789ABCDEF";
        let mut digits = [[0; 2]; 256];
        let mut byte = 0;
        while byte < 256 {
            digits[byte] = [digit[byte >> 4], digit[byte & 15]];
            byte += 1;
        }
        digits
    };
    let begin = to.len();
    to.resize(begin + 2 * bytes.len(), 0);
    for (pair, byte) in to[begin..].chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&DIGITS[usize::from(*byte)]);
    }
}

/// What `hex::decode` gives, in a third of its time.
fn unhex(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    /// The value of each digit; of all else one that no digit has.
    const VALUES: [u8; 256] = {
        let mut values = [0xFF; 256];
        let mut value = 0;
        while value < 16 {
            values[b"0123456789abcdef"[value] as usize] = value as u8;
            values[b"0123456789ABCDEF"[value] as usize] = value as u8;
            value += 1;
        }
        values
    };
    let mut bytes = Zeroizing::new(vec![0; digits.len() / 2]);
    let mut all = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| VALUES[usize::from(digit)]);
        all |= high | low;
        *byte = high << 4 | low;
    }
    (digits.len().is_multiple_of(2) && all < 16).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GM/T 0002-2012, appendix A: key and plaintext of both examples.
    const VECTOR: &str = "0123456789ABCDEFFEDCBA9876543210";

    fn sealer() -> Sealer {
        Sealer::new(VECTOR, KeyFormat::Auto).unwrap()
    }

    #[test]
    fn the_single_block_vector_of_gmt_0002() {
        let sealed = sealer().seal(&hex::decode(VECTOR).unwrap());
        assert_eq!(&sealed[..32], "681EDF34D206965E86B3E94F536E4246");
    }

    /// Slow in a debug build (a quarter of a minute), so the cipher is called directly.
    #[test]
    fn the_million_round_vector_of_gmt_0002() {
        let mut block = hex::decode(VECTOR).unwrap();
        let mut encryptor = ecb::Encryptor::inner_init(sealer().cipher);
        for _ in 0..1_000_000 {
            encryptor.encrypt_block(block.as_mut_slice().try_into().unwrap());
        }
        assert_eq!(hex::encode_upper(block), "595298C7C6FD271F0402F804C33D3F66");
    }

    #[test]
    fn the_same_key_in_its_three_forms() {
        let text = Sealer::new("0123456789abcdef", KeyFormat::Auto).unwrap();
        let hex = Sealer::new("30313233343536373839616263646566", KeyFormat::Auto).unwrap();
        let base64 = Sealer::new("MDEyMzQ1Njc4OWFiY2RlZg==", KeyFormat::Auto).unwrap();
        assert_eq!(text.seal(b"x"), hex.seal(b"x"));
        assert_eq!(text.seal(b"x"), base64.seal(b"x"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (key, format) in [
            ("", KeyFormat::Auto),
            ("0123456789abcde", KeyFormat::Auto),
            ("0123456789ABCDEFFEDCBA987654321G", KeyFormat::Auto),
            ("0123456789abcdef", KeyFormat::Hex),
            ("0123456789ABCDEFFEDCBA9876543210", KeyFormat::Text),
            ("0123456789abcdef", KeyFormat::Base64),
        ] {
            assert!(Sealer::new(key, format).is_none(), "{key} as {format:?}");
        }
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let sealer = sealer();
        assert_eq!(sealer.unseal("ABC"), Err(UnsealError::NotHex));
        assert_eq!(sealer.unseal("XY"), Err(UnsealError::NotHex));
        assert_eq!(sealer.unseal(""), Err(UnsealError::Length));
        assert_eq!(sealer.unseal("ABCD"), Err(UnsealError::Length));
        // The GM/T 0002 ciphertext opens to a block that ends in 0x10, but not in sixteen of them.
        let unpadded = "681EDF34D206965E86B3E94F536E4246";
        assert_eq!(sealer.unseal(unpadded), Err(UnsealError::Padding));
    }

    #[test]
    fn hex_is_what_the_crate_says() {
        for pair in (0..=u16::MAX).map(u16::to_be_bytes) {
            let found = unhex(&pair).map(|bytes| bytes.to_vec());
            assert_eq!(found, hex::decode(pair).ok(), "{pair:?}");
        }
        let mut hex = b"before ".to_vec();
        hex_upper(&mut hex, &[0x00, 0x9A, 0xBC, 0xDE, 0xFF]);
        assert_eq!(hex, b"before 009ABCDEFF");
    }

    #[test]
    fn either_hex_case_opens() {
        let sealed = sealer().seal("测试".as_bytes());
        assert_eq!(sealed, sealed.to_uppercase());
        let opened = sealer().unseal(&sealed.to_lowercase()).unwrap();
        assert_eq!(*opened, "测试".as_bytes());
    }

    /// A and B §1.3.1.2: the 56-byte compact plaintext of step 8 pads to the 128 hex digits of
    /// step 6.
    #[test]
    fn the_documents_reply_has_the_length_of_their_sample() {
        let plain = br#"{"chkFlag":"1","resBizNo":"161665488196720210609155618"}"#;
        assert_eq!(sealer().seal(plain).len(), 128);
    }
}
