//! How the centre's certificate is judged (rustls with ring), and why it was not trusted, in words.

use super::authorities;
use crate::config::TlsSettings;
use crate::error::{Text, text};
use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring as ring_provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore};
use std::fmt;
use std::sync::Arc;

/// What every TLS connection of a client shares: whom to trust, and the sessions to resume.
pub fn client_config(settings: &TlsSettings) -> Result<Arc<ClientConfig>, Text> {
    let provider = Arc::new(ring_provider::default_provider());
    let trust = if settings.pins.is_empty() {
        let roots = Arc::new(roots(settings)?);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|error| {
                text!(
                    "没有可信的根证书：{error}",
                    "no authority to trust: {error}"
                )
            })?;
        Trust::Authorities(verifier)
    } else {
        Trust::Pins(settings.pins.clone())
    };
    let verifier = Arc::new(Verifier {
        trust,
        provider: Arc::clone(&provider),
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| text!("TLS 版本不可用：{error}", "no usable TLS version: {error}"))?
        // "Dangerous" only in that the verifier is given: it does verify.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The operating system's authorities, and those of `caFile`.
fn roots(settings: &TlsSettings) -> Result<RootCertStore, Text> {
    let mut roots = RootCertStore::empty();
    // A store that cannot be read, or holds something odd, leaves the rest usable.
    roots.add_parsable_certificates(authorities::of_the_system());
    if let Some(pem) = &settings.ca {
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let added = certificate
                .ok()
                .and_then(|certificate| roots.add(certificate).ok());
            if added.is_none() {
                return Err(text!(
                    "tls.caFile：含有无法识别的证书",
                    "tls.caFile: holds a certificate that cannot be read"
                ));
            }
            found += 1;
        }
        if found == 0 {
            return Err(text!(
                "tls.caFile：没有 PEM 格式的证书（-----BEGIN CERTIFICATE-----）",
                "tls.caFile: no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
            ));
        }
    }
    Ok(roots)
}

