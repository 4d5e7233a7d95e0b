//! How the centre's certificate is judged (rustls with ring), and why it was not trusted, in words.

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
    let verifier: Arc<dyn ServerCertVerifier> = if settings.pins.is_empty() {
        let roots = Arc::new(roots(settings)?);
        WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|error| {
                text!(
                    "没有可信的根证书：{error}",
                    "no authority to trust: {error}"
                )
            })?
    } else {
        Arc::new(Pinned {
            pins: settings.pins.clone(),
            provider: Arc::clone(&provider),
        })
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| text!("TLS 版本不可用：{error}", "no usable TLS version: {error}"))?
        // "Dangerous" only in that the verifier is given: both of them verify.
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The operating system's authorities, and those of `caFile`.
fn roots(settings: &TlsSettings) -> Result<RootCertStore, Text> {
    let mut roots = RootCertStore::empty();
    // A store that cannot be read, or holds something odd, leaves the rest usable.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
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

/// Trusts exactly the certificates with these fingerprints, whatever their names and dates; that
/// the server holds the key is still proved by the handshake's signature.
#[derive(Debug)]
struct Pinned {
    pins: Vec<[u8; 32]>,
    provider: Arc<CryptoProvider>,
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

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = digest(&SHA256, end_entity);
        if self.pins.iter().any(|pin| pin == found.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        let found = NotPinned(hex::encode(found));
        Err(CertificateError::Other(OtherError(Arc::new(found))).into())
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
        // The last two: an authority of that name is trusted, but another one signed.
        Bad::UnknownIssuer
        | Bad::BadSignature
        | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => text!(
            "中心的证书不是由受信任的机构签发，可用 tls.caFile 信任其根证书，或用 tls.pinSha256 信任该证书",
            "the centre's certificate is from an authority that is not trusted: tls.caFile trusts its authority, tls.pinSha256 the certificate itself"
        ),
        Bad::Other(other) => match other.0.downcast_ref::<NotPinned>() {
            Some(NotPinned(found)) => text!(
                "中心的证书不在 tls.pinSha256 之列，其 SHA-256 为 {found}",
                "the centre's certificate is not among tls.pinSha256; its SHA-256 is {found}"
            ),
            None => text!(
                "中心的证书不可用（{bad}），若是自签名证书可用 tls.pinSha256 信任",
                "the centre's certificate cannot be used ({bad}); tls.pinSha256 can trust a self-signed one"
            ),
        },
        _ => text!(
            "中心的证书不可用（{bad}）",
            "the centre's certificate cannot be used ({bad})"
        ),
    }
}
