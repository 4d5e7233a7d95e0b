//! How the centre's certificate is judged (rustls with ring), and why it was not trusted, in words.

use super::authorities;
use super::certificate::Certificate;
use crate::config::TlsSettings;
use crate::error::{Text, text};
use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring as ring_provider, verify_tls13_signature_with_raw_key};
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
        match self.pinned(certificate) {
            Some(pinned) => pinned?.verify_tls12(message, signed, algorithms),
            None => {
                rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
            }
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match self.pinned(certificate) {
            Some(pinned) => {
                let key = pinned?.key();
                verify_tls13_signature_with_raw_key(message, &key, signed, algorithms)
            }
            None => {
                rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
            }
        }
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl Verifier {
    /// A certificate that is trusted to the byte: rustls would not read one of X.509 v1.
    fn pinned<'c>(
        &self,
        certificate: &'c CertificateDer<'_>,
    ) -> Option<Result<Certificate<'c>, rustls::Error>> {
        match &self.trust {
            Trust::Authorities(_) => None,
            Trust::Pins(_) => {
                let read = Certificate::read(certificate);
                Some(read.ok_or_else(|| CertificateError::BadEncoding.into()))
            }
        }
    }
}

/// Why a certificate that is still valid, and not for another name, is not trusted.
fn said_of(certificate: &CertificateDer<'_>, error: rustls::Error) -> rustls::Error {
    use CertificateError as Bad;
    let rustls::Error::InvalidCertificate(bad) = &error else {
        return error;
    };
    let read = Certificate::read(certificate);
    let why = match bad {
        // These say it all, even of a self-signed one that is trusted.
        Bad::Expired
        | Bad::ExpiredContext { .. }
        | Bad::NotValidYet
        | Bad::NotValidYetContext { .. } => return error,
        Bad::NotValidForNameContext { presented, .. } if presented.is_empty() => Why::Nameless,
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => return error,
        // That it is an authority's, or that somebody else of its name did not sign it, is said of
        // a self-signed one too.
        _ if read.as_ref().is_some_and(Certificate::is_self_signed) => Why::SelfSigned,
        _ if read.is_some_and(|read| read.is_v1) => Why::Nameless,
        Bad::UnknownIssuer => Why::UnknownIssuer,
        _ => return error,
    };
    let sha256 = hex::encode(digest(&SHA256, certificate));
    Bad::Other(OtherError(Arc::new(Untrusted { sha256, why }))).into()
}

/// Why a certificate is not trusted that could be pinned.
#[derive(Debug)]
enum Why {
    SelfSigned,
    /// No authority that is trusted signed it.
    UnknownIssuer,
    /// It has no alternative names, or none could stand in it: nothing to hold the address against.
    Nameless,
}

#[derive(Debug)]
struct Untrusted {
    sha256: String,
    why: Why,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sha256)
    }
}

impl std::error::Error for Untrusted {}

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
    let Some(Untrusted { sha256, why }) = other.0.downcast_ref() else {
        return text!(
            "中心的证书不可用（{bad}）",
            "the centre's certificate cannot be used ({bad})"
        );
    };
    match why {
        Why::SelfSigned => text!(
            "中心的证书是自签名的；与中心核对其 SHA-256 后填入 tls.pinSha256：{sha256}",
            "the centre's certificate is self-signed: compare its SHA-256 with the centre's own, then put it into tls.pinSha256: {sha256}"
        ),
        Why::UnknownIssuer => text!(
            "中心的证书不是由受信任的机构签发；用 tls.caFile 信任其根证书，或与中心核对该证书的 SHA-256 后填入 tls.pinSha256：{sha256}",
            "the centre's certificate is from an authority that is not trusted: tls.caFile trusts its authority; or compare the certificate's SHA-256 with the centre's own and put it into tls.pinSha256: {sha256}"
        ),
        Why::Nameless => text!(
            "中心的证书没有备用名称（或是 X.509 v1），无法核对地址；与中心核对其 SHA-256 后填入 tls.pinSha256：{sha256}",
            "the centre's certificate has no alternative names (or is of X.509 v1), so the address cannot be held against it: compare its SHA-256 with the centre's own, then put it into tls.pinSha256: {sha256}"
        ),
    }
}