/// Whom to trust.
#[derive(Debug)]
enum Trust {
    /// What the authorities signed.
    Authorities(Arc<WebPkiServerVerifier>),
    /// Exactly the certificates with these fingerprints, whatever their names and dates; that the
    /// server holds the key is still proved by the handshake's signature.
    Pins(Vec<[u8; 32]>),
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.trust {
            Trust::Authorities(authorities) => authorities
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map_err(|error| said_of(end_entity, error)),
            Trust::Pins(pins) => {
                let found = digest(&SHA256, end_entity);
                if pins.iter().any(|pin| pin == found.as_ref()) {
                    return Ok(ServerCertVerified::assertion());
                }
                let found = NotPinned(hex::encode(found));
                Err(CertificateError::Other(OtherError(Arc::new(found))).into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// What a certificate is that no authority vouches for: most often a self-signed one, which rustls
/// calls one of an unknown authority.
fn said_of(certificate: &CertificateDer<'_>, error: rustls::Error) -> rustls::Error {
    use CertificateError as Bad;
    let rustls::Error::InvalidCertificate(bad) = &error else {
        return error;
    };
    let is_self_signed = is_self_signed(certificate).unwrap_or(false);
    let is_untrusted = match bad {
        Bad::UnknownIssuer => true,
        // These two say it all, even of a self-signed one that is trusted.
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => false,
        Bad::Expired
        | Bad::ExpiredContext { .. }
        | Bad::NotValidYet
        | Bad::NotValidYetContext { .. } => false,
        // That it is an authority's, or that somebody else of its name did not sign it.
        _ => is_self_signed,
    };
    if !is_untrusted {
        return error;
    }
    let untrusted = Untrusted {
        sha256: hex::encode(digest(&SHA256, certificate)),
        is_self_signed,
    };
    Bad::Other(OtherError(Arc::new(untrusted))).into()
}

/// A certificate that no trusted authority signed.
#[derive(Debug)]
struct Untrusted {
    sha256: String,
    is_self_signed: bool,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sha256)
    }
}

impl std::error::Error for Untrusted {}

/// Whether a certificate names itself as its issuer. For a message only: nothing is trusted by it.
fn is_self_signed(certificate: &[u8]) -> Option<bool> {
    /// The tag and the content of the first element, and what comes behind it.
    fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
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
        Some((tag, content, rest))
    }

    // Certificate { tbsCertificate { [0] version, serial, algorithm, issuer, validity, subject …
    let (_, certificate, _) = element(certificate)?;
    let (_, body, _) = element(certificate)?;
    let (tag, _, behind_version) = element(body)?;
    let serial = if tag == 0xA0 { behind_version } else { body };
    let (_, _, algorithm) = element(serial)?;
    let (_, _, issuer) = element(algorithm)?;
    let (_, issuer, validity) = element(issuer)?;
    let (_, _, subject) = element(validity)?;
    let (_, subject, _) = element(subject)?;
    Some(issuer == subject)
}

/// The fingerprint that was found in place of a pinned one.
#[derive(Debug)]
struct NotPinned(String);

impl fmt::Display for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotPinned {}

/// Why a handshake failed, and what to set.
pub fn describe(error: &rustls::Error) -> Text {
    use CertificateError as Bad;
    let bad = match error {
        rustls::Error::InvalidCertificate(bad) => bad,
        rustls::Error::InvalidMessage(_) => {
            return text!(
                "对方说的不是 TLS（{error}），localUrl 可能应以 http:// 开头",
                "the other side does not speak TLS ({error}): localUrl should perhaps begin with http://"
            );
        }
        _ => return text!("握手失败（{error}）", "the handshake failed ({error})"),
    };
    match bad {
        Bad::Expired | Bad::ExpiredContext { .. } => {
            text!(
                "中心的证书已过期（或本机时钟不准）",
                "the centre's certificate has expired (or this machine's clock is wrong)"
            )
        }
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => text!(
            "中心的证书尚未生效（或本机时钟不准）",
            "the centre's certificate is not valid yet (or this machine's clock is wrong)"
        ),
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => text!(
            "中心的证书与地址的主机名不符，可用 tls.serverName 指定证书上的名称",
            "the centre's certificate is for another name than the address's: tls.serverName says which name to expect"
        ),
        Bad::Other(other) => describe_untrusted(bad, other),
        // An authority of that name is trusted, but another one signed.
        Bad::BadSignature | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => text!(
            "中心的证书不是由受信任的机构签发，可用 tls.caFile 信任其根证书，或用 tls.pinSha256 信任该证书",
            "the centre's certificate is from an authority that is not trusted: tls.caFile trusts its authority, tls.pinSha256 the certificate itself"
        ),
        _ => text!(
            "中心的证书不可用（{bad}）",
            "the centre's certificate cannot be used ({bad})"
        ),
    }
}

fn describe_untrusted(bad: &CertificateError, other: &OtherError) -> Text {
    if let Some(NotPinned(found)) = other.0.downcast_ref() {
        return text!(
            "中心的证书不在 tls.pinSha256 之列，其 SHA-256 为 {found}",
            "the centre's certificate is not among tls.pinSha256; its SHA-256 is {found}"
        );
    }
    match other.0.downcast_ref() {
        Some(Untrusted {
            sha256,
            is_self_signed: true,
        }) => text!(
            "中心的证书是自签名的；与中心核对其 SHA-256 后填入 tls.pinSha256：{sha256}",
            "the centre's certificate is self-signed: compare its SHA-256 with the centre's own, then put it into tls.pinSha256: {sha256}"
        ),
        Some(Untrusted { sha256, .. }) => text!(
            "中心的证书不是由受信任的机构签发；用 tls.caFile 信任其根证书，或与中心核对该证书的 SHA-256 后填入 tls.pinSha256：{sha256}",
            "the centre's certificate is from an authority that is not trusted: tls.caFile trusts its authority; or compare the certificate's SHA-256 with the centre's own and put it into tls.pinSha256: {sha256}"
        ),
        None => text!(
            "中心的证书不可用（{bad}）",
            "the centre's certificate cannot be used ({bad})"
        ),
    }
}
