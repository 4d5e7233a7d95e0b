//! What is read of a certificate where rustls reads none: of X.509 v1, which has no place for the
//! names that it checks. Nothing is trusted by what is found here: a pinned certificate is trusted
//! to the byte, and so is the key in it.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::{CertificateError, DigitallySignedStruct};

/// The parts of a certificate that are looked at.
pub struct Certificate<'a> {
    /// Whether it is of X.509 v1.
    pub is_v1: bool,
    issuer: &'a [u8],
    subject: &'a [u8],
    key: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads its DER; `None` if it is none.
    pub fn read(der: &'a [u8]) -> Option<Self> {
        // Certificate { tbsCertificate { [0] version, serial, algorithm, issuer, validity, subject,
        // subjectPublicKeyInfo …
        let (certificate, _) = element(der)?;
        let (to_be_signed, _) = element(certificate.content)?;
        let (first, behind) = element(to_be_signed.content)?;
        let is_v1 = first.tag != 0xA0;
        let rest = if is_v1 { to_be_signed.content } else { behind };
        let (_serial, rest) = element(rest)?;
        let (_algorithm, rest) = element(rest)?;
        let (issuer, rest) = element(rest)?;
        let (_validity, rest) = element(rest)?;
        let (subject, rest) = element(rest)?;
        let (key, _) = element(rest)?;
        Some(Self {
            is_v1,
            issuer: issuer.whole,
            subject: subject.whole,
            key: key.whole,
        })
    }

    /// Whether it names itself as its issuer.
    pub fn is_self_signed(&self) -> bool {
        self.issuer == self.subject
    }

    /// The key in it, as TLS 1.3 takes one without a certificate.
    pub fn key(&self) -> SubjectPublicKeyInfoDer<'a> {
        SubjectPublicKeyInfoDer::from(self.key)
    }

    /// Whether its key made that signature of a TLS 1.2 handshake.
    pub fn verify_tls12(
        &self,
        message: &[u8],
        signed: &DigitallySignedStruct,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let bad = || CertificateError::BadSignature.into();
        let (algorithm, key) = self.algorithm_and_key().ok_or_else(bad)?;
        let of_scheme = algorithms
            .mapping
            .iter()
            .filter(|(scheme, _)| *scheme == signed.scheme);
        of_scheme
            .flat_map(|(_, algorithms)| algorithms.iter())
            .filter(|known| known.public_key_alg_id().as_ref() == algorithm)
            .any(|known| {
                known
                    .verify_signature(key, message, signed.signature())
                    .is_ok()
            })
            .then(HandshakeSignatureValid::assertion)
            .ok_or_else(bad)
    }

    /// SubjectPublicKeyInfo { algorithm, subjectPublicKey }
    fn algorithm_and_key(&self) -> Option<(&'a [u8], &'a [u8])> {
        let (info, _) = element(self.key)?;
        let (algorithm, rest) = element(info.content)?;
        let (bits, _) = element(rest)?;
        // A key has whole bytes: no bit of its last one is unused.
        let key = bits.content.strip_prefix(&[0])?;
        Some((algorithm.content, key))
    }
}

/// One element of DER.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    /// With tag and length.
    whole: &'a [u8],
}

/// The first element, and what comes behind it.
fn element(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&[tag, length], mut rest) = der.split_first_chunk()?;
    let mut length = usize::from(length);
    if length >= 0x80 {
        let digits;
        (digits, rest) = rest.split_at_checked(length - 0x80)?;
        length = digits.iter().try_fold(0_usize, |length, digit| {
            Some(length.checked_mul(256)? + usize::from(*digit))
        })?;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = &der[..der.len() - rest.len()];
    Some((
        Element {
            tag,
            content,
            whole,
        },
        rest,
    ))
}
