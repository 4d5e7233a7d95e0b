//! The certificates: one good one, and the kinds that a client must refuse. Made anew at each
//! start, so no private key ever lies on a disk.

use crate::texts::Text;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use ring::digest::{SHA256, digest};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// Which certificate an HTTPS port shows. All are for `localhost`, but [`Tls::WrongName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tls {
    /// By the sandbox's authority, for `localhost`, `127.0.0.1` and `::1`.
    Good,
    /// The same, but it ended in 2021.
    Expired,
    /// The same, but for another name.
    WrongName,
    /// By nobody but itself.
    SelfSigned,
    /// By nobody but itself, and it calls itself an authority (`CA:TRUE`).
    SelfSignedCa,
}

impl Tls {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Good,
        Self::Expired,
        Self::WrongName,
        Self::SelfSigned,
        Self::SelfSignedCa,
    ];

    /// What it is there for.
    pub(crate) fn what(self) -> Text {
        let (zh, en) = match self {
            Self::Good => ("正常的证书", "a good certificate"),
            Self::Expired => ("证书已过期", "its certificate has expired"),
            Self::WrongName => ("证书是别的主机的", "its certificate is for another host"),
            Self::SelfSigned => ("自签名的证书", "a self-signed certificate"),
            Self::SelfSignedCa => ("用根证书直接当服务器证书", "an authority's own certificate"),
        };
        Text::new(zh, en)
    }

    /// What the program calls the kind when it prints its addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::WrongName => "wrong-name",
            Self::SelfSigned => "self-signed",
            Self::SelfSignedCa => "self-signed-ca",
        }
    }
}

/// A server's certificate, ready to be shown.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) pem: String,
    pub(crate) sha256: String,
}

/// The authority and every kind of certificate.
#[derive(Clone)]
pub(crate) struct Certificates {
    pub(crate) ca_pem: String,
    pub(crate) shown: HashMap<Tls, Shown>,
}

impl Certificates {
    pub(crate) fn make() -> io::Result<Self> {
        let ca_key = KeyPair::generate().map_err(io::Error::other)?;
        let mut ca = params("evoucher-sandbox test authority", &[])?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_pem = ca.self_signed(&ca_key).map_err(io::Error::other)?.pem();
        let issuer = Issuer::new(ca, ca_key);
        let shown = Tls::ALL
            .into_iter()
            .map(|kind| Ok((kind, show(kind, &issuer)?)));
        Ok(Self {
            ca_pem,
            shown: shown.collect::<io::Result<_>>()?,
        })
    }

    /// Writes what a client needs, `ca.pem` to trust and `server.pem` to pin.
    pub(crate) fn write(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("ca.pem"), &self.ca_pem)?;
        fs::write(dir.join("server.pem"), &self.shown[&Tls::Good].pem)
    }
}

fn params(name: &str, alternative_names: &[&str]) -> io::Result<CertificateParams> {
    let names: Vec<_> = alternative_names
        .iter()
        .map(|&name| name.to_owned())
        .collect();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, name);
    // Dates that every client can read; the library's defaults are in 1975 and 4096.
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    Ok(params)
}

fn show(kind: Tls, issuer: &Issuer<'_, KeyPair>) -> io::Result<Shown> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = match kind {
        Tls::WrongName => params("elsewhere.example", &["elsewhere.example"])?,
        _ => params("localhost", &["localhost", "127.0.0.1", "::1"])?,
    };
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = match kind {
        Tls::SelfSigned => params.self_signed(&key),
        Tls::SelfSignedCa => {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages.push(KeyUsagePurpose::KeyCertSign);
            params.self_signed(&key)
        }
        _ => {
            if kind == Tls::Expired {
                params.not_after = date_time_ymd(2021, 1, 1);
            }
            params.use_authority_key_identifier_extension = true;
            params.signed_by(&key, issuer)
        }
    }
    .map_err(io::Error::other)?;
    Ok(Shown {
        acceptor: acceptor(certificate.der().clone(), &key)?,
        pem: certificate.pem(),
        sha256: hex::encode(digest(&SHA256, certificate.der())),
    })
}

fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> io::Result<TlsAcceptor> {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
